package rpc

import (
	"slices"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/types/known/timestamppb"

	wanggev1 "wangge/api/wangge/v1"
	"wangge/dispatch/city/catalog"
	"wangge/dispatch/city/citytest"
	"wangge/grid"
)

// floods is an office of the toy city, in which a deep flood sends the inspector of the ground to the place.
func floods(t *testing.T) *office {
	t.Helper()
	return newOfficeOf(t, citytest.Varied(t, map[string]string{
		"conditions.csv": "code,condition,name,severity,limit,limit_unit,closing,milestone,after,by\n" +
			"C0101,1,盖体缺失,A,2,hours,换盖,,,\nC0101,1,围挡,A,1,hours,已围挡,fence,,\nC0101,2,盖体破损,B,4,work_hours,换盖,,,\n" +
			"E0201,1,积水,A,2,hours,排水,,,\nE0201,1,到场,A,30,minutes,到场,arrive,,owner co_owners inspector\n" +
			"E0201,2,轻微积水,C,4,work_hours,排水,,,\n",
	}))
}

// called files a hotline report, dispatches the case, and returns the case with the notices of the dispatch by person.
func (o *office) called(id string, category catalog.Code, condition string, at grid.Point) (string, map[string]string) {
	o.t.Helper()
	resp, err := o.reports().CreateReport(o.as(citytest.Acceptor, "zh"), &wanggev1.CreateReportRequest{Report: &wanggev1.Report{
		ClientId: id, Category: string(category), Condition: condition, Source: wanggev1.Source_SOURCE_HOTLINE, Text: "路口积水",
		CaptureTime: timestamppb.New(o.Now()),
		Position:    &wanggev1.Position{Latitude: at.Lat, Longitude: at.Lng, Datum: wanggev1.Datum_DATUM_WGS84, AccuracyM: 5},
	}})
	if err != nil {
		o.t.Fatal(err)
	}
	o.told()
	name := resp.GetCase().GetName()
	o.does("acceptor", name, "属实", &wanggev1.AcceptAct{Condition: condition})
	return name, o.does("dispatcher", name, "", &wanggev1.DispatchAct{})
}

func (o *office) read(name string) *wanggev1.Case {
	o.t.Helper()
	cs, err := o.cases().GetCase(o.as(citytest.Mayor, "zh"), &wanggev1.GetCaseRequest{Name: name})
	if err != nil {
		o.t.Fatal(err)
	}
	return cs
}

// The desk finds that a puddle is a flood: the inspector who has to arrive within 30 minutes is told in the same commit, and is
// told when the flood turns out to be a puddle after all.
func TestTold_InspectorSentByAReclassification(t *testing.T) {
	t.Parallel()
	o := floods(t)
	name, told := o.called("a", citytest.Flooding, "2", citytest.InW1A)
	if told["inspector-w1a"] != "" {
		t.Errorf("told of a puddle: %v", told)
	}
	told = o.does("dispatcher", name, "水深半米", &wanggev1.ReclassifyAct{Condition: "1"})
	awaited := slices.ContainsFunc(o.read(name).GetWaits(), func(w *wanggev1.Wait) bool { return slices.Contains(w.GetPeople(), "people/inspector-w1a") })
	if !awaited || told["inspector-w1a"] != "到场任务" {
		t.Errorf("awaited: %v, told: %v; want the inspector among both", awaited, told)
	}
	if told = o.does("dispatcher", name, "改派", &wanggev1.RerouteAct{Unit: "departments/GREEN"}); told["inspector-w1a"] != "" {
		t.Errorf("another owner, the same flood: told %v, want the inspector not told again", told)
	}
	if told = o.does("dispatcher", name, "仅路面湿滑", &wanggev1.ReclassifyAct{Condition: "2"}); told["inspector-w1a"] != "取消到场" {
		t.Errorf("a puddle again: told %v, want the inspector among them", told)
	}
}

// An inspector is on the way. The case is void, merged, returned or closed by force: the inspector is told, once. An
// inspector who has arrived before is not told.
func TestTold_SentInspectorIsRecalled(t *testing.T) {
	t.Parallel()
	ends := map[string]func(o *office, name, other string) map[string]string{
		"void": func(o *office, name, _ string) map[string]string {
			return o.does("chief", name, "误报", &wanggev1.VoidAct{})
		},
		"return": func(o *office, name, _ string) map[string]string {
			return o.does("water-owner", name, "", &wanggev1.ReturnAct{Reason: wanggev1.ReturnReason_RETURN_REASON_NOT_MY_LINE})
		},
		"merge": func(o *office, name, other string) map[string]string {
			return o.does("dispatcher", name, "", &wanggev1.MergeAct{Target: other})
		},
		"force": func(o *office, name, _ string) map[string]string {
			o.does("chief", name, "误报", &wanggev1.ForceCloseAct{})
			return o.does("mayor", name, "同意", &wanggev1.ForceCloseAct{})
		},
	}
	for how, end := range ends {
		for _, arrived := range []bool{false, true} {
			o := floods(t)
			other, _ := o.called("first", citytest.Flooding, "1", citytest.InW1A)
			name, told := o.called("a", citytest.Flooding, "1", citytest.InW1A)
			if told["inspector-w1a"] != "到场任务" {
				t.Fatalf("told of the dispatch: %v", told)
			}
			want := "取消到场"
			if arrived {
				want = ""
				o.does("inspector-w1a", name, "", &wanggev1.CompleteMilestoneAct{Milestone: "arrive", PhotoHashes: []string{photo}})
			}
			if got := end(o, name, other)["inspector-w1a"]; got != want {
				t.Errorf("%s, arrived: %v: the inspector is told %q, want %q", how, arrived, got, want)
			}
			for _, m := range o.read(name).GetMilestones() {
				if m.GetClock().GetRunning() {
					t.Errorf("%s: the clock of %s runs", how, m.GetId())
				}
			}
			if how != "merge" {
				continue
			}
			want = "到场任务"
			if arrived {
				want = ""
			}
			if got := o.does("dispatcher", name, "两处积水", &wanggev1.UnmergeAct{})["inspector-w1a"]; got != want {
				t.Errorf("unmerged, arrived: %v: the inspector is told %q, want %q", arrived, got, want)
			}
		}
	}
}

// A case is closed while the part of a co-owner is open: the co-owner is told that the part ends, and the clock stands.
func TestTold_CoOwnerOfTheClosing(t *testing.T) {
	t.Parallel()
	o := newOfficeOf(t, citytest.Toy(t))
	name, _ := o.called("a", citytest.Flooding, "", citytest.InW1A)
	o.does("water-crew", name, "", &wanggev1.StartAct{})
	o.does("water-crew", name, "", &wanggev1.ResolveAct{PhotoHashes: []string{photo}})
	at := &wanggev1.Position{Latitude: citytest.InW1A.Lat, Longitude: citytest.InW1A.Lng, Datum: wanggev1.Datum_DATUM_WGS84, AccuracyM: 5}
	o.does("inspector-w1a", name, "", &wanggev1.CheckAct{Passed: new(true), Position: at})
	told := o.does("acceptor", name, "", &wanggev1.CloseAct{Closing: "排水", Outcome: wanggev1.Outcome_OUTCOME_FIXED})
	o.setNow(o.Now().Add(24 * time.Hour))
	if k := o.read(name).GetCoOwnerWork()[0].GetClock(); told["leader-w"] != "结案" || k.GetRunning() || k.GetOverdue() {
		t.Errorf("closed: told %v, the clock of the part is %v", told, k)
	}
}

// Two superiors supervise: both are told of the answer, each once, and of a later answer only those who asked again.
func TestTold_EverySupervisorOfTheAnswer(t *testing.T) {
	t.Parallel()
	o := newOfficeOf(t, citytest.Toy(t))
	name, _ := o.called("a", citytest.Rubbish, "", citytest.InE1A)
	const english = "[Supervision answered] Rubbish, case 20260304-000001" // the leader reads English
	supervise := func(person string) { o.does(person, name, "今日办结", &wanggev1.SuperviseAct{}) }
	supervise("mayor")
	supervise("leader-e")
	supervise("mayor")
	o.want(o.does("grid-e1a", name, "正在清", &wanggev1.AnswerAct{}), "mayor 督办回复", "leader-e "+english)
	supervise("leader-e")
	o.want(o.does("grid-e1a", name, "已清", &wanggev1.AnswerAct{}), "leader-e "+english)
}

// A reason of blanks is none, and one photo does not show both before and after.
func TestActs_EmptyWords(t *testing.T) {
	t.Parallel()
	o := newOfficeOf(t, citytest.Toy(t))
	name, _ := o.called("a", citytest.Rubbish, "", citytest.InE1A)
	for _, blank := range []string{"", "   ", "\u3000\n"} {
		_, err := o.actOn(o.as(citytest.Mayor, "zh"), name, "s", caseAct(blank, &wanggev1.SuperviseAct{}))
		o.world.want(err, codes.InvalidArgument, "note")
	}
	_, err := o.reports().CreateReport(o.as(citytest.InspectorW1A, "zh"), &wanggev1.CreateReportRequest{Report: &wanggev1.Report{
		ClientId: "s", Category: string(citytest.Rubbish), Source: wanggev1.Source_SOURCE_INSPECTOR, CaptureTime: timestamppb.New(o.Now()), Text: "已清",
		PhotoHashes: []string{photo}, AfterPhotoHashes: []string{photo},
		Position: &wanggev1.Position{Latitude: citytest.InW1A.Lat, Longitude: citytest.InW1A.Lng, Datum: wanggev1.Datum_DATUM_WGS84, AccuracyM: 5},
	}})
	o.world.want(err, codes.InvalidArgument, "after_photo_hashes")
}
