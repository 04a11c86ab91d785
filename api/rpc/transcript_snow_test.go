package rpc

import (
	"strings"
	"testing"

	"google.golang.org/protobuf/types/known/timestamppb"

	wanggev1 "wangge/api/wangge/v1"
	"wangge/dispatch/city"
	"wangge/dispatch/city/roster"
)

// snowDirectory is the town in winter as a directory, with people as a desk meets them.
func snowDirectory(t *testing.T) city.Directory {
	t.Helper()
	dir := city.Directory{}
	for name, f := range snowFS(t) {
		dir[name] = f.Data
	}
	names := strings.NewReplacer("城市领导", "王建国", "值班长", "赵敏", "受理员", "孙丽", "派遣员", "周涛", "核查员", "吴芳", "采集员", "李强", "环卫负责人", "梁桂芝", "网格办", "高文")
	dir["people.csv"] = []byte(names.Replace(string(dir["people.csv"])))
	return dir
}

// snowOn is snow on a street of the old town, seen by the inspector.
func (r *transcript) snowOn(id, text, address string, lng float64) string {
	r.t.Helper()
	return r.reports("eyes", &wanggev1.Report{
		ClientId: id, Category: "E0507", Source: wanggev1.Source_SOURCE_INSPECTOR, Text: text, Address: address, CaptureTime: timestamppb.New(r.Now()),
		Position: &wanggev1.Position{Latitude: 45.706, Longitude: lng, Datum: wanggev1.Datum_DATUM_WGS84, AccuracyM: 5},
	}).GetName()
}

// campaign records the start or stop of the snow by a person, and its notices.
func (r *transcript) campaign(k *wanggev1.Campaign, err error) {
	r.t.Helper()
	if err != nil {
		r.refused(err)
		return
	}
	sweep(r.t, r.desk, r.Now())
	last := k.GetLast()
	state := "进行中"
	if last.GetStopTime() != nil {
		state = last.GetGrade() + "，" + r.clock(last.GetStopTime()) + " 停止"
	}
	r.line("  答复：%s，%s 开始，%s", k.GetDisplayName(), r.clock(last.GetStartTime()), state)
	r.tells()
}

func (r *transcript) snows(person roster.PersonID, at string) {
	r.t.Helper()
	r.begins(person, "登记降雪于 "+at+" 开始")
	k, err := r.campaignService().StartCampaign(r.as(person, "zh"), &wanggev1.StartCampaignRequest{Name: "campaigns/snow", StartTime: timestamppb.New(r.instant(at))})
	r.campaign(k, err)
}

func (r *transcript) snowStops(person roster.PersonID, at, grade, note string) {
	r.t.Helper()
	what := "登记" + grade + "于 " + at + " 停止"
	if note != "" {
		what += "：“" + note + "”"
	}
	r.begins(person, what)
	k, err := r.campaignService().StopCampaign(r.as(person, "zh"), &wanggev1.StopCampaignRequest{
		Name: "campaigns/snow", StopTime: timestamppb.New(r.instant(at)), Grade: grade, Note: note,
	})
	r.campaign(k, err)
}

func (r *transcript) campaignService() wanggev1.CampaignServiceClient {
	return wanggev1.NewCampaignServiceClient(r.conn)
}

// dueOf checks the deadline of a case and what is said of the campaign, and records the case and how its deadline counts.
func (r *transcript) dueOf(name, due, text string) {
	r.t.Helper()
	cs := r.sees("duty", name)
	got := "暂停"
	if cs.GetDueTime() != nil {
		got = r.clock(cs.GetDueTime())
	}
	if got != due || cs.GetCampaign().GetText() != text {
		r.t.Errorf("%s is due %s, %q; want %s, %q", name, got, cs.GetCampaign().GetText(), due, text)
	}
	r.line("  时限：%s", cs.GetCampaign().GetText())
}

// Snow that stops at six in the morning, on streets of class A, B and C. Cases stand still while it snows, and are due by class
// and grade from six o'clock, also when six was entered wrongly at first. Class A is cleared in time, class B late.
func TestTranscript_Snow(t *testing.T) {
	t.Parallel()
	r := newTranscript(t, "snow", "大雪 06:00 停止：A、B、C 类街道各按类别计算清雪时限", "2026-11-30 16:00", snowDirectory(t))
	shot := []string{strings.Repeat("ab", 32)}
	a := r.snowOn("s-1", "路面积雪，开始结冰", "中山路 12 号门前", streetA)
	r.remark("尚未开始的降雪不能预先登记；开始后案件暂停计时")
	r.snows("duty", "2026-11-30 16:30")
	r.at("2026-11-30 16:40")
	r.snows("duty", "2026-11-30 16:30")
	const paused = "起暂停计时：降雪进行中"
	r.dueOf(a, "暂停", "自 2026-11-30 16:30 "+paused)
	r.at("2026-11-30 20:00")
	b := r.snowOn("s-2", "积雪约 10 厘米", "通江街 5 号门前", streetB)
	r.dueOf(b, "暂停", "自 2026-11-30 20:00 "+paused)
	r.at("2026-12-01 07:30")
	r.snowStops("office", "2026-12-01 05:00", "大雪", "气象台电话通报")
	r.remark("登记有误的停止时刻须说明原因方可更正，案件随之重新起算")
	r.snowStops("office", "2026-12-01 06:00", "大雪", "")
	r.snowStops("office", "2026-12-01 06:00", "大雪", "气象台书面通报更正为 06:00")
	const from = "从 2026-12-01 06:00 降雪停止起算（大雪）"
	r.dueOf(a, "2026-12-02 06:00", from)
	r.dueOf(b, "2026-12-03 06:00", from)
	r.at("2026-12-01 09:00")
	c := r.snowOn("s-3", "背街积雪未清", "三姓胡同 3 号门前", streetC)
	r.dueOf(c, "2026-12-04 06:00", from)
	clear := func(name, note string) {
		t.Helper()
		cs := r.acts("san", name, note, &wanggev1.ResolveAct{PhotoHashes: shot})
		r.acts("look", name, "", &wanggev1.CheckAct{Passed: new(true), Position: cs.GetReport().GetPosition()})
		r.acts("desk", name, "", &wanggev1.CloseAct{Closing: "路面见底，残雪清运", Outcome: wanggev1.Outcome_OUTCOME_FIXED})
	}
	for _, name := range []string{a, b, c} {
		r.acts("san", name, "", &wanggev1.StartAct{})
	}
	r.at("2026-12-01 21:00")
	clear(a, "机械清雪三遍，路面见底")
	r.at("2026-12-03 08:00")
	clear(b, "人工清冰，路面见底")
	r.at("2026-12-03 16:00")
	clear(c, "胡同残雪清运完毕")
	for _, name := range []string{a, b, c} {
		r.history("boss", name)
	}
}
