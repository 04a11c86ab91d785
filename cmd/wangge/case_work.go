package main

import (
	"strings"
	"time"
	"wangge/dispatch"
	"wangge/dispatch/say"

	wanggev1 "wangge/api/wangge/v1"
)

// work prints what runs beside the lead owner's clock.
func (p printer) work(cs *wanggev1.Case) {
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
			state = p.in("reached %s by %s", "%s 由 %s 完成", p.minute(m.GetReachTime()), m.GetReachedBy())
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
			state = p.in("done by %s", "%s 已完成", o.GetDoneBy())
		}
		p.line("  co-owner %s: %s", "  协办 %s：%s", named(names[o.GetUnit()], o.GetUnit()), state)
	}
	for _, row := range []struct {
		label say.Text
		value string
	}{
		{say.F("asked for", "待审批"), dispatch.RequestText(cs.GetAsked()).In(p.lang)},
		{say.F("merged into", "已并入"), cs.GetMergedInto()},
		{say.F("said to repeat", "上报人称重复于"), cs.GetProposedDuplicateOf()},
		{say.F("part of", "所属专案"), cs.GetGroup()},
		{say.F("reopens", "重新立案自"), cs.GetReopens()},
		{say.F("reopened as", "已重新立案为"), cs.GetReopenedAs()},
		{say.F("appeal", "申诉"), dispatch.AppealText(cs.GetAppeal()).In(p.lang)},
		{say.F("ruled by", "裁定单位"), cs.GetJudge()},
		{say.F("limit by", "时限依据"), cs.GetLimitRule()},
		{say.F("outcome", "结案结果"), dispatch.Outcome(cs.GetOutcome()).Text().In(p.lang)},
	} {
		if row.value != "" {
			p.line("  %s %s", "  %s %s", row.label, row.value)
		}
	}
	if cs.GetResumeTime() != nil {
		p.line("  goes on %s", "  恢复处置 %s", p.minute(cs.GetResumeTime()))
	}
	if cs.GetSupervised() {
		p.line("  supervised, and not answered yet", "  已督办，尚未回复")
	}
}

// flagOf are the flags of case act that are not called like the field that they fill.
var flagOf = map[string]string{"photo_hashes": "photo", "position": "at", "radius_m": "radius"}

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

// event prints what happened to a case.
func (p printer) event(e *wanggev1.CaseEvent) {
	actor := e.GetActor()
	if actor == "" {
		actor = "-"
	}
	more := ""
	if e.GetLight() != "" {
		more += "  " + dispatch.LightText(e.GetLight()).In(p.lang)
	}
	if r := dispatch.ReturnReason(e.GetReason()).Text().In(p.lang); r != "" {
		more += "  " + r
	}
	if told := strings.Join(e.GetTold(), " "); told != "" {
		more += p.in("  told %s", "  通知 %s", told)
	}
	p.line("  %s  %-13s %s%s", "  %s  %s  %s%s", e.GetTime().AsTime().In(p.zone).Format(time.DateTime), dispatch.EventText(e.GetKind()), actor, more)
}
