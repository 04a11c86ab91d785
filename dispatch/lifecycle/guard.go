package lifecycle

import (
	"slices"
	"time"

	"wangge/dispatch"
	"wangge/dispatch/city"
	"wangge/dispatch/city/calendar"
	"wangge/dispatch/city/catalog"
	"wangge/dispatch/city/roster"
	"wangge/dispatch/i18n"
	"wangge/dispatch/revise"
	"wangge/dispatch/rights"
	"wangge/dispatch/sla"
)

// maxExtensions bounds the extensions of one owner's clock.
const maxExtensions = 2

// guard says why an act is not possible although the stage allows it; the zero text means that it is. A guard does not
// read what the command carries, so that every act which a case offers can be done.
type guard func(c *city.City, cs *dispatch.Case, actor roster.PersonID, at time.Time) i18n.Text

var none = i18n.Text{}

// possible asks the guards of an act.
func (t *transition) possible(c *city.City, cs *dispatch.Case, actor roster.PersonID, at time.Time) i18n.Text {
	for _, g := range t.guards {
		if why := g(c, cs, actor, at); why != none {
			return why
		}
	}
	return none
}

// classified: the limit of the work is that of the category and condition, so the city must have both.
func classified(c *city.City, cs *dispatch.Case, _ roster.PersonID, _ time.Time) i18n.Text {
	return revise.Unclassified(c, c, cs)
}

// handlerLeft: work that is under way can be started again only when its handler has left.
func handlerLeft(c *city.City, cs *dispatch.Case, _ roster.PersonID, at time.Time) i18n.Text {
	if cs.Stage == dispatch.Handling && revise.HoldsPost(c, cs, cs.Handler, at) {
		return underWay(cs)
	}
	return none
}

// underWay says that a case is handled, and by whom.
func underWay(cs *dispatch.Case) i18n.Text {
	return i18n.F("the case is %[1]s, by %[2]s", "案件处于「%[3]s」，由 %[2]s 处置", dispatch.Handling.Text().En, cs.Handler, dispatch.Handling.Text().Zh)
}

func verifiedFirst(c *city.City, cs *dispatch.Case, _ roster.PersonID, _ time.Time) i18n.Text {
	if cs.Verified != dispatch.Confirmed && slices.Contains(c.Defaults.VerifySources, cs.Report.Source.String()) {
		return i18n.F("a report from %s must be verified on the ground first", "来源为「%s」的上报须先核实", cs.Report.Source)
	}
	return none
}

// smallMatter: the category says whether the finder may put the matter right on the spot.
func smallMatter(c *city.City, cs *dispatch.Case, _ roster.PersonID, _ time.Time) i18n.Text {
	rule := catalog.SelfResolveSeverityC
	if cat := c.Categories[cs.Category]; cat != nil {
		rule = cat.SelfResolve
	}
	switch {
	case rule.Allows(cs.Severity):
		return none
	case rule == catalog.SelfResolveForbidden:
		return i18n.F("matters of category %[1]s must not be put right on the spot; report them", "类别 %[1]s 不得自行处置，请上报", cs.Category)
	default:
		return i18n.F("only a small matter, of severity C, may be put right on the spot", "只有 C 级轻微问题可自行处置")
	}
}

// seenBefore: what was put right on the spot is shown by a photo from before and one from after.
func seenBefore(_ *city.City, cs *dispatch.Case, _ roster.PersonID, _ time.Time) i18n.Text {
	if len(cs.Report.PhotoHashes) == 0 {
		return i18n.F("the report has no photo from before; what is put right on the spot is shown by one from before and one from after", "上报缺少处置前照片；自行处置须同时有处置前、处置后照片")
	}
	return none
}

// chiefVoids: once a unit has been given the case, a duty chief alone says that the case was filed by mistake.
func chiefVoids(c *city.City, cs *dispatch.Case, actor roster.PersonID, at time.Time) i18n.Text {
	if actor == "" || slices.Contains(beforeOwner, cs.Stage) {
		return none
	}
	for _, h := range c.Roster.PostsOf(actor, at) {
		if h.Role == roster.DutyChief && rights.Within(c, h.Unit, rights.ScopePlace, cs) {
			return none
		}
	}
	return i18n.F("the case was dispatched already; a duty chief must void it as filed by mistake", "案件已派遣，须由值班长作为误立案作废")
}

// returnWindow: a unit returns a case within return_hours of working time on the unit's calendar, and before the deadline. A
// platform has as long from when the case came back to it; one where the case arrived has no window.
func returnWindow(c *city.City, cs *dispatch.Case, _ roster.PersonID, at time.Time) i18n.Text {
	since := cs.ReroutedAt
	if since.IsZero() {
		since = cs.Clock.Since
	}
	window := calendar.Limit{N: c.Defaults.ReturnHours, Unit: calendar.WorkHours}
	unit, due := cs.Owner.Unit, cs.Clock.Due
	if cs.Stage != dispatch.Dispatched { // a platform returns what came back to it
		unit, since, due = cs.Office(), cs.Clock.Since, cs.Disposal.Due
	}
	if window.N == 0 || due.IsZero() {
		return none
	}
	if at.After(due) {
		return i18n.F("the deadline passed at %s, and only a case in time can be returned; start the work or ask the dispatcher", "处置时限已于 %s 届满，逾期不能回退，请处置或联系派遣员", clockTime(c, due))
	}
	end, _, err := sla.DueOf(c, unit, since, window)
	if err != nil || !at.After(end) { // beyond the last year of the calendar the deadline alone bounds the return
		return none
	}
	return i18n.F("the return window of %[1]s ended at %[3]s; start the work or ask the dispatcher", "回退时限 %[2]s 已于 %[3]s 届满，请处置或联系派遣员",
		window.Text().En, window.Text().Zh, clockTime(c, end))
}

func clockTime(c *city.City, t time.Time) string { return t.In(c.Location).Format("2006-01-02 15:04") }

func nothingAsked(_ *city.City, cs *dispatch.Case, _ roster.PersonID, _ time.Time) i18n.Text {
	if cs.Request.Kind != dispatch.NoRequest {
		return i18n.F("a request of %[1]s waits for its answer", "%[1]s 的申请尚待审批", cs.Request.By)
	}
	return none
}

func inTime(c *city.City, cs *dispatch.Case, _ roster.PersonID, at time.Time) i18n.Text {
	if cs.Overdue(at) {
		return i18n.F("the deadline passed at %s; an extension is asked for before it does", "时限已于 %s 届满，延期须在到期前申请", clockTime(c, cs.Clock.Due))
	}
	return none
}

func extensionLeft(_ *city.City, cs *dispatch.Case, _ roster.PersonID, _ time.Time) i18n.Text {
	if cs.Clock.Extended >= maxExtensions {
		return i18n.F("it was extended %d times already; ask for a suspension", "已延期 %d 次，请申请挂账", cs.Clock.Extended)
	}
	return none
}

func suspensionLeft(_ *city.City, cs *dispatch.Case, _ roster.PersonID, _ time.Time) i18n.Text {
	if cs.Suspensions > 0 {
		return i18n.F("it was put off once already", "本案已挂账一次")
	}
	return none
}

func asked(kind dispatch.RequestKind) guard {
	return func(_ *city.City, cs *dispatch.Case, _ roster.PersonID, _ time.Time) i18n.Text {
		if cs.Request.Kind != kind {
			return i18n.F("nobody has asked for it", "没有待审批的申请")
		}
		return none
	}
}

func notTheAsker(_ *city.City, cs *dispatch.Case, actor roster.PersonID, _ time.Time) i18n.Text {
	if cs.AskedOrGranted(actor) {
		return i18n.F("%s has asked for it or granted it already; somebody else decides", "%s 已申请或已审批，须由他人决定", actor)
	}
	return none
}

func hasMilestone(_ *city.City, cs *dispatch.Case, _ roster.PersonID, _ time.Time) i18n.Text {
	if !slices.ContainsFunc(cs.Milestones, func(m dispatch.Milestone) bool { return m.Clock.Running() }) {
		return i18n.F("no milestone is under way", "没有进行中的节点")
	}
	return none
}

func hasCoOwner(c *city.City, cs *dispatch.Case, actor roster.PersonID, at time.Time) i18n.Text {
	if !slices.ContainsFunc(cs.CoOwners, func(o dispatch.CoOwner) bool { return o.Open() }) {
		return i18n.F("no co-owner's part is open", "没有未完成的协办任务")
	}
	return none
}

func milestonesReached(_ *city.City, cs *dispatch.Case, _ roster.PersonID, _ time.Time) i18n.Text {
	var left []i18n.Text
	for _, m := range cs.Milestones {
		if m.Reached.IsZero() {
			left = append(left, i18n.Text{En: m.ID, Zh: m.Name})
		}
	}
	if len(left) > 0 {
		return dispatch.JoinTexts(i18n.F("milestones still to be reached: ", "尚未完成的节点："), left)
	}
	return none
}

func notCheckedYet(_ *city.City, cs *dispatch.Case, _ roster.PersonID, _ time.Time) i18n.Text {
	if cs.CheckedBy != "" {
		return i18n.F("%s has passed the check; close it", "%s 已核查通过，请结案", cs.CheckedBy)
	}
	return none
}

// notTheFixer: a person who did some of the work never checks it: see Case.WorkedOn.
func notTheFixer(_ *city.City, cs *dispatch.Case, actor roster.PersonID, _ time.Time) i18n.Text {
	if cs.WorkedOn(actor) {
		return i18n.F("%s did the work and can't check it; ask another inspector", "%s 是处置人，不能核查本案，请由其他核查人员执行", actor)
	}
	return none
}

func checkPassed(_ *city.City, cs *dispatch.Case, _ roster.PersonID, _ time.Time) i18n.Text {
	if cs.CheckedBy == "" {
		return i18n.F("the check has not passed yet; check it first", "尚未核查通过，请先核查")
	}
	return none
}

func answered(_ *city.City, cs *dispatch.Case, _ roster.PersonID, _ time.Time) i18n.Text {
	if cs.Unanswered {
		return i18n.F("it is supervised and nobody has answered; answer first", "案件被督办且尚未回复，请先回复督办")
	}
	return none
}

func supervised(_ *city.City, cs *dispatch.Case, _ roster.PersonID, _ time.Time) i18n.Text {
	if !cs.Unanswered {
		return i18n.F("no supervision waits for an answer", "没有待回复的督办")
	}
	return none
}

// otherOverseer: a duty chief and a leader close by force together, in either order.
func otherOverseer(_ *city.City, cs *dispatch.Case, actor roster.PersonID, _ time.Time) i18n.Text {
	if cs.Request.Kind == dispatch.RequestForceClose && actor != "" && actor == cs.Request.By {
		return i18n.F("%s has asked for it; the other of duty chief and leader must join", "%s 已提出，须由值班长与领导中的另一方共同决定", actor)
	}
	return none
}

func inGroup(_ *city.City, cs *dispatch.Case, _ roster.PersonID, _ time.Time) i18n.Text {
	if cs.Group == 0 {
		return i18n.F("it is part of no mass event", "案件未关联任何主案")
	}
	return none
}

func overran(_ *city.City, cs *dispatch.Case, _ roster.PersonID, _ time.Time) i18n.Text {
	if cs.Late() == 0 {
		return i18n.F("only an overtime can be appealed, and there was none", "只能就超时申诉，本案没有超时")
	}
	return none
}

func notAppealed(_ *city.City, cs *dispatch.Case, _ roster.PersonID, _ time.Time) i18n.Text {
	if cs.Appeal != dispatch.NoAppeal {
		return i18n.F("it was appealed once already", "本案已申诉一次")
	}
	return none
}

func withinAppeal(c *city.City, cs *dispatch.Case, _ roster.PersonID, at time.Time) i18n.Text {
	if last := cs.ClosedAt.AddDate(0, 0, c.Defaults.AppealDays); at.After(last) {
		return i18n.F("appeals ended at %s", "申诉期已于 %s 届满", clockTime(c, last))
	}
	return none
}

func notReopened(_ *city.City, cs *dispatch.Case, _ roster.PersonID, _ time.Time) i18n.Text {
	if cs.ReopenedAs != 0 {
		return i18n.F("case %s has taken it up again", "已由案件 %s 重新立案", cs.ReopenedAs)
	}
	return none
}

func withinReopen(c *city.City, cs *dispatch.Case, _ roster.PersonID, at time.Time) i18n.Text {
	if last := cs.ClosedAt.AddDate(0, 0, c.Defaults.ReopenDays); at.After(last) {
		return i18n.F("it could be reopened until %s; report it anew", "重新立案期限已于 %s 届满，请重新上报", clockTime(c, last))
	}
	return none
}
