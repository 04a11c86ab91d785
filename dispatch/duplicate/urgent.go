package duplicate

import (
	"slices"

	"wangge/dispatch"
	"wangge/dispatch/city"
	"wangge/dispatch/city/catalog"
	"wangge/dispatch/i18n"
)

// KeepsUrgent says why the events of an act can't happen to a case into which other cases were merged: a merged report of
// severity A would lose its work, its urgency or its matter with the case. The zero text means that they can.
//
// A case loses the work when it ends otherwise than fixed and checked, when it is put off, and when either is asked for. It loses the
// urgency when it becomes less severe than A, the matter when its category becomes one of another family. An act after which
// the case waits for an office, such as a return, loses nothing: the office has the case, and as urgent as before.
func KeepsUrgent(c *city.City, cs *dispatch.Case, events []dispatch.Event, joined []*dispatch.Case) i18n.Text {
	urgent := slices.DeleteFunc(slices.Clone(joined), func(j *dispatch.Case) bool { return j.Severity != catalog.SeverityA })
	if len(urgent) == 0 {
		return i18n.Text{}
	}
	n := dispatch.FoldAll(cs, events)
	if slices.ContainsFunc(events, func(e dispatch.Event) bool { return loses(n, &e) }) {
		return i18n.F("case %s of severity A was merged into it and would lose its work or its urgency with it; unmerge that one first",
			"A 级案件 %s 已并入本案，将随本案失去处置或降低等级；请先撤销其合并", urgent[0].ID)
	}
	for _, j := range urgent {
		if n.Category != cs.Category && c.Categories[j.Category] != nil && Kin(c, j.Category, n.Category) == 0 {
			return i18n.F("case %[1]s of severity A was merged into it and would end in another matter, of category %[2]s; unmerge that one first",
				"A 级案件 %[1]s 已并入本案，改类为 %[2]s 后将不属同类；请先撤销其合并", j.ID, n.Category)
		}
	}
	return i18n.Text{}
}

// loses reports whether an event makes a case less severe than A, ends or puts off the work on a case that is not fixed and
// checked, or asks for that. n is the case after the event.
func loses(n *dispatch.Case, e *dispatch.Event) bool {
	// Not exhaustive: after the other events somebody has the case, or has fixed the matter.
	//exhaustive:ignore
	switch e.Kind {
	case dispatch.EventFiled, dispatch.EventReclassified:
		return n.Severity > catalog.SeverityA
	case dispatch.EventRejected, dispatch.EventVoided, dispatch.EventSelfResolved, dispatch.EventForceClosed, dispatch.EventSuspended:
		return true
	case dispatch.EventClosed:
		return e.Outcome != dispatch.OutcomeFixed
	case dispatch.EventRequested:
		return e.Request == dispatch.RequestForceClose || e.Request == dispatch.RequestSuspension
	}
	return false
}
