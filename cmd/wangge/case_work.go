package main

import (
	"strings"
	"time"

	wanggev1 "wangge/api/wangge/v1"
	"wangge/dispatch"
	"wangge/dispatch/i18n"
)

// work prints what runs beside the lead owner's clock; people are names by id.
func (p printer) work(cs *wanggev1.Case, people map[string]string) {
	due := func(k *wanggev1.WorkClock) string {
		if k.GetDueTime() == nil {
			return p.in("not begun", "未开始")
		}
		late := ""
		if k.GetOverdue() {
			late = p.in(" LATE", "，已超时")
		}
		return limitText(k.GetLimit()).In(p.lang) + p.in(", due %s", "，时限 %s", p.minute(k.GetDueTime())) + late
	}
	for _, o := range cs.GetOffers() {
		p.line("  you may %-20s %s", "  可执行 %s  %s", actText(o.GetAct()), flags(o.GetNeeds()))
	}
	for _, m := range cs.GetMilestones() {
		state := due(m.GetClock())
		if m.GetReachTime() != nil {
			state = p.in("reached %s by %s", "%s 由 %s 完成", p.minute(m.GetReachTime()), named(people[m.GetReachedBy()], m.GetReachedBy()))
		}
		p.line("  milestone %s %s: %s", "  节点 %s %s：%s", m.GetId(), m.GetDisplayName(), state)
	}
	names := map[string]string{}
	for _, o := range cs.GetCoOwners() {
		names[o.GetUnit()] = o.GetUnitDisplayName()
	}
	for _, o := range cs.GetCoOwnerWork() {
		state := p.in("stands by", "待命")
		if o.GetClock() != nil {
			state = o.GetDuty() + p.in(": ", "：") + due(o.GetClock())
		}
		if o.GetDoneTime() != nil {
			state = p.in("done by %s", "%s 已完成", named(people[o.GetDoneBy()], o.GetDoneBy()))
		}
		p.line("  co-owner %s: %s", "  协办 %s：%s", named(names[o.GetUnit()], o.GetUnit()), state)
	}
	for _, row := range []struct {
		label i18n.Text
		value string
	}{
		{i18n.F("asked for", "待审批"), dispatch.RequestText(enumWord(cs.GetAsked().String(), "APPROVAL_KIND_")).In(p.lang)},
		{i18n.F("merged into", "已并入"), cs.GetMergedInto()},
		{i18n.F("said to repeat", "上报人称重复于"), cs.GetProposedDuplicateOf()},
		{i18n.F("part of", "所属专案"), cs.GetGroup()},
		{i18n.F("reopens", "重新立案自"), cs.GetReopens()},
		{i18n.F("reopened as", "已重新立案为"), cs.GetReopenedAs()},
		{i18n.F("appeal", "申诉"), dispatch.AppealText(enumWord(cs.GetAppeal().String(), "APPEAL_STATE_")).In(p.lang)},
		{i18n.F("ruled by", "裁定单位"), cs.GetJudge()},
		{i18n.F("limit by", "时限依据"), cs.GetLimitRule()},
		{i18n.F("outcome", "结案结果"), dispatch.Outcome(cs.GetOutcome()).Text().In(p.lang)},
	} {
		if row.value != "" {
			p.line("  %s %s", "  %s %s", row.label, row.value)
		}
	}
	if skew := time.Duration(cs.GetClockSkewSeconds()) * time.Second; skew != 0 {
		side, by := i18n.F("ahead", "快"), i18n.Lasting(skew.Abs())
		if skew < 0 {
			side = i18n.F("behind", "慢")
		}
		p.line("  the reporter's clock was %[1]s by %[2]s; captured %[3]s by ours", "  上报人手机时钟偏%[1]s %[2]s；按系统时钟采集于 %[3]s", side.In(p.lang), by.In(p.lang), p.minute(cs.GetCapturedTime()))
	}
	if age := time.Duration(cs.GetCaptureAgeSeconds()) * time.Second; age > 0 {
		p.line("  captured %[1]s before it was received, on %[2]s; look whether it is still so", "  采集于收到前 %[1]s（%[2]s）；请核实现状", i18n.Lasting(age).In(p.lang), p.minute(cs.GetCapturedTime()))
	}
	if cs.GetResumeTime() != nil {
		p.line("  goes on %s", "  恢复处置 %s", p.minute(cs.GetResumeTime()))
	}
	if cs.GetSupervised() {
		p.line("  supervised, and not answered yet", "  已督办，尚未回复")
	}
}

// words prints what was reported: the text, the place, the photos, and who reported; people are names by id.
func (p printer) words(cs *wanggev1.Case, people map[string]string) {
	r := cs.GetReport()
	if r.GetText() != "" {
		p.line("  %s", "  %s", r.GetText())
	}
	var areas []string
	for _, a := range cs.GetPlace().GetAreas() {
		areas = append(areas, named(a.GetDisplayName(), a.GetId()))
	}
	at := r.GetPosition()
	if cs.GetPlace().GetUnlocated() {
		p.line("  place %s; no position", "  位置 %s；无位置", strings.Join(areas, " > "))
	} else {
		p.line("  place %s; %.6f,%.6f (%s)", "  位置 %s；%.6f,%.6f（%s）", strings.Join(areas, " > "), at.GetLatitude(), at.GetLongitude(), strings.ToLower(strings.TrimPrefix(at.GetDatum().String(), "DATUM_")))
	}
	p.line("  condition %s, severity %s", "  立案条件 %s，等级 %s", cs.GetCondition(), strings.TrimPrefix(cs.GetSeverity().String(), "SEVERITY_"))
	p.line("  seen %s, reported %s by %s", "  发现 %s，上报 %s，上报人 %s", p.minute(r.GetCapturedTime()), p.minute(cs.GetCreateTime()), orDash(named(people[cs.GetReporter()], cs.GetReporter())))
	for _, hash := range r.GetPhotoHashes() {
		p.line("  photo %s", "  照片 %s", hash)
	}
	for _, hash := range r.GetAfterPhotoHashes() {
		p.line("  photo after the work %s", "  处置后照片 %s", hash)
	}
}

func orDash(text string) string {
	if text == "" {
		return "-"
	}
	return text
}

// flags are the fields that an act needs, as they are typed.
func flags(fields []string) string {
	out := make([]string, len(fields))
	for i, f := range fields {
		if out[i] = "--" + f; flagOf[f] != "" {
			out[i] = "--" + flagOf[f]
		}
	}
	return strings.Join(out, " ")
}

// event prints what happened to a case; people are names by id.
func (p printer) event(e *wanggev1.CaseEvent, people map[string]string) {
	actor, more := orDash(named(e.GetActorDisplayName(), e.GetActor())), ""
	if e.GetLight() != "" {
		more += "  " + dispatch.LightText(e.GetLight()).In(p.lang)
	}
	if r := dispatch.ReturnReason(e.GetReason()).Text().In(p.lang); r != "" {
		more += "  " + r
	}
	if told := strings.Join(e.GetTold(), " "); told != "" {
		more += p.in("  told %s", "  通知 %s", told)
	}
	for _, row := range []struct {
		label i18n.Text
		value string
	}{
		{i18n.F("to", "承办"), e.GetUnit()},
		{i18n.F("handler", "处置人"), named(people[e.GetHandler()], e.GetHandler())},
		{i18n.F("closing condition", "结案条件"), e.GetClosing()},
		{i18n.F("outcome", "结案结果"), dispatch.Outcome(e.GetOutcome()).Text().In(p.lang)},
		{i18n.F("case", "案件"), e.GetOther()},
		{i18n.F("milestone", "节点"), e.GetMilestone()},
	} {
		if row.value != "" {
			more += "  " + row.label.In(p.lang) + " " + row.value
		}
	}
	if e.GetUntil() != nil {
		more += p.in("  until %s", "  至 %s", p.minute(e.GetUntil()))
	}
	if n := len(e.GetPhotoHashes()); n > 0 {
		more += p.in("  %d photos", "  照片 %d 张", n)
	}
	if e.GetNote() != "" {
		more += p.in(": %s", "：%s", e.GetNote())
	}
	p.line("  %s  %-13s %s%s", "  %s  %s  %s%s", e.GetTime().AsTime().In(p.zone).Format(time.DateTime), dispatch.EventText(e.GetKind()), actor, more)
}
