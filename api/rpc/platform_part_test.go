package rpc

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/types/known/timestamppb"

	wanggev1 "wangge/api/wangge/v1"
	"wangge/dispatch/city/citytest"
	"wangge/dispatch/city/compile"
	"wangge/dispatch/city/roster"
	"wangge/storage/mem"
)

// flood is a flooded road in W: WATER has the case, and the platform of W the part 疏导交通.
func (w platformWorld) flood(id string) *wanggev1.Case {
	w.t.Helper()
	name := w.order(id, citytest.Acceptor, citytest.Flooding, citytest.InW1A).GetName()
	w.does(citytest.Acceptor, name, "", actAccept)
	return w.does(citytest.Dispatcher, name, "", actDispatch)
}

// parts prints the co-owners of a case: "西区 知会", "GREEN-W 疏导交通 自西区".
func (w platformWorld) parts(name string) string {
	w.t.Helper()
	var out []string
	for _, o := range w.get(name).GetCoOwnerWork() {
		line := o.GetUnit() + " " + o.GetDuty()
		if by := o.GetFromPlatformDisplayName(); by != "" {
			line += " 由" + by + "平台"
		}
		if o.GetCompleteTime() != nil {
			line += " 完成"
		}
		out = append(out, strings.TrimSpace(line))
	}
	return strings.Join(out, "；")
}

func (w platformWorld) hasParts(name, want string) {
	w.t.Helper()
	if got := w.parts(name); got != want {
		w.t.Errorf("the parts are %q, want %q", got, want)
	}
}

var actPartDone = &wanggev1.CaseAct{Act: &wanggev1.CaseAct_Assist{Assist: &wanggev1.AssistAct{PhotoHashes: []string{photo}}}}

// A platform that is a co-owner gives its part on to a squad of its area, on the clock of the duty; the squad reports it done.
func TestPlatforms_CoOwnerGivesItsPartOn(t *testing.T) {
	t.Parallel()
	w := newPlatformWorld(t)
	cs := w.flood("P1")
	name := cs.GetName()
	w.hasParts(name, "areas/W 疏导交通")
	due := w.clock(cs.GetCoOwnerWork()[0].GetClock().GetDueTime())
	w.refused(citytest.DispatcherE, name, actDispatch, codes.NotFound)
	w.refused(citytest.DispatcherW, name, dispatchTo("departments/WATER"), codes.FailedPrecondition, "西区", "可选：本区域的单位")
	w.refused(citytest.DispatcherW, name, dispatchTo("departments/SQUAD-W"), codes.FailedPrecondition, "须填写理由")
	w.refused(citytest.Dispatcher, name, actDispatch, codes.FailedPrecondition)
	w.at("2026-04-08 09:20")
	cs = w.does(citytest.DispatcherW, name, "绿化队就近疏导", dispatchTo("departments/SQUAD-W"))
	w.hasParts(name, "areas/W；departments/SQUAD-W 疏导交通 由西区平台")
	if o := cs.GetCoOwnerWork()[1]; w.clock(o.GetClock().GetDueTime()) != due || o.GetReceipt() != nil && o.GetReceipt().GetAcknowledgeTime() != nil {
		t.Errorf("the part is due %s, want %s; receipt %v", w.clock(o.GetClock().GetDueTime()), due, o.GetReceipt())
	}
	if cs.GetOwner().GetUnit() != "departments/WATER" || w.waitsFor(cs, wanggev1.WaitKind_WAIT_KIND_DUTY) != "departments/SQUAD-W/posts/owner" {
		t.Errorf("the case is with %s, the part waits for %s", cs.GetOwner().GetUnit(), w.waitsFor(cs, wanggev1.WaitKind_WAIT_KIND_DUTY))
	}
	if got := strings.Join(w.events(name, wanggev1.EventKind_EVENT_KIND_PART_DISPATCHED), "；"); got != "09:20 areas/W green-squad" {
		t.Errorf("told %q", got)
	}
	w.refused(citytest.DispatcherW, name, actDispatch, codes.PermissionDenied)
	w.at("2026-04-08 09:50")
	w.does(citytest.GreenSquad, name, "积水路段已恢复双向通行", actPartDone)
	w.hasParts(name, "areas/W；departments/SQUAD-W 疏导交通 由西区平台 完成")
	if got := strings.Join(w.events(name, wanggev1.EventKind_EVENT_KIND_ASSISTED), "；"); got != "09:50 departments/SQUAD-W dispatcher-w dispatcher" {
		t.Errorf("told %q", got)
	}
	w.refused(citytest.GreenSquad, name, actPartDone, codes.PermissionDenied)
}

// A platform that keeps its part reports the part done itself, and its own rules give the part to the people of its area.
func TestPlatforms_CoOwnerKeepsItsPart(t *testing.T) {
	t.Parallel()
	w := newPlatformWorld(t)
	name := w.flood("P2").GetName()
	w.refused(citytest.Dispatcher, name, actPartDone, codes.PermissionDenied)
	w.does(citytest.DispatcherW, name, "已到场疏导", actPartDone)
	w.hasParts(name, "areas/W 疏导交通 完成")

	w.at("2026-04-08 09:10")
	name = w.flood("P3").GetName()
	cs := w.does(citytest.DispatcherW, name, "", actDispatch)
	w.hasParts(name, "areas/W 疏导交通")
	if got := w.waitsFor(cs, wanggev1.WaitKind_WAIT_KIND_DUTY); got != "areas/W/posts/"+string(roster.Owner) && got != "areas/W/posts/leader" {
		t.Errorf("the part waits for %s, want the area's own people", got)
	}
}

// waitsFor is the post for which a case waits with a kind of wait; "" = it waits for no such thing.
func (w platformWorld) waitsFor(cs *wanggev1.Case, kind wanggev1.WaitKind) string {
	for _, wt := range cs.GetWaits() {
		if wt.GetKind() == kind {
			return wt.GetPost()
		}
	}
	return ""
}

// limits prints the limits of second dispatches of a case: "西区 疏导交通 09:30", "逾期" behind those that are exceeded.
func (w platformWorld) limits(name string) (out []string) {
	w.t.Helper()
	r, err := w.cases().ExplainDeadline(w.as(citytest.Mayor, "zh"), &wanggev1.ExplainDeadlineRequest{Question: &wanggev1.ExplainDeadlineRequest_Name{Name: name}})
	if err != nil {
		w.t.Fatal(err)
	}
	for _, l := range r.GetSecondDispatches() {
		line := fmt.Sprint(l.GetPlatformDisplayName(), " ", l.GetDuty(), " ", w.clock(l.GetDueTime())[len("2006-01-02 "):])
		if l.GetMissed() {
			line += " 逾期"
		}
		out = append(out, line)
	}
	return out
}

// hasPartToGive compares what waits for the platform of W to be given on: in its queue to dispatch, for its dispatcher in that
// queue and in any, and for no other platform.
func (w platformWorld) hasPartToGive(what string, want ...string) {
	w.t.Helper()
	names := func(who roster.PersonID, scope string, q wanggev1.CaseQueue, state wanggev1.CaseState) (out []string) {
		r, err := w.cases().ListCases(w.as(who, "zh"), &wanggev1.ListCasesRequest{Scope: scope, Queue: q, State: state})
		if err != nil {
			w.t.Fatal(err)
		}
		for _, cs := range r.GetCases() {
			out = append(out, cs.GetName())
		}
		return out
	}
	const dispatcher = "people/" + string(citytest.DispatcherW)
	for list, got := range map[string][]string{
		"the queue of the platform":     names(citytest.DispatcherW, "areas/W", toDispatch, 0),
		"the queue of the dispatcher":   names(citytest.DispatcherW, dispatcher, toDispatch, 0),
		"what waits for the dispatcher": names(citytest.DispatcherW, dispatcher, 0, wanggev1.CaseState_CASE_STATE_OPEN),
	} {
		if !slices.Equal(got, want) {
			w.t.Errorf("%s: %s is %v, want %v", what, list, got, want)
		}
	}
	if n := w.queue(citytest.DispatcherW, toDispatch); int(n) != len(want) {
		w.t.Errorf("%s: %d are counted for the dispatcher, want %d", what, n, len(want))
	}
	for _, other := range []roster.PersonID{citytest.Dispatcher, citytest.DispatcherE} {
		if n := w.queue(other, toDispatch); n != 0 {
			w.t.Errorf("%s: %s has %d to dispatch, want none", what, other, n)
		}
	}
}

// A part that a platform has as a co-owner waits in the platform's queue to dispatch and for its dispatcher, within the thirty minutes of
// a second dispatch. When these have passed, the dispatcher and the leader of W are told, once.
func TestPlatforms_PartWaitsForItsSecondDispatch(t *testing.T) {
	t.Parallel()
	w := newPlatformWorld(t)
	cs := w.flood("P4")
	name := cs.GetName()
	w.hasPartToGive("given to W", name)
	if got := w.waitsFor(cs, wanggev1.WaitKind_WAIT_KIND_PART_DISPATCH); got != "areas/W/posts/dispatcher" || w.waitsFor(cs, wanggev1.WaitKind_WAIT_KIND_DUTY) != "" {
		t.Errorf("the part waits for %q to be given on, for %q to be done", got, w.waitsFor(cs, wanggev1.WaitKind_WAIT_KIND_DUTY))
	}
	if o := cs.GetCoOwnerWork()[0]; w.clock(o.GetSecondDispatchDueTime()) != "2026-04-08 09:30" || o.GetSecondDispatchMissed() {
		t.Errorf("the part is to be given on by %s, missed %v", w.clock(o.GetSecondDispatchDueTime()), o.GetSecondDispatchMissed())
	}
	if got, want := w.limits(name), []string{"西区 疏导交通 09:30"}; !slices.Equal(got, want) {
		t.Errorf("the limits are %v, want %v", got, want)
	}
	w.until("2026-04-08 10:30")
	if got, want := w.events(name, wanggev1.EventKind_EVENT_KIND_SECOND_DISPATCH_MISSED), []string{"09:30 areas/W dispatcher-w leader-w"}; !slices.Equal(got, want) {
		t.Errorf("told %q, want %q", got, want)
	}
	if got, want := w.limits(name), []string{"西区 疏导交通 09:30 逾期"}; !slices.Equal(got, want) {
		t.Errorf("the limits are %v, want %v", got, want)
	}
	w.hasPartToGive("late", name)
	w.does(citytest.DispatcherW, name, "绿化队就近疏导", dispatchTo("departments/SQUAD-W"))
	w.hasPartToGive("given on")
	if got := w.limits(name); len(got) > 0 {
		t.Errorf("the limits are %v, want none", got)
	}
}

// A platform whose people do the part keeps nothing to dispatch, and nobody is told that it is late.
func TestPlatforms_PartDoneInTimeIsNotLate(t *testing.T) {
	t.Parallel()
	w := newPlatformWorld(t)
	done := w.flood("P5").GetName()
	w.at("2026-04-08 09:01")
	kept := w.flood("P6").GetName()
	w.hasPartToGive("given to W", done, kept)
	w.at("2026-04-08 09:20")
	w.does(citytest.DispatcherW, done, "已到场疏导", actPartDone)
	w.at("2026-04-08 09:21")
	w.does(citytest.DispatcherW, kept, "", actDispatch)
	w.until("2026-04-08 09:50")
	for _, name := range []string{done, kept} {
		if got := w.events(name, wanggev1.EventKind_EVENT_KIND_SECOND_DISPATCH_MISSED); len(got) > 0 || len(w.limits(name)) > 0 {
			t.Errorf("told %q, limits %v; want none", got, w.limits(name))
		}
	}
	if n := w.queue(citytest.DispatcherW, toDispatch); n != 0 {
		t.Errorf("W has %d to dispatch, want none", n)
	}
}

// A co-owner whom the second dispatch of a case adds has thirty minutes to arrive from then; those sent first keep their time.
func TestPlatforms_CoOwnerOfTheSecondDispatchArrives(t *testing.T) {
	t.Parallel()
	dir := collapseDirectory(t)
	for _, swap := range [][2]string{
		{`line:ROADS,"platform:district(组织区属力量到场、围护疏导) line:RADIO"`, "platform:district,line:RADIO(播报路况)"}, {"line:DLSZ,,", "line:ROADS,line:DLSZ(围护疏导),"},
	} {
		if text := string(dir["rules.csv"]); !strings.Contains(text, swap[0]) {
			t.Fatalf("rules.csv has no %s", swap[0])
		}
		dir["rules.csv"] = []byte(strings.Replace(string(dir["rules.csv"]), swap[0], swap[1], 1))
	}
	c, faults := compile.FS(dir.FS())
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	w := platformWorld{receiptWorld{&townWorld{newWorldOf(t, c, mem.Open()), c.Location}}}
	w.at("2026-03-04 16:54")
	resp, err := w.reports().CreateReport(w.as("p-acceptor-1", "zh"), &wanggev1.CreateReportRequest{Report: &wanggev1.Report{
		ClientId: "hole", Category: "E0505", Source: wanggev1.Source_SOURCE_PUBLIC, Text: "路面塌陷", CaptureTime: timestamppb.New(w.Now()),
		Position: &wanggev1.Position{Latitude: 45.755, Longitude: 126.600, Datum: wanggev1.Datum_DATUM_WGS84, AccuracyM: 8},
	}})
	if err != nil {
		t.Fatal(err)
	}
	name := resp.GetCase().GetName()
	w.does("p-acceptor-1", name, "", actAccept)
	w.does("p-dispatcher-1", name, "", actDispatch)
	w.at("2026-03-04 17:00")
	cs := w.does("p-230102-dispatcher", name, "", actDispatch)
	got := map[string]string{}
	for _, m := range cs.GetMilestones() {
		if m.GetClock().GetRunning() {
			got[m.GetId()] = w.clock(m.GetClock().GetDueTime())[len("2026-03-04 "):]
		}
	}
	want := map[string]string{
		"arrive": "17:24", "arrive@inspector@area:230102": "17:24", "arrive@department:RADIO": "17:24", "arrive@department:DLSZ": "17:30",
	}
	if !maps.Equal(got, want) {
		t.Errorf("under way: %v, want %v", got, want)
	}
}
