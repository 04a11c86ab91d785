package record

import (
	"fmt"
	"math"
	"slices"
	"time"
	"unicode/utf8"

	"google.golang.org/protobuf/encoding/protowire"
)

// message says how a T stands in a protocol buffer: one row per field, read and written by the same
// row. So a record is written straight from the domain's types and read straight into them; the
// generated messages of package recordv1 are the oracle of the tests.
type message[T any] struct {
	rows  []row[T]
	byNum []*row[T]
}

// row is one field of a T. Rows are made by number, text, instant and so on, below.
type row[T any] struct {
	num   protowire.Number
	typ   protowire.Type
	write func(*writer, *T) // nothing for a zero, as proto3 has it
	read  func(*reader, *T)
}

func table[T any](rows ...row[T]) *message[T] {
	m := &message[T]{rows: rows}
	for i := range rows {
		n := int(rows[i].num)
		m.byNum = append(m.byNum, make([]*row[T], max(0, n+1-len(m.byNum)))...)
		if m.byNum[n] != nil {
			panic(fmt.Sprintf("record: field %d of %T stands twice in its table", n, *new(T)))
		}
		m.byNum[n] = &rows[i]
	}
	return m
}

func (m *message[T]) write(w *writer, v *T) {
	for i := range m.rows {
		m.rows[i].write(w, v)
	}
}

// read reads what is left of r. A field that the table does not know is passed over, as any reader
// of protocol buffers does.
func (m *message[T]) read(r *reader, v *T) {
	for !r.bad && r.at < r.end {
		num, typ := r.tag()
		if int(num) >= len(m.byNum) || m.byNum[num] == nil {
			r.skip(num, typ)
			continue
		}
		row := m.byNum[num]
		if r.bad = r.bad || typ != row.typ; !r.bad {
			row.read(r, v)
		}
	}
}

// writer appends fields.
type writer struct {
	b   []byte
	bad bool // a text was not UTF-8
}

func (w *writer) tag(num protowire.Number, typ protowire.Type) {
	w.b = protowire.AppendTag(w.b, num, typ)
}

func (w *writer) text(num protowire.Number, s string) {
	w.bad = w.bad || !utf8.ValidString(s)
	w.tag(num, protowire.BytesType)
	w.b = protowire.AppendString(w.b, s)
}

// inner writes a message and puts its length before it.
func inner[U any](w *writer, num protowire.Number, m *message[U], v *U) {
	w.tag(num, protowire.BytesType)
	at := len(w.b)
	w.b = append(w.b, 0)
	m.write(w, v)
	n := len(w.b) - at - 1
	if extra := protowire.SizeVarint(uint64(n)) - 1; extra > 0 { // the length is longer than it was guessed
		w.b = append(w.b, make([]byte, extra)...)
		copy(w.b[at+1+extra:], w.b[at+1:])
	}
	protowire.AppendVarint(w.b[:at], uint64(n))
}

// reader reads the fields of one record. The record becomes a string once, and every text in it is
// a part of that string: a case is read with few allocations.
type reader struct {
	b       []byte
	all     string
	at, end int
	bad     bool
}

// count says how many fields of a number follow each other from where their tag was just read.
func (r *reader) count(num protowire.Number) int {
	n := 0
	for at := r.at; ; n++ {
		_, size := protowire.ConsumeBytes(r.b[at:r.end])
		if size < 0 {
			return n
		}
		at += size
		next, typ, size := protowire.ConsumeTag(r.b[at:r.end])
		if size < 0 || next != num || typ != protowire.BytesType {
			return n + 1
		}
		at += size
	}
}

// took moves on by what a function of protowire consumed.
func (r *reader) took(n int) {
	if n < 0 {
		r.bad, r.at = true, r.end
		return
	}
	r.at += n
}

func (r *reader) tag() (protowire.Number, protowire.Type) {
	num, typ, n := protowire.ConsumeTag(r.b[r.at:r.end])
	r.took(n)
	return num, typ
}

func (r *reader) skip(num protowire.Number, typ protowire.Type) {
	if !r.bad {
		r.took(protowire.ConsumeFieldValue(num, typ, r.b[r.at:r.end]))
	}
}

func (r *reader) varint() uint64 {
	v, n := protowire.ConsumeVarint(r.b[r.at:r.end])
	r.took(n)
	return v
}

func (r *reader) fixed() uint64 {
	v, n := protowire.ConsumeFixed64(r.b[r.at:r.end])
	r.took(n)
	return v
}

// part reads a length and moves past as many bytes.
func (r *reader) part() (from, to int) {
	n := r.varint()
	if r.bad || n > uint64(r.end-r.at) {
		r.bad, r.at = true, r.end
		return r.end, r.end
	}
	from = r.at
	r.at += int(n)
	return from, r.at
}

func (r *reader) text() string {
	from, to := r.part()
	s := r.all[from:to]
	r.bad = r.bad || !utf8.ValidString(s)
	return s
}

// within reads a message inside the present one.
func within[U any](r *reader, m *message[U], v *U) {
	from, to := r.part()
	end := r.end
	r.at, r.end = from, to
	m.read(r, v)
	r.at, r.end = to, end
}

// number is an integer or an enum.
func number[T any, V ~int | ~int64 | ~uint64](num protowire.Number, at func(*T) *V) row[T] {
	return row[T]{
		num, protowire.VarintType,
		func(w *writer, v *T) {
			if n := *at(v); n != 0 {
				w.tag(num, protowire.VarintType)
				w.b = protowire.AppendVarint(w.b, uint64(n))
			}
		},
		func(r *reader, v *T) { *at(v) = V(r.varint()) },
	}
}

func truth[T any](num protowire.Number, at func(*T) *bool) row[T] {
	return row[T]{
		num, protowire.VarintType,
		func(w *writer, v *T) {
			if *at(v) {
				w.tag(num, protowire.VarintType)
				w.b = append(w.b, 1)
			}
		},
		func(r *reader, v *T) { *at(v) = r.varint() != 0 },
	}
}

// fixed64 is a number whose bits are spread evenly.
func fixed64[T any, V ~uint64](num protowire.Number, at func(*T) *V) row[T] {
	return row[T]{
		num, protowire.Fixed64Type,
		func(w *writer, v *T) {
			if n := *at(v); n != 0 {
				w.tag(num, protowire.Fixed64Type)
				w.b = protowire.AppendFixed64(w.b, uint64(n))
			}
		},
		func(r *reader, v *T) { *at(v) = V(r.fixed()) },
	}
}

func double[T any](num protowire.Number, at func(*T) *float64) row[T] {
	return row[T]{
		num, protowire.Fixed64Type,
		func(w *writer, v *T) {
			if n := math.Float64bits(*at(v)); n != 0 {
				w.tag(num, protowire.Fixed64Type)
				w.b = protowire.AppendFixed64(w.b, n)
			}
		},
		func(r *reader, v *T) { *at(v) = math.Float64frombits(r.fixed()) },
	}
}

// instant is unix nanoseconds; it comes back in UTC.
func instant[T any](num protowire.Number, at func(*T) *time.Time) row[T] {
	return row[T]{
		num, protowire.Fixed64Type,
		func(w *writer, v *T) {
			if t := at(v); !t.IsZero() {
				w.tag(num, protowire.Fixed64Type)
				w.b = protowire.AppendFixed64(w.b, uint64(t.UnixNano()))
			}
		},
		func(r *reader, v *T) {
			if n := r.fixed(); n != 0 {
				*at(v) = time.Unix(0, int64(n)).UTC()
			}
		},
	}
}

func text[T any, V ~string](num protowire.Number, at func(*T) *V) row[T] {
	return row[T]{
		num, protowire.BytesType,
		func(w *writer, v *T) {
			if s := *at(v); s != "" {
				w.text(num, string(s))
			}
		},
		func(r *reader, v *T) { *at(v) = V(r.text()) },
	}
}

func texts[T any, V ~string](num protowire.Number, at func(*T) *[]V) row[T] {
	return row[T]{
		num, protowire.BytesType,
		func(w *writer, v *T) {
			for _, s := range *at(v) {
				w.text(num, string(s))
			}
		},
		func(r *reader, v *T) { more(at(v), V(r.text())) },
	}
}

// more appends to a list, which begins with room for a few.
func more[V any](list *[]V, v V) {
	if *list == nil {
		*list = make([]V, 0, 4)
	}
	*list = append(*list, v)
}

func blob[T any](num protowire.Number, at func(*T) *[]byte) row[T] {
	return row[T]{
		num, protowire.BytesType,
		func(w *writer, v *T) {
			if b := *at(v); len(b) > 0 {
				w.tag(num, protowire.BytesType)
				w.b = protowire.AppendBytes(w.b, b)
			}
		},
		func(r *reader, v *T) {
			from, to := r.part()
			*at(v) = slices.Clone(r.b[from:to])
		},
	}
}

// one is a message that is left out when it is zero.
func one[T any, U comparable](num protowire.Number, m *message[U], at func(*T) *U) row[T] {
	return row[T]{
		num, protowire.BytesType,
		func(w *writer, v *T) {
			if u := at(v); *u != *new(U) {
				inner(w, num, m, u)
			}
		},
		func(r *reader, v *T) { within(r, m, at(v)) },
	}
}

// always is a message that is never left out.
func always[T, U any](num protowire.Number, m *message[U], at func(*T) *U) row[T] {
	return row[T]{
		num, protowire.BytesType,
		func(w *writer, v *T) { inner(w, num, m, at(v)) },
		func(r *reader, v *T) { within(r, m, at(v)) },
	}
}

// maybe is a message behind a pointer, left out when that is nil.
func maybe[T, U any](num protowire.Number, m *message[U], at func(*T) **U) row[T] {
	return row[T]{
		num, protowire.BytesType,
		func(w *writer, v *T) {
			if u := *at(v); u != nil {
				inner(w, num, m, u)
			}
		},
		func(r *reader, v *T) {
			if *at(v) == nil {
				*at(v) = new(U)
			}
			within(r, m, *at(v))
		},
	}
}

func list[T, U any](num protowire.Number, m *message[U], at func(*T) *[]U) row[T] {
	return row[T]{
		num, protowire.BytesType,
		func(w *writer, v *T) {
			us := *at(v)
			for i := range us {
				inner(w, num, m, &us[i])
			}
		},
		func(r *reader, v *T) {
			us := at(v)
			if *us == nil {
				*us = make([]U, 0, r.count(num))
			}
			*us = append(*us, *new(U))
			within(r, m, &(*us)[len(*us)-1])
		},
	}
}
