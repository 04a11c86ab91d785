package desk_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"wangge/dispatch"
	"wangge/dispatch/city"
	"wangge/dispatch/city/catalog"
	"wangge/dispatch/city/citytest"
	"wangge/dispatch/desk"
	"wangge/dispatch/desk/fsck"
	"wangge/dispatch/desk/revision"
	"wangge/dispatch/desk/rollout"
	"wangge/dispatch/routing"
	"wangge/storage"
	"wangge/storage/bolt"
	"wangge/storage/mem"
)

func TestApply_DecidesFromThenOn(t *testing.T) {
	t.Parallel()
	store := mem.Open()
	d, clock := kept(t, store)
	was := directory(t)
	is := toRoads(t, was)
	var cases []*dispatch.Case
	for i := range 300 { // more than one batch of a backfill
		cases = append(cases, filed(t, d, fmt.Sprint("old-", i)))
	}
	if cases[0].Owner.Unit != green {
		t.Fatalf("before: %s answers, want %s", cases[0].Owner.Unit, green)
	}
	second, err := desk.Open(t.Context(), desk.Config{Store: store, City: town(t), Clock: clock}) // in another process
	if err != nil {
		t.Fatal(err)
	}
	defer second.Close()

	plan, err := d.Plan(t.Context(), keeper, rollout.Proposal{Directory: is, Against: was.Revision()})
	if err != nil {
		t.Fatal(err)
	}
	if len(plan.Changes) != 1 || plan.Changes[0].File != "rules.csv" || !strings.Contains(plan.Changes[0].Text.En, "owner line:"+green.ID+" becomes line:ROADS") || plan.Opened != nil {
		t.Errorf("plan = %+v", plan)
	}
	moves := 0
	for m, err := range d.Moves(t.Context(), plan, 0) {
		if err != nil || m.Was.Unit != green || m.Is.Unit != roads || !m.Owner() {
			t.Fatalf("move %+v, %v", m, err)
		}
		moves++
	}
	if moves != len(cases) {
		t.Errorf("the plan moves %d cases, want %d", moves, len(cases))
	}

	clock.add(time.Hour)
	a, err := d.Apply(t.Context(), keeper, rollout.Proposal{Directory: is, Against: was.Revision(), Policy: revision.Keep, Note: "roads take it"})
	if err != nil {
		t.Fatal(err)
	}
	if a.Number != 2 || a.Person != keeper || a.Post == "" || a.EffectiveAt.IsZero() || !a.Backfill.Done || a.Backfill.Kept != len(cases) || a.Backfill.Moved != 0 {
		t.Errorf("apply = %+v", a)
	}
	if cs, err := d.Case(t.Context(), chief, cases[0].ID); err != nil || cs.Owner.Unit != green || cs.Seq != cases[0].Seq {
		t.Errorf("policy keep: the case went to %s, %v", cs.Owner.Unit, err)
	}
	fresh := filed(t, d, "new")
	if fresh.Owner.Unit != roads || fresh.CityRevision != is.Revision() {
		t.Errorf("a new case goes to %s under %s", fresh.Owner.Unit, fresh.CityRevision)
	}
	if cs := filed(t, second, "elsewhere"); cs.Owner.Unit != roads && second.City().Revision == is.Revision() {
		t.Errorf("the second desk sends it to %s under %s", cs.Owner.Unit, cs.CityRevision)
	}
	// An old case is explained by the revision that decided it.
	old, err := d.CityAt(t.Context(), cases[0].CityRevision)
	if err != nil {
		t.Fatal(err)
	}
	if dec, err := routing.Explain(old, cases[0].Place, tree, cases[0].FiledAt); err != nil || dec.Owner.Unit != green {
		t.Errorf("explained by its own revision: %s, %v", dec.Owner.Unit, err)
	}

	// Rolling back is applying an older one; with reroute every open case moves, by an event.
	clock.add(time.Hour)
	back, err := d.Apply(t.Context(), keeper, rollout.Proposal{Revision: was.Revision(), Against: is.Revision(), Policy: revision.Reroute, Note: "back again"})
	if err != nil {
		t.Fatal(err)
	}
	if back.Backfill.Moved < 1 || back.Backfill.Moved > 2 || d.City().Revision != was.Revision() {
		t.Errorf("roll back = %+v under %s", back.Backfill, d.City().Revision)
	}
	cs, err := d.Case(t.Context(), chief, fresh.ID)
	if err != nil || cs.Owner.Unit != green || !cs.Clock.Since.Equal(fresh.Clock.Since) || !cs.Clock.Due.Equal(fresh.Clock.Due) {
		t.Errorf("rerouted: %s due %s, %v; want %s and the same clock", cs.Owner.Unit, cs.Clock.Due, err, green)
	}
	events, err := d.Events(t.Context(), chief, fresh.ID, 0, 0)
	if last := events[len(events)-1]; err != nil || last.Kind != dispatch.EventRevised || last.Actor != keeper || last.Revision != was.Revision() || last.Note != "back again" {
		t.Errorf("the last event is %+v, %v", last, err)
	}
	revisions, err := d.Revisions(t.Context(), 0, 0)
	if err != nil || len(revisions) != 3 || revisions[0].Base != was.Revision() || revisions[2].Number != 1 {
		t.Errorf("revisions: %v, %v", revisions, err)
	}
	for _, r := range revisions {
		if dir, err := d.Directory(t.Context(), r.Base); err != nil || dir.Revision() != r.Base {
			t.Errorf("revision %s reads back as %s, %v", r.Base, dir.Revision(), err)
		}
	}
	if r := checked(t, d, fsck.CheckOptions{}); !r.Whole() {
		t.Errorf("the store is not whole: %+v", r.Findings)
	}
}

// Two clerks at once: the second is told who applied what meanwhile.
func TestApply_StaleProposal(t *testing.T) {
	t.Parallel()
	d, clock := kept(t, mem.Open())
	was := directory(t)
	first := toRoads(t, was)
	second := edit(t, was, "people.csv", "5551 0001", "5559 9999")
	clock.add(time.Minute)
	if _, err := d.Apply(t.Context(), keeper, rollout.Proposal{Directory: first, Against: was.Revision(), Policy: revision.Keep}); err != nil {
		t.Fatal(err)
	}
	_, err := d.Apply(t.Context(), keeper, rollout.Proposal{Directory: second, Against: was.Revision(), Policy: revision.Keep})
	var moved *rollout.StaleRevisionError
	if !errors.As(err, &moved) || moved.Have != first.Revision() || len(moved.Since) != 1 || moved.Since[0].Person != keeper || len(moved.Since[0].Changes) != 1 || !strings.HasPrefix(moved.Since[0].Changes[0].En, "rules.csv:") {
		t.Fatalf("the second clerk: %v; want who, when and which row", err)
	}
	if d.City().Revision != first.Revision() {
		t.Errorf("the city is %s", d.City().Revision)
	}
	plan, err := d.Plan(t.Context(), keeper, rollout.Proposal{Directory: second, Against: was.Revision()})
	if err != nil || plan.Stale == nil || len(plan.Changes) != 2 {
		t.Errorf("a stale plan = %+v, %v; want that it says so, and what it would undo", plan, err)
	}
	var denied *dispatch.NotAllowedError
	if _, err := d.Apply(t.Context(), citytest.InspectorW1A, rollout.Proposal{Directory: second, Against: first.Revision(), Policy: revision.Keep}); !errors.As(err, &denied) {
		t.Errorf("an inspector applies: %v", err)
	}
	var faults *revision.FaultsError
	if _, err := d.Apply(t.Context(), keeper, rollout.Proposal{Directory: edit(t, was, "rules.csv", "line:", "lane:"), Against: first.Revision(), Policy: revision.Keep}); !errors.As(err, &faults) {
		t.Errorf("a city with faults: %v", err)
	}
	var bad *rollout.ProposalError
	if _, err := d.Apply(t.Context(), keeper, rollout.Proposal{Directory: second}); !errors.As(err, &bad) || len(bad.Fields) != 2 {
		t.Errorf("without a policy and a revision: %v", err)
	}
	if _, err := d.Apply(t.Context(), keeper, rollout.Proposal{Revision: "c-000000000000", Against: first.Revision(), Policy: revision.Keep}); !errors.Is(err, revision.ErrNoRevision) {
		t.Errorf("an unknown revision: %v", err)
	}
}

// A revision for later waits in the store: it outlives a restart, and takes effect at its instant.
func TestApply_WaitsForItsInstant(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "desk.db")
	store, err := bolt.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	d, clock := kept(t, store)
	was := directory(t)
	is := toRoads(t, was)
	old := filed(t, d, "old")
	from := clock.Now().Add(2 * time.Hour)
	a, err := d.Apply(t.Context(), keeper, rollout.Proposal{Directory: is, Against: was.Revision(), Policy: revision.Reroute, From: from})
	if err != nil || !a.EffectiveAt.IsZero() || d.City().Revision != was.Revision() {
		t.Fatalf("apply for later = %+v, %v", a, err)
	}
	var waits *rollout.PendingRevisionError
	if _, err := d.Apply(t.Context(), keeper, rollout.Proposal{Revision: was.Revision(), Against: is.Revision(), Policy: revision.Keep}); !errors.As(err, &waits) || waits.Revision.Number != a.Number {
		t.Errorf("overtaking one that waits: %v", err)
	}
	clock.add(time.Hour)
	if more, err := d.AdvanceRollout(t.Context(), clock.Now()); more || err != nil || d.City().Revision != was.Revision() {
		t.Errorf("before its instant: %v, %v", more, err)
	}
	d.Close()
	store.Close()
	if store, err = bolt.Open(path); err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	d, err = desk.Open(t.Context(), desk.Config{Store: store, City: town(t), Directory: was, Clock: clock})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	clock.add(time.Hour)
	for more := true; more; {
		if more, err = d.AdvanceRollout(t.Context(), clock.Now()); err != nil {
			t.Fatal(err)
		}
	}
	cs, err := d.Case(t.Context(), chief, old.ID)
	if err != nil || d.City().Revision != is.Revision() || cs.Owner.Unit != roads {
		t.Errorf("at its instant the city is %s and the case with %s (was %s), %v", d.City().Revision, cs.Owner.Unit, green, err)
	}
	// The store's revision decides, whatever directory the next start names.
	d.Close()
	again, err := desk.Open(t.Context(), desk.Config{Store: store, City: town(t), Directory: was, Clock: clock})
	if err != nil {
		t.Fatal(err)
	}
	defer again.Close()
	if again.City().Revision != is.Revision() {
		t.Errorf("a restart decides by %s, want the store's %s", again.City().Revision, is.Revision())
	}
}

func TestWithdraw_WaitingRevision(t *testing.T) {
	t.Parallel()
	d, clock := kept(t, mem.Open())
	was := directory(t)
	is := toRoads(t, was)
	a, err := d.Apply(t.Context(), keeper, rollout.Proposal{Directory: is, Against: was.Revision(), Policy: revision.Keep, From: clock.Now().Add(time.Hour)})
	if err != nil {
		t.Fatal(err)
	}
	if w, err := d.Withdraw(t.Context(), keeper, a.Number); err != nil || !w.Withdrawn || w.WithdrawnBy != keeper {
		t.Errorf("Withdraw = %+v, %v", w, err)
	}
	if _, err := d.Withdraw(t.Context(), keeper, a.Number); !errors.Is(err, revision.ErrNoRevision) {
		t.Errorf("withdrawing twice: %v", err)
	}
	clock.add(2 * time.Hour)
	if more, err := d.AdvanceRollout(t.Context(), clock.Now()); more || err != nil || d.City().Revision != was.Revision() {
		t.Errorf("a withdrawn revision took effect: %v, %v", more, err)
	}
	if _, err := d.Apply(t.Context(), keeper, rollout.Proposal{Directory: is, Against: was.Revision(), Policy: revision.Keep}); err != nil {
		t.Errorf("applying after a withdrawal: %v", err)
	}
}

// tearing refuses commits after some: the process dies in the middle of a backfill.
type tearing struct {
	storage.Engine
	left int // commits that still pass; negative = all
}

var errTorn = errors.New("the machine went away")

func (s *tearing) Commit(ctx context.Context, b storage.Batch) (storage.Revision, error) {
	if s.left == 0 {
		return 0, errTorn
	}
	s.left--
	return s.Engine.Commit(ctx, b)
}

func TestBackfill_ResumesAfterACrash(t *testing.T) {
	t.Parallel()
	store := mem.Open()
	torn := &tearing{store, -1}
	d, clock := kept(t, torn)
	was := directory(t)
	is := toRoads(t, was)
	const n = 600
	var ids []dispatch.CaseID
	for i := range n {
		ids = append(ids, filed(t, d, fmt.Sprint("r-", i)).ID)
	}
	kindly, _ := kept(t, store) // keeps the directory, so that only the apply and one batch are left
	if _, err := kindly.Apply(t.Context(), keeper, rollout.Proposal{Directory: is, Against: was.Revision(), Policy: revision.Keep, From: clock.Now().Add(time.Hour)}); err != nil {
		t.Fatal(err)
	}
	if _, err := kindly.Withdraw(t.Context(), keeper, 2); err != nil {
		t.Fatal(err)
	}
	torn.left = 4 // the parts that are new, the apply and one batch of the backfill, at most
	a, err := d.Apply(t.Context(), keeper, rollout.Proposal{Directory: is, Against: was.Revision(), Policy: revision.Reroute})
	if !errors.Is(err, errTorn) {
		t.Fatalf("Apply over a torn store = %+v, %v", a, err)
	}
	d.Close()
	again, err := desk.Open(t.Context(), desk.Config{Store: store, City: town(t), Clock: clock})
	if err != nil {
		t.Fatal(err)
	}
	defer again.Close()
	for more := true; more; {
		if more, err = again.AdvanceRollout(t.Context(), clock.Now()); err != nil {
			t.Fatal(err)
		}
	}
	revisions, err := again.Revisions(t.Context(), 0, 1)
	if err != nil || revisions[0].Backfill.Moved != n || revisions[0].Backfill.Seen != n || !revisions[0].Backfill.Done {
		t.Errorf("after the restart: %+v, %v", revisions[0].Backfill, err)
	}
	for _, id := range ids {
		events, err := again.Events(t.Context(), chief, id, 0, 0)
		moved := 0
		for _, e := range events {
			if e.Kind == dispatch.EventRevised {
				moved++
			}
		}
		if err != nil || moved != 1 {
			t.Fatalf("case %s moved %d times, %v; want once", id, moved, err)
		}
	}
	if r := checked(t, again, fsck.CheckOptions{}); !r.Whole() {
		t.Errorf("the store is not whole: %+v", r.Findings)
	}
}

// Two revisions fall due together while no scheduler runs: the first takes a step away that has fired, the second
// changes nothing of the ladder. Each is looked at from the one before it.
func TestRevision_TwoDueTogether(t *testing.T) {
	t.Parallel()
	d, clock := kept(t, mem.Open())
	was := directory(t)
	cs := filed(t, d, "r-1")
	clock.add(cs.NextAt.Sub(clock.Now()))
	if n, _, err := d.FireDue(t.Context(), clock.Now()); n != 1 || err != nil {
		t.Fatalf("FireDue = %d, %v", n, err)
	}
	one := edit(t, was, "ladders.yaml", "  - name: default\n    steps:\n      - {at_percent: 50, light: green, whom: owner}\n", "  - name: default\n    steps:\n")
	two := edit(t, one, "ladders.yaml", "disturbs at any hour", "disturbs at every hour")
	for i, dirs := range [][2]city.Directory{{one, was}, {two, one}} {
		p := rollout.Proposal{Directory: dirs[0], Against: dirs[1].Revision(), From: clock.Now().Add(time.Duration(i+1) * time.Minute), Policy: revision.Keep}
		if _, err := d.Apply(t.Context(), keeper, p); err != nil {
			t.Fatal(err)
		}
	}
	clock.add(3 * time.Minute)
	for more := true; more; {
		var err error
		if more, err = d.AdvanceRollout(t.Context(), clock.Now()); err != nil {
			t.Fatal(err)
		}
	}
	if cs, err := d.Case(t.Context(), chief, cs.ID); err != nil || cs.NextStep != 0 {
		t.Errorf("the next step is %d, %v; want 0, of what the first revision left", cs.NextStep, err)
	}
}

// A gap that a revision opens is refused, unless somebody says why it is accepted; that is kept.
func TestApply_GapNeedsAWaiver(t *testing.T) {
	t.Parallel()
	d, _ := kept(t, mem.Open())
	was := directory(t)
	hole := maps.Clone(was)
	delete(hole, "holidays/2026.json")
	p := rollout.Proposal{Directory: hole, Against: was.Revision(), Policy: revision.Keep}
	var gaps *rollout.GapsError
	if _, err := d.Apply(t.Context(), keeper, p); !errors.As(err, &gaps) || len(gaps.Gaps) == 0 || !strings.Contains(gaps.Gaps[0].Text.En, "2026") || gaps.Gaps[0].Text.Zh == "" {
		t.Fatalf("without the holidays of 2026: %v", err)
	}
	p.Waive = "the decree is not out yet"
	a, err := d.Apply(t.Context(), keeper, p)
	if err != nil || a.Waiver != p.Waive || len(a.Waived) != len(gaps.Gaps) {
		t.Errorf("waived: %+v, %v", a, err)
	}
	plan, err := d.Plan(t.Context(), keeper, rollout.Proposal{Revision: was.Revision()})
	if err != nil || len(plan.Closed) == 0 || plan.Opened != nil {
		t.Errorf("going back closes it: %+v, %v", plan, err)
	}
}

func TestPrecedent_RoutesTheNextCase(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "desk.db")
	store, err := bolt.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	d, clock := kept(t, store)
	before := filed(t, d, "before")
	p := city.Precedent{
		Unit: roads, Kind: catalog.OwnerLine, Categories: []string{tree}, Point: citytest.InW1A, RadiusM: 100,
		To: clock.Now().Add(48 * time.Hour), Text: "the roads take it here", Case: before.ID.String(),
	}
	made, err := d.Rule(t.Context(), chief, p)
	if err != nil || made.ID == "" || made.Decider != chief {
		t.Fatalf("Rule = %+v, %v", made, err)
	}
	next := filed(t, d, "next")
	if next.Owner.Unit != roads || next.Rule != "precedent:"+made.ID || !strings.HasSuffix(next.CityRevision, "+p1") {
		t.Errorf("the next case goes to %s by %s under %s", next.Owner.Unit, next.Rule, next.CityRevision)
	}
	if before.Owner.Unit != green {
		t.Errorf("the case before went to %s", before.Owner.Unit)
	}
	var bad *rollout.BadPrecedentError
	wrong := p
	wrong.Unit.ID, wrong.Text = "NOBODY", ""
	if _, err := d.Rule(t.Context(), chief, wrong); !errors.As(err, &bad) || len(bad.Faults) != 2 {
		t.Errorf("a bad ruling: %v", err)
	}
	if _, err := d.Revoke(t.Context(), chief, "pr-none", "no"); !errors.Is(err, rollout.ErrNoPrecedent) {
		t.Errorf("revoking none: %v", err)
	}
	if _, err := d.Rule(t.Context(), citytest.InspectorW1A, p); err == nil {
		t.Error("an inspector rules")
	}
	clock.add(time.Minute)
	if r, err := d.Revoke(t.Context(), chief, made.ID, "the contract ended"); err != nil || r.RevokedBy != chief {
		t.Errorf("Revoke = %+v, %v", r, err)
	}
	d.Close()
	store.Close()
	if store, err = bolt.Open(path); err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	d, err = desk.Open(t.Context(), desk.Config{Store: store, City: town(t), Clock: clock})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	if cs := filed(t, d, "after"); cs.Owner.Unit != green || !strings.HasSuffix(cs.CityRevision, "+p2") {
		t.Errorf("after the revocation and a restart: %s under %s", cs.Owner.Unit, cs.CityRevision)
	}
	list, err := d.Precedents(t.Context(), chief)
	if err != nil || len(list) != 1 || list[0].Revoked != "the contract ended" {
		t.Errorf("Precedents = %+v, %v", list, err)
	}
	then, err := d.CityAt(t.Context(), next.CityRevision)
	if err != nil {
		t.Fatal(err)
	}
	if dec, err := routing.Explain(then, next.Place, tree, next.FiledAt); err != nil || dec.Rule != next.Rule {
		t.Errorf("the case is explained by %s, %v", dec.Rule, err)
	}
	if r := checked(t, d, fsck.CheckOptions{}); !r.Whole() {
		t.Errorf("the store is not whole: %+v", r.Findings)
	}
}

// A dispute that a leader settles routes the next case, in the same commit.
func TestPrecedent_FromArbitration(t *testing.T) {
	t.Parallel()
	d, clock := kept(t, mem.Open())
	cs := filed(t, d, "disputed")
	for range 2 {
		owner := onDuty(t, d, cs, clock.Now())
		var err error
		if cs, err = d.Act(t.Context(), owner, cs.ID, 0, "", dispatch.Command{Act: dispatch.ActReturn, Reason: dispatch.NotMyLine, Note: "not ours"}); err != nil {
			t.Fatal(err)
		}
		if cs.Stage == dispatch.Returned {
			if cs, err = d.Act(t.Context(), citytest.Dispatcher, cs.ID, 0, "", dispatch.Command{Act: dispatch.ActDispatch, Owner: &dispatch.Owner{Unit: green}, Note: "yours"}); err != nil {
				t.Fatal(err)
			}
		}
	}
	if cs.Stage != dispatch.Arbitration {
		t.Fatalf("after two returns the case is %s", cs.Stage)
	}
	cs, err := d.Act(t.Context(), chief, cs.ID, 0, "ruling-1", dispatch.Command{Act: dispatch.ActArbitrate, Owner: &dispatch.Owner{Unit: roads}, RadiusM: 300, Note: "the roads take it"})
	if err != nil || cs.Owner.Unit != roads {
		t.Fatalf("arbitrate = %s, %v", cs.Owner.Unit, err)
	}
	list, err := d.Precedents(t.Context(), chief)
	if err != nil || len(list) != 1 || list[0].Case != cs.ID.String() || list[0].Unit != roads || list[0].Text != "the roads take it" || list[0].Decider != chief {
		t.Fatalf("Precedents = %+v, %v", list, err)
	}
	if next := filed(t, d, "next"); next.Owner.Unit != roads || next.Rule != "precedent:"+list[0].ID {
		t.Errorf("the next case goes to %s by %s", next.Owner.Unit, next.Rule)
	}
	if again, err := d.Act(t.Context(), chief, cs.ID, 0, "ruling-1", dispatch.Command{Act: dispatch.ActArbitrate, Owner: &dispatch.Owner{Unit: roads}, RadiusM: 300, Note: "the roads take it"}); err != nil || again.Seq != cs.Seq {
		t.Errorf("the same request again: %v", err)
	}
	if list, _ := d.Precedents(t.Context(), chief); len(list) != 1 {
		t.Errorf("the same request again made %d rulings", len(list))
	}
}

// A revision that is applied after another's instant has passed, which nobody has let take effect yet, comes
// after it and decides.
func TestApply_AfterOneThatIsDue(t *testing.T) {
	t.Parallel()
	d, clock := kept(t, mem.Open())
	was := directory(t)
	one := edit(t, was, "people.csv", "5551 0001", "5559 9991")
	two := edit(t, one, "people.csv", "5559 9991", "5559 9992")
	if _, err := d.Apply(t.Context(), keeper, rollout.Proposal{Directory: one, Against: was.Revision(), From: clock.Now().Add(time.Hour), Policy: revision.Keep}); err != nil {
		t.Fatal(err)
	}
	clock.add(2 * time.Hour)
	a, err := d.Apply(t.Context(), keeper, rollout.Proposal{Directory: two, Against: one.Revision(), Policy: revision.Keep})
	if err != nil || a.EffectiveAt.IsZero() || !a.Backfill.Done {
		t.Fatalf("Apply = %+v, %v", a, err)
	}
	if more, err := d.AdvanceRollout(t.Context(), clock.Now()); more || err != nil || d.City().Base() != two.Revision() {
		t.Errorf("%s decides, %t, %v; want %s", d.City().Base(), more, err, two.Revision())
	}
}

// A revision planned upon one that waits is refused when that one is withdrawn in the last moment.
func TestApply_UponAWithdrawnOne(t *testing.T) {
	t.Parallel()
	store := &overtaken{Engine: mem.Open()}
	d, clock := kept(t, store)
	was := directory(t)
	one := edit(t, was, "people.csv", "5551 0001", "5559 9991")
	two := edit(t, one, "people.csv", "5559 9991", "5559 9992")
	waits, err := d.Apply(t.Context(), keeper, rollout.Proposal{Directory: one, Against: was.Revision(), From: clock.Now().Add(time.Hour), Policy: revision.Keep})
	if err != nil {
		t.Fatal(err)
	}
	p := rollout.Proposal{Directory: two, Against: one.Revision(), From: clock.Now().Add(2 * time.Hour), Policy: revision.Keep}
	store.first = func() { // while the files are kept
		store.first = func() { // before the commit that applies
			if _, err := d.Withdraw(t.Context(), keeper, waits.Number); err != nil {
				t.Error(err)
			}
		}
	}
	var moved *rollout.StaleRevisionError
	if a, err := d.Apply(t.Context(), keeper, p); !errors.As(err, &moved) {
		t.Errorf("Apply upon a revision that is withdrawn = %+v, %v", a, err)
	}
}
