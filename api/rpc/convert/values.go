package convert

import (
	"strconv"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	"wangge/dispatch"
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

// CasePattern is the pattern of the resource name of a case (AIP-122).
const CasePattern = "cases/{case}"

// Name is the resource name of a case, or "" for no case.
func Name(id dispatch.CaseID) string {
	if id == 0 {
		return ""
	}
	return "cases/" + id.String()
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
