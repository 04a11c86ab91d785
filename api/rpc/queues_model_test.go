package rpc

import (
	"slices"
	"strings"

	"wangge/api/wangge/v1"
	"wangge/dispatch"
	"wangge/dispatch/city/catalog"
	"wangge/dispatch/city/roster"
	"wangge/dispatch/waits"
)

// The model of the queues, by looking at each case.

// waits reports whether a case is in the list of what waits: open, or in the queue that is asked for.
func (l *lister) waits(a asked, cs *dispatch.Case) bool {
	switch a.queue {
	case wanggev1.CaseQueue_CASE_QUEUE_UNSPECIFIED:
		return cs.Open() || strings.HasPrefix(a.scope, "person:") && cs.Stage == dispatch.Closed && cs.Request.Kind == dispatch.RequestAppeal
	case wanggev1.CaseQueue_CASE_QUEUE_TO_VERIFY:
		return cs.Stage == dispatch.Verifying
	case wanggev1.CaseQueue_CASE_QUEUE_TO_CHECK:
		return cs.Stage == dispatch.Checking && cs.CheckedBy == ""
	case wanggev1.CaseQueue_CASE_QUEUE_TO_DECIDE:
		return cs.Request.Kind != dispatch.NoRequest && (cs.Open() || cs.Stage == dispatch.Closed) || cs.Stage == dispatch.Arbitration
	case wanggev1.CaseQueue_CASE_QUEUE_TO_ACCEPT:
		return cs.Stage == dispatch.Reported
	case wanggev1.CaseQueue_CASE_QUEUE_TO_FILE:
		return cs.Stage == dispatch.Accepted
	case wanggev1.CaseQueue_CASE_QUEUE_TO_DISPATCH:
		return cs.Stage == dispatch.Filed || cs.Stage == dispatch.Returned
	case wanggev1.CaseQueue_CASE_QUEUE_TO_CLOSE:
		return cs.Stage == dispatch.Checking && cs.CheckedBy != ""
	case wanggev1.CaseQueue_CASE_QUEUE_SUPERVISED:
		return cs.Open() && cs.Unanswered
	case wanggev1.CaseQueue_CASE_QUEUE_RETURNED:
		return cs.Stage == dispatch.Returned
	case wanggev1.CaseQueue_CASE_QUEUE_DISPUTED:
		return cs.Stage == dispatch.Arbitration
	case wanggev1.CaseQueue_CASE_QUEUE_REWORK:
		return cs.Reworks > 0 && ownersTurn(cs)
	case wanggev1.CaseQueue_CASE_QUEUE_MASS_EVENTS:
		return cs.Open() && (cs.Group != 0 || len(l.ids(func(part *dispatch.Case) bool {
			return part.Group == cs.ID && (part.Open() || part.Stage == dispatch.Closed || part.Stage == dispatch.SelfResolved)
		})) > 0)
	case wanggev1.CaseQueue_CASE_QUEUE_TO_SIGN:
		return len(owing(cs)) > 0
	case wanggev1.CaseQueue_CASE_QUEUE_TO_START:
		return cs.Stage == dispatch.Dispatched || cs.Stage == dispatch.Handling && cs.Handler == ""
	case wanggev1.CaseQueue_CASE_QUEUE_TO_ASSIST:
		return cs.Open() && cs.Stage != dispatch.Suspended && slices.ContainsFunc(cs.CoOwners, func(o dispatch.CoOwner) bool {
			return o.Open() && !cs.PartToGive(&o)
		})
	case wanggev1.CaseQueue_CASE_QUEUE_TO_REACH:
		return cs.Open() && slices.ContainsFunc(cs.Milestones, func(m dispatch.Milestone) bool {
			return m.Party == catalog.PartyInspector && m.Clock.Running()
		})
	case wanggev1.CaseQueue_CASE_QUEUE_MY_WORK:
		return cs.Handler != "" && ownersTurn(cs)
	default:
		l.Fatalf("the model does not know %s", a.queue)
		return false
	}
}

// owing lists the posts and the handler who owe a receipt of a case.
func owing(cs *dispatch.Case) (out []roster.PersonID) {
	if cs.Stage != dispatch.Dispatched && cs.Stage != dispatch.Handling {
		return nil
	}
	if cs.Receipt.Owed() {
		out = append(out, personAt(string(cs.Owner.Post)), cs.Handler)
	}
	for _, o := range cs.CoOwners {
		if o.Done.IsZero() && o.Receipt.Owed() {
			out = append(out, personAt(string(o.Post)))
		}
	}
	return out
}

func ownersTurn(cs *dispatch.Case) bool {
	return slices.Contains([]dispatch.Stage{dispatch.Dispatched, dispatch.Handling, dispatch.Suspended}, cs.Stage)
}

// waitsFor reports whether a case that is in a queue, or in any, waits for a person. Everybody in the wards is always on duty,
// each at one post but one.
func (l *lister) waitsFor(queue wanggev1.CaseQueue, cs *dispatch.Case, who roster.PersonID) bool {
	kinds := map[wanggev1.CaseQueue][]waits.Kind{
		wanggev1.CaseQueue_CASE_QUEUE_TO_DECIDE:  {waits.Decision, waits.Ruling},
		wanggev1.CaseQueue_CASE_QUEUE_SUPERVISED: {waits.Answer},
		wanggev1.CaseQueue_CASE_QUEUE_TO_ASSIST:  {waits.Duty},
		wanggev1.CaseQueue_CASE_QUEUE_TO_REACH:   {waits.Duty},
	}
	if queue == wanggev1.CaseQueue_CASE_QUEUE_TO_SIGN {
		return slices.Contains(owing(cs), who)
	}
	for i, w := range waits.For(l.c, cs) {
		of, special := kinds[queue]
		mine := w.Post != "" && personAt(string(w.Post)) == who
		switch {
		case w.What == waits.Duty && queue != 0 && (w.Step != "") != (queue == wanggev1.CaseQueue_CASE_QUEUE_TO_REACH):
			continue
		case queue == 0, slices.Contains(of, w.What):
		case special || i > 0: // the other queues are of the stage
			continue
		case queue == wanggev1.CaseQueue_CASE_QUEUE_MY_WORK:
			mine = cs.Handler == who
		case queue == wanggev1.CaseQueue_CASE_QUEUE_REWORK && cs.Handler != "":
			mine = cs.Handler == who
		}
		if w.What == waits.Answer && (ownersTurn(cs) || cs.Stage == dispatch.Checking) {
			mine = mine || cs.Handler == who // who does the work may answer for it
		}
		if mine {
			return true
		}
	}
	return queue == 0 && ownersTurn(cs) && cs.Handler == who
}

// counts compares the counts of every queue with the model.
func (l *lister) counts(a asked) {
	if a.ground {
		return // the scope is counted as a unit
	}
	scope := nameOf(a.scope)
	r, err := l.w.cases().CountQueues(l.w.as(a.who, "en"), &wanggev1.CountQueuesRequest{Scope: scope})
	if err != nil {
		l.Fatalf("CountQueues(%s): %v", scope, err)
	}
	if n := len(wanggev1.CaseQueue_name) - 1; len(r.GetQueues()) != n {
		l.Fatalf("%d queues are counted, want %d", len(r.GetQueues()), n)
	}
	a.open, a.filter.text, a.filter.keep = true, "", func(*dispatch.Case) bool { return true }
	for _, n := range r.GetQueues() {
		a.queue, a.overdue = n.GetQueue(), false
		all := l.ids(func(cs *dispatch.Case) bool { return l.belongs(a, cs) })
		a.overdue = true
		late := l.ids(func(cs *dispatch.Case) bool { return l.belongs(a, cs) })
		if int(n.GetCases()) != len(all) || int(n.GetOverdue()) != len(late) {
			l.Fatalf("CountQueues(%s) as %s: %v, want %d, of which %d overdue", scope, a.who, n, len(all), len(late))
		}
	}
}
