package desk_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"wangge/dispatch"
	"wangge/dispatch/city"
	"wangge/dispatch/city/catalog"
	"wangge/dispatch/desk"
	"wangge/dispatch/desk/ledger"
	"wangge/dispatch/desk/record"
	"wangge/storage/mem"
)

// nightSteps climb at 21:00, 23:00 and 01:00 for a case of 09:00.
const nightSteps = `
ladders:
  - name: default
    steps:
      - {after: 12h, light: green, whom: owner}
      - {after: 14h, light: yellow, whom: owner}
      - {after: 16h, light: red, whom: "owner, unit_leader"}
`

// A bicycle of 09:00 that nobody takes away: the owner is told at 21:00, and not at 23:00 and 01:00 but at 06:30, in one
// message with the red light. Nothing is lost, and the notices say until when they are held.
func TestQuietHours_TwoStepsAreOneMessageInTheMorning(t *testing.T) {
	t.Parallel()
	box, e := post(t)
	o := newOffice(t, mem.Open(), nightSteps, e)
	cs := o.file(t, 1)[0]
	o.deliver(t)
	box.mail = nil
	at := func(hours float64) time.Time { return cs.FiledAt.Add(time.Duration(hours * float64(time.Hour))) }
	o.fire(t, at(12))
	if o.deliver(t); len(box.mail) != 1 {
		t.Errorf("at 21:00 %d messages were sent, want the first step", len(box.mail))
	}
	box.mail = nil
	morning := time.Date(2011, 7, 12, 6, 30, 0, 0, o.City().Location)
	for hours := 12.5; hours < 21.5; hours += 0.5 {
		o.fire(t, at(hours))
		if _, next := o.deliver(t); len(box.mail) != 0 || hours >= 16 && !next.Equal(morning) {
			t.Fatalf("%g hours after the report %+v was sent, next at %s, want to wait for %s", hours, box.mail, next, morning)
		}
	}
	all, err := o.Deliveries(t.Context(), "b-leader", cs.ID, ledger.NoticeID{})
	if err != nil {
		t.Fatal(err)
	}
	held := 0
	for _, d := range all {
		if d.State == record.NoticeQueued {
			held++
			if !d.At.Equal(morning) {
				t.Errorf("%s is held until %s, want %s", d.Item(), d.At, morning)
			}
		}
	}
	if held != 3 {
		t.Errorf("%d notices are held, want two of the owner and one of the leader", held)
	}
	o.fire(t, morning)
	o.deliver(t)
	if len(box.mail) != 2 {
		t.Fatalf("at 06:30 %d messages were sent, want one to the owner and one to the leader", len(box.mail))
	}
	for _, m := range box.mail {
		if !strings.Contains(m.subject+m.body, "red") || strings.Contains(m.subject+m.body, "yellow") || strings.Contains(m.subject, "2 ") {
			t.Errorf("%s reads %q: %q, want the red light alone", m.to, m.subject, m.body)
		}
	}
	o.whole(t)
	if n, next := o.deliver(t); n != 0 || !next.IsZero() {
		t.Errorf("%d more were sent, next at %s: want everything told", n, next)
	}
}

// Whatever the quiet hours and the ladder: no alarm is sent within them but of severity A, which waits for nothing, also
// not when mail was down before they began; and afterwards every notice has been told.
func TestQuietHours_HoldEverythingButSeverityA(t *testing.T) {
	t.Parallel()
	base := small(t, nightSteps)
	box, mailer := post(t)
	rapid.Check(t, func(rt *rapid.T) {
		quarters := func(name string, most int) time.Duration {
			return time.Duration(rapid.IntRange(0, most).Draw(rt, name)) * 15 * time.Minute
		}
		c := *base
		from := quarters("from", 95)
		c.Quiet = city.QuietHours{From: from, To: (from + quarters("for", 88)) % (24 * time.Hour)}
		var steps []city.Step
		for n := range rapid.IntRange(1, 6).Draw(rt, "steps") {
			s := city.Step{Light: []string{"green", "yellow", "red"}[min(n, 2)], Recipients: []string{"owner", "unit_leader"}}
			s.After = city.Delay{Wall: time.Duration(rapid.IntRange(1, 48).Draw(rt, "hours")) * time.Hour}
			steps = append(steps, s)
		}
		c.Policies, c.PolicyOrder = map[string]city.EscalationPolicy{"default": {Name: "default", Steps: steps}}, nil
		const plain, severe = catalog.Code("abandoned-bicycle/abandoned-bicycle"), catalog.Code("graffiti/graffiti-removal")
		cat := *c.Categories[severe]
		cat.Conditions = slices.Clone(cat.Conditions)
		cat.Conditions[0].Severity = catalog.SeverityA
		c.Categories = maps.Clone(c.Categories)
		c.Categories[severe] = &cat

		clock := &fakeClock{now: time.Date(2011, 7, 11, 9, 0, 0, 0, c.Location)}
		d, err := desk.Open(t.Context(), desk.Config{Store: mem.Open(), City: &c, Clock: clock, Channels: []string{mailer.Name()}})
		if err != nil {
			rt.Fatal(err)
		}
		defer d.Close()
		o := &office{Desk: d, clock: clock}
		o.hire(mailer)
		names := map[bool]string{}
		for a, code := range map[bool]catalog.Code{false: plain, true: severe} {
			r := bicycle(fmt.Sprint("r-", a))
			r.Category = code
			cs, _, err := d.File(t.Context(), "b-leader", r)
			if err != nil || (cs.Severity == catalog.SeverityA) != a {
				rt.Fatal(cs, err)
			}
			names[a] = cs.ID.String()
		}
		o.deliver(t)
		box.mail = nil
		down := rapid.IntRange(0, 200).Draw(rt, "down until")
		for n := range 4 * 24 * 3 {
			o.fire(t, clock.Now())
			if n >= down { // mail was down before
				o.deliver(t)
			}
			for _, m := range box.mail {
				if end := c.QuietUntil(clock.Now()); !end.IsZero() && strings.Contains(m.body+m.subject, names[false]) {
					rt.Fatalf("at %s, in the quiet hours from %s to %s, %s reads %q", clock.Now(), c.Quiet.From, c.Quiet.To, m.to, m.subject)
				}
			}
			box.mail = nil
			clock.add(20 * time.Minute)
		}
		for a, name := range names {
			id, _ := dispatch.ParseCaseID(name)
			all, err := d.Deliveries(t.Context(), "b-leader", id, ledger.NoticeID{})
			if err != nil || len(all) < len(steps) {
				rt.Fatal(len(all), err)
			}
			for _, n := range all {
				if n.State != record.NoticeSent {
					rt.Fatalf("severity A %v: notice %s is not told: %+v", a, n.Item(), n.Notice)
				}
			}
		}
	})
}
