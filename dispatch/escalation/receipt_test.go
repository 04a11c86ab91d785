package escalation_test

import (
	"strings"
	"testing"
	"time"

	"wangge/dispatch"
	"wangge/dispatch/casetest"
	"wangge/dispatch/city/catalog"
	"wangge/dispatch/city/citytest"
	"wangge/dispatch/city/roster"
	"wangge/dispatch/escalation"
)

// A receipt in working time, of the owner or of a co-owner, is due at the latest with the work: work that is given at the end of the
// working day and due in the evening is not signed for the next day. Work that is overdue when it is given is no bound, nor is a paused
// clock; minutes of severity A are counted in full.
func TestAskReceipts_DueWithTheWork(t *testing.T) {
	t.Parallel()
	yaml := string(citytest.ToyDirectory()["city.yaml"])
	c := citytest.Varied(t, map[string]string{
		"city.yaml": strings.Replace(yaml, "near_border_m: 30}", "near_border_m: 30, receipt_minutes: {A: 10, B: 60}}", 1),
	})
	at := casetest.At(c, "2026-04-08 17:15")
	water := roster.Unit{Kind: roster.UnitDepartment, ID: "WATER"}
	for _, tc := range []struct {
		name     string
		severity catalog.Severity
		running  bool
		due      string
		want     string
	}{
		{"due the next day", catalog.SeverityB, true, "2026-04-09 12:00", "2026-04-09 09:30"},
		{"due in the evening", catalog.SeverityB, true, "2026-04-08 21:00", "2026-04-08 21:00"},
		{"overdue", catalog.SeverityB, true, "2026-04-08 16:00", "2026-04-09 09:30"},
		{"paused", catalog.SeverityB, false, "2026-04-08 21:00", "2026-04-09 09:30"},
		{"severity A", catalog.SeverityA, true, "2026-04-08 17:20", "2026-04-08 17:25"},
	} {
		k := dispatch.Clock{Due: casetest.At(c, tc.due)}
		if tc.running {
			k.Since = at
		}
		after := &dispatch.Case{
			Stage: dispatch.Dispatched, Severity: tc.severity, Owner: dispatch.Owner{Unit: water}, Clock: k,
			CoOwners: []dispatch.CoOwner{{Owner: dispatch.Owner{Unit: water, Duty: "关阀"}, Clock: k}},
		}
		escalation.AskReceipts(c, &dispatch.Case{}, after, &dispatch.Event{Kind: dispatch.EventDispatched, At: at})
		want := casetest.At(c, tc.want)
		for who, got := range map[string]time.Time{"owner": after.Receipt.Due, "co-owner": after.CoOwners[0].Receipt.Due} {
			if !got.Equal(want) {
				t.Errorf("%s: the receipt of the %s is due %s, want %s", tc.name, who, got, want)
			}
		}
	}
}
