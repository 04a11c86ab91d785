package rpc

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/timestamppb"

	wanggev1 "wangge/api/wangge/v1"
	"wangge/dispatch/city/catalog"
	"wangge/dispatch/city/citytest"
	"wangge/dispatch/city/roster"
	"wangge/grid"
	"wangge/storage/mem"
)

// hewan serves the toy city with other files, and what city.yaml says beside its own keys.
func hewan(t *testing.T, settings string, files map[string]string) *toyTown {
	t.Helper()
	all := map[string]string{"city.yaml": string(citytest.ToyDirectory()["city.yaml"]) + "\n" + settings}
	maps.Copy(all, files)
	return &toyTown{world: newWorldOf(t, citytest.Varied(t, all), mem.Open())}
}

// seen is what a person reports of a matter at a place.
func (w *toyTown) seen(source wanggev1.Source, code catalog.Code, condition string, at grid.Point) *wanggev1.Report {
	w.n++
	return &wanggev1.Report{
		ClientId: "r-" + string(code) + strings.Repeat("i", w.n), Category: string(code), Condition: condition, Source: source, Text: "巡查发现",
		Position:    &wanggev1.Position{Latitude: at.Lat, Longitude: at.Lng, Datum: wanggev1.Datum_DATUM_WGS84, AccuracyM: 5},
		CaptureTime: timestamppb.New(w.Now()), PhotoHashes: []string{photo},
	}
}

// reported is the case, as its reporter is answered.
func (w *toyTown) reported(who roster.PersonID, r *wanggev1.Report) *wanggev1.Case {
	w.t.Helper()
	resp, err := w.reports().CreateReport(w.as(who, "zh"), &wanggev1.CreateReportRequest{Report: r, View: wanggev1.CaseView_CASE_VIEW_FULL})
	if err != nil {
		w.t.Fatal(err)
	}
	return resp.GetCase()
}

// read is the case as a person sees it.
func (w *toyTown) read(who roster.PersonID, name string) *wanggev1.Case {
	w.t.Helper()
	cs, err := w.cases().GetCase(w.as(who, "zh"), &wanggev1.GetCaseRequest{Name: name})
	if err != nil {
		w.t.Fatal(err)
	}
	return cs
}

// try does an act that may be refused.
func (w *toyTown) try(who roster.PersonID, lang, name string, act *wanggev1.CaseAct) error {
	w.t.Helper()
	w.n++
	_, err := w.actOn(w.as(who, lang), name, "t-"+strings.Repeat("i", w.n), act)
	return err
}

// choicesIn are the values from which a refused call must choose.
func choicesIn(t *testing.T, err error) *wanggev1.Choices {
	t.Helper()
	var out *wanggev1.Choices
	reason := ""
	for _, d := range status.Convert(err).Details() {
		switch d := d.(type) {
		case *wanggev1.Choices:
			out = d
		case *errdetails.ErrorInfo:
			reason = d.GetReason()
		}
	}
	if out == nil || reason != "CHOICE_REQUIRED" {
		t.Fatalf("no choices in %v (%s)", err, reason)
	}
	return out
}

func offered(cs *wanggev1.Case, act wanggev1.Act) *wanggev1.ActOffer {
	for _, o := range cs.GetOffers() {
		if o.GetAct() == act {
			return o
		}
	}
	return nil
}

// A missing lid is urgent, a cracked one is not: an inspector who names no condition has not said which. The phone is not
// refused; the desk is told, must choose, and sees the list. The chosen condition gives severity and limit.
func TestFiling_DeskChoosesWhatTheInspectorLeftOpen(t *testing.T) {
	t.Parallel()
	o := newOfficeOf(t, citytest.Toy(t))
	w := &toyTown{world: o.world}
	cs := w.reported(citytest.InspectorW1A, w.seen(wanggev1.Source_SOURCE_INSPECTOR, citytest.WaterCover, "", citytest.InW1A))
	if cs.GetStage() != wanggev1.Stage_STAGE_REPORTED || cs.GetCondition() != "" || cs.GetSeverity() != wanggev1.Severity_SEVERITY_A {
		t.Fatalf("%v under condition %q, %v; want it with the desk, as severe as the worst", cs.GetStage(), cs.GetCondition(), cs.GetSeverity())
	}
	o.want(o.told(), "acceptor 待受理")
	offer := offered(w.read(citytest.Acceptor, cs.GetName()), wanggev1.Act_ACT_ACCEPT)
	if !slices.Contains(offer.GetRequiredFields(), "accept.condition") || len(offer.GetChoices()) != 1 || !offer.GetChoices()[0].GetRequired() {
		t.Fatalf("offer %v, want a condition to choose", offer)
	}
	err := w.try(citytest.Acceptor, "zh", cs.GetName(), caseAct("", &wanggev1.AcceptAct{}))
	w.want(err, codes.InvalidArgument, "请选择立案条件", "1 盖体缺失（A 级，2 小时）", "2 盖体破损（B 级，4 个工作时）")
	if got := choicesIn(t, err); got.GetField() != "act.accept.condition" || len(got.GetChoices()) != 2 ||
		got.GetChoices()[1].GetValue() != "2" || got.GetChoices()[1].GetDisplayName() != "盖体破损" ||
		got.GetChoices()[1].GetSeverity() != wanggev1.Severity_SEVERITY_B || got.GetChoices()[1].GetLimit().GetCount() != 4 {
		t.Errorf("choices %v", got)
	}
	err = w.try(citytest.Acceptor, "en", cs.GetName(), caseAct("", &wanggev1.AcceptAct{Condition: "9"}))
	w.want(err, codes.InvalidArgument, "act.accept.condition", `"9" is none of these`, "2 盖体破损 (B, 4 work hours)")
	filed := w.do(citytest.Acceptor, cs.GetName(), &wanggev1.AcceptAct{Condition: "2"})
	if filed.GetStage() != wanggev1.Stage_STAGE_FILED || filed.GetSeverity() != wanggev1.Severity_SEVERITY_B || filed.GetCondition() != "2" {
		t.Errorf("filed %v", filed)
	}
	sent := w.do(citytest.Dispatcher, cs.GetName(), &wanggev1.DispatchAct{})
	if d, err := w.cases().ExplainDeadline(w.as(citytest.Acceptor, "zh"), &wanggev1.ExplainDeadlineRequest{Question: &wanggev1.ExplainDeadlineRequest_Name{Name: sent.GetName()}}); err != nil ||
		d.GetLimit().GetCount() != 4 || d.GetLimit().GetUnit() != wanggev1.LimitUnit_LIMIT_UNIT_WORK_HOURS {
		t.Errorf("the limit is %v, %v; want that of the chosen condition", d.GetLimit(), err)
	}
}

// An inspector who names the condition, and one whose category has conditions of one severity and limit alone, is not kept waiting.
func TestFiling_AtOnceWhenNothingIsOpen(t *testing.T) {
	t.Parallel()
	w := newToyTown(t)
	for _, r := range []*wanggev1.Report{
		w.seen(wanggev1.Source_SOURCE_INSPECTOR, citytest.WaterCover, "2", citytest.InW1A),
		w.seen(wanggev1.Source_SOURCE_INSPECTOR, citytest.Rubbish, "", citytest.InW1A),
	} {
		if cs := w.reported(citytest.InspectorW1A, r); cs.GetStage() != wanggev1.Stage_STAGE_DISPATCHED {
			t.Errorf("%s: %v", r.GetCategory(), cs.GetStage())
		}
	}
}

// The city says which reports the desk files: rubbish that inspectors find. What the camera and its operator have seen is filed
// as it comes in. The form knows both.
func TestFiling_CitySaysWhoFiles(t *testing.T) {
	t.Parallel()
	w := hewan(t, `filing:
  - {sources: [inspector], categories: [E0101], file: desk}
  - {sources: [video], categories: ["class:街面秩序"], file: at_once}
`, nil)
	rubbish := w.reported(citytest.InspectorW1A, w.seen(wanggev1.Source_SOURCE_INSPECTOR, citytest.Rubbish, "", citytest.InW1A))
	if rubbish.GetStage() != wanggev1.Stage_STAGE_REPORTED {
		t.Fatalf("rubbish: %v, want it with the desk", rubbish.GetStage())
	}
	w.wantMine("rubbish", wanggev1.CaseQueue_CASE_QUEUE_TO_ACCEPT, rubbish.GetName())(citytest.Acceptor)
	if cs := w.do(citytest.Acceptor, rubbish.GetName(), &wanggev1.AcceptAct{}); cs.GetStage() != wanggev1.Stage_STAGE_FILED {
		t.Errorf("accepted: %v", cs.GetStage())
	}
	for who, want := range map[wanggev1.Source]wanggev1.Stage{
		wanggev1.Source_SOURCE_VIDEO: wanggev1.Stage_STAGE_DISPATCHED, wanggev1.Source_SOURCE_HOTLINE: wanggev1.Stage_STAGE_REPORTED,
	} {
		if cs := w.reported(citytest.Acceptor, w.seen(who, citytest.Stall, "", citytest.InW1A)); cs.GetStage() != want {
			t.Errorf("%v: %v, want %v", who, cs.GetStage(), want)
		}
	}
	list, err := wanggev1.NewFormServiceClient(w.conn).ListCategories(w.as(citytest.InspectorW1A, "zh"), &wanggev1.ListCategoriesRequest{})
	if err != nil {
		t.Fatal(err)
	}
	for _, cat := range list.GetCategories() {
		if got, want := cat.GetConditionRequired(), cat.GetCode() == string(citytest.WaterCover); got != want {
			t.Errorf("%s: a condition is required: %v", cat.GetCode(), got)
		}
		inspector := slices.Contains(cat.GetSourcesFiledAtOnce(), wanggev1.Source_SOURCE_INSPECTOR)
		video := slices.Contains(cat.GetSourcesFiledAtOnce(), wanggev1.Source_SOURCE_VIDEO)
		if inspector == (cat.GetCode() == string(citytest.Rubbish)) || video != (cat.GetCode() == string(citytest.Stall)) {
			t.Errorf("%s: filed at once from %v", cat.GetCode(), cat.GetSourcesFiledAtOnce())
		}
	}
}

// The desk judges severity by the danger, apart from the limit's unit, and says why: a cracked lid before a school is
// urgent. The limit follows the condition and the severity, the events say who judged. Afterwards the desk may judge again.
func TestFiling_SeverityIsJudgedByTheDesk(t *testing.T) {
	t.Parallel()
	limits := string(citytest.ToyDirectory()["limits.csv"])
	limits = strings.Replace(limits, "category,tier,", "category,severity,tier,", 1)
	limits = strings.ReplaceAll(limits, "\nE0101,", "\nE0101,,")
	w := hewan(t, "", map[string]string{"limits.csv": limits + "C0101,A,,1,work_days,按等级\n"})
	cs := w.reported(citytest.InspectorW1A, w.seen(wanggev1.Source_SOURCE_INSPECTOR, citytest.WaterCover, "", citytest.InW1A))
	judged := &wanggev1.AcceptAct{Condition: "2", Severity: wanggev1.Severity_SEVERITY_A}
	w.want(w.try(citytest.Acceptor, "zh", cs.GetName(), caseAct("", judged)), codes.FailedPrecondition, "等级与立案条件不一致时必须提供", "文字说明")
	filed := w.do(citytest.Acceptor, cs.GetName(), judged)
	if filed.GetSeverity() != wanggev1.Severity_SEVERITY_A || !filed.GetSeverityJudged() || filed.GetCondition() != "2" {
		t.Fatalf("filed %v, judged %v", filed.GetSeverity(), filed.GetSeverityJudged())
	}
	w.do(citytest.Dispatcher, cs.GetName(), &wanggev1.DispatchAct{})
	limit := func() *wanggev1.Limit {
		d, err := w.cases().ExplainDeadline(w.as(citytest.Acceptor, "zh"), &wanggev1.ExplainDeadlineRequest{Question: &wanggev1.ExplainDeadlineRequest_Name{Name: cs.GetName()}})
		if err != nil {
			t.Fatal(err)
		}
		return d.GetLimit()
	}
	if l := limit(); l.GetCount() != 1 || l.GetUnit() != wanggev1.LimitUnit_LIMIT_UNIT_DAYS {
		t.Errorf("the limit is %v, want the row of severity A, round the clock", l)
	}
	milder := w.do(citytest.Acceptor, cs.GetName(), &wanggev1.ReclassifyAct{Severity: wanggev1.Severity_SEVERITY_C})
	if l := limit(); milder.GetSeverity() != wanggev1.Severity_SEVERITY_C || l.GetCount() != 4 || l.GetUnit() != wanggev1.LimitUnit_LIMIT_UNIT_WORK_HOURS {
		t.Errorf("judged again: %v, limit %v", milder.GetSeverity(), l)
	}
	own := w.do(citytest.Acceptor, cs.GetName(), &wanggev1.ReclassifyAct{Condition: "1"})
	if own.GetSeverity() != wanggev1.Severity_SEVERITY_A || own.GetSeverityJudged() || limit().GetUnit() != wanggev1.LimitUnit_LIMIT_UNIT_DAYS {
		t.Errorf("another condition: %v, judged %v, limit %v", own.GetSeverity(), own.GetSeverityJudged(), limit())
	}
	events, err := w.cases().ListCaseEvents(w.as(citytest.Acceptor, "zh"), &wanggev1.ListCaseEventsRequest{Parent: cs.GetName()})
	if err != nil {
		t.Fatal(err)
	}
	var said []string
	for _, e := range events.GetEvents() {
		if e.GetSeverityJudged() {
			said = append(said, e.GetKind().String()+" "+e.GetSeverity().String()+" "+e.GetNote()+" "+e.GetActor())
		}
	}
	if want := []string{"EVENT_KIND_FILED SEVERITY_A 情况说明 people/acceptor", "EVENT_KIND_RECLASSIFIED SEVERITY_C 情况说明 people/acceptor"}; !slices.Equal(said, want) {
		t.Errorf("events %q, want %q", said, want)
	}
	w.want(w.try(citytest.InspectorW1A, "zh", cs.GetName(), caseAct("情况", &wanggev1.ReclassifyAct{Severity: wanggev1.Severity_SEVERITY_B})), codes.PermissionDenied)
}

// A case is closed under one of the closing conditions of its filing condition: chosen where there are several, the only one
// where there is one. Words of one's own are refused with the list.
func TestFiling_ClosingConditionIsChosenFromTheList(t *testing.T) {
	t.Parallel()
	categories := strings.Replace(string(citytest.ToyDirectory()["categories.csv"]), "清运,", "垃圾已清运|已覆盖并约定清运时间,", 1)
	w := hewan(t, "", map[string]string{"categories.csv": categories})
	checked := func(code catalog.Code, owner roster.PersonID) string {
		name := w.reported(citytest.InspectorW1A, w.seen(wanggev1.Source_SOURCE_INSPECTOR, code, "", citytest.InW1A)).GetName()
		w.do(owner, name, &wanggev1.StartAct{})
		w.do(owner, name, &wanggev1.ResolveAct{PhotoHashes: []string{photo}})
		at := &wanggev1.Position{Latitude: citytest.InW1A.Lat, Longitude: citytest.InW1A.Lng, Datum: wanggev1.Datum_DATUM_WGS84, AccuracyM: 5}
		w.do(citytest.InspectorW1A, name, &wanggev1.CheckAct{Passed: new(true), Position: at})
		return name
	}
	const fixed = wanggev1.Outcome_OUTCOME_FIXED
	rubbish := checked(citytest.Rubbish, citytest.OwnerW1)
	offer := offered(w.read(citytest.Acceptor, rubbish), wanggev1.Act_ACT_CLOSE)
	if !slices.Contains(offer.GetRequiredFields(), "close.closing") || len(offer.GetChoices()) != 1 || len(offer.GetChoices()[0].GetChoices()) != 2 {
		t.Errorf("offer %v, want two closing conditions", offer)
	}
	err := w.try(citytest.Acceptor, "zh", rubbish, caseAct("", &wanggev1.CloseAct{Outcome: fixed}))
	w.want(err, codes.InvalidArgument, "垃圾已清运", "已覆盖并约定清运时间")
	err = w.try(citytest.Acceptor, "zh", rubbish, caseAct("", &wanggev1.CloseAct{Closing: "随便写", Outcome: fixed}))
	w.want(err, codes.InvalidArgument, "随便写", "垃圾已清运")
	if got := choicesIn(t, err); got.GetField() != "act.close.closing" || got.GetChoices()[1].GetValue() != "已覆盖并约定清运时间" {
		t.Errorf("choices %v", got)
	}
	if cs := w.do(citytest.Acceptor, rubbish, &wanggev1.CloseAct{Closing: "已覆盖并约定清运时间", Outcome: fixed}); cs.GetClosing() != "已覆盖并约定清运时间" {
		t.Errorf("closed under %q", cs.GetClosing())
	}
	stall := checked(citytest.Stall, citytest.GridW1A)
	if cs := w.do(citytest.Acceptor, stall, &wanggev1.CloseAct{Outcome: fixed}); cs.GetStage() != wanggev1.Stage_STAGE_CLOSED || cs.GetClosing() != "劝离" {
		t.Errorf("%v under %q, want closed under the only condition", cs.GetStage(), cs.GetClosing())
	}
}

// Two bureaus hand a case back. The centre's arbiter rules within one work day; the bureau that the ruling names contests it,
// and the joint meeting decides, within its own limit.
func TestArbitration_CentreFirstThenJointMeeting(t *testing.T) {
	t.Parallel()
	base := string(citytest.ToyDirectory()["city.yaml"])
	base = strings.Replace(base, "near_border_m: 30}", "near_border_m: 30, arbitrate: 1 work_days, joint_meeting: {unit: \"department:JOINT\", limit: 5 work_days}}", 1)
	d := citytest.ToyDirectory()
	w := &toyTown{world: newWorldOf(t, citytest.Varied(t, map[string]string{
		"city.yaml":       base,
		"departments.csv": string(d["departments.csv"]) + "JOINT,联席会议办公室,Joint meeting,,,\n",
		"posts.csv":       string(d["posts.csv"]) + ",department:JOINT,arbiter,office,1,,,\n,department:JOINT,owner,office,1,,,\n",
	}), mem.Open())}
	name := w.reported(citytest.InspectorW1A, w.seen(wanggev1.Source_SOURCE_INSPECTOR, citytest.WaterCover, "2", citytest.InW1A)).GetName()
	return1 := &wanggev1.ReturnAct{Reason: wanggev1.ReturnReason_RETURN_REASON_NOT_MY_LINE}
	w.do(citytest.WaterOwner, name, return1)
	w.do(citytest.Dispatcher, name, &wanggev1.DispatchAct{Unit: "departments/GREEN"})
	disputed := w.do(citytest.GreenOwner, name, return1)
	if got := disputed.GetArbiter(); got != "areas/TOY" {
		t.Fatalf("%s rules, want the centre", got)
	}
	due := func(cs *wanggev1.Case) string {
		return cs.GetDueTime().AsTime().In(w.desk.City().Location).Format("01-02 15:04")
	}
	if due(disputed) != "03-05 09:00" {
		t.Errorf("the ruling is due %s, want one work day", due(disputed))
	}
	ruled := w.do(citytest.Arbiter, name, &wanggev1.ArbitrateAct{Unit: "departments/WATER"})
	if ruled.GetRulings() != 1 || ruled.GetStage() != wanggev1.Stage_STAGE_DISPATCHED {
		t.Fatalf("ruled: %v, %d rulings", ruled.GetStage(), ruled.GetRulings())
	}
	contested := w.do(citytest.WaterOwner, name, return1)
	if contested.GetStage() != wanggev1.Stage_STAGE_ARBITRATION || contested.GetArbiter() != "departments/JOINT" || due(contested) != "03-11 09:00" {
		t.Errorf("contested: %v, %s rules, due %s; want the joint meeting within five work days", contested.GetStage(), contested.GetArbiter(), due(contested))
	}
	last := w.do(citytest.GridOffice, name, &wanggev1.ArbitrateAct{Unit: "departments/GREEN"})
	if last.GetOwner().GetUnit() != "departments/GREEN" || last.GetRulings() != 2 {
		t.Errorf("ruled: %v, %d rulings", last.GetOwner(), last.GetRulings())
	}
}
