// Package guard says what keeps an act from being done to a case at a stage that allows the act.
package guard

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

// Guard says why an act is not possible although the stage allows it; the zero text means that it is. A Guard does not
// read what the command carries, so that every act which a case offers can be done.
type Guard func(c *city.City, cs *dispatch.Case, actor roster.PersonID, at time.Time) i18n.Text

// None is the text of a guard that keeps nobody.
var None = i18n.Text{}

// BeforeOwner are the stages of a case that no unit has been given.
var BeforeOwner = []dispatch.Stage{dispatch.Reported, dispatch.Verifying, dispatch.Accepted, dispatch.Filed}

// Classified is a guard: the limit of the work is that of the category and condition, so the city must have both.
func Classified(c *city.City, cs *dispatch.Case, _ roster.PersonID, _ time.Time) i18n.Text {
	return revise.Unclassified(c, c, cs)
}

// HandlerLeft is a guard: work that is under way can be started again only when its handler has left.
func HandlerLeft(c *city.City, cs *dispatch.Case, _ roster.PersonID, at time.Time) i18n.Text {
	if cs.Stage == dispatch.Handling && revise.HoldsPost(c, cs, cs.Handler, at) {
		return UnderWay(c, cs)
	}
	return None
}

// UnderWay says that a case is handled, and by whom.
func UnderWay(c *city.City, cs *dispatch.Case) i18n.Text {
	return i18n.F("the case is %[1]s by %[2]s", "案件处于「%[1]s」，由%[2]s处置", dispatch.Handling.Words(), c.Person(cs.Handler))
}

// VerifiedFirst is a guard: a report from a source of verify_sources is confirmed on the ground before it is accepted.
func VerifiedFirst(c *city.City, cs *dispatch.Case, _ roster.PersonID, _ time.Time) i18n.Text {
	if cs.Verified != dispatch.Confirmed && slices.Contains(c.Defaults.VerifySources, cs.Report.Source.String()) {
		return i18n.F("a report from %s must be verified on the ground first", "来源为「%s」的上报须先核实", cs.Report.Source)
	}
	return None
}

// SmallMatter is a guard: the category says whether the finder may put the matter right on the spot.
func SmallMatter(c *city.City, cs *dispatch.Case, _ roster.PersonID, _ time.Time) i18n.Text {
	rule := catalog.SelfResolveSeverityC
	if cat := c.Categories[cs.Category]; cat != nil {
		rule = cat.SelfResolve
	}
	switch {
	case rule.Allows(cs.Severity):
		return None
	case rule == catalog.SelfResolveForbidden:
		return i18n.F("matters of category %[1]q must not be put right on the spot; report them", "类别“%[1]s”不得自行处置，请上报", c.CategoryName(cs.Category))
	default:
		return i18n.F("only a small matter, of severity C, may be put right on the spot", "只有 C 级轻微问题可自行处置")
	}
}

// SeenBefore is a guard: what was put right on the spot is shown by a photo from before and one from after.
func SeenBefore(_ *city.City, cs *dispatch.Case, _ roster.PersonID, _ time.Time) i18n.Text {
	if len(cs.Report.PhotoHashes) == 0 {
		return i18n.F("the report has no photo from before; what is put right on the spot is shown by one from before and one from after", "上报缺少处置前照片；自行处置须同时有处置前、处置后照片")
	}
	return None
}

// ChiefVoids is a guard: once a unit has been given the case, a duty chief alone says that the case was filed by mistake.
func ChiefVoids(c *city.City, cs *dispatch.Case, actor roster.PersonID, at time.Time) i18n.Text {
	if actor == "" || slices.Contains(BeforeOwner, cs.Stage) {
		return None
	}
	for _, h := range c.Roster.PostsOf(actor, at) {
		if h.Role == roster.DutyChief && rights.Within(c, h.Unit, rights.ScopePlace, cs) {
			return None
		}
	}
	return i18n.F("the case was dispatched already; a duty chief must void it as filed by mistake", "案件已派遣，须由值班长作为误立案作废")
}

// ReturnWindow is a guard: a unit returns a case within return_hours of working time on the unit's calendar, and before the deadline. A
// platform has as long from when the case came back to it; one where the case arrived has no window.
func ReturnWindow(c *city.City, cs *dispatch.Case, _ roster.PersonID, at time.Time) i18n.Text {
	since := cs.ReroutedAt
	if since.IsZero() {
		since = cs.Clock.Since
	}
	window := calendar.Limit{N: c.Defaults.ReturnHours, Unit: calendar.WorkHours}
	unit, due := cs.Owner.Unit, cs.Clock.Due
	if cs.Stage != dispatch.Dispatched { // a platform returns what came back to it
		unit, since, due = cs.Office(), cs.Clock.Since, cs.Disposal.Due
	}
	if window.N == 0 || due.IsZero() || cs.Campaign.Held { // a campaign pauses the clock
		return None
	}
	if at.After(due) {
		return i18n.F("the deadline passed at %s, and only a case in time can be returned; start the work or ask the dispatcher", "处置时限已于 %s 届满，逾期不能回退，请处置或联系派遣员", ClockTime(c, due))
	}
	end, _, err := sla.DueOf(c, unit, since, window)
	if err != nil || !at.After(end) { // beyond the last year of the calendar the deadline alone bounds the return
		return None
	}
	return i18n.F("the return window of %[1]s ended at %[3]s; start the work or ask the dispatcher", "回退时限 %[2]s 已于 %[3]s 届满，请处置或联系派遣员",
		window.Text().En, window.Text().Zh, ClockTime(c, end))
}

// ClockTime is an instant as the clocks of the city show it, to the minute.
func ClockTime(c *city.City, t time.Time) string { return t.In(c.Location).Format("2006-01-02 15:04") }

// NothingAsked is a guard: a case has one open request at a time.
func NothingAsked(c *city.City, cs *dispatch.Case, _ roster.PersonID, _ time.Time) i18n.Text {
	if cs.Request.Kind != dispatch.NoRequest {
		return i18n.F("a request of %[1]s waits for its decision; ask again after it", "%[1]s的申请尚待审批，审批后方可再申请", c.Person(cs.Request.By))
	}
	return None
}

// NothingElseAsked is a guard: nobody asks to close a case by force while another request waits for its decision, which would be
// lost with the case.
func NothingElseAsked(c *city.City, cs *dispatch.Case, _ roster.PersonID, _ time.Time) i18n.Text {
	p, open := rights.Deciding(cs.Request.Kind, cs)
	if !open || cs.Request.Kind == dispatch.RequestForceClose {
		return None
	}
	what, roles := cs.Request.Kind.Text(), roster.RoleWords(p.Roles)
	return i18n.F("the request of %[1]s for %[2]s waits for its decision by: %[3]s; it must be decided first", "%[1]s的%[4]s申请尚待审批（审批岗位：%[5]s），须先审批该申请",
		c.Person(cs.Request.By), what.En, roles.En, what.Zh, roles.Zh)
}

// InTime is a guard: an extension is asked for before the deadline.
func InTime(c *city.City, cs *dispatch.Case, _ roster.PersonID, at time.Time) i18n.Text {
	if cs.Overdue(at) {
		return i18n.F("the deadline passed at %s; an extension is asked for before it does", "时限已于 %s 届满，延期须在到期前申请", ClockTime(c, cs.Clock.Due))
	}
	return None
}

// ExtensionLeft is a guard: one owner's clock is extended twice at most.
func ExtensionLeft(_ *city.City, cs *dispatch.Case, _ roster.PersonID, _ time.Time) i18n.Text {
	if cs.Clock.Extended >= maxExtensions {
		return i18n.F("it was extended %d {time|times} already; ask for a suspension", "已延期 %d 次，请申请挂账", cs.Clock.Extended)
	}
	return None
}

// SuspensionLeft is a guard: a case is suspended once.
func SuspensionLeft(_ *city.City, cs *dispatch.Case, _ roster.PersonID, _ time.Time) i18n.Text {
	if cs.Suspensions > 0 {
		return i18n.F("it was put off once already", "本案已挂账一次")
	}
	return None
}

// Asked returns the guard of a decision on a kind of request: the request must be open.
func Asked(kind dispatch.RequestKind) Guard {
	return func(_ *city.City, cs *dispatch.Case, _ roster.PersonID, _ time.Time) i18n.Text {
		if cs.Request.Kind != kind {
			return i18n.F("nobody has asked for it", "没有待审批的申请")
		}
		return None
	}
}

// NotTheAsker is a guard: a person neither decides on their own request nor grants a request twice.
func NotTheAsker(c *city.City, cs *dispatch.Case, actor roster.PersonID, _ time.Time) i18n.Text {
	if cs.AskedOrGranted(actor) {
		return i18n.F("%s has asked for it or granted it already; somebody else decides", "%s已申请或已审批，须由他人决定", c.Person(actor))
	}
	return None
}

// HasCoOwner is a guard: a co-owner's part must be open.
func HasCoOwner(c *city.City, cs *dispatch.Case, actor roster.PersonID, at time.Time) i18n.Text {
	if !slices.ContainsFunc(cs.CoOwners, func(o dispatch.CoOwner) bool { return o.Open() }) {
		return i18n.F("no co-owner's part is open", "没有未完成的协办任务")
	}
	return None
}

// NotCheckedYet is a guard: a check that has passed is not repeated.
func NotCheckedYet(c *city.City, cs *dispatch.Case, _ roster.PersonID, _ time.Time) i18n.Text {
	if cs.CheckedBy != "" {
		return i18n.F("%s has passed the check; close it", "%s已核查通过，请结案", c.Person(cs.CheckedBy))
	}
	return None
}

// NotTheFixer is a guard: a person who did some of the work never checks it: see Case.WorkedOn.
func NotTheFixer(c *city.City, cs *dispatch.Case, actor roster.PersonID, _ time.Time) i18n.Text {
	if cs.WorkedOn(actor) {
		return i18n.F("%s worked on the case and can't check it; ask another inspector", "%s参与了本案处置，不能核查本案，请由其他核查人员执行", c.Person(actor))
	}
	return None
}

// CheckPassed is a guard: a case is closed after its check has passed.
func CheckPassed(_ *city.City, cs *dispatch.Case, _ roster.PersonID, _ time.Time) i18n.Text {
	if cs.CheckedBy == "" {
		return i18n.F("the check has not passed yet; check it first", "尚未核查通过，请先核查")
	}
	return None
}

// Answered is a guard: a supervision is answered before the case is closed.
func Answered(_ *city.City, cs *dispatch.Case, _ roster.PersonID, _ time.Time) i18n.Text {
	if cs.Unanswered {
		return i18n.F("it is supervised and nobody has answered; answer first", "案件被督办且尚未回复，请先回复督办")
	}
	return None
}

// Supervised is a guard: an answer needs an open supervision.
func Supervised(_ *city.City, cs *dispatch.Case, _ roster.PersonID, _ time.Time) i18n.Text {
	if !cs.Unanswered {
		return i18n.F("no supervision waits for an answer", "没有待回复的督办")
	}
	return None
}

// OtherOverseer is a guard: a duty chief and a leader close by force together, in either order.
func OtherOverseer(c *city.City, cs *dispatch.Case, actor roster.PersonID, _ time.Time) i18n.Text {
	if cs.Request.Kind == dispatch.RequestForceClose && actor != "" && actor == cs.Request.By {
		return i18n.F("%s has asked for it; the other of duty chief and leader must join", "%s已提出，须由值班长与领导中的另一方共同决定", c.Person(actor))
	}
	return None
}

// InGroup is a guard: a case must be part of a mass event.
func InGroup(_ *city.City, cs *dispatch.Case, _ roster.PersonID, _ time.Time) i18n.Text {
	if cs.Group == 0 {
		return i18n.F("it is part of no mass event", "案件未关联任何主案")
	}
	return None
}

// Overran is a guard: the work must have overrun its limit.
func Overran(_ *city.City, cs *dispatch.Case, _ roster.PersonID, _ time.Time) i18n.Text {
	if cs.Late() == 0 {
		return i18n.F("only an overtime can be appealed, and there was none", "只能就超时申诉，本案没有超时")
	}
	return None
}

// NotAppealed is a guard: a case is appealed once.
func NotAppealed(_ *city.City, cs *dispatch.Case, _ roster.PersonID, _ time.Time) i18n.Text {
	if cs.Appeal != dispatch.NoAppeal {
		return i18n.F("it was appealed once already", "本案已申诉一次")
	}
	return None
}

// WithinAppeal is a guard: an appeal is possible for appeal_days after the closing.
func WithinAppeal(c *city.City, cs *dispatch.Case, _ roster.PersonID, at time.Time) i18n.Text {
	if last := cs.ClosedAt.AddDate(0, 0, c.Defaults.AppealDays); at.After(last) {
		return i18n.F("appeals ended at %s", "申诉期已于 %s 届满", ClockTime(c, last))
	}
	return None
}

// NotReopened is a guard: a closed case is reopened once.
func NotReopened(_ *city.City, cs *dispatch.Case, _ roster.PersonID, _ time.Time) i18n.Text {
	if cs.ReopenedAs != 0 {
		return i18n.F("case %s has taken it up again", "已由案件 %s 重新立案", cs.ReopenedAs)
	}
	return None
}

// WithinReopen is a guard: a case is reopened within reopen_days after its closing.
func WithinReopen(c *city.City, cs *dispatch.Case, _ roster.PersonID, at time.Time) i18n.Text {
	if last := cs.ClosedAt.AddDate(0, 0, c.Defaults.ReopenDays); at.After(last) {
		return i18n.F("it could be reopened until %s; report it anew", "重新立案期限已于 %s 届满，请重新上报", ClockTime(c, last))
	}
	return None
}

// ClockRuns refuses an extension while a campaign pauses the clock.
func ClockRuns(c *city.City, cs *dispatch.Case, _ roster.PersonID, _ time.Time) i18n.Text {
	if cs.Campaign.Held {
		return i18n.F("the clock is paused until campaign %s stops; the limit counts anew from there", "专项行动“%s”期间暂停计时，停止后重新起算时限", c.CampaignName(cs.Campaign.ID))
	}
	return None
}

// GivenOn is a guard: a platform that has the case dispatches it to a unit first.
func GivenOn(c *city.City, cs *dispatch.Case, _ roster.PersonID, _ time.Time) i18n.Text {
	if !cs.AtPlatform() {
		return None
	}
	n := c.UnitName(cs.Owner.Unit)
	return i18n.F("the platform of %[1]s has the case and must dispatch it to a unit first", "案件在%[2]s平台，须先由该平台二次派遣到责任单位", n.En, n.Zh)
}
