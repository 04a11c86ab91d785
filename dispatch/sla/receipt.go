package sla

import (
	"time"

	"wangge/dispatch"
	"wangge/dispatch/city"
	"wangge/dispatch/city/calendar"
	"wangge/dispatch/city/catalog"
	"wangge/dispatch/city/roster"
)

// AskReceipt is the receipt that a unit owes for work of a severity that was given to the unit at an instant; zero when
// the city asks for none. Severity A counts minutes of any time and repeats its alarm; every other severity counts
// working time on the unit's calendar and has one alarm, at the latest at the deadline of the work; a zero deadline, and one
// that has passed, are no bound. A year whose holidays are not published counts as plain.
func AskReceipt(c *city.City, u roster.Unit, s catalog.Severity, at, deadline time.Time) dispatch.Receipt {
	within := Minutes(c.Defaults.ReceiptMinutes.Of(s))
	switch {
	case within == 0:
		return dispatch.Receipt{}
	case s == Severest:
		return dispatch.Receipt{Since: at, Due: at.Add(within), Every: within}
	}
	due, _, err := addBudget(c.CalendarOf(u), at, calendar.WorkHours, within)
	if err != nil { // no calendar reaches as far: the receipt is due in time of any kind
		due = at.Add(within)
	}
	if deadline.After(at) && deadline.Before(due) {
		due = deadline
	}
	return dispatch.Receipt{Since: at, Due: due}
}
