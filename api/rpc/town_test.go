package rpc

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/types/known/timestamppb"

	wanggev1 "wangge/api/wangge/v1"
	"wangge/dispatch/city"
	"wangge/dispatch/city/compile"
	"wangge/storage/mem"
)

// town is the city of testdata/town with the published holidays of 2026.
func town(t *testing.T) *city.City {
	t.Helper()
	c, faults := compile.FS(townFS(t))
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	return c
}

func townFS(t *testing.T) fstest.MapFS {
	t.Helper()
	m := fstest.MapFS{}
	put := func(name, from string) {
		data, err := os.ReadFile(from)
		if err != nil {
			t.Fatal(err)
		}
		m[name] = &fstest.MapFile{Data: data}
	}
	entries, err := os.ReadDir("testdata/town")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		put(e.Name(), "testdata/town/"+e.Name())
	}
	put("holidays/2026.json", "../../dispatch/city/calendar/testdata/2026.json")
	return m
}

const (
	oldTown, newTown = 126.502, 126.506
	townTime         = "2006-01-02 15:04"
)

// townWorld files one report at an instant and tells instants as people of the town write them.
type townWorld struct {
	*world
	loc *time.Location
}

func newTownWorld(t *testing.T) *townWorld {
	t.Helper()
	c := town(t)
	w := newWorldOf(t, c, mem.Open())
	return &townWorld{w, c.Location}
}

func (w *townWorld) at(text string) {
	w.t.Helper()
	at, err := time.ParseInLocation(townTime, text, w.loc)
	if err != nil {
		w.t.Fatal(err)
	}
	w.setNow(at)
}

func (w *townWorld) clock(ts *timestamppb.Timestamp) string {
	if ts == nil {
		return "none"
	}
	return ts.AsTime().In(w.loc).Format(townTime)
}

func (w *townWorld) report(id, category, condition string, lng float64) *wanggev1.Case {
	w.t.Helper()
	resp, err := w.reports().CreateReport(w.as("eyes", "en"), &wanggev1.CreateReportRequest{Report: &wanggev1.Report{
		ClientId: id, Category: category, Condition: condition, Source: wanggev1.Source_SOURCE_INSPECTOR, Text: "x", CaptureTime: timestamppb.New(w.Now()),
		Position: &wanggev1.Position{Latitude: 45.706, Longitude: lng, Datum: wanggev1.Datum_DATUM_WGS84, AccuracyM: 5},
	}})
	if err != nil {
		w.t.Fatal(err)
	}
	return resp.GetCase()
}

// Every key of a limit over the wire: category, condition, severity, tier, season and campaign, and
// the row that decided.
func TestLimit_EveryKey(t *testing.T) {
	t.Parallel()
	w := newTownWorld(t)
	for i, tt := range []struct {
		name, at, category, condition string
		lng                           float64
		due, rule                     string
	}{
		{"the condition's own limit, four work hours", "2026-07-01 16:00", "E01", "", newTown, "2026-07-02 11:30", ""},
		{"a tier shortens it to two", "2026-07-01 16:00", "E01", "", oldTown, "2026-07-02 09:30", "limits.csv:4"},
		{"a season stretches it to six", "2026-12-01 16:00", "E01", "", oldTown, "2026-12-02 15:30", "limits.csv:3"},
		{"the season's last minute still gives six", "2026-03-31 16:59", "E01", "", newTown, "2026-04-01 16:29", "limits.csv:3"},
		{"a campaign comes before both", "2026-04-15 16:00", "E01", "", oldTown, "2026-04-15 17:00", "limits.csv:2"},
		{"the campaign ends with its last day", "2026-05-01 00:00", "E01", "", newTown, "2026-05-06 14:30", ""},
		{"severity A runs through the night", "2026-03-04 23:30", "C01", "2", oldTown, "2026-03-05 03:30", ""},
		{"severity A runs through National Day", "2026-10-01 02:00", "C01", "2", newTown, "2026-10-01 06:00", ""},
		{"an owner's own calendar has no weekend", "2026-03-04 15:00", "C01", "1", newTown, "2026-03-12 15:00", ""},
		{"nor National Day", "2026-09-30 16:30", "C01", "1", oldTown, "2026-10-08 16:30", ""},
	} {
		w.at(tt.at)
		cs := w.report(fmt.Sprint("limit-", i), tt.category, tt.condition, tt.lng)
		if got := w.clock(cs.GetDueTime()); got != tt.due || cs.GetLimitRule() != tt.rule {
			t.Errorf("%s: filed %s it is due %s by %q, want %s by %q", tt.name, tt.at, got, cs.GetLimitRule(), tt.due, tt.rule)
		}
	}
}

// One case from a burst main to the road as it was: the lead's clock, that of the district which
// closes the road, and three milestones one after the other, each due when it should be.
func TestCase_MilestonesAndCoOwners(t *testing.T) {
	t.Parallel()
	w := newTownWorld(t)
	w.at("2026-09-30 16:30")
	cs := w.report("main", "C01", "1", oldTown)
	photo := []string{strings.Repeat("ab", 32)}
	expect := func(when string, milestones ...string) {
		t.Helper()
		var got []string
		for _, m := range cs.GetMilestones() {
			got = append(got, m.GetId()+" due "+w.clock(m.GetClock().GetDueTime())+" reached "+w.clock(m.GetCompleteTime()))
		}
		if !slices.Equal(got, milestones) {
			t.Errorf("%s the milestones are %q, want %q", when, got, milestones)
		}
		if got := w.clock(cs.GetDueTime()); cs.GetStage() != wanggev1.Stage_STAGE_CHECKING && got != "2026-10-08 16:30" {
			t.Errorf("%s the case is due %s, want it to stay at 2026-10-08 16:30", when, got)
		}
	}
	expect("dispatched,", "safe due 2026-09-30 19:30 reached none", "repair due none reached none", "restore due none reached none")
	co := cs.GetCoOwnerWork()
	if len(co) != 1 || co[0].GetUnit() != "areas/old" || co[0].GetDuty() != "close the road" || w.clock(co[0].GetClock().GetDueTime()) != "2026-10-16 16:30" {
		t.Fatalf("the co-owner is %v, want area:old on the city's calendar, over National Day and the make-up Saturday: 2026-10-16 16:30", co)
	}
	pipe := w.as("pipe", "en")
	cs, err := w.act(pipe, cs, "start", caseAct("", &wanggev1.StartAct{}))
	if err != nil {
		t.Fatal(err)
	}
	_, err = w.act(pipe, cs, "early", caseAct("", &wanggev1.CompleteMilestoneAct{Milestone: "repair", PhotoHashes: photo}))
	w.want(err, codes.FailedPrecondition, "safe")
	reach := func(at, milestone string) {
		t.Helper()
		w.at(at)
		resp, err := w.act(w.as("pipe", "en"), cs, "reach-"+milestone, caseAct("", &wanggev1.CompleteMilestoneAct{Milestone: milestone, PhotoHashes: photo}))
		if err != nil {
			t.Fatalf("reach %s: %v", milestone, err)
		}
		cs = resp
	}
	reach("2026-09-30 19:00", "safe")
	expect("made safe,", "safe due 2026-09-30 19:30 reached 2026-09-30 19:00", "repair due 2026-10-01 03:00 reached none", "restore due none reached none")
	reach("2026-10-01 02:00", "repair")
	expect("repaired in the night,", "safe due 2026-09-30 19:30 reached 2026-09-30 19:00", "repair due 2026-10-01 03:00 reached 2026-10-01 02:00", "restore due 2026-10-05 20:00 reached none")
	w.at("2026-10-02 10:00")
	assisted, err := w.act(w.as("oldo", "en"), cs, "assist", caseAct("", &wanggev1.AssistAct{PhotoHashes: photo}))
	if err != nil {
		t.Fatal(err)
	}
	cs = assisted
	if co = cs.GetCoOwnerWork(); co[0].GetCompletedBy() != "people/oldo" || co[0].GetClock().GetRunning() || w.clock(co[0].GetCompleteTime()) != "2026-10-02 10:00" {
		t.Errorf("the co-owner's part is %v, want it done by oldo", co[0])
	}
	reach("2026-10-05 18:00", "restore")
	expect("restored,", "safe due 2026-09-30 19:30 reached 2026-09-30 19:00", "repair due 2026-10-01 03:00 reached 2026-10-01 02:00", "restore due 2026-10-05 20:00 reached 2026-10-05 18:00")
	resolved, err := w.act(w.as("pipe", "en"), cs, "resolve", caseAct("", &wanggev1.ResolveAct{PhotoHashes: photo}))
	if err != nil {
		t.Fatal(err)
	}
	cs = resolved
	checked, err := w.act(w.as("look", "en"), cs, "check", caseAct("", &wanggev1.CheckAct{Passed: new(true), Position: cs.GetReport().GetPosition()}))
	if err != nil {
		t.Fatal(err)
	}
	cs = checked
	closed, err := w.act(w.as("desk", "en"), cs, "close", caseAct("", &wanggev1.CloseAct{Closing: "路面恢复", Outcome: wanggev1.Outcome_OUTCOME_FIXED}))
	if err != nil || closed.GetOverrun() != nil || closed.GetStage() != wanggev1.Stage_STAGE_CLOSED {
		t.Errorf("closed = %v, %v; want it closed in time", closed, err)
	}
}

// A deadline that reaches a year whose holidays are not out says so wherever it is told.
func TestDeadline_Provisional(t *testing.T) {
	t.Parallel()
	w := newTownWorld(t)
	w.at("2026-12-31 16:00")
	cs := w.report("late", "E01", "", oldTown)
	got, err := w.cases().ExplainDeadline(w.as("boss", "en"), &wanggev1.ExplainDeadlineRequest{Question: &wanggev1.ExplainDeadlineRequest_Name{Name: cs.GetName()}})
	if err != nil || !got.GetProvisional() || !cs.GetDueProvisional() {
		t.Errorf("due %s: the explanation says provisional %v, the case %v, %v; want both", w.clock(cs.GetDueTime()), got.GetProvisional(), cs.GetDueProvisional(), err)
	}
	w.at("2026-07-01 16:00")
	cs = w.report("known", "E01", "", oldTown)
	if got, err = w.cases().ExplainDeadline(w.as("boss", "en"), &wanggev1.ExplainDeadlineRequest{Question: &wanggev1.ExplainDeadlineRequest_Name{Name: cs.GetName()}}); err != nil || got.GetProvisional() {
		t.Errorf("due %s: provisional %v, %v; want it certain", w.clock(cs.GetDueTime()), got.GetProvisional(), err)
	}
}

// A deadline on the calendar of a unit that the city lacks is refused, not told by the city's calendar.
func TestDeadline_CalendarOfNobodyIsRefused(t *testing.T) {
	t.Parallel()
	w := newTownWorld(t)
	w.at("2026-07-01 16:00")
	ask := func(owner string) error {
		_, err := w.cases().ExplainDeadline(w.as("boss", "en"), &wanggev1.ExplainDeadlineRequest{Question: &wanggev1.ExplainDeadlineRequest_LimitQuestion_{LimitQuestion: &wanggev1.ExplainDeadlineRequest_LimitQuestion{
			StartTime: timestamppb.New(time.Date(2026, 7, 1, 8, 0, 0, 0, time.UTC)), Limit: &wanggev1.Limit{Count: 2, Unit: wanggev1.LimitUnit_LIMIT_UNIT_WORK_HOURS}, CalendarUnit: owner,
		}}})
		return err
	}
	for _, owner := range []string{"", "areas/old", "departments/WATER"} {
		if err := ask(owner); err != nil {
			t.Errorf("owner %q: %v", owner, err)
		}
	}
	for owner, want := range map[string]string{"areas/odl": `this city has no area "odl"`, "departments/old": `this city has no department "old"`, "sections/x": "this city has no section", "points/x": "this city has no point", "people/boss": "write areas/230102", "area:old": "write areas/230102"} {
		w.want(ask(owner), codes.InvalidArgument, want)
	}
}
