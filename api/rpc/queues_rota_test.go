package rpc

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"

	wanggev1 "wangge/api/wangge/v1"
	"wangge/dispatch/city/citytest"
	"wangge/dispatch/city/roster"
)

// rota is an office in a variation of the toy city, in which people are away.
type rota struct{ *office }

func newRota(t *testing.T, files map[string]string) rota {
	t.Helper()
	return rota{newOfficeOf(t, citytest.Varied(t, files))}
}

// absent is absences.csv of the toy city with the week of some people away, from an instant on.
func absent(from string, people ...string) string {
	out := string(citytest.ToyDirectory()["absences.csv"])
	for _, p := range people {
		out += p + "," + from + ",2026-03-08,病假,\n"
	}
	return out
}

// awaited are the people for whom a case waits for something.
func (o rota) awaited(name, what string) []string {
	o.t.Helper()
	cs, err := o.cases().GetCase(o.as(citytest.Mayor, "zh"), &wanggev1.GetCaseRequest{Name: name})
	if err != nil {
		o.t.Fatal(err)
	}
	var out []string
	for _, w := range cs.GetWaits() {
		if w.GetDisplayName() == what {
			out = append(out, w.GetPeople()...)
		}
	}
	return out
}

// inQueues fails unless everybody for whom a case waits finds the case in a queue of theirs.
func (o rota) inQueues(name, what string, q wanggev1.CaseQueue) {
	o.t.Helper()
	people := o.awaited(name, what)
	if len(people) == 0 {
		o.t.Errorf("%s: nobody is awaited", what)
	}
	for _, p := range people {
		who := roster.PersonID(strings.TrimPrefix(p, "people/"))
		r, err := o.cases().ListCases(o.as(who, "zh"), &wanggev1.ListCasesRequest{Scope: p, State: wanggev1.CaseState_CASE_STATE_OPEN})
		if err != nil || !slices.ContainsFunc(r.GetCases(), func(cs *wanggev1.Case) bool { return cs.GetName() == name }) {
			o.t.Errorf("%s waits for %s, who does not find the case in what waits: %v, %v", what, who, r.GetCases(), err)
		}
		if got := o.mine(who, q); !slices.Contains(got, name) {
			o.t.Errorf("%s waits for %s, whose queue %s is %v", what, who, q, got)
		}
	}
}

func (o rota) refusal(who roster.PersonID, name, note string, act proto.Message) error {
	_, err := o.actOn(o.as(who, "zh"), name, fmt.Sprintf("%s-%d", who, o.Now().UnixNano()), caseAct(note, act))
	return err
}

var notMine = &wanggev1.ReturnAct{Reason: wanggev1.ReturnReason_RETURN_REASON_NOT_MY_LINE}

// Who stands in for an absent dispatcher, arbiter, leader or owner is told and awaited, and so finds the case in a queue.
func TestQueues_StandInFindsTheCase(t *testing.T) {
	t.Parallel()
	o := newRota(t, map[string]string{"absences.csv": absent("2026-03-01", "leader-w", "arbiter", "green-owner")})
	name, _ := o.called("a", citytest.Rubbish, "", citytest.InW1A)
	o.does("owner-w1", name, "要车", &wanggev1.ExtendAct{})
	o.inQueues(name, "审批", wanggev1.CaseQueue_CASE_QUEUE_TO_DECIDE)
	name, _ = o.called("b", citytest.FallenTree, "", citytest.InW1A) // the owner is away: the duty chief is told
	o.inQueues(name, "处置", wanggev1.CaseQueue_CASE_QUEUE_TO_START)
	name, _ = o.called("c", citytest.Rubbish, "", citytest.InW1A)
	o.does("owner-w1", name, "", notMine)
	o.does("dispatcher", name, "", &wanggev1.DispatchAct{Unit: "departments/WATER"})
	o.does("water-owner", name, "", notMine)
	o.inQueues(name, "裁定", wanggev1.CaseQueue_CASE_QUEUE_DISPUTED)
}

func TestQueues_ChiefFindsWhatTheAbsentDispatcherHas(t *testing.T) {
	t.Parallel()
	o := newRota(t, map[string]string{"absences.csv": absent("2026-03-04 10:00", "dispatcher")})
	name, _ := o.called("a", citytest.Rubbish, "", citytest.InW1A)
	o.setNow(o.Now().Add(time.Hour))
	o.does("owner-w1", name, "", notMine)
	o.inQueues(name, "派遣", wanggev1.CaseQueue_CASE_QUEUE_TO_DISPATCH)
}

const arriveInTime = "code,condition,name,severity,limit,limit_unit,closing,milestone,after,by\n" +
	"C0101,1,盖体缺失,A,2,hours,换盖,,,\nC0101,1,围挡,A,1,hours,已围挡,fence,,\nC0101,2,盖体破损,B,4,work_hours,换盖,,,\n" +
	"E0201,1,积水,A,2,hours,排水,,,\nE0201,1,到场,A,30,minutes,到场,arrive,,owner co_owners inspector\nE0201,2,轻微积水,C,4,work_hours,排水,,,\n"

// Two inspectors hold the post of the ground, the first was sent to the place: the checker of the city is told of the check and
// finds it; the inspector who may not check does not.
func TestQueues_CheckIsNotForAnInspectorWhoWorkedOnTheCase(t *testing.T) {
	t.Parallel()
	o := newRota(t, map[string]string{"conditions.csv": arriveInTime, "posts.csv": string(citytest.ToyDirectory()["posts.csv"]) + ",area:W1A,inspector,grid-w1b-2,2,,,\n"})
	name, _ := o.called("a", citytest.Flooding, "1", citytest.InW1A)
	photos := []string{photo}
	o.does("inspector-w1a", name, "", &wanggev1.CompleteMilestoneAct{Milestone: "arrive", PhotoHashes: photos})
	o.does("water-crew", name, "", &wanggev1.StartAct{})
	o.does("water-crew", name, "", &wanggev1.CompleteMilestoneAct{Milestone: "arrive", PhotoHashes: photos})
	o.does("water-crew", name, "", &wanggev1.ResolveAct{PhotoHashes: photos})
	o.inQueues(name, "核查", wanggev1.CaseQueue_CASE_QUEUE_TO_CHECK)
	if got := o.mine(citytest.InspectorW1A, wanggev1.CaseQueue_CASE_QUEUE_TO_CHECK); len(got) > 0 {
		t.Errorf("who worked on the case has to check %v", got)
	}
}

// A supervision waits for those who may answer, at every stage: not for the checker.
func TestQueues_SupervisionWaitsForThoseWhoMayAnswer(t *testing.T) {
	t.Parallel()
	o := newRota(t, nil)
	name, _ := o.called("a", citytest.Rubbish, "", citytest.InE1A)
	o.does("mayor", name, "今日办结", &wanggev1.SuperviseAct{})
	o.does("grid-e1a", name, "", &wanggev1.StartAct{})
	o.does("grid-e1a", name, "", &wanggev1.ResolveAct{PhotoHashes: []string{photo}})
	if got := o.mine(citytest.GridE1A, wanggev1.CaseQueue_CASE_QUEUE_SUPERVISED); len(got) != 1 {
		t.Errorf("the owner who must answer finds %v", got)
	}
	for _, p := range o.awaited(name, "督办回复") {
		who := roster.PersonID(strings.TrimPrefix(p, "people/"))
		if err := o.refusal(who, name, "已办", &wanggev1.AnswerAct{}); err != nil {
			t.Errorf("the answer waits for %s, but is refused: %v", who, err)
		}
	}
}

// The work failed its check and its handler is away: the owner, told to do the work again, finds the case under rework.
func TestQueues_ReworkOfAnAbsentHandlerIsTheOwners(t *testing.T) {
	t.Parallel()
	o := newRota(t, map[string]string{"absences.csv": absent("2026-03-04 10:00", "water-crew")})
	name, _ := o.called("a", citytest.Flooding, "", citytest.InW1A)
	o.does("water-crew", name, "", &wanggev1.StartAct{})
	o.does("water-crew", name, "", &wanggev1.ResolveAct{PhotoHashes: []string{photo}})
	o.setNow(o.Now().Add(time.Hour))
	at := &wanggev1.Position{Latitude: citytest.InW1A.Lat, Longitude: citytest.InW1A.Lng, Datum: wanggev1.Datum_DATUM_WGS84, AccuracyM: 5}
	got := o.does("inspector-w1a", name, "未排净", &wanggev1.CheckAct{Passed: new(false), Position: at})
	if rework := o.mine(citytest.WaterOwner, wanggev1.CaseQueue_CASE_QUEUE_REWORK); len(rework) != 1 {
		t.Errorf("told %v; the rework of the owner is %v", got, rework)
	}
}

// The dispatcher of the district's platform is away: the person told of the second dispatch may do it, and finds the case.
func TestQueues_LeaderDispatchesForAPlatformWithoutADispatcherToday(t *testing.T) {
	t.Parallel()
	files := map[string]string{"expectations.csv": ""}
	for n, d := range citytest.PlatformsDirectory() {
		files[n] = string(d)
	}
	files["absences.csv"] += "dispatcher-w,2026-03-01,2026-03-08,病假,\n"
	o := newRota(t, files)
	name, got := o.called("a", citytest.FallenTree, "", citytest.InW1A)
	for p := range got {
		if q := o.mine(roster.PersonID(p), wanggev1.CaseQueue_CASE_QUEUE_TO_DISPATCH); !slices.Contains(q, name) {
			t.Errorf("%s is told %q and finds %v", p, got[p], q)
		}
		if err := o.refusal(roster.PersonID(p), name, "", &wanggev1.DispatchAct{}); err != nil {
			t.Errorf("%s is told %q and may not: %v; awaited are %v", p, got[p], err, o.awaited(name, "派遣"))
		}
	}
}

// The duty chief stands in for an absent owner: a watch of what waits for the chief tells of the case. The owner of the post
// keeps the case in a queue, too.
func TestQueues_StandInWatches(t *testing.T) {
	t.Parallel()
	o := newRota(t, map[string]string{"absences.csv": absent("2026-03-01", "green-owner")})
	const start = wanggev1.CaseQueue_CASE_QUEUE_TO_START
	stream, err := o.cases().WatchCases(o.as(citytest.DutyChief, "zh"), &wanggev1.WatchCasesRequest{Scope: "people/chief", Queue: start})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := stream.Recv(); err != nil { // the bookmark of the beginning
		t.Fatal(err)
	}
	name, _ := o.called("a", citytest.FallenTree, "", citytest.InW1A)
	if m, err := stream.Recv(); err != nil || len(m.GetCases()) != 1 || m.GetCases()[0].GetName() != name {
		t.Errorf("the watch of the stand-in tells %v, %v", m, err)
	}
	if got := o.mine(citytest.GreenOwner, start); len(got) != 1 {
		t.Errorf("the absent owner finds %v", got)
	}
}
