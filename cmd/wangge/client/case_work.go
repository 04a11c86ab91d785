package client

import (
	"strings"
	"time"

	"wangge/api/resource"
	"wangge/cmd/wangge/cli"
	"wangge/cmd/wangge/client/remote"
	"wangge/dispatch"
	"wangge/dispatch/i18n"

	wanggev1 "wangge/api/wangge/v1"
)

// status prints what a case waits for besides the clock of its lead owner. people are names of people by their names on the wire.
func (p casePrinter) status(cs *wanggev1.Case, people map[string]string) {
	due := func(k *wanggev1.WorkClock) string {
		if k.GetDueTime() == nil {
			return p.In("not begun", "未开始")
		}
		late := ""
		if k.GetOverdue() {
			late = p.In(" LATE", "，已超时")
		}
		return limitText(k.GetLimit()).In(p.Lang) + p.In(", due %s", "，时限 %s", p.minute(k.GetDueTime())) + late
	}
	for _, o := range cs.GetOffers() {
		p.Line("  you may %-20s %s", "  可执行 %s  %s", cli.ActText(offerWord(o)), flags(o.GetRequiredFields()))
	}
	for _, m := range cs.GetMilestones() {
		state := due(m.GetClock())
		if m.GetCompleteTime() != nil {
			state = p.In("reached %s by %s", "%s 由 %s 完成", p.minute(m.GetCompleteTime()), named(people, m.GetCompletedBy()))
		}
		p.Line("  milestone %s %s: %s", "  节点 %s %s：%s", m.GetId(), m.GetDisplayName(), state)
	}
	names := map[string]string{}
	for _, o := range cs.GetCoOwners() {
		names[o.GetUnit()] = o.GetUnitDisplayName()
	}
	for _, o := range cs.GetCoOwnerWork() {
		state := p.In("for information", "知会")
		if o.GetClock() != nil {
			state = o.GetDuty() + p.In(": ", "：") + due(o.GetClock())
		}
		if o.GetCompleteTime() != nil {
			state = p.In("done by %s", "%s 已完成", named(people, o.GetCompletedBy()))
		}
		p.Line("  co-owner %s: %s", "  协办 %s：%s", cli.Named(names[o.GetUnit()], remote.UnitID(o.GetUnit())), state)
	}
	for _, row := range []struct {
		label i18n.Text
		value string
	}{
		{i18n.F("asked for", "待审批"), dispatch.RequestText(cli.EnumWord(cs.GetRequested().String(), "APPROVAL_KIND_")).In(p.Lang)},
		{i18n.F("merged into", "已并入"), cs.GetMergedInto()},
		{i18n.F("said to repeat", "上报人称重复于"), cs.GetProposedDuplicateOf()},
		{i18n.F("part of", "所属批量案件"), cs.GetGroup()},
		{i18n.F("reopens", "重新立案自"), cs.GetReopens()},
		{i18n.F("reopened as", "已重新立案为"), cs.GetReopenedAs()},
		{i18n.F("appeal", "申诉"), dispatch.AppealText(cli.EnumWord(cs.GetAppeal().String(), "APPEAL_STATE_")).In(p.Lang)},
		{i18n.F("ruled by", "裁定单位"), remote.UnitID(cs.GetArbiter())},
		{i18n.F("limit by", "时限依据"), cs.GetLimitRule()},
		{i18n.F("outcome", "结案结果"), dispatch.Outcome(cs.GetOutcome()).Text().In(p.Lang)},
	} {
		if row.value != "" {
			p.Line("  %s %s", "  %s %s", row.label, row.value)
		}
	}
	if skew := cs.GetClockSkew().AsDuration(); skew != 0 {
		side, by := i18n.F("ahead", "快"), i18n.Lasting(skew.Abs())
		if skew < 0 {
			side = i18n.F("behind", "慢")
		}
		p.Line("  the reporter's clock was %[1]s by %[2]s; captured %[3]s by ours", "  上报人手机时钟偏%[1]s %[2]s；按系统时钟采集于 %[3]s", side.In(p.Lang), by.In(p.Lang), p.minute(cs.GetCaptureTime()))
	}
	if age := cs.GetCaptureAge().AsDuration(); age > 0 {
		p.Line("  captured %[1]s before it was received, on %[2]s; look whether it is still so", "  采集于收到前 %[1]s（%[2]s）；请核实现状", i18n.Lasting(age).In(p.Lang), p.minute(cs.GetCaptureTime()))
	}
	if cs.GetResumeTime() != nil {
		p.Line("  goes on %s", "  恢复处置 %s", p.minute(cs.GetResumeTime()))
	}
	if cs.GetSupervised() {
		p.Line("  supervised, and not answered yet", "  已督办，尚未回复")
	}
}

// report prints the report of a case: text, place, photos, reporter. people are names of people by their names on the wire.
func (p casePrinter) report(cs *wanggev1.Case, people map[string]string) {
	r := cs.GetReport()
	if r.GetText() != "" {
		p.Line("  %s", "  %s", r.GetText())
	}
	var areas []string
	for _, a := range cs.GetPlace().GetAreas() {
		areas = append(areas, cli.Named(a.GetDisplayName(), areaID(a)))
	}
	at := r.GetPosition()
	if cs.GetPlace().GetUnlocated() {
		p.Line("  place %s; no position", "  位置 %s；无位置", strings.Join(areas, " > "))
	} else {
		p.Line("  place %s; %.6f,%.6f (%s)", "  位置 %s；%.6f,%.6f（%s）", strings.Join(areas, " > "), at.GetLatitude(), at.GetLongitude(), strings.ToLower(strings.TrimPrefix(at.GetDatum().String(), "DATUM_")))
	}
	p.Line("  condition %s, severity %s", "  立案条件 %s，等级 %s", cs.GetCondition(), strings.TrimPrefix(cs.GetSeverity().String(), "SEVERITY_"))
	p.Line("  seen %s, reported %s by %s", "  发现 %s，上报 %s，上报人 %s", p.minute(r.GetCaptureTime()), p.minute(cs.GetCreateTime()), orDash(named(people, cs.GetReporter())))
	for _, hash := range r.GetPhotoHashes() {
		p.Line("  photo %s", "  照片 %s", hash)
	}
	for _, hash := range r.GetAfterPhotoHashes() {
		p.Line("  photo after the work %s", "  处置后照片 %s", hash)
	}
}

// named is a person by name and id. people are names of people by their names on the wire.
func named(people map[string]string, person string) string {
	return cli.Named(people[person], remote.PersonID(person))
}

// areaID is the id of an area in the city directory.
func areaID(a *wanggev1.AreaRef) string {
	u, _ := resource.ParseUnit(a.GetName())
	return u.ID
}

// orDash is text, or "-" for an empty one.
func orDash(text string) string {
	if text == "" {
		return "-"
	}
	return text
}

// flags are the flags that fill the fields of an act, by their paths.
func flags(paths []string) string {
	out := make([]string, len(paths))
	for i, path := range paths {
		out[i] = "--" + cli.FlagName(path[strings.LastIndexByte(path, '.')+1:])
	}
	return strings.Join(out, " ")
}

// event prints one event of a case. people are names of people by their names on the wire.
func (p casePrinter) event(e *wanggev1.CaseEvent, people map[string]string) {
	actor, more := orDash(cli.Named(e.GetActorDisplayName(), remote.PersonID(e.GetActor()))), ""
	if light := cli.EnumWord(e.GetLight().String(), "LIGHT_"); light != "" {
		more += "  " + dispatch.LightText(light).In(p.Lang)
	}
	if r := dispatch.ReturnReason(e.GetReason()).Text().In(p.Lang); r != "" {
		more += "  " + r
	}
	if len(e.GetNotified()) > 0 {
		ids := make([]string, len(e.GetNotified()))
		for i, name := range e.GetNotified() {
			ids[i] = remote.PersonID(name)
		}
		more += p.In("  told %s", "  通知 %s", strings.Join(ids, " "))
	}
	for _, row := range []struct {
		label i18n.Text
		value string
	}{
		{i18n.F("to", "承办"), remote.UnitID(e.GetUnit())},
		{i18n.F("handler", "处置人"), named(people, e.GetHandler())},
		{i18n.F("closing condition", "结案条件"), e.GetClosing()},
		{i18n.F("outcome", "结案结果"), dispatch.Outcome(e.GetOutcome()).Text().In(p.Lang)},
		{i18n.F("case", "案件"), e.GetOther()},
		{i18n.F("milestone", "节点"), e.GetMilestone()},
	} {
		if row.value != "" {
			more += "  " + row.label.In(p.Lang) + " " + row.value
		}
	}
	if e.GetResumeTime() != nil {
		more += p.In("  until %s", "  至 %s", p.minute(e.GetResumeTime()))
	}
	if n := len(e.GetPhotoHashes()); n > 0 {
		more += p.In("  %d photos", "  照片 %d 张", n)
	}
	if e.GetNote() != "" {
		more += p.In(": %s", "：%s", e.GetNote())
	}
	p.Line("  %s  %-13s %s%s", "  %s  %s  %s%s",
		e.GetTime().AsTime().In(p.Zone).Format(time.DateTime), dispatch.EventKind(e.GetKind()).Text(), actor, more)
}
