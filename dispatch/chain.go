package dispatch

import (
	"slices"
	"time"

	"wangge/dispatch/city/roster"
	"wangge/grid"
)

// ChainLink is one dispatch of a case in a city with several platforms: by a platform to a unit, or to a platform below, which
// dispatches the case again (二次派遣).
type ChainLink struct {
	Platform roster.Unit // that dispatched; zero = the city's own
	To       Owner
	Rule     string
	By       roster.PersonID // "" = the service itself, at once with the report
	At       time.Time
	Due      time.Time // to a platform: the limit of its own dispatch; zero = none
	Missed   bool      // nobody dispatched in time: people were notified
	On       time.Time // to a platform: when it dispatched the case for the first time; zero = not yet
	Ended    time.Time // the unit returned the case, or a superior took the case away; zero = it stands
	Refused  int       // how many units had returned the case before, as the first of Case.Refused
}

// MaxChain bounds the links that a case keeps: beyond it, those that ended first are forgotten first.
const MaxChain = 32

// LateOn is by how much a platform exceeded the limit of its own dispatch until now; 0 when it did not, or has none.
func (l *ChainLink) LateOn(now time.Time) time.Duration {
	if l.Due.IsZero() {
		return 0
	}
	for _, end := range []time.Time{l.On, l.Ended} {
		if !end.IsZero() && end.Before(now) {
			now = end
		}
	}
	return max(0, now.Sub(l.Due))
}

// IsPlatform reports whether the owner is a platform, which dispatches the case again: an area with its dispatcher.
func (o *Owner) IsPlatform() bool {
	return o.Unit.Kind == roster.UnitArea && o.Post != "" && o.Post == roster.PostAt(o.Unit, roster.Dispatcher)
}

// AtPlatform reports whether the case waits for the second dispatch by the platform that owns the case.
func (c *Case) AtPlatform() bool { return c.Stage == Dispatched && c.Owner.IsPlatform() }

// PartAt is the open part of a platform that is a co-owner: the platform gives the part on to a unit of its area, or keeps the
// part. Nil when the unit is no such platform.
func (c *Case) PartAt(u roster.Unit) *CoOwner {
	for i := range c.CoOwners {
		if o := &c.CoOwners[i]; o.Unit == u && o.Open() && o.IsPlatform() {
			return o
		}
	}
	return nil
}

// PartToGive reports whether a co-owner is a platform that may give its part on at the present stage: while the case is with its
// owner, or is checked.
func (c *Case) PartToGive(o *CoOwner) bool {
	return o.Open() && o.IsPlatform() && (c.Stage == Dispatched || c.Stage == Handling || c.Stage == Checking)
}

// JoinsUnknown reports whether a case that was just filed says that it repeats a case which does not exist, or which its reporter may
// not read: nothing was merged, and nothing is proposed.
func (c *Case) JoinsUnknown() bool {
	return c.Report.Joins != 0 && c.Proposed == 0 && c.MergedInto == 0
}

// Dispatching is the platform that dispatched the case last, or must dispatch it: that of the last dispatch to a platform
// which stands, else the one at which the case arrived. The zero Unit is the city's own. Of a case that waits for the second
// dispatch, it is the platform that gave it.
func (c *Case) Dispatching() roster.Unit {
	if l := c.FromAbove(); l != nil {
		return l.To.Unit
	}
	return c.Platform
}

// Office is the platform whose people must act at the present stage, when the office must: to accept, file, dispatch and
// close. A case is closed where it arrived. The zero Unit is the city's own.
func (c *Case) Office() roster.Unit {
	switch {
	case c.AtPlatform():
		return c.Owner.Unit
	case c.Stage == Returned:
		return c.Dispatching()
	}
	return c.Platform
}

// PlatformsElsewhere lists the platforms that have to do with a case outside their areas, each once: the one whose office must
// act, and those between which the dispatches of the case stand.
func (c *Case) PlatformsElsewhere() []roster.Unit {
	var out []roster.Unit
	add := func(u roster.Unit) {
		if u != (roster.Unit{}) && !slices.Contains(c.Place.Areas, grid.AreaID(u.ID)) && !slices.Contains(out, u) {
			out = append(out, u)
		}
	}
	add(c.Office())
	for i := range c.Chain {
		if l := &c.Chain[i]; l.Ended.IsZero() {
			add(l.Platform)
			if l.To.IsPlatform() {
				add(l.To.Unit)
			}
		}
	}
	return out
}

// FromAbove is the link by which the platform of Dispatching got the case; nil when the case arrived there.
func (c *Case) FromAbove() *ChainLink {
	present := c.AtPlatform()
	for i := range slices.Backward(c.Chain) {
		l := &c.Chain[i]
		if !l.Ended.IsZero() || !l.To.IsPlatform() {
			continue
		}
		if present && l.To.Unit == c.Owner.Unit {
			present = false
			continue
		}
		return l
	}
	return nil
}

// PresentLink is the last dispatch, while it stands; nil when there is none.
func (c *Case) PresentLink() *ChainLink {
	for i := range slices.Backward(c.Chain) {
		if c.Chain[i].Ended.IsZero() {
			return &c.Chain[i]
		}
	}
	return nil
}

// refuse notes a unit that returned the case. What units below it had returned before is its own affair.
func (c *Case) refuse(u roster.Unit) {
	keep := len(c.Refused)
	for i := range slices.Backward(c.Chain) {
		if l := &c.Chain[i]; l.To.Unit == u {
			keep = min(keep, l.Refused)
			break
		}
	}
	c.Refused = append(slices.Clip(c.Refused[:keep]), u)
}
