package caseview

import (
	"cmp"
	"strings"

	wanggev1 "wangge/api/wangge/v1"
	"wangge/cmd/wangge/cli"
	"wangge/cmd/wangge/client/remote"
	"wangge/dispatch"
	"wangge/dispatch/i18n"
)

// Record is a case with its events and notices, as a server answered them.
type Record struct {
	Case    *wanggev1.Case
	Events  []*wanggev1.CaseEvent // by sequence
	Notices []*wanggev1.Notice    // in the order of the events
	More    string                // where the events that follow these begin, as a page token; "" = these are all
	Merged  []*wanggev1.Case      // that ended in the case, as far as the reader may read them
	Parts   []*wanggev1.Case      // of the mass event that the case leads, likewise
}

// Row is one fact: a label, and at least one value. Key is the English label, which tells the fact in either language.
type Row struct {
	Key    string
	Label  string
	Values []string
}

// Section is a heading with at least one row. Key is the English heading.
type Section struct {
	Key   string
	Title string
	Rows  []Row
}

// Account is a case in words, in one language. The texts of people in it are not escaped.
type Account struct {
	Number, Category, Stage, Severity string
	Late                              string   // how long it is overdue; "" if it is not
	Unit, Due                         string   // the accountable unit, and the deadline; "" for none
	Instructions, Answers             []string // of a supervision: when, by whom, in which words
	Sections                          []Section
	Photos                            []Photo
	Log                               []Entry
	Offers                            []Row // what the reader may do: the act as it is typed, and what it needs
}

// Photo is a photo of a case, by its SHA-256, and who took the photo when and for what.
type Photo struct{ Hash, For, Time, Who string }

// facts collects the rows of a section.
type facts struct {
	w    Words
	rows []Row
}

// add adds a row with the values that are not empty, or nothing if all are.
func (f *facts) add(en, zh string, values ...string) {
	var kept []string
	for _, v := range values {
		if strings.TrimSpace(v) != "" {
			kept = append(kept, v)
		}
	}
	if kept != nil {
		f.rows = append(f.rows, Row{en, f.w.In(en, zh), kept})
	}
}

// Account is a case in words.
func (w Words) Account(r Record) Account {
	c := r.Case
	a := Account{
		Number: Number(c.GetName()), Category: c.GetCategoryDisplayName(), Stage: Stage(c.GetStage()).In(w.Lang),
		Severity: w.severity(c.GetSeverity()), Late: w.late(c), Log: w.log(r),
		Unit: unit(c.GetOwner().GetUnitDisplayName(), c.GetOwner().GetUnit()), Due: w.Minute(c.GetDueTime()),
		Instructions: w.said(r, wanggev1.EventKind_EVENT_KIND_SUPERVISED), Answers: w.said(r, wanggev1.EventKind_EVENT_KIND_ANSWERED),
	}
	for _, part := range []struct {
		title i18n.Text
		fill  func(*facts, Record)
	}{
		{i18n.F("Matter", "案情"), w.matter},
		{i18n.F("Place", "位置"), w.place},
		{i18n.F("Who must act", "责任"), w.responsible},
		{i18n.F("Deadlines", "时限"), w.deadlines},
		{i18n.F("Course", "办理"), w.course},
		{i18n.F("End", "结案"), w.end},
	} {
		f := &facts{w: w}
		if part.fill(f, r); f.rows != nil {
			a.Sections = append(a.Sections, Section{part.title.En, part.title.In(w.Lang), f.rows})
		}
	}
	for _, o := range c.GetOffers() {
		needs := append([]string{Flags(o.GetRequiredFields())}, w.choices(o)...)
		a.Offers = append(a.Offers, Row{OfferWord(o), cli.ActText(OfferWord(o)).In(w.Lang), needs})
	}
	a.Photos = w.allPhotos(r)
	return a
}

// allPhotos are the photos of the report and of the events.
func (w Words) allPhotos(r Record) (out []Photo) {
	report := r.Case.GetReport()
	add := func(hashes []string, what, at, who string) {
		for _, h := range hashes {
			out = append(out, Photo{h, what, at, who})
		}
	}
	reporter := w.reporter(r)
	add(report.GetPhotoHashes(), w.In("report", "上报"), w.Minute(report.GetCaptureTime()), reporter)
	add(report.GetAfterPhotoHashes(), w.In("after the work", "处置后"), w.Minute(report.GetCaptureTime()), reporter)
	for _, e := range r.Events {
		add(e.GetPhotoHashes(), w.what(e), w.Minute(e.GetTime()), w.person(e.GetActorDisplayName(), e.GetActor()))
	}
	return out
}

// matter describes the report.
func (w Words) matter(f *facts, r Record) {
	c, report := r.Case, r.Case.GetReport()
	f.add("reported", "上报内容", report.GetText())
	f.add("category", "类别", withCode(w, c.GetCategoryDisplayName(), c.GetCategory()))
	f.add("condition", "立案条件", cmp.Or(c.GetConditionDisplayName(), c.GetCondition()))
	f.add("severity", "等级", prefixed(w.In("%s", "%s 级", letter(c)), letter(c)))
	f.add("source", "来源", w.word(sources, report.GetSource(), "SOURCE_"))
	f.add("external number", "外部工单号", c.GetExternalId())
	f.add("reporter", "上报人", joined(" ", w.reporter(r), c.GetReporterPhone()))
	f.add("caller", "来电人", joined(" ", report.GetCallerName(), report.GetCallerPhone()))
	if report.GetConfidential() {
		f.add("confidential", "保密", w.In("the caller asks for confidence", "来电人要求保密"))
	}
	if c.GetContactsWithheld() {
		f.add("contacts", "联系方式", w.In("visible to people who work on the case", "仅经办人员可见"))
	}
	f.add("seen", "发现时间", w.Minute(report.GetCaptureTime()))
	f.add("received", "上报时间", w.Minute(c.GetCreateTime()))
	if skew := c.GetClockSkew().AsDuration(); skew != 0 {
		side, by := i18n.F("ahead", "快"), i18n.Lasting(skew.Abs())
		if skew < 0 {
			side = i18n.F("behind", "慢")
		}
		f.add("clock", "时钟", w.In("the reporter's clock was %[1]s by %[2]s", "上报人手机时钟偏%[1]s %[2]s", side, by)+
			prefixed(w.In("; captured %s by ours", "；按系统时钟采集于 %s", w.Minute(c.GetCaptureTime())), w.Minute(c.GetCaptureTime())))
	}
	if age := c.GetCaptureAge().AsDuration(); age > 0 {
		f.add("age", "时效", w.In("captured %[1]s before it was received; look whether it is still so", "采集于收到前 %[1]s；请核实现状", i18n.Lasting(age)))
	}
	f.add("photos", "照片", w.photos(report.GetPhotoHashes()))
	f.add("photos afterwards", "处置后照片", w.photos(report.GetAfterPhotoHashes()))
}

// reporter is the reporter of a case, named as the person who acted at the first event for want of a name in the case.
func (w Words) reporter(r Record) string {
	return cmp.Or(r.Case.GetReporterDisplayName(), w.actor(r, r.Case.GetReporter()))
}

// actor is a person by the name at the first event of the case in which the person acted, or by id for want of one; "" for nobody.
func (w Words) actor(r Record, name string) string {
	for _, e := range r.Events {
		if name != "" && e.GetActor() == name {
			return w.person(e.GetActorDisplayName(), name)
		}
	}
	return w.person("", name)
}

// prefixed is text, or "" if what it is about is empty.
func prefixed(text, about string) string {
	if about == "" {
		return ""
	}
	return text
}

// withCode is a name with its code in brackets.
func withCode(w Words, name, code string) string {
	if name == "" || name == code {
		return code
	}
	return w.In("%s (%s)", "%s（%s）", name, code)
}

// hashLength is how much of the hash of a photo tells one photo from another for people.
const hashLength = 12

// photos are photos by number, with the beginnings of their hashes.
func (w Words) photos(hashes []string) string {
	if len(hashes) == 0 {
		return ""
	}
	if w.Plain {
		return w.In("%d", "%d 张", len(hashes))
	}
	short := make([]string, len(hashes))
	for i, h := range hashes {
		short[i] = h[:min(len(h), hashLength)]
	}
	return w.In("%d (%s)", "%d 张（%s）", len(hashes), strings.Join(short, w.In(", ", "、")))
}

// place is where the case lies.
func (w Words) place(f *facts, r Record) {
	p, report := r.Case.GetPlace(), r.Case.GetReport()
	f.add("area", "属地", areas(p, " > "))
	f.add("address", "地址", cmp.Or(r.Case.GetAddress(), report.GetAddress()))
	f.add("building", "楼栋", joined(" ", report.GetBuilding(), report.GetUnitNo(), report.GetFloor()))
	f.add("asset", "部件编码", report.GetComponentId())
	sections := make([]string, len(p.GetSections()))
	for i, s := range p.GetSections() {
		sections[i] = unit(s.GetDisplayName(), s.GetName())
	}
	f.add("section", "路段", sections...)
	if p.GetUnlocated() {
		f.add("position", "坐标", w.In("no position", "无位置"))
		return
	}
	cell := prefixed("H3 "+p.GetCell(), p.GetCell())
	if w.Plain {
		cell = ""
	}
	f.add("position", "坐标", w.In("%.6f, %.6f (%s)", "%.6f，%.6f（%s）", p.GetLatitude(), p.GetLongitude(),
		joined(w.In(", ", "，"), "WGS-84", cell)))
	if as := p.GetAreas(); p.GetAmbiguous() && len(as) > 0 {
		f.add("border", "边界", w.In("%s from the border: the position is not accurate enough to tell the two sides apart", "距边界 %s，定位精度不足以区分两侧", i18n.Metres(p.GetBorderM())))
	}
}

// responsible are the people and units that must act.
func (w Words) responsible(f *facts, r Record) {
	c := r.Case
	f.add("waits for", "等待", w.awaited(c)...)
	f.add("accountable", "责任单位", w.owner(c.GetOwner()))
	f.add("handler", "处置人", w.person(c.GetHandlerDisplayName(), c.GetHandler()))
	f.add("receipt", "签收", w.receipt(r, c.GetReceipt()))
	f.add("decided by", "依据", w.basis(c))
	f.add("platform", "受理平台", prefixed(w.platform(c.GetPlatformDisplayName(), c.GetPlatform()), c.GetPlatform()))
	f.add("dispatches", "派遣链", w.chain(c.GetChain())...)
	f.add("co-owner", "协办", w.coOwners(r)...)
}

// basis is the rule or ruling that named the accountable unit of a case.
func (w Words) basis(c *wanggev1.Case) string {
	switch rule := c.GetRule(); {
	case c.GetPrecedent() != "":
		return w.In("ruling %s", "裁定 %s", remote.PrecedentID(c.GetPrecedent()))
	case rule == "":
		return ""
	case rule == dispatch.BySuccessor:
		return w.In("revision: taken over by %s", "城市版本调整，由%s承接", c.GetOwner().GetUnitDisplayName())
	case byPeople[rule] != i18n.Text{}:
		return byPeople[rule].In(w.Lang)
	}
	text := w.In("a rule of an earlier revision of the city", "责任规则（此前的城市版本）")
	if n := c.GetRuleOrder(); n != 0 {
		text = w.In("rule no. %d", "责任规则第 %d 号", n)
	}
	if w.Why {
		text += w.In(" (%s)", "（%s）", c.GetRule())
	}
	return text
}

// byPeople are the words for an owner that no rule of the city decided.
var byPeople = map[string]i18n.Text{
	dispatch.ByHand: i18n.F("by hand", "人工派遣"), dispatch.Recorded: i18n.F("as recorded", "历史记录"),
}

// deadlines are the clocks of the case.
func (w Words) deadlines(f *facts, r Record) {
	c := r.Case
	due := w.Minute(c.GetDueTime())
	if c.GetDueProvisional() {
		due += w.In(" (provisional: the holidays of that year are not published yet)", "（暂定：该年节假日安排尚未公布）")
	}
	f.add("due", "截止时间", due)
	if c.GetOverdue() {
		f.add("overdue", "已超时", w.late(c))
		f.add("late parts", "超时部分", w.lateParts(c)...)
	}
	f.add("campaign", "专项行动", c.GetCampaign().GetText())
	limit := w.limit(c.GetLimit())
	if w.Why {
		limit = joined(" ", limit, prefixed(w.In("(%s)", "（%s）", c.GetLimitRule()), c.GetLimitRule()))
	}
	f.add("limit", "处置时限", limit)
	if n := c.GetExtensions(); n > 0 {
		f.add("extended", "延期", w.In("%d {time|times}", "%d 次", n))
	}
	f.add("milestone", "节点", w.milestones(c)...)
	f.add("goes on", "恢复处置", w.Minute(c.GetResumeTime()))
	if d := c.GetOverrun().AsDuration(); d > 0 {
		f.add("overrun", "处置超时", i18n.Lasting(d).In(w.Lang))
	}
}

// course are the exceptions in the course of the work, with what people wrote about them, and the cases that belong to this one.
func (w Words) course(f *facts, r Record) {
	c := r.Case
	f.add("supervised", "督办", w.said(r, wanggev1.EventKind_EVENT_KIND_SUPERVISED)...)
	f.add("answered", "督办回复", w.said(r, wanggev1.EventKind_EVENT_KIND_ANSWERED)...)
	asked := w.requested(c.GetRequested())
	f.add("asked for", "待审批", joined(w.In(", by ", "，申请人 "), asked, prefixed(w.person(c.GetRequestedByDisplayName(), c.GetRequestedBy()), asked)))
	f.add("asked", "申请", w.said(r, wanggev1.EventKind_EVENT_KIND_REQUESTED)...)
	f.add("returned", "回退", w.said(r, wanggev1.EventKind_EVENT_KIND_RETURNED)...)
	f.add("check failed", "返工", w.said(r, wanggev1.EventKind_EVENT_KIND_CHECK_FAILED)...)
	f.add("ruled by", "裁定单位", unit(c.GetArbiterDisplayName(), c.GetArbiter()))
	f.add("appeal", "申诉", dispatch.AppealText(cli.EnumWord(c.GetAppeal().String(), "APPEAL_STATE_")).In(w.Lang))
	f.add("merged here", "并入本案", w.linked(r.Merged)...)
	f.add("parts", "关联子案", w.linked(r.Parts)...)
	f.add("merged into", "已并入", Number(c.GetMergedInto()))
	f.add("said to repeat", "上报人称重复于", Number(c.GetProposedDuplicateOf()))
	f.add("part of", "所属批量案件", Number(c.GetGroup()))
	f.add("reopens", "重新立案自", Number(c.GetReopens()))
	f.add("reopened as", "已重新立案为", Number(c.GetReopenedAs()))
}

// linked lists cases that refer to another one: number, reporter, time, stage.
func (w Words) linked(cases []*wanggev1.Case) (out []string) {
	for _, c := range cases {
		source := w.word(sources, c.GetReport().GetSource(), "SOURCE_")
		by := joined(" ", source, w.person(c.GetReporterDisplayName(), c.GetReporter()), w.Minute(c.GetCreateTime()))
		out = append(out, joined(w.In(", ", "，"), Number(c.GetName()), by, Stage(c.GetStage()).In(w.Lang)))
	}
	return out
}

// requested is the subject of the open request; "" for none.
func (w Words) requested(kind wanggev1.ApprovalKind) string {
	return dispatch.RequestText(cli.EnumWord(kind.String(), "APPROVAL_KIND_")).In(w.Lang)
}

// said lists the notes of the events of a kind: when, by whom, why.
func (w Words) said(r Record, kind wanggev1.EventKind) (out []string) {
	for _, e := range r.Events {
		if e.GetKind() == kind {
			by := w.In("%s %s", "%s %s", w.Minute(e.GetTime()), cmp.Or(w.person(e.GetActorDisplayName(), e.GetActor()), w.In("the service", "系统")))
			why := joined(w.In(", ", "，"), w.requested(e.GetRequested()), dispatch.ReturnReason(e.GetReason()).Text().In(w.Lang), e.GetNote())
			out = append(out, joined(w.In(": ", "："), by, why))
		}
	}
	return out
}

// end is how the case ended.
func (w Words) end(f *facts, r Record) {
	c := r.Case
	f.add("work done", "处置完成", w.Minute(c.GetResolveTime()))
	f.add("closed", "结案时间", w.Minute(c.GetCloseTime()))
	f.add("outcome", "结案结果", dispatch.Outcome(c.GetOutcome()).Text().In(w.Lang))
	f.add("closing condition", "结案条件", c.GetClosing())
	f.add("the reporter is", "回访", w.word(satisfactions, c.GetSatisfaction(), "SATISFACTION_"))
}
