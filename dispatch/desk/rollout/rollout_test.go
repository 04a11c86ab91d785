package rollout_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"maps"
	"strings"
	"testing"
	"time"

	"wangge/dispatch"
	"wangge/dispatch/city"
	"wangge/dispatch/city/catalog"
	"wangge/dispatch/city/roster"
	"wangge/dispatch/desk/desktest"
	"wangge/dispatch/desk/ledger"
	"wangge/dispatch/desk/revision"
	"wangge/dispatch/desk/rollout"
	"wangge/dispatch/desk/tx"
	"wangge/dispatch/desk/view"
	"wangge/storage"
	"wangge/storage/mem"
)

type room struct {
	*rollout.Rollouts
	revisions *revision.Revisions
	store     *tx.Store
	clock     *desktest.Clock
	was, is   city.Directory
}

func open(t *testing.T) *room {
	t.Helper()
	return openCity(t, desktest.Directory())
}

func openCity(t *testing.T, dir city.Directory) *room {
	t.Helper()
	clock := desktest.NewClock()
	store := desktest.Store(mem.Open(), clock)
	r := revision.New(store)
	if _, err := r.Start(t.Context(), desktest.Compile(t, dir), dir); err != nil {
		t.Fatal(err)
	}
	v, err := view.Open(t.Context(), store, r)
	if err != nil {
		t.Fatal(err)
	}
	v.Follow(t.Context(), func(storage.Batch) {}, func() {})
	t.Cleanup(v.Close)
	return &room{rollout.New(store, r, v), r, store, clock, dir, desktest.ToWater(dir)}
}

func (r *room) load(t *testing.T, id dispatch.CaseID) *dispatch.Case {
	t.Helper()
	var l ledger.Loaded
	err := r.store.Read(t.Context(), func(snap storage.Snapshot) (err error) {
		l, err = ledger.Load(snap, id)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return l.Cs
}

// An apply that takes effect at once moves open cases by its policy, and each stands under the new revision after it.
func TestApply(t *testing.T) {
	t.Parallel()
	water := roster.Unit{Kind: roster.UnitDepartment, ID: "WATER"}
	for policy, moves := range map[revision.Policy]bool{revision.Keep: false, revision.Move: false, revision.Reroute: true} {
		r := open(t)
		const cases = 300 // more than one batch
		for i := range cases {
			desktest.File(t, r.store, r.revisions.City(), desktest.First+dispatch.CaseID(i), desktest.Report("r-"+string(rune('a'+i))))
		}
		r.clock.Add(time.Minute)
		a, err := r.Apply(t.Context(), desktest.Chief, rollout.Proposal{Directory: r.is, Against: r.was.Revision(), Policy: policy, Note: "to water"})
		if err != nil {
			t.Fatal(err)
		}
		if !a.Backfill.Done || a.Backfill.Seen != cases || (a.Backfill.Moved == cases) != moves || a.Number != 2 {
			t.Errorf("policy %d: %+v, want a backfill of all cases that is done", policy, a.Backfill)
		}
		for _, id := range []dispatch.CaseID{desktest.First, desktest.First + cases - 1} {
			if cs := r.load(t, id); (cs.Owner.Unit == water) != moves {
				t.Errorf("policy %d: case %s is %s's", policy, id, cs.Owner.Unit)
			}
		}
		if got := r.revisions.City().Revision; got != r.is.Revision() {
			t.Errorf("policy %d: %s is active, want %s", policy, got, r.is.Revision())
		}
		if more, err := r.Advance(t.Context(), r.clock.Now()); more || err != nil {
			t.Errorf("policy %d: Advance afterwards = %v, %v; want nothing to do", policy, more, err)
		}
	}
}

// A revision that gives a case to another owner tells the new owner and the old one in the same commit.
func TestApply_TellsNewAndFormerOwner(t *testing.T) {
	t.Parallel()
	r := open(t)
	desktest.File(t, r.store, r.revisions.City(), desktest.First, desktest.Report("r"))
	r.clock.Add(time.Minute)
	p := rollout.Proposal{Directory: r.is, Against: r.was.Revision(), Policy: revision.Reroute, Note: "to water"}
	if _, err := r.Apply(t.Context(), desktest.Chief, p); err != nil {
		t.Fatal(err)
	}
	var last dispatch.Event
	err := r.store.Read(t.Context(), func(snap storage.Snapshot) error {
		l, err := ledger.Load(snap, desktest.First)
		if err != nil {
			return err
		}
		for act, err := range ledger.EventsFrom(snap, l, l.Cs.Seq) {
			if err != nil {
				return err
			}
			last = act[len(act)-1]
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	told := map[roster.PersonID]dispatch.NotifiedAs{}
	for i, person := range last.Notified {
		told[person] = last.AsOf(i)
	}
	want := map[roster.PersonID]dispatch.NotifiedAs{"water-owner": dispatch.AsOwner, desktest.Owner: dispatch.AsFormer}
	if last.Kind != dispatch.EventRevised || !maps.Equal(told, want) {
		t.Errorf("%s tells %v, want %v", last.Kind, told, want)
	}
}

// An apply that waits takes effect at its instant, not before, and can be withdrawn until then.
func TestApply_Waits(t *testing.T) {
	t.Parallel()
	r := open(t)
	from := r.clock.Now().Add(time.Hour)
	p := rollout.Proposal{Directory: r.is, Against: r.was.Revision(), From: from, Policy: revision.Keep}
	first, err := r.Apply(t.Context(), desktest.Chief, p)
	if err != nil {
		t.Fatal(err)
	}
	var moved *rollout.StaleRevisionError
	if _, err := r.Apply(t.Context(), desktest.Chief, rollout.Proposal{Revision: r.was.Revision(), Against: r.was.Revision(), Policy: revision.Keep}); !errors.As(err, &moved) {
		t.Errorf("an apply that was planned before it = %v, want *StaleRevisionError", err)
	}
	if a, err := r.Withdraw(t.Context(), desktest.Chief, first.Number); err != nil || !a.Withdrawn {
		t.Fatalf("Withdraw = %+v, %v", a, err)
	}
	if _, err := r.Withdraw(t.Context(), desktest.Chief, first.Number); !errors.Is(err, revision.ErrNoRevision) {
		t.Errorf("a second Withdraw = %v, want ErrNoRevision", err)
	}
	second, err := r.Apply(t.Context(), desktest.Chief, p)
	if err != nil || second.Number != first.Number+1 {
		t.Fatalf("Apply again = %+v, %v", second, err)
	}
	next := func() time.Duration {
		var wait time.Duration
		err := r.store.Read(t.Context(), func(snap storage.Snapshot) (err error) {
			wait, _, err = rollout.Next(snap, r.clock.Now())
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		return wait
	}
	if got := next(); got != time.Hour {
		t.Errorf("Next = %v, want an hour", got)
	}
	if more, err := r.Advance(t.Context(), r.clock.Now()); more || err != nil || r.revisions.City().Revision != r.was.Revision() {
		t.Errorf("Advance before the instant = %v, %v", more, err)
	}
	r.clock.Add(2 * time.Hour)
	for more := true; more; {
		if more, err = r.Advance(t.Context(), r.clock.Now()); err != nil {
			t.Fatal(err)
		}
	}
	current, last, err := r.revisions.Head(t.Context())
	if err != nil || current.Number != second.Number || last.Number != second.Number || !current.EffectiveAt.Equal(r.clock.Now()) || !current.Backfill.Done {
		t.Errorf("Head = %+v, %v; want the second apply, effective now, and its backfill done", current, err)
	}
}

func TestApply_Refuses(t *testing.T) {
	t.Parallel()
	r := open(t)
	var notAllowed *dispatch.NotAllowedError
	var bad *rollout.ProposalError
	var faults *revision.FaultsError
	good := rollout.Proposal{Directory: r.is, Against: r.was.Revision(), Policy: revision.Keep}
	if _, err := r.Apply(t.Context(), desktest.Owner, good); !errors.As(err, &notAllowed) {
		t.Errorf("by an owner = %v, want *NotAllowedError", err)
	}
	if _, err := r.Apply(t.Context(), desktest.Chief, rollout.Proposal{Directory: r.is}); !errors.As(err, &bad) || len(bad.Fields) != 2 {
		t.Errorf("without policy and base = %v, want both named", err)
	}
	broken := good
	broken.Directory = desktest.Edit(r.is, "rules.csv", "line:WATER", "line:NOWHERE")
	if _, err := r.Apply(t.Context(), desktest.Chief, broken); !errors.As(err, &faults) {
		t.Errorf("a directory with faults = %v, want *FaultsError", err)
	}
	if _, err := r.Plan(t.Context(), desktest.Chief, good); err != nil { // the city is known from here on
		t.Fatal(err)
	}
	for _, name := range []string{"notes.txt", "./posts.csv", "../posts.csv", "rules.csv/posts.csv"} {
		more := good
		more.Directory = maps.Clone(r.is)
		more.Directory[name] = []byte("x")
		if _, err := r.Apply(t.Context(), desktest.Chief, more); !errors.As(err, &faults) {
			t.Errorf("a directory with %s, which is no table = %v, want *FaultsError", name, err)
		}
	}
	same := good
	same.Directory = r.was
	if _, err := r.Apply(t.Context(), desktest.Chief, same); !errors.As(err, &bad) {
		t.Errorf("the revision that decides = %v, want *ProposalError", err)
	}
	if current, last, err := r.revisions.Head(t.Context()); err != nil || current.Number != 1 || last.Number != 1 {
		t.Errorf("Head = %+v, %+v, %v after refusals; want the first revision alone", current, last, err)
	}
}

// A plan names a post without a holder as such, with what to do, apart from a unit that is removed; and a successor that decides
// nothing. Only undecided cases are left to nobody.
func TestPlan_PostWithoutHolder(t *testing.T) {
	t.Parallel()
	r := open(t)
	desktest.File(t, r.store, r.revisions.City(), desktest.First, desktest.Report("r"))
	west, water := roster.Unit{Kind: roster.UnitArea, ID: "W"}, roster.Unit{Kind: roster.UnitDepartment, ID: "WATER"}
	is := desktest.Edit(without(r.was, "WATER"), "posts.csv", "area:W,owner", "area:W,leader")
	p := rollout.Proposal{Directory: is, Against: r.was.Revision(), Policy: revision.Keep}
	p.Successors.Units = map[roster.Unit]roster.Unit{water: {Kind: roster.UnitArea, ID: "E"}}
	for policy, undecided := range map[revision.Policy]int{revision.Keep: 1, revision.Move: 0} {
		p.Policy = policy
		plan, err := r.Plan(t.Context(), desktest.Chief, p)
		if err != nil {
			t.Fatal(err)
		}
		if len(plan.Removed) != 2 || plan.UndecidedCount != undecided {
			t.Fatalf("policy %d: %+v, %d undecided", policy, plan.Removed, plan.UndecidedCount)
		}
		if v := plan.Removed[0]; v.Unit != west || v.Cases != 1 || !strings.Contains(v.Why.Zh, "责任人岗位无人任职") || !strings.Contains(v.Fix.En, "posts.csv") {
			t.Errorf("policy %d: the post: %+v", policy, v)
		}
		if v := plan.Removed[1]; v.Unit != water || v.Cases != 0 || !strings.Contains(v.Why.En, "decides nothing") {
			t.Errorf("policy %d: the successor: %+v", policy, v)
		}
		for m, err := range r.Moves(t.Context(), plan, 0) {
			if err != nil || len(m.Lost) == 0 || len(m.Undecided) != undecided {
				t.Errorf("policy %d: %s lacks %v, undecided %v, %v", policy, m.Case, m.Lost, m.Undecided, err)
			}
		}
	}
}

// A ruling routes from now on, until it is revoked; each change is an edition.
func TestRule(t *testing.T) {
	t.Parallel()
	r := open(t)
	ruling := city.Precedent{Unit: roster.Unit{Kind: roster.UnitDepartment, ID: "WATER"}, Kind: catalog.OwnerLine, Categories: []string{"*"}, Area: "W", Text: "water's"}
	made, err := r.Rule(t.Context(), desktest.Chief, ruling)
	if err != nil {
		t.Fatal(err)
	}
	if made.ID == "" || made.Decider != desktest.Chief || !made.DecidedAt.Equal(r.clock.Now()) {
		t.Errorf("Rule = %+v, want it filled in", made)
	}
	if got := r.revisions.City().Revision; got != r.was.Revision()+"+p1" {
		t.Errorf("%s is active, want the first edition", got)
	}
	if cs := desktest.File(t, r.store, r.revisions.City(), desktest.First, desktest.Report("r-1")); cs.Owner.Unit != ruling.Unit {
		t.Errorf("the next case is %s's, want %s's", cs.Owner.Unit, ruling.Unit)
	}
	var bad *rollout.BadPrecedentError
	if _, err := r.Revoke(t.Context(), desktest.Chief, made.ID, ""); !errors.As(err, &bad) || bad.Field != "reason" {
		t.Errorf("Revoke without a reason = %v", err)
	}
	if _, err := r.Revoke(t.Context(), desktest.Chief, "pr-none", "why"); !errors.Is(err, rollout.ErrNoPrecedent) {
		t.Errorf("Revoke of none = %v", err)
	}
	if was, err := r.Revoke(t.Context(), desktest.Chief, made.ID, "a mistake"); err != nil || was.Revoked != "a mistake" {
		t.Errorf("Revoke = %+v, %v", was, err)
	}
	list, err := r.Precedents(t.Context(), desktest.Chief)
	if err != nil || len(list) != 1 || list[0].RevokedAt.IsZero() {
		t.Errorf("Precedents = %+v, %v; want the revoked one", list, err)
	}
}

// busy is an engine at which, once it is set, something happens after each snapshot is opened.
type busy struct {
	storage.Engine
	after func()
}

func (b *busy) Snapshot(ctx context.Context) (storage.Snapshot, error) {
	snap, err := b.Engine.Snapshot(ctx)
	if b.after != nil {
		b.after()
	}
	return snap, err
}

// Cases that are filed while a backfill runs are no damaged ones, though the view shows them before the backfill's
// snapshot does.
func TestBackfill_WhileCasesAreFiled(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	clock, engine := desktest.NewClock(), mem.Open()
	late := &busy{Engine: engine}
	store := tx.New(late, clock, slog.New(slog.NewTextHandler(&log, nil)), nil)
	r := revision.New(store)
	was := desktest.Directory()
	if _, err := r.Start(t.Context(), desktest.Compile(t, was), was); err != nil {
		t.Fatal(err)
	}
	v, err := view.Open(t.Context(), store, r)
	if err != nil {
		t.Fatal(err)
	}
	v.Follow(t.Context(), func(storage.Batch) {}, func() {})
	t.Cleanup(v.Close)
	d, others, next := rollout.New(store, r, v), desktest.Store(engine, clock), desktest.First
	file := func() {
		desktest.File(t, others, r.City(), next, desktest.Report(next.String()))
		next++
		if err := v.WaitFor(t.Context(), others.Acked()); err != nil {
			t.Fatal(err)
		}
	}
	for range 3 {
		file()
	}
	later := rollout.Proposal{
		Directory: desktest.ToWater(was), Against: was.Revision(), Policy: revision.Reroute, From: clock.Now().Add(time.Minute), Note: "later",
	}
	a, err := d.Apply(t.Context(), desktest.Chief, later)
	if err != nil {
		t.Fatal(err)
	}
	clock.Add(2 * time.Minute)
	if more, err := d.Advance(t.Context(), clock.Now()); err != nil || !more {
		t.Fatalf("Advance = %v, %v; want the revision active", more, err)
	}
	if err := v.WaitFor(t.Context(), store.Acked()); err != nil {
		t.Fatal(err)
	}
	log.Reset()
	late.after = file
	for range 3 {
		if _, err := d.Advance(t.Context(), clock.Now()); err != nil {
			t.Fatal(err)
		}
	}
	late.after = nil
	for more := true; more; {
		if more, err = d.Advance(t.Context(), clock.Now()); err != nil {
			t.Fatal(err)
		}
	}
	done, err := r.Revision(t.Context(), a.Number)
	if err != nil || !done.Backfill.Done || done.Backfill.Moved != 3 {
		t.Errorf("the backfill = %+v, %v; want three cases moved", done, err)
	}
	if strings.Contains(log.String(), "can't be read") {
		t.Errorf("log: %s", log.String())
	}
}
