// Package told lists the recipients of the events of an act: one table, from the kind of an event to its recipients.
package told

import (
	"slices"
	"sync"
	"time"

	"wangge/dispatch"
	"wangge/dispatch/city"
	"wangge/dispatch/city/catalog"
	"wangge/dispatch/city/roster"
	"wangge/dispatch/escalation"
	"wangge/dispatch/platform"
	"wangge/dispatch/rights"
	"wangge/dispatch/routing"
	"wangge/dispatch/waits"
)

// news is an event of an act, as its notices are made: the case before the event, after it, and after the whole act.
type news struct {
	c            *city.City
	e            *dispatch.Event
	was, is, end *dispatch.Case
	reporters    []roster.PersonID // told how the case ends, beside its own

	people []escalation.Recipient // memory of the lists of onCall
}

// named is a recipient with the reason.
type named struct {
	as dispatch.NotifiedAs
	to escalation.Recipient
}

// audience finds the recipients that one word of the table of tellings names.
type audience func(n *news) []escalation.Recipient

// telling is one line of an event's row: the recipients, and the reason.
type telling struct {
	as dispatch.NotifiedAs
	to audience
}

// tellings says who is told of an event, in the same commit as the act: whoever gets work or must decide, and whoever
// waits for the answer. An event without a line tells nobody, with the reason beside it. Every kind
// has a row: see TestTellings_EveryKindHasARow.
func tellings() map[dispatch.EventKind][]telling {
	work := []telling{{dispatch.AsOwner, ownersOnCall}, {dispatch.AsCoOwner, coOwners}, {dispatch.AsSent, sent}}
	next := []telling{{dispatch.AsNext, nextToAct}}
	everybody := []telling{
		{dispatch.AsHandler, handler},
		{dispatch.AsOwner, ownersOnCall},
		{dispatch.AsCoOwner, coOwners},
		{dispatch.AsSent, sent},
		{dispatch.AsNext, nextToAct},
	}
	decide := []telling{{dispatch.AsDecider, whoDecides}}
	answer := []telling{{dispatch.AsAsker, asker}, {dispatch.AsHandler, awaitsAnswer}}
	ended := []telling{{dispatch.AsReporter, reporters}}
	taken := []telling{{dispatch.AsFormer, formerWorkers}, {dispatch.AsFormer, formerCoOwners}, {dispatch.AsFormer, formerSent}}
	return map[dispatch.EventKind][]telling{
		dispatch.EventReported:      next,
		dispatch.EventProposed:      {{dispatch.AsNext, joiners}},
		dispatch.EventVerifying:     next,
		dispatch.EventVerified:      next,
		dispatch.EventFiled:         next,
		dispatch.EventReturned:      {{dispatch.AsNext, nextToAct}, {dispatch.AsFormer, formerCoOwners}, {dispatch.AsFormer, formerSent}},
		dispatch.EventReferred:      next,
		dispatch.EventResolved:      next,
		dispatch.EventCheckPassed:   next,
		dispatch.EventDispatched:    work,
		dispatch.EventRerouted:      slices.Concat([]telling{{dispatch.AsOwner, ownersOnCall}, {dispatch.AsSent, newSent}}, taken),
		dispatch.EventHandedOver:    {{dispatch.AsHandler, handler}, {dispatch.AsFormer, formerHandler}},
		dispatch.EventStarted:       {{dispatch.AsHandler, handler}},
		dispatch.EventCheckFailed:   {{dispatch.AsHandler, handler}, {dispatch.AsOwner, ownersOnCall}},
		dispatch.EventReclassified:  slices.Concat(everybody, []telling{{dispatch.AsFormer, formerSent}}),
		dispatch.EventResumed:       everybody,
		dispatch.EventLimitStarted:  everybody,
		dispatch.EventUnmerged:      everybody,
		dispatch.EventMerged:        taken,
		dispatch.EventRequested:     decide,
		dispatch.EventGranted:       decide,
		dispatch.EventDenied:        answer,
		dispatch.EventExtended:      answer,
		dispatch.EventSuspended:     answer,
		dispatch.EventAppealDecided: answer,
		dispatch.EventSupervised:    {{dispatch.AsHandler, handler}, {dispatch.AsOwner, ownersOnCall}, {dispatch.AsNext, whoAnswers}},
		dispatch.EventAnswered:      {{dispatch.AsSupervisor, supervisors}},
		dispatch.EventRejected:      ended,
		dispatch.EventVoided:        slices.Concat([]telling{{dispatch.AsReporter, reporters}}, taken),
		dispatch.EventSelfResolved:  ended,
		dispatch.EventClosed:        {{dispatch.AsReporter, reporters}, {dispatch.AsFormer, openParts}, {dispatch.AsFormer, formerSent}},
		dispatch.EventForceClosed:   slices.Concat([]telling{{dispatch.AsReporter, reporters}, {dispatch.AsAsker, asker}}, taken),
		dispatch.EventReplied:       ended,

		dispatch.EventArbitrated: {{dispatch.AsFormer, returners}, {dispatch.AsAsker, referrers}}, // the dispatch follows in the same act

		dispatch.EventSecondDispatched:     {{dispatch.AsOwner, ownersOnCall}, {dispatch.AsCoOwner, newCoOwners}, {dispatch.AsSent, newSent}},
		dispatch.EventSecondDispatchMissed: nil, // the alarm has named its recipients
		dispatch.EventPassedUp:             next,
		dispatch.EventPartDispatched:       {{dispatch.AsCoOwner, givenPart}},
		dispatch.EventAssisted:             {{dispatch.AsNext, partGivers}}, // the owner's work goes on

		dispatch.EventAccepted:           nil, // filing follows in the same act
		dispatch.EventReopened:           nil, // the new case is dispatched in the same commit, and tells its owner
		dispatch.EventMilestoneCompleted: nil, // the work goes on with the same people
		dispatch.EventAttached:           nil, // neither stage nor clock changes
		dispatch.EventDetached:           nil,
		dispatch.EventCommented:          nil, // a remark changes nothing
		dispatch.EventImported:           nil, // a past record
		dispatch.EventLimitSuspended:     nil, // nobody has to do anything; the stop of the campaign tells the new deadline
		dispatch.EventLimitResumed:       nil, // an event of the same act tells what became of the work
		dispatch.EventReprojected:        nil, // the time of every open case moves with the calendar, which is published
		dispatch.EventStepSkipped:        nil, // nobody was on duty
		dispatch.EventEscalated:          nil, // the ladder has named its recipients
		dispatch.EventReminded:           nil,
		dispatch.EventEscalatedByHand:    nil, // the person who escalates names them
		dispatch.EventAcknowledged:       nil, // the owner has signed for work that the dispatcher expects to be done
		dispatch.EventReceiptMissed:      nil, // the alarm has named its recipients
		dispatch.EventRevised:            nil, // package revise tells the old and the new owner
	}
}

// rowsOfTelling is the table of tellings.
var rowsOfTelling = tellings()

// Tell notes in each event of an act who is notified of it. Nobody is notified twice in one act: the last event that
// concerns a person wins, and within an event the first line. The actor is not notified of an act of their own. A past
// record notifies nobody. cs is the case before the events, nil for a report; reporters are told how the case ends, beside
// its own.
func Tell(cs *dispatch.Case, events []dispatch.Event, reporters []roster.PersonID, c *city.City) {
	if !anyTells(events) {
		return
	}
	if cs == nil {
		cs = &dispatch.Case{}
	}
	r := rooms.Get().(*room)
	defer r.giveBack()
	states := r.fold(cs, events)
	end := &states[len(events)]
	r.news = news{c: c, end: end, reporters: reporters, people: r.people[:0]}
	if end.Report.Source == dispatch.SourceImport && cs.Seq == 0 {
		return
	}
	told := r.told[:0]
	for i := len(events) - 1; i >= 0; i-- {
		e := &events[i]
		if e.Kind == dispatch.EventRevised || e.Kind == dispatch.EventHandedOver { // a revision, or a handler's end, has named them
			told = append(told, e.Notified...)
		}
		r.news.e, r.news.was, r.news.is = e, &states[i], &states[i+1]
		list := r.named[:0]
		for _, line := range rowsOfTelling[e.Kind] {
			for _, to := range line.to(&r.news) {
				if to.Person == "" || to.Person == e.Actor || slices.Contains(told, to.Person) {
					continue
				}
				told = append(told, to.Person)
				list = append(list, named{line.as, to})
			}
		}
		notify(e, list)
		r.named = list
	}
	if slices.ContainsFunc(events, func(e dispatch.Event) bool { return e.Actor != "" }) {
		dropTold(events, told)
	}
	r.told = told
}

// notify notes the recipients in an event.
func notify(e *dispatch.Event, list []named) {
	if len(list) == 0 {
		return
	}
	e.Notified, e.NotifiedPosts = slices.Grow(e.Notified, len(list)), slices.Grow(e.NotifiedPosts, len(list))
	e.NotifiedAs = slices.Grow(e.NotifiedAs, len(list))
	for _, n := range list {
		escalation.Notify(e, n.as, n.to)
	}
}

// anyTells reports whether an event may have recipients by the table, or has named people who are told of nothing else.
func anyTells(events []dispatch.Event) bool {
	for i := range events {
		if k := events[i].Kind; k == dispatch.EventRevised || len(rowsOfTelling[k]) > 0 {
			return true
		}
	}
	return false
}

// room is the memory of one Tell, lent to the next: a case is some 2 KB. Nothing that outlives a Tell refers to a room.
type room struct {
	states []dispatch.Case // before each event, and after the last
	told   []roster.PersonID
	named  []named
	people []escalation.Recipient
	news   news
}

var rooms = sync.Pool{New: func() any { return new(room) }}

// fold folds the events into a case. The states are valid until giveBack.
func (r *room) fold(cs *dispatch.Case, events []dispatch.Event) []dispatch.Case {
	r.states = append(r.states[:0], *cs)
	for i := range events {
		r.states = append(r.states, r.states[i])
		r.states[i+1].Fold(&events[i])
	}
	return r.states
}

// giveBack ends the loan. The room of a tick that made up for a long outage is dropped.
func (r *room) giveBack() {
	r.people = r.news.people
	if r.news = (news{}); cap(r.states) <= 16 {
		rooms.Put(r)
	}
}

// dropTold takes everybody who has been told of an act out of the steps that fire with the act, at 0 % of its clock. What
// falls due together without an act is each told: a handler who leaves says nothing of a milestone that is overdue.
func dropTold(events []dispatch.Event, told []roster.PersonID) {
	for i := range events {
		e := &events[i]
		if e.Kind != dispatch.EventEscalated || e.Actor != "" {
			continue
		}
		drop(e, func(p roster.PersonID) bool { return slices.Contains(told, p) })
	}
}

// Once leaves to each person one of the receipt alarms of a commit, the last one: after an outage several fall due together, of
// the owner and of co-owners, and the message about one names every unit that has not signed. A person who acts in the commit,
// or who is told of other news of the case in it, needs no alarm. All alarms stay in the history, also those that tell nobody.
// events are all events of the commit.
func Once(events []dispatch.Event) {
	for i := range events {
		e := &events[i]
		if e.Kind != dispatch.EventReceiptMissed {
			continue
		}
		drop(e, func(p roster.PersonID) bool {
			for n := range events {
				if o := &events[n]; p == o.Actor || coversAlarm(o, n > i) && slices.Contains(o.Notified, p) {
					return true
				}
			}
			return false
		})
	}
}

// coversAlarm reports whether a person who is told of another event in the same commit needs no alarm of a receipt. A step of a
// ladder and a reminder are about something else.
func coversAlarm(e *dispatch.Event, later bool) bool {
	// Not exhaustive: every other event is news of the case.
	//exhaustive:ignore
	switch e.Kind {
	case dispatch.EventReceiptMissed:
		return later
	case dispatch.EventEscalated, dispatch.EventEscalatedByHand, dispatch.EventReminded:
		return false
	default:
		return true
	}
}

// drop takes out of the recipients of an event those for whom needless holds.
func drop(e *dispatch.Event, needless func(roster.PersonID) bool) {
	if !slices.ContainsFunc(e.Notified, needless) {
		return
	}
	was := *e
	e.Notified, e.NotifiedPosts, e.NotifiedAs = nil, nil, nil
	for n, p := range was.Notified {
		if !needless(p) {
			escalation.Notify(e, was.AsOf(n), escalation.Recipient{Person: p, Post: was.NotifiedPosts[n]})
		}
	}
}

// at is when the event happens.
func (n *news) at() time.Time { return n.e.At }

// owned reports whether a case is with its owner, whose work it is.
func owned(cs *dispatch.Case) bool {
	return cs.Stage == dispatch.Dispatched || cs.Stage == dispatch.Handling || cs.Stage == dispatch.Suspended
}

// ownersOnCall is the person on call at the owner's post, while the case is with the owner.
func ownersOnCall(n *news) []escalation.Recipient {
	if !owned(n.is) {
		return nil
	}
	return n.onCall(n.is.Owner.Unit, n.is.Owner.Post)
}

// handler is the person who does the work, while the case is with its owner and the handler is not absent.
func handler(n *news) []escalation.Recipient {
	if cs := n.is; owned(cs) && present(n.c, cs.Handler, n.at()) {
		return []escalation.Recipient{{Unit: cs.Owner.Unit, Post: cs.Owner.Post, Person: cs.Handler}}
	}
	return nil
}

// awaitsAnswer is the handler, for whose work the event answers a request: not one of closing by force.
func awaitsAnswer(n *news) []escalation.Recipient {
	if n.was.Request.Kind == dispatch.RequestForceClose {
		return nil
	}
	return handler(n)
}

// formerHandler is the person who did the work until the event.
func formerHandler(n *news) []escalation.Recipient {
	if cs := n.was; present(n.c, cs.Handler, n.at()) {
		return []escalation.Recipient{{Unit: cs.Owner.Unit, Post: cs.Owner.Post, Person: cs.Handler}}
	}
	return nil
}

// coOwners are the people on call at the posts of the co-owners, while the case is with its owner.
func coOwners(n *news) []escalation.Recipient {
	if !owned(n.is) {
		return nil
	}
	from := len(n.people)
	for _, o := range n.is.CoOwners {
		n.onCall(o.Unit, o.Post)
	}
	return n.since(from)
}

// onTheWay reports whether an inspector is sent to the place of an open case by a milestone that is not complete.
func onTheWay(cs *dispatch.Case, m *dispatch.Milestone) bool {
	return cs.Open() && m.Party == catalog.PartyInspector && m.Reached.IsZero()
}

// sent are the people on call at the posts that are sent to the place, unless the work is suspended.
func sent(n *news) []escalation.Recipient {
	if n.is.Stage == dispatch.Suspended {
		return nil
	}
	return n.sentWithout(n.is, nil)
}

// newSent are those of sent whom the event sends.
func newSent(n *news) []escalation.Recipient {
	if n.is.Stage == dispatch.Suspended {
		return nil
	}
	return n.sentWithout(n.is, n.was)
}

// formerSent are the people on call at the posts that were sent to the place and need not go there any more.
func formerSent(n *news) []escalation.Recipient { return n.sentWithout(n.was, n.is) }

// sentWithout are the people on call at the posts that a case sends to the place, and another state of the case does not.
func (n *news) sentWithout(cs, other *dispatch.Case) []escalation.Recipient {
	from := len(n.people)
	for i := range cs.Milestones {
		m := &cs.Milestones[i]
		also := func(o dispatch.Milestone) bool { return o.Post == m.Post && onTheWay(other, &o) }
		if onTheWay(cs, m) && (other == nil || !slices.ContainsFunc(other.Milestones, also)) {
			n.onCall(m.Unit, m.Post)
		}
	}
	return n.since(from)
}

// newCoOwners are the people on call at the posts of the co-owners that the event adds.
func newCoOwners(n *news) []escalation.Recipient {
	from := len(n.people)
	for _, o := range n.is.CoOwners {
		if !slices.ContainsFunc(n.was.CoOwners, func(was dispatch.CoOwner) bool { return was.Unit == o.Unit }) {
			n.onCall(o.Unit, o.Post)
		}
	}
	return n.since(from)
}

// givenPart is the person on call at the post to which a platform gives its part.
func givenPart(n *news) []escalation.Recipient {
	return n.onCall(n.e.Owner.Unit, n.e.Owner.Post)
}

// partGivers are the people on call at the dispatchers' posts of the platforms that wait for a co-owner's part.
func partGivers(n *news) []escalation.Recipient {
	from := len(n.people)
	for _, u := range platform.PartGivers(n.c, n.is, n.e.Party) {
		n.onCall(u, roster.PostAt(u, roster.Dispatcher))
	}
	return n.since(from)
}

// formerWorkers are the handler and the person on call at the owner's post, of work that the event takes away.
func formerWorkers(n *news) []escalation.Recipient {
	cs := n.was
	if !owned(cs) {
		return nil
	}
	out := n.onCall(cs.Owner.Unit, cs.Owner.Post)
	if present(n.c, cs.Handler, n.at()) {
		out = append(out, escalation.Recipient{Unit: cs.Owner.Unit, Post: cs.Owner.Post, Person: cs.Handler})
	}
	return out
}

// formerCoOwners are the people on call at the posts of the co-owners whose part the event ends.
func formerCoOwners(n *news) []escalation.Recipient { return n.endedParts(false) }

// returners are the people on call at the posts of the units that have returned the case on which the event rules.
func returners(n *news) []escalation.Recipient {
	from := len(n.people)
	for _, u := range n.was.Refused {
		if o, ok := platform.Owner(n.c, u); ok {
			n.onCall(u, o.Post)
		}
	}
	return n.since(from)
}

// referrers is the person at the office that dispatches the case, which the ruling spares or takes from that office.
func referrers(n *news) []escalation.Recipient {
	return atOffice(n, platform.Dispatching(n.c, n.was), rights.Dispatchers)
}

// openParts are the people on call at the posts of the co-owners whose open duty the event ends.
func openParts(n *news) []escalation.Recipient { return n.endedParts(true) }

// endedParts are the people on call at the posts of the co-owners whose part the event ends before the part is done; of those
// with a duty only when duties.
func (n *news) endedParts(duties bool) []escalation.Recipient {
	if !n.was.Open() {
		return nil
	}
	from := len(n.people)
	for _, o := range n.was.CoOwners {
		goesOn := n.is.Open() && slices.ContainsFunc(n.is.CoOwners, func(is dispatch.CoOwner) bool { return is.Unit == o.Unit })
		if o.Done.IsZero() && !goesOn && (o.Open() || !duties) {
			n.onCall(o.Unit, o.Post)
		}
	}
	return n.since(from)
}

// nextToAct is the person who must bring the case on from the stage of the event: accept, verify, dispatch, rule, check or close it.
// It is nobody when the same act brings it on, and when the case is with its owner.
func nextToAct(n *news) []escalation.Recipient {
	if n.is.Stage != n.end.Stage || owned(n.is) || !n.is.Open() {
		return nil
	}
	for _, w := range waits.For(n.c, n.is) {
		return answerer(n, w) // the first is that of the stage
	}
	return nil
}

// whoAnswers is the person who must answer the supervision of a case that is not with its owner.
func whoAnswers(n *news) []escalation.Recipient {
	if owned(n.is) {
		return nil
	}
	for _, w := range waits.For(n.c, n.is) {
		if w.What == waits.Answer {
			return answerer(n, w)
		}
	}
	return nil
}

// whoDecides is the person who must decide the request of the case next.
func whoDecides(n *news) []escalation.Recipient {
	for _, w := range waits.For(n.c, n.is) {
		if w.What == waits.Decision {
			return answerer(n, w)
		}
	}
	return nil
}

// joiners is the person who decides whether a case repeats another, when nobody at the office is asked to act on the case anyway.
func joiners(n *news) []escalation.Recipient {
	if !owned(n.end) {
		return nil
	}
	if to := atOffice(n, platform.Office(n.c, n.end), rights.WholeOffice); to != nil {
		return to
	}
	return atOffice(n, routing.Root(n.c), rights.WholeOffice)
}

// answerer is the one person who is told of a wait: the first on duty for it. While nobody is, it is whom a notice to the
// post reaches, and for a city without the post, its leader. A person who may not act on it is passed over.
func answerer(n *news, w waits.Wait) []escalation.Recipient {
	if on := waits.Answerers(n.c, n.is, w, n.at()); len(on) > 0 {
		return on[:1]
	}
	root := routing.Root(n.c)
	for _, to := range slices.Concat(n.onCall(w.Unit, w.Post), n.onCall(root, roster.PostAt(root, roster.Leader))) {
		barred := w.What == waits.Decision && n.is.AskedOrGranted(to.Person) || w.What == waits.Check && n.is.WorkedOn(to.Person)
		if !barred {
			return []escalation.Recipient{to}
		}
	}
	return nil
}

// atOffice is the person notified for the first post of some roles at an office.
func atOffice(n *news, office roster.Unit, roles []roster.Role) []escalation.Recipient {
	for _, role := range roles {
		if to := n.onCall(office, roster.PostAt(office, role)); to != nil {
			return to
		}
	}
	return nil
}

// asker is the person who has asked for what the event decides, or who stands in at the post. A person who may not read the
// case any more, because a revision has moved the case to another unit, is told of nothing.
func asker(n *news) []escalation.Recipient {
	r := n.was.Request
	if r.By == "" {
		return nil
	}
	if to := reader(n, r.By, r.Post); len(to) > 0 {
		return to
	}
	if r.Kind == dispatch.RequestForceClose { // a matter of the office
		return atOffice(n, routing.Root(n.c), rights.Overseers)
	}
	return ownersOnCall(n) // the person has left or may not read the case any more
}

// reader is a person, or who stands in at the person's post; nobody when that person may not read the case.
func reader(n *news, person roster.PersonID, post roster.PostID) []escalation.Recipient {
	return slices.DeleteFunc(standIn(n.c, person, post, n.at()), func(to escalation.Recipient) bool {
		return !rights.MayRead(n.c, to.Person, n.is, n.at())
	})
}

// supervisors are the people who demanded the answer, or who stand in at their posts. A supervision by an earlier version
// names nobody, a person may have left, and a revision may have moved the case to a unit whose cases the person may not read:
// such an answer goes to the office.
func supervisors(n *news) []escalation.Recipient {
	var out, office []escalation.Recipient
	for _, s := range slices.Concat(n.was.Supervised, []dispatch.Supervision{{Person: n.was.Supervisor, Post: n.was.SupervisedAt}}) {
		var to []escalation.Recipient
		if s.Person != "" {
			to = reader(n, s.Person, s.Post)
		}
		if out = append(out, to...); len(to) == 0 {
			office = atOffice(n, routing.Root(n.c), rights.Overseers)
		}
	}
	return append(out, office...)
}

// reporters are the people who are told how a case ended, each once: its reporter and those of its other cases.
func reporters(n *news) []escalation.Recipient {
	out := []escalation.Recipient{{Person: n.is.Report.Reporter}}
	for _, p := range n.reporters {
		out = append(out, escalation.Recipient{Person: p})
	}
	return out
}

// onCall is the person who is notified for a post; empty when the post has no holder. The list is valid during the Tell.
func (n *news) onCall(u roster.Unit, post roster.PostID) []escalation.Recipient {
	from := len(n.people)
	if to, ok := escalation.At(n.c, u, post, n.at()); ok {
		n.people = append(n.people, to)
	}
	return n.since(from)
}

// since lists the people of the calls of onCall from an index on; nil when there are none.
func (n *news) since(from int) []escalation.Recipient {
	if len(n.people) == from {
		return nil
	}
	return slices.Clip(n.people[from:])
}

// personAt is the person who is notified for a post; empty when the post has no holder.
func personAt(c *city.City, u roster.Unit, post roster.PostID, at time.Time) []escalation.Recipient {
	if to, ok := escalation.At(c, u, post, at); ok {
		return []escalation.Recipient{to}
	}
	return nil
}

// standIn is a person, or the person notified for the post while the first is absent.
func standIn(c *city.City, person roster.PersonID, post roster.PostID, at time.Time) []escalation.Recipient {
	if present(c, person, at) {
		return []escalation.Recipient{{Unit: c.UnitOf(post), Post: post, Person: person}}
	}
	return personAt(c, c.UnitOf(post), post, at)
}

// present reports whether a person can be notified of a case: there is one who is not absent and holds a post. A person
// without a post may read no case, nor a notice of one.
func present(c *city.City, person roster.PersonID, at time.Time) bool {
	return person != "" && len(c.Roster.PostsOf(person, at)) > 0 && !c.Roster.Absent(person, at)
}
