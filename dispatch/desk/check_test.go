package desk_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"wangge/dispatch"
	"wangge/dispatch/desk"
	"wangge/dispatch/desk/fsck"
	"wangge/storage"
	"wangge/storage/bolt"
	"wangge/storage/mem"
)

// entries are the keys under a prefix.
func entries(t *testing.T, store storage.Engine, prefix string) []storage.Item {
	t.Helper()
	snap, err := store.Snapshot(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer snap.Close()
	var out []storage.Item
	for it, err := range snap.Scan(storage.Prefix([]byte(prefix))) {
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, it)
	}
	return out
}

func write(t *testing.T, store storage.Engine, ops ...storage.Op) {
	t.Helper()
	if _, err := store.Commit(t.Context(), storage.Batch{Ops: ops}); err != nil {
		t.Fatal(err)
	}
}

func checked(t *testing.T, d *desk.Desk, o fsck.CheckOptions) fsck.CheckReport {
	t.Helper()
	r, err := d.Check(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// busy is a store with a case at every turn of the road.
func busy(t *testing.T, store storage.Engine) (*desk.Desk, *fakeClock, []*dispatch.Case) {
	t.Helper()
	d, clock := openOn(t, store)
	t.Cleanup(d.Close)
	var cases []*dispatch.Case
	for i := range 6 {
		cs, _, err := d.File(t.Context(), chief, report(tree, fmt.Sprint("r-", i)))
		if err != nil {
			t.Fatal(err)
		}
		act := func(act dispatch.Act) {
			if cs, err = d.Act(t.Context(), onDuty(t, d, cs, clock.Now()), cs.ID, 0, fmt.Sprint(act, i), dispatch.Command{Act: act, Photos: []string{"after"}}); err != nil {
				t.Fatal(err)
			}
		}
		if i > 1 {
			act(dispatch.ActStart)
		}
		if i > 3 {
			act(dispatch.ActResolve)
		}
		cases = append(cases, cs)
	}
	clock.add(cases[0].NextAt.Sub(clock.Now()))
	if n, _, err := d.FireDue(t.Context(), clock.Now()); n == 0 || err != nil {
		t.Fatalf("FireDue = %d, %v", n, err)
	}
	return d, clock, cases
}

func TestCheck_SoundStore(t *testing.T) {
	t.Parallel()
	for name, open := range map[string]func() (storage.Engine, error){
		"mem":  func() (storage.Engine, error) { return mem.Open(), nil },
		"bolt": func() (storage.Engine, error) { return bolt.Open(filepath.Join(t.TempDir(), "desk.db")) },
	} {
		t.Run(name, func(t *testing.T) {
			store, err := open()
			if err != nil {
				t.Fatal(err)
			}
			defer store.Close()
			d, _, cases := busy(t, store)
			defer d.Close()
			r := checked(t, d, fsck.CheckOptions{})
			if r.Found != 0 {
				t.Errorf("found %+v", r.Findings)
			}
			if r.Cases != len(cases) || r.Open != len(cases) || r.Timers != len(cases) || r.Events < 3*len(cases) || r.Keys < 5*len(cases) {
				t.Errorf("read %+v, want %d open cases with their timers and events", r, len(cases))
			}
			if last, ok := d.LastCheck(); !ok || last.Keys != r.Keys {
				t.Errorf("LastCheck = %+v, %v", last, ok)
			}
		})
	}
}

// Every sort of damage is found by its name and its key; what is derived is rebuilt, the rest is not
// touched, and nothing that was right before is changed.
func TestCheck_EachDamage(t *testing.T) {
	t.Parallel()
	id8 := func(id dispatch.CaseID) []byte { return binary.BigEndian.AppendUint64(nil, uint64(id)) }
	const first = 1
	for _, tt := range []struct {
		name   string
		damage func(t *testing.T, store storage.Engine, cases []*dispatch.Case) storage.Op
		kind   fsck.FindingKind
		mended bool
	}{
		{"an open case loses its timer", func(t *testing.T, s storage.Engine, cs []*dispatch.Case) storage.Op {
			t.Helper()
			return storage.Op{Key: entries(t, s, "t/")[first].Key, Delete: true}
		}, fsck.TimerMissing, true},
		{"a case has a second timer", func(t *testing.T, _ storage.Engine, cs []*dispatch.Case) storage.Op {
			t.Helper()
			return storage.Op{Key: append(append([]byte("t/"), make([]byte, 8)...), id8(cs[first].ID)...)}
		}, fsck.TimerStray, true},
		{"a timer of a case that never was", func(*testing.T, storage.Engine, []*dispatch.Case) storage.Op {
			return storage.Op{Key: append(append([]byte("t/"), make([]byte, 8)...), id8(7)...)}
		}, fsck.TimerStray, true},
		{"a list forgets a case", func(t *testing.T, s storage.Engine, _ []*dispatch.Case) storage.Op {
			t.Helper()
			return storage.Op{Key: entries(t, s, "s/")[first].Key, Delete: true}
		}, fsck.PostingMissing, true},
		{"a list names a case of elsewhere", func(_ *testing.T, _ storage.Engine, cs []*dispatch.Case) storage.Op {
			return storage.Op{Key: append([]byte("s/\x01nowhere\x00"), id8(cs[first].ID)...)}
		}, fsck.PostingStray, true},
		{"a report's id is gone", func(t *testing.T, s storage.Engine, _ []*dispatch.Case) storage.Op {
			t.Helper()
			return storage.Op{Key: entries(t, s, "r/")[first].Key, Delete: true}
		}, fsck.ReportIDMissing, true},
		{"a report's id leads to another case", func(t *testing.T, s storage.Engine, _ []*dispatch.Case) storage.Op {
			t.Helper()
			return storage.Op{Key: []byte("r/nobody\x00r-9"), Value: entries(t, s, "r/")[first].Value}
		}, fsck.ReportIDStray, true},
		{"a request of a case that never was", func(t *testing.T, s storage.Engine, _ []*dispatch.Case) storage.Op {
			t.Helper()
			return storage.Op{Key: []byte("q/nobody\x00a-9"), Value: []byte{1, 8, 7, 16, 1}}
		}, fsck.RequestIDStray, true},
		{"a case is behind its events", func(t *testing.T, s storage.Engine, cs []*dispatch.Case) storage.Op {
			t.Helper()
			was := entries(t, s, "c/")
			return storage.Op{Key: was[first].Key, Value: reseated(t, was[4].Value, cs[first].ID)}
		}, fsck.CaseDiffers, true},
		{"a case is torn", func(t *testing.T, s storage.Engine, _ []*dispatch.Case) storage.Op {
			t.Helper()
			it := entries(t, s, "c/")[first]
			return storage.Op{Key: it.Key, Value: it.Value[:20]}
		}, fsck.CaseUnreadable, true},
		{"a case is gone", func(t *testing.T, s storage.Engine, _ []*dispatch.Case) storage.Op {
			t.Helper()
			return storage.Op{Key: entries(t, s, "c/")[first].Key, Delete: true}
		}, fsck.CaseMissing, true},
		{"an event is gone", func(t *testing.T, s storage.Engine, _ []*dispatch.Case) storage.Op {
			t.Helper()
			return storage.Op{Key: entries(t, s, "e/")[0].Key, Delete: true}
		}, fsck.EventsBroken, false},
		{"an event is torn", func(t *testing.T, s storage.Engine, _ []*dispatch.Case) storage.Op {
			t.Helper()
			it := entries(t, s, "e/")[first]
			return storage.Op{Key: it.Key, Value: it.Value[:len(it.Value)-9]}
		}, fsck.EventsBroken, false},
		{"a key of another program", func(*testing.T, storage.Engine, []*dispatch.Case) storage.Op {
			return storage.Op{Key: []byte("z/other")}
		}, fsck.KeyUnknown, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			store := mem.Open()
			defer store.Close()
			d, _, cases := busy(t, store)
			before := entries(t, store, "")
			write(t, store, tt.damage(t, store, cases))
			damaged := entries(t, store, "")

			r := checked(t, d, fsck.CheckOptions{})
			if !slices.ContainsFunc(r.Findings, func(f fsck.Finding) bool { return f.Kind == tt.kind && f.Derived == tt.mended }) || r.Whole() {
				t.Fatalf("found %+v, want a %s", r.Findings, tt.kind)
			}
			for _, f := range r.Findings {
				if len(f.Key) == 0 || f.What.Zh == "" || f.Mend.Zh == "" {
					t.Errorf("finding %+v doesn't say where, what and how to mend it", f)
				}
			}
			if diff := differing(damaged, entries(t, store, "")); diff != "" {
				t.Errorf("a check without --repair changed %s", diff)
			}
			r = checked(t, d, fsck.CheckOptions{Repair: true})
			if r.Whole() != tt.mended || r.Repaired > 0 != tt.mended {
				t.Errorf("repair left %+v", r.Findings)
			}
			want := before
			if !tt.mended {
				want = damaged
			}
			if diff := differing(want, entries(t, store, "")); diff != "" {
				t.Errorf("after the repair the store differs from what it was at %s", diff)
			}
		})
	}
}

// reseated is a case's stored value under another number, a thing that can only be damage.
func reseated(t *testing.T, value []byte, id dispatch.CaseID) []byte {
	t.Helper()
	at := bytes.IndexByte(value, 8) + 1 // the tag of field 1, a varint
	_, n := binary.Uvarint(value[at:])
	return append(binary.AppendUvarint(slices.Clone(value[:at]), uint64(id)), value[at+n:]...)
}

// differing names the first key whose value is not the same in both.
func differing(a, b []storage.Item) string {
	values := map[string]string{}
	for _, it := range a {
		values[string(it.Key)] = string(it.Value)
	}
	for _, it := range b {
		v, ok := values[string(it.Key)]
		if !ok || v != string(it.Value) {
			return fmt.Sprintf("%q", it.Key)
		}
		delete(values, string(it.Key))
	}
	for key := range values {
		return fmt.Sprintf("%q", key)
	}
	return ""
}

// A check beside a desk at work sees each moment whole.
func TestCheck_BesideWriters(t *testing.T) {
	t.Parallel()
	store := mem.Open()
	defer store.Close()
	d, clock := openOn(t, store)
	defer d.Close()
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() {
		var err error
		for i := 0; ctx.Err() == nil && err == nil; i++ {
			_, _, err = d.File(context.Background(), chief, report(tree, fmt.Sprint("r-", i)))
			if err == nil && i%4 == 3 {
				clock.add(time.Hour)
				_, _, err = d.FireDue(context.Background(), clock.Now())
			}
		}
		done <- err
	}()
	for r := (fsck.CheckReport{}); r.Cases < 40; {
		if r = checked(t, d, fsck.CheckOptions{}); r.Found > 0 {
			t.Errorf("found %+v in a sound store", r.Findings[0])
			break
		}
	}
	stop()
	if err := <-done; err != nil {
		t.Error(err)
	}
}
