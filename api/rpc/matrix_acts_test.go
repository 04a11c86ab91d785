package rpc

import (
	"strings"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	wanggev1 "wangge/api/wangge/v1"
	"wangge/dispatch/city/roster"
)

// actSample is one act in the matrix.
type actSample struct {
	fits string // a name of stagePaths: where the act is possible
	act  func(*cell, *wanggev1.Case) proto.Message
}

// elsewhere is a stage at which the act is not possible, but for a comment.
func (s actSample) elsewhere() string {
	if s.fits == "closed" || strings.HasPrefix(s.fits, "closed,") {
		return "dispatched"
	}
	return "closed"
}

// actSamples has a sample for each act: the words and fields that it needs, and where it fits.
func actSamples() map[string]actSample {
	at := func(stage string, m proto.Message) actSample {
		return actSample{stage, func(*cell, *wanggev1.Case) proto.Message { return m }}
	}
	intoMain := func(stage string, f func(main string) proto.Message) actSample {
		return actSample{stage, func(c *cell, _ *wanggev1.Case) proto.Message { return f(c.main) }}
	}
	const water, old = "departments/WATER", "areas/old"
	return map[string]actSample{
		"verify":             at("reported", &wanggev1.VerifyAct{}),
		"confirm":            at("verifying", &wanggev1.ConfirmAct{Passed: new(true), PhotoHashes: onePhoto()}),
		"accept":             at("accepted", &wanggev1.AcceptAct{}),
		"reject":             at("reported", &wanggev1.RejectAct{}),
		"void":               at("reported", &wanggev1.VoidAct{}),
		"self_resolve":       at("reported, litter", &wanggev1.SelfResolveAct{PhotoHashes: onePhoto()}),
		"dispatch":           at("filed", &wanggev1.DispatchAct{}),
		"reroute":            at("dispatched", &wanggev1.RerouteAct{Unit: old}),
		"return":             at("dispatched", &wanggev1.ReturnAct{Reason: wanggev1.ReturnReason_RETURN_REASON_NOT_MY_AREA}),
		"refer":              at("returned", &wanggev1.ReferAct{}),
		"arbitrate":          at("arbitration", &wanggev1.ArbitrateAct{Unit: water}),
		"start":              at("dispatched", &wanggev1.StartAct{}),
		"extend":             at("handling", &wanggev1.ExtendAct{}),
		"decide_extension":   at("handling, extension asked", &wanggev1.DecideExtensionAct{Granted: new(true)}),
		"suspend":            {"handling", func(c *cell, _ *wanggev1.Case) proto.Message { return c.suspension() }},
		"decide_suspension":  at("handling, suspension asked", &wanggev1.DecideSuspensionAct{Granted: new(true)}),
		"resume":             at("suspended", &wanggev1.ResumeAct{}),
		"complete_milestone": at("dispatched with milestones", &wanggev1.CompleteMilestoneAct{Milestone: "safe", PhotoHashes: onePhoto()}),
		"assist":             at("dispatched with milestones", &wanggev1.AssistAct{PhotoHashes: onePhoto()}),
		"resolve":            at("handling", &wanggev1.ResolveAct{PhotoHashes: onePhoto()}),
		"check":              at("checking", &wanggev1.CheckAct{Passed: new(true), Position: inOldTown()}),
		"close":              at("checking, passed", &wanggev1.CloseAct{Closing: "已止水", Outcome: wanggev1.Outcome_OUTCOME_FIXED}),
		"force_close":        at("dispatched", &wanggev1.ForceCloseAct{}),
		"escalate":           at("dispatched", escalateTo("role", "duty_chief")),
		"supervise":          at("dispatched", &wanggev1.SuperviseAct{}),
		"answer":             at("dispatched, supervised", &wanggev1.AnswerAct{}),
		"reclassify":         at("dispatched", &wanggev1.ReclassifyAct{Category: "E01"}),
		"merge":              intoMain("dispatched", func(to string) proto.Message { return &wanggev1.MergeAct{Target: to} }),
		"unmerge":            at("merged", &wanggev1.UnmergeAct{}),
		"attach":             intoMain("dispatched", func(to string) proto.Message { return &wanggev1.AttachAct{Target: to} }),
		"detach":             at("dispatched, attached", &wanggev1.DetachAct{}),
		"appeal":             at("closed, late", &wanggev1.AppealAct{}),
		"decide_appeal":      at("closed, appealed", &wanggev1.DecideAppealAct{Granted: new(true)}),
		"reopen":             at("closed", &wanggev1.ReopenAct{}),
		"reply":              at("closed", &wanggev1.ReplyAct{Satisfaction: wanggev1.Satisfaction_SATISFACTION_SATISFIED}),
		"comment":            at("dispatched", &wanggev1.CommentAct{}),
		"acknowledge":        at("dispatched", &wanggev1.AcknowledgeAct{}),
		"hand_over":          at("handling by the handler", &wanggev1.HandOverAct{Handler: "people/pipe"}),
	}
}

func onePhoto() []string { return []string{strings.Repeat("ab", 32)} }

// leg is one act on the way of a case.
type leg struct {
	person roster.PersonID
	act    func(*matrixWorld) proto.Message
}

// stagePath is how a case comes to a stage: from another stage, by acts.
type stagePath struct {
	from string
	legs []leg
	late bool // a day passes before the acts, so that the deadline passes
}

// stagePaths are the ways to the stages of the samples. A path from nowhere begins with a report; see at.
func stagePaths() map[string]stagePath {
	by := func(person roster.PersonID, m proto.Message) leg {
		return leg{person, func(*matrixWorld) proto.Message { return m }}
	}
	intoMain := func(person roster.PersonID, f func(main string) proto.Message) leg {
		return leg{person, func(w *matrixWorld) proto.Message { return f(w.main) }}
	}
	path := func(from string, legs ...leg) stagePath { return stagePath{from: from, legs: legs} }
	resolved := by("pipe", &wanggev1.ResolveAct{PhotoHashes: onePhoto()})
	passed := by("look", &wanggev1.CheckAct{Passed: new(true), Position: inOldTown()})
	closed := by("desk", &wanggev1.CloseAct{Closing: "已止水", Outcome: wanggev1.Outcome_OUTCOME_FIXED})
	return map[string]stagePath{
		"verifying":                 path("reported", by("desk", &wanggev1.VerifyAct{})),
		"accepted":                  path("verifying", by("eyes", &wanggev1.ConfirmAct{Passed: new(true), PhotoHashes: onePhoto()})),
		"filed":                     path("accepted", by("desk", &wanggev1.AcceptAct{})),
		"returned":                  path("dispatched", by("pipe", &wanggev1.ReturnAct{Reason: wanggev1.ReturnReason_RETURN_REASON_NOT_MY_AREA})),
		"arbitration":               path("returned", by("send", &wanggev1.ReferAct{})),
		"handling":                  path("dispatched", by("pipe", &wanggev1.StartAct{})),
		"handling by the handler":   path("dispatched", by("crew", &wanggev1.StartAct{})),
		"handling, extension asked": path("handling", by("pipe", &wanggev1.ExtendAct{})),
		"handling, suspension asked": path("handling",
			leg{"pipe", func(w *matrixWorld) proto.Message { return w.suspension() }}),
		"suspended":              path("handling, suspension asked", by("send", &wanggev1.DecideSuspensionAct{Granted: new(true)})),
		"checking":               path("handling", resolved),
		"checking, passed":       path("checking", passed),
		"closed":                 path("checking, passed", closed),
		"closed, late":           {from: "handling", legs: []leg{resolved, passed, closed}, late: true},
		"closed, appealed":       path("closed, late", by("pipe", &wanggev1.AppealAct{})),
		"dispatched, supervised": path("dispatched", by("boss", &wanggev1.SuperviseAct{})),
		"merged":                 path("dispatched", intoMain("desk", func(to string) proto.Message { return &wanggev1.MergeAct{Target: to} })),
		"dispatched, attached":   path("dispatched", intoMain("desk", func(to string) proto.Message { return &wanggev1.AttachAct{Target: to} })),
	}
}

// at makes a case of the old town, owned by the water department, and brings it to a stage.
func (w *matrixWorld) at(stage string) *wanggev1.Case {
	w.t.Helper()
	file := func(by roster.PersonID, r *wanggev1.Report) *wanggev1.Case {
		w.t.Helper()
		resp, err := w.reports().CreateReport(w.of(by), &wanggev1.CreateReportRequest{Report: r})
		if err != nil {
			w.t.Fatal(err)
		}
		return resp.GetCase()
	}
	switch stage {
	case "reported":
		return file("desk", w.reportOf("C01", "2", wanggev1.Source_SOURCE_PUBLIC))
	case "reported, litter":
		r := w.reportOf("E01", "", wanggev1.Source_SOURCE_PUBLIC)
		r.PhotoHashes = onePhoto()
		return file("desk", r)
	case "dispatched":
		return file("eyes", w.reportOf("C01", "2", wanggev1.Source_SOURCE_INSPECTOR))
	case "dispatched with milestones":
		return file("eyes", w.reportOf("C01", "1", wanggev1.Source_SOURCE_INSPECTOR))
	}
	p, ok := stagePaths()[stage]
	if !ok {
		w.t.Fatalf("there is no path to %q", stage)
	}
	cs := w.at(p.from)
	if p.late {
		w.setNow(w.Now().AddDate(0, 0, 1))
	}
	for _, l := range p.legs {
		next, err := w.actOn(w.of(l.person), cs.GetName(), w.id(), caseAct("n", l.act(w)))
		if err != nil {
			w.t.Fatalf("to %s: %v", stage, err)
		}
		cs = next
	}
	return cs
}

// suspension asks to suspend a case until tomorrow.
func (w *matrixWorld) suspension() proto.Message {
	return &wanggev1.SuspendAct{ResumeTime: timestamppb.New(w.Now().Add(24 * time.Hour))}
}
