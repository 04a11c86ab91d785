package record

import "time"

// A value of the domain is stored as the message of its schema: a method of draft writes the message, xOf reads it back.
// A part that is zero is left out, and a message that is left out is read as zero.

// unlessZero writes a part, or nothing when the part is zero.
func unlessZero[T comparable, M any](v *T, message func(*T) *M) *M {
	if *v == *new(T) {
		return nil
	}
	return message(v)
}

// unlessNil writes a part behind a pointer, or nothing when the pointer is nil.
func unlessNil[T, M any](v *T, message func(*T) *M) *M {
	if v == nil {
		return nil
	}
	return message(v)
}

// pointer reads a part behind a pointer; nil when the part was left out.
func pointer[M, T any](m *M, of func(*M) T) *T {
	if m == nil {
		return nil
	}
	v := of(m)
	return &v
}

// messages writes a list; nil for an empty one.
func messages[T, M any](s *slab[M], list []T, message func(*T) *M) []*M {
	if len(list) == 0 {
		return nil
	}
	out := s.list(len(list))
	for i := range list {
		out[i] = message(&list[i])
	}
	return out
}

// texts writes a list of texts; nil for an empty one.
func texts[S ~string](d *draft, list []S) []string {
	if len(list) == 0 {
		return nil
	}
	from := len(d.texts)
	for _, s := range list {
		d.texts = append(d.texts, string(s))
	}
	return d.texts[from:len(d.texts):len(d.texts)]
}

// values reads a list; nil for an empty one.
func values[M, T any](list []*M, of func(*M) T) []T {
	if len(list) == 0 {
		return nil
	}
	out := make([]T, len(list))
	for i, m := range list {
		out[i] = of(m)
	}
	return out
}

// converted reads a list of texts as another type; nil for an empty one.
func converted[To ~string](list []string) []To {
	if len(list) == 0 {
		return nil
	}
	out := make([]To, len(list))
	for i, s := range list {
		out[i] = To(s)
	}
	return out
}

// stamp is an instant as unix nanoseconds; 0 for none.
func stamp(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixNano()
}

// stampOf is the instant of a stamp, in UTC; zero for 0.
func stampOf(n int64) time.Time {
	if n == 0 {
		return time.Time{}
	}
	return time.Unix(0, n).UTC()
}
