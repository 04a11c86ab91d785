package roster

import (
	"slices"
	"time"
)

// OnCall is an interval in which one person is on duty at a post; "" = nobody.
type OnCall struct {
	Interval
	Person PersonID
}

// Chain is an interval in which the superiors of a unit are the same.
type Chain struct {
	Interval
	Superiors []Superior
}

// Timeline answers for a whole interval of time what OnDuty and Superiors answer for an instant. The answers are
// computed from the instants at which anything changes, and cached. A Timeline is not safe for concurrent use.
type Timeline struct {
	Interval
	r         *Roster
	shifts    map[string]Intervals
	timelines map[PostID][]OnCall
}

// Timeline returns the timeline of [from, to). Both ends must be whole seconds.
func (r *Roster) Timeline(from, to time.Time) *Timeline {
	return &Timeline{Interval: Interval{from, to}, r: r, shifts: map[string]Intervals{}, timelines: map[PostID][]OnCall{}}
}

// OnCall returns who is on duty at a post through the horizon, in adjacent intervals; read only.
func (h *Timeline) OnCall(post PostID) []OnCall {
	if t, ok := h.timelines[post]; ok {
		return t
	}
	out := h.OnCallBut(post, nil)
	h.timelines[post] = out
	return out
}

// OnCallBut is OnCall without the people who are barred: the next in rank is on duty in their place.
func (h *Timeline) OnCallBut(post PostID, barred []PersonID) []OnCall {
	var out []OnCall
	open := IntervalOf(h.From, h.To)
	for _, hold := range h.r.holdings[post] {
		for _, who := range h.present(hold) {
			if slices.Contains(barred, who.person) {
				continue
			}
			here := open.And(who.when)
			for _, s := range here {
				out = append(out, OnCall{s, who.person})
			}
			open = open.Not(here)
		}
	}
	for _, s := range open {
		out = append(out, OnCall{s, ""})
	}
	slices.SortFunc(out, func(a, b OnCall) int { return a.From.Compare(b.From) })
	merged := out[:0]
	for _, s := range out {
		if n := len(merged); n > 0 && merged[n-1].Person == s.Person {
			merged[n-1].To = s.To
		} else {
			merged = append(merged, s)
		}
	}
	return merged
}

// presence holds when one row of posts.csv puts a person on duty.
type presence struct {
	person PersonID
	when   Intervals
}

// present returns when one row of posts.csv puts its person on duty, followed by the persons who cover.
func (h *Timeline) present(hold Holding) []presence {
	duty := h.active(hold.Person).And(window(hold.From, hold.To, h.Interval))
	if hold.Shift != "" {
		duty = duty.And(h.shift(hold.Shift))
	}
	out := []presence{{hold.Person, duty.Not(h.away(hold.Person))}}
	for _, a := range h.r.absences[hold.Person] {
		if a.Cover != "" {
			out = append(out, presence{a.Cover, duty.And(window(a.From, a.To, h.Interval)).And(h.active(a.Cover)).Not(h.away(a.Cover))})
		}
	}
	return out
}

// active returns when people.csv lists a person as active.
func (h *Timeline) active(person PersonID) Intervals {
	p, ok := h.r.people[person]
	if !ok {
		return nil
	}
	return window(p.ActiveFrom, p.ActiveTo, h.Interval)
}

// away returns when a person is absent.
func (h *Timeline) away(person PersonID) Intervals {
	var out Intervals
	for _, a := range h.r.absences[person] {
		out = out.Or(window(a.From, a.To, h.Interval))
	}
	return out
}

// shift returns when a shift is on duty. The wall clock is evaluated between changes of the zone's offset, so that an
// hour that occurs twice is on duty twice.
func (h *Timeline) shift(id string) Intervals {
	if out, ok := h.shifts[id]; ok {
		return out
	}
	var out Intervals
	for at := h.From; h.r.HasShift(id) && at.Before(h.To); {
		until := h.To
		if _, end := at.In(h.r.loc).ZoneBounds(); !end.IsZero() && end.Before(until) {
			until = end
		}
		_, offset := at.In(h.r.loc).Zone()
		out = out.Or(h.r.between(id, at, until, offset))
		at = until
	}
	h.shifts[id] = out
	return out
}

// between lists when a shift or rotation is on duty, for a wall clock offset seconds ahead of UTC.
func (r *Roster) between(id string, from, to time.Time, offset int) Intervals {
	ahead := time.Duration(offset) * time.Second
	wall := func(t time.Time) time.Time { return t.UTC().Add(ahead) }
	var out Intervals
	first := wall(from).Truncate(24*time.Hour).AddDate(0, 0, -1) // a shift that began the evening before
	for day := first; day.Before(wall(to)); day = day.AddDate(0, 0, 1) {
		s := r.shiftOn(id, day)
		if s == nil {
			continue
		}
		end := s.To
		if s.From >= s.To {
			end += 24 * time.Hour
		}
		on := window(day.Add(s.From-ahead).In(from.Location()), day.Add(end-ahead).In(from.Location()), Interval{from, to})
		out = out.Or(on)
	}
	return out
}

// Chains returns the superiors of a unit through the horizon: the result of Superiors at each instant.
func (h *Timeline) Chains(unit Unit) []Chain {
	var posts []PostID
	for _, role := range answering {
		if post, ok := h.r.Post(unit, role); ok {
			posts = append(posts, post)
			break
		}
	}
	at := unit
	for range MaxTreeDepth {
		up, ok := h.r.parent(at)
		if !ok {
			break
		}
		posts = append(posts, PostAt(at, Patron), PostAt(up, commanding[0]), PostAt(up, commanding[1]))
		at = up
	}
	edges := []time.Time{h.From}
	for _, p := range posts {
		for _, s := range h.OnCall(p)[1:] {
			edges = append(edges, s.From)
		}
	}
	slices.SortFunc(edges, time.Time.Compare)
	edges = slices.CompactFunc(edges, time.Time.Equal)
	var out []Chain
	for i, e := range edges {
		to := h.To
		if i+1 < len(edges) {
			to = edges[i+1]
		}
		superiors := h.r.Superiors(unit, e)
		if n := len(out); n > 0 && slices.Equal(out[n-1].Superiors, superiors) {
			out[n-1].To = to
		} else {
			out = append(out, Chain{Interval{e, to}, superiors})
		}
	}
	return out
}
