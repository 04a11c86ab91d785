package lifecycle_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"wangge/dispatch"
	"wangge/dispatch/casetest"
	"wangge/dispatch/city/citytest"
	"wangge/dispatch/city/roster"
	"wangge/dispatch/lifecycle"
	"wangge/dispatch/waits"
)

// refused fails unless an act is refused with some words, in Chinese.
func (d *desk) refused(act dispatch.Act, actor roster.PersonID, change func(*dispatch.Command), words ...string) {
	d.t.Helper()
	var refused *dispatch.RefusedError
	err := d.try(act, actor, change)
	if !errors.As(err, &refused) {
		d.t.Errorf("%s by %s: %v, want it refused", act, actor, err)
		return
	}
	for _, w := range words {
		if !strings.Contains(refused.Why.Zh, w) || refused.Why.En == "" {
			d.t.Errorf("%s by %s is refused: %s; want %q in it", act, actor, refused.Why.Zh, w)
		}
	}
}

// told fails unless the last act tells a person, as something.
func (d *desk) told(person roster.PersonID, as dispatch.NotifiedAs) {
	d.t.Helper()
	for i := range d.ev {
		for n, p := range d.ev[i].Notified {
			if p == person && d.ev[i].AsOf(n) == as {
				return
			}
		}
	}
	d.t.Errorf("%s is not told as %s: %+v", person, as, d.ev)
}

// toyDesk is a case of the toy city that its owner works on, filed at an instant.
func toyDesk(t *testing.T, at string) *desk {
	t.Helper()
	c := citytest.Toy(t)
	d := &desk{t: t, c: c, at: casetest.At(c, at)}
	d.cs = casetest.FileToy(t, c, citytest.Rubbish, dispatch.SourceInspector, d.at)
	return d
}

// While an extension waits for its decision, nobody can ask to close the case by force, which would lose the request without a word
// to those concerned: the refusal says what is open, and for whom. The one who must decide on a closing by force may deny it, with a
// reason; the one who asked is told, and the owner may ask for something again.
func TestForceClose_OtherRequestsAndDenial(t *testing.T) {
	t.Parallel()
	d := toyDesk(t, "2026-04-08 09:00")
	d.do(dispatch.ActStart, citytest.GridW1A, nil)
	d.do(dispatch.ActExtend, citytest.GridW1A, nil)
	d.refused(dispatch.ActForceClose, citytest.DutyChief, nil, "延期申请尚待审批", "须先审批")
	d.do(dispatch.ActDecideExtension, citytest.LeaderW, func(cmd *dispatch.Command) { cmd.Passed = true })
	d.refused(dispatch.ActForceClose, citytest.DutyChief, nil, "延期申请尚待审批")
	if d.cs.Request.Kind != dispatch.RequestExtension || d.cs.Request.Level != 1 {
		t.Fatalf("the request is %+v, want the extension that waits for its second decision", d.cs.Request)
	}
	d.do(dispatch.ActDecideExtension, citytest.Dispatcher, nil)
	d.refused(dispatch.ActForceClose, citytest.DutyChief, func(cmd *dispatch.Command) { cmd.Denied = true }, "没有待审批的申请")
	d.do(dispatch.ActForceClose, citytest.DutyChief, nil)
	d.told(citytest.Mayor, dispatch.AsDecider)
	d.refused(dispatch.ActSuspend, citytest.GridW1A, func(cmd *dispatch.Command) { cmd.Until = d.at.AddDate(0, 0, 1) }, "尚待审批")
	deny := func(cmd *dispatch.Command) { cmd.Denied = true }
	d.refused(dispatch.ActForceClose, citytest.DutyChief, deny, "已提出")
	d.refused(dispatch.ActForceClose, citytest.Mayor, func(cmd *dispatch.Command) { cmd.Denied, cmd.Note = true, "" }, "文字说明")
	d.do(dispatch.ActForceClose, citytest.Mayor, deny)
	d.told(citytest.DutyChief, dispatch.AsAsker)
	if d.cs.Stage != dispatch.Handling || d.cs.Request.Kind != dispatch.NoRequest {
		t.Errorf("denied: %s with request %+v", d.cs.Stage, d.cs.Request)
	}
	d.do(dispatch.ActSuspend, citytest.GridW1A, func(cmd *dispatch.Command) { cmd.Until = d.at.AddDate(0, 0, 1) })
}

// An event of an earlier version asked for a closing by force while an extension was open: it still folds as it did.
func TestForceClose_OlderEventsFold(t *testing.T) {
	t.Parallel()
	cs := &dispatch.Case{Stage: dispatch.Handling, Request: dispatch.ApprovalRequest{Kind: dispatch.RequestExtension, By: "a", Level: 1}}
	cs = dispatch.Fold(cs, dispatch.Event{Kind: dispatch.EventRequested, Request: dispatch.RequestForceClose, Actor: "b"})
	if cs.Request.Kind != dispatch.RequestForceClose || cs.Request.By != "b" || cs.Request.Level != 0 {
		t.Errorf("the request is %+v", cs.Request)
	}
}

// A check that fails says what is still to be done, and a look at the place that finds nothing says so: in words.
func TestVerdicts_NoNeedsAReason(t *testing.T) {
	t.Parallel()
	d := toyDesk(t, "2026-04-08 09:00")
	d.do(dispatch.ActStart, citytest.GridW1A, nil)
	d.do(dispatch.ActResolve, citytest.GridW1A, nil)
	silent := func(cmd *dispatch.Command) { cmd.Note, cmd.Position = "", &d.cs.Report.Position }
	d.refused(dispatch.ActCheck, citytest.InspectorW1A, silent, "文字说明")
	d.do(dispatch.ActCheck, citytest.InspectorW1A, func(cmd *dispatch.Command) { cmd.Note, cmd.Position = "仍有残留", &d.cs.Report.Position })
	if d.cs.Reworks != 1 || d.ev[0].Note != "仍有残留" {
		t.Errorf("%d reworks, %+v", d.cs.Reworks, d.ev[0])
	}
	d.cs = casetest.FileToy(t, d.c, citytest.Rubbish, dispatch.SourceHotline, d.at)
	d.do(dispatch.ActVerify, citytest.Acceptor, nil)
	d.refused(dispatch.ActConfirm, citytest.InspectorW1A, func(cmd *dispatch.Command) { cmd.Note = "" }, "文字说明")
	d.do(dispatch.ActConfirm, citytest.InspectorW1A, func(cmd *dispatch.Command) { cmd.Note, cmd.Passed = "", true })
}

// A case that is part of a mass event is not attached to the same main case again.
func TestAttach_Again(t *testing.T) {
	t.Parallel()
	d := toyDesk(t, "2026-04-08 09:00")
	main := *d.cs
	main.ID = d.cs.ID + 1
	attach := func(cs *dispatch.Case) ([]dispatch.Event, error) {
		cmd := dispatch.Command{Act: dispatch.ActAttach, Actor: citytest.Dispatcher, At: d.at, Target: main.ID}
		return lifecycle.Decide(cs, cmd, lifecycle.Facts{Other: &main}, d.c)
	}
	events, err := attach(d.cs)
	if err != nil {
		t.Fatal(err)
	}
	var refused *dispatch.RefusedError
	if _, err := attach(dispatch.FoldAll(d.cs, events)); !errors.As(err, &refused) || !strings.Contains(refused.Why.Zh, "已关联主案") {
		t.Errorf("attached again: %v", err)
	}
}

// A co-owner that has nothing to sign for is told to assist: the work is not the co-owner's to start.
func TestAcknowledge_CoOwnerIsToldToAssist(t *testing.T) {
	t.Parallel()
	d := toyDesk(t, "2026-04-08 09:00")
	d.cs = casetest.FileToy(t, d.c, citytest.Flooding, dispatch.SourceInspector, d.at)
	if len(d.cs.CoOwners) == 0 {
		t.Fatal("the flood has no co-owner")
	}
	cs := *d.cs
	cs.Receipt, cs.CoOwners = dispatch.Receipt{}, append([]dispatch.CoOwner{}, cs.CoOwners...)
	cs.CoOwners[0].Receipt = dispatch.Receipt{}
	d.cs = &cs
	d.refused(dispatch.ActAcknowledge, citytest.LeaderW, nil, "协办")
	d.refused(dispatch.ActAcknowledge, citytest.WaterCrew, nil, "请直接开始处置")
}

// The units that returned a case are told of the ruling, and so is the office that dispatches; the unit that is given the work is told of
// the dispatch alone.
func TestArbitrate_TellsTheParties(t *testing.T) {
	t.Parallel()
	d := toyDesk(t, "2026-04-08 09:00")
	why := func(cmd *dispatch.Command) { cmd.Reason = dispatch.NotMyArea }
	green := roster.Unit{Kind: roster.UnitDepartment, ID: "GREEN"}
	d.do(dispatch.ActReturn, citytest.GridW1A, why)
	d.do(dispatch.ActDispatch, citytest.Dispatcher, func(cmd *dispatch.Command) { cmd.Owner = &dispatch.Owner{Unit: green} })
	d.do(dispatch.ActReturn, citytest.GreenOwner, why)
	if d.cs.Stage != dispatch.Arbitration {
		t.Fatalf("returned twice: %s", d.cs.Stage)
	}
	d.do(dispatch.ActArbitrate, citytest.Arbiter, func(cmd *dispatch.Command) { cmd.Owner = &dispatch.Owner{Unit: green} })
	d.told(citytest.GreenOwner, dispatch.AsOwner)
	d.told(citytest.GridW1A, dispatch.AsFormer)
	d.told(citytest.Dispatcher, dispatch.AsAsker)
}

// On a Saturday nobody is on duty at the water department, and the duty chief answers for it: told of the work, the duty chief signs for
// it and starts it, or names the crew. On Monday nobody but the department's people does.
func TestOffHours_StandInSignsAndStarts(t *testing.T) {
	t.Parallel()
	d := toyDesk(t, "2026-04-11 10:00") // a Saturday
	d.cs = casetest.FileToy(t, d.c, citytest.Flooding, dispatch.SourceInspector, d.at)
	on := waits.Answerers(d.c, d.cs, waits.For(d.c, d.cs)[0], d.at)
	if len(on) != 1 || on[0].Person != citytest.DutyChief {
		t.Fatalf("the work waits for %v, want the duty chief", on)
	}
	cs := *d.cs
	cs.Receipt = dispatch.Receipt{Since: d.at, Due: d.at.Add(10 * time.Minute)}
	d.cs = &cs
	d.do(dispatch.ActAcknowledge, citytest.DutyChief, nil)
	if d.cs.Receipt.By != citytest.DutyChief || d.cs.Receipt.Owed() {
		t.Errorf("signed: %+v", d.cs.Receipt)
	}
	d.do(dispatch.ActStart, citytest.DutyChief, func(cmd *dispatch.Command) { cmd.Handler = citytest.WaterCrew })
	d.cs = &cs
	d.do(dispatch.ActStart, citytest.DutyChief, nil)
	if d.cs.Handler != citytest.DutyChief {
		t.Errorf("started by %s", d.cs.Handler)
	}
	d.cs, d.at = &cs, casetest.At(d.c, "2026-04-13 10:00")
	for _, act := range []dispatch.Act{dispatch.ActAcknowledge, dispatch.ActStart} {
		var denied *dispatch.NotAllowedError
		if err := d.try(act, citytest.DutyChief, nil); !errors.As(err, &denied) {
			t.Errorf("%s by the duty chief on Monday: %v, want it denied", act, err)
		}
	}
}
