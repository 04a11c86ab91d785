// Package catalog holds what can be reported and who answers for it: categories, their filing
// conditions with limits, and the responsibility rules. It is pure data with lookups; it knows
// neither places nor people nor time arithmetic.
package catalog

import (
	"time"
	"wangge/dispatch/calendar"
)

// Code names a category inside one table version. Example: "E0101".
type Code string

// Kind tells a component (a thing that stands in the street) from an event.
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

// Category is one subclass of the table.
type Category struct {
	Code           Code
	Kind           Kind
	Class, ClassEn string
	Name, NameEn   string
	Parent         Code
	Conditions     []Condition // never empty: the category's own row is condition "1" when no table gives more
}

// Condition is a filing condition (立案条件) with its own limit and closing condition.
type Condition struct {
	ID       string // unique within the category. Example: "2"
	Name     string
	Severity Severity
	Limit    calendar.Limit
	Closing  string
}

// OwnerKind tells who a rule points at.
type OwnerKind int

// Owner kinds; zero is unset.
const (
	OwnerUnknown OwnerKind = iota
	OwnerBlock             // the area of a level: territory (块)
	OwnerLine              // a department, through its section where one lies there (条)
	OwnerPoint             // the unit that answers for the point near by
)

// Target is what a rule's owner cell says. Example: "block:street", "line:GREEN", "point".
type Target struct {
	Kind       OwnerKind
	Level      int    // OwnerBlock: index into the city's levels
	Department string // OwnerLine
}

// Rule is one row of rules.csv. Rules are tried in ascending Order; the first match decides.
type Rule struct {
	ID       string // "rules.csv:12", the row that a person can look up
	Order    int
	Pattern  string // exact code, "PREFIX*", or "*"
	Area     string // area id that must be in the place's chain; "" = anywhere
	Near     string // kind of point that must lie within WithinM metres; "" = not asked
	WithinM  float64
	From, To time.Time // [From, To); zero = open
	Owner    Target
	CoOwners []Target
	Note     string
}

// Matches reports whether the rule's category pattern covers the code.
func (r *Rule) Matches(c Code) bool {
	p := r.Pattern
	if n := len(p); n > 0 && p[n-1] == '*' {
		return len(c) >= n-1 && string(c[:n-1]) == p[:n-1]
	}
	return p == string(c)
}
