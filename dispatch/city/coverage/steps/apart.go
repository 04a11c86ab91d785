package steps

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"wangge/dispatch"
	"wangge/dispatch/city"
	"wangge/dispatch/city/coverage/stage"
	"wangge/dispatch/city/roster"
	"wangge/dispatch/i18n"
	"wangge/dispatch/waits"
)

// Rota is the duty of a city's posts through a horizon.
type Rota struct {
	City   *city.City
	Over   *roster.Timeline
	OnCall func(roster.Unit, roster.PostID) []roster.OnCall // with the rules for off hours
}

// Barred is a case at the step, on which people worked, or for which they asked and which they granted, so that the step is not
// theirs: nobody checks their own work, decides on their own request or grants a request twice.
func (s *Step) Barred(cs *dispatch.Case, people ...roster.PersonID) *dispatch.Case {
	out := *cs
	switch {
	case s.Wait == waits.Check:
		out.FormerHandlers = people
	case len(people) > 0:
		out.Request.By, out.Request.GrantedBy = people[0], people[len(people)-1]
	}
	return &out
}

// People lists everybody whom the desk may ask for a step of a case within the horizon, sorted.
func (r *Rota) People(s *Step, cs *dispatch.Case) []roster.PersonID {
	var out []roster.PersonID
	for u, post := range s.Seats(r.City, cs) {
		if may, _ := s.May(r.City, cs, u, post); may {
			for _, on := range r.OnCall(u, post) {
				out = append(out, on.Person)
			}
			for _, h := range r.City.Roster.Holdings(post) {
				out = append(out, h.Person)
			}
		}
	}
	slices.Sort(out)
	return slices.DeleteFunc(slices.Compact(out), func(p roster.PersonID) bool { return p == "" })
}

// Without returns when nobody may act on a step of a case but the barred people, and who acts at the other times, sorted.
func (r *Rota) Without(s *Step, cs *dispatch.Case, barred ...roster.PersonID) (open roster.Intervals, acting []roster.PersonID) {
	rest := roster.IntervalOf(r.Over.From, r.Over.To)
	var after roster.Intervals
	lead, led := roster.Unit{}, roster.PostID("")
	cs = s.Barred(cs, barred...)
	for u, post := range s.Seats(r.City, cs) {
		var on, here roster.Intervals
		var people []roster.PersonID
		for _, call := range r.Over.OnCallBut(post, barred) {
			if call.Person == "" {
				continue
			}
			on = on.Or(roster.Intervals{call.Interval})
			if cut := rest.And(roster.Intervals{call.Interval}); len(cut) > 0 {
				here, people = here.Or(cut), append(people, call.Person)
			}
		}
		switch may, _ := s.May(r.City, cs, u, post); {
		case may:
			if led == "" {
				lead, led = u, post
			}
			acting = append(acting, people...)
		case led == "":
			open = open.Or(here)
		default:
			after = after.Or(here)
		}
		rest = rest.Not(on)
	}
	if after = after.Or(rest); len(after) > 0 && led != "" {
		var called roster.Intervals
		for _, on := range r.OnCall(lead, led) {
			if cut := after.And(roster.Intervals{on.Interval}); on.Person != "" && len(cut) > 0 && !slices.Contains(barred, on.Person) {
				acting, called = append(acting, on.Person), called.Or(cut)
			}
		}
		after = after.Not(called)
	}
	slices.Sort(acting)
	return open.Or(after), slices.Compact(acting)
}

// Asker is how a step bars people: by their work on the case, or as who asked and who granted first.
type Asker int

// Askers.
const (
	Nobody Asker = iota // bars nobody
	Worker              // who did the work, or asked for a decision
	Both                // who asked, and who granted the first step of two
)

// Bars says whom a step bars.
func (s *Step) Bars() Asker {
	var cs dispatch.Case
	if s.Set != nil {
		s.Set(&cs)
	}
	switch {
	case s.Wait == waits.Check, s.Wait == waits.Decision && cs.Request.Level == 0 && s.Stage != stage.ForceClose:
		return Worker
	case s.Wait == waits.Decision && cs.Request.Level > 0:
		return Both
	}
	return Nobody
}

// FirstAppeal is the first decision on an appeal.
func FirstAppeal() *Step {
	i := slices.IndexFunc(Ground, func(s Step) bool { return s.Stage == stage.Appeal })
	return &Ground[i]
}

// First is the first of two decisions, with who takes it.
type First struct {
	Step   *Step
	Case   *dispatch.Case
	rota   *Rota
	people []roster.PersonID
	acting map[roster.PersonID][]roster.PersonID // by who asked
}

// First is the first decision for an owner at a place.
func (r *Rota) First(s *Step, place dispatch.Place, owner roster.Unit) *First {
	f := &First{s, &dispatch.Case{Place: place, Owner: dispatch.Owner{Unit: owner}}, r, nil, map[roster.PersonID][]roster.PersonID{}}
	s.Set(f.Case)
	f.people = r.People(s, f.Case)
	return f
}

// takenBy lists who takes the first decision when a person asked for it.
func (f *First) takenBy(by roster.PersonID) []roster.PersonID {
	if f == nil {
		return nil
	}
	var barred []roster.PersonID
	if _, is := slices.BinarySearch(f.people, by); is {
		barred = []roster.PersonID{by}
	} else {
		by = ""
	}
	out, ok := f.acting[by]
	if !ok {
		_, out = f.rota.Without(f.Step, f.Case, barred...)
		f.acting[by] = out
	}
	return out
}

// Group is what nobody but some people may act on, and when.
type Group[T any] struct {
	People []roster.PersonID
	Of     []T
	Open   roster.Intervals
}

// Alone lists what of some work is open at a step of a case when the step bars one of the workers, with one of the people who took
// the first decision before, if there is any. What is open without anybody being barred is not listed.
func Alone[T comparable](
	r *Rota, s *Step, cs *dispatch.Case, work []T, workers func(T) []roster.PersonID, before func(T) *First,
) []Group[T] {
	asked := r.People(s, cs)
	groups := map[string]*Group[T]{}
	for _, w := range work {
		for _, by := range workers(w) {
			for _, granted := range append(slices.Clip(before(w).takenBy(by)), "") {
				var people []roster.PersonID
				for _, who := range []roster.PersonID{by, granted} {
					if _, is := slices.BinarySearch(asked, who); is && !slices.Contains(people, who) {
						people = append(people, who)
					}
				}
				key := fmt.Sprint(people)
				g := groups[key]
				if g == nil {
					g = &Group[T]{People: people}
					groups[key] = g
				}
				if n := len(g.Of); n == 0 || g.Of[n-1] != w {
					g.Of = append(g.Of, w)
				}
			}
		}
	}
	delete(groups, "[]")
	base, _ := r.Without(s, cs)
	var out []Group[T]
	for _, key := range slices.Sorted(maps.Keys(groups)) {
		g := groups[key]
		open, _ := r.Without(s, cs, g.People...)
		if g.Open = open.Not(base); len(g.Open) > 0 {
			out = append(out, *g)
		}
	}
	return out
}

// Workers lists the people who do the work of an owner within the horizon: the person on call at the post, and the handlers of the unit.
func (r *Rota) Workers(u roster.Unit, post roster.PostID) []roster.PersonID {
	on := r.OnCall(u, post)
	if handlers, ok := r.City.Roster.Post(u, roster.Handler); ok {
		on = slices.Concat(on, r.Over.OnCall(handlers))
	}
	var out []roster.PersonID
	for _, s := range on {
		if s.Person != "" && !slices.Contains(out, s.Person) {
			out = append(out, s.Person)
		}
	}
	slices.Sort(out)
	return out
}

// Names names people, whose ids are separated by spaces.
func Names(c *city.City, ids string) i18n.Text {
	var en, zh []string
	for id := range strings.FieldsSeq(ids) {
		who := c.Person(roster.PersonID(id))
		en, zh = append(en, who.En), append(zh, who.Zh)
	}
	return i18n.Text{En: strings.Join(en, " or "), Zh: strings.Join(zh, "、")}
}
