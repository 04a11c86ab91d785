package desk_test

import (
	"context"
	"crypto/sha256"
	"errors"
	"iter"
	"sync"
	"testing"
	"time"

	"wangge/dispatch"
	"wangge/dispatch/city"
	"wangge/dispatch/city/catalog"
	"wangge/dispatch/city/compile"
	"wangge/dispatch/desk"
	"wangge/dispatch/desk/fsck"
	"wangge/dispatch/desk/revision"
	"wangge/dispatch/desk/rollout"
	"wangge/storage"
	"wangge/storage/mem"
)

// lagging is a store whose feed stands until the first commit of its own has won or lost.
type lagging struct {
	storage.Engine
	first sync.Once
	moves chan struct{}
}

func (l *lagging) Watch(ctx context.Context, after storage.Revision) iter.Seq2[storage.Committed, error] {
	return func(yield func(storage.Committed, error) bool) {
		select {
		case <-l.moves:
		case <-ctx.Done():
			return
		}
		l.Engine.Watch(ctx, after)(yield)
	}
}

func (l *lagging) Commit(ctx context.Context, b storage.Batch) (storage.Revision, error) {
	rev, err := l.Engine.Commit(ctx, b)
	l.first.Do(func() { close(l.moves) })
	return rev, err
}

// A desk that has not heard yet of another's revision decides nothing by the city before it, whatever it is
// asked for.
func TestLag_DecidesByTheActiveCity(t *testing.T) {
	t.Parallel()
	was := directory(t)
	is := toRoads(t, was)
	one := func(cs *dispatch.Case, _ bool, err error) (*dispatch.Case, error) { return cs, err }
	for name, decide := range map[string]func(context.Context, *desk.Desk, *fakeClock, *dispatch.Case) (*dispatch.Case, error){
		"File": func(ctx context.Context, d *desk.Desk, _ *fakeClock, _ *dispatch.Case) (*dispatch.Case, error) {
			return one(d.File(ctx, chief, report(tree, "new")))
		},
		"FileBatch": func(ctx context.Context, d *desk.Desk, _ *fakeClock, _ *dispatch.Case) (*dispatch.Case, error) {
			res := d.FileBatch(ctx, chief, []dispatch.Report{report(tree, "new"), report(tree, "newer")})
			return res[1].Case, errors.Join(res[0].Err, res[1].Err)
		},
		"Import": func(ctx context.Context, d *desk.Desk, clock *fakeClock, _ *dispatch.Case) (*dispatch.Case, error) {
			r := report(tree, "past")
			r.ReceivedAt = clock.Now().Add(-time.Hour)
			return one(d.Import(ctx, desk.ImportRecord{Report: r}))
		},
		"Act": func(ctx context.Context, d *desk.Desk, _ *fakeClock, cs *dispatch.Case) (*dispatch.Case, error) {
			return d.Act(ctx, chief, cs.ID, 0, "", dispatch.Command{Act: dispatch.ActComment, Note: "seen"})
		},
		"FireDue": func(ctx context.Context, d *desk.Desk, clock *fakeClock, cs *dispatch.Case) (*dispatch.Case, error) {
			clock.add(cs.NextAt.Sub(clock.Now()))
			if n, _, err := d.FireDue(ctx, clock.Now()); n != 1 || err != nil {
				t.Errorf("FireDue = %d, %v", n, err)
			}
			return d.Case(ctx, chief, cs.ID)
		},
	} {
		t.Run(name, func(t *testing.T) {
			store := mem.Open()
			d, clock := kept(t, store)
			cs := filed(t, d, "old")
			behind := &lagging{Engine: store, moves: make(chan struct{})}
			second, err := desk.Open(t.Context(), desk.Config{Store: behind, City: town(t), Clock: clock})
			if err != nil {
				t.Fatal(err)
			}
			defer second.Close()
			clock.add(time.Minute)
			if _, err := d.Apply(t.Context(), keeper, rollout.Proposal{Directory: is, Against: was.Revision(), Policy: revision.Keep}); err != nil {
				t.Fatal(err)
			}
			got, err := decide(t.Context(), second, clock, cs)
			if err != nil || got.CityRevision != is.Revision() {
				t.Errorf("decided by %s, %v; want %s", got.CityRevision, err, is.Revision())
			}
			if r := checked(t, d, fsck.CheckOptions{}); !r.Whole() {
				t.Errorf("the store is not whole: %+v", r.Findings)
			}
		})
	}
}

// Nor does it refuse by it: somebody whose post the revision made may act, and somebody whose post it took
// away may not rule.
func TestLag_AuthorizesByTheActiveCity(t *testing.T) {
	t.Parallel()
	store := mem.Open()
	d, clock := kept(t, store)
	was := directory(t)
	const seat, desks, person = ",area:TOY,leader,mayor,1,,,", ",area:TOY,grid_office,office,1,,,", "mayor,马市长,+86 451 5551 0001,zh,mayor@example.org"
	posts := edit(t, edit(t, was, "posts.csv", seat, ",area:TOY,leader,next,1,,,"), "posts.csv", desks, ",area:TOY,grid_office,next,1,,,")
	is := edit(t, posts, "people.csv", person, person+"\nnext,李市长,+86 451 5559 9999,zh,")
	cs := filed(t, d, "old")
	lag := func() *desk.Desk {
		second, err := desk.Open(t.Context(), desk.Config{Store: &lagging{Engine: store, moves: make(chan struct{})}, City: town(t), Clock: clock})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(second.Close)
		return second
	}
	acts, rules, applies, reprojects := lag(), lag(), lag(), lag()
	clock.add(time.Minute)
	if _, err := d.Apply(t.Context(), keeper, rollout.Proposal{Directory: is, Against: was.Revision(), Policy: revision.Keep, Waive: "he leads now"}); err != nil {
		t.Fatal(err)
	}
	if _, err := acts.Act(t.Context(), "next", cs.ID, 0, "", dispatch.Command{Act: dispatch.ActComment, Note: "seen"}); err != nil {
		t.Errorf("the new leader is refused: %v", err)
	}
	p := city.Precedent{Kind: catalog.OwnerLine, Categories: []string{tree}, Point: cs.Place.Point, RadiusM: 100, Unit: roads, Text: "so be it"}
	var denied *dispatch.NotAllowedError
	if _, err := rules.Rule(t.Context(), chief, p); !errors.As(err, &denied) {
		t.Errorf("a leader who is none any more rules: %v", err)
	}
	if _, err := reprojects.Reproject(t.Context(), keeper, "a holiday", 0, 0); !errors.As(err, &denied) {
		t.Errorf("a grid office that is none any more moves deadlines: %v", err)
	}
	back := rollout.Proposal{Revision: was.Revision(), Against: is.Revision(), Policy: revision.Keep, Waive: "he leads again"}
	if _, err := applies.Apply(t.Context(), "next", back); err != nil {
		t.Errorf("the new grid office may not apply: %v", err)
	}
}

// Two desks that open a new store at once have one city.
func TestOpen_TwoFirstDesks(t *testing.T) {
	t.Parallel()
	store := mem.Open()
	clock := &fakeClock{now: time.Date(2026, 3, 4, 9, 0, 0, 0, town(t).Location)}
	was := directory(t)
	is := toRoads(t, was)
	built, faults := compile.Directory(is)
	if len(faults) > 0 {
		t.Fatal(faults[0])
	}
	var first *desk.Desk
	second, err := desk.Open(t.Context(), desk.Config{Store: &midway{Engine: store, at: func() {
		var err error
		if first, err = desk.Open(t.Context(), desk.Config{Store: store, City: town(t), Directory: was, Clock: clock}); err != nil {
			t.Error(err)
		}
	}}, City: built, Directory: is, Clock: clock})
	if err != nil {
		t.Fatal(err)
	}
	defer first.Close()
	defer second.Close()
	if cs := filed(t, second, "new"); cs.CityRevision != was.Revision() {
		t.Errorf("decided by %s, want %s", cs.CityRevision, was.Revision())
	}
}

// A store that has lost which city decides is refused; Open ends.
func TestOpen_StoreWithoutItsHead(t *testing.T) {
	t.Parallel()
	store := mem.Open()
	d, clock := kept(t, store)
	d.Close()
	write(t, store, storage.Op{Key: []byte("m/head"), Delete: true})
	if _, err := desk.Open(t.Context(), desk.Config{Store: store, City: town(t), Directory: directory(t), Clock: clock}); !errors.Is(err, storage.ErrConflict) {
		t.Errorf("Open = %v", err)
	}
}

// A city that comes to decide while a desk opens decides there, too.
func TestOpen_RevisionMeanwhile(t *testing.T) {
	t.Parallel()
	store := mem.Open()
	d, clock := kept(t, store)
	was := directory(t)
	is := toRoads(t, was)
	second, err := desk.Open(t.Context(), desk.Config{Store: &midway{Engine: store, at: func() {
		if _, err := d.Apply(t.Context(), keeper, rollout.Proposal{Directory: is, Against: was.Revision(), Policy: revision.Keep}); err != nil {
			t.Error(err)
		}
	}}, City: town(t), Clock: clock})
	if err != nil {
		t.Fatal(err)
	}
	defer second.Close()
	if cs := filed(t, second, "new"); cs.CityRevision != is.Revision() {
		t.Errorf("decided by %s, want %s", cs.CityRevision, is.Revision())
	}
}

// midway is a store in which something happens once somebody has read which city decides.
type midway struct {
	storage.Engine
	at func()
}

func (m *midway) Snapshot(ctx context.Context) (storage.Snapshot, error) {
	snap, err := m.Engine.Snapshot(ctx)
	return &headReader{snap, m}, err
}

type headReader struct {
	storage.Snapshot
	m *midway
}

func (s *headReader) Get(key []byte) (storage.Item, error) {
	it, err := s.Snapshot.Get(key)
	if at := s.m.at; at != nil && string(key) == "m/head" {
		s.m.at = nil
		at()
	}
	return it, err
}

// A desk that can't read the revision that decides, say an older program, or a file of which is lost, goes on
// by the one before rather than leave everybody without an answer.
func TestRevision_CannotBeRead(t *testing.T) {
	t.Parallel()
	was := directory(t)
	is := toRoads(t, was)
	rules := sha256.Sum256(is["rules.csv"])
	for name, lost := range map[string]string{"the directory": "v/" + is.Revision(), "a file": "f/" + string(rules[:]) + "\x00\x00\x00\x00"} {
		t.Run(name, func(t *testing.T) {
			store := mem.Open()
			d, clock := kept(t, store)
			cs := filed(t, d, "old")
			second, err := desk.Open(t.Context(), desk.Config{Store: &lagging{Engine: store, moves: make(chan struct{})}, City: town(t), Clock: clock})
			if err != nil {
				t.Fatal(err)
			}
			defer second.Close()
			(&climber{t, d, clock, cs}).turnsTo(is, was)
			write(t, store, storage.Op{Key: []byte(lost), Delete: true})
			for name, decide := range map[string]func() (*dispatch.Case, error){
				"a report": func() (*dispatch.Case, error) {
					cs, _, err := second.File(t.Context(), chief, report(tree, "new"))
					return cs, err
				},
				"an act": func() (*dispatch.Case, error) {
					return second.Act(t.Context(), chief, cs.ID, 0, "", dispatch.Command{Act: dispatch.ActComment, Note: "seen"})
				},
			} {
				if got, err := decide(); err != nil || got.CityRevision != was.Revision() {
					t.Errorf("%s is decided by %v, %v; want %s", name, got, err, was.Revision())
				}
			}
			clock.add(cs.NextAt.Sub(clock.Now()))
			if _, _, err := second.FireDue(t.Context(), clock.Now()); err != nil {
				t.Fatal(err)
			}
			if got, err := second.Case(t.Context(), chief, cs.ID); err != nil || got.NextStep != cs.NextStep+1 {
				t.Errorf("the timer has not fired: %v, %v", got, err)
			}
		})
	}
}
