package rpc

import (
	"context"
	"fmt"
	"runtime"
	"testing"
	"time"

	"google.golang.org/grpc/codes"

	"wangge/api/resource"
	wanggev1 "wangge/api/wangge/v1"
	"wangge/dispatch"
	"wangge/dispatch/city"
	"wangge/dispatch/city/roster"
	"wangge/dispatch/desk"
	"wangge/dispatch/desk/auditlog"
	"wangge/dispatch/desk/fsck"
	"wangge/dispatch/desk/ledger"
	"wangge/dispatch/desk/record"
	"wangge/grid"
	"wangge/storage"
	"wangge/storage/mem"
)

// Who may start and stop a campaign, and what is refused: nothing is changed by a refusal, and the same request again
// changes nothing.
func TestSnow_StartAndStopAreChecked(t *testing.T) {
	t.Parallel()
	w := newSnowWorld(t, mem.Open())
	w.at("2026-12-01 08:00")
	start := func(person roster.PersonID, at string) (*wanggev1.Campaign, error) {
		return w.campaigns().StartCampaign(w.as(person, "en"), &wanggev1.StartCampaignRequest{Name: "campaigns/snow", StartTime: w.instant(at)})
	}
	stop := func(at, grade string) error {
		_, err := w.campaigns().StopCampaign(w.as("duty", "en"), &wanggev1.StopCampaignRequest{Name: "campaigns/snow", StopTime: w.instant(at), Grade: grade})
		return err
	}
	for _, person := range []roster.PersonID{"eyes", "san", "desk", "send", "oldo"} {
		_, err := start(person, "2026-12-01 07:00")
		w.want(err, codes.PermissionDenied, "a campaign needs one of the roles")
	}
	w.want(stop("2026-12-01 07:00", "大雪"), codes.InvalidArgument, "was not started")
	_, err := start("duty", "2026-12-01 09:00")
	w.want(err, codes.InvalidArgument, "lies in the future")
	_, err = start("duty", "2026-11-20 09:00")
	w.want(err, codes.InvalidArgument, "more than 7 days back")
	_, err = w.campaigns().StartCampaign(w.as("duty", "en"), &wanggev1.StartCampaignRequest{Name: "campaigns/flood"})
	w.want(err, codes.NotFound, "no such campaign")
	_, err = w.campaigns().GetCampaign(w.as("duty", "en"), &wanggev1.GetCampaignRequest{Name: "snow"})
	w.want(err, codes.InvalidArgument, "campaigns/snow")

	first, err := start("office", "2026-12-01 07:00")
	if err != nil || first.GetLast().GetChange() != 1 || first.GetState() != wanggev1.CampaignState_CAMPAIGN_STATE_UNDER_WAY {
		t.Fatalf("started: %v, %v", first, err)
	}
	if again, err := start("duty", "2026-12-01 07:00"); err != nil || again.GetLast().GetChange() != 1 {
		t.Errorf("started again: %v, %v", again, err)
	}
	_, err = start("duty", "2026-12-01 07:30")
	w.want(err, codes.InvalidArgument, "under way since 2026-12-01 07:00")
	w.want(stop("2026-12-01 07:30", "特大"), codes.InvalidArgument, `grade "特大" is none of`)
	w.want(stop("2026-12-01 07:30", ""), codes.InvalidArgument, "is none of")
	w.want(stop("2026-12-01 06:59", "大雪"), codes.InvalidArgument, "lies before the start")
	w.want(stop("2026-12-01 08:01", "大雪"), codes.InvalidArgument, "lies in the future")
	for range 2 {
		if err := stop("2026-12-01 07:30", "大雪"); err != nil {
			t.Fatal(err)
		}
	}
	list, err := w.campaigns().ListCampaigns(w.as("eyes", "zh"), &wanggev1.ListCampaignsRequest{})
	if err != nil || len(list.GetCampaigns()) != 1 || list.GetCampaigns()[0].GetLast().GetChange() != 2 || list.GetCampaigns()[0].GetDisplayName() != "降雪" {
		t.Errorf("the list is %v, %v", list, err)
	}
}

// onStreetA is a report of snow on the street of class A.
func onStreetA(id string, at time.Time) dispatch.Report {
	return dispatch.Report{
		ClientID: id, Reporter: "eyes", Source: dispatch.SourceInspector, Category: "E0507", CapturedAt: at, ReceivedAt: at,
		Position: grid.Position{Lat: 45.706, Lng: streetA, Datum: grid.WGS84, AccuracyM: 5},
	}
}

// A sweep that stops halfway, because its process stops, is continued by another process: each case is paused once, by one
// event, and the store is sound. A case that is filed meanwhile is paused in its own commit.
func TestSnow_SweepGoesOnAfterARestart(t *testing.T) {
	t.Parallel()
	store := mem.Open()
	w := newSnowWorld(t, store)
	w.at("2026-12-01 08:00")
	const cases = 300 // more than one commit of a sweep moves
	var names []string
	for i := range cases {
		cs, _, err := w.desk.File(t.Context(), "eyes", onStreetA(fmt.Sprint("s-", i), w.Now()))
		if err != nil {
			t.Fatal(err)
		}
		names = append(names, resource.Case(cs.ID))
	}
	if _, err := w.campaigns().StartCampaign(w.as("duty", "zh"), &wanggev1.StartCampaignRequest{Name: "campaigns/snow"}); err != nil {
		t.Fatal(err)
	}
	if more, err := w.desk.SweepCampaigns(t.Context(), w.Now()); err != nil || !more {
		t.Fatalf("the first part of the sweep: %t, %v", more, err)
	}
	if k, err := w.campaigns().GetCampaign(w.as("duty", "zh"), &wanggev1.GetCampaignRequest{Name: "campaigns/snow"}); err != nil || !k.GetMoving() {
		t.Errorf("in the middle of the sweep the campaign is %v, %v", k, err)
	}
	if cs := w.get(names[cases-1]); cs.GetCampaign() != nil {
		t.Errorf("the last case is paused by the first commit: %v", cs.GetCampaign())
	}
	// An act comes before the sweep: the case is paused by it.
	w.doing("duty", names[cases-1], caseAct("雪仍在下", &wanggev1.CommentAct{}))
	names = append(names, w.report("meanwhile", "E0507", "", streetA).GetName())
	other, err := desk.Open(t.Context(), desk.Config{Store: store, City: w.desk.City(), Clock: w})
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	sweep(t, other, w.Now())
	if err := w.desk.WaitFor(t.Context(), 0); err != nil {
		t.Fatal(err)
	}
	ctx := w.as("duty", "zh")
	for _, name := range names {
		events, err := w.cases().ListCaseEvents(ctx, &wanggev1.ListCaseEventsRequest{Parent: name})
		if err != nil {
			t.Fatal(err)
		}
		n := 0
		for _, e := range events.GetEvents() {
			if e.GetKind() == wanggev1.EventKind_EVENT_KIND_LIMIT_SUSPENDED {
				n++
			}
		}
		cs, err := w.cases().GetCase(ctx, &wanggev1.GetCaseRequest{Name: name})
		if err != nil {
			t.Fatal(err)
		}
		if n != 1 || !cs.GetCampaign().GetPaused() || cs.GetDueTime() != nil {
			t.Fatalf("%s is paused %d times, and is now %v", name, n, cs.GetCampaign())
		}
	}
	report, err := other.Check(t.Context(), fsck.CheckOptions{})
	if err != nil || len(report.Findings) > 0 {
		t.Errorf("the store: %v, %v", report.Findings, err)
	}
}

// The snow stops while open cases are still being paused: the sweep of the start ends, that of the stop goes over every case, and
// each counts from the stop, by two events at most. The campaign is being carried out until then.
func TestSnow_StopInTheMiddleOfTheSweep(t *testing.T) {
	t.Parallel()
	store := mem.Open()
	w := newSnowWorld(t, store)
	w.at("2026-12-01 05:00")
	const cases = 300 // more than one commit of a sweep moves
	var names []string
	for i := range cases {
		cs, _, err := w.desk.File(t.Context(), "eyes", onStreetA(fmt.Sprint("s-", i), w.Now()))
		if err != nil {
			t.Fatal(err)
		}
		names = append(names, resource.Case(cs.ID))
	}
	if _, err := w.campaigns().StartCampaign(w.as("duty", "zh"), &wanggev1.StartCampaignRequest{Name: "campaigns/snow"}); err != nil {
		t.Fatal(err)
	}
	if more, err := w.desk.SweepCampaigns(t.Context(), w.Now()); err != nil || !more {
		t.Fatalf("the first part of the sweep: %t, %v", more, err)
	}
	w.at("2026-12-01 06:00")
	for _, grade := range []string{"小雪", "大雪"} {
		k, err := w.campaigns().StopCampaign(w.as("office", "zh"), &wanggev1.StopCampaignRequest{Name: "campaigns/snow", Grade: grade, Note: "更正"})
		if err != nil || !k.GetMoving() {
			t.Fatalf("stopped: %v, %v", k, err)
		}
	}
	snap, err := store.Snapshot(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for range snap.Scan(storage.Prefix(ledger.SweepPrefix)) {
		n++
	}
	snap.Close()
	if n != 1 {
		t.Errorf("%d sweeps wait after three changes, want one", n)
	}
	sweep(t, w.desk, w.Now())
	for i, name := range names {
		events, err := w.cases().ListCaseEvents(w.as("duty", "zh"), &wanggev1.ListCaseEventsRequest{Parent: name})
		if err != nil {
			t.Fatal(err)
		}
		paused, started := 0, 0
		for _, e := range events.GetEvents() {
			if e.GetKind() == wanggev1.EventKind_EVENT_KIND_LIMIT_SUSPENDED {
				paused++
			}
			if e.GetKind() == wanggev1.EventKind_EVENT_KIND_LIMIT_STARTED {
				started++
			}
		}
		if due := w.clock(w.get(name).GetDueTime()); due != "2026-12-02 06:00" || paused > 1 || started != 1 {
			t.Fatalf("case %d, %s, is due %s after %d pauses and %d starts", i, name, due, paused, started)
		}
	}
	if k, err := w.campaigns().GetCampaign(w.as("duty", "zh"), &wanggev1.GetCampaignRequest{Name: "campaigns/snow"}); err != nil || k.GetMoving() {
		t.Errorf("after the sweep the campaign is %v, %v", k, err)
	}
}

// A stop that somebody moves in the store after it was logged is found by a verification.
func TestSnow_ChangesAreInTheAuditLog(t *testing.T) {
	t.Parallel()
	store := mem.Open()
	w := newSnowWorld(t, store)
	w.at("2026-12-01 08:00")
	w.report("a", "E0507", "", streetA)
	w.start("duty", "2026-12-01 08:00")
	w.at("2026-12-02 07:00")
	if err := w.stop("2026-12-02 06:00", "大雪", ""); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- w.desk.RunAudit(ctx) }()
	var kept auditlog.AuditReport
	for kept.Unlogged = 1; kept.Unlogged > 0 || kept.Head.Size == 0; {
		var err error
		if kept, err = w.desk.VerifyAudit(t.Context(), auditlog.AuditHead{}); err != nil || !kept.Whole() {
			t.Fatalf("%+v, %v", kept, err)
		}
		runtime.Gosched()
	}
	stop()
	<-done
	snap, err := store.Snapshot(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	it, err := snap.Get(ledger.CampaignKey(2))
	snap.Close()
	if err != nil {
		t.Fatal(err)
	}
	run, err := record.DecodeCampaignRun(it.Value)
	if err != nil {
		t.Fatal(err)
	}
	run.StoppedAt = run.StoppedAt.Add(-3 * time.Hour)
	val, err := record.EncodeCampaignRun(&run)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := store.Commit(t.Context(), storage.Batch{Ops: []storage.Op{{Key: ledger.CampaignKey(2), Value: val}}}); err != nil {
		t.Fatal(err)
	}
	r, err := w.desk.VerifyAudit(t.Context(), kept.Head)
	if err != nil || r.Whole() || r.Findings[0].Change != 2 || r.Findings[0].What.Zh != "专项行动第 2 次变更（或其之前的变更）与审计记录不符" {
		t.Errorf("%+v, %v; want change 2 found", r.Findings, err)
	}
}

// A campaign is changed fifty times within a day at most. After a day it may be changed again.
func TestSnow_ChangesOfADayAreBounded(t *testing.T) {
	t.Parallel()
	w := newSnowWorld(t, mem.Open())
	w.at("2026-12-01 08:00")
	change := func(i int) error {
		if i%2 == 0 {
			_, err := w.campaigns().StartCampaign(w.as("duty", "en"), &wanggev1.StartCampaignRequest{Name: "campaigns/snow"})
			return err
		}
		_, err := w.campaigns().StopCampaign(w.as("duty", "en"), &wanggev1.StopCampaignRequest{Name: "campaigns/snow", Grade: "大雪"})
		return err
	}
	for i := range 50 {
		if err := change(i); err != nil {
			t.Fatal(i, err)
		}
		w.setNow(w.Now().Add(time.Minute))
	}
	w.want(change(50), codes.InvalidArgument, "changed 50 times within 24 hours")
	w.at("2026-12-02 08:00")
	if err := change(50); err != nil {
		t.Errorf("a day later: %v", err)
	}
}

// While it snows the work goes on: it is signed for, started and reported done, and is not late. Work that fails its check
// is paused again, and counts from the stop.
func TestSnow_WorkGoesOn(t *testing.T) {
	t.Parallel()
	w := newSnowWorld(t, mem.Open())
	w.at("2026-12-01 08:00")
	name := w.report("work", "E0507", "", streetA).GetName()
	w.start("duty", "2026-12-01 08:00")
	w.setNow(w.Now().Add(time.Hour))
	w.doing("san", name, caseAct("", &wanggev1.StartAct{}))
	_, err := w.actOn(w.as("san", "zh"), name, "extend", caseAct("雪大", &wanggev1.ExtendAct{}))
	w.want(err, codes.FailedPrecondition, "暂停计时")
	w.at("2026-12-03 08:00")
	done := w.doing("san", name, caseAct("", &wanggev1.ResolveAct{PhotoHashes: []string{fmt.Sprintf("%064x", 1)}}))
	if done.GetStage() != wanggev1.Stage_STAGE_CHECKING || done.GetOverrun() != nil {
		t.Fatalf("done in the snow: %v", done)
	}
	if err := w.stop("2026-12-03 06:00", "大雪", ""); err != nil {
		t.Fatal(err)
	}
	w.doing("look", name, caseAct("仍有积雪", &wanggev1.CheckAct{
		Passed: new(bool), Position: &wanggev1.Position{Latitude: 45.706, Longitude: streetA, Datum: wanggev1.Datum_DATUM_WGS84, AccuracyM: 5},
	}))
	w.due("failed its check", name, "2026-12-04 06:00", "limits.csv:2", "从 2026-12-03 06:00 降雪停止起算（大雪）")
}

// A desk that has not heard of a change, because its process no longer follows the store, decides nothing without it: the
// report that it files is paused.
func TestSnow_NoDecisionMissesAChange(t *testing.T) {
	t.Parallel()
	store, dir := mem.Open(), city.Directory{}
	for name, f := range snowFS(t) {
		dir[name] = f.Data
	}
	c := loaded(t, dir)
	w := &snowWorld{&townWorld{newWorldOf(t, c, store), c.Location}}
	w.at("2026-12-01 08:00")
	deaf, err := desk.Open(t.Context(), desk.Config{Store: store, City: c, Directory: dir, Clock: w})
	if err != nil {
		t.Fatal(err)
	}
	other, err := desk.Open(t.Context(), desk.Config{Store: store, City: c, Directory: dir, Clock: w})
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	deaf.Close()
	if _, err := other.Campaigns().Start(t.Context(), "duty", "snow", time.Time{}, ""); err != nil {
		t.Fatal(err)
	}
	filed, _, err := deaf.File(t.Context(), "eyes", onStreetA("deaf", w.Now()))
	if err != nil || !filed.Campaign.Held {
		t.Errorf("filed by a desk that is behind: %+v, %v", filed, err)
	}
}
