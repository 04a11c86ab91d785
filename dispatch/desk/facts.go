package desk

import (
	"time"
	"wangge/dispatch"
	"wangge/dispatch/catalog"
	"wangge/dispatch/city"
	"wangge/dispatch/roster"
)

// Facts is what a filter may ask of a case.
type Facts struct {
	Stage    dispatch.Stage
	Severity catalog.Severity
	Category catalog.Code
	Owner    roster.Unit
	Post     roster.PostID
	Reporter roster.PersonID
	Light    string    // of the last step of the ladder that fired; "" = none yet
	Step     int       // how many steps have fired
	Created  time.Time // when we received it
	Due      time.Time // of the present stage; zero when no clock runs
}

func factsOf(c *city.City, cs *dispatch.Case) Facts {
	f := Facts{
		Stage: cs.Stage, Severity: cs.Severity, Category: cs.Category, Owner: cs.Owner.Unit, Post: cs.Owner.Post, Reporter: cs.Report.Reporter,
		Step: cs.NextStep, Created: cs.Report.ReceivedAt, Due: cs.Clock.Due,
	}
	if steps := c.Ladders[cs.Ladder].Steps; cs.NextStep > 0 && cs.NextStep <= len(steps) {
		f.Light = steps[cs.NextStep-1].Light
	}
	return f
}

// Filter keeps some cases of a list. The zero Filter keeps all.
type Filter struct {
	Text string           // binds page tokens: the same text must mean the same cases
	Keep func(Facts) bool // nil keeps all
}

func (f Filter) keeps(facts Facts) bool { return f.Keep == nil || f.Keep(facts) }
