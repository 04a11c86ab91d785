package caseview

import (
	"cmp"
	"strings"

	wanggev1 "wangge/api/wangge/v1"
	"wangge/cmd/wangge/client/remote"
	"wangge/dispatch/city/roster"
	"wangge/dispatch/i18n"

	"google.golang.org/protobuf/types/known/timestamppb"
)

// awaited says what a case waits for and from whom, one entry for each; nothing for a case that has ended. Of a case in the basic view, and
// of a server that does not tell its waits, only the stage is told.
func (w Words) awaited(c *wanggev1.Case) (out []string) {
	for _, wait := range c.GetWaits() {
		out = append(out, w.wait(c, wait))
	}
	if out != nil {
		return out
	}
	if first := w.Awaited(c); first != "" {
		out = append(out, first)
	}
	if asked := w.requested(c.GetRequested()); asked != "" {
		out = append(out, w.In("a decision on %s", "审批%s", asked))
	}
	if c.GetSupervised() {
		out = append(out, w.In("an answer to the supervision, from %s", "%s 回复督办", cmp.Or(w.owner(c.GetOwner()), role(roster.DutyChief).In(w.Lang))))
	}
	return out
}

// wait is one thing for which a case waits, from whom and until when: "供水公司 责任人（刘洋）：处置，截止 2026-03-04 17:00".
func (w Words) wait(c *wanggev1.Case, of *wanggev1.Wait) string {
	who := unit(of.GetUnitDisplayName(), of.GetUnit())
	if named, _, ok := strings.Cut(remote.PostID(of.GetPost()), "@"); ok {
		who = joined(" ", who, role(roster.Role(named)).In(w.Lang))
	}
	var people []string
	for i, id := range of.GetPeople() {
		name := ""
		if names := of.GetPeopleDisplayNames(); i < len(names) {
			name = names[i]
		}
		people = append(people, w.person(name, id))
	}
	on := strings.Join(people, w.In(", ", "、"))
	if on == "" {
		on = w.In("nobody on duty", "无人值班")
	}
	what, due := of.GetDisplayName(), c.GetDueTime()
	//exhaustive:ignore
	switch of.GetKind() {
	case wanggev1.WaitKind_WAIT_KIND_DECISION:
		due = nil
		if asked := w.requested(c.GetRequested()); asked != "" {
			what = w.In("a decision on %s", "审批%s申请", asked)
		}
	case wanggev1.WaitKind_WAIT_KIND_ANSWER:
		due = nil
	case wanggev1.WaitKind_WAIT_KIND_DISPATCH:
		if chain := c.GetChain(); atPlatform(c) && len(chain) > 0 && chain[len(chain)-1].GetDueTime() != nil {
			due = chain[len(chain)-1].GetDueTime()
		}
	case wanggev1.WaitKind_WAIT_KIND_DUTY, wanggev1.WaitKind_WAIT_KIND_PART_DISPATCH:
		what, due = w.part(c, of)
	}
	return joined(w.In(", ", "，"), w.In("%s (%s): %s", "%s（%s）：%s", who, on, what), prefixed(w.In("due %s", "截止 %s", w.Minute(due)), w.Minute(due)))
}

// part is the open part of another unit than the owner, with its deadline: the duty of a co-owner, or a milestone of the inspector who
// was sent to the place.
func (w Words) part(c *wanggev1.Case, of *wanggev1.Wait) (what string, due *timestamppb.Timestamp) {
	what, due = of.GetDisplayName(), of.GetDueTime()
	for _, m := range c.GetMilestones() {
		if of.GetMilestone() != "" && m.GetId() == of.GetMilestone() {
			return what, cmp.Or(due, m.GetClock().GetDueTime())
		}
	}
	for _, o := range c.GetCoOwnerWork() {
		if of.GetMilestone() == "" && o.GetUnit() == of.GetUnit() && o.GetCompleteTime() == nil && o.GetClock() != nil {
			return joined(w.In(", ", "，"), what, o.GetDuty()), cmp.Or(due, o.GetClock().GetDueTime())
		}
	}
	return what, due
}

// own are the waits for the person under whose scope a case is listed.
func own(c *wanggev1.Case) []*wanggev1.Wait {
	n := 0
	for n < len(c.GetWaits()) && c.GetWaits()[n].GetOfScope() {
		n++
	}
	return c.GetWaits()[:n]
}

// dueFor is the deadline of a case in a list: under the scope of a person the earliest of the waits for the person, else the owner's.
func dueFor(c *wanggev1.Case) (due *timestamppb.Timestamp) {
	for _, wait := range own(c) {
		if at := wait.GetDueTime(); at != nil && (due == nil || at.AsTime().Before(due.AsTime())) {
			due = at
		}
	}
	return cmp.Or(due, c.GetDueTime())
}

// Awaited says what the stage of a case waits for and from whom; "" for a case that has ended.
func (w Words) Awaited(c *wanggev1.Case) string {
	office := func(r roster.Role, en, zh string) string { return w.In(en, zh, role(r)) }
	owner := c.GetOwner()
	works := cmp.Or(w.person(c.GetHandlerDisplayName(), c.GetHandler()), w.person(owner.GetPersonDisplayName(), owner.GetPerson()),
		unit(owner.GetUnitDisplayName(), owner.GetUnit()))
	switch c.GetStage() {
	case wanggev1.Stage_STAGE_REPORTED:
		return office(roster.Acceptor, "%s to accept", "%s受理")
	case wanggev1.Stage_STAGE_VERIFYING:
		return office(roster.Inspector, "%s to verify", "%s现场核实")
	case wanggev1.Stage_STAGE_ACCEPTED:
		return office(roster.Acceptor, "%s to file", "%s立案")
	case wanggev1.Stage_STAGE_FILED:
		return office(roster.Dispatcher, "%s to dispatch", "%s派遣")
	case wanggev1.Stage_STAGE_RETURNED:
		return office(roster.Dispatcher, "%s to dispatch again", "%s重新派遣")
	case wanggev1.Stage_STAGE_DISPATCHED:
		if atPlatform(c) {
			at := joined(" ", w.platform(owner.GetUnitDisplayName(), owner.GetUnit()), w.person(owner.GetPersonDisplayName(), owner.GetPerson()))
			return w.In("%s to dispatch again", "%s 二次派遣", at)
		}
		return w.In("%s to start", "%s 开始处置", works)
	case wanggev1.Stage_STAGE_HANDLING:
		return w.In("%s to report the work done", "%s 处置反馈", works)
	case wanggev1.Stage_STAGE_CHECKING:
		if c.GetCheckedBy() != "" {
			return office(roster.Acceptor, "%s to close", "%s结案")
		}
		return office(roster.Checker, "%s to check", "%s核查")
	case wanggev1.Stage_STAGE_ARBITRATION:
		return w.In("%s to rule", "%s裁定", cmp.Or(unit(c.GetArbiterDisplayName(), c.GetArbiter()), w.In("the arbiter", "裁定单位")))
	case wanggev1.Stage_STAGE_SUSPENDED:
		if until := w.Minute(c.GetResumeTime()); until != "" {
			return w.In("the work goes on %s", "%s 恢复处置", until)
		}
		return w.In("the work to go on", "恢复处置")
	case wanggev1.Stage_STAGE_UNSPECIFIED, wanggev1.Stage_STAGE_CLOSED, wanggev1.Stage_STAGE_REJECTED, wanggev1.Stage_STAGE_VOIDED,
		wanggev1.Stage_STAGE_MERGED, wanggev1.Stage_STAGE_SELF_RESOLVED:
	}
	return ""
}

// atPlatform reports whether a case waits for the second dispatch by the platform that owns the case.
func atPlatform(c *wanggev1.Case) bool {
	o := c.GetOwner()
	named, _, _ := strings.Cut(remote.PostID(o.GetPost()), "@")
	return c.GetStage() == wanggev1.Stage_STAGE_DISPATCHED &&
		strings.HasPrefix(o.GetUnit(), "areas/") && roster.Role(named) == roster.Dispatcher
}

// role is a role in words.
func role(r roster.Role) i18n.Text {
	t := r.Text()
	t.En = strings.ReplaceAll(t.En, "_", " ")
	return t
}
