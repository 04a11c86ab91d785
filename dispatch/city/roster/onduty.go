package roster

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"time"

	"wangge/dispatch/city/calendar"
	"wangge/dispatch/i18n"
)

// String returns the text form of the unit.
func (u Unit) String() string {
	if u.Kind < UnitArea || u.Kind > UnitPoint {
		return ""
	}
	return unitKinds[u.Kind] + ":" + u.ID
}

var unitKinds = [...]string{"", "area", "department", "section", "point"}

// ParseUnit reads the text form. Example: "area:230102".
func ParseUnit(s string) (Unit, error) {
	kind, id, ok := strings.Cut(s, ":")
	if k := slices.Index(unitKinds[:], kind); ok && k > 0 && id != "" {
		return Unit{Kind: UnitKind(k), ID: id}, nil
	}
	return Unit{}, i18n.Errorf("unit %q: want area:ID, department:ID, section:ID or point:ID", "单位 %q：应为 area:编号、department:编号、section:编号 或 point:编号", s)
}

// Roles lists every role.
var Roles = []Role{Leader, Owner, DutyChief, Acceptor, Dispatcher, Handler, Inspector, Checker, Patron, GridOffice, Arbiter, Deputy}

// PostAt returns the id of the post of a role at a unit. Example: "owner@area:230102".
func PostAt(u Unit, role Role) PostID { return PostID(string(role) + "@" + u.String()) }

// Roster answers who is on duty where. A Roster is immutable and safe for concurrent use.
type Roster struct {
	people    map[PersonID]Person
	holdings  map[PostID][]Holding // by rank
	held      map[PersonID][]Holding
	shifts    map[string]Shift
	rotations map[string]*Rotation
	absences  map[PersonID][]Absence // by the absent person
	covers    map[PersonID][]Absence // by the covering person
	parent    func(Unit) (Unit, bool)
	loc       *time.Location
}

// New builds a roster from checked tables. parent returns the unit above a unit; the chain of parents must end.
func New(
	people []Person, holdings []Holding, shifts []Shift, absences []Absence, parent func(Unit) (Unit, bool), loc *time.Location,
) *Roster {
	r := &Roster{
		people: map[PersonID]Person{}, holdings: map[PostID][]Holding{}, held: map[PersonID][]Holding{},
		shifts: map[string]Shift{}, absences: map[PersonID][]Absence{}, covers: map[PersonID][]Absence{}, parent: parent, loc: loc,
	}
	for _, p := range people {
		r.people[p.ID] = p
	}
	for _, h := range holdings {
		r.holdings[h.Post] = append(r.holdings[h.Post], h)
		r.held[h.Person] = append(r.held[h.Person], h)
	}
	for _, hs := range r.holdings {
		slices.SortStableFunc(hs, func(a, b Holding) int { return cmp.Compare(a.Rank, b.Rank) })
	}
	for _, s := range shifts {
		r.shifts[s.ID] = s
	}
	for _, a := range absences {
		r.absences[a.Person] = append(r.absences[a.Person], a)
		if a.Cover != "" {
			r.covers[a.Cover] = append(r.covers[a.Cover], a)
		}
	}
	return r
}

// Person finds a person.
func (r *Roster) Person(id PersonID) (Person, bool) {
	p, ok := r.people[id]
	return p, ok
}

// Active reports whether a person exists and is active at an instant.
func (r *Roster) Active(id PersonID, at time.Time) bool {
	p, ok := r.people[id]
	return ok && within(p.ActiveFrom, p.ActiveTo, at)
}

// Post returns the post of a role at a unit; ok is false if the post was never filled.
func (r *Roster) Post(u Unit, role Role) (PostID, bool) {
	id := PostAt(u, role)
	_, ok := r.holdings[id]
	return id, ok
}

// Units lists all units with a post, by kind and id.
func (r *Roster) Units() []Unit {
	seen := map[Unit]bool{}
	for _, hs := range r.holdings {
		seen[hs[0].Unit] = true
	}
	return slices.SortedFunc(maps.Keys(seen), func(a, b Unit) int { return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.ID, b.ID)) })
}

// People lists all persons by id.
func (r *Roster) People() []Person {
	return slices.SortedFunc(maps.Values(r.people), func(a, b Person) int { return cmp.Compare(a.ID, b.ID) })
}

// HeldBy lists all rows of a person, whatever their dates; read only.
func (r *Roster) HeldBy(person PersonID) []Holding { return r.held[person] }

// HasShift reports whether a shift or rotation exists.
func (r *Roster) HasShift(id string) bool {
	_, shift := r.shifts[id]
	_, rotation := r.rotations[id]
	return shift || rotation
}

// Holdings lists the rows of a post by rank; read only.
func (r *Roster) Holdings(post PostID) []Holding { return r.holdings[post] }

// PostsOf lists the posts of a person at an instant, whatever the shift, and the posts of the persons for whom that
// person covers; read only.
func (r *Roster) PostsOf(person PersonID, at time.Time) []Holding {
	p, ok := r.people[person]
	if !ok || !within(p.ActiveFrom, p.ActiveTo, at) {
		return nil
	}
	held := r.held[person]
	ends := func(h Holding) bool { return !within(h.From, h.To, at) }
	if slices.ContainsFunc(held, ends) {
		held = slices.DeleteFunc(slices.Clone(held), ends)
	}
	held = slices.Clip(held)
	for _, a := range r.covers[person] {
		if !within(a.From, a.To, at) {
			continue
		}
		for _, h := range r.held[a.Person] {
			h.Person = person
			if !ends(h) && !slices.ContainsFunc(held, func(o Holding) bool { return o.Post == h.Post }) {
				held = append(held, h)
			}
		}
	}
	return held
}

// Covers lists the absences in which a person covers for another; read only.
func (r *Roster) Covers(person PersonID) []Absence { return r.covers[person] }

// OnDuty returns the person on duty at a post at an instant: the lowest rank whose dates, shift and absences allow
// duty, or the person who covers. ok is false if there is nobody.
func (r *Roster) OnDuty(post PostID, at time.Time) (PersonID, bool) {
	for _, h := range r.holdings[post] {
		if !r.Holds(h, at) || !r.onShift(h.Shift, at) {
			continue
		}
		if !r.absent(h.Person, at) {
			return h.Person, true
		}
		if a, ok := r.covered(h.Person, at); ok {
			return a.Cover, true
		}
	}
	return "", false
}

// OnShift reports whether a person is at work at an instant by the hours of a shift or rotation: of a post that the person
// holds, whatever the rank, or of a person for whom the person covers. A post without a shift is on duty at any hour, but its
// holder keeps no hours: such a post does not count.
func (r *Roster) OnShift(person PersonID, at time.Time) bool {
	return !r.absent(person, at) && slices.ContainsFunc(r.PostsOf(person, at), func(h Holding) bool {
		return h.Shift != "" && r.onShift(h.Shift, at)
	})
}

// AllOnDuty returns everybody on duty at a post at an instant, each once: all of the lowest rank that has somebody, or the
// persons who cover for them. The first is the person of OnDuty.
func (r *Roster) AllOnDuty(post PostID, at time.Time) []PersonID {
	return r.OnDutyBut(post, at, func(PersonID) bool { return false })
}

// OnDutyBut is AllOnDuty without the people who are barred: when all of a rank are, those of the next rank are asked.
func (r *Roster) OnDutyBut(post PostID, at time.Time, barred func(PersonID) bool) []PersonID {
	var out []PersonID
	rank := 0
	for _, h := range r.holdings[post] {
		if len(out) > 0 && h.Rank != rank {
			break
		}
		if !r.Active(h.Person, at) || !within(h.From, h.To, at) || !r.onShift(h.Shift, at) {
			continue
		}
		p := h.Person
		if r.absent(p, at) {
			a, ok := r.covered(p, at)
			if !ok {
				continue
			}
			p = a.Cover
		}
		if barred(p) {
			continue
		}
		if rank = h.Rank; !slices.Contains(out, p) {
			out = append(out, p)
		}
	}
	return out
}

// covered returns the first absence of a person at an instant with an available cover.
func (r *Roster) covered(person PersonID, at time.Time) (Absence, bool) {
	for _, a := range r.absences[person] {
		if a.Cover != "" && within(a.From, a.To, at) && r.Active(a.Cover, at) && !r.absent(a.Cover, at) {
			return a, true
		}
	}
	return Absence{}, false
}

// within reports from <= at < to; a zero bound is open.
func within(from, to, at time.Time) bool {
	return (from.IsZero() || !at.Before(from)) && (to.IsZero() || at.Before(to))
}

func (r *Roster) absent(p PersonID, at time.Time) bool {
	return slices.ContainsFunc(r.absences[p], func(a Absence) bool { return within(a.From, a.To, at) })
}

// onShift evaluates the wall clock of the city. A shift whose To is not after From crosses midnight: its early hours
// belong to the weekday on which the shift began.
func (r *Roster) onShift(id string, at time.Time) bool {
	if id == "" {
		return true
	}
	at = at.In(r.loc)
	now := timeOfDay(at)
	if s := r.shiftOn(id, at); s != nil && now >= s.From && (s.From >= s.To || now < s.To) {
		return true
	}
	s := r.shiftOn(id, time.Date(at.Year(), at.Month(), at.Day()-1, 0, 0, 0, 0, time.UTC))
	return s != nil && s.From >= s.To && now < s.To
}

// on reports whether the shift begins on the date of t, in the location of t.
func (s *Shift) on(t time.Time) bool {
	return s.Weekdays[t.Weekday()] && s.Season.Has(calendar.MonthDayOf(t))
}
