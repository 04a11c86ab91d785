package form

import (
	"time"

	"wangge/dispatch"
	"wangge/dispatch/city"
	"wangge/dispatch/city/calendar"
	"wangge/dispatch/sla"
)

// Stage is a stage of a case with the limit of the office.
type Stage struct {
	Stage dispatch.Stage
	Limit time.Duration  // round the clock; 0 = the limit is that of the category and condition, in Work, or there is none
	Work  calendar.Limit // a limit in another unit; zero = there is none
}

// Process lists the stages that a case goes through, in order, with the limits of the city.
func Process(c *city.City) []Stage {
	d := c.Defaults
	ruling := Stage{Stage: dispatch.Arbitration, Limit: sla.Hours(d.ArbitrateHours)}
	if d.Arbitrate.N > 0 {
		ruling.Limit, ruling.Work = 0, d.Arbitrate
	}
	return []Stage{
		{Stage: dispatch.Reported, Limit: sla.Minutes(d.AcceptMinutes)},
		{Stage: dispatch.Verifying, Limit: sla.Minutes(d.VerifyMinutes)},
		{Stage: dispatch.Filed, Limit: sla.Minutes(d.DispatchMinutes)},
		{Stage: dispatch.Dispatched},
		{Stage: dispatch.Handling},
		ruling,
		{Stage: dispatch.Checking, Limit: sla.Hours(d.CheckHours)},
		{Stage: dispatch.Closed},
	}
}

// PublicPhone returns the phone of a department if anybody may know it, or "".
func PublicPhone(d *city.Department) string {
	if d == nil || !d.PhonePublic {
		return ""
	}
	return d.Phone
}
