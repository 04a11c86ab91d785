package desk_test

import (
	"math/rand/v2"
	"testing"
	"time"

	"wangge/dispatch"
	"wangge/dispatch/city/compile"
	"wangge/dispatch/city/roster"
	"wangge/dispatch/desk"
	"wangge/dispatch/desk/revision"
	"wangge/dispatch/desk/rollout"
	"wangge/storage/mem"
)

// Two desks over one store, each by a clock of its own, and a scheduler that goes by the instant at which it began
// to look: the time of a case never goes back.
func TestEvents_TimeNeverGoesBack(t *testing.T) {
	t.Parallel()
	dir := riverTown()
	other := swap(dir, "categories.csv", "E4,event,路面,Road,塌陷,Sinkhole,B,8", "E4,event,路面,Road,塌陷,Sinkhole,B,9")
	other = swap(other, "rules.csv", "10,E1,line:TEAM", "10,E1,line:WORKS")
	backwards := 0
	for seed := range uint64(12) {
		rng := rand.New(rand.NewPCG(seed, 7))
		store := mem.Open()
		var desks [2]*desk.Desk
		var clocks [2]*fakeClock
		for i := range desks {
			c, faults := compile.Directory(dir)
			if faults != nil {
				t.Fatal(faults)
			}
			clocks[i] = &fakeClock{now: time.Date(2026, 3, 4, 9, 0, 0, 0, c.Location).Add(time.Duration(i) * 1800 * time.Millisecond)}
			d, err := desk.Open(t.Context(), desk.Config{Store: store, City: c, Directory: dir, Clock: clocks[i]})
			if err != nil {
				t.Fatal(err)
			}
			desks[i] = d
		}
		people := []roster.PersonID{"handler-department-TEAM", "dispatcher-area-c", "checker-area-c", mayor, "owner-department-WORKS"}
		acts := []dispatch.Act{dispatch.ActStart, dispatch.ActResolve, dispatch.ActCheck, dispatch.ActComment, dispatch.ActReturn, dispatch.ActDispatch, dispatch.ActSupervise, dispatch.ActClose, dispatch.ActReopen}
		var ids []dispatch.CaseID
		is := dir
		for n := range 120 {
			for _, c := range clocks {
				c.add(time.Duration(rng.IntN(40)) * time.Minute)
				c.add(-time.Duration(rng.IntN(90)) * time.Second)
			}
			d := desks[rng.IntN(2)]
			began := clocks[rng.IntN(2)].Now()
			switch {
			case n%10 == 0:
				r := reportAt("E1", 30.001, 120.0005, dispatch.SourceInspector)
				r.ClientID = time.Duration(n).String()
				cs, _, err := d.File(t.Context(), watchman, r)
				if err != nil {
					t.Fatal(err)
				}
				ids = append(ids, cs.ID)
			case n%40 == 35:
				next := other
				if is.Revision() == other.Revision() {
					next = dir
				}
				if _, err := d.Apply(t.Context(), mayor, rollout.Proposal{Directory: next, Against: is.Revision(), Policy: revision.Reroute, Waive: "so decided"}); err != nil {
					t.Fatal(err)
				}
				is = next
			case n%3 == 0:
				if _, _, err := d.FireDue(t.Context(), began.Add(-700*time.Millisecond)); err != nil {
					t.Fatal(err)
				}
			default:
				p := reportAt("E1", 30.001, 120.0005, dispatch.SourceInspector).Position
				cmd := dispatch.Command{Act: acts[rng.IntN(len(acts))], Note: "because", Photos: []string{"photo"}, Position: &p, Reason: dispatch.NotMyLine, Passed: rng.IntN(2) == 0, Closing: "done", Outcome: dispatch.OutcomeFixed}
				_, _ = d.Act(t.Context(), people[rng.IntN(len(people))], ids[rng.IntN(len(ids))], 0, "", cmd) // what is refused writes nothing
			}
		}
		for _, id := range ids {
			events, err := desks[0].Events(t.Context(), mayor, id, 0, 0)
			if err != nil {
				t.Fatal(err)
			}
			for i := 1; i < len(events); i++ {
				if events[i].At.Before(events[i-1].At) {
					t.Errorf("seed %d: event %d of case %s, %d, happens %s before the one before it", seed, events[i].Seq, id, events[i].Kind, events[i-1].At.Sub(events[i].At))
				}
				if events[i].At.Equal(events[i-1].At) && events[i].Actor == "" && events[i-1].Actor != "" {
					backwards++ // a scheduler that was behind
				}
			}
		}
		for _, d := range desks {
			d.Close()
		}
	}
	if backwards == 0 {
		t.Error("no clock was ever behind a case: the property was not tried")
	}
}
