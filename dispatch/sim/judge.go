package sim

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"sync"
	"time"

	"wangge/dispatch"
	"wangge/dispatch/city/roster"
	"wangge/dispatch/desk/fsck"
	"wangge/dispatch/desk/ledger"
	"wangge/dispatch/desk/record"
	"wangge/dispatch/sim/rules"
	"wangge/storage"
)

// taking guards the record of received messages: several goroutines deliver.
var taking sync.Mutex

// mailbox records a message: lost on its way, or received although the sender gets an error.
func (w *world) mailbox(id string, at time.Time, lost, denied bool) {
	taking.Lock()
	defer taking.Unlock()
	if w.model.Quiet(at) {
		w.night = append(w.night, id)
	}
	if lost {
		return
	}
	w.received[id]++
	if w.Notices++; denied {
		w.refused++
	}
}

func (w *world) revision(ctx context.Context) (storage.Revision, error) {
	snap, err := w.base.Snapshot(ctx)
	if err != nil {
		return 0, err
	}
	defer snap.Close()
	return snap.Revision(), nil
}

// checkOrder fails unless the scheduler's writes since a revision fired the oldest due case first.
func (w *world) checkOrder(ctx context.Context, since storage.Revision) error {
	head, err := w.revision(ctx)
	if err != nil || head == since {
		return err
	}
	var last time.Time
	for c, err := range w.base.Watch(ctx, since) {
		if err != nil {
			return err
		}
		for _, op := range c.Batch.Ops {
			if ledger.KindOf(op.Key) != ledger.KindEvents || op.Delete {
				continue
			}
			events, err := record.DecodeEvents(op.Value)
			if err != nil {
				return err
			}
			// An act first fires what is due on its own case.
			act := slices.ContainsFunc(events, func(e dispatch.Event) bool { return e.Actor != "" })
			if e := events[0]; !act && e.Campaign.ID == "" { // nor is a case that follows a campaign due
				due := e.At.Add(-e.Late)
				if due.Before(last) {
					return fmt.Errorf("the scheduler fires what was due at %s after what was due at %s", due, last)
				}
				last = due
			}
		}
		if c.Revision >= head {
			break
		}
	}
	return nil
}

// checkCases compares every changed open case with the rules, and every quarter the store with itself.
func (w *world) checkCases(ctx context.Context) error {
	if w.store.Crashed() {
		return nil
	}
	if err := w.markCommitted(ctx); err != nil {
		return err
	}
	if err := w.checkAppendOnly(ctx); err != nil { // before its consequences are seen
		return err
	}
	leader := roster.PersonID(w.model.Leader)
	if err := w.followEnded(ctx, leader); err != nil {
		return err
	}
	for _, id := range w.ids {
		h := w.open[id]
		if h.Seq == 0 || w.touched[id] {
			if err := w.follow(ctx, leader, id, h); err != nil {
				return err
			}
		}
		if err := cmp.Or(h.Overlooked(w.service()), h.Unswept(w.model)); err != nil {
			return fmt.Errorf("case %s: %w", id, err)
		}
		if h.Ended {
			w.ceased(id, h)
		}
	}
	w.ids = slices.DeleteFunc(w.ids, func(id dispatch.CaseID) bool { return w.open[id] == nil })
	clear(w.touched)
	for _, id := range w.night {
		if w.alarms[id] {
			return fmt.Errorf("notice %s is sent in the quiet hours", id)
		}
	}
	w.night = w.night[:0]
	if err := w.checkTimers(ctx); err != nil {
		return err
	}
	if err := w.checkQueues(ctx, leader); err != nil {
		return err
	}
	if w.now.Day() == 1 && w.now.Month()%3 == 1 && w.now.Hour() == 12 { // changed cases are checked daily, the whole store quarterly
		return w.checkStore(ctx)
	}
	return nil
}

// markCommitted marks the cases of batches that have appeared in the store since the last check. They include cases
// of a commit whose result was uncertain.
func (w *world) markCommitted(ctx context.Context) error {
	head, err := w.revision(ctx)
	if err != nil || head == w.fed {
		return err
	}
	for c, err := range w.base.Watch(ctx, w.fed) {
		if err != nil {
			return err
		}
		for _, op := range c.Batch.Ops {
			id, ok := caseOf(op.Key)
			if !ok {
				continue
			}
			if w.touched[id] = true; w.open[id] == nil && w.ended[id] == nil { // the sender of the report has no answer yet
				w.begun(id, &rules.History{})
			}
		}
		if c.Revision >= head {
			break
		}
	}
	return nil
}

// maxLately bounds the cases that have ended a short while ago.
const maxLately = 40

// ceased moves a case that has ended to the others.
func (w *world) ceased(id dispatch.CaseID, h *rules.History) {
	delete(w.open, id)
	w.ended[id] = h
	w.noteAppeal(id, h)
	if main := h.PartOf(); main != 0 {
		w.closedParts[main] = true
	}
	// Nobody acts on the other cases any more, but for remarks.
	//exhaustive:ignore
	switch h.Stage {
	case dispatch.Merged:
		at, _ := slices.BinarySearch(w.merged, id)
		w.merged = slices.Insert(w.merged, at, id)
	case dispatch.Closed, dispatch.Rejected:
		w.lately = append(w.lately, id)
		w.lately = w.lately[max(0, len(w.lately)-maxLately):]
	}
}

// followEnded feeds new events of cases that had ended to their histories: of a merged one that is unmerged, of a closed
// one that is appealed or reopened.
func (w *world) followEnded(ctx context.Context, leader roster.PersonID) error {
	for _, id := range slices.Sorted(maps.Keys(w.touched)) {
		h := w.ended[id]
		if h == nil {
			continue
		}
		if err := w.follow(ctx, leader, id, h); err != nil {
			return err
		}
		if !h.Ended {
			delete(w.ended, id)
			w.begun(id, h)
		} else if main := h.PartOf(); main != 0 { // it was open again, and has been closed since the last check
			w.closedParts[main] = true
		}
		w.noteAppeal(id, h)
	}
	w.merged = slices.DeleteFunc(w.merged, func(id dispatch.CaseID) bool { return w.ended[id] == nil })
	return nil
}

// noteAppeal notes whether a closed case waits for the decision on its appeal.
func (w *world) noteAppeal(id dispatch.CaseID, h *rules.History) {
	at, waits := slices.BinarySearch(w.appealed, id)
	switch is := h.Appealing(); {
	case is && !waits:
		w.appealed = slices.Insert(w.appealed, at, id)
	case !is && waits:
		w.appealed = slices.Delete(w.appealed, at, at+1)
	}
}

// begun adds an open case.
func (w *world) begun(id dispatch.CaseID, h *rules.History) {
	w.open[id] = h
	at, _ := slices.BinarySearch(w.ids, id)
	w.ids = slices.Insert(w.ids, at, id)
}

// caseOf returns the case of a key of a case or event; false for other keys.
func caseOf(key []byte) (dispatch.CaseID, bool) {
	if ledger.KindOf(key) == ledger.KindCase {
		return ledger.TailID(key), true
	}
	id, _, ok := ledger.ParseEvent(key)
	return id, ok
}

// checkAppendOnly fails unless each event is written exactly once, in order, under the revision active at the time,
// migration events excepted.
func (w *world) checkAppendOnly(ctx context.Context) error {
	head, err := w.revision(ctx)
	if err != nil || head == w.fed {
		return err
	}
	for c, err := range w.base.Watch(ctx, w.fed) {
		if err != nil {
			return err
		}
		if err := w.ties.observe(c.Batch.Ops); err != nil {
			return err
		}
		for _, op := range c.Batch.Ops {
			if bytes.Equal(op.Key, ledger.HeadKey) {
				head, err := record.DecodeHead(op.Value)
				if err != nil {
					return err
				}
				w.active = head.Base
			}
			if err := w.noteCampaign(op); err != nil {
				return err
			}
			if err := w.checkActiveRevision(op); err != nil {
				return err
			}
			id, seq, ok := ledger.ParseEvent(op.Key)
			if !ok {
				continue
			}
			if op.Delete || seq <= w.written[id] {
				return fmt.Errorf("event %d of case %s is written again", seq, id)
			}
			w.written[id] = seq
		}
		if c.Revision >= head {
			break
		}
	}
	w.fed = head
	return nil
}

// checkActiveRevision fails unless a write was decided by the active revision, migration events excepted. The events
// of a report are part of the stored case until the first act; then they are written again.
func (w *world) checkActiveRevision(op storage.Op) error {
	id, ok := caseOf(op.Key)
	if !ok || op.Delete {
		return nil
	}
	var events []dispatch.Event
	switch _, seq, _ := ledger.ParseEvent(op.Key); {
	case seq == 0: // the case itself
		is, err := record.DecodeCase(id, op.Value)
		if err != nil {
			return err
		}
		events = is.Filing
	case seq > 1:
		var err error
		if events, err = record.DecodeEvents(op.Value); err != nil {
			return err
		}
	}
	for i := range events {
		if base, _, _ := strings.Cut(events[i].Revision, "+"); base != w.active && events[i].Kind != dispatch.EventRevised {
			return fmt.Errorf("event %d of case %s is decided by %s, while %s is active: a stale revision decides", events[i].Seq, id, base, w.active)
		}
	}
	return nil
}

// follow feeds new events of a case to its history.
func (w *world) follow(ctx context.Context, leader roster.PersonID, id dispatch.CaseID, h *rules.History) error {
	events, err := w.desk.Events(ctx, leader, id, h.Seq, 0)
	if err != nil {
		return fmt.Errorf("events of %s: %w", id, err)
	}
	held := len(h.Held)
	for i := range events {
		if err := h.Observe(w.model, id.String(), &events[i]); err != nil {
			return fmt.Errorf("case %s: %w", id, err)
		}
	}
	for _, alarm := range h.Held[held:] {
		w.alarms[alarm] = true
	}
	return nil
}

// checkTimers fails unless each open case has one timer, at the instant that its last event names, and an ended case
// has none.
func (w *world) checkTimers(ctx context.Context) error {
	snap, err := w.base.Snapshot(ctx)
	if err != nil {
		return err
	}
	defer snap.Close()
	timers := map[dispatch.CaseID]int{}
	for it, err := range snap.Scan(storage.Prefix(ledger.TimerPrefix)) {
		if err != nil {
			return err
		}
		due, id, _ := ledger.ParseTimer(it.Key)
		timers[id]++
		h := w.open[id]
		switch {
		case w.ended[id] != nil && w.ended[id].Appealing() && due > math.MaxInt64: // it waits for a person, not for an instant
		case w.ended[id] != nil:
			return fmt.Errorf("case %s has ended and has a timer", id)
		case h == nil: // not known to the model yet
		case timers[id] > 1:
			return fmt.Errorf("case %s has two timers", id)
		case h.Next.IsZero() != (due > math.MaxInt64), !h.Next.IsZero() && uint64(h.Next.UnixNano()) != due:
			return fmt.Errorf("the timer of case %s is not at %s", id, h.Next)
		}
	}
	for id := range w.open {
		if timers[id] == 0 {
			return fmt.Errorf("open case %s has no timer", id)
		}
	}
	return nil
}

// checkStore runs fsck.
func (w *world) checkStore(ctx context.Context) error {
	r, err := fsck.Check(ctx, w.base, w.desk.City(), fsck.CheckOptions{})
	if err != nil {
		return err
	}
	if !r.Whole() {
		return fmt.Errorf("the store is not whole: %s: %s", r.Findings[0].Kind, r.Findings[0].What.En)
	}
	return nil
}
