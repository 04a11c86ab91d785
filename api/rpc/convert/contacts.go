package convert

import (
	wanggev1 "wangge/api/wangge/v1"
	"wangge/dispatch"
	"wangge/dispatch/rights"
)

// contacts are the name and phone of a case's caller, and the phone of the reporter. The reporter's name is part of the log, like
// the name of every actor.
type contacts struct{ callerName, callerPhone, reporterPhone string }

// contactsOf are the contacts that a case has, as far as they are chosen.
func (v Viewer) contactsOf(cs *dispatch.Case, caller, reporter bool) (out contacts) {
	if caller {
		out.callerName, out.callerPhone = cs.Report.Caller.Name, cs.Report.Caller.Phone
	}
	if p, ok := v.City.Roster.Person(cs.Report.Reporter); ok && reporter {
		out.reporterPhone = p.Phone
	}
	return out
}

// MaySeeContacts reports whether a case has a caller, or a phone of the reporter, that the viewer's person may see. main is the case
// into which it was merged; nil = none.
func (v Viewer) MaySeeContacts(cs, main *dispatch.Case) bool {
	return v.visible(cs, main) != contacts{}
}

// visible are the contacts that the viewer's person may see.
func (v Viewer) visible(cs, main *dispatch.Case) contacts {
	return v.contactsOf(cs, rights.MaySeeCaller(v.City, v.Person, cs, main, v.Now), rights.MaySeeReporter(v.City, v.Person, cs, main, v.Now))
}

// CaseWithContacts is Case in the full view, with the contacts that the viewer's person may see. The look is recorded
// before the answer is sent. main is the case into which it was merged; nil = none.
func (v Viewer) CaseWithContacts(cs, main *dispatch.Case) *wanggev1.Case {
	out, seen := v.Case(cs), v.visible(cs, main)
	out.Report.CallerName, out.Report.CallerPhone = seen.callerName, seen.callerPhone
	out.ReporterPhone = seen.reporterPhone
	out.ContactsWithheld = seen != v.contactsOf(cs, true, true)
	return out
}
