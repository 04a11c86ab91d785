package desk_test

import (
	"encoding/binary"
	"math"
	"slices"
	"testing"
	"time"

	"wangge/dispatch"
	"wangge/dispatch/city/citytest"
	"wangge/dispatch/desk/fsck"
	"wangge/dispatch/desk/record"
	"wangge/storage"
	"wangge/storage/mem"
)

// Cases that refer to each other: an entry that is lost or makes no sense is found and mended.
func TestCheck_DamagedLinks(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name   string
		damage func(key []byte) storage.Op
		kind   fsck.FindingKind
	}{
		{"an entry is lost", func(key []byte) storage.Op { return storage.Op{Key: key, Delete: true} }, fsck.LinkMissing},
		{"an entry of another sort", func(key []byte) storage.Op {
			other := slices.Clone(key)
			other[10]++
			return storage.Op{Key: other}
		}, fsck.LinkStray},
	} {
		t.Run(tt.name, func(t *testing.T) {
			store := mem.Open()
			defer store.Close()
			d, _ := openOn(t, store)
			defer d.Close()
			a := &acts{t: t, d: d}
			r := report(tree, "r-2")
			r.Joins = a.file(chief, report(tree, "r-1")).ID
			a.file(citytest.AcceptorDeputy, r)
			before := entries(t, store, "")
			write(t, store, tt.damage(entries(t, store, "l/")[0].Key))
			if got := checked(t, d, fsck.CheckOptions{}); got.ByKind[tt.kind] != 1 || got.Found != 1 {
				t.Fatalf("found %+v, want one %s", got.Findings, tt.kind)
			}
			if got := checked(t, d, fsck.CheckOptions{Repair: true}); !got.Whole() {
				t.Errorf("repair left %+v", got.Findings)
			}
			if diff := differing(before, entries(t, store, "")); diff != "" {
				t.Errorf("after the repair the store differs from what it was at %s", diff)
			}
		})
	}
}

// A case whose record and events agree that nothing is armed, though its ladder goes on, is named with
// what to do; a repair changes no record, and the next act arms it.
func TestCheck_CaseWithoutTimer(t *testing.T) {
	t.Parallel()
	store := mem.Open()
	defer store.Close()
	d, clock, cases := busy(t, store)
	id := cases[2].ID
	key := func(prefix string) []byte { return binary.BigEndian.AppendUint64([]byte(prefix), uint64(id)) }
	is, err := record.DecodeCase(id, entries(t, store, string(key("c/")))[0].Value)
	if err != nil {
		t.Fatal(err)
	}
	timer := func(at uint64) []byte {
		return binary.BigEndian.AppendUint64(binary.BigEndian.AppendUint64([]byte("t/"), at), uint64(id))
	}
	armed := uint64(is.Case.NextAt.UnixNano())
	groups := entries(t, store, string(key("e/")))
	last := groups[len(groups)-1]
	events, err := record.DecodeEvents(last.Value)
	if err != nil {
		t.Fatal(err)
	}
	events[len(events)-1].NextAt, is.Case.NextAt = time.Time{}, time.Time{}
	ofEvents, err1 := record.EncodeEvents(events)
	ofCase, err2 := record.EncodeCase(is.Case, is.Scopes)
	if err1 != nil || err2 != nil {
		t.Fatal(err1, err2)
	}
	for _, op := range []storage.Op{{Key: key("c/"), Value: ofCase}, {Key: last.Key, Value: ofEvents}, {Key: timer(armed), Delete: true}, {Key: timer(math.MaxUint64)}} {
		write(t, store, op)
	}
	for _, repair := range []bool{false, true} {
		r := checked(t, d, fsck.CheckOptions{Repair: repair})
		if r.ByKind[fsck.TimerUnarmed] != 1 || r.Found != 1 || r.Repaired != 0 || r.Findings[0].Case != id {
			t.Errorf("repair %v: found %+v, want case %s unarmed", repair, r.Findings, id)
		}
	}
	after, err := d.Act(t.Context(), onDuty(t, d, is.Case, clock.Now()), id, 0, "", dispatch.Command{Act: dispatch.ActResolve, Photos: []string{"after"}})
	if err != nil {
		t.Fatal(err)
	}
	if r := checked(t, d, fsck.CheckOptions{}); after.NextAt.IsZero() || !r.Whole() {
		t.Errorf("after an act it is armed for %s; the check finds %+v", after.NextAt, r.Findings)
	}
}
