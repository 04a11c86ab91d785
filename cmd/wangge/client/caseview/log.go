package caseview

import (
	"cmp"
	"slices"
	"strings"

	wanggev1 "wangge/api/wangge/v1"
	"wangge/cmd/wangge/cli"
	"wangge/cmd/wangge/client/remote"
	"wangge/dispatch"
	"wangge/dispatch/city/roster"
	"wangge/dispatch/i18n"

	"google.golang.org/protobuf/proto"
)

// Entry is one event of a case in words.
type Entry struct {
	Time, What string
	Who        string // the person who acted, or the service
	Post       string // unit and role from which the person acted; "" for the service
	More       string // what the event says besides
	Told       []string
}

// log are the events of a case in words, each with the people who were told of the event.
func (w Words) log(r Record) []Entry {
	notices := map[uint64][]*wanggev1.Notice{}
	for _, n := range r.Notices {
		notices[n.GetEventSequence()] = append(notices[n.GetEventSequence()], n)
	}
	out := make([]Entry, 0, len(r.Events))
	for _, e := range r.Events {
		out = append(out, w.entry(r.Case, e, notices[e.GetSequence()]))
	}
	return out
}

func (w Words) entry(c *wanggev1.Case, e *wanggev1.CaseEvent, notices []*wanggev1.Notice) Entry {
	out := Entry{
		Time: w.Second(e.GetTime()), What: w.what(e), Who: cmp.Or(w.person(e.GetActorDisplayName(), e.GetActor()), w.In("the service", "系统")),
		Post: w.post(e), More: joined(w.In("; ", "；"), append(w.details(c, e), e.GetNote())...),
	}
	if what, ok := automatic[e.GetKind()]; ok && byInspector(e) {
		out.What, out.Who, out.Post = what.In(w.Lang), w.In("the service", "系统"), ""
	}
	told, reached := w.told(notices)
	out.Told = told
	var others []string
	for i, id := range e.GetNotified() {
		name := ""
		if names := e.GetNotifiedDisplayNames(); i < len(names) {
			name = names[i]
		}
		if !reached[id] {
			others = append(others, w.person(name, id))
		}
	}
	if others != nil {
		out.Told = append(out.Told, w.In("told %s", "通知 %s", strings.Join(others, w.In(", ", "、"))))
	}
	return out
}

// automatic are the events that follow from an inspector's report by the rules of the city; no inspector files or dispatches.
var automatic = map[wanggev1.EventKind]i18n.Text{
	wanggev1.EventKind_EVENT_KIND_FILED:      i18n.F("filed automatically", "自动立案"),
	wanggev1.EventKind_EVENT_KIND_DISPATCHED: i18n.F("dispatched automatically", "自动派遣"),
}

// byInspector reports whether an event was done from the post of an inspector.
func byInspector(e *wanggev1.CaseEvent) bool {
	named, _, _ := strings.Cut(remote.PostID(e.GetPost()), "@")
	return roster.Role(named) == roster.Inspector
}

// told says of each person once, from all channels, whether the person was told of an event; and who these people are. What a channel
// hands over for all of them together, as an interface to another system does, is said with each.
func (w Words) told(notices []*wanggev1.Notice) (lines []string, reached map[string]bool) {
	var all, people []*wanggev1.Notice // for everybody together, and the first for each person
	of := map[string][]*wanggev1.Notice{}
	for _, n := range notices {
		id := n.GetPerson()
		if id == "" {
			all = append(all, n)
			continue
		}
		if of[id] == nil {
			people = append(people, n)
		}
		of[id] = append(of[id], n)
	}
	reached = map[string]bool{}
	for _, p := range people {
		reached[p.GetPerson()] = true
		list := slices.Clone(of[p.GetPerson()])
		for _, n := range all {
			one := proto.CloneOf(n)
			one.Person, one.PersonDisplayName = p.GetPerson(), p.GetPersonDisplayName()
			list = append(list, one)
		}
		lines = append(lines, w.toldOne(list))
	}
	if people == nil {
		for _, n := range all {
			lines = append(lines, w.Notice(n))
		}
	}
	return lines, reached
}

// toldOne is one statement of the notices to one person: what was sent before what waits and what failed. The log of the service is named
// when it is the only channel.
func (w Words) toldOne(list []*wanggev1.Notice) string {
	said := func(n *wanggev1.Notice) bool { return n.GetChannel() == wanggev1.NoticeChannel_NOTICE_CHANNEL_LOG }
	if sent := slices.DeleteFunc(slices.Clone(list), said); len(sent) > 0 {
		list = sent
	}
	order := []wanggev1.NoticeState{
		wanggev1.NoticeState_NOTICE_STATE_SENT, wanggev1.NoticeState_NOTICE_STATE_QUEUED, wanggev1.NoticeState_NOTICE_STATE_DEAD_LETTER,
	}
	slices.SortStableFunc(list, func(a, b *wanggev1.Notice) int {
		return cmp.Compare(slices.Index(order, a.GetState()), slices.Index(order, b.GetState()))
	})
	out := make([]string, len(list))
	for i, n := range list {
		out[i] = w.Notice(n)
	}
	return strings.Join(out, w.In("; ", "；"))
}

// post is the unit and the role from which a person acted: "供水公司 责任人".
func (w Words) post(e *wanggev1.CaseEvent) string {
	post := remote.PostID(e.GetPost())
	named, id, ok := strings.Cut(post, "@")
	if !ok {
		return post
	}
	return cmp.Or(e.GetPostUnitDisplayName(), id) + " " + role(roster.Role(named)).In(w.Lang)
}

// what is the kind of an event, with the light of a reminder: "到期提醒（黄灯）".
func (w Words) what(e *wanggev1.CaseEvent) string {
	if e.Granted != nil {
		if decided, ok := decisions[e.GetKind()]; ok {
			return decided[e.GetGranted()].In(w.Lang)
		}
	}
	kind := strings.ReplaceAll(dispatch.EventKind(e.GetKind()).Text().In(w.Lang), "_", " ")
	if light := cli.EnumWord(e.GetLight().String(), "LIGHT_"); light != "" {
		return w.In("%s (%s light)", "%s（%s）", kind, dispatch.LightText(light))
	}
	return kind
}

// decisions are the events that say yes or no, in the words of each.
var decisions = map[wanggev1.EventKind]map[bool]i18n.Text{
	wanggev1.EventKind_EVENT_KIND_VERIFIED:       {true: i18n.F("verified: found", "核实属实"), false: i18n.F("verified: not found", "核实不属实")},
	wanggev1.EventKind_EVENT_KIND_APPEAL_DECIDED: {true: i18n.F("appeal decided: exempted", "申诉结果：免责"), false: i18n.F("appeal decided: the overtime counts", "申诉结果：维持超时")},
}

// details are the facts of an event besides its note.
func (w Words) details(c *wanggev1.Case, e *wanggev1.CaseEvent) (out []string) {
	backToPost := ""
	if e.GetKind() == wanggev1.EventKind_EVENT_KIND_HANDED_OVER && e.GetHandler() == "" {
		backToPost = w.In("back to the post", "退回岗位")
	}
	for _, row := range []struct {
		label i18n.Text
		value string
	}{
		{i18n.Text{}, dispatch.ReturnReason(e.GetReason()).Text().In(w.Lang)},
		{i18n.Text{}, w.requested(e.GetRequested())},
		{i18n.F("to", "派给"), unit(e.GetUnitDisplayName(), e.GetUnit())},
		{i18n.F("unit", "单位"), unit(e.GetPartyDisplayName(), e.GetParty())},
		{i18n.F("handler", "处置人"), w.person(e.GetHandlerDisplayName(), e.GetHandler())},
		{i18n.Text{}, backToPost},
		{i18n.F("in place of", "原单位"), strings.Join(e.GetFormerUnitDisplayNames(), w.In(", ", "、"))},
		{i18n.F("category", "改为类别"), cmp.Or(e.GetCategoryDisplayName(), e.GetCategory())},
		{i18n.F("condition", "立案条件"), w.condition(c, e.GetCondition())},
		{i18n.F("judged", "等级判定"), w.judged(e)},
		{i18n.F("milestone", "节点"), milestone(c, e.GetMilestone())},
		{i18n.Text{}, w.campaign(e.GetCampaign())},
		{i18n.F("due", "截止"), w.dueOf(e)},
		{i18n.F("receipt due", "签收截止"), w.Minute(e.GetReceiptDueTime())},
		{i18n.F("until", "至"), w.Minute(e.GetResumeTime())},
		{i18n.F("closing condition", "结案条件"), e.GetClosing()},
		{i18n.F("outcome", "结案结果"), dispatch.Outcome(e.GetOutcome()).Text().In(w.Lang)},
		{i18n.F("case", "案件"), Number(e.GetOther())},
		{i18n.F("photos", "照片"), w.photos(e.GetPhotoHashes())},
	} {
		if row.value != "" {
			out = append(out, joined(" ", row.label.In(w.Lang), row.value))
		}
	}
	for _, m := range e.GetMismatches() {
		out = append(out, w.word(mismatches, m, "MISMATCH_REASON_"))
	}
	if rule := e.GetRule(); w.Why && rule != "" {
		out = append(out, cmp.Or(byPeople[rule].In(w.Lang), rule))
	}
	return out
}

// dueOf is the deadline that an event sets for the owner; the deadlines of the office's stages are left out.
func (w Words) dueOf(e *wanggev1.CaseEvent) string {
	// Not exhaustive: the other events set a deadline for the owner with a unit alone.
	//exhaustive:ignore
	switch e.GetKind() {
	case wanggev1.EventKind_EVENT_KIND_EXTENDED, wanggev1.EventKind_EVENT_KIND_REPROJECTED,
		wanggev1.EventKind_EVENT_KIND_LIMIT_STARTED, wanggev1.EventKind_EVENT_KIND_LIMIT_RESUMED:
	default:
		if e.GetUnit() == "" {
			return ""
		}
	}
	return w.Minute(e.GetDueTime())
}

// campaign is what a campaign did to the clocks with an event: "自 2026-11-27 08:00 起暂停计时：清雪专项进行中".
func (w Words) campaign(m *wanggev1.CampaignMark) string {
	if m == nil {
		return ""
	}
	return cmp.Or(m.GetText(), m.GetDisplayName(), strings.TrimPrefix(m.GetCampaign(), "campaigns/"))
}

// condition is a filing condition by name if it is that of the case, else by id.
func (w Words) condition(c *wanggev1.Case, id string) string {
	if id == c.GetCondition() && c.GetConditionDisplayName() != "" {
		return c.GetConditionDisplayName()
	}
	return id
}

// judged is the severity that a person judged in place of that of the condition; "" for none.
func (w Words) judged(e *wanggev1.CaseEvent) string {
	if !e.GetSeverityJudged() {
		return ""
	}
	return w.severity(e.GetSeverity())
}

// milestone is a milestone of a case by name, or by id for want of a name.
func milestone(c *wanggev1.Case, id string) string {
	for _, m := range c.GetMilestones() {
		if m.GetId() == id {
			return cmp.Or(m.GetDisplayName(), id)
		}
	}
	return id
}

// Notice is a notice in words: "已通知 王建国（日志，1 次）".
func (w Words) Notice(n *wanggev1.Notice) string {
	to := w.person(n.GetPersonDisplayName(), n.GetPerson())
	by := ""
	if n.GetChannel() != wanggev1.NoticeChannel_NOTICE_CHANNEL_UNSPECIFIED { // no channel reaches the person
		by = w.word(channels, n.GetChannel(), "NOTICE_CHANNEL_")
	}
	tries := ""
	if n.GetAttempts() > 0 {
		tries = w.In("%d {try|tries}", "%d 次", n.GetAttempts())
		if n.GetAttempts() == 1 {
			tries = w.In("1 try", "1 次")
		}
	}
	how := joined(w.In(", ", "，"), by, tries)
	if to == "" {
		to, how = by, tries
	}
	if how != "" {
		how = w.In(" (%s)", "（%s）", how)
	}
	said := ""
	switch n.GetState() {
	case wanggev1.NoticeState_NOTICE_STATE_SENT:
		said = w.In("told %s%s", "已通知 %s%s", to, how)
		if n.GetChannel() == wanggev1.NoticeChannel_NOTICE_CHANNEL_LOG { // the log of the service tells nobody
			said = w.In("only logged, not sent: %s", "仅记入日志，未发出：%s", cmp.Or(w.person(n.GetPersonDisplayName(), n.GetPerson()), to))
		}
	case wanggev1.NoticeState_NOTICE_STATE_QUEUED:
		said = w.In("to be told: %s%s", "待通知 %s%s", to, how)
	case wanggev1.NoticeState_NOTICE_STATE_DEAD_LETTER:
		said = w.In("could not be told: %s%s", "未能通知 %s%s", to, how)
	case wanggev1.NoticeState_NOTICE_STATE_UNSPECIFIED:
		said = to + how
	}
	return joined(w.In(": ", "："), said, n.GetError())
}
