package outbox

import (
	"context"
	"fmt"
	"slices"
	"time"

	"wangge/dispatch"
	"wangge/dispatch/city"
	"wangge/dispatch/city/roster"
	"wangge/dispatch/desk/ledger"
	"wangge/dispatch/desk/record"
	"wangge/storage"
)

// heldUntil is the end of the quiet hours for which a notice to a person waits; zero when it may go now. A notice that was
// due before and is tried again within the quiet hours waits, too. The news of an act does not wait for a person on shift.
func heldUntil(c *city.City, n record.Notice, person roster.PersonID, now time.Time) time.Time {
	if !n.Quiet {
		return time.Time{}
	}
	end := c.QuietUntil(now)
	if n.OnShift && !end.IsZero() && (person == "" || c.Roster.OnShift(person, now)) {
		return time.Time{}
	}
	return end
}

// alarm is what the held notices of one case to one person that become one message have in common.
type alarm struct {
	quiet     int64 // end of the quiet hours, so that alarms of two nights stay two
	id        dispatch.CaseID
	kind      dispatch.EventKind
	milestone string
	party     roster.Unit
}

// lights are the lights of alarms, the highest last.
var lights = []string{"green", "yellow", "red"}

// highest leaves out of the notices to one person those that a higher one covers: of several alarms of one case, of one
// kind and about the same part of the work, that the same quiet hours held, only the one with the highest light is told,
// and of these the last. All others stay, in their order.
func (p *Relay) highest(ctx context.Context, c *city.City, of []waitingNotice) ([]waitingNotice, error) {
	nights := map[alarm]int{} // held notices, by night and case alone
	for _, w := range of {
		if end := heldSince(c, w); !end.IsZero() {
			nights[alarm{quiet: end.Unix(), id: w.Case}]++
		}
	}
	best, light, covered := map[alarm]int{}, map[alarm]int{}, make([]bool, len(of))
	err := p.outbox.tx.Read(ctx, func(snap storage.Snapshot) error {
		for n, w := range of {
			end := heldSince(c, w)
			k := alarm{quiet: end.Unix(), id: w.Case}
			if end.IsZero() || nights[k] < 2 {
				continue
			}
			l, err := ledger.Load(snap, w.Case)
			if err != nil {
				return err
			}
			e, err := eventAt(snap, l, w.Seq)
			if err != nil {
				return fmt.Errorf("case %s: %w", w.Case, err)
			}
			k.kind, k.milestone, k.party = e.Kind, e.Milestone, e.Party
			is := slices.Index(lights, e.Light)
			switch was, found := best[k]; {
			case !found:
				best[k], light[k] = n, is
			case is >= light[k]:
				covered[was], best[k], light[k] = true, n, is
			default:
				covered[n] = true
			}
		}
		return nil
	})
	if err != nil || !slices.Contains(covered, true) {
		return of, err
	}
	var out []waitingNotice
	for n, w := range of {
		if !covered[n] {
			out = append(out, w)
		}
	}
	return out, nil
}

// heldSince is the end of the quiet hours in which the event of an alarm happened; zero when they do not hold the alarm, and
// for the news of an act, of which each is told.
func heldSince(c *city.City, w waitingNotice) time.Time {
	if !w.Quiet || w.OnShift {
		return time.Time{}
	}
	return c.QuietUntil(w.Since)
}
