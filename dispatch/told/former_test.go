package told_test

import (
	"slices"
	"testing"

	"wangge/dispatch"
	"wangge/dispatch/casetest"
	"wangge/dispatch/city/citytest"
)

// District W directs the traffic around a flood. The district is told when its part ends: the case is void, the owner returns it.
func TestTell_CoOwnersWhosePartEnds(t *testing.T) {
	t.Parallel()
	c := citytest.Toy(t)
	start := casetest.At(c, "2026-11-17 09:00")
	for _, cmd := range []dispatch.Command{
		{Act: dispatch.ActVoid, Actor: citytest.DutyChief, Note: "test"},
		{Act: dispatch.ActReturn, Actor: citytest.WaterOwner, Reason: dispatch.NotMyLine, Note: "not ours"},
	} {
		cs := casetest.FileToy(t, c, citytest.Flooding, dispatch.SourceInspector, start)
		if len(cs.CoOwners) == 0 {
			t.Fatal("a flood has no co-owner")
		}
		district, ok := c.OnCall(cs.CoOwners[0].Unit, cs.CoOwners[0].Post, start)
		cmd.At = start.Add(60e9)
		_, events := casetest.Do(t, c, cs, cmd)
		var as []dispatch.NotifiedAs
		for i := range events {
			if n := slices.Index(events[i].Notified, district.Person); n >= 0 {
				as = append(as, events[i].AsOf(n))
			}
		}
		if !ok || !slices.Equal(as, []dispatch.NotifiedAs{dispatch.AsFormer}) {
			t.Errorf("%s: %s of %s is notified as %v, want as former, once", cmd.Act, district.Person, cs.CoOwners[0].Unit, as)
		}
	}
}
