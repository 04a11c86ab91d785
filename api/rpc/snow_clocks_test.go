package rpc

import (
	"strings"
	"testing"

	wanggev1 "wangge/api/wangge/v1"
	"wangge/storage/mem"
)

// After the snow a case is put under another condition of its category, in another unit of time: the limit still counts from
// the stop, by the row of the campaign, and the case says so. The snow goes on for a case that is paused.
func TestSnow_AnotherConditionStaysInTheCampaign(t *testing.T) {
	t.Parallel()
	m := snowFS(t)
	m["conditions.csv"].Data = append(m["conditions.csv"].Data, "E0507,1,积雪,B,4,work_hours,清雪,,\nE0507,2,积冰,B,2,work_days,清冰,,\n"...)
	w := snowWorldOf(t, m, mem.Open())
	w.at("2026-12-01 10:00")
	name := w.report("a", "E0507", "1", streetA).GetName()
	reclassify := func(id, condition string) {
		t.Helper()
		if _, err := w.cases().ActOnCase(w.as("duty", "zh"), &wanggev1.ActOnCaseRequest{Name: name, RequestId: id, Act: &wanggev1.CaseAct{
			Act: &wanggev1.CaseAct_Reclassify{Reclassify: &wanggev1.ReclassifyAct{Condition: condition}}, Note: "冰",
		}}); err != nil {
			t.Fatal(err)
		}
	}
	w.at("2026-12-01 11:00")
	w.start("duty", "2026-12-01 11:00")
	w.at("2026-12-01 13:00")
	reclassify("r1", "2")
	if cs := w.get(name); cs.GetDueTime() != nil || !strings.HasSuffix(cs.GetCampaign().GetText(), "起暂停计时：降雪进行中") {
		t.Errorf("in the snow: due %s, %q; want the clock paused", w.clock(cs.GetDueTime()), cs.GetCampaign().GetText())
	}
	w.at("2026-12-02 07:00")
	if err := w.stop("2026-12-02 06:00", "大雪", "见记录"); err != nil {
		t.Fatal(err)
	}
	const text = "从 2026-12-02 06:00 降雪停止起算（大雪）"
	w.due("after the stop", name, "2026-12-03 06:00", "limits.csv:2", text)
	w.at("2026-12-02 09:00")
	reclassify("r2", "1")
	w.due("under another condition", name, "2026-12-03 06:00", "limits.csv:2", text)
	sweep(t, w.desk, w.Now())
	w.due("after the next sweep", name, "2026-12-03 06:00", "limits.csv:2", text)
}

// The limit of a case that no row of the campaign names changes its unit after the stop: what was used since the stop counts.
func TestSnow_AnotherUnitCountsFromTheStop(t *testing.T) {
	t.Parallel()
	m := snowFS(t)
	m["conditions.csv"].Data = append(m["conditions.csv"].Data, "E0507,1,积雪,B,4,work_hours,清雪,,\nE0507,2,积冰,B,24,hours,清冰,,\n"...)
	w := snowWorldOf(t, m, mem.Open())
	w.at("2026-12-01 10:00")
	name := w.report("a", "E0507", "1", offStreet).GetName()
	w.start("duty", "2026-12-01 10:00")
	w.at("2026-12-02 07:00")
	if err := w.stop("2026-12-02 06:00", "大雪", "见记录"); err != nil {
		t.Fatal(err)
	}
	const text = "从 2026-12-02 06:00 降雪停止起算（大雪）"
	w.due("after the stop", name, "2026-12-02 10:00", "", text)
	w.at("2026-12-02 09:00")
	if _, err := w.cases().ActOnCase(w.as("duty", "zh"), &wanggev1.ActOnCaseRequest{Name: name, RequestId: "r", Act: &wanggev1.CaseAct{
		Act: &wanggev1.CaseAct_Reclassify{Reclassify: &wanggev1.ReclassifyAct{Condition: "2"}}, Note: "冰",
	}}); err != nil {
		t.Fatal(err)
	}
	w.due("under another condition", name, "2026-12-03 06:00", "", text)
}

// A case that is put under the matter after the stop counts from the stop, as one of the matter would that was dispatched when it
// was: also when its limit was in another unit of time, and when the act is the second of its kind.
func TestSnow_CaseThatEntersTheMatterCountsFromTheStop(t *testing.T) {
	t.Parallel()
	m := snowFS(t)
	m["categories.csv"].Data = append(m["categories.csv"].Data, "E0508,event,市容,路面油污,Oil,C,3,hours\n"...)
	w := snowWorldOf(t, m, mem.Open())
	reclassify := func(name, id, category string) {
		t.Helper()
		if _, err := w.cases().ActOnCase(w.as("duty", "zh"), &wanggev1.ActOnCaseRequest{Name: name, RequestId: id, Act: &wanggev1.CaseAct{
			Act: &wanggev1.CaseAct_Reclassify{Reclassify: &wanggev1.ReclassifyAct{Category: category}}, Note: "是雪",
		}}); err != nil {
			t.Fatal(err)
		}
	}
	const text = "从 2026-12-01 06:00 降雪停止起算（大雪）"
	w.at("2026-12-01 05:00")
	before := w.report("before", "E0508", "", streetA).GetName()
	w.start("duty", "2026-12-01 05:00")
	w.at("2026-12-01 06:30")
	if err := w.stop("2026-12-01 06:00", "大雪", ""); err != nil {
		t.Fatal(err)
	}
	w.at("2026-12-01 07:00")
	hours, work := w.report("hours", "E0508", "", streetA).GetName(), w.report("work", "E01", "", streetA).GetName()
	w.at("2026-12-01 07:30")
	reclassify(before, "r1", "E0507")
	w.due("dispatched before the stop", before, "2026-12-02 06:00", "limits.csv:2", text)
	reclassify(hours, "r2", "E0507")
	w.due("in hours", hours, "2026-12-02 06:00", "limits.csv:2", text)
	reclassify(work, "r3", "E0507")
	w.due("in work hours", work, "2026-12-02 06:00", "limits.csv:2", text)
	w.at("2026-12-11 07:00")
	late := w.report("late", "E0508", "", streetA).GetName()
	w.at("2026-12-11 07:30")
	reclassify(late, "r4", "E0507")
	if cs := w.get(late); cs.GetCampaign() != nil || cs.GetLimitRule() != "" {
		t.Errorf("dispatched after the ten days: %v by %s", cs.GetCampaign(), cs.GetLimitRule())
	}
}

// Milestones that each unit reaches for itself count from the stop on the calendar of their own unit: sanitation works every day
// from six, water on working days from eight.
func TestSnow_MilestonesCountOnTheirUnitsCalendar(t *testing.T) {
	t.Parallel()
	m := snowFS(t)
	m["conditions.csv"].Data = []byte("code,condition,name,severity,limit,limit_unit,closing,milestone,after,by\n" +
		"E0507,1,积雪,B,4,work_hours,清雪,,,\nE0507,1,到场,B,2,work_hours,到场,arrive,,owner co_owners\n")
	m["rules.csv"].Data = []byte(strings.Replace(string(m["rules.csv"].Data), "15,E0507,line:SAN,", "15,E0507,line:SAN,line:WATER(清障)", 1))
	w := snowWorldOf(t, m, mem.Open())
	w.at("2026-12-04 09:00") // a Friday
	name := w.report("a", "E0507", "1", streetA).GetName()
	w.start("duty", "2026-12-04 09:00")
	w.at("2026-12-07 07:00")
	if err := w.stop("2026-12-07 06:00", "小雪", "见记录"); err != nil { // a Monday
		t.Fatal(err)
	}
	got := map[string]string{}
	for _, s := range w.get(name).GetMilestones() {
		got[s.GetUnit()] = w.clock(s.GetClock().GetDueTime())
	}
	if len(got) != 2 || got["departments/SAN"] != "2026-12-07 08:00" || got["departments/WATER"] != "2026-12-07 10:00" {
		t.Errorf("after the stop the units are to arrive by %v, want 08:00 and 10:00", got)
	}
}
