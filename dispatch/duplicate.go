package dispatch

import (
	"time"
	"wangge/dispatch/catalog"
	"wangge/dispatch/city"
	"wangge/grid"
)

// Likeness is how alike a case and a report, or another case, are.
type Likeness struct {
	DistanceM float64
	Apart     time.Duration // between the two reports
	Score     float64       // 0 to 1
}

// Resembles reports whether a case may be the same matter as one of a category seen at a place and
// an instant: it lies near, is of the same category or its family, was reported not long before or
// after, and is open or was closed a short while ago. A case that was merged is no candidate: the one
// that it repeats is.
func Resembles(c *city.City, at grid.Point, code catalog.Code, seen time.Time, cs *Case, now time.Time) (Likeness, bool) {
	d := &c.Defaults
	like := Likeness{DistanceM: grid.Distance(at, cs.Place.Point), Apart: cs.Report.ReceivedAt.Sub(seen).Abs()}
	family := kin(c, code, cs.Category)
	window := hours(d.DuplicateHours)
	switch {
	case like.DistanceM > d.DuplicateM || family == 0:
		return like, false
	case cs.Open():
		if cs.Report.ReceivedAt.After(seen) && like.Apart > window {
			return like, false
		}
	case cs.Stage == Closed || cs.Stage == SelfResolved:
		if now.Sub(cs.ClosedAt) > hours(d.RecentHours) {
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

// kin is 1 for the same category, a half for one of the same parent or class, 0 for another family.
func kin(c *city.City, a, b catalog.Code) float64 {
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
