// Package duplicate compares cases and reports: whether two of them are one matter.
package duplicate

import (
	"slices"
	"strings"
	"time"

	"wangge/dispatch"
	"wangge/dispatch/city"
	"wangge/dispatch/city/catalog"
	"wangge/dispatch/i18n"
	"wangge/dispatch/sla"
	"wangge/grid"
)

// Likeness is how similar a case is to a report or to another case.
type Likeness struct {
	DistanceM float64
	Apart     time.Duration // between the two reports
	Score     float64       // 0 to 1
}

// Mismatch is a reason why a report is not merged into a case without a person's decision, or a case into another.
// Values are stored.
type Mismatch string

// Mismatches.
const (
	MismatchUnknown  Mismatch = "unknown"  // no such case, or none that the person may see
	MismatchEnded    Mismatch = "ended"    // the other case has ended
	MismatchCategory Mismatch = "category" // another category, not of the same parent or class
	MismatchDistance Mismatch = "distance" // further apart than reports of one matter may lie
	MismatchPosition Mismatch = "position" // one of the two has no position
	MismatchTime     Mismatch = "time"     // seen too long before the other was reported
	MismatchSeverity Mismatch = "severity" // more severe than the other
	MismatchIdle     Mismatch = "idle"     // of severity A, and nobody works on the other: see Works
)

// Works reports whether somebody works on a case for what was seen at an instant: a unit has the case, or the unit reported
// the work done after that. Nobody works on a case that waits for an office, for a platform's second dispatch included, for a
// ruling or for a date.
func Works(cs *dispatch.Case, seen time.Time) bool {
	switch cs.Stage {
	case dispatch.Handling:
		return true
	case dispatch.Dispatched:
		return !cs.AtPlatform()
	case dispatch.Checking:
		return !seen.After(cs.ResolvedAt)
	case dispatch.StageUnknown, dispatch.Reported, dispatch.Verifying, dispatch.Accepted, dispatch.Filed, dispatch.Returned,
		dispatch.Arbitration, dispatch.Suspended, dispatch.Closed, dispatch.Rejected, dispatch.Voided, dispatch.Merged, dispatch.SelfResolved:
	}
	return false
}

// Mismatches lists why a matter of a category and a severity, seen at a place and an instant, can't be merged into a
// case; nothing when it can. A more severe matter is never merged into a less severe one: its limit is the shorter. A matter of
// severity A is merged only into a case on which somebody works; by hand also into one that waits like it: see Objections.
//
// An open case is one matter until it ends: what is seen there weeks later is the same matter, which nobody has put right yet.
// DuplicateHours bounds how long before the report of the case a matter may have been seen, by a phone that was away from the
// network.
func Mismatches(
	c *city.City, at *dispatch.Place, code catalog.Code, severity catalog.Severity, seen time.Time, to *dispatch.Case,
) []Mismatch {
	var out []Mismatch
	add := func(is bool, m Mismatch) {
		if is {
			out = append(out, m)
		}
	}
	received := to.Report.ReceivedAt
	add(!to.Open(), MismatchEnded)
	add(Kin(c, code, to.Category) == 0, MismatchCategory)
	if at.Located() && to.Place.Located() {
		add(grid.Distance(at.Point, to.Place.Point) > c.Defaults.DuplicateM, MismatchDistance)
	} else {
		add(true, MismatchPosition)
	}
	add(received.After(seen) && received.Sub(seen) > sla.Hours(c.Defaults.DuplicateHours), MismatchTime)
	add(to.Severity == catalog.SeverityUnknown || severity != catalog.SeverityUnknown && severity < to.Severity, MismatchSeverity)
	add(severity == catalog.SeverityA && to.Open() && !Works(to, seen), MismatchIdle)
	return out
}

// OfReport lists why a report is not merged into the case that it names: MismatchUnknown when the reporter may read no such case
// (nil), else Mismatches. A report of severity A is merged only into a case of the very same category: a person decides whether
// two dangers are one.
func OfReport(c *city.City, r *dispatch.Report, at *dispatch.Place, severity catalog.Severity, to *dispatch.Case) []Mismatch {
	if to == nil || to.ID != r.Joins {
		return []Mismatch{MismatchUnknown}
	}
	why := Mismatches(c, at, r.Category, severity, r.Seen(), to)
	if severity == catalog.SeverityA && r.Category != to.Category && !slices.Contains(why, MismatchCategory) {
		why = append(why, MismatchCategory)
	}
	return why
}

// Stored is the stored form of why a report was not merged. Example: "category,distance".
func Stored(why []Mismatch) string {
	words := make([]string, len(why))
	for i, m := range why {
		words[i] = string(m)
	}
	return strings.Join(words, ",")
}

// waitsAlike reports whether a case of severity A on which nobody works yet loses nothing in another one, which is of severity A itself and
// waits on a running clock, no further back: the other case has the same urgency, and both reporters. A person says so; a report
// of severity A is never merged into such a case by itself.
func waitsAlike(cs, to *dispatch.Case) bool {
	far := func(cs *dispatch.Case) int {
		switch cs.Stage {
		case dispatch.Reported, dispatch.Verifying:
			return 1
		case dispatch.Accepted:
			return 2
		case dispatch.Filed, dispatch.Returned, dispatch.Arbitration:
			return 3
		case dispatch.Dispatched:
			if cs.AtPlatform() {
				return 4
			}
		case dispatch.StageUnknown, dispatch.Handling, dispatch.Suspended, dispatch.Checking, dispatch.Closed, dispatch.Rejected, dispatch.Voided,
			dispatch.Merged, dispatch.SelfResolved:
		}
		return 0
	}
	return cs.Severity == catalog.SeverityA && to.Severity == catalog.SeverityA && far(cs) > 0 && far(to) >= far(cs) && to.Clock.Running()
}

// Objections says why a person can't merge a case into another that has not ended, and what to do about it; nothing when the person can.
// Two cases of severity A on which nobody works yet are one matter when a person says so, and the other is no further back.
func Objections(c *city.City, cs, to *dispatch.Case) []i18n.Text {
	var out []i18n.Text
	for _, m := range Mismatches(c, &cs.Place, cs.Category, cs.Severity, cs.Report.ReceivedAt, to) {
		if m != MismatchEnded && (m != MismatchIdle || !waitsAlike(cs, to)) {
			out = append(out, Why(c, cs, to, m))
		}
	}
	return out
}

// Why says why one case is not merged into another, and what to do about it.
func Why(c *city.City, cs, to *dispatch.Case, m Mismatch) i18n.Text {
	names := func(code catalog.Code) i18n.Text { return c.CategoryNames([]catalog.Code{code}) }
	d := &c.Defaults
	switch m {
	case MismatchEnded:
		return i18n.F("case %[1]s is %[2]s and takes no more", "案件 %[1]s 为「%[3]s」，不能并入", to.ID, to.Stage.Words().En, to.Stage.Words().Zh)
	case MismatchCategory:
		mine, its := names(cs.Category), names(to.Category)
		return i18n.F("it is of category %[1]s, case %[5]s of another family, %[2]s: reclassify it first", "本案类别为 %[3]s，案件 %[5]s 为 %[4]s，不属同类：请先改类", mine.En, its.En, mine.Zh, its.Zh, to.ID)
	case MismatchDistance:
		apart, within := i18n.Metres(grid.Distance(cs.Place.Point, to.Place.Point)), i18n.Metres(d.DuplicateM)
		return i18n.F("case %[1]s is %[2]s away, one matter lies within %[3]s", "与案件 %[1]s 相距 %[4]s，同一问题应在 %[5]s以内", to.ID, apart.En, within.En, apart.Zh, within.Zh)
	case MismatchPosition:
		return i18n.F("it or case %[1]s has no position: nobody can tell that they are one matter", "本案或案件 %[1]s 没有位置，无法判断是否为同一问题", to.ID)
	case MismatchTime:
		return i18n.F("case %[1]s was reported more than %[2]d h after it", "案件 %[1]s 的上报晚于本案超过 %[2]d 小时", to.ID, d.DuplicateHours)
	case MismatchSeverity:
		return i18n.F("it is of severity %[2]s, case %[1]s only of %[3]s: reclassify that one first", "本案等级为 %[2]s，高于案件 %[1]s 的 %[3]s：请先将后者改类", to.ID, letter(cs.Severity), letter(to.Severity))
	case MismatchIdle:
		if to.AtPlatform() {
			return i18n.F("it is of severity A, and case %s waits for its second dispatch: nobody works on that one now; have that one dispatched first", "本案为 A 级，案件 %s 待二次派遣，目前无人处置：请先将其派遣到责任单位", to.ID)
		}
		return i18n.F("it is of severity A, and case %[1]s is %[2]s: nobody works on that one now; have that one worked on first", "本案为 A 级，案件 %[1]s 为「%[3]s」，目前无人处置：请先使其进入处置", to.ID, to.Stage.Words().En, to.Stage.Words().Zh)
	case MismatchUnknown:
	}
	return i18n.F("there is no case %s", "没有案件 %s", to.ID)
}

// letter is the letter of a severity.
func letter(s catalog.Severity) string {
	if s < catalog.SeverityA || s > catalog.SeverityC {
		return "?"
	}
	return "ABC"[s-1 : s]
}

// Resembles reports whether a case may be the same matter as one of a category seen at a place and an instant, and how
// similar the two are. Such a case lies near, has the same category or one of its family, was reported not long before
// or after, and is open or was closed a short while ago. Merged cases and cases without a position never resemble: for
// a merged case, ask about the one that it was merged into.
func Resembles(c *city.City, at grid.Point, code catalog.Code, seen time.Time, cs *dispatch.Case, now time.Time) (Likeness, bool) {
	if !cs.Place.Located() {
		return Likeness{}, false
	}
	d := &c.Defaults
	like := Likeness{DistanceM: grid.Distance(at, cs.Place.Point), Apart: cs.Report.ReceivedAt.Sub(seen).Abs()}
	family := Kin(c, code, cs.Category)
	window := sla.Hours(d.DuplicateHours)
	switch {
	case like.DistanceM > d.DuplicateM || family == 0:
		return like, false
	case cs.Open():
		if cs.Report.ReceivedAt.After(seen) && like.Apart > window {
			return like, false
		}
	case cs.Stage == dispatch.Closed || cs.Stage == dispatch.SelfResolved:
		if now.Sub(cs.ClosedAt) > sla.Hours(d.RecentHours) {
			return like, false
		}
	default:
		return like, false
	}
	near, soon := 1.0, 0.0
	if d.DuplicateM > 0 {
		near = 1 - like.DistanceM/d.DuplicateM
	}
	if like.Apart < window {
		soon = 1 - float64(like.Apart)/float64(window)
	}
	like.Score = 0.4*near + 0.4*family + 0.2*soon
	return like, true
}

// Kin is 1 for the same category, a half for one of the same parent or class, 0 for another family.
func Kin(c *city.City, a, b catalog.Code) float64 {
	x, y := c.Categories[a], c.Categories[b]
	switch {
	case a == b:
		return 1
	case x == nil || y == nil:
		return 0
	case x.Parent != "" && x.Parent == y.Parent, x.Parent == b, y.Parent == a, x.Class != "" && x.Class == y.Class && x.Kind == y.Kind:
		return 0.5
	default:
		return 0
	}
}
