package desk_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"wangge/dispatch"
	"wangge/dispatch/city/citytest"
	"wangge/dispatch/city/roster"
	"wangge/dispatch/desk"
	"wangge/dispatch/desk/fsck"
	"wangge/dispatch/desk/ledger"
	"wangge/storage/mem"
)

// acts runs acts on a desk and fails on the first that is refused.
type acts struct {
	t *testing.T
	d *desk.Desk
	n int
}

func (a *acts) do(who roster.PersonID, cs *dispatch.Case, cmd dispatch.Command) *dispatch.Case {
	a.t.Helper()
	a.n++
	cmd.Note, cmd.Photos = "because", []string{"photo"}
	p := report("", "").Position
	cmd.Position = &p
	after, err := a.d.Act(a.t.Context(), who, cs.ID, 0, fmt.Sprint("life-", a.n), cmd)
	if err != nil {
		a.t.Fatalf("%s of case %s by %s: %v", cmd.Act, cs.ID, who, err)
	}
	return after
}

func (a *acts) file(who roster.PersonID, r dispatch.Report) *dispatch.Case {
	a.t.Helper()
	cs, created, err := a.d.File(a.t.Context(), who, r)
	if err != nil || !created {
		a.t.Fatalf("File(%s) = %v, %v", r.ClientID, created, err)
	}
	return cs
}

func sound(t *testing.T, d *desk.Desk) {
	t.Helper()
	if r := checked(t, d, fsck.CheckOptions{}); r.Found != 0 {
		t.Errorf("the store check finds %+v", r.Findings)
	}
}

// A report that joins a case, and a case merged into it, leave it as it is; the reporters of both are
// told of its end; unmerged, a case goes on where it stood. The closed matter is taken up again.
func TestMerge_Follows(t *testing.T) {
	t.Parallel()
	store := mem.Open()
	defer store.Close()
	d, clock := openOn(t, store)
	defer d.Close()
	a := &acts{t: t, d: d}
	first := a.file(chief, report(tree, "r-1"))
	r := report(tree, "r-2")
	r.Joins = first.ID
	joined := a.file(citytest.AcceptorDeputy, r)
	later := a.file(citytest.InspectorW1A, report(tree, "r-3"))
	other := a.file(citytest.InspectorW1A, report(tree, "r-4"))
	like, err := d.Duplicates(t.Context(), chief, r.Position, tree, clock.Now(), later.ID)
	if err != nil || len(like) != 2 || like[0].Case.ID != first.ID || like[0].Score < 0.9 {
		t.Errorf("duplicates of the third report = %+v, %v; want the first and the fourth", like, err)
	}
	merge := dispatch.Command{Act: dispatch.ActMerge, Target: first.ID}
	later = a.do(citytest.Dispatcher, later, merge)
	other = a.do(citytest.Dispatcher, other, merge)
	if joined.Stage != dispatch.Merged || later.Stage != dispatch.Merged || !later.NextAt.IsZero() {
		t.Errorf("joined %s, merged %s with a timer at %v; want both merged and unarmed", joined.Stage, later.Stage, later.NextAt)
	}
	if now, err := d.Case(t.Context(), chief, first.ID); err != nil || now.Seq != first.Seq || now.Stage != first.Stage {
		t.Errorf("the case that others were merged into is at %d and %s, %v; want it untouched at %d", now.Seq, now.Stage, err, first.Seq)
	}
	if back := a.do(citytest.Dispatcher, other, dispatch.Command{Act: dispatch.ActUnmerge}); back.Stage != dispatch.Dispatched || !back.Clock.Running() {
		t.Errorf("unmerged it is %s with clock %+v; want it back at work", back.Stage, back.Clock)
	}
	list, err := d.Linked(t.Context(), chief, first.ID, ledger.LinkMerged, 0, 10)
	if err != nil || len(list) != 2 {
		t.Errorf("%d cases are merged into the first, %v; want 2", len(list), err)
	}
	owner := onDuty(t, d, first, clock.Now())
	cs := a.do(owner, first, dispatch.Command{Act: dispatch.ActStart})
	cs = a.do(owner, cs, dispatch.Command{Act: dispatch.ActResolve})
	cs = a.do(citytest.Checker, cs, dispatch.Command{Act: dispatch.ActCheck, Passed: true})
	cs = a.do(citytest.Acceptor, cs, dispatch.Command{Act: dispatch.ActClose, Outcome: dispatch.OutcomeFixed})
	events, err := d.Events(t.Context(), chief, cs.ID, 0, 0)
	if err != nil {
		t.Fatal(err)
	}
	for _, who := range []roster.PersonID{chief, citytest.AcceptorDeputy, citytest.InspectorW1A} {
		if told := events[len(events)-1].Notified; !slices.Contains(told, who) {
			t.Errorf("of the end %v are told, want %s too", told, who)
		}
	}
	cs = a.do(citytest.DutyChief, cs, dispatch.Command{Act: dispatch.ActReopen})
	again, err := d.Case(t.Context(), chief, cs.ReopenedAs)
	if err != nil || again.Reopens != cs.ID || !again.Open() || cs.Open() {
		t.Errorf("reopened as %+v, %v; want a new open case that refers to %s", again, err, cs.ID)
	}
	sound(t, d)
}

// The ruling on a case handed back twice routes the next one, from the same commit on.
func TestArbitrate_RoutesTheNextCase(t *testing.T) {
	t.Parallel()
	store := mem.Open()
	defer store.Close()
	d, clock := openOn(t, store)
	defer d.Close()
	a := &acts{t: t, d: d}
	cs := a.file(chief, report(tree, "r-1"))
	back := dispatch.Command{Act: dispatch.ActReturn, Reason: dispatch.NotMyLine}
	cs = a.do(onDuty(t, d, cs, clock.Now()), cs, back)
	cs = a.do(citytest.Dispatcher, cs, dispatch.Command{Act: dispatch.ActDispatch, Owner: &dispatch.Owner{Unit: roster.Unit{Kind: roster.UnitDepartment, ID: "WATER"}}})
	cs = a.do(onDuty(t, d, cs, clock.Now()), cs, back)
	if cs.Stage != dispatch.Arbitration {
		t.Fatalf("after the second return it is %s, want arbitration", cs.Stage)
	}
	want := roads
	cs = a.do(chief, cs, dispatch.Command{Act: dispatch.ActArbitrate, Owner: &dispatch.Owner{Unit: want}})
	next := a.file(chief, report(tree, "r-2"))
	if cs.Owner.Unit != want || next.Owner.Unit != want || next.Rule != cs.Rule {
		t.Errorf("ruled for %s by %s; the next case goes to %s by %s", cs.Owner.Unit, cs.Rule, next.Owner.Unit, next.Rule)
	}
	if r, err := d.Reproject(t.Context(), keeper, "nothing changed", 0, 0); err != nil || r.LookedAt != 2 || r.Moved != 0 || r.Next != 0 {
		t.Errorf("Reproject = %+v, %v; want two cases looked at and none moved", r, err)
	}
	sound(t, d)
}

// However many newer cases are open, the oldest are looked at first, and none is passed over.
func TestFireDue_OldestFirst(t *testing.T) {
	t.Parallel()
	store := mem.Open()
	defer store.Close()
	d, clock := openOn(t, store)
	defer d.Close()
	var all []dispatch.CaseID
	for day := range 2 {
		reports := make([]dispatch.Report, desk.MaxFileBatch)
		for i := range reports {
			reports[i] = report(tree, fmt.Sprint("r-", day, "-", i))
			reports[i].CapturedAt = clock.Now()
		}
		for _, r := range d.FileBatch(t.Context(), chief, reports) {
			if r.Err != nil {
				t.Fatal(r.Err)
			}
			all = append(all, r.Case.ID)
		}
		clock.add(time.Minute)
	}
	clock.add(60 * 24 * time.Hour)
	late := clock.Now()
	n, more, err := d.FireDue(t.Context(), late)
	if err != nil || n == 0 {
		t.Fatalf("FireDue = %d, %v", n, err)
	}
	if oldest, err := d.Case(t.Context(), chief, all[0]); err != nil || oldest.NextStep == 0 {
		t.Errorf("after the first look the oldest of %d cases is at step %d, %v", len(all), oldest.NextStep, err)
	}
	for more {
		if _, more, err = d.FireDue(t.Context(), late); err != nil {
			t.Fatal(err)
		}
	}
	for _, id := range all {
		cs, err := d.Case(t.Context(), chief, id)
		if err != nil || cs.NextStep != len(d.City().Policies[cs.EscalationPolicy].Steps) {
			t.Fatalf("case %s is at step %d, %v; want all of its ladder fired", id, cs.NextStep, err)
		}
	}
}
