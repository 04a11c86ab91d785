package apierr

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	"wangge/dispatch"
	"wangge/dispatch/city"
	"wangge/dispatch/city/calendar"
	"wangge/dispatch/desk/ledger"
	"wangge/dispatch/desk/revision"
	"wangge/dispatch/desk/rollout"
	"wangge/dispatch/desk/view"
	"wangge/dispatch/i18n"
	"wangge/grid"
	"wangge/storage"
)

func reasonOf(st *status.Status) string {
	for _, d := range st.Details() {
		if info, ok := d.(*errdetails.ErrorInfo); ok {
			return info.GetReason()
		}
	}
	return ""
}

// Each error of the packages below has its code and reason, also inside another error.
func TestTable_CodesAndReasons(t *testing.T) {
	t.Parallel()
	why := i18n.F("why", "原因")
	for _, tt := range []struct {
		err    error
		code   codes.Code
		reason string
	}{
		{&grid.PositionError{}, codes.InvalidArgument, "BAD_REQUEST"},
		{&dispatch.UnknownCategoryError{Code: "X"}, codes.InvalidArgument, "BAD_REQUEST"},
		{&dispatch.UnknownConditionError{Condition: "x"}, codes.InvalidArgument, "BAD_REQUEST"},
		{&dispatch.RefusedError{Why: why}, codes.FailedPrecondition, "ACT_REFUSED"},
		{&dispatch.NotAllowedError{Why: why}, codes.PermissionDenied, "NOT_ALLOWED"},
		{&ledger.ReusedIDError{ID: "r"}, codes.AlreadyExists, "ID_REUSED"},
		{&calendar.YearError{Year: 2030}, codes.FailedPrecondition, "HOLIDAYS_MISSING"},
		{ledger.ErrNoCase, codes.NotFound, "NOT_FOUND"},
		{view.ErrAhead, codes.OutOfRange, "REVISION_AHEAD"},
		{storage.ErrCompacted, codes.OutOfRange, "REVISION_GONE"},
		{storage.ErrClosed, codes.Unavailable, "STOPPING"},
		{ledger.ErrStopped, codes.Unavailable, "STOPPING"},
		{ledger.ErrBadToken, codes.InvalidArgument, "BAD_REQUEST"},
		{storage.ErrUncertain, codes.Unavailable, "WRITE_UNCERTAIN"},
		{storage.ErrRebuilding, codes.Unavailable, "STORAGE_REBUILDING"},
		{storage.ErrFull, codes.ResourceExhausted, "STORAGE_FULL"},
		{storage.ErrFailed, codes.Unavailable, "STORAGE_FAILED"},
		{storage.ErrBusy, codes.ResourceExhausted, "BUSY"},
		{storage.ErrConflict, codes.ResourceExhausted, "BUSY"},
		{&rollout.ProposalError{Fields: []string{"against"}, Faults: []i18n.Text{why}}, codes.InvalidArgument, "BAD_REQUEST"},
		{&rollout.BadPrecedentError{Faults: []i18n.Text{why}}, codes.InvalidArgument, "BAD_REQUEST"},
		{&rollout.GapsError{}, codes.FailedPrecondition, "OPENS_GAPS"},
		{&rollout.LostError{}, codes.FailedPrecondition, "LEAVES_OPEN_CASES"},
		{revision.ErrNoRevision, codes.NotFound, "NO_REVISION"},
		{rollout.ErrNoPrecedent, codes.NotFound, "NO_PRECEDENT"},
		{context.Canceled, codes.Canceled, ""},
		{context.DeadlineExceeded, codes.DeadlineExceeded, ""},
		// An error that holds another as its cause is told as what it is.
		{fmt.Errorf("%w: %w", storage.ErrUncertain, storage.ErrFull), codes.Unavailable, "WRITE_UNCERTAIN"},
		{fmt.Errorf("%w: %w", storage.ErrFailed, storage.ErrRebuilding), codes.Unavailable, "STORAGE_REBUILDING"},
	} {
		for _, err := range []error{tt.err, fmt.Errorf("commit: %w", tt.err)} {
			out, ok := Status(t.Context(), Scene{City: &city.City{}}, err)
			if st := status.Convert(out); !ok || st.Code() != tt.code || reasonOf(st) != tt.reason {
				t.Errorf("%v: %v %q, known %v; want %v %q", err, st.Code(), reasonOf(st), ok, tt.code, tt.reason)
			}
		}
	}
}

// An error that no mapping knows is the service's own fault, and its text stays inside.
func TestTable_UnknownError(t *testing.T) {
	t.Parallel()
	if out, ok := Status(t.Context(), Scene{City: &city.City{}}, errors.New("secret")); ok || out != nil {
		t.Errorf("told as %v", out)
	}
	if st := status.Convert(Internal(t.Context())); st.Code() != codes.Internal || strings.Contains(st.Message(), "secret") {
		t.Errorf("the answer is %v", st)
	}
	own := status.Error(codes.DataLoss, "as it was")
	if out, ok := Status(t.Context(), Scene{City: &city.City{}}, own); !ok || !errors.Is(out, own) {
		t.Errorf("a status became %v", out)
	}
}

// Fields of a part of a request are named with the part; the message is in the caller's language; beyond MaxListed
// violations the rest is counted.
func TestViolations_Words(t *testing.T) {
	t.Parallel()
	ctx := metadata.NewIncomingContext(t.Context(), metadata.Pairs("accept-language", "zh-CN"))
	out, _ := Status(ctx, Scene{City: &city.City{}}, Within("reports[3].", &dispatch.UnknownConditionError{Condition: "x", Code: "E01"}))
	if m := status.Convert(out).Message(); !strings.HasPrefix(m, "reports[3].condition：") || !strings.Contains(m, "立案条件") {
		t.Errorf("it says %q", m)
	}
	if Within("reports[3].", nil) != nil {
		t.Error("nothing within a part is something")
	}
	f := For(t.Context())
	if f.Err() != nil {
		t.Error("no violation is an error")
	}
	for i := range MaxListed + 3 {
		f.Add(fmt.Sprint("field", i), i18n.F("is missing", "缺失"))
	}
	m := status.Convert(f.Err()).Message()
	if !strings.Contains(m, "and 3 more") || strings.Contains(m, fmt.Sprint("field", MaxListed)) || f.Len() != MaxListed+3 || !f.Has("field0") || f.Has("field") {
		t.Errorf("it says %q", m)
	}
	if long := Clip(strings.Repeat("长", MaxQuoted+1)); long != strings.Repeat("长", MaxQuoted)+"…" || Clip("short") != "short" {
		t.Errorf("clipped to %q", long)
	}
}
