package routing_test

import (
	"fmt"
	"slices"
	"time"

	"wangge/dispatch"
	"wangge/dispatch/city"
	"wangge/dispatch/city/catalog"
	"wangge/dispatch/city/coverage"
	"wangge/dispatch/city/roster"
	"wangge/dispatch/escalation"
	"wangge/dispatch/lifecycle"
	"wangge/dispatch/routing"
	"wangge/dispatch/waits"
)

// bruteStage is a case that waits at a stage, the act that moves it on, and whether only the nearest post counts.
type bruteStage struct {
	cs   dispatch.Case
	wait waits.Kind
	act  dispatch.Act
	desk bool
}

// bruteStages are the stages of a case at a place and of an owner until it is closed, as the desk sees them.
func bruteStages(c *city.City, p dispatch.Place, o dispatch.Owner) []bruteStage {
	in := func(s dispatch.Stage) dispatch.Case { return dispatch.Case{Place: p, Owner: o, Stage: s} }
	asked := func(s dispatch.Stage, kind dispatch.RequestKind, level int) dispatch.Case {
		cs := in(s)
		cs.Request = dispatch.ApprovalRequest{Kind: kind, Level: level}
		return cs
	}
	passed, second := in(dispatch.Checking), asked(dispatch.Handling, dispatch.RequestExtension, 1)
	passed.CheckedBy, second.Clock.Extended = "somebody", 1
	out := []bruteStage{
		{in(dispatch.Reported), waits.Accept, dispatch.ActAccept, true},
		{in(dispatch.Verifying), waits.Verify, dispatch.ActConfirm, false},
		{in(dispatch.Accepted), waits.File, dispatch.ActAccept, true},
		{in(dispatch.Filed), waits.Dispatch, dispatch.ActDispatch, true},
		{in(dispatch.Returned), waits.Dispatch, dispatch.ActDispatch, true},
		{in(dispatch.Checking), waits.Check, dispatch.ActCheck, false},
		{passed, waits.Close, dispatch.ActClose, true},
		{asked(dispatch.Handling, dispatch.RequestExtension, 0), waits.Decision, dispatch.ActDecideExtension, false},
		{asked(dispatch.Handling, dispatch.RequestExtension, 1), waits.Decision, dispatch.ActDecideExtension, false},
		{second, waits.Decision, dispatch.ActDecideExtension, false},
		{asked(dispatch.Handling, dispatch.RequestSuspension, 0), waits.Decision, dispatch.ActDecideSuspension, false},
		{asked(dispatch.Closed, dispatch.RequestAppeal, 0), waits.Decision, dispatch.ActDecideAppeal, false},
		{asked(dispatch.Closed, dispatch.RequestAppeal, 1), waits.Decision, dispatch.ActDecideAppeal, false},
	}
	for _, arbiter := range []roster.Unit{routing.Root(c), routing.CommonSuperior(c, []roster.Unit{o.Unit})} {
		disputed := in(dispatch.Arbitration)
		disputed.Arbiter = arbiter
		out = append(out, bruteStage{disputed, waits.Ruling, dispatch.ActArbitrate, false})
	}
	if chief, ok := bruteDutyChief(c, p); ok {
		forced := asked(dispatch.Handling, dispatch.RequestForceClose, 0)
		forced.Request.Post = chief
		if held := c.Roster.Holdings(chief); len(held) == 1 {
			forced.Request.By = held[0].Person
		}
		out = append(out, bruteStage{forced, waits.Decision, dispatch.ActForceClose, false})
	}
	return out
}

// bruteSeats are the posts that the desk asks at a stage, in order, and which of them give the right to the act.
type bruteSeats struct {
	desk  bool
	seats []escalation.Recipient
	may   []bool
}

// meantFor reports whether a post is meant for a wait: a duty chief at a desk, and the leader of the city in a dispute, only stand in.
func meantFor(c *city.City, wait waits.Kind, post roster.PostID) bool {
	unit, role := roleOf(post)
	//exhaustive:ignore
	switch wait {
	case waits.Accept, waits.File, waits.Close, waits.Dispatch:
		return role != roster.DutyChief
	case waits.Ruling:
		return role != roster.Leader || unit != routing.Root(c).String()
	}
	return true
}

func seatsOf(c *city.City, s *bruteStage) bruteSeats {
	out := bruteSeats{desk: s.desk}
	for _, w := range waits.For(c, &s.cs) {
		if w.What != s.wait {
			continue
		}
		for u, post := range waits.Posts(c, &s.cs, w) {
			_, role := roleOf(post)
			out.seats = append(out.seats, escalation.Recipient{Unit: u, Post: post})
			out.may = append(out.may, meantFor(c, s.wait, post) && lifecycle.PostMay(c, u, role, s.act, &s.cs))
		}
	}
	return out
}

// wait says what is wrong at an instant with the people who must move a case on, "" for nothing, and who must.
func (b *bruteSeats) wait(c *city.City, at time.Time) (coverage.Reason, escalation.Recipient) {
	lead := slices.Index(b.may, true)
	if lead < 0 || b.desk && lead > 0 {
		return coverage.NoPost, escalation.Recipient{}
	}
	on := slices.IndexFunc(b.seats, func(r escalation.Recipient) bool { _, ok := c.Roster.OnDuty(r.Post, at); return ok })
	switch {
	case !b.desk && on >= 0 && on < lead:
		return coverage.NoPost, escalation.Recipient{}
	case !b.desk && on >= 0 && b.may[on]:
		lead = on
	}
	who := b.seats[lead]
	call, ok := c.OnCall(who.Unit, who.Post, at)
	if !ok {
		return coverage.NoPerson, escalation.Recipient{}
	}
	if who.Person = call.Person; !canBeCalled(c, call.Person) {
		return coverage.NoChannel, who
	}
	return "", who
}

// roleOf splits the id of a post. Example: "checker@area:c".
func roleOf(post roster.PostID) (unit string, role roster.Role) {
	for _, r := range roster.Roles {
		if rest := string(r) + "@"; len(post) > len(rest) && string(post[:len(rest)]) == rest {
			return string(post[len(rest):]), r
		}
	}
	return "", ""
}

// bruteChain says what is wrong at an instant with the superiors of a unit.
func bruteChain(c *city.City, u roster.Unit, at time.Time, open func(coverage.Reason)) {
	if u == routing.Root(c) {
		return
	}
	above := c.Roster.Superiors(u, at)
	if len(above) == 0 {
		open(coverage.NoSuperior)
	}
	for _, s := range above {
		if !canBeCalled(c, s.Person) {
			open(coverage.NoChannel)
		}
	}
}

// bruteDutyChief finds the post of the duty chief over a place: the city's, else that of the smallest area with one.
func bruteDutyChief(c *city.City, p dispatch.Place) (roster.PostID, bool) {
	if post, ok := c.Roster.Post(routing.Root(c), roster.DutyChief); ok {
		return post, true
	}
	for _, id := range slices.Backward(p.Areas) {
		if post, ok := c.Roster.Post(roster.Unit{Kind: roster.UnitArea, ID: string(id)}, roster.DutyChief); ok {
			return post, true
		}
	}
	return "", false
}

// bruteChief says what is wrong with the duty chief, the city's leader and the patrons of a place at an instant.
func bruteChief(c *city.City, p dispatch.Place, from, at time.Time, open func(coverage.Reason)) {
	root := routing.Root(c)
	called := func(u roster.Unit, post roster.PostID) {
		if s, ok := c.OnCall(u, post, at); !ok {
			open(coverage.NoPerson)
		} else if !canBeCalled(c, s.Person) {
			open(coverage.NoChannel)
		}
	}
	if post, ok := c.Roster.Post(root, roster.Leader); ok {
		called(root, post)
	} else {
		open(coverage.NoPost)
	}
	if post, ok := bruteDutyChief(c, p); ok {
		u := c.UnitOf(post)
		if called(u, post); someTime(c, u, post, from) {
			bruteChain(c, u, at, open)
		}
	} else {
		open(coverage.NoPost)
	}
	for _, id := range p.Areas {
		u := roster.Unit{Kind: roster.UnitArea, ID: string(id)}
		if post, ok := c.Roster.Post(u, roster.Patron); ok {
			called(u, post)
			if someTime(c, u, post, from) {
				bruteChain(c, u, at, open)
			}
		}
	}
}

// someTime reports whether somebody is ever on call at a post in the days that are compared.
func someTime(c *city.City, u roster.Unit, post roster.PostID, from time.Time) bool {
	for k := range int(72 * time.Hour / step) {
		if _, ok := c.OnCall(u, post, from.Add(time.Duration(k)*step)); ok {
			return true
		}
	}
	return false
}

// bruteActing checks the stages of the cases of one place, with the superiors of the units that act at them.
type bruteActing struct {
	c      *city.City
	place  dispatch.Place
	from   time.Time
	owners map[roster.Unit]*bruteOwner
	found  map[ownerAt][]coverage.Reason // what is wrong with the stages of an owner's cases

	works, granted map[string][]roster.PersonID // by the post of an owner; by the owner, the request and who asked
	alone          map[string]bool
}

// bruteOwner is what brute force asks for the cases of one owner.
type bruteOwner struct {
	stages []bruteSeats
	acting []roster.Unit // the units that act at a stage some time
}

// ownerAt is an owner at an instant.
type ownerAt struct {
	owner roster.Unit
	at    int64
}

// check says what is wrong at an instant with the stages of a case of a category.
func (b *bruteActing) check(code catalog.Code, at time.Time, open func(coverage.Reason)) {
	d, err := routing.Route(b.c, b.place, code, at)
	if err != nil {
		panic(err)
	}
	b.apart(d, at, open)
	key := ownerAt{d.Owner.Unit, at.Unix()}
	if _, known := b.found[key]; !known {
		b.found[key] = b.reasons(d.Owner, at)
	}
	for _, why := range b.found[key] {
		open(why)
	}
}

// apart asks the desk for somebody else at an instant: who checks beside each worker, and who decides beside who asked and who
// granted first. What is open without anybody being barred is not asked again.
func (b *bruteActing) apart(d routing.Decision, at time.Time, open func(coverage.Reason)) {
	asked := func(s dispatch.Stage, kind dispatch.RequestKind, level, extended int, people ...roster.PersonID) *dispatch.Case {
		cs := &dispatch.Case{Place: b.place, Owner: d.Owner, Stage: s, Request: dispatch.ApprovalRequest{Kind: kind, Level: level}}
		if cs.Clock.Extended = extended; len(people) > 0 {
			cs.Request.By, cs.Request.GrantedBy = people[0], people[len(people)-1]
		}
		if s == dispatch.Checking {
			cs.FormerHandlers, cs.Request = people, dispatch.ApprovalRequest{}
		}
		return cs
	}
	alone := func(act dispatch.Act, s dispatch.Stage, kind dispatch.RequestKind, level, extended int, people ...roster.PersonID) {
		key := fmt.Sprint(d.Owner.Unit, at.Unix(), act, s, level, extended, people)
		is, known := b.alone[key]
		if !known {
			if who, ok := b.answerers(act, asked(s, kind, level, extended), at); ok && len(who) > 0 {
				who, ok := b.answerers(act, asked(s, kind, level, extended, people...), at)
				is = !ok || len(who) == 0
			}
			b.alone[key] = is
		}
		if is {
			open(coverage.NoPost)
		}
	}
	for i, o := range append([]dispatch.Owner{d.Owner}, d.CoOwners...) {
		if i > 0 && o.Duty == "" {
			continue
		}
		for _, by := range b.workersOf(o) {
			if alone(dispatch.ActCheck, dispatch.Checking, 0, 0, 0, by); i > 0 {
				continue
			}
			alone(dispatch.ActDecideSuspension, dispatch.Handling, dispatch.RequestSuspension, 0, 0, by)
			for act, kind := range map[dispatch.Act]dispatch.RequestKind{
				dispatch.ActDecideExtension: dispatch.RequestExtension, dispatch.ActDecideAppeal: dispatch.RequestAppeal,
			} {
				s := dispatch.Handling
				if kind == dispatch.RequestAppeal {
					s = dispatch.Closed
				}
				alone(act, s, kind, 0, 0, by)
				alone(act, s, kind, 1, 0, by)
				alone(act, s, kind, 1, 1, by)
				key := fmt.Sprint(d.Owner.Unit, kind, by)
				granted, known := b.granted[key]
				for k := range int(72 * time.Hour / step) {
					if known {
						break
					}
					if who, ok := b.answerers(act, asked(s, kind, 0, 0, by), b.from.Add(time.Duration(k)*step)); ok {
						granted = append(granted, who...)
					}
				}
				slices.Sort(granted)
				b.granted[key] = slices.Compact(granted)
				for _, who := range b.granted[key] {
					alone(act, s, kind, 1, 0, by, who)
					alone(act, s, kind, 1, 1, by, who)
				}
			}
		}
	}
}

// workersOf lists the people who do the work of an owner some time: the person on call at its post, and the handlers of its unit.
func (b *bruteActing) workersOf(o dispatch.Owner) []roster.PersonID {
	if who, known := b.works[string(o.Post)]; known {
		return who
	}
	var out []roster.PersonID
	for k := range int(72 * time.Hour / step) {
		at := b.from.Add(time.Duration(k) * step)
		if s, ok := b.c.OnCall(o.Unit, o.Post, at); ok {
			out = append(out, s.Person)
		}
		if p, ok := b.c.Roster.OnDuty(roster.PostAt(o.Unit, roster.Handler), at); ok {
			out = append(out, p)
		}
	}
	slices.Sort(out)
	b.works[string(o.Post)] = slices.Compact(out)
	return b.works[string(o.Post)]
}

// answerers asks the desk who moves a case on at an instant; false when the post of the first of them gives no right.
func (b *bruteActing) answerers(act dispatch.Act, cs *dispatch.Case, at time.Time) ([]roster.PersonID, bool) {
	var out []roster.PersonID
	for _, w := range waits.For(b.c, cs) {
		if w.What != waits.Decision && w.What != waits.Check {
			continue
		}
		for _, r := range waits.Answerers(b.c, cs, w, at) {
			out = append(out, r.Person)
			if unit, role := roleOf(r.Post); r.Unit.String() == unit && !lifecycle.PostMay(b.c, r.Unit, role, act, cs) {
				return nil, false
			}
		}
	}
	return out, true
}

// reasons lists what is wrong at an instant with the stages of an owner's cases, and with the superiors of who acts at them.
func (b *bruteActing) reasons(o dispatch.Owner, at time.Time) []coverage.Reason {
	own := b.owners[o.Unit]
	if own == nil {
		own = &bruteOwner{}
		stages := bruteStages(b.c, b.place, o)
		for i := range stages {
			seats := seatsOf(b.c, &stages[i])
			own.stages = append(own.stages, seats)
			for k := range int(72 * time.Hour / step) {
				_, who := seats.wait(b.c, b.from.Add(time.Duration(k)*step))
				if who.Post != "" && !slices.Contains(own.acting, who.Unit) {
					own.acting = append(own.acting, who.Unit)
				}
			}
		}
		b.owners[o.Unit] = own
	}
	var out []coverage.Reason
	for i := range own.stages {
		if why, _ := own.stages[i].wait(b.c, at); why != "" {
			out = append(out, why)
		}
	}
	for _, u := range own.acting {
		bruteChain(b.c, u, at, func(why coverage.Reason) { out = append(out, why) })
	}
	return out
}
