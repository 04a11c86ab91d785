package dispatch

import (
	"cmp"
	"time"
)

// Bounds within which a phone's clock is taken as right.
const (
	clockTolerance = time.Minute         // that a phone's clock may differ, with the travel of a message
	freshCapture   = 24 * time.Hour      // the age of a report at its receipt from which people are shown it
	longestDraft   = 30 * 24 * time.Hour // that a report may wait on a phone before its time of capture is doubted
)

// Skew is how far the reporter's phone is ahead of the service; negative = behind, 0 = they agree. With PhoneAt it is
// measured. Without, it is what the time of capture shows, when that lies after the receipt or longer before it than a
// draft waits. No deadline depends on it.
func (r *Report) Skew() time.Duration {
	if r.CapturedAt.IsZero() || r.ReceivedAt.IsZero() {
		return 0
	}
	var measured time.Duration
	if !r.PhoneAt.IsZero() {
		if measured = r.PhoneAt.Sub(r.ReceivedAt); measured.Abs() <= clockTolerance {
			measured = 0
		}
	}
	switch rest := r.CapturedAt.Add(-measured).Sub(r.ReceivedAt); {
	case rest > clockTolerance: // captured after it was received
		return measured + rest
	case rest < -longestDraft && r.PhoneAt.IsZero():
		return rest
	default:
		return measured
	}
}

// Seen is when the matter was seen: by the service's clock when the phone's was measured, else as the phone says.
func (r *Report) Seen() time.Time {
	if !r.PhoneAt.IsZero() {
		return cmp.Or(r.CapturedHere(), r.ReceivedAt)
	}
	return cmp.Or(r.CapturedAt, r.ReceivedAt)
}

// Stale is how long before its receipt a report was captured, by the service's clock, when that is longer than a day:
// the matter may have changed since. 0 for a fresh report, and when the time is unknown. It is shown to people and
// nothing else: a report is never refused for its age, and its deadlines run from the receipt.
func (r *Report) Stale() time.Duration {
	at := r.CapturedHere()
	if at.IsZero() || r.CapturedAt.IsZero() {
		return 0
	}
	if age := r.ReceivedAt.Sub(at); age > freshCapture {
		return age
	}
	return 0
}

// CapturedHere is when the report was captured, by the service's clock; never after the receipt. Zero when it is
// unknown, because the phone's clock is far behind and was not measured.
func (r *Report) CapturedHere() time.Time {
	skew := r.Skew()
	if skew < 0 && r.PhoneAt.IsZero() {
		return time.Time{}
	}
	if at := r.CapturedAt.Add(-skew); at.Before(r.ReceivedAt) {
		return at
	}
	return r.ReceivedAt
}
