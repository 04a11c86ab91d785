package rpc

import (
	"strings"
	"testing"

	"google.golang.org/grpc/codes"

	wanggev1 "wangge/api/wangge/v1"
	"wangge/dispatch/city/citytest"
	"wangge/dispatch/city/roster"
)

// flood is a flooded road in W: WATER has the case, and the platform of W the part 疏导交通.
func (w platformWorld) flood(id string) *wanggev1.Case {
	w.t.Helper()
	name := w.order(id, citytest.Acceptor, citytest.Flooding, citytest.InW1A).GetName()
	w.does(citytest.Acceptor, name, "", actAccept)
	return w.does(citytest.Dispatcher, name, "", actDispatch)
}

// parts prints the co-owners of a case: "西区 知会", "GREEN-W 疏导交通 自西区".
func (w platformWorld) parts(name string) string {
	w.t.Helper()
	var out []string
	for _, o := range w.get(name).GetCoOwnerWork() {
		line := o.GetUnit() + " " + o.GetDuty()
		if by := o.GetFromPlatformDisplayName(); by != "" {
			line += " 由" + by + "平台"
		}
		if o.GetCompleteTime() != nil {
			line += " 完成"
		}
		out = append(out, strings.TrimSpace(line))
	}
	return strings.Join(out, "；")
}

func (w platformWorld) hasParts(name, want string) {
	w.t.Helper()
	if got := w.parts(name); got != want {
		w.t.Errorf("the parts are %q, want %q", got, want)
	}
}

var actPartDone = &wanggev1.CaseAct{Act: &wanggev1.CaseAct_Assist{Assist: &wanggev1.AssistAct{PhotoHashes: []string{photo}}}}

// A platform that is a co-owner gives its part on to a squad of its area, on the clock of the duty; the squad reports it done.
func TestPlatforms_CoOwnerGivesItsPartOn(t *testing.T) {
	t.Parallel()
	w := newPlatformWorld(t)
	cs := w.flood("P1")
	name := cs.GetName()
	w.hasParts(name, "areas/W 疏导交通")
	due := w.clock(cs.GetCoOwnerWork()[0].GetClock().GetDueTime())
	w.refused(citytest.DispatcherE, name, actDispatch, codes.NotFound)
	w.refused(citytest.DispatcherW, name, dispatchTo("departments/WATER"), codes.FailedPrecondition, "西区", "请选择本区域的单位")
	w.refused(citytest.DispatcherW, name, dispatchTo("departments/SQUAD-W"), codes.FailedPrecondition, "须填写理由")
	w.refused(citytest.Dispatcher, name, actDispatch, codes.FailedPrecondition)
	w.at("2026-04-08 09:20")
	cs = w.does(citytest.DispatcherW, name, "绿化队就近疏导", dispatchTo("departments/SQUAD-W"))
	w.hasParts(name, "areas/W；departments/SQUAD-W 疏导交通 由西区平台")
	if o := cs.GetCoOwnerWork()[1]; w.clock(o.GetClock().GetDueTime()) != due || o.GetReceipt() != nil && o.GetReceipt().GetAcknowledgeTime() != nil {
		t.Errorf("the part is due %s, want %s; receipt %v", w.clock(o.GetClock().GetDueTime()), due, o.GetReceipt())
	}
	if cs.GetOwner().GetUnit() != "departments/WATER" || w.waitsFor(cs, wanggev1.WaitKind_WAIT_KIND_DUTY) != "departments/SQUAD-W/posts/owner" {
		t.Errorf("the case is with %s, the part waits for %s", cs.GetOwner().GetUnit(), w.waitsFor(cs, wanggev1.WaitKind_WAIT_KIND_DUTY))
	}
	if got := strings.Join(w.events(name, wanggev1.EventKind_EVENT_KIND_PART_DISPATCHED), "；"); got != "09:20 areas/W green-squad" {
		t.Errorf("told %q", got)
	}
	w.refused(citytest.DispatcherW, name, actDispatch, codes.PermissionDenied)
	w.at("2026-04-08 09:50")
	w.does(citytest.GreenSquad, name, "积水路段已恢复双向通行", actPartDone)
	w.hasParts(name, "areas/W；departments/SQUAD-W 疏导交通 由西区平台 完成")
	if got := strings.Join(w.events(name, wanggev1.EventKind_EVENT_KIND_ASSISTED), "；"); got != "09:50 departments/SQUAD-W dispatcher-w dispatcher" {
		t.Errorf("told %q", got)
	}
	w.refused(citytest.GreenSquad, name, actPartDone, codes.PermissionDenied)
}

// A platform that keeps its part reports the part done itself, and its own rules give the part to the people of its area.
func TestPlatforms_CoOwnerKeepsItsPart(t *testing.T) {
	t.Parallel()
	w := newPlatformWorld(t)
	name := w.flood("P2").GetName()
	w.refused(citytest.Dispatcher, name, actPartDone, codes.PermissionDenied)
	w.does(citytest.DispatcherW, name, "已到场疏导", actPartDone)
	w.hasParts(name, "areas/W 疏导交通 完成")

	w.at("2026-04-08 09:10")
	name = w.flood("P3").GetName()
	cs := w.does(citytest.DispatcherW, name, "", actDispatch)
	w.hasParts(name, "areas/W 疏导交通")
	if got := w.waitsFor(cs, wanggev1.WaitKind_WAIT_KIND_DUTY); got != "areas/W/posts/"+string(roster.Owner) && got != "areas/W/posts/leader" {
		t.Errorf("the part waits for %s, want the area's own people", got)
	}
}

// waitsFor is the post for which a case waits with a kind of wait; "" = it waits for no such thing.
func (w platformWorld) waitsFor(cs *wanggev1.Case, kind wanggev1.WaitKind) string {
	for _, wt := range cs.GetWaits() {
		if wt.GetKind() == kind {
			return wt.GetPost()
		}
	}
	return ""
}
