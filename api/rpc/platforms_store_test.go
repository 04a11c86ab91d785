package rpc

import (
	"maps"
	"strings"
	"testing"

	wanggev1 "wangge/api/wangge/v1"
	"wangge/dispatch/city"
	"wangge/dispatch/city/citytest"
	"wangge/dispatch/city/roster"
	"wangge/dispatch/desk/fsck"
	"wangge/dispatch/desk/ledger"
	"wangge/storage"
	"wangge/storage/mem"
)

// newReceiptPlatforms is newPlatformWorld where receipts are owed, and the city makes the parks department of W the only co-owner of
// the platform of W.
func newReceiptPlatforms(t *testing.T) platformWorld {
	t.Helper()
	files := map[string]string{city.ExpectationsFile: ""}
	for name, data := range citytest.PlatformsDirectory() {
		files[name] = string(data)
	}
	files["rules.csv"] = strings.Replace(files["rules.csv"], `50,"E0301,E0401",,,,,,,,platform:district,,,`,
		"45,E0301,,,,,,,,platform:district,line:GREEN(协助),,\n50,E0401,,,,,,,,platform:district,,,", 1)
	files["city.yaml"] = strings.Replace(files["city.yaml"], "near_border_m: 30", "near_border_m: 30, receipt_minutes: {A: 10, B: 60, C: 60}", 1)
	c := citytest.Varied(t, files)
	w := platformWorld{receiptWorld{&townWorld{newWorldOf(t, c, mem.Open()), c.Location}}}
	w.at("2026-04-08 09:00")
	return w
}

// acts does acts on a case in turn, each by a person.
func (w platformWorld) acts(name string, all ...any) {
	w.t.Helper()
	for i := 0; i < len(all); i += 2 {
		if _, err := w.actOn(w.as(all[i].(roster.PersonID), "zh"), name, "act-"+string(rune('a'+i)), all[i+1].(*wanggev1.CaseAct)); err != nil {
			w.t.Fatal(err)
		}
	}
}

// The store is sound after a platform has given a case to the unit that was its only co-owner.
func TestPlatforms_CoOwnerBecomesOwnerInTheStore(t *testing.T) {
	t.Parallel()
	w := newReceiptPlatforms(t)
	name := w.order("1", citytest.Acceptor, citytest.FallenTree, citytest.InW1A).GetName()
	w.acts(name, citytest.Acceptor, actAccept, citytest.Dispatcher, actDispatch, citytest.DispatcherW, actDispatch)
	got, err := w.cases().GetCase(w.as(citytest.GreenWest, "zh"), &wanggev1.GetCaseRequest{Name: name})
	if err != nil || len(got.GetCoOwners()) > 0 {
		t.Errorf("co-owners %v, %v; want none", got.GetCoOwners(), err)
	}
	report, err := w.desk.Check(t.Context(), fsck.CheckOptions{})
	if err != nil || len(report.Findings) > 0 {
		t.Errorf("the check of the store: %+v, %v; want no finding", report.Findings, err)
	}
}

// A receipt is owed while a case is with a platform: by the platform and by the co-owner, and each finds the case in TO_SIGN.
func TestPlatforms_ReceiptIsOwedBeforeTheSecondDispatch(t *testing.T) {
	t.Parallel()
	w := newReceiptPlatforms(t)
	name := w.order("1", citytest.Acceptor, citytest.FallenTree, citytest.InW1A).GetName()
	w.acts(name, citytest.Acceptor, actAccept, citytest.Dispatcher, actDispatch)
	for _, person := range []roster.PersonID{citytest.DispatcherW, citytest.GreenWest} {
		if n := w.queue(person, wanggev1.CaseQueue_CASE_QUEUE_TO_SIGN); n != 1 {
			t.Errorf("%s has %d cases to sign, want 1", person, n)
		}
	}
	if n := w.queue(citytest.DispatcherW, wanggev1.CaseQueue_CASE_QUEUE_TO_START); n != 0 {
		t.Errorf("the platform has %d cases to start, want 0: it gives them on", n)
	}
}

// The city gives a tree in W to the platform of E: E finds the case in its list, open and of all time, also when its parks department
// has returned it; the store is sound.
func TestPlatforms_AnotherDistrictListsWhatItDispatched(t *testing.T) {
	t.Parallel()
	w := newPlatformWorld(t)
	name := w.order("1", citytest.Acceptor, citytest.FallenTree, citytest.InW1A).GetName()
	listed := func(want int) {
		t.Helper()
		for _, state := range []wanggev1.CaseState{wanggev1.CaseState_CASE_STATE_OPEN, wanggev1.CaseState_CASE_STATE_UNSPECIFIED} {
			resp, err := w.cases().ListCases(w.as(citytest.DispatcherE, "zh"), &wanggev1.ListCasesRequest{Scope: "areas/E", State: state})
			if err != nil || len(resp.GetCases()) != want {
				t.Errorf("E lists %d cases (%s), %v; want %d", len(resp.GetCases()), state, err, want)
			}
		}
	}
	listed(0)
	w.acts(name, citytest.Acceptor, actAccept, citytest.Dispatcher, dispatchTo("areas/E"))
	listed(1)
	w.acts(name, citytest.DispatcherE, actDispatch)
	got, err := w.cases().GetCase(w.as(citytest.DispatcherE, "zh"), &wanggev1.GetCaseRequest{Name: name})
	if err != nil || got.GetOwner().GetUnit() == "areas/E" {
		t.Fatalf("after E has dispatched, the owner is %s, %v", got.GetOwner(), err)
	}
	listed(1)
	owner := roster.PersonID(strings.TrimPrefix(got.GetOwner().GetPerson(), "people/"))
	if _, err := w.actOn(w.as(owner, "zh"), name, "back", actNotOurs); err != nil {
		t.Fatal(err)
	}
	listed(1)
	if n := w.queue(citytest.DispatcherE, toDispatch); n != 1 {
		t.Errorf("E has %d cases to dispatch, want 1", n)
	}
	report, err := w.desk.Check(t.Context(), fsck.CheckOptions{})
	if err != nil || len(report.Findings) > 0 {
		t.Errorf("the check of the store: %+v, %v; want no finding", report.Findings, err)
	}
	if _, err := w.actOn(w.as(citytest.DispatcherE, "zh"), name, "up", actNotOurs); err != nil {
		t.Fatal(err)
	}
	listed(0)
}

// A store that has lost its lists, timers and ids, and whose cases can't be read, is rebuilt as it was from the events: with a part that
// waits at a platform, is late there, was given on, a case between two platforms, and a mass event.
func TestPlatforms_DamagedStoreIsRebuiltEqual(t *testing.T) {
	t.Parallel()
	c, e := citytest.Platforms(t), mem.Open()
	w := platformWorld{receiptWorld{&townWorld{newWorldOf(t, c, e), c.Location}}}
	w.at("2026-04-08 09:00")
	w.flood("late")
	w.at("2026-04-08 09:40")
	if _, _, err := w.desk.FireDue(t.Context(), w.Now()); err != nil {
		t.Fatal(err)
	}
	main := w.flood("waits").GetName()
	w.at("2026-04-08 09:41")
	w.does(citytest.DispatcherW, w.flood("given-on").GetName(), "绿化队就近疏导", dispatchTo("departments/SQUAD-W"))
	tree := w.order("tree", citytest.Acceptor, citytest.FallenTree, citytest.InW1A).GetName()
	w.acts(tree, citytest.Acceptor, actAccept, citytest.Dispatcher, dispatchTo("areas/E"), citytest.DispatcherE, actDispatch)
	w.at("2026-04-08 09:42")
	w.does(citytest.Dispatcher, tree, "同一场暴雨", &wanggev1.CaseAct{Act: &wanggev1.CaseAct_Attach{Attach: &wanggev1.AttachAct{Target: main}}})

	was, damaged := contentOf(t, e), mem.Open()
	var ops, damage []storage.Op
	for key, value := range was {
		ops = append(ops, storage.Op{Key: []byte(key), Value: []byte(value)})
		switch ledger.KindOf([]byte(key)) {
		case ledger.KindTimer, ledger.KindPosting, ledger.KindLink, ledger.KindReport:
			damage = append(damage, storage.Op{Key: []byte(key), Delete: true})
		case ledger.KindCase:
			damage = append(damage, storage.Op{Key: []byte(key), Value: []byte("?")})
		}
	}
	for _, batch := range [][]storage.Op{ops, damage} {
		if _, err := damaged.Commit(t.Context(), storage.Batch{Ops: batch}); err != nil {
			t.Fatal(err)
		}
	}
	report, err := fsck.Check(t.Context(), damaged, c, fsck.CheckOptions{Repair: true})
	if err != nil || !report.Whole() || report.Repaired == 0 {
		t.Fatalf("the repair: %+v, %v", report, err)
	}
	is := contentOf(t, damaged)
	for key, value := range was {
		if is[key] != value {
			t.Errorf("key %q is rebuilt as %q, want %q", key, is[key], value)
		}
	}
	if !maps.Equal(is, was) {
		t.Errorf("%d keys are rebuilt, want %d", len(is), len(was))
	}
}

// contentOf reads a whole store.
func contentOf(t *testing.T, e storage.Engine) map[string]string {
	t.Helper()
	snap, err := e.Snapshot(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer snap.Close()
	out := map[string]string{}
	for it, err := range snap.Scan(storage.Range{Start: []byte{0}}) {
		if err != nil {
			t.Fatal(err)
		}
		out[string(it.Key)] = string(it.Value)
	}
	return out
}
