package desk_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"wangge/dispatch"
	"wangge/dispatch/desk"
	"wangge/storage"
	"wangge/storage/mem"
)

// overtaken is a store on which somebody else is faster: before the next commit, first is called.
type overtaken struct {
	storage.Engine
	first   func()
	commits int
}

func (o *overtaken) Commit(ctx context.Context, b storage.Batch) (storage.Revision, error) {
	if first := o.first; first != nil {
		o.first = nil
		first()
	}
	o.commits++
	return o.Engine.Commit(ctx, b)
}

// two are desks of two processes over one store. The second is slower.
func two(t *testing.T) (o *office, slow *desk.Desk, store *overtaken) {
	t.Helper()
	o = newOffice(t, mem.Open(), twoSteps)
	store = &overtaken{Engine: o.store}
	slow, err := desk.Open(t.Context(), desk.Config{Store: store, City: o.City(), Clock: o.clock})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(slow.Close)
	return o, slow, store
}

// The scheduler of another process fires the very timers that this one has decided: this one tries once,
// fires nothing, and says that it stands aside.
func TestFireDue_LosesToAnotherProcess(t *testing.T) {
	t.Parallel()
	o, slow, store := two(t)
	cases := o.file(t, 20)
	at := cases[0].NextAt.Add(time.Minute)
	store.first = func() {
		if n, _, err := o.FireDue(t.Context(), at); n != len(cases) || err != nil {
			t.Errorf("the faster scheduler fires %d, %v; want %d", n, err, len(cases))
		}
	}
	n, more, err := slow.FireDue(t.Context(), at)
	if n != 0 || !more || err != nil || store.commits != 1 {
		t.Errorf("the slower scheduler fires %d, more %t, %v, in %d commits; want 0, true, nil, in 1", n, more, err, store.commits)
	}
	if n, more, err := slow.FireDue(t.Context(), at); n != 0 || more || err != nil {
		t.Errorf("and then %d, more %t, %v; want nothing", n, more, err)
	}
	o.whole(t)
}

// Somebody acts on one of the cases that a scheduler has decided: the others fire together, in one more
// commit, and that one fires when it is looked at again.
func TestFireDue_BesideAnAct(t *testing.T) {
	t.Parallel()
	o, slow, store := two(t)
	cases := o.file(t, 20)
	at := cases[0].NextAt.Add(time.Minute)
	store.first = func() {
		if _, err := o.Act(t.Context(), "b-leader", cases[7].ID, 0, "", dispatch.Command{Act: dispatch.ActComment, Note: "seen"}); err != nil {
			t.Error(err)
		}
	}
	if n, more, err := slow.FireDue(t.Context(), at); n != 19 || !more || err != nil || store.commits != 2 {
		t.Errorf("FireDue = %d, more %t, %v, in %d commits; want 19, true, nil, in 2", n, more, err, store.commits)
	}
	if n, _, err := slow.FireDue(t.Context(), at); n != 1 || err != nil {
		t.Errorf("and then %d, %v; want 1", n, err)
	}
	o.whole(t)
}

// A timer that another process arms under a clock set back, before everything that a scheduler has
// fired, is fired by it.
func TestFireDue_TimerArmedInThePast(t *testing.T) {
	t.Parallel()
	o, slow, _ := two(t)
	fire := func(d *desk.Desk, at time.Time, want int) {
		t.Helper()
		if n, _, err := d.FireDue(t.Context(), at); n != want || err != nil {
			t.Errorf("FireDue(%s) = %d, %v; want %d", at, n, err, want)
		}
	}
	late := o.file(t, 3)
	fire(slow, late[0].NextAt, 3)
	fire(slow, late[0].NextAt, 0)
	o.clock.add(-72 * time.Hour)
	cs, _, err := o.File(t.Context(), "b-leader", bicycle("earlier"))
	if err != nil || !cs.NextAt.Before(late[0].NextAt) {
		t.Fatalf("File = %v, %v; want a timer before %s", cs, err, late[0].NextAt)
	}
	_, err = slow.Act(t.Context(), "b-leader", late[0].ID, 0, "", dispatch.Command{Act: dispatch.ActComment, Note: "seen"})
	if err == nil {
		_, err = slow.Status(t.Context()) // which shows all up to the comment, and so has been told of the timer
	}
	if err != nil {
		t.Fatal(err)
	}
	fire(slow, cs.NextAt, 1)
	fire(slow, cs.NextAt, 0)
	o.whole(t)
}

// Two processes fire a few thousand timers: each step once, in order.
func TestFireDue_TwoProcessesFireEachStepOnce(t *testing.T) {
	t.Parallel()
	o, slow, store := two(t)
	const n = 2000
	o.file(t, n)
	now := o.clock.Now().Add(90 * 24 * time.Hour)
	var wg sync.WaitGroup
	for _, d := range []*desk.Desk{o.Desk, slow} {
		wg.Go(func() {
			for more := true; more; {
				var err error
				if _, more, err = d.FireDue(t.Context(), now); err != nil {
					t.Errorf("FireDue = %v", err)
					return
				}
			}
		})
	}
	wg.Wait()
	steps := firedSince(t, store, 0)
	for id, fired := range steps {
		if fired != 2 {
			t.Errorf("case %s: %d steps, want 2", dispatch.CaseID(id), fired)
		}
	}
	if len(steps) != n {
		t.Errorf("%d cases were told of, want %d", len(steps), n)
	}
	o.whole(t)
}
