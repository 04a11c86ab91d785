package dispatch

import (
	"time"

	"wangge/dispatch/city/roster"
)

// MaxReceiptAlarms bounds the alarms of one receipt that nobody gives.
const MaxReceiptAlarms = 5

// Receipt is the acknowledgement that a unit owes for work that was given to the unit (签收), on a clock of its own. The
// zero Receipt asks for nothing: the city asks for no receipt of the severity.
//
// Example: a case of severity A is dispatched at 18:02 and the city asks for a receipt within ten minutes. Nobody signs:
// alarms are due at 18:12, 18:22, 18:32, 18:42 and 18:52. The owner signs at 18:25: two alarms were sent, none follows.
type Receipt struct {
	Since  time.Time       // when the receipt was asked for
	Due    time.Time       // when the first alarm is due; zero = no receipt is asked
	Every  time.Duration   // time between alarms; 0 = there is one alarm
	Missed int             // alarms that were sent
	At     time.Time       // when the receipt was given; zero = it is owed
	By     roster.PersonID // the person who gave the receipt
}

// Owed reports whether a receipt was asked for and nobody has given it.
func (r Receipt) Owed() bool { return !r.Due.IsZero() && r.At.IsZero() }

// NextAlarm is when the next alarm is due; zero when the receipt was given, or its alarms have all been sent.
func (r Receipt) NextAlarm() time.Time {
	if !r.Owed() || r.Missed >= MaxReceiptAlarms || r.Missed > 0 && r.Every == 0 {
		return time.Time{}
	}
	return r.Due.Add(time.Duration(r.Missed) * r.Every)
}

// given is the receipt after a person acknowledged the work. A receipt that is not owed stays as it is.
func (r Receipt) given(by roster.PersonID, at time.Time) Receipt {
	if r.Owed() && by != "" {
		r.At, r.By = at, by
	}
	return r
}

// missed is the receipt after another alarm.
func (r Receipt) missed() Receipt {
	r.Missed++
	return r
}
