package lifecycle

import (
	"wangge/dispatch"
	"wangge/dispatch/city"
	"wangge/dispatch/escalation"
	"wangge/dispatch/i18n"
)

// decideEscalate notifies a superior now, at a person's request. The ladder stays as it is: each of its steps still
// fires once, when it is due.
func decideEscalate(cs *dispatch.Case, cmd dispatch.Command, _ Facts, c *city.City) ([]dispatch.Event, error) {
	if !c.ValidRecipient(cmd.To) {
		return nil, refuse(cs, cmd.Act, i18n.F("%[1]q says nobody; write one of %[2]s", "%[1]q 未指明对象，可填写：%[2]s", cmd.To, city.RecipientForms))
	}
	to := escalation.Recipients(c, cs, []string{cmd.To}, cmd.At)
	if len(to) == 0 {
		return nil, refuse(cs, cmd.Act, i18n.F("%s is nobody who is on duty now; name somebody higher", "%s 当前无人值守，请指定更高层级", cmd.To))
	}
	e := dispatch.Event{Kind: dispatch.EventEscalatedByHand, Light: "red", NextAt: cs.NextAt}
	escalation.Notify(&e, dispatch.AsRecipient, to...)
	return []dispatch.Event{e}, nil
}
