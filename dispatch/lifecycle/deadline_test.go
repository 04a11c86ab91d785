package lifecycle

import (
	"math/rand/v2"
	"testing"
	"time"

	"wangge/dispatch"
	"wangge/dispatch/city"
	"wangge/dispatch/city/calendar"
	"wangge/dispatch/sla"
)

// In zones whose clocks change in every way, the explanation of a deadline that stood still, went on and
// was extended tiles the time from its start and adds up to what was granted, to the second.
func TestDeadline_ExplanationAddsUp(t *testing.T) {
	t.Parallel()
	yamls := []string{
		"hours: [{from: \"08:30\", to: \"11:30\"}, {from: \"13:30\", to: \"17:00\"}]\nrequire_holidays: false\n",
		"weekend: []\nhours: [{from: \"00:00\", to: \"24:00\"}]\nrequire_holidays: false\n",
		"weekend: []\nhours: [{from: \"00:30\", to: \"02:45\"}, {from: \"22:00\", to: \"24:00\"}]\nrequire_holidays: false\n",
	}
	for z, zone := range []string{"America/Chicago", "America/New_York", "America/Santiago", "Europe/Berlin", "Africa/Cairo", "Africa/Casablanca", "Asia/Beirut", "Asia/Shanghai", "Australia/Lord_Howe", "Pacific/Apia"} {
		loc, err := time.LoadLocation(zone)
		if err != nil {
			t.Fatal(err)
		}
		for y, text := range yamls {
			cal, faults := calendar.Parse([]byte(text), nil, loc)
			if len(faults) > 0 {
				t.Fatal(faults)
			}
			c := &city.City{Calendar: cal, Location: loc}
			rng := rand.New(rand.NewPCG(uint64(z), uint64(y)))
			for range 400 {
				explainedAddsUp(t, c, rng)
			}
		}
	}
}

func explainedAddsUp(t *testing.T, c *city.City, rng *rand.Rand) {
	t.Helper()
	year := 2026
	if c.Location.String() == "Pacific/Apia" {
		year = 2011 // the year whose 30 December was left out
	}
	start := time.Date(year, 1, 2, 0, 0, rng.IntN(363*86400), 0, c.Location)
	if rng.IntN(2) == 0 { // near a change
		for _, end := start.ZoneBounds(); !end.IsZero(); {
			start = end.Add(-time.Duration(rng.IntN(60*3600)) * time.Second)
			break
		}
	}
	limit := calendar.Limit{N: 1 + rng.IntN(3), Unit: calendar.Unit(1 + rng.IntN(4))}
	k, err := sla.StartClock(c.Calendar, limit, start)
	if err != nil {
		t.Fatal(err)
	}
	cs := &dispatch.Case{Stage: dispatch.Handling}
	events := []dispatch.Event{{Kind: dispatch.EventDispatched, At: start, Clock: k}}
	at := start
	for range rng.IntN(3) { // suspended and resumed, at most twice
		at = at.Add(time.Duration(1+rng.IntN(20*3600)) * time.Second)
		if !at.Before(k.Due) {
			break
		}
		k = sla.Pause(k, c.Calendar, at, 0)
		events = append(events, dispatch.Event{Kind: dispatch.EventSuspended, At: at, Clock: k})
		at = at.Add(time.Duration(1+rng.IntN(20*3600)) * time.Second)
		if k, err = sla.Resume(k, c.Calendar, at); err != nil {
			t.Fatal(err)
		}
		events = append(events, dispatch.Event{Kind: dispatch.EventResumed, At: at, Clock: k})
	}
	if rng.IntN(3) == 0 {
		k.Extended++
		if k, err = sla.Project(k, c.Calendar); err != nil {
			t.Fatal(err)
		}
		events = append(events, dispatch.Event{Kind: dispatch.EventExtended, At: at, Clock: k})
	}
	cs.Clock = k
	d := sla.ExplainDeadline(c, cs, events)
	granted := c.Calendar.Budget(limit) * time.Duration(1+k.Extended)
	sum, next := time.Duration(0), start
	for i, j := 0, 0; i < len(d.Counted) || j < len(d.Skipped); {
		if j < len(d.Skipped) && d.Skipped[j].From.Equal(next) {
			sum, next = sum+d.Skipped[j].Counts, d.Skipped[j].To
			j++
			continue
		}
		if i == len(d.Counted) || !d.Counted[i].From.Equal(next) {
			t.Fatalf("%v from %v: a gap at %v in %+v", limit, start, next, d)
		}
		sum, next = sum+d.Counted[i].To.Sub(next), d.Counted[i].To
		i++
	}
	if !next.Equal(d.Due) || !d.Due.Equal(k.Due) || sum != granted || d.Used != granted {
		t.Fatalf("%v from %v, extended %d times: parts reach %v of %v and add up to %v, used is %v, granted %v: %+v", limit, start, k.Extended, next, d.Due, sum, d.Used, granted, events)
	}
}
