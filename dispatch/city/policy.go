package city

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"wangge/dispatch/city/calendar"
	"wangge/dispatch/city/catalog"
	"wangge/dispatch/city/roster"
)

// EscalationPolicy is an escalation policy: steps that notify further people, each once and in order, while nobody acts. The
// last step ends the policy. From then on the case stays on the list of the last recipients until the case is closed,
// and nobody is notified again.
type EscalationPolicy struct {
	Name     string
	For      PolicyCases
	Steps    []Step
	Reminder Reminder
}

// PolicyCases says which cases a policy is for. An empty list matches everything.
type PolicyCases struct {
	Categories []catalog.Pattern
	Severities []catalog.Severity
	Stages     []string // the stage in which the clock starts: see PolicyStages
	Owners     []string // "block", "line", "point", or a unit, which includes the units below
}

// PolicyStages are the stages that a policy can name: those that start a clock. Handling continues the clock of
// dispatched, and so its policy.
var PolicyStages = []string{"reported", "verifying", "accepted", "filed", "dispatched", "checking", "returned", "arbitration"}

// OfficeStages are those of PolicyStages at which the owner does not act: an office, an inspector or an arbiter does.
var OfficeStages = []string{"reported", "verifying", "accepted", "filed", "checking", "returned", "arbitration"}

// Step is one step of a policy. Exactly one of AtPercent, After, Overdue and Every gives the time; a step at 0 % has none
// of them. A step never fires before the step below.
type Step struct {
	AtPercent       int   // share of the limit, in the clock of the limit
	After           Delay // after the start of the clock
	Overdue         Delay // after the deadline
	Every           Delay // after the step below
	Light           string
	Recipients      []string // see RecipientForms; those that exist are notified
	Channels        []string // channels: see Channels; a recipient whom none reaches is told by all: see Ways
	WorkingTimeOnly bool     // notified in working time only, unless severity A
	Line            int      // in ladders.yaml; 0 = built in
}

// AtOnce reports whether the step fires at the instant at which the clock starts: a step at 0 %.
func (s *Step) AtOnce() bool {
	return s.AtPercent == 0 && !s.After.Set() && !s.Overdue.Set() && !s.Every.Set()
}

// Reminder reminds the owner of a case without activity. The zero Reminder never reminds.
type Reminder struct {
	After           Delay // since the last activity or the last reminder
	Recipients      []string
	AtMost          int // reminders without activity in between
	WorkingTimeOnly bool
}

// Delay is a length of time: either wall-clock time or a limit of the calendar.
type Delay struct {
	Wall  time.Duration
	Limit calendar.Limit
}

// Set reports whether the span is set.
func (s Delay) Set() bool { return s != Delay{} }

func (s Delay) String() string {
	if s.Wall > 0 {
		return s.Wall.String()
	}
	return s.Limit.String()
}

// longest bounds a span: ten years.
const longest = 10 * 366 * 24 * time.Hour

// ParseDelay reads "90m", "36h" or a limit such as "4 work_hours", "2 work_days", "3 days".
func ParseDelay(s string) (Delay, error) {
	n, unit, ok := strings.Cut(strings.TrimSpace(s), " ")
	if !ok {
		d, err := time.ParseDuration(s)
		if err != nil || d < time.Minute || d > longest {
			return Delay{}, fmt.Errorf("%q is no span from one minute to ten years", s)
		}
		return Delay{Wall: d}, nil
	}
	u, err := calendar.ParseUnit(unit)
	k, bad := strconv.Atoi(n)
	if err != nil || bad != nil || k < 1 || k > calendar.MaxN {
		return Delay{}, fmt.Errorf("%q is no span of 1 to %d minutes, hours, work_hours, work_days or days", s, calendar.MaxN)
	}
	return Delay{Limit: calendar.Limit{N: k, Unit: u}}, nil
}

// RecipientForms lists the possible recipients of a step, for messages.
const RecipientForms = "owner, handler, co_owners, superior, superior_2 … superior_9, unit_leader, city_leader, level:LEVEL, a role as in dispatcher, post:ROLE@UNIT"

// ValidRecipient reports whether text names a possible recipient in this city.
func (c *City) ValidRecipient(text string) bool {
	switch text {
	case "owner", "handler", "co_owners", "superior", "unit_leader", "city_leader":
		return true
	}
	if n, ok := strings.CutPrefix(text, "superior_"); ok {
		return len(n) == 1 && n[0] >= '2' && n[0] <= '9'
	}
	if level, ok := strings.CutPrefix(text, "level:"); ok {
		return slices.Contains(c.Levels, level)
	}
	if post, ok := strings.CutPrefix(text, "post:"); ok {
		return len(c.Roster.Holdings(roster.PostID(post))) > 0
	}
	return slices.Contains(roster.Roles, roster.Role(text))
}

// PolicyFor returns the name of the policy of a clock that starts: the first policy that matches the case.
func (c *City) PolicyFor(code catalog.Code, severity catalog.Severity, stage string, kind catalog.OwnerKind, owner roster.Unit) string {
	cat := c.Categories[code]
	for _, name := range c.PolicyOrder {
		f := c.Policies[name].For
		if (len(f.Categories) == 0 || cat != nil && slices.ContainsFunc(f.Categories, func(p catalog.Pattern) bool { return p.Covers(cat) })) &&
			(len(f.Severities) == 0 || slices.Contains(f.Severities, severity)) &&
			(len(f.Stages) == 0 || slices.Contains(f.Stages, stage)) &&
			(len(f.Owners) == 0 || slices.ContainsFunc(f.Owners, func(o string) bool { return c.owned(o, kind, owner) })) {
			return name
		}
	}
	return "default"
}

// owned reports whether an owner is of a kind, or lies in a unit.
func (c *City) owned(text string, kind catalog.OwnerKind, owner roster.Unit) bool {
	if i := slices.Index([]string{"block", "line", "point"}, text); i >= 0 {
		return kind == catalog.OwnerBlock+catalog.OwnerKind(i)
	}
	u, err := roster.ParseUnit(text)
	for ok := err == nil && owner != (roster.Unit{}); ok; owner, ok = c.Parent(owner) {
		if owner == u {
			return true
		}
	}
	return false
}
