package convert

import (
	"time"

	"wangge/api/wangge/v1"
	"wangge/dispatch"
	"wangge/dispatch/lifecycle"
)

// work adds what the process knows beside the lead owner's clock: offers, milestones, co-owners,
// requests and links.
func (v Viewer) work(out *wanggev1.Case, cs *dispatch.Case) {
	for _, o := range lifecycle.Offers(v.City, v.Person, cs, v.Now) {
		out.Offers = append(out.Offers, v.offer(o))
	}
	for _, m := range cs.Milestones {
		out.Milestones = append(out.Milestones, &wanggev1.Milestone{
			Id: m.ID, DisplayName: m.Name, After: m.After, Closing: m.Closing, Clock: v.clock(m.Clock), ReachTime: Stamp(m.Reached),
			ReachedBy: string(m.ReachedBy),
		})
	}
	for _, o := range cs.CoOwners {
		if o.Post != "" {
			out.CoOwnerWork = append(out.CoOwnerWork, &wanggev1.CoOwnerWork{
				Unit: o.Unit.String(), Duty: o.Duty, Clock: v.clock(o.Clock),
				DoneTime: Stamp(o.Done), DoneBy: string(o.DoneBy),
			})
		}
	}
	out.ResumeTime, out.Supervised = Stamp(cs.ResumeAt), cs.Unanswered
	out.Asked, out.AskedBy = wanggev1.ApprovalKind(cs.Request.Kind), string(cs.Request.By)
	out.Appeal, out.OverrunSeconds = wanggev1.AppealState(cs.Appeal), int64(cs.Late()/time.Second)
	out.Satisfaction = wanggev1.Satisfaction(cs.Satisfaction)
	out.MergedInto, out.Group, out.Reopens, out.ReopenedAs = Name(cs.MergedInto), Name(cs.Group), Name(cs.Reopens), Name(cs.ReopenedAs)
	out.ProposedDuplicateOf = Name(cs.Proposed)
	out.Judge, out.Extensions, out.LimitRule = cs.Arbiter.String(), int32(cs.Clock.Extended), cs.LimitRule
}

func (v Viewer) clock(k dispatch.Clock) *wanggev1.WorkClock {
	if k.Limit.N == 0 {
		return nil
	}
	return &wanggev1.WorkClock{
		Limit: k.Limit.String(), DueTime: Stamp(k.Due), Running: k.Running(),
		Overdue: k.Running() && v.Now.After(k.Due),
	}
}
