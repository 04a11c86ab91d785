package convert

import (
	"strconv"
	"strings"
	"time"

	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	"wangge/api/wangge/v1"
	"wangge/dispatch/city/calendar"
)

// Stamp renders an instant; one that is not set is left out.
func Stamp(t time.Time) *timestamppb.Timestamp {
	if t.IsZero() {
		return nil
	}
	return timestamppb.New(t)
}

// stampInto is stamp into a message that is there already.
func stampInto(out *timestamppb.Timestamp, t time.Time) *timestamppb.Timestamp {
	if t.IsZero() {
		return nil
	}
	out.Seconds, out.Nanos = t.Unix(), int32(t.Nanosecond())
	return out
}

// Lasting renders a duration to the second, towards zero; less than a second is left out.
func Lasting(d time.Duration) *durationpb.Duration {
	if d = d.Truncate(time.Second); d == 0 {
		return nil
	}
	return durationpb.New(d)
}

// Limit renders a limit; one that is not set is left out.
func Limit(l calendar.Limit) *wanggev1.Limit {
	if l.N == 0 {
		return nil
	}
	return &wanggev1.Limit{Count: int32(l.N), Unit: wanggev1.LimitUnit(l.Unit)}
}

// Enum is the number of the value of an enum that a stable word of the domain names: "red" is LIGHT_RED. 0 is
// unspecified: the word is empty, or the wire does not know it.
func Enum[E ~int32](values map[string]int32, prefix, word string) E {
	return E(values[prefix+strings.ToUpper(word)])
}

func light(word string) wanggev1.Light {
	return Enum[wanggev1.Light](wanggev1.Light_value, "LIGHT_", word)
}

// Etag is the etag of a case after so many events.
func Etag(seq uint64) string { return strconv.FormatUint(seq, 10) }

// Total renders a total; a negative one, which was not counted, is left out.
func Total(total int) *int32 {
	if total < 0 {
		return nil
	}
	n := int32(total)
	return &n
}
