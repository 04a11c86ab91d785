package sim

import (
	"context"
	"fmt"
	"slices"
	"time"

	"wangge/dispatch"
	"wangge/dispatch/city/catalog"
	"wangge/dispatch/city/roster"
	"wangge/dispatch/lifecycle"
)

// onward are the acts that bring a case to its end. Other acts are done occasionally, in the phase with faults.
var onward = []dispatch.Act{
	dispatch.ActVerify, dispatch.ActConfirm, dispatch.ActAccept, dispatch.ActDispatch,
	dispatch.ActAcknowledge, dispatch.ActStart, dispatch.ActCompleteMilestone, dispatch.ActAssist, dispatch.ActResolve, dispatch.ActCheck,
	dispatch.ActClose, dispatch.ActArbitrate, dispatch.ActDecideExtension, dispatch.ActDecideSuspension, dispatch.ActAnswer,
	dispatch.ActDecideAppeal,
}

// decisions are the acts that answer an approval request.
var decisions = []dispatch.Act{
	dispatch.ActConfirm, dispatch.ActArbitrate, dispatch.ActDecideExtension,
	dispatch.ActDecideSuspension, dispatch.ActDecideAppeal, dispatch.ActAnswer,
}

// chatter are the acts that change neither stage nor clock.
var chatter = []dispatch.Act{dispatch.ActComment, dispatch.ActEscalate, dispatch.ActReply}

// detours are the acts that lead a case off the straight road to its end, and those that follow its end.
var detours = []dispatch.Act{
	dispatch.ActReject, dispatch.ActVoid, dispatch.ActReturn, dispatch.ActRefer, dispatch.ActReroute,
	dispatch.ActExtend, dispatch.ActSuspend, dispatch.ActResume, dispatch.ActHandOver, dispatch.ActSelfResolve,
	dispatch.ActSupervise, dispatch.ActForceClose, dispatch.ActMerge, dispatch.ActUnmerge, dispatch.ActReclassify,
	dispatch.ActAttach, dispatch.ActDetach, dispatch.ActAppeal, dispatch.ActReopen,
}

// seldom are the acts that a person mostly comes too late for, or for which a case must first have come far.
var seldom = []dispatch.Act{
	dispatch.ActExtend, dispatch.ActReturn, dispatch.ActRefer, dispatch.ActResume, dispatch.ActDetach, dispatch.ActSelfResolve,
}

// act makes one person act on a case, or everybody once the faults have stopped.
func (w *world) act(ctx context.Context) error {
	ids := w.ids
	if w.calm {
		ids = slices.Concat(ids, w.appealed)
	}
	if len(ids) == 0 {
		return nil
	}
	if !w.calm {
		ids = ids[w.rng.IntN(len(ids)):][:1]
	}
	chatty, odd, force := !w.calm && w.rng.IntN(3) == 0, !w.calm && w.rng.IntN(4) == 0, w.rng.IntN(6) == 0
	if odd && len(w.merged) > 0 && w.rng.IntN(4) == 0 {
		ids = w.merged[w.rng.IntN(len(w.merged)):][:1]
	}
	for _, id := range ids {
		err := w.actOn(ctx, id, func(cs *dispatch.Case, a dispatch.Act) bool {
			return slices.Contains(onward, a) || chatty && slices.Contains(chatter, a) ||
				odd && slices.Contains(detours, a) && (a != dispatch.ActForceClose || force || cs.Request.Kind == dispatch.RequestForceClose)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// asks are the acts after which somebody must decide, or has more to ask for.
var asks = []dispatch.Act{dispatch.ActExtend, dispatch.ActSuspend, dispatch.ActForceClose, dispatch.ActStart}

// maxAsking bounds the cases of which the world remembers that something was asked for.
const maxAsking = 16

// negotiate makes a person act on a case for which something was asked a short while ago: decide, or ask for another extension.
func (w *world) negotiate(ctx context.Context) error {
	w.asking = slices.DeleteFunc(w.asking, func(id dispatch.CaseID) bool { return w.open[id] == nil })
	if len(w.asking) == 0 {
		return nil
	}
	id := w.asking[w.rng.IntN(len(w.asking))]
	if i := slices.IndexFunc(w.asking, func(id dispatch.CaseID) bool { return w.open[id].ExtendedOnce() }); i >= 0 && w.rng.IntN(2) == 0 {
		id = w.asking[i]
	}
	return w.actOn(ctx, id, func(cs *dispatch.Case, a dispatch.Act) bool {
		return a == dispatch.ActExtend || a == dispatch.ActHandOver || slices.Contains(decisions, a) ||
			a == dispatch.ActForceClose && cs.Request.Kind == dispatch.RequestForceClose
	})
}

// actOnEnded makes a person act on a case that has ended a short while ago: reply, appeal and decide on it, reopen it.
func (w *world) actOnEnded(ctx context.Context) error {
	ids := w.lately
	if len(w.appealed) > 0 && w.rng.IntN(2) == 0 {
		ids = w.appealed
	}
	if len(ids) == 0 {
		return nil
	}
	chatty, again := w.rng.IntN(8) == 0, w.rng.IntN(12) == 0
	return w.actOn(ctx, ids[w.rng.IntN(len(ids))], func(_ *dispatch.Case, a dispatch.Act) bool {
		return a == dispatch.ActDecideAppeal || a == dispatch.ActAppeal || again && a == dispatch.ActReopen ||
			chatty && slices.Contains(chatter, a)
	})
}

// actOn makes the first person who may do so act on a case, in an act that is wanted.
func (w *world) actOn(ctx context.Context, id dispatch.CaseID, wanted func(*dispatch.Case, dispatch.Act) bool) error {
	cs, err := w.desk.Case(ctx, roster.PersonID(w.model.Leader), id)
	if err != nil {
		if ok, err := w.survive(ctx, err); err != nil || ok {
			return err
		}
		return fmt.Errorf("case %s can't be read: %w", id, err)
	}
	people := w.around(cs)
	w.rng.Shuffle(len(people), func(i, j int) { people[i], people[j] = people[j], people[i] })
	for _, who := range people {
		may := slices.DeleteFunc(lifecycle.Acts(w.city, who, cs, w.service()), func(a dispatch.Act) bool { return !wanted(cs, a) })
		if len(may) == 0 {
			continue
		}
		asked := slices.DeleteFunc(slices.Clone(may), func(a dispatch.Act) bool { return !slices.Contains(decisions, a) })
		if len(asked) > 0 && w.rng.IntN(4) > 0 {
			may = asked
		} else if i := slices.IndexFunc(may, func(a dispatch.Act) bool { return slices.Contains(seldom, a) }); i >= 0 && w.rng.IntN(2) == 0 {
			may = may[i : i+1]
		}
		return w.do(ctx, who, cs, may[w.rng.IntN(len(may))])
	}
	return nil
}

// around lists the people who may have something to do with a case: the city's office, the inspectors and leaders of the
// place, the people of the owner and of the co-owners.
func (w *world) around(cs *dispatch.Case) []roster.PersonID {
	people := []roster.PersonID{
		"boss", "acceptor", "acceptor-2", "dispatcher", "dispatcher-2", "checker", "checker-2", "duty_chief", "duty_chief-2",
	}
	if len(cs.Place.Areas) > 1 {
		district := roster.PersonID(cs.Place.Areas[1])
		people = append(people, district+"-inspector", district+"-leader")
	}
	owner := func(o dispatch.Owner) {
		if o.Unit.Kind == roster.UnitDepartment {
			people = append(people, roster.PersonID(o.Unit.ID)+"-leader")
		}
		if person, ok := w.city.Roster.OnDuty(o.Post, w.service()); ok {
			people = append(people, person, person)
		}
		for _, person := range w.model.Crew(o.Unit) {
			people = append(people, roster.PersonID(person))
		}
	}
	owner(cs.Owner)
	for i := range cs.CoOwners {
		owner(cs.CoOwners[i].Owner)
	}
	return people
}

func (w *world) do(ctx context.Context, who roster.PersonID, of *dispatch.Case, a dispatch.Act) error {
	w.Acts++
	stand := of.Report.Position
	l := sentRequest{who, of.ID, fmt.Sprint("q-", w.Acts), dispatch.Command{
		Act: a, Passed: w.calm || w.rng.IntN(3) > 0, Closing: "done", Outcome: dispatch.OutcomeFixed,
		Photos: []string{photoHash}, To: "city_leader", Note: "because", Position: &stand,
		Reason: dispatch.NotMyArea, Until: w.service().Add(time.Duration(1+w.rng.IntN(12*24)) * time.Hour),
	}}
	if a == dispatch.ActReroute || a == dispatch.ActArbitrate ||
		a == dispatch.ActDispatch && of.Stage == dispatch.Returned && w.rng.IntN(2) == 0 {
		l.cmd.Owner = &dispatch.Owner{Unit: w.model.Units[w.rng.IntN(len(w.model.Units))]}
	}
	// The other acts need no further arguments.
	//exhaustive:ignore
	switch a {
	case dispatch.ActMerge: // mostly into an earlier one
		l.cmd.Target = w.ids[w.rng.IntN(len(w.ids))]
	case dispatch.ActAttach: // mostly to the oldest, so that a mass event has several parts
		if l.cmd.Target = w.ids[0]; w.rng.IntN(3) == 0 {
			l.cmd.Target = w.ids[w.rng.IntN(len(w.ids))]
		}
	case dispatch.ActStart: // mostly the actor does it
		if w.rng.IntN(3) == 0 {
			l.cmd.Handler = w.colleague(of)
		}
	case dispatch.ActForceClose:
		l.cmd.Denied = !l.cmd.Passed && of.Request.Kind == dispatch.RequestForceClose
	case dispatch.ActHandOver:
		l.cmd.Handler = w.colleague(of)
	case dispatch.ActCompleteMilestone:
		var running []string
		for _, m := range of.Milestones {
			if of.UnderWay(&m) {
				running = append(running, m.ID)
			}
		}
		l.cmd.Milestone = running[w.rng.IntN(len(running))]
	case dispatch.ActReply:
		l.cmd.Satisfied = dispatch.Satisfaction(1 + w.rng.IntN(int(dispatch.MostlySatisfied)))
	case dispatch.ActExtend:
		switch w.rng.IntN(3) {
		case 0:
			l.cmd.Until = time.Time{} // the limit once more
		case 1:
			l.cmd.Until = of.Clock.Due.Add(time.Duration(1+w.rng.IntN(8)) * time.Hour)
		}
	case dispatch.ActReclassify:
		l.cmd.Category = catalog.Code(w.model.Categories[w.rng.IntN(len(w.model.Categories))])
	default:
	}
	fate := w.rng.IntN(12)
	if !w.calm && fate < 2 && len(w.late) < maxLate { // the request arrives days later, or twice
		if w.late = append(w.late, l); fate == 0 {
			return nil
		}
	}
	for range 1 + w.rng.IntN(2) { // occasionally the same request twice
		if err := w.send(ctx, l); err != nil {
			return err
		}
	}
	return nil
}

// colleague is a person of the owner who could do the work.
func (w *world) colleague(of *dispatch.Case) roster.PersonID {
	crew := w.model.Crew(of.Owner.Unit)
	if len(crew) == 0 {
		return ""
	}
	return roster.PersonID(crew[w.rng.IntN(len(crew))])
}
