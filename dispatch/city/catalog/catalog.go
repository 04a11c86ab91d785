// Package catalog holds what can be reported and who answers: categories, their filing conditions with limits, and
// the responsibility rules. The package is pure data with lookups; places, people and time arithmetic are out of
// scope.
package catalog

import "wangge/dispatch/city/calendar"

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

// Condition is a filing condition (立案条件) with its own limit and closing condition.
type Condition struct {
	ID       string // unique within the category. Example: "2"
	Name     string
	Severity Severity
	Limit    calendar.Limit
	Closing  string

	Milestones []Milestone // in order; usually none
}

// Milestone is a part of the work with its own limit and closing condition: make safe in three hours, repair in
// eight, restore in five work days.
type Milestone struct {
	ID      string // unique within the condition. Example: "repair"
	Name    string
	After   string // the milestone whose completion starts the clock; "" = the dispatch
	Limit   calendar.Limit
	Closing string
}
