package lifecycle

import (
	"wangge/dispatch"
	"wangge/dispatch/city"
	"wangge/dispatch/escalation"
	"wangge/dispatch/i18n"
	"wangge/dispatch/sla"
)

// notes decides an act that is one event and nothing else.
func notes(kind dispatch.EventKind) decider {
	return func(cs *dispatch.Case, _ dispatch.Command, _ Facts, _ *city.City) ([]dispatch.Event, error) {
		return []dispatch.Event{{Kind: kind, Granted: kind == dispatch.EventSupervised && cs.Unanswered}}, nil
	}
}

// requests decides an act that asks for something: the case waits for the answer.
func requests(kind dispatch.RequestKind) decider {
	return func(*dispatch.Case, dispatch.Command, Facts, *city.City) ([]dispatch.Event, error) {
		return []dispatch.Event{{Kind: dispatch.EventRequested, Request: kind}}, nil
	}
}

func decideImport(cs *dispatch.Case, cmd dispatch.Command, _ Facts, _ *city.City) ([]dispatch.Event, error) {
	if !cs.Open() {
		return nil, refuse(cs, cmd.Act, i18n.F("the case has ended", "案件已结束"))
	}
	return []dispatch.Event{{Kind: dispatch.EventImported, Outcome: cmd.Outcome}}, nil
}

func decideVerify(_ *dispatch.Case, cmd dispatch.Command, _ Facts, c *city.City) ([]dispatch.Event, error) {
	return []dispatch.Event{{Kind: dispatch.EventVerifying, Clock: sla.StageClock(sla.Minutes(c.Defaults.VerifyMinutes), cmd.At)}}, nil
}

func decideConfirm(_ *dispatch.Case, cmd dispatch.Command, _ Facts, c *city.City) ([]dispatch.Event, error) {
	clock := sla.StageClock(sla.Minutes(c.Defaults.AcceptMinutes), cmd.At)
	return []dispatch.Event{{Kind: dispatch.EventVerified, Granted: cmd.Passed, Photos: cmd.Photos, Clock: clock}}, nil
}

func decideSelfResolve(cs *dispatch.Case, cmd dispatch.Command, facts Facts, _ *city.City) ([]dispatch.Event, error) {
	return []dispatch.Event{{Kind: dispatch.EventSelfResolved, Photos: cmd.Photos}}, nil
}

func decideDetach(cs *dispatch.Case, _ dispatch.Command, _ Facts, _ *city.City) ([]dispatch.Event, error) {
	return []dispatch.Event{{Kind: dispatch.EventDetached, Other: cs.Group}}, nil
}

// decideAppeal decides an appeal on two levels: the first may only deny it or pass it on.
func decideAppeal(cs *dispatch.Case, cmd dispatch.Command, _ Facts, _ *city.City) ([]dispatch.Event, error) {
	if cmd.Passed && cs.Request.Level == 0 {
		return []dispatch.Event{{Kind: dispatch.EventGranted, Request: dispatch.RequestAppeal}}, nil
	}
	return []dispatch.Event{{Kind: dispatch.EventAppealDecided, Granted: cmd.Passed}}, nil
}

func decideReopen(_ *dispatch.Case, _ dispatch.Command, facts Facts, _ *city.City) ([]dispatch.Event, error) {
	return []dispatch.Event{{Kind: dispatch.EventReopened, Other: facts.NewID}}, nil
}

func decideReply(cs *dispatch.Case, cmd dispatch.Command, facts Facts, _ *city.City) ([]dispatch.Event, error) {
	return []dispatch.Event{{Kind: dispatch.EventReplied, Satisfied: cmd.Satisfied}}, nil
}

// decideEscalate notifies a superior now, at a person's request. The ladder stays as it is: each of its steps still
// fires once, when it is due.
func decideEscalate(cs *dispatch.Case, cmd dispatch.Command, _ Facts, c *city.City) ([]dispatch.Event, error) {
	if !c.ValidRecipient(cmd.To) {
		return nil, refuse(cs, cmd.Act, i18n.F("%[1]q says nobody; write one of %[2]s", "%[1]q 未指明对象，可填写：%[2]s", cmd.To, city.RecipientForms))
	}
	to := escalation.Recipients(c, cs, []string{cmd.To}, cmd.At)
	if len(to) == 0 {
		return nil, refuse(cs, cmd.Act, i18n.F("nobody is on duty now for %s; name somebody higher", "%s 当前无人值守，请指定更高层级", cmd.To))
	}
	e := dispatch.Event{Kind: dispatch.EventEscalatedByHand, Light: "red", NextAt: cs.NextAt}
	escalation.Notify(&e, dispatch.AsRecipient, to...)
	return []dispatch.Event{e}, nil
}
