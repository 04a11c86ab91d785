package sim

import (
	"slices"

	"wangge/dispatch"
	"wangge/dispatch/city/roster"
	"wangge/dispatch/desk/ledger"
	"wangge/storage"
)

// deafToCoOwners tells nobody that a co-owner is late.
func deafToCoOwners(b storage.Batch) storage.Batch {
	return edit(b, func(e *dispatch.Event, cs *dispatch.Case) bool {
		if e.Kind != dispatch.EventEscalated || e.Party == (roster.Unit{}) {
			return false
		}
		e.Notified, e.NotifiedPosts, e.NotifiedAs = nil, nil, nil
		return true
	})
}

// partsOnPaper forgets that a case has left its mass event.
func partsOnPaper(b storage.Batch) storage.Batch {
	return edit(b, func(e *dispatch.Event, cs *dispatch.Case) bool {
		if e.Kind != dispatch.EventDetached {
			return false
		}
		cs.Group = e.Other
		return true
	})
}

// looseParts forgets which cases are part of a mass event, so that nothing keeps the main case from being closed.
func looseParts(b storage.Batch) storage.Batch {
	b.Ops = slices.DeleteFunc(b.Ops, func(op storage.Op) bool {
		l, ok := ledger.ParseLink(op.Key)
		return ok && l.Kind == ledger.LinkPart && !op.Delete
	})
	return b
}

// forgetsWorkers forgets who did some of the work when somebody else goes on with it.
func forgetsWorkers(b storage.Batch) storage.Batch {
	return edit(b, func(e *dispatch.Event, cs *dispatch.Case) bool {
		if e.Kind != dispatch.EventHandedOver || cs.FormerHandlers == nil {
			return false
		}
		cs.FormerHandlers = nil
		return true
	})
}

// reminds counts no reminder, so that the owner is reminded without end.
func reminds(b storage.Batch) storage.Batch {
	return edit(b, func(e *dispatch.Event, cs *dispatch.Case) bool {
		if e.Kind != dispatch.EventReminded {
			return false
		}
		cs.Reminders = 0
		return true
	})
}

// decidesAgain keeps an appeal open that was decided.
func decidesAgain() func(storage.Batch) storage.Batch {
	asked := map[dispatch.CaseID]dispatch.ApprovalRequest{}
	return func(b storage.Batch) storage.Batch {
		return edit(b, func(e *dispatch.Event, cs *dispatch.Case) bool {
			if cs.Request.Kind == dispatch.RequestAppeal {
				asked[cs.ID] = cs.Request
			}
			if e.Kind != dispatch.EventAppealDecided {
				return false
			}
			cs.Request, cs.Appeal = asked[cs.ID], dispatch.AppealFiled
			return true
		})
	}
}

// forgetsSuccessor closes the way from a closed case to the one that takes the matter up again.
func forgetsSuccessor(b storage.Batch) storage.Batch {
	return edit(b, func(e *dispatch.Event, cs *dispatch.Case) bool {
		if e.Kind != dispatch.EventReopened {
			return false
		}
		e.Other, cs.ReopenedAs = 0, 0
		return true
	})
}

// tellsStrangers tells a person of another department of each dispatch.
func tellsStrangers(b storage.Batch) storage.Batch {
	return edit(b, func(e *dispatch.Event, cs *dispatch.Case) bool {
		stranger := roster.Unit{Kind: roster.UnitDepartment, ID: "LIGHT"}
		with := func(o dispatch.CoOwner) bool { return o.Unit == stranger }
		if e.Kind != dispatch.EventDispatched || cs.Owner.Unit == stranger || slices.ContainsFunc(cs.CoOwners, with) {
			return false
		}
		e.Notified = append(slices.Clip(e.Notified), "LIGHT-second")
		e.NotifiedPosts = append(slices.Clip(e.NotifiedPosts), roster.PostAt(stranger, roster.Owner))
		e.NotifiedAs = append(slices.Clip(e.NotifiedAs), dispatch.AsOwner)
		return true
	})
}

// unheard forgets that a supervision waits for its answer.
func unheard(b storage.Batch) storage.Batch {
	return edit(b, func(e *dispatch.Event, cs *dispatch.Case) bool {
		if e.Kind != dispatch.EventSupervised {
			return false
		}
		cs.Unanswered = false
		return true
	})
}
