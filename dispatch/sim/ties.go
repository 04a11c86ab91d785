package sim

import (
	"fmt"

	"wangge/dispatch"
	"wangge/dispatch/desk/ledger"
	"wangge/dispatch/desk/record"
	"wangge/dispatch/sim/rules"
	"wangge/storage"
)

// ties are the relations between cases, followed in the order of the commits: mass events, merged cases and reopened ones.
type ties struct {
	model *rules.City
	cases map[dispatch.CaseID]*tied
}

// tied is a case as far as others relate to it.
type tied struct {
	seq      uint64
	category string
	ended    bool
	given    bool            // dispatched, and neither returned, in dispute nor put off
	group    dispatch.CaseID // the main case of its mass event
	parts    map[dispatch.CaseID]bool
	into     dispatch.CaseID // merged into
	joined   map[dispatch.CaseID]bool
	reopened dispatch.CaseID // the case that took the matter up again
}

func newTies(model *rules.City) ties { return ties{model, map[dispatch.CaseID]*tied{}} }

func (t *ties) of(id dispatch.CaseID) *tied {
	cs := t.cases[id]
	if cs == nil {
		cs = &tied{parts: map[dispatch.CaseID]bool{}, joined: map[dispatch.CaseID]bool{}}
		t.cases[id] = cs
	}
	return cs
}

// observe applies a commit and returns the broken rule, if any. A closed case is reopened, and the case that takes it up
// refers to the closed one, in the same commit.
func (t *ties) observe(ops []storage.Op) error {
	again, from := map[dispatch.CaseID]dispatch.CaseID{}, map[dispatch.CaseID]dispatch.CaseID{}
	for _, op := range ops {
		id, events, err := eventsOf(op)
		if err != nil {
			return err
		}
		for i := range events {
			e := &events[i]
			if cs := t.of(id); e.Seq <= cs.seq { // the events of a report are written again with its first act
				continue
			}
			if err := t.apply(id, e); err != nil {
				return fmt.Errorf("case %s, event %d: %w", id, e.Seq, err)
			}
			switch {
			case e.Kind == dispatch.EventReopened:
				again[id] = e.Other
			case e.Kind == dispatch.EventReported && e.Other != 0:
				from[e.Other] = id
			}
		}
	}
	for id, is := range again {
		if from[id] != is {
			return fmt.Errorf("case %s is reopened as %s, which does not say so", id, is)
		}
	}
	if len(again) != len(from) {
		return fmt.Errorf("cases take up %v, of which %v say so", from, again)
	}
	return nil
}

// eventsOf decodes the events of a write: of a case that nobody has acted on yet, or of an act.
func eventsOf(op storage.Op) (dispatch.CaseID, []dispatch.Event, error) {
	id, ok := caseOf(op.Key)
	if !ok || op.Delete {
		return 0, nil, nil
	}
	if _, seq, _ := ledger.ParseEvent(op.Key); seq > 0 {
		events, err := record.DecodeEvents(op.Value)
		return id, events, err
	}
	is, err := record.DecodeCase(id, op.Value)
	return id, is.Filing, err
}

// apply applies an event of a case.
func (t *ties) apply(id dispatch.CaseID, e *dispatch.Event) error {
	cs := t.of(id)
	cs.seq = e.Seq
	// Other events relate to no other case.
	//exhaustive:ignore
	switch e.Kind {
	case dispatch.EventReported:
		cs.category = string(e.Report.Category)
	case dispatch.EventReclassified:
		cs.category = string(e.Category)
		return t.keepsUrgent(cs)
	case dispatch.EventAttached:
		return t.attach(id, cs, e.Other)
	case dispatch.EventDetached:
		delete(t.of(cs.group).parts, id)
		cs.group = 0
	case dispatch.EventMerged:
		return t.merge(id, cs, e)
	case dispatch.EventUnmerged:
		delete(t.of(cs.into).joined, id)
		cs.into, cs.ended = 0, false
	case dispatch.EventReopened:
		if cs.reopened != 0 {
			return fmt.Errorf("it is reopened as %s and was as %s", e.Other, cs.reopened)
		}
		cs.reopened = e.Other
	case dispatch.EventClosed:
		for part := range cs.parts {
			if !t.of(part).ended {
				return fmt.Errorf("a mass event is closed, and its part %s is open", part)
			}
		}
		if cs.ended = true; e.Outcome != dispatch.OutcomeFixed {
			return t.keepsUrgent(&tied{category: "", joined: cs.joined})
		}
	case dispatch.EventRejected, dispatch.EventVoided, dispatch.EventForceClosed, dispatch.EventSelfResolved:
		cs.ended = true
		return t.keepsUrgent(&tied{category: "", joined: cs.joined})
	case dispatch.EventDispatched, dispatch.EventSecondDispatched, dispatch.EventResumed:
		cs.given = true
	case dispatch.EventReturned, dispatch.EventReferred:
		cs.given = false
	case dispatch.EventSuspended:
		cs.given = false
		return t.keepsUrgent(&tied{category: "", joined: cs.joined})
	}
	return nil
}

// attach makes a case part of a mass event: of an open case that is itself part of none.
func (t *ties) attach(id dispatch.CaseID, cs *tied, to dispatch.CaseID) error {
	main := t.of(to)
	if to == id || main.group != 0 || main.ended {
		return fmt.Errorf("it becomes part of %s: part of %s itself, ended: %v", to, main.group, main.ended)
	}
	if cs.group != 0 {
		delete(t.of(cs.group).parts, id)
	}
	cs.group, main.parts[id] = to, true
	return nil
}

// merge ends a case in an open one. By hand it is one with an earlier number; a report may come when the service's clock
// has been set back. A matter of severity A never vanishes in one that is less urgent, nor in one on
// which nobody works; by hand it may, while nobody works on it either.
func (t *ties) merge(id dispatch.CaseID, cs *tied, e *dispatch.Event) error {
	to := e.Other
	main, filing := t.of(to), e.Seq == 2
	if to == id || to > id && !filing || main.ended || main.seq == 0 {
		return fmt.Errorf("it is merged into %s, ended: %v", to, main.ended)
	}
	if filing && t.model.Urgent(cs.category) && cs.category != main.category {
		return fmt.Errorf("urgent report %s is merged into %s of category %s by nobody", cs.category, to, main.category)
	}
	if t.model.Urgent(cs.category) && !t.model.Urgent(main.category) {
		return fmt.Errorf("urgent matter %s is merged into %s of category %s", cs.category, to, main.category)
	}
	if t.model.Urgent(cs.category) && !main.given && (filing || cs.given) {
		return fmt.Errorf("urgent matter %s is merged into %s, on which nobody works", cs.category, to)
	}
	cs.into, cs.ended, main.joined[id] = to, true, true
	return nil
}

// keepsUrgent fails if a matter of severity A that was merged into a case would lose its urgency or its work with the case.
func (t *ties) keepsUrgent(cs *tied) error {
	if t.model.Urgent(cs.category) {
		return nil
	}
	for id := range cs.joined {
		joined := t.of(id)
		if t.model.Urgent(joined.category) {
			return fmt.Errorf("urgent case %s was merged into it and is lost", id)
		}
		if err := t.keepsUrgent(&tied{joined: joined.joined}); err != nil {
			return err
		}
	}
	return nil
}
