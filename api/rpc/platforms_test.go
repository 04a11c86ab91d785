package rpc

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/types/known/timestamppb"

	wanggev1 "wangge/api/wangge/v1"
	"wangge/dispatch/city/citytest"
	"wangge/dispatch/city/roster"
	"wangge/grid"
	"wangge/storage/mem"
)

// platformWorld is the toy city with platforms of the city, its districts and communities, on a Wednesday at nine.
type platformWorld struct{ receiptWorld }

func newPlatformWorld(t *testing.T) platformWorld {
	t.Helper()
	c := citytest.Platforms(t)
	w := platformWorld{receiptWorld{&townWorld{newWorldOf(t, c, mem.Open()), c.Location}}}
	w.at("2026-04-08 09:00")
	return w
}

// order is a report of a source: of the hotline with its order number, else of an inspector's own.
func (w platformWorld) order(id string, person roster.PersonID, category string, at grid.Point) *wanggev1.Case {
	w.t.Helper()
	r := &wanggev1.Report{
		ClientId: id, Category: category, Source: wanggev1.Source_SOURCE_HOTLINE, Text: "倒树压路", ExternalId: "12345-" + id, CaptureTime: timestamppb.New(w.Now()),
		Position: &wanggev1.Position{Latitude: at.Lat, Longitude: at.Lng, Datum: wanggev1.Datum_DATUM_WGS84, AccuracyM: 5},
	}
	if person != citytest.Acceptor {
		r.Source, r.ExternalId = wanggev1.Source_SOURCE_INSPECTOR, ""
	}
	resp, err := w.reports().CreateReport(w.as(person, "zh"), &wanggev1.CreateReportRequest{Report: r})
	if err != nil {
		w.t.Fatal(err)
	}
	return resp.GetCase()
}

var (
	actAccept   = &wanggev1.CaseAct{Act: &wanggev1.CaseAct_Accept{Accept: &wanggev1.AcceptAct{}}}
	actStart    = &wanggev1.CaseAct{Act: &wanggev1.CaseAct_Start{Start: &wanggev1.StartAct{}}}
	actResolve  = &wanggev1.CaseAct{Act: &wanggev1.CaseAct_Resolve{Resolve: &wanggev1.ResolveAct{PhotoHashes: []string{strings.Repeat("ab", 32)}}}}
	actNotOurs  = &wanggev1.CaseAct{Act: &wanggev1.CaseAct_Return{Return: &wanggev1.ReturnAct{Reason: wanggev1.ReturnReason_RETURN_REASON_NOT_MY_AREA}}}
	actDispatch = &wanggev1.CaseAct{Act: &wanggev1.CaseAct_Dispatch{Dispatch: &wanggev1.DispatchAct{}}}
)

func dispatchTo(unit string) *wanggev1.CaseAct {
	return &wanggev1.CaseAct{Act: &wanggev1.CaseAct_Dispatch{Dispatch: &wanggev1.DispatchAct{Unit: unit}}}
}

// refused is an act that a person may not do now.
func (w platformWorld) refused(person roster.PersonID, name string, act *wanggev1.CaseAct, code codes.Code, words ...string) {
	w.t.Helper()
	_, err := w.actOn(w.as(person, "zh"), name, fmt.Sprint("no", person, w.Now().Unix()), act)
	w.want(err, code, words...)
}

// queue is how many cases wait for a person in a queue.
func (w platformWorld) queue(person roster.PersonID, q wanggev1.CaseQueue) int32 {
	w.t.Helper()
	resp, err := w.cases().CountQueues(w.as(person, "zh"), &wanggev1.CountQueuesRequest{Scope: "people/" + string(person)})
	if err != nil {
		w.t.Fatal(err)
	}
	for _, c := range resp.GetQueues() {
		if c.GetQueue() == q {
			return c.GetCases()
		}
	}
	return 0
}

// counts are what the city's summary says of the platform of W: dispatched to it, dispatched again, late.
func (w platformWorld) counts() [3]int32 {
	w.t.Helper()
	resp, err := wanggev1.NewSupervisionServiceClient(w.conn).SummarizeOverdue(w.as(citytest.Mayor, "zh"), &wanggev1.SummarizeOverdueRequest{Scope: "areas/TOY"})
	if err != nil {
		w.t.Fatal(err)
	}
	for _, r := range resp.GetRows() {
		if r.GetUnit() == "areas/W" {
			return [3]int32{r.GetToPlatform(), r.GetSecondDispatched(), r.GetSecondDispatchLate()}
		}
	}
	return [3]int32{}
}

// chain prints the dispatches of a case: "市 → 西区 平台 09:05, 二次 09:25".
func (w platformWorld) chain(name string) (out []string) {
	w.t.Helper()
	minute := func(word string, t *timestamppb.Timestamp) string {
		if t == nil {
			return ""
		}
		return word + w.clock(t)[len("2006-01-02 "):]
	}
	for _, l := range w.get(name).GetChain() {
		to := l.GetOwner().GetUnitDisplayName()
		if l.GetToPlatform() {
			to += "平台"
		}
		line := l.GetPlatformDisplayName() + "→" + to + minute(" ", l.GetDispatchTime()) + minute(" 二次 ", l.GetSecondDispatchTime()) + minute(" 终止 ", l.GetEndTime())
		if d := l.GetLate().AsDuration(); d > 0 {
			line += " 超时 " + d.String()
		}
		out = append(out, line)
	}
	return out
}

func (w platformWorld) hasChain(name string, want ...string) {
	w.t.Helper()
	if got := w.chain(name); !slices.Equal(got, want) {
		w.t.Errorf("the chain is\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

const (
	toAccept   = wanggev1.CaseQueue_CASE_QUEUE_TO_ACCEPT
	toDispatch = wanggev1.CaseQueue_CASE_QUEUE_TO_DISPATCH
	toClose    = wanggev1.CaseQueue_CASE_QUEUE_TO_CLOSE
)

// A 12345 order of a fallen tree in W: accepted at the city, dispatched to the platform of W, from there to the parks station,
// returned to W, dispatched to W's squad on the first clock, done, checked and closed by the city.
func TestPlatforms_HotlineOrderThroughTheDistrict(t *testing.T) {
	t.Parallel()
	w := newPlatformWorld(t)
	cs := w.order("A1", citytest.Acceptor, citytest.FallenTree, citytest.InW1A)
	name := cs.GetName()
	if n := w.queue(citytest.Acceptor, toAccept); n != 1 || w.queue(citytest.AcceptorW, toAccept) != 0 {
		t.Errorf("to accept: city %d", n)
	}
	w.refused(citytest.AcceptorW, name, actAccept, codes.PermissionDenied)
	w.does(citytest.Acceptor, name, "", actAccept)
	if w.queue(citytest.Dispatcher, toDispatch) != 1 || w.queue(citytest.DispatcherW, toDispatch) != 0 {
		t.Error("a filed case waits for the city's dispatcher")
	}
	w.at("2026-04-08 09:05")
	cs = w.does(citytest.Dispatcher, name, "请尽快", actDispatch)
	due := w.clock(cs.GetDueTime())
	if o := cs.GetOwner(); o.GetUnit() != "areas/W" || o.GetPost() != "areas/W/posts/dispatcher" || o.GetPerson() != "people/dispatcher-w" {
		t.Fatalf("dispatched to %v", o)
	}
	if w.queue(citytest.DispatcherW, toDispatch) != 1 || w.counts() != [3]int32{1, 0, 0} {
		t.Errorf("W has %d to dispatch, counts %v", w.queue(citytest.DispatcherW, toDispatch), w.counts())
	}
	w.refused(citytest.DispatcherW, name, actStart, codes.FailedPrecondition, "二次派遣")
	w.refused(citytest.DispatcherE, name, actDispatch, codes.NotFound)
	w.at("2026-04-08 09:25")
	cs = w.does(citytest.DispatcherW, name, "", actDispatch)
	if cs.GetOwner().GetUnit() != "departments/GREEN-W" || w.clock(cs.GetDueTime()) != due || cs.GetRuleOrder() != 110 {
		t.Errorf("second dispatch to %s, due %s by rule %d, want the first deadline %s by 110", cs.GetOwner().GetUnit(), w.clock(cs.GetDueTime()), cs.GetRuleOrder(), due)
	}
	if got := w.counts(); got != [3]int32{1, 1, 0} {
		t.Errorf("counts %v", got)
	}
	if got, want := w.events(name, wanggev1.EventKind_EVENT_KIND_SECOND_DISPATCHED), []string{"09:25 green-west"}; !slices.Equal(got, want) {
		t.Errorf("second dispatched: %q, want %q", got, want)
	}
	w.at("2026-04-08 10:00")
	cs = w.does(citytest.GreenWest, name, "不是公园树", actNotOurs)
	if cs.GetStage() != wanggev1.Stage_STAGE_RETURNED || w.queue(citytest.DispatcherW, toDispatch) != 1 || w.queue(citytest.Dispatcher, toDispatch) != 0 {
		t.Errorf("returned: %s, not to W", cs.GetStage())
	}
	w.refused(citytest.DispatcherW, name, dispatchTo("departments/WATER"), codes.FailedPrecondition, "西区", "回退上级平台")
	w.at("2026-04-08 10:10")
	cs = w.does(citytest.DispatcherW, name, "绿化队处理", dispatchTo("departments/SQUAD-W"))
	if w.clock(cs.GetDueTime()) != due {
		t.Errorf("after the return due %s, want %s", w.clock(cs.GetDueTime()), due)
	}
	w.does(citytest.GreenSquad, name, "", actStart)
	w.at("2026-04-08 10:40")
	w.does(citytest.GreenSquad, name, "", actResolve)
	w.does(citytest.InspectorW1A, name, "", &wanggev1.CaseAct{Act: &wanggev1.CaseAct_Check{Check: &wanggev1.CheckAct{
		Passed:   new(true),
		Position: &wanggev1.Position{Latitude: citytest.InW1A.Lat, Longitude: citytest.InW1A.Lng, Datum: wanggev1.Datum_DATUM_WGS84, AccuracyM: 5},
	}}})
	if w.queue(citytest.Acceptor, toClose) != 1 || w.queue(citytest.AcceptorW, toClose) != 0 {
		t.Error("a case that arrived at the city is closed there")
	}
	w.does(citytest.Acceptor, name, "", &wanggev1.CaseAct{Act: &wanggev1.CaseAct_Close{Close: &wanggev1.CloseAct{Closing: "清除", Outcome: wanggev1.Outcome_OUTCOME_FIXED}}})
	w.hasChain(name,
		"→西区平台 09:05 二次 09:25",
		"西区→园林局西站 09:25 终止 10:00",
		"西区→西区绿化队 10:10",
	)
	if got := w.counts(); got != [3]int32{} {
		t.Errorf("counts after the closing %v", got)
	}
}

// An inspector's report of a fallen tree in W arrives at W's platform: filed and dispatched at once by W's rules, closed by W.
func TestPlatforms_InspectorsReportArrivesAtTheDistrict(t *testing.T) {
	t.Parallel()
	w := newPlatformWorld(t)
	name := w.order("B1", citytest.InspectorW1A, citytest.FallenTree, citytest.InW1A).GetName()
	cs := w.get(name)
	if cs.GetPlatform() != "areas/W" || cs.GetPlatformDisplayName() != "西区" || cs.GetOwner().GetUnit() != "departments/GREEN-W" {
		t.Fatalf("arrived at %s %s, dispatched to %s", cs.GetPlatform(), cs.GetPlatformDisplayName(), cs.GetOwner().GetUnit())
	}
	w.hasChain(name, "西区→园林局西站 09:00")
	w.does(citytest.GreenWest, name, "", actStart)
	w.at("2026-04-08 09:40")
	w.does(citytest.GreenWest, name, "", actResolve)
	w.does(citytest.InspectorW1A, name, "", &wanggev1.CaseAct{Act: &wanggev1.CaseAct_Check{Check: &wanggev1.CheckAct{
		Passed:   new(true),
		Position: &wanggev1.Position{Latitude: citytest.InW1A.Lat, Longitude: citytest.InW1A.Lng, Datum: wanggev1.Datum_DATUM_WGS84, AccuracyM: 5},
	}}})
	if w.queue(citytest.AcceptorW, toClose) != 1 || w.queue(citytest.Acceptor, toClose) != 0 {
		t.Error("a case that arrived at W is closed there")
	}
	w.does(citytest.AcceptorW, name, "", &wanggev1.CaseAct{Act: &wanggev1.CaseAct_Close{Close: &wanggev1.CloseAct{Closing: "清除", Outcome: wanggev1.Outcome_OUTCOME_FIXED}}})
}

// A stall goes through the platforms of the city, the district and the community; the chain is explained before it happens.
func TestPlatforms_ThreeLevels(t *testing.T) {
	t.Parallel()
	w := newPlatformWorld(t)
	resp, err := wanggev1.NewCityServiceClient(w.conn).ExplainRoute(w.as(citytest.Mayor, "zh"), &wanggev1.ExplainRouteRequest{
		Category: citytest.Stall, Source: wanggev1.Source_SOURCE_HOTLINE,
		Position: &wanggev1.Position{Latitude: citytest.InW1A.Lat, Longitude: citytest.InW1A.Lng, Datum: wanggev1.Datum_DATUM_WGS84},
	})
	if err != nil {
		t.Fatal(err)
	}
	var way []string
	for _, l := range resp.GetChain() {
		way = append(way, l.GetPlatform()+" to "+l.GetOwner().GetPost()+" by "+l.GetRule())
	}
	want := []string{
		" to areas/W/posts/dispatcher by rules.csv:5", "areas/W to areas/W1/posts/dispatcher by rules.csv:8", "areas/W1 to areas/W1A/posts/owner by rules.csv:10",
	}
	if !slices.Equal(way, want) || resp.GetOwner().GetUnit() != "areas/W1A" || resp.GetRule() != "rules.csv:10" {
		t.Errorf("explained: %s by %s, the way\n%s\nwant\n%s", resp.GetOwner().GetUnit(), resp.GetRule(), strings.Join(way, "\n"), strings.Join(want, "\n"))
	}
	name := w.order("C1", citytest.Acceptor, citytest.Stall, citytest.InW1A).GetName()
	w.does(citytest.Acceptor, name, "", actAccept)
	due := w.clock(w.does(citytest.Dispatcher, name, "", actDispatch).GetDueTime())
	w.at("2026-04-08 09:10")
	w.does(citytest.DispatcherW, name, "", actDispatch)
	if w.queue(citytest.DispatcherW1, toDispatch) != 1 || w.queue(citytest.DispatcherW, toDispatch) != 0 {
		t.Error("the case waits for the community's dispatcher")
	}
	w.at("2026-04-08 09:20")
	cs := w.does(citytest.DispatcherW1, name, "", actDispatch)
	if cs.GetOwner().GetUnit() != "areas/W1A" || w.clock(cs.GetDueTime()) != due {
		t.Errorf("the grid has it until %s, want %s", w.clock(cs.GetDueTime()), due)
	}
	w.hasChain(name, "→西区平台 09:00 二次 09:10", "西区→西一社区平台 09:10 二次 09:20", "西一社区→西一甲格 09:20")
	w.at("2026-04-08 09:30")
	w.does(citytest.GridW1A, name, "不属本网格", actNotOurs)
	w.does(citytest.DispatcherW1, name, "不属本社区", actNotOurs)
	if w.queue(citytest.DispatcherW, toDispatch) != 1 {
		t.Error("the community's platform returns to the district's")
	}
}

// W does not dispatch within 30 minutes: W's dispatcher and leader are told, the summary counts it, the clock of the work goes on.
func TestPlatforms_LateSecondDispatch(t *testing.T) {
	t.Parallel()
	w := newPlatformWorld(t)
	name := w.order("D1", citytest.Acceptor, citytest.Stall, citytest.InW1A).GetName()
	w.does(citytest.Acceptor, name, "", actAccept)
	due := w.clock(w.does(citytest.Dispatcher, name, "", actDispatch).GetDueTime())
	w.until("2026-04-08 09:31")
	if got, want := w.events(name, wanggev1.EventKind_EVENT_KIND_SECOND_DISPATCH_MISSED), []string{"09:30 areas/W dispatcher-w leader-w"}; !slices.Equal(got, want) {
		t.Errorf("told %q, want %q", got, want)
	}
	if got := w.counts(); got != [3]int32{1, 0, 1} {
		t.Errorf("counts %v", got)
	}
	w.until("2026-04-08 09:45")
	if cs := w.does(citytest.DispatcherW, name, "", actDispatch); w.clock(cs.GetDueTime()) != due {
		t.Errorf("due %s, want %s", w.clock(cs.GetDueTime()), due)
	}
	if got := w.counts(); got != [3]int32{1, 1, 1} {
		t.Errorf("counts %v", got)
	}
	if got := w.chain(name); len(got) != 2 || got[0] != "→西区平台 09:00 二次 09:45 超时 15m0s" {
		t.Errorf("the chain is %q", got)
	}
}

// W and E both say that a stall is not theirs: the city's arbiter rules between the districts.
func TestPlatforms_DisputeBetweenDistricts(t *testing.T) {
	t.Parallel()
	w := newPlatformWorld(t)
	name := w.order("E1", citytest.Acceptor, citytest.Stall, citytest.InW1A).GetName()
	w.does(citytest.Acceptor, name, "", actAccept)
	w.does(citytest.Dispatcher, name, "", actDispatch)
	w.at("2026-04-08 09:10")
	w.does(citytest.DispatcherW, name, "在东区一侧", actNotOurs)
	if w.queue(citytest.Dispatcher, toDispatch) != 1 {
		t.Error("W returns to the city's dispatcher")
	}
	w.does(citytest.Dispatcher, name, "东区核实", dispatchTo("areas/E"))
	if w.queue(citytest.DispatcherE, toDispatch) != 1 {
		t.Error("a district that is named gets the case at its platform")
	}
	w.at("2026-04-08 09:20")
	cs := w.does(citytest.DispatcherE, name, "在西区一侧", actNotOurs)
	if cs.GetStage() != wanggev1.Stage_STAGE_ARBITRATION || cs.GetArbiter() != "areas/TOY" {
		t.Fatalf("after two returns: %s, ruled by %s", cs.GetStage(), cs.GetArbiter())
	}
	cs = w.does(citytest.Arbiter, name, "路缘石以西属西区", &wanggev1.CaseAct{Act: &wanggev1.CaseAct_Arbitrate{Arbitrate: &wanggev1.ArbitrateAct{Unit: "areas/W"}}})
	if cs.GetOwner().GetPost() != "areas/W/posts/dispatcher" {
		t.Errorf("ruled to %s", cs.GetOwner().GetPost())
	}
	w.hasChain(name, "→西区平台 09:00 终止 09:10", "→东区平台 09:10 终止 09:20", "→西区平台 09:20")
}
