package caseview

import (
	"cmp"
	"strings"

	wanggev1 "wangge/api/wangge/v1"
	"wangge/cmd/wangge/client/remote"
	"wangge/dispatch/city/roster"

	"google.golang.org/protobuf/types/known/timestamppb"
)

// Clocks are the clocks of a case beside the owner's, one a line: the receipt, the limit of the second dispatch by a platform (二次派遣),
// the parts of co-owners, the milestones.
func (w Words) Clocks(r Record, d *wanggev1.ExplainDeadlineResponse) (out []string) {
	label := func(en, zh string, values ...string) {
		for _, v := range values {
			if v != "" {
				out = append(out, w.In(en, zh)+w.In(": ", "：")+v)
			}
		}
	}
	label("receipt", "签收", w.receipt(r, d.GetReceipt()))
	for _, s := range d.GetSecondDispatches() {
		if s.GetDuty() == "" { // the parts of co-owners say so themselves
			label("second dispatch", "二次派遣", joined(w.In(", ", "，"), w.platform(s.GetPlatformDisplayName(), s.GetPlatform()), w.second(s.GetDueTime(), s.GetMissed())))
		}
	}
	label("co-owner", "协办", w.coOwners(r)...)
	label("milestone", "节点", w.milestones(r.Case)...)
	return out
}

// second is until when a platform gives on what was given to the platform; "" for no limit.
func (w Words) second(due *timestamppb.Timestamp, missed bool) string {
	switch at := w.Minute(due); {
	case at == "":
		return ""
	case missed:
		return w.In("give it on by %s, which is past", "二次派遣截止 %s，已逾期", at)
	default:
		return w.In("give it on by %s", "二次派遣截止 %s", at)
	}
}

// coOwners are the parts of co-owners, each with its clock and its receipt.
func (w Words) coOwners(r Record) []string {
	c := r.Case
	on := map[string]*wanggev1.Owner{}
	for _, o := range c.GetCoOwners() {
		on[o.GetUnit()] = o
	}
	var co []string
	for _, o := range c.GetCoOwnerWork() {
		duty := cmp.Or(o.GetDuty(), w.In("for information", "知会"))
		state := ""
		switch {
		case o.GetCompleteTime() != nil:
			state = w.In("done %s by %s", "%s 由 %s 完成", w.Minute(o.GetCompleteTime()), w.person(o.GetCompletedByDisplayName(), o.GetCompletedBy()))
		case o.GetClock() != nil:
			state = w.clock(o.GetClock())
		default:
			duty = w.In("for information", "知会")
		}
		if o.GetCompleteTime() == nil {
			state = joined(w.In(", ", "，"), state, w.second(o.GetSecondDispatchDueTime(), o.GetSecondDispatchMissed()))
		}
		if by := cmp.Or(o.GetFromPlatformDisplayName(), remote.UnitID(o.GetFromPlatform())); by != "" {
			duty = w.In("%[1]s (by the platform of %[2]s)", "%[1]s（%[2]s平台二次派遣）", duty, by)
		}
		receipt := w.receipt(r, o.GetReceipt())
		co = append(co, cmp.Or(w.owner(on[o.GetUnit()]), remote.UnitID(o.GetUnit()))+joined(w.In("; ", "；"),
			joined(w.In(", ", "，"), w.In(": ", "：")+duty, state), prefixed(w.In("receipt %s", "%s", receipt), receipt)))
	}
	return co
}

// milestones are the milestones of a case, each with its clock.
func (w Words) milestones(c *wanggev1.Case) []string {
	var milestones []string
	for _, m := range c.GetMilestones() {
		state := w.clock(m.GetClock())
		if m.GetCompleteTime() != nil {
			state = w.In("reached %s by %s", "%s 由 %s 完成", w.Minute(m.GetCompleteTime()), w.person(m.GetCompletedByDisplayName(), m.GetCompletedBy()))
		}
		what := cmp.Or(m.GetDisplayName(), m.GetId())
		who := unit(m.GetUnitDisplayName(), m.GetUnit())
		if named, _, ok := strings.Cut(remote.PostID(m.GetPost()), "@"); ok { // not the owner's
			who = joined(" ", who, role(roster.Role(named)).In(w.Lang))
		}
		what = joined(" ", what, who)
		if m.GetId() != "" && m.GetCompleteTime() == nil {
			what = w.In("%[1]s (%[2]s)", "%[1]s（%[2]s）", what, m.GetId())
		}
		milestones = append(milestones, what+w.In(": ", "：")+state)
	}
	return milestones
}

// clock is a clock beside the owner's: its limit, its deadline, and whether it is late.
func (w Words) clock(k *wanggev1.WorkClock) string {
	if k.GetDueTime() == nil {
		return w.In("not begun", "未开始")
	}
	late := ""
	if k.GetOverdue() {
		late = w.In("overdue", "已超时")
	}
	return joined(w.In(", ", "，"), w.limit(k.GetLimit()), w.In("due %s", "截止 %s", w.Minute(k.GetDueTime())), late)
}
