// Package catalog holds what can be reported and who answers: categories, their filing conditions with limits, and
// the responsibility rules. The package is pure data with lookups; places, people and time arithmetic are out of
// scope.
package catalog

import (
	"slices"

	"wangge/dispatch/city/calendar"
)

// Code names a category inside one table version. Example: "E0101".
type Code string

// Kind tells a component (a fixed object in the street) from an event.
type Kind int

// Kinds; zero is unset and refused by the loader.
const (
	KindUnknown Kind = iota
	Component
	Event
)

// Severity grades a condition: A urgent, B major, C general.
type Severity int

// Severities; zero is unset.
const (
	SeverityUnknown Severity = iota
	SeverityA
	SeverityB
	SeverityC
)

// Letter is the severity as people write it; "" for none.
func (s Severity) Letter() string {
	if s < SeverityA || s > SeverityC {
		return ""
	}
	return "ABC"[s-1 : s]
}

// SelfResolve says whether the inspector who finds a matter may put the matter right on the spot (自行处置).
type SelfResolve int

// Values of SelfResolve. Without a value of its own, a category allows it for conditions of severity C.
const (
	SelfResolveSeverityC SelfResolve = iota
	SelfResolveAllowed
	SelfResolveForbidden
)

// Allows reports whether a matter of a severity may be put right on the spot.
func (r SelfResolve) Allows(s Severity) bool {
	return r == SelfResolveAllowed || r == SelfResolveSeverityC && s == SeverityC
}

// Category is one subclass of the table.
type Category struct {
	Code           Code
	Kind           Kind
	Class, ClassEn string
	Name, NameEn   string
	Parent         Code
	Severity       Severity    // of the category itself; a condition may differ
	SelfResolve    SelfResolve // may the finder put the matter right on the spot
	Conditions     []Condition // never empty: without rows of its own the category is its condition "1"
}

// ConditionMatters reports whether the conditions of the category differ in severity or limit: a person must choose one
// before a case is filed, and the first is no default.
func (c *Category) ConditionMatters() bool {
	for i := range c.Conditions[1:] {
		if k := &c.Conditions[i+1]; k.Severity != c.Conditions[0].Severity || k.Limit != c.Conditions[0].Limit {
			return true
		}
	}
	return false
}

// Severest is the most severe of the conditions, for a matter whose condition nobody has chosen yet.
func (c *Category) Severest() Severity {
	out := c.Conditions[0].Severity
	for i := range c.Conditions {
		out = min(out, c.Conditions[i].Severity)
	}
	return out
}

// Condition is a filing condition (立案条件) with its own limit and closing conditions.
type Condition struct {
	ID       string // unique within the category. Example: "2"
	Name     string
	Severity Severity
	Limit    calendar.Limit
	Closings []string // closing conditions (结案条件), of which one is met when a case is closed; none = in the words of the desk

	Milestones []Milestone // in order; usually none
}

// Milestone is a part of the work with its own limit and closing condition: make safe in three hours, repair in
// eight, restore in five work days.
//
// A milestone of several parties is one for each of them, each with a clock of its own: everybody who is sent to a danger
// arrives within half an hour.
type Milestone struct {
	ID      string // unique within the condition. Example: "repair"
	Name    string
	After   string // the milestone whose completion starts the clock; "" = the dispatch
	Limit   calendar.Limit
	Closing string
	Parties []Party // whose milestone it is, each once; never empty
}

// Party is who works on a case. Values are stored; never renumber.
type Party int

// Parties; zero is the owner.
const (
	PartyOwner     Party = iota // the unit that leads
	PartyCoOwner                // each co-owner with a duty
	PartyInspector              // the nearest inspector's post of the place, sent there (监督员到场)
)

var partyNames = [...]string{"owner", "co_owners", "inspector"}

// PartyNames lists the text forms that ParseParty reads.
func PartyNames() []string { return slices.Clone(partyNames[:]) }

// ParseParty reads a party; false for a word that names none.
func ParseParty(s string) (Party, bool) {
	i := slices.Index(partyNames[:], s)
	return Party(max(i, 0)), i >= 0
}

// String is the stable text form.
func (p Party) String() string {
	if p < 0 || int(p) >= len(partyNames) {
		return partyNames[0]
	}
	return partyNames[p]
}
