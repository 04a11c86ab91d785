// Package coverage proves that every place, category and minute of a city has an accountable person, or names the gaps.
package coverage

import (
	"maps"
	"slices"
	"strings"
	"time"

	"wangge/dispatch/city"
	"wangge/dispatch/city/calendar"
	"wangge/dispatch/city/catalog"
	"wangge/dispatch/city/coverage/stage"
	"wangge/dispatch/city/coverage/tally"
	"wangge/dispatch/city/roster"
	"wangge/dispatch/i18n"
	"wangge/grid"
)

// Reason is what a gap lacks.
type Reason string

// Reasons of gaps.
const (
	NoGround   Reason = "no_ground"   // ground of an area outside all of its children: cells without a block
	NoRule     Reason = "no_rule"     // a category that no specific rule covers: only the last rule does
	NoPost     Reason = "no_post"     // no post with the right to act: at a unit that a rule names, or for a stage of a case on some ground
	NoPerson   Reason = "no_person"   // a post without an on-call person, and without an off-hours rule
	NoChannel  Reason = "no_channel"  // an on-call person who none of the channels reaches
	NoSuperior Reason = "no_superior" // no superior on duty: the chain to the city's leader is broken
	NoLimit    Reason = "no_limit"    // a category without a limit
	NoCalendar Reason = "no_calendar" // a deadline reaches a year whose holidays are not known
)

// Bounds of a proof.
const (
	MaxGaps        = 10_000  // further ones are counted, not listed
	MaxStretches   = 32      // intervals that one gap lists; further ones are counted
	MaxBareCells   = 1_000   // cells that one gap lists; more are counted
	MaxHorizon     = 5 * 366 // days
	MaxListed      = 10_000  // entries of each list
	minutesOfDay   = int64(24 * 60)
	LongestHorizon = MaxHorizon * 24 * time.Hour
)

// Gap is a gap in the responsibility of a city: place, matters, time, reason, and what to add.
type Gap struct {
	Reason     Reason
	Stages     []stage.Stage    // the stages of a case that lack it, in the order of a case's way; none: not a matter of stages
	Unit       roster.Unit      // the unit with the gap; zero for ground, rules and years
	Post       roster.PostID    // NoPerson, NoChannel; "" if there are several Posts
	Posts      []roster.PostID  // NoPerson: the posts that are unfilled at the same hours for the same cause, ascending
	Person     roster.PersonID  // NoChannel
	Areas      []grid.AreaID    // the largest areas that lie wholly in the gap
	BareOf     []grid.AreaID    // areas of which only the ground outside of their children lies in the gap
	Categories []catalog.Code   // all that are affected, ascending
	From, To   time.Time        // beginning of the first interval, end of the last
	When       roster.Intervals // the first MaxStretches intervals
	Stretches  int
	Minutes    int64       // of all intervals together
	Cells      int64       // number of cells
	Bare       []grid.Cell // NoGround: the first MaxBareCells of them
	Why        i18n.Text
	File       string   // the file that needs Line
	Line       string   // the rows to add, one a line; NoChannel: the person's row, completed. Example: ",area:230102001,owner,PERSON,1,,,"
	Columns    []string // header of the table if the file does not exist yet or lacks a column of Line
}

// Add returns file and rows to add, for people. Example: "posts.csv: ,area:230102001,owner,PERSON,1,,,".
func (g *Gap) Add() string { return g.File + ": " + g.Line }

// Counts holds the extent of a proof.
type Counts struct {
	Cells        int64   // cells of the city's resolution: its ground divided by the size of a cell
	GroundKM2    float64 // each piece counted once, even if areas overlap
	BareCells    int64   // cells without a block; included in Cells
	Categories   int     // of the city
	Minutes      int64   // of the horizon
	Combinations int64   // cells x categories x minutes
	Open         int64   // combinations with a gap, each counted once
	Overlapping  int     // gaps that share a combination with another gap: Open counts it once
	PlaceClasses int     // kinds of place that differ in who may answer
	RuleClasses  int     // kinds of category that differ in the applicable rules
	Units        int     // units that answer for something
	People       int     // people on duty somewhere within the horizon
	Stretches    int     // intervals of duty that were examined
	Fallback     int     // categories that fall to the last rule, somewhere and at some time
}

// Proved returns the number of combinations with an accountable person on duty who can be reached, superiors up to
// the city's leader, a limit and a calendar. Proved and Open add up to Combinations.
func (c *Counts) Proved() int64 { return c.Combinations - c.Open }

// Lists holds the four lists of clause 39 of the founding document. All are empty in a complete city.
type Lists struct {
	BareCells   []grid.Cell       // cells without a block (网上有格)
	LostPoints  []string          // points without a cell (格中有点)
	OpenMatters []catalog.Code    // matters without a person, somewhere and at some time (事上有人)
	IdlePeople  []roster.PersonID // people without a duty within the horizon (人上有责)
}

// Proof states, for every cell, category and minute of a horizon, that somebody answers, or lists where, for what and
// when nobody does.
type Proof struct {
	Revision  string
	From, To  time.Time
	Channels  []string // by which people are told; empty = none: nobody is proved to be reachable
	Declared  bool     // Channels are those of city.yaml
	Counts    Counts
	Gaps      []Gap // in the order of reasons, at most MaxGaps
	MoreGaps  int   // gaps beyond MaxGaps
	Lists     Lists
	IdleRules []string // rules that decide nothing within the horizon
}

// Complete reports whether there is no gap.
func (p *Proof) Complete() bool { return len(p.Gaps) == 0 && p.MoreGaps == 0 }

// Untold says that the proof knows no channel by which people are told, or only what city.yaml says; else it is empty.
func (p *Proof) Untold() i18n.Text {
	switch {
	case p.Declared:
		return i18n.F("channels as city.yaml says: the server must have %s", "渠道以 city.yaml 为准：服务须配置 %s", strings.Join(p.Channels, ", "))
	case len(p.Channels) > 0:
		return i18n.Text{}
	}
	return i18n.F("no channel is configured: nobody would be told, and nobody is proved to be reachable; only missing phones are gaps", "未配置通知渠道：不会通知任何人，可联系性未经证明；仅检查有无联系电话")
}

// HorizonError refuses a horizon that is empty or longer than MaxHorizon.
type HorizonError struct{ From, To time.Time }

// Error implements error, in English.
func (e *HorizonError) Error() string { return e.Localized().En }

// Localized returns the error in both languages.
func (e *HorizonError) Localized() i18n.Text {
	return i18n.F("horizon %s to %s: want an end after the beginning, at most %d days later", "证明期 %s 至 %s：结束须晚于开始，且不超过 %d 天", e.From.Format(time.DateOnly), e.To.Format(time.DateOnly), MaxHorizon)
}

// Prove examines every place, category and instant of [from, to). Instead of cells and minutes, Prove walks kinds of
// place × kinds of category × intervals in which nothing changes. channels are those of a server: a person is reachable
// whom one of them reaches, by city.Reaches; the log reaches nobody. Without a channel to people, those of city.yaml count;
// without these a person without a valid phone is a gap, and the proof says by Untold that nobody is proved to be reachable.
// The same city, horizon and channels give the same proof. Errors: *HorizonError.
func Prove(c *city.City, from, to time.Time, channels ...string) (Proof, error) {
	from, to = from.In(c.Location).Truncate(time.Second), to.In(c.Location).Truncate(time.Second)
	if !from.Before(to) || to.Sub(from) > LongestHorizon {
		return Proof{}, &HorizonError{from, to}
	}
	own := city.Telling(channels)
	if len(own) == 0 {
		own = city.Telling(c.Channels)
	}
	out := prove(c, from, to, own).out
	out.Declared = len(own) > 0 && len(city.Telling(channels)) == 0
	return out, nil
}

// prove is Prove for a valid horizon.
func prove(c *city.City, from, to time.Time, channels []string) *prover {
	p := &prover{
		c: c, over: c.Roster.Timeline(from, to), all: roster.IntervalOf(from, to), uses: map[answered]*usage{},
		actives: map[*catalog.Rule]roster.Intervals{}, zones: map[*catalog.Rule]map[int32][]hit{}, decided: map[*catalog.Rule]bool{},
		people: map[roster.PersonID]bool{}, silent: map[unreachable]*silence{}, lacks: map[lacking]*lack{}, under: map[roster.Unit]*needsChain{},
		heads: map[roster.Unit]roster.Unit{}, duties: map[roster.PostID]roster.Intervals{},
		reached: map[roster.PersonID]bool{}, works: map[roster.PostID][]roster.PersonID{},
	}
	p.open = tally.New(p.all)
	p.out = Proof{Revision: c.Revision, From: from, To: to, Channels: channels}
	p.places()
	p.classify()
	for l := range p.leaves {
		for k := range p.classes {
			p.walk(int32(l), int32(k))
		}
	}
	p.platforms()
	p.ground()
	p.unnamed()
	p.checkOnCall()
	for _, stages := range stageProvers {
		stages(p)
	}
	p.checkSuperiors()
	p.top()
	p.recordLacks()
	p.recordUnreachable()
	p.recordVacancies()
	p.limits()
	p.holidays()
	p.lists()
	p.count()
	return p
}

// prover holds the intermediate results of a proof.
type prover struct {
	c    *city.City
	over *roster.Timeline
	all  roster.Intervals // the whole horizon
	out  Proof

	cellM2   float64
	slivers  float64 // m² of bare ground too small to count as a place
	leaves   []leaf
	leafOf   map[grid.AreaID]int32
	sections map[int32][]*city.Section // by leaf
	zones    map[*catalog.Rule]map[int32][]hit
	classes  []class
	actives  map[*catalog.Rule]roster.Intervals

	open  *tally.Tally
	holes []vacancy

	sources []places
	under   map[roster.Unit]*needsChain // units that act at a stage beside the owner's work
	silent  map[unreachable]*silence
	lacks   map[lacking]*lack
	works   map[roster.PostID][]roster.PersonID // who does the work of a use, by its post
	heads   map[roster.Unit]roster.Unit
	duties  map[roster.PostID]roster.Intervals

	uses     map[answered]*usage
	sorted   []*usage // cached
	fallback []entry
	nobody   []entry
	decided  map[*catalog.Rule]bool // rules that decide something
	block    blocks
	people   map[roster.PersonID]bool
	reached  map[roster.PersonID]bool // cached
}

// class is a set of categories with the same rules in the same order.
type class struct {
	codes      []catalog.Code
	cat        *catalog.Category // any of them
	rules      []*catalog.Rule
	precedents []*city.Precedent
}

// use is an answer: the unit that a rule names, and the unit whose post acts.
type use struct {
	named, unit roster.Unit
	post        roster.PostID
	stage       stage.Stage // stage.Work of an owner, stage.Duty of a co-owner
}

// answered is a unit that a rule names, as owner or as co-owner.
type answered struct {
	named roster.Unit
	post  roster.PostID
	co    bool
}

// usage lists where, for what and when a use is the answer.
type usage struct {
	use
	entries []entry
}

// entry is a kind of place, a kind of category and a set of intervals.
type entry struct{ leaf, class, when int32 }

// classify groups the categories by their rules.
func (p *prover) classify() {
	byKey := map[string]int{}
	for _, code := range slices.Sorted(maps.Keys(p.c.Categories)) {
		cat, rules, precedents := p.c.Categories[code], p.c.RulesFor(code), p.c.PrecedentsOf(code)
		key := make([]byte, 0, 16*len(rules))
		for _, r := range rules {
			key = append(append(key, r.ID...), ' ')
			if r.Component {
				key = append(append(key, code...), ' ') // a component rule matches only the category's own components
			}
		}
		for _, pr := range precedents {
			key = append(append(key, pr.ID...), ' ')
		}
		key = platformKey(p.c, key, code)
		i, ok := byKey[string(key)]
		if !ok {
			i = len(p.classes)
			byKey[string(key)] = i
			p.classes = append(p.classes, class{cat: cat, rules: rules, precedents: precedents})
		}
		p.classes[i].codes = append(p.classes[i].codes, code)
	}
}

// active returns when the dates and the season of a rule hold within the horizon.
func (p *prover) active(r *catalog.Rule) roster.Intervals {
	if p.unlimited(r) {
		return p.all
	}
	if s, ok := p.actives[r]; ok {
		return s
	}
	s := p.all.And(p.window(r.From, r.To)).And(p.season(r.Season))
	p.actives[r] = s
	return s
}

func (p *prover) window(from, to time.Time) roster.Intervals {
	if from.IsZero() || from.Before(p.out.From) {
		from = p.out.From
	}
	if to.IsZero() || to.After(p.out.To) {
		to = p.out.To
	}
	return roster.IntervalOf(from, to)
}

// season returns when a season holds within the horizon, year by year.
func (p *prover) season(s calendar.Season) roster.Intervals {
	if s == (calendar.Season{}) {
		return p.all
	}
	var out roster.Intervals
	day := func(year int, d calendar.MonthDay, plus int) time.Time {
		return calendar.StartOfDay(year, time.Month(d/100), int(d%100)+plus, p.c.Location)
	}
	for year := p.out.From.Year() - 1; year <= p.out.To.Year(); year++ {
		end := year
		if s.From > s.To {
			end++
		}
		out = out.Or(roster.IntervalOf(day(year, s.From, 0), seasonEnd(day, end, s.To)))
	}
	return p.all.And(out)
}

// seasonEnd returns the day after the last one. A season that ends on 29 February ends on the 28th in a common year.
func seasonEnd(day func(int, calendar.MonthDay, int) time.Time, year int, last calendar.MonthDay) time.Time {
	if last == 229 && day(year, last, 0).Month() != time.February {
		return day(year, 301, 0)
	}
	return day(year, last, 1)
}

// intern returns the number of a set of intervals, and when the set of a number.
func (p *prover) intern(s roster.Intervals) int32 { return p.open.Number(s) }

func (p *prover) when(n int32) roster.Intervals { return p.open.Set(n) }

// count fills the Counts.
func (p *prover) count() {
	n := &p.out.Counts
	m2 := p.slivers
	for i := range p.leaves {
		m2 += p.leaves[i].m2
	}
	n.GroundKM2 = m2 / 1e6
	for i := range p.leaves {
		l := &p.leaves[i]
		n.Cells += l.cells
		if l.bare {
			n.BareCells += l.cells
		}
	}
	n.Categories, n.Minutes = len(p.c.Categories), int64(p.out.To.Sub(p.out.From)/time.Minute)
	n.Combinations = n.Cells * int64(n.Categories) * n.Minutes
	cells, classes := make([]int64, len(p.leaves)), make([][]catalog.Code, len(p.classes))
	for i := range p.leaves {
		cells[i] = p.leaves[i].cells
	}
	for i := range p.classes {
		classes[i] = p.classes[i].codes
	}
	n.Open, n.Overlapping = p.open.Combinations(cells, classes), p.open.Overlaps(classes)
	n.PlaceClasses += len(p.leaves)
	n.RuleClasses = len(p.classes)
	n.People = len(p.people)
	units := map[roster.Unit]bool{}
	for _, u := range p.uses {
		if u.stage == stage.Work {
			units[u.unit] = true
		}
	}
	n.Units = len(units)
}
