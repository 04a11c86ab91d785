package csvfile_test

import (
	"bytes"
	"encoding/csv"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/encoding/unicode/utf32"

	"wangge/dispatch/city/sheets/csvfile"
)

// read gives all rows of a text, found by the name of their first column.
func read(t testing.TB, data []byte, name string) (csvfile.Format, []csvfile.Row) {
	t.Helper()
	w, err := csvfile.Survey(func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(data)), nil })
	if err != nil {
		t.Fatal(err)
	}
	rd := w.Rows(bytes.NewReader(data))
	if err := rd.Choose(func(cells []string) int {
		if slices.Contains(cells, name) {
			return len(cells)
		}
		return 0
	}); err != nil {
		t.Fatal(err)
	}
	var out []csvfile.Row
	for {
		row, err := rd.Next()
		if errors.Is(err, io.EOF) {
			return w, out
		}
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, row)
	}
}

func TestRows_EncodingsAndSeparators(t *testing.T) {
	t.Parallel()
	const plain = "编号,内容,备注\n1,\"两行\n\"\"引号\"\", 逗号\",暴露垃圾\n2,,热线\n"
	want := [][]string{{"编号", "内容", "备注"}, {"1", "两行\n\"引号\", 逗号", "暴露垃圾"}, {"2", "", "热线"}}
	wide := func(e unicode.Endianness, mark unicode.BOMPolicy) encoding.Encoding { return unicode.UTF16(e, mark) }
	for _, tc := range []struct {
		name string
		enc  encoding.Encoding // nil = UTF-8
		is   csvfile.Encoding
	}{
		{"UTF-8", nil, csvfile.UTF8},
		{"UTF-8 with a mark", unicode.UTF8BOM, csvfile.UTF8},
		{"GBK", simplifiedchinese.GBK, csvfile.GB18030},
		{"GB 18030", simplifiedchinese.GB18030, csvfile.GB18030},
		{"UTF-16 LE", wide(unicode.LittleEndian, unicode.UseBOM), csvfile.UTF16LE},
		{"UTF-16 BE", wide(unicode.BigEndian, unicode.UseBOM), csvfile.UTF16BE},
		{"UTF-16 LE without a mark", wide(unicode.LittleEndian, unicode.IgnoreBOM), csvfile.UTF16LE},
		{"UTF-16 BE without a mark", wide(unicode.BigEndian, unicode.IgnoreBOM), csvfile.UTF16BE},
	} {
		for _, comma := range []rune{',', ';', '\t'} {
			for ends, lineEnd := range map[string]string{"LF": "\n", "CR LF": "\r\n", "CR": "\r"} {
				rd := csv.NewReader(strings.NewReader(plain))
				all, err := rd.ReadAll()
				if err != nil {
					t.Fatal(err)
				}
				var b strings.Builder
				w := csv.NewWriter(&b)
				w.Comma = comma
				if err := w.WriteAll(all); err != nil {
					t.Fatal(err)
				}
				text := strings.ReplaceAll(b.String(), "\n", lineEnd)
				if tc.enc != nil {
					if text, err = tc.enc.NewEncoder().String(text); err != nil {
						t.Fatal(err)
					}
				}
				writing, rows := read(t, []byte(text), "编号")
				var got [][]string
				for _, r := range rows {
					got = append(got, r.Cells)
				}
				if writing.Encoding != tc.is || !slices.EqualFunc(got, want, slices.Equal[[]string]) {
					t.Errorf("%s, %q, %s: %s %q, want %q", tc.name, comma, ends, writing.Encoding, got, want)
				}
				if len(rows) == 3 && (rows[1].Line != 2 || rows[2].Line != 4) {
					t.Errorf("%s, %q, %s: lines %d and %d, want 2 and 4", tc.name, comma, ends, rows[1].Line, rows[2].Line)
				}
			}
		}
	}
}

// One wrong row is named by its line and costs no other row.
func TestRows_WrongRowIsNamedAlone(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", csvfile.MaxRowBytes)
	for _, tc := range []struct {
		name, text string
		bad        int // line
		words      string
		good       []int
	}{
		{"a quote never closed", "id,text\n1,\"a\n2,b\n3,c\n", 2, "never closed", []int{1, 3, 4}},
		{"a quote closed far below", "id,text\n1,\"a\n" + strings.Repeat("2,b\n", csvfile.MaxRowLines) + "3,\"c\"\n", 2, "not closed within", nil},
		{"text after a quote", "id,text\n1,\"a\"b\n2,c\n", 2, "follows a closing quote", []int{1, 3}},
		{"a wrong byte", "编号,内容\n1,垃圾\n2,\xe9垃圾\n3,c\n", 3, "neither UTF-8 nor GBK", []int{1, 2, 4}},
		{"Latin-1, which is no GBK", "id,text\n1,F\xe1tima\n2,b\n", 2, "neither UTF-8 nor GBK", []int{1, 3}},
		{"a row without end", "id,text\n1," + long + "\n2,b\n", 2, "more than 1048576 bytes", []int{1, 3}},
	} {
		_, rows := read(t, []byte(tc.text), "id")
		var good []int
		named := false
		for _, r := range rows {
			if r.Fault.En == "" {
				good = append(good, r.Line)
			} else if r.Line == tc.bad && strings.Contains(r.Fault.En, tc.words) && r.Fault.Zh != "" {
				named = true
			} else {
				t.Errorf("%s: line %d: %s", tc.name, r.Line, r.Fault.En)
			}
		}
		if !named || tc.good != nil && !slices.Equal(good, tc.good) {
			t.Errorf("%s: named %v, good lines %v, want %v", tc.name, named, good, tc.good)
		}
	}
	if _, rows := read(t, []byte("id,text\n1,pipe of 5\" wide\n"), "id"); rows[1].Cells[1] != `pipe of 5" wide` {
		t.Errorf("a quote inside a cell: %q", rows[1].Cells)
	}
	mixed, err := utf32.UTF32(utf32.LittleEndian, utf32.UseBOM).NewEncoder().String("id,text\n1,a\n")
	if err != nil {
		t.Fatal(err)
	}
	if _, rows := read(t, []byte(mixed), "id"); slices.ContainsFunc(rows, func(r csvfile.Row) bool { return slices.Contains(r.Cells, "id") }) {
		t.Error("UTF-32 is taken for something else")
	}
}

// Whatever a text holds, its rows hold all of its lines once, and agree with encoding/csv where that
// reads them.
func FuzzRows(f *testing.F) {
	f.Add([]byte("id,text\n1,\"a\nb\"\n"))
	f.Add([]byte("id;\"x\"\"y\"\r\n\"\"\r\n"))
	f.Add([]byte("\xff\xfei\x00d\x00\n\x00"))
	f.Add([]byte("id,\"\n\",\n\"a"))
	f.Fuzz(func(t *testing.T, data []byte) {
		w, rows := read(t, data, "id")
		next := 1
		for _, r := range rows {
			if r.Line != next {
				t.Fatalf("a row on line %d, want %d", r.Line, next)
			}
			next += 1 + strings.Count(r.Raw, "\n")
			if r.Fault.En != "" || w.Encoding != csvfile.UTF8 || bytes.ContainsAny(data, ";\t\r") || r.Raw == "" {
				continue
			}
			rd := csv.NewReader(strings.NewReader(r.Raw))
			if rec, err := rd.Read(); err == nil && !slices.Equal(rec, r.Cells) {
				t.Errorf("%q is %q, want %q", r.Raw, r.Cells, rec)
			}
		}
	})
}
