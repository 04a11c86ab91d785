package catalog

import (
	"strconv"
	"strings"
	"time"

	"wangge/dispatch/city/calendar"
)

// OwnerKind is the kind of unit that a rule names.
type OwnerKind int

// Owner kinds; zero is unset.
const (
	OwnerUnknown  OwnerKind = iota
	OwnerBlock              // the area of a level: territory (块)
	OwnerLine               // a department, through its section or station where one lies there (条)
	OwnerPoint              // the unit that answers for the point nearby
	OwnerPlatform           // the platform of a level, which dispatches the case again (二次派遣); rules only, its area is a block
)

// Target is the owner cell of a rule. Example: "block:street", "line:GREEN", "point", "platform:district".
type Target struct {
	Kind       OwnerKind
	Level      int    // OwnerBlock, OwnerPlatform: index into the city's levels
	Department string // OwnerLine
}

// CoOwner is notified beside the owner and has a duty of its own. Example: "block:district(围挡现场)".
type CoOwner struct {
	Target
	Duty string // "" = for information only
}

// Rank is the specificity of a rule. The more specific rule is tried first, regardless of its order.
type Rank int

// Ranks, the most specific first. Precedents precede all ranks. Zero is unset.
const (
	RankUnknown   Rank = iota
	RankComponent      // the component's own owner
	RankNear           // near a point of a kind
	RankCampaign       // a dated campaign
	RankArea           // an area and a category
	RankCategory       // a category anywhere
	RankBlock          // everything, to a block of a level
)

// Rule is one row of rules.csv. Rules are tried by Rank, then by Order; the first match wins.
type Rule struct {
	ID        string // "rules.csv:12", so that people can look up the row
	Rank      Rank
	Order     int
	Pattern   Pattern
	Area      string // id of an area that must be in the place's chain; "" = anywhere
	Near      string // kind of point that must lie within WithinM metres; "" = any place
	WithinM   float64
	Component bool // the point must be the reported component: class and subclass match the category's code
	From, To  time.Time
	Season    calendar.Season
	Campaign  string
	Owner     Target
	CoOwners  []CoOwner
	Note      string

	Platform int // level of the platforms whose dispatch the row decides: index into the city's levels; 0 = the city's own
}

// CatchAll reports whether the rule matches every case, everywhere and at any time.
func (r *Rule) CatchAll() bool {
	return r.Pattern.All() && r.Area == "" && r.Near == "" && !r.Component && r.From.IsZero() &&
		r.To.IsZero() && r.Season == (calendar.Season{})
}

// Line returns the line of the rule in its table. Example: 12 for the ID "rules.csv:12".
func (r *Rule) Line() int {
	_, line, _ := strings.Cut(r.ID, ":")
	n, _ := strconv.Atoi(line)
	return n
}

// RankOf derives the specificity of a rule from its conditions.
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
