package revise

import (
	"slices"
	"strings"
	"time"

	"wangge/dispatch"
	"wangge/dispatch/city"
	"wangge/dispatch/city/roster"
	"wangge/dispatch/rights"
	"wangge/dispatch/routing"
)

// fate is what a revision makes of the open request of a case.
type fate int

const (
	stands fate = iota // as it is, or there is none
	lapses             // the unit that asked has the case no more
	goesOn             // with the successor, from the post of the same role there
)

// fateOf says what becomes of the open request of a case that goes to an owner by a rule, under the city is.
//
// An extension or a suspension is a request of the unit that does the work, out of that unit's own plan for the work. A unit that gets
// the case by the rules has asked for nothing: the request lapses, as when a dispatcher reroutes the case, and the new owner asks
// anew if need be. A named successor goes on with the request when it is the former unit under another name: the person who asked
// has the same role there, or holds a post above it. A successor with other people has asked for nothing either.
//
// A closing by force is asked for from a post above the case. It stands while the city has the post and the case lies below it.
//
// An appeal is about the overtime of a closed case, which no revision moves: it stands.
func fateOf(is *city.City, cs *dispatch.Case, to dispatch.Owner, rule string, place dispatch.Place, at time.Time) fate {
	r := &cs.Request
	role, unit, known := askedFrom(r.Post)
	if r.Kind == dispatch.NoRequest || r.Kind == dispatch.RequestAppeal || !known {
		return stands
	}
	here := routing.HasUnit(is, unit)
	if r.Kind == dispatch.RequestForceClose {
		after := *cs
		after.Owner, after.Place = to, place
		if here && len(is.Roster.Holdings(r.Post)) > 0 && rights.Within(is, unit, rights.ScopePlace, &after) {
			return stands
		}
		return lapses
	}
	holds := func(post roster.PostID) bool {
		return slices.ContainsFunc(is.Roster.PostsOf(r.By, at), func(h roster.Holding) bool { return h.Post == post })
	}
	switch {
	case to.Unit == cs.Owner.Unit && here:
		return stands
	case to.Unit == cs.Owner.Unit, rule != dispatch.BySuccessor:
		return lapses
	case unit == cs.Owner.Unit && holds(roster.PostAt(to.Unit, role)):
		return goesOn
	case unit != cs.Owner.Unit && here && holds(r.Post) && routing.Above(is, unit, to.Unit):
		return stands
	}
	return lapses
}

// askedFrom is the role and the unit of the post from which a request was made.
func askedFrom(post roster.PostID) (roster.Role, roster.Unit, bool) {
	role, of, _ := strings.Cut(string(post), "@")
	u, err := roster.ParseUnit(of)
	return roster.Role(role), u, err == nil
}
