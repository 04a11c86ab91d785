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
	"wangge/dispatch/routing"
	"wangge/dispatch/sim/rules"
	"wangge/grid"
)

// phone is an inspector's phone with the reports that could not be sent yet.
type phone struct {
	person roster.PersonID
	area   grid.AreaID // of the inspector
	online time.Time   // offline until then
	queue  []dispatch.Report
	n      int
}

// photoHash is the hash of every photo.
const photoHash = "2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae"

// phone makes an inspector report something, or a phone send its backlog: late, twice, out of order.
func (w *world) phone(ctx context.Context) error {
	p := &w.phones[w.rng.IntN(len(w.phones))]
	if !w.calm && w.rng.IntN(6) == 0 {
		t := w.model
		p.n++
		r := dispatch.Report{
			ClientID: fmt.Sprintf("%s-%d", p.person, p.n), Source: dispatch.SourceInspector,
			Category: catalog.Code(t.Categories[w.rng.IntN(len(t.Categories))]),
			Position: grid.Position{
				Lat: t.North + t.Width*(0.05+0.9*w.rng.Float64()), Lng: t.West + t.Width*(0.05+0.9*w.rng.Float64()),
				Datum: grid.WGS84, AccuracyM: 5,
			},
			CapturedAt: w.now.Add(time.Duration(w.rng.IntN(300)-150) * time.Minute), // the phone's clock is wrong, too
		}
		switch w.rng.IntN(6) {
		case 0, 1:
			r.Source = dispatch.SourceHotline
		case 2: // with a photo from before, and often put right at once
			r.PhotoHashes = []string{photoHash}
			if place, err := routing.PlaceOf(w.city, r.Position); err != nil {
				return err
			} else if t.SelfResolves(string(r.Category)) && slices.Contains(place.Areas, p.area) && w.rng.IntN(2) == 0 {
				r.AfterPhotos = []string{photoHash}
			}
		case 3: // a matter that the inspector takes for one that is known
			if len(w.ids) > 0 {
				r.Joins = w.ids[w.rng.IntN(len(w.ids))]
			}
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
	if created {
		w.Did[dispatch.ActFile]++
	}
	w.note("%s reports %s: case %s, %s, new %v", p.person, r.ClientID, cs.ID, r.Category, created)
	if was, ok := w.acked[r.ClientID]; ok && was != cs.ID {
		return fmt.Errorf("report %s is case %s and case %s", r.ClientID, was, cs.ID)
	}
	if w.acked[r.ClientID] = cs.ID; w.open[cs.ID] == nil && w.ended[cs.ID] == nil && cs.Open() {
		w.begun(cs.ID, &rules.History{})
	}
	if w.rng.IntN(5) != 0 { // otherwise the phone missed the answer and sends again
		p.queue = slices.Delete(p.queue, i, i+1)
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
	leader := roster.PersonID(w.model.Leader)
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
		if !w.done[l.request] {
			w.Did[l.cmd.Act]++
			if slices.Contains(asks, l.cmd.Act) && !slices.Contains(w.asking, l.id) {
				w.asking = append(w.asking, l.id)
				w.asking = w.asking[max(0, len(w.asking)-maxAsking):]
			}
		}
		w.done[l.request] = true
		if id := cs.ReopenedAs; id != 0 && w.open[id] == nil && w.ended[id] == nil {
			w.begun(id, &rules.History{})
		}
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
