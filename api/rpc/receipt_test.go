package rpc

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/types/known/timestamppb"

	wanggev1 "wangge/api/wangge/v1"
	"wangge/dispatch/city/citytest"
	"wangge/dispatch/city/roster"
	"wangge/grid"
	"wangge/storage/mem"
)

// receiptWorld is the toy city where an owner signs for its work: severity A within ten minutes, B within an hour of
// working time.
type receiptWorld struct{ *townWorld }

func newReceiptWorld(t *testing.T, files map[string]string) receiptWorld {
	t.Helper()
	all := map[string]string{"city.yaml": strings.Replace(string(citytest.ToyDirectory()["city.yaml"]), "near_border_m: 30}", "near_border_m: 30, receipt_minutes: {A: 10, B: 60}}", 1)}
	maps.Copy(all, files)
	c := citytest.Varied(t, all)
	return receiptWorld{&townWorld{newWorldOf(t, c, mem.Open()), c.Location}}
}

// reported is a matter in grid W1A, seen by the grid's inspector: filed and dispatched at once.
func (w receiptWorld) reported(id, category string, at grid.Point) *wanggev1.Case {
	w.t.Helper()
	resp, err := w.reports().CreateReport(w.as(citytest.InspectorW1A, "zh"), &wanggev1.CreateReportRequest{Report: &wanggev1.Report{
		ClientId: id, Category: category, Source: wanggev1.Source_SOURCE_INSPECTOR, Text: "路口积水", CaptureTime: timestamppb.New(w.Now()),
		Position: &wanggev1.Position{Latitude: at.Lat, Longitude: at.Lng, Datum: wanggev1.Datum_DATUM_WGS84, AccuracyM: 5},
	}})
	if err != nil {
		w.t.Fatal(err)
	}
	return resp.GetCase()
}

// until lets the time pass, minute by minute, and fires what falls due.
func (w receiptWorld) until(text string) {
	w.t.Helper()
	end, err := time.ParseInLocation(townTime, text, w.loc)
	if err != nil {
		w.t.Fatal(err)
	}
	for w.Now().Before(end) {
		w.setNow(w.Now().Add(time.Minute))
		for more := true; more; {
			if _, more, err = w.desk.FireDue(context.Background(), w.Now()); err != nil {
				w.t.Fatal(err)
			}
		}
	}
}

// does is an act of a person on a case as it is now.
func (w receiptWorld) does(person roster.PersonID, name, note string, act *wanggev1.CaseAct) *wanggev1.Case {
	w.t.Helper()
	act.Note = note
	cs, err := w.actOn(w.as(person, "zh"), name, fmt.Sprint(person, w.Now().Unix()), act)
	if err != nil {
		w.t.Fatal(err)
	}
	return cs
}

func (w receiptWorld) get(name string) *wanggev1.Case {
	w.t.Helper()
	cs, err := w.cases().GetCase(w.as(citytest.Mayor, "zh"), &wanggev1.GetCaseRequest{Name: name})
	if err != nil {
		w.t.Fatal(err)
	}
	return cs
}

// events are the events of a kind: when, of which co-owner, and who was told.
func (w receiptWorld) events(name string, kind wanggev1.EventKind) []string {
	w.t.Helper()
	resp, err := w.cases().ListCaseEvents(w.as(citytest.Mayor, "zh"), &wanggev1.ListCaseEventsRequest{Parent: name, PageSize: 200})
	if err != nil {
		w.t.Fatal(err)
	}
	var out []string
	for _, e := range resp.GetEvents() {
		if e.GetKind() == kind {
			line := w.clock(e.GetTime())[len("2006-01-02 "):] + " " + e.GetParty()
			for _, p := range e.GetNotified() {
				line += " " + strings.TrimPrefix(p, "people/")
			}
			out = append(out, strings.ReplaceAll(line, "  ", " "))
		}
	}
	return out
}

const missed, handedOver = wanggev1.EventKind_EVENT_KIND_RECEIPT_MISSED, wanggev1.EventKind_EVENT_KIND_HANDED_OVER

// Friday, two minutes after six in the evening: a street is flooded, severity A. The water bureau has gone home, its duty
// chief is told off hours. Nobody signs. Every ten minutes, five times in all, the duty chief and the bureau's leader are told.
// The city leader is left to the ladder. After the fifth alarm no receipt alarm follows.
func TestReceipt_UnsignedSeverityAClimbs(t *testing.T) {
	t.Parallel()
	w := newReceiptWorld(t, nil)
	w.at("2026-03-06 18:02")
	cs := w.reported("flood", citytest.Flooding, citytest.InW1A)
	r := cs.GetReceipt()
	if w.clock(r.GetDueTime()) != "2026-03-06 18:12" || w.clock(r.GetAskTime()) != "2026-03-06 18:02" || r.GetAcknowledgeTime() != nil || r.GetOverdue() {
		t.Fatalf("the receipt of the dispatched case is %v, want it due at 18:12", r)
	}
	w.until("2026-03-06 20:00")
	var want []string // the district beside the owner has not signed either: the duty chief is told once of both
	for _, at := range []string{"18:12", "18:22", "18:32", "18:42", "18:52"} {
		want = append(want, at+" water-leader", at+" areas/W leader-w chief")
	}
	if got := w.events(cs.GetName(), missed); !slices.Equal(got, want) {
		t.Errorf("nobody signed, the alarms were\n%q, want\n%q", got, want)
	}
	if r := w.get(cs.GetName()).GetReceipt(); r.GetMissed() != 5 || !r.GetOverdue() || r.GetNextAlarmTime() != nil {
		t.Errorf("after the last alarm the receipt is %v", r)
	}
}

// A receipt by the sender proves nothing: the dispatcher and the duty chief who gave the work, the mayor above them and the
// grid office are refused, also where they may do the owner's other acts, and are told why. The owner's own people sign.
func TestReceipt_IsSignedByTheOwnersOwnPeople(t *testing.T) {
	t.Parallel()
	w := newReceiptWorld(t, nil)
	w.at("2026-03-06 10:02")
	cs := w.reported("flood", citytest.Flooding, citytest.InW1A)
	for _, p := range []roster.PersonID{citytest.Mayor, citytest.Dispatcher, citytest.DutyChief, citytest.GridOffice, citytest.Acceptor} {
		if slices.Contains(actsOf(w.seenBy(p, cs)), "acknowledge") {
			t.Errorf("%s is offered to sign for the water bureau", p)
		}
		_, err := w.actOn(w.as(p, "zh"), cs.GetName(), "by "+string(p), caseAct("", &wanggev1.AcknowledgeAct{}))
		w.want(err, codes.PermissionDenied, "上级单位不能代签")
	}
	if signed := w.does(citytest.WaterOwner, cs.GetName(), "", caseAct("", &wanggev1.AcknowledgeAct{})).GetReceipt(); signed.GetAcknowledgedBy() != "people/water-owner" {
		t.Errorf("signed by the owner, the receipt is %v", signed)
	}
}

// Who signs ends the alarms, once and for all: the second to sign is told who did, and when.
func TestReceipt_SignedIsSilence(t *testing.T) {
	t.Parallel()
	w := newReceiptWorld(t, nil)
	w.at("2026-03-06 18:02")
	cs := w.reported("flood", citytest.Flooding, citytest.InW1A)
	w.until("2026-03-06 18:15")
	if !slices.Contains(actsOf(w.seenBy(citytest.WaterCrew, cs)), "acknowledge") {
		t.Errorf("the crew of the owner is offered %v, want to sign among them", actsOf(w.seenBy(citytest.WaterCrew, cs)))
	}
	if slices.Contains(actsOf(w.seenBy(citytest.Acceptor, cs)), "acknowledge") {
		t.Error("the acceptor is offered to sign for the water bureau")
	}
	signed := w.does(citytest.WaterCrew, cs.GetName(), "", caseAct("", &wanggev1.AcknowledgeAct{}))
	if r := signed.GetReceipt(); r.GetAcknowledgedBy() != "people/water-crew" || w.clock(r.GetAcknowledgeTime()) != "2026-03-06 18:15" || r.GetMissed() != 1 || !r.GetOverdue() {
		t.Errorf("signed three minutes late, the receipt is %v", r)
	}
	if signed.GetStage() != wanggev1.Stage_STAGE_DISPATCHED || !signed.GetDueTime().AsTime().Equal(cs.GetDueTime().AsTime()) {
		t.Errorf("signing changed stage or deadline: %v due %s", signed.GetStage(), w.clock(signed.GetDueTime()))
	}
	_, err := w.actOn(w.as(citytest.WaterLeader, "zh"), cs.GetName(), "again", caseAct("", &wanggev1.AcknowledgeAct{}))
	w.want(err, codes.FailedPrecondition, "已于 2026-03-06 18:15 由")
	_, err = w.actOn(w.as(citytest.Acceptor, "zh"), cs.GetName(), "not-theirs", caseAct("", &wanggev1.AcknowledgeAct{}))
	w.want(err, codes.PermissionDenied)
	w.until("2026-03-06 20:00")
	if got := slices.DeleteFunc(w.events(cs.GetName(), missed), func(e string) bool { return strings.Contains(e, "areas/W") }); len(got) != 1 {
		t.Errorf("alarms of the owner after the receipt: %q, want the one before it", got)
	}
}

// seenBy is a case as a person reads it.
func (w receiptWorld) seenBy(person roster.PersonID, cs *wanggev1.Case) *wanggev1.Case {
	w.t.Helper()
	got, err := w.cases().GetCase(w.as(person, "zh"), &wanggev1.GetCaseRequest{Name: cs.GetName()})
	if err != nil {
		w.t.Fatal(err)
	}
	return got
}

// The district that helps signs for its own part: the owner's receipt says nothing of it.
func TestReceipt_CoOwnerSignsForItsPart(t *testing.T) {
	t.Parallel()
	w := newReceiptWorld(t, nil)
	w.at("2026-03-06 18:02")
	cs := w.reported("flood", citytest.Flooding, citytest.InW1A)
	w.does(citytest.WaterCrew, cs.GetName(), "", caseAct("", &wanggev1.AcknowledgeAct{}))
	if got := w.get(cs.GetName()).GetCoOwnerWork(); len(got) != 1 || got[0].GetUnit() != "areas/W" || w.clock(got[0].GetReceipt().GetDueTime()) != "2026-03-06 18:12" {
		t.Fatalf("the co-owner's work is %v, want a receipt of its own", got)
	}
	w.until("2026-03-06 18:25")
	if got, want := w.events(cs.GetName(), missed), []string{"18:12 areas/W leader-w chief", "18:22 areas/W leader-w chief"}; !slices.Equal(got, want) {
		t.Errorf("alarms of the co-owner %q, want %q", got, want)
	}
	got := w.does(citytest.LeaderW, cs.GetName(), "", caseAct("", &wanggev1.AcknowledgeAct{}))
	if r := got.GetCoOwnerWork()[0].GetReceipt(); r.GetAcknowledgedBy() != "people/leader-w" || r.GetMissed() != 2 {
		t.Errorf("the co-owner's receipt is %v", r)
	}
	w.until("2026-03-06 20:00")
	if got := w.events(cs.GetName(), missed); len(got) != 2 {
		t.Errorf("alarms %q after both have signed", got)
	}
}

// Who starts the work has received it; so has who hands the case back. After a failed check the owner signs again: the
// work is given anew.
func TestReceipt_StartCountsAndReworkAsksAgain(t *testing.T) {
	t.Parallel()
	w := newReceiptWorld(t, nil)
	w.at("2026-03-04 09:00")
	cs := w.reported("rubbish", citytest.FallenTree, citytest.InW1A)
	if got := w.clock(cs.GetReceipt().GetDueTime()); got != "2026-03-04 10:00" {
		t.Fatalf("severity B: the receipt is due %s, want an hour of working time later", got)
	}
	w.until("2026-03-04 09:30")
	photo := []string{strings.Repeat("ab", 32)}
	got := w.does(citytest.GreenOwner, cs.GetName(), "", caseAct("", &wanggev1.StartAct{}))
	if got.GetReceipt().GetAcknowledgedBy() != "people/green-owner" {
		t.Errorf("started, the receipt is %v, want it given", got.GetReceipt())
	}
	w.until("2026-03-04 11:00")
	w.does(citytest.GreenOwner, cs.GetName(), "", caseAct("", &wanggev1.ResolveAct{PhotoHashes: photo}))
	w.until("2026-03-04 11:20")
	got = w.does(citytest.Checker, cs.GetName(), "仍有枯枝", caseAct("仍有枯枝", &wanggev1.CheckAct{Passed: new(false), Position: cs.GetReport().GetPosition()}))
	if r := got.GetReceipt(); got.GetStage() != wanggev1.Stage_STAGE_HANDLING || r.GetAcknowledgeTime() != nil || w.clock(r.GetDueTime()) != "2026-03-04 14:20" {
		t.Errorf("rework: %v, the receipt is %v, want a new one due 14:20, after the lunch break", got.GetStage(), r)
	}
	w.until("2026-03-04 16:55")
	if got, want := w.events(cs.GetName(), missed), []string{"14:20 green-owner green-leader"}; !slices.Equal(got, want) {
		t.Errorf("alarms %q, want one, severity B repeats none: %q", got, want)
	}
	got = w.does(citytest.GreenOwner, cs.GetName(), "", caseAct("", &wanggev1.AcknowledgeAct{}))
	if got.GetReceipt().GetAcknowledgedBy() != "people/green-owner" {
		t.Errorf("signed, the receipt is %v", got.GetReceipt())
	}

	w.at("2026-03-05 09:00")
	cs = w.reported("flood", citytest.Flooding, citytest.InW1A)
	back := w.does(citytest.WaterOwner, cs.GetName(), "", caseAct("", &wanggev1.ReturnAct{Reason: wanggev1.ReturnReason_RETURN_REASON_NOT_MY_LINE}))
	if back.GetReceipt() != nil {
		t.Errorf("handed back, the receipt is %v, want none", back.GetReceipt())
	}
	w.until("2026-03-05 09:11")
	to := w.does(citytest.Dispatcher, cs.GetName(), "", caseAct("", &wanggev1.DispatchAct{Unit: "departments/GREEN"}))
	if got := w.clock(to.GetReceipt().GetDueTime()); got != "2026-03-05 09:21" || len(w.events(cs.GetName(), missed)) != 0 {
		t.Errorf("the new owner's receipt is due %s, want 09:21; alarms before: %q", got, w.events(cs.GetName(), missed))
	}
}

// A city that asks for no receipt behaves as ever: none is owed, nobody is offered to sign, and signing says what to do.
func TestReceipt_NotAskedOf(t *testing.T) {
	t.Parallel()
	w := newReceiptWorld(t, nil)
	w.at("2026-03-04 09:00")
	cs := w.reported("rubbish", citytest.Rubbish, citytest.InW1A) // severity C
	if cs.GetReceipt() != nil || slices.Contains(actsOf(w.seenBy(citytest.OwnerW1, cs)), "acknowledge") {
		t.Errorf("severity C: the receipt is %v, the owner may %v", cs.GetReceipt(), actsOf(w.seenBy(citytest.OwnerW1, cs)))
	}
	_, err := w.actOn(w.as(citytest.OwnerW1, "en"), cs.GetName(), "sign", caseAct("", &wanggev1.AcknowledgeAct{}))
	w.want(err, codes.FailedPrecondition, "no receipt is asked for here; start the work")
}

// A handler hands the work over to a colleague with a note; the clock goes on, and the colleague is told.
func TestHandOver_ToAColleague(t *testing.T) {
	t.Parallel()
	w := newReceiptWorld(t, nil)
	w.at("2026-03-04 09:00")
	cs := w.reported("flood", citytest.Flooding, citytest.InW1A)
	w.does(citytest.WaterOwner, cs.GetName(), "", caseAct("", &wanggev1.StartAct{Handler: "people/water-crew"}))
	w.until("2026-03-04 09:40")
	_, err := w.actOn(w.as(citytest.WaterCrew, "en"), cs.GetName(), "bare", caseAct("", &wanggev1.HandOverAct{}))
	w.want(err, codes.InvalidArgument, "handler", "note")
	_, err = w.actOn(w.as(citytest.WaterCrew, "en"), cs.GetName(), "stranger", caseAct("off sick", &wanggev1.HandOverAct{Handler: "people/green-owner"}))
	w.want(err, codes.FailedPrecondition, "(green-owner) holds no post at")
	got := w.does(citytest.WaterCrew, cs.GetName(), "我去支援东区，泵在桥下", caseAct("", &wanggev1.HandOverAct{Handler: "people/water-owner"}))
	if got.GetHandler() != "people/water-owner" || !slices.Equal(got.GetFormerHandlers(), []string{"people/water-crew"}) || got.GetStage() != wanggev1.Stage_STAGE_HANDLING ||
		w.clock(got.GetDueTime()) != w.clock(cs.GetDueTime()) {
		t.Errorf("handed over: %v by %s, before %v, due %s", got.GetStage(), got.GetHandler(), got.GetFormerHandlers(), w.clock(got.GetDueTime()))
	}
	w.until("2026-03-04 09:50")
	w.does(citytest.WaterLeader, cs.GetName(), "请按原计划", caseAct("", &wanggev1.HandOverAct{Handler: "people/water-crew"}))
	if got, want := w.events(cs.GetName(), handedOver), []string{"09:40 water-owner", "09:50 water-crew water-owner"}; !slices.Equal(got, want) {
		t.Errorf("told %q, want %q", got, want)
	}
}

// The crew's leader leaves for good at midnight with work in hand: the work goes back to the post, the person on duty there
// is told and must sign, the case is on the post's list, and a colleague starts it.
func TestHandOver_HandlerLeavesWithWorkInHand(t *testing.T) {
	t.Parallel()
	posts := strings.Replace(string(citytest.ToyDirectory()["posts.csv"]), ",department:WATER,handler,water-crew,1,,,", ",department:WATER,handler,water-crew,1,,,2026-03-05", 1)
	w := newReceiptWorld(t, map[string]string{"posts.csv": posts})
	w.at("2026-03-04 23:00")
	cs := w.reported("flood", citytest.Flooding, citytest.InW1A)
	w.does(citytest.WaterCrew, cs.GetName(), "", caseAct("", &wanggev1.StartAct{}))
	w.until("2026-03-05 00:05")
	got := w.get(cs.GetName())
	if got.GetStage() != wanggev1.Stage_STAGE_DISPATCHED || got.GetHandler() != "" || w.clock(got.GetReceipt().GetDueTime()) != "2026-03-05 00:10" || got.GetReceipt().GetAcknowledgeTime() != nil {
		t.Errorf("the handler has left: %v by %q, receipt %v; want it back at the post, to be signed for", got.GetStage(), got.GetHandler(), got.GetReceipt())
	}
	if got, want := w.events(cs.GetName(), handedOver), []string{"00:00 chief"}; !slices.Equal(got, want) {
		t.Errorf("told %q, want %q", got, want)
	}
	list, err := w.cases().ListCases(w.as(citytest.WaterOwner, "zh"), &wanggev1.ListCasesRequest{Scope: "people/water-owner", State: wanggev1.CaseState_CASE_STATE_OPEN})
	if err != nil || len(list.GetCases()) != 1 || list.GetCases()[0].GetName() != cs.GetName() {
		t.Errorf("the list of the post is %v, %v; want the case", list.GetCases(), err)
	}
	got = w.does(citytest.WaterOwner, cs.GetName(), "", caseAct("", &wanggev1.StartAct{}))
	if got.GetHandler() != "people/water-owner" || got.GetReceipt().GetAcknowledgeTime() == nil {
		t.Errorf("a colleague started: by %s, receipt %v", got.GetHandler(), got.GetReceipt())
	}
}

// A handler who becomes the duty chief of the city at midnight leaves work in hand: as the person on duty off hours the
// former handler is told that the work is back at the post, and not a second time that it is gone.
func TestHandOver_HandlerBecomesDutyChief(t *testing.T) {
	t.Parallel()
	posts := strings.Replace(string(citytest.ToyDirectory()["posts.csv"]), ",department:WATER,handler,water-crew,1,,,", ",department:WATER,handler,water-crew,1,,,2026-03-05", 1)
	posts = strings.Replace(posts, ",area:TOY,duty_chief,chief,1,,,", ",area:TOY,duty_chief,chief,1,,,2026-03-05\n,area:TOY,duty_chief,water-crew,1,,2026-03-05,", 1)
	w := newReceiptWorld(t, map[string]string{"posts.csv": posts})
	w.at("2026-03-04 23:00")
	cs := w.reported("flood", citytest.Flooding, citytest.InW1A)
	w.does(citytest.WaterCrew, cs.GetName(), "", caseAct("", &wanggev1.StartAct{}))
	w.until("2026-03-05 00:05")
	if got, want := w.events(cs.GetName(), handedOver), []string{"00:00 water-crew"}; !slices.Equal(got, want) {
		t.Errorf("told %q, want %q", got, want)
	}
}
