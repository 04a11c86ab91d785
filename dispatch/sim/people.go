package sim

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"wangge/dispatch"
	"wangge/dispatch/city/catalog"
	"wangge/dispatch/city/roster"
	"wangge/dispatch/desk/ledger"
	"wangge/dispatch/lifecycle"
	"wangge/grid"
)

// phone is an inspector's phone with the reports that could not be sent yet.
type phone struct {
	person roster.PersonID
	online time.Time // offline until then
	queue  []dispatch.Report
	n      int
}

// phone makes an inspector report something, or a phone send its backlog: late, twice, out of order.
func (w *world) phone(ctx context.Context) error {
	p := &w.phones[w.rng.IntN(len(w.phones))]
	if !w.calm && w.rng.IntN(6) == 0 {
		t := w.model
		p.n++
		r := dispatch.Report{
			ClientID: fmt.Sprintf("%s-%d", p.person, p.n), Source: dispatch.SourceInspector,
			Category: catalog.Code(t.categories[w.rng.IntN(len(t.categories))]),
			Position: grid.Position{
				Lat: t.north + t.width*(0.05+0.9*w.rng.Float64()), Lng: t.west + t.width*(0.05+0.9*w.rng.Float64()),
				Datum: grid.WGS84, AccuracyM: 5,
			},
			CapturedAt: w.now.Add(time.Duration(w.rng.IntN(300)-150) * time.Minute), // the phone's clock is wrong, too
		}
		if w.rng.IntN(3) == 0 {
			r.Source = dispatch.SourceHotline
		}
		w.sent[r.ClientID] = r
		p.queue = append(p.queue, r)
		w.Reports++
	}
	if w.now.Before(p.online) && !w.calm || len(p.queue) == 0 {
		return nil
	}
	i := w.rng.IntN(len(p.queue))
	r := p.queue[i]
	d, err := w.machine(ctx)
	if err != nil {
		return err
	}
	cs, created, err := d.File(ctx, p.person, r)
	if err != nil {
		if ok, err := w.survive(ctx, err); err != nil || ok {
			return err
		}
		return fmt.Errorf("report %s is refused: %w", r.ClientID, err)
	}
	w.note("%s reports %s: case %s, %s, new %v", p.person, r.ClientID, cs.ID, r.Category, created)
	if was, ok := w.acked[r.ClientID]; ok && was != cs.ID {
		return fmt.Errorf("report %s is case %s and case %s", r.ClientID, was, cs.ID)
	}
	if w.acked[r.ClientID] = cs.ID; w.open[cs.ID] == nil && w.ended[cs.ID] == nil && cs.Open() {
		w.begun(cs.ID, &history{})
	}
	if w.rng.IntN(5) != 0 { // otherwise the phone missed the answer and sends again
		p.queue = slices.Delete(p.queue, i, i+1)
	}
	return nil
}

// onward are the acts that bring a case to its end. Other acts are done occasionally, in the phase with faults.
var onward = []dispatch.Act{
	dispatch.ActVerify, dispatch.ActConfirm, dispatch.ActAccept, dispatch.ActDispatch,
	dispatch.ActAcknowledge, dispatch.ActStart, dispatch.ActResolve, dispatch.ActCheck, dispatch.ActClose,
	dispatch.ActArbitrate, dispatch.ActDecideExtension, dispatch.ActDecideSuspension, dispatch.ActAnswer,
}

// decisions are the acts that answer an approval request.
var decisions = []dispatch.Act{
	dispatch.ActConfirm, dispatch.ActArbitrate, dispatch.ActDecideExtension,
	dispatch.ActDecideSuspension, dispatch.ActAnswer,
}

// chatter are the acts that change neither stage nor clock.
var chatter = []dispatch.Act{dispatch.ActComment, dispatch.ActEscalate}

// detours are the acts that lead a case off the straight road to its end.
var detours = []dispatch.Act{
	dispatch.ActReject, dispatch.ActVoid, dispatch.ActReturn, dispatch.ActRefer, dispatch.ActReroute,
	dispatch.ActExtend, dispatch.ActSuspend, dispatch.ActResume,
	dispatch.ActSupervise, dispatch.ActForceClose, dispatch.ActMerge, dispatch.ActUnmerge, dispatch.ActReclassify,
}

// act makes one person act on a case, or everybody once the faults have stopped.
func (w *world) act(ctx context.Context) error {
	ids := w.ids
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
		cs, err := w.desk.Case(ctx, roster.PersonID(w.model.leader), id)
		if err != nil {
			if ok, err := w.survive(ctx, err); err != nil || ok {
				return err
			}
			return fmt.Errorf("case %s can't be read: %w", id, err)
		}
		people := []roster.PersonID{
			"boss", "acceptor", "acceptor-2", "dispatcher", "dispatcher-2", "checker", "checker-2", "duty_chief", "duty_chief-2",
		}
		if owner, ok := w.city.Roster.OnDuty(cs.Owner.Post, w.service()); ok {
			people = append(people, owner, owner)
		}
		w.rng.Shuffle(len(people), func(i, j int) { people[i], people[j] = people[j], people[i] })
		for _, who := range people {
			may := slices.DeleteFunc(lifecycle.Acts(w.city, who, cs, w.service()), func(a dispatch.Act) bool {
				return !slices.Contains(onward, a) && !(chatty && slices.Contains(chatter, a)) &&
					!(odd && slices.Contains(detours, a) && (a != dispatch.ActForceClose || force || cs.Request.Kind == dispatch.RequestForceClose))
			})
			if len(may) == 0 {
				continue
			}
			asked := slices.DeleteFunc(slices.Clone(may), func(a dispatch.Act) bool { return !slices.Contains(decisions, a) })
			if len(asked) > 0 && w.rng.IntN(4) > 0 {
				may = asked
			}
			if err := w.do(ctx, who, cs, may[w.rng.IntN(len(may))]); err != nil {
				return err
			}
			break
		}
	}
	return nil
}

// sentRequest is a request on its way to the service.
type sentRequest struct {
	who     roster.PersonID
	id      dispatch.CaseID
	request string
	cmd     dispatch.Command
}

// maxLate bounds the requests on their way.
const maxLate = 32

func (w *world) do(ctx context.Context, who roster.PersonID, of *dispatch.Case, a dispatch.Act) error {
	w.Acts++
	stand := of.Report.Position
	l := sentRequest{who, of.ID, fmt.Sprint("q-", w.Acts), dispatch.Command{
		Act: a, Passed: w.calm || w.rng.IntN(3) > 0, Closing: "done", Outcome: dispatch.OutcomeFixed,
		Photos: []string{"photo"}, To: "city_leader", Note: "because", Position: &stand,
		Reason: dispatch.NotMyArea, Until: w.service().Add(time.Duration(1+w.rng.IntN(12*24)) * time.Hour),
	}}
	if a == dispatch.ActReroute || a == dispatch.ActArbitrate ||
		a == dispatch.ActDispatch && of.Stage == dispatch.Returned && w.rng.IntN(2) == 0 {
		l.cmd.Owner = &dispatch.Owner{Unit: w.model.units[w.rng.IntN(len(w.model.units))]}
	}
	// The other acts need no further arguments.
	//exhaustive:ignore
	switch a {
	case dispatch.ActMerge: // mostly into an earlier one
		l.cmd.Target = w.ids[w.rng.IntN(len(w.ids))]
	case dispatch.ActExtend:
		if w.rng.IntN(2) == 0 {
			l.cmd.Until = time.Time{} // the limit once more
		}
	case dispatch.ActReclassify:
		l.cmd.Category = catalog.Code(w.model.categories[w.rng.IntN(len(w.model.categories))])
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

// deliverLate delivers late requests in any order.
func (w *world) deliverLate(ctx context.Context) error {
	if len(w.late) == 0 || !w.calm && w.rng.IntN(12) != 0 {
		return nil
	}
	i := w.rng.IntN(len(w.late))
	l := w.late[i]
	w.late = slices.Delete(w.late, i, i+1)
	return w.send(ctx, l)
}

// send passes a request to the service. A request that was answered before must change nothing when it arrives again.
func (w *world) send(ctx context.Context, l sentRequest) error {
	leader := roster.PersonID(w.model.leader)
	var before *dispatch.Case
	d, err := w.machine(ctx)
	if err == nil && w.done[l.request] {
		before, err = d.Case(ctx, leader, l.id)
	}
	var cs *dispatch.Case
	if err == nil {
		cs, err = d.Act(ctx, l.who, l.id, 0, l.request, l.cmd)
	}
	var refused *dispatch.RefusedError
	var denied *dispatch.NotAllowedError
	switch {
	case err == nil && before != nil && cs.Seq != before.Seq:
		return fmt.Errorf("%s by %s on %s, request %s, is carried out twice", l.cmd.Act, l.who, l.id, l.request)
	case err == nil:
		w.done[l.request] = true
		w.note("%s by %s on %s: %s", l.cmd.Act, l.who, l.id, cs.Stage)
	case before == nil && (errors.As(err, &refused) || errors.As(err, &denied) || errors.Is(err, ledger.ErrNoCase)):
		// The actor has lost the post meanwhile.
		w.note("%s by %s on %s is refused: %v", l.cmd.Act, l.who, l.id, err)
	default:
		if ok, err := w.survive(ctx, err); err != nil || ok {
			return err
		}
		return fmt.Errorf("%s by %s on %s, request %s: %w", l.cmd.Act, l.who, l.id, l.request, err)
	}
	return nil
}
