package convert

import (
	"testing"

	wanggev1 "wangge/api/wangge/v1"
	"wangge/dispatch/city/coverage"
	"wangge/dispatch/city/diff"
	"wangge/dispatch/desk/revision"
	"wangge/dispatch/desk/rollout"
)

// Each reason of a gap has a value of its own on the wire, and each value a reason.
func TestEnums_GapReasons(t *testing.T) {
	t.Parallel()
	seen := map[wanggev1.GapReason]string{0: "unset"}
	for _, reason := range []string{
		string(coverage.NoGround), string(coverage.NoRule), string(coverage.NoPost), string(coverage.NoPerson), string(coverage.NoChannel),
		string(coverage.NoSuperior), string(coverage.NoLimit), string(coverage.NoCalendar),
		rollout.LostGround, rollout.LostPrecedent, rollout.LostAct, rollout.Unmet, rollout.MoreGaps,
	} {
		got := gapReason(reason)
		if seen[got] != "" {
			t.Errorf("%s is %v on the wire, as is %s", reason, got, seen[got])
		}
		seen[got] = reason
	}
	for n, name := range wanggev1.GapReason_name {
		if seen[wanggev1.GapReason(n)] == "" {
			t.Errorf("no gap has the reason %s", name)
		}
	}
}

// The numbers of what a plan says of files and cases are those of the domain.
func TestEnums_NumbersOfRevisions(t *testing.T) {
	t.Parallel()
	for name, pair := range map[string][2]int{
		"added":   {int(diff.Added), int(wanggev1.ChangeKind_CHANGE_KIND_ADDED)},
		"removed": {int(diff.Removed), int(wanggev1.ChangeKind_CHANGE_KIND_REMOVED)},
		"changed": {int(diff.Altered), int(wanggev1.ChangeKind_CHANGE_KIND_CHANGED)},
		"keep":    {int(revision.Keep), int(wanggev1.OpenCases_OPEN_CASES_KEEP)},
		"reroute": {int(revision.Reroute), int(wanggev1.OpenCases_OPEN_CASES_REROUTE)},
		"move":    {int(revision.Move), int(wanggev1.OpenCases_OPEN_CASES_MOVE)},
	} {
		if pair[0] != pair[1] {
			t.Errorf("%s is %d in the domain and %d on the wire", name, pair[0], pair[1])
		}
	}
}
