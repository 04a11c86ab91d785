package sim

import (
	"slices"
	"time"

	"wangge/dispatch"
	"wangge/dispatch/desk/ledger"
	"wangge/storage"
)

// forgetsToSweep stores no sweep of a campaign, so that no open case follows before its next act.
func forgetsToSweep(b storage.Batch) storage.Batch {
	b.Ops = slices.DeleteFunc(b.Ops, func(op storage.Op) bool {
		_, ok := ledger.ParseSweep(op.Key)
		return ok && !op.Delete
	})
	return b
}

// stopsLater counts the limits an hour later than a campaign stopped.
func stopsLater(b storage.Batch) storage.Batch {
	return edit(b, func(e *dispatch.Event, cs *dispatch.Case) bool {
		if e.Kind != dispatch.EventLimitStarted {
			return false
		}
		e.Clock.Due, cs.Clock.Due = e.Clock.Due.Add(time.Hour), cs.Clock.Due.Add(time.Hour)
		return true
	})
}

// takesThePart lets the platform keep the duty that it has given on.
func takesThePart(b storage.Batch) storage.Batch {
	return edit(b, func(e *dispatch.Event, cs *dispatch.Case) bool {
		if e.Kind != dispatch.EventPartDispatched {
			return false
		}
		co := slices.Clone(e.CoOwners)
		for i := range co {
			if co[i].Unit == e.Party {
				co[i].Duty = co[len(co)-1].Duty
			}
		}
		e.CoOwners, cs.CoOwners = co, co
		return true
	})
}

// latePlatforms gives the platforms another hour to give on their parts.
func latePlatforms(b storage.Batch) storage.Batch {
	return edit(b, func(e *dispatch.Event, cs *dispatch.Case) bool {
		if e.Kind != dispatch.EventDispatched {
			return false
		}
		co := slices.Clone(e.CoOwners)
		for i := range co {
			if due := co[i].SecondDue; !due.IsZero() {
				co[i].SecondDue = due.Add(time.Hour)
			}
		}
		e.CoOwners, cs.CoOwners = co, co
		return true
	})
}
