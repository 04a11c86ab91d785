package form

import (
	"time"

	"wangge/dispatch"
	"wangge/dispatch/city"
	"wangge/dispatch/sla"
)

// Stage is a stage of a case with the limit of the office.
type Stage struct {
	Stage dispatch.Stage
	Limit time.Duration // round the clock; 0 = the limit is that of the category and condition, or there is none
}

// Process lists the stages that a case goes through, in order, with the limits of the city.
func Process(c *city.City) []Stage {
	d := c.Defaults
	return []Stage{
		{dispatch.Reported, sla.Minutes(d.AcceptMinutes)},
		{dispatch.Verifying, sla.Minutes(d.VerifyMinutes)},
		{dispatch.Filed, sla.Minutes(d.DispatchMinutes)},
		{dispatch.Dispatched, 0},
		{dispatch.Handling, 0},
		{dispatch.Arbitration, sla.Hours(d.ArbitrateHours)},
		{dispatch.Checking, sla.Hours(d.CheckHours)},
		{dispatch.Closed, 0},
	}
}

// PublicPhone returns the phone of a department if anybody may know it, or "".
func PublicPhone(d *city.Department) string {
	if d == nil || !d.PhonePublic {
		return ""
	}
	return d.Phone
}
