package catalog

import (
	"strconv"
	"strings"
	"time"

	"wangge/dispatch/city/calendar"
)

// OwnerKind tells who a rule points at.
type OwnerKind int

// Owner kinds; zero is unset.
const (
	OwnerUnknown OwnerKind = iota
	OwnerBlock             // the area of a level: territory (块)
	OwnerLine              // a department, through its section or station where one lies there (条)
	OwnerPoint             // the unit that answers for the point near by
)

// Target is what a rule's owner cell says. Example: "block:street", "line:GREEN", "point".
type Target struct {
	Kind       OwnerKind
	Level      int    // OwnerBlock: index into the city's levels
	Department string // OwnerLine
}

// CoOwner is told besides the owner, with a duty of its own. Example: "block:district(围挡现场)".
type CoOwner struct {
	Target
	Duty string // "" = stands by
}

// Rank is how specific a rule is: the more specific is tried first, whatever its order.
type Rank int

// Ranks, the most specific first. Precedents come before all of them; zero is unset.
const (
	RankUnknown   Rank = iota
	RankComponent      // the component's own owner
	RankNear           // near a point of a kind
	RankCampaign       // a dated campaign
	RankArea           // an area and a category
	RankCategory       // a category, wherever it lies
	RankBlock          // everything, to a block of a level
)

// Rule is one row of rules.csv. Rules are tried by Rank, then by Order; the first match decides.
type Rule struct {
	ID        string // "rules.csv:12", the row that a person can look up
	Rank      Rank
	Order     int
	Pattern   Pattern
	Area      string // area id that must be in the place's chain; "" = anywhere
	Near      string // kind of point that must lie within WithinM metres; "" = not asked
	WithinM   float64
	Component bool // the point must be the reported component: its kind is the category's code
	From, To  time.Time
	Season    calendar.Season
	Campaign  string
	Owner     Target
	CoOwners  []CoOwner
	Note      string
}

// CatchAll reports whether the rule takes every case everywhere at any time.
func (r *Rule) CatchAll() bool {
	return r.Pattern.All() && r.Area == "" && r.Near == "" && !r.Component && r.From.IsZero() &&
		r.To.IsZero() && r.Season == (calendar.Season{})
}

// Line is the line of the rule in its table. Example: 12 of the ID "rules.csv:12".
func (r *Rule) Line() int {
	_, line, _ := strings.Cut(r.ID, ":")
	n, _ := strconv.Atoi(line)
	return n
}

// RankOf derives how specific a rule is from what it asks.
func RankOf(r *Rule) Rank {
	switch {
	case r.Component:
		return RankComponent
	case r.Near != "":
		return RankNear
	case r.Campaign != "":
		return RankCampaign
	case r.Area != "":
		return RankArea
	case !r.Pattern.All():
		return RankCategory
	default:
		return RankBlock
	}
}
