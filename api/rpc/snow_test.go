package rpc

import (
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/types/known/timestamppb"

	wanggev1 "wangge/api/wangge/v1"
	"wangge/dispatch/city/compile"
	"wangge/dispatch/city/roster"
	"wangge/dispatch/desk"
	"wangge/storage"
	"wangge/storage/mem"
)

// Streets of class A, B and C, from west to east, and ground off every street.
const (
	streetA, streetB, streetC, offStreet = 126.501, 126.5025, 126.5065, 126.5045
	snowStreets                          = `{"type":"FeatureCollection","features":[
{"type":"Feature","properties":{"id":"a","name":"中山路","department":"SAN","tier":"A","width_m":20},"geometry":{"type":"LineString","coordinates":[[126.501,45.701],[126.501,45.711]]}},
{"type":"Feature","properties":{"id":"b","name":"通江街","department":"SAN","tier":"B","width_m":20},"geometry":{"type":"LineString","coordinates":[[126.5025,45.701],[126.5025,45.711]]}},
{"type":"Feature","properties":{"id":"c","name":"三姓胡同","department":"SAN","tier":"C","width_m":10},"geometry":{"type":"LineString","coordinates":[[126.5065,45.701],[126.5065,45.711]]}}]}`
	snowLimits = `category,section_tier,campaign,grade,limit,limit_unit
E0507,A,snow,大雪,24,hours
E0507,B,snow,大雪,48,hours
E0507,C,snow,大雪,72,hours
E0507,A,snow,小雪,8,work_hours
E0507,B,snow,小雪,2,work_days
`
)

// snowFS is the town in winter: sanitation works every day of the year from six to six, streets have classes, and limits of
// snow count from its stop.
func snowFS(t *testing.T) fstest.MapFS {
	t.Helper()
	m := townFS(t)
	add := func(file, text string) { m[file] = &fstest.MapFile{Data: append(m[file].Data, text...)} }
	add("categories.csv", "E0507,event,市容,道路积雪积冰,Snow,B,4,work_hours\n")
	add("departments.csv", "SAN,环卫,Sanitation,,,0451-1\n")
	add("people.csv", "san,环卫负责人,0451-1000010\noffice,网格办,0451-1000011\n")
	add("posts.csv", "department:SAN,owner,san,1,,,\narea:town,grid_office,office,1,,,\n")
	add("calendar.yaml", `  - {name: sanitation, units: ["department:SAN"], weekend: [], hours: [{from: "06:00", to: "18:00"}], holidays_apply: false, require_holidays: false}`+"\n")
	m["rules.csv"] = &fstest.MapFile{Data: []byte(strings.Replace(string(m["rules.csv"].Data), "20,E01", "15,E0507,line:SAN,\n20,E01", 1))}
	m["campaigns.csv"] = &fstest.MapFile{Data: []byte("id,name,name_en,categories,grades,after_days,note\nsnow,降雪,the snow,E0507,小雪 中雪 大雪 暴雪,10,以雪为令\n")}
	m["sections.geojson"] = &fstest.MapFile{Data: []byte(snowStreets)}
	m["limits.csv"] = &fstest.MapFile{Data: []byte(snowLimits)}
	return m
}

// snowWorld serves the town in winter.
type snowWorld struct{ *townWorld }

func newSnowWorld(t *testing.T, store storage.Engine) *snowWorld {
	t.Helper()
	return snowWorldOf(t, snowFS(t), store)
}

func snowWorldOf(t *testing.T, m fstest.MapFS, store storage.Engine) *snowWorld {
	t.Helper()
	c, faults := compile.FS(m)
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	return &snowWorld{&townWorld{newWorldOf(t, c, store), c.Location}}
}

func (w *snowWorld) campaigns() wanggev1.CampaignServiceClient {
	return wanggev1.NewCampaignServiceClient(w.conn)
}

func (w *snowWorld) instant(text string) *timestamppb.Timestamp {
	w.t.Helper()
	at, err := time.ParseInLocation(townTime, text, w.loc)
	if err != nil {
		w.t.Fatal(err)
	}
	return timestamppb.New(at)
}

// sweep lets every open case follow.
func sweep(t testing.TB, d *desk.Desk, now time.Time) {
	t.Helper()
	for range 100 {
		more, err := d.SweepCampaigns(t.Context(), now)
		if err != nil {
			t.Fatal(err)
		}
		if !more {
			return
		}
	}
	t.Fatal("the sweep has no end")
}

func (w *snowWorld) start(person roster.PersonID, at string) {
	w.t.Helper()
	if _, err := w.campaigns().StartCampaign(w.as(person, "zh"), &wanggev1.StartCampaignRequest{Name: "campaigns/snow", StartTime: w.instant(at)}); err != nil {
		w.t.Fatal(err)
	}
	sweep(w.t, w.desk, w.Now())
}

func (w *snowWorld) stop(at, grade, note string) error {
	w.t.Helper()
	_, err := w.campaigns().StopCampaign(w.as("office", "zh"), &wanggev1.StopCampaignRequest{
		Name: "campaigns/snow", StopTime: w.instant(at), Grade: grade, Note: note,
	})
	if err == nil {
		sweep(w.t, w.desk, w.Now())
	}
	return err
}

func (w *snowWorld) get(name string) *wanggev1.Case {
	w.t.Helper()
	cs, err := w.cases().GetCase(w.as("duty", "zh"), &wanggev1.GetCaseRequest{Name: name})
	if err != nil {
		w.t.Fatal(err)
	}
	return cs
}

// due checks the deadline of a case, the row of limits.csv that gave it, and what is said about the campaign.
func (w *snowWorld) due(what, name, due, rule, text string) {
	w.t.Helper()
	cs := w.get(name)
	if got := w.clock(cs.GetDueTime()); got != due || cs.GetLimitRule() != rule || cs.GetCampaign().GetText() != text {
		w.t.Errorf("%s: due %s by %q, %q; want %s by %q, %q", what, got, cs.GetLimitRule(), cs.GetCampaign().GetText(), due, rule, text)
	}
}

// Snow that stops at six in the morning, on streets of class A, B and C: cases filed before, during and after it are due by
// class and grade, counted from six o'clock, to the minute.
func TestSnow_LimitsCountFromTheStop(t *testing.T) {
	t.Parallel()
	w := newSnowWorld(t, mem.Open())
	w.at("2026-11-30 10:00")
	before := w.report("before", "E0507", "", streetA).GetName()
	late := w.report("late", "E0507", "", offStreet).GetName()
	other := w.report("other", "E01", "", streetA).GetName()
	w.due("before the snow, by its own limit", before, "2026-11-30 14:00", "", "")
	w.at("2026-11-30 15:00")
	overdue := w.report("overdue", "E0507", "", streetB).GetName()
	w.start("duty", "2026-11-30 13:00") // entered two hours late
	w.due("paused", before, "none", "", "自 2026-11-30 13:00 起暂停计时：降雪进行中")
	w.due("paused from its dispatch", overdue, "none", "", "自 2026-11-30 15:00 起暂停计时：降雪进行中")
	w.due("another matter", other, "2026-11-30 16:00", "", "")
	w.at("2026-11-30 20:00")
	during := w.report("during", "E0507", "", streetB).GetName()
	w.due("filed during the snow", during, "none", "", "自 2026-11-30 20:00 起暂停计时：降雪进行中")
	d, err := w.cases().ExplainDeadline(w.as("duty", "zh"), &wanggev1.ExplainDeadlineRequest{Question: &wanggev1.ExplainDeadlineRequest_Name{Name: before}})
	if err != nil || !d.GetPaused() || d.GetDueTime() != nil || d.GetCountedTotal().AsDuration() != 3*time.Hour {
		t.Errorf("explained during the snow: %v, %v", d, err)
	}

	w.at("2026-12-01 07:30")
	if err := w.stop("2026-12-01 06:00", "大雪", "气象台通报"); err != nil {
		t.Fatal(err)
	}
	const from = "从 2026-12-01 06:00 降雪停止起算（大雪）"
	w.due("class A: 24 hours", before, "2026-12-02 06:00", "limits.csv:2", from)
	w.due("class B: 48 hours", during, "2026-12-03 06:00", "limits.csv:3", from)
	w.due("off every street: its own four work hours", late, "2026-12-01 10:00", "", from)
	w.at("2026-12-01 09:00")
	after := w.report("after", "E0507", "", streetC).GetName()
	w.due("class C, filed after the stop: 72 hours", after, "2026-12-04 06:00", "limits.csv:4", from)
	w.due("another matter stays", other, "2026-11-30 16:00", "", "")
	if d, err = w.cases().ExplainDeadline(w.as("duty", "zh"), &wanggev1.ExplainDeadlineRequest{Question: &wanggev1.ExplainDeadlineRequest_Name{Name: before}}); err != nil ||
		w.clock(d.GetStartTime()) != "2026-12-01 06:00" || d.GetCampaign().GetText() != from || d.GetLimitRule() != "limits.csv:2" ||
		d.GetCountedTotal().AsDuration() != 24*time.Hour {
		t.Errorf("explained after the snow: %v, %v", d, err)
	}

	// A wrong instant is corrected, with the reason; cases count from the second one.
	w.want(w.stop("2026-12-01 05:00", "大雪", ""), codes.InvalidArgument, "请说明原因")
	if err := w.stop("2026-12-01 05:00", "大雪", "气象台更正"); err != nil {
		t.Fatal(err)
	}
	w.due("corrected", before, "2026-12-02 05:00", "limits.csv:2", "从 2026-12-01 05:00 降雪停止起算（大雪）")
	k, err := w.campaigns().GetCampaign(w.as("duty", "zh"), &wanggev1.GetCampaignRequest{Name: "campaigns/snow"})
	if err != nil || len(k.GetChanges()) != 3 || k.GetState() != wanggev1.CampaignState_CAMPAIGN_STATE_STOPPED || k.GetMoving() ||
		k.GetChanges()[0].GetNote() != "气象台更正" || k.GetChanges()[2].GetPersonDisplayName() != "值班长" {
		t.Errorf("the campaign is %v, %v", k, err)
	}

	// Ten days later new cases have the ordinary limit.
	w.at("2026-12-11 06:00")
	w.due("after ten days", w.report("ordinary", "E0507", "", streetA).GetName(), "2026-12-11 10:00", "", "")
}

// Light snow: hours and days of the sanitation's own calendar, which has no weekend.
func TestSnow_WorkingTimeOfTheOwner(t *testing.T) {
	t.Parallel()
	w := newSnowWorld(t, mem.Open())
	w.at("2026-12-05 09:00") // a Saturday
	a, b := w.report("a", "E0507", "", streetA).GetName(), w.report("b", "E0507", "", streetB).GetName()
	w.start("boss", "2026-12-05 09:00")
	w.at("2026-12-06 07:00")
	if err := w.stop("2026-12-06 06:00", "小雪", ""); err != nil {
		t.Fatal(err)
	}
	const from = "从 2026-12-06 06:00 降雪停止起算（小雪）"
	w.due("class A: eight work hours of a Sunday", a, "2026-12-06 14:00", "limits.csv:5", from)
	w.due("class B: two work days", b, "2026-12-07 18:00", "limits.csv:6", from)
}
