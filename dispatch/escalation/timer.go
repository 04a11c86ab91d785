package escalation

import (
	"slices"
	"time"

	"wangge/dispatch"
	"wangge/dispatch/city"
	"wangge/dispatch/city/catalog"
	"wangge/dispatch/city/roster"
	"wangge/dispatch/routing"
	"wangge/dispatch/sla"
)

// Resume is the event that ends a suspension at an instant: the agreed date, however late the service notices, or an
// earlier one when a person resumes the work.
func Resume(c *city.City, cs *dispatch.Case, at time.Time) (dispatch.Event, error) {
	k, err := sla.Resume(cs.Disposal, sla.OwnerCalendar(c, cs), at)
	if err != nil {
		return dispatch.Event{}, err
	}
	co, ms, err := sla.ResumeAll(c, cs, at)
	_, works := PostAtOwner(c, cs, cs.Handler, at)
	return dispatch.Event{Kind: dispatch.EventResumed, Clock: k, CoOwners: co, Milestones: ms, Freed: !works}, err
}

// timer is what a case waits for. Of everything that a case waits for, only the earliest has a timer.
type timer struct {
	At    time.Time // zero: it waits for nothing
	kind  timerKind
	index int // of the co-owner, also with a part, or milestone; of a receipt: of the co-owner, or ofOwner
}

type timerKind int

const (
	timerStep      timerKind = iota // the next step of its ladder
	timerReminder                   // a reminder: nobody has acted; none while a campaign pauses the work
	timerResume                     // the end of its suspension
	timerCoOwner                    // a step of a co-owner's clock
	timerMilestone                  // a step of a milestone's clock
	timerReceipt                    // nobody has acknowledged the work
	timerHandler                    // the handler leaves
	timerSecond                     // a platform has not dispatched the case in time
	timerPart                       // a platform that is a co-owner has not given its part on in time
)

// lateSteps are the steps of the clocks beside the stage's, of milestones and co-owners: those clocks notify only when
// they are late. Reminders before that are the business of the case's ladder.
var lateSteps = []city.Step{
	{AtPercent: 100, Light: "red", Recipients: []string{"owner", "unit_leader"}},
	{AtPercent: 200, Light: "red", Recipients: []string{"deputy", "patron"}},
}

// lateInspector are the recipients of lateSteps for an inspector who was sent: the inspector and the leader of the area come
// before the superiors.
var lateInspector = [][]string{{"owner", "unit_leader"}, {"superior"}}

// aboveLate is who hears of a late milestone or co-owner when nobody whom the step names is on duty, so that an overrun
// always has a recipient: the nearest leader on duty above the unit but never the city leader, else the duty chief, also
// off duty. Empty when the city has no duty chief.
func aboveLate(c *city.City, unit roster.Unit, now time.Time) []Recipient {
	root := routing.Root(c)
	for u := range Upwards(c, unit) {
		if u == unit || u == root {
			continue
		}
		if to := onDutyAs(c, u, roster.Leader, now); len(to) > 0 {
			return to
		}
	}
	post, _ := c.Roster.Post(root, roster.DutyChief)
	if to, ok := At(c, root, post, now); ok {
		return []Recipient{to}
	}
	return nil
}

// NextTimer is what a case waits for first.
func NextTimer(c *city.City, cs *dispatch.Case) timer {
	if !cs.Open() {
		return timer{}
	}
	cal := sla.OwnerCalendar(c, cs)
	w := timer{At: StepTime(c, cal, cs.EscalationPolicy, cs.Clock, cs.NextStep)}
	sooner := func(t timer) {
		if !t.At.IsZero() && (w.At.IsZero() || t.At.Before(w.At)) {
			w = t
		}
	}
	n := c.Policies[cs.EscalationPolicy].Reminder
	if n.AtMost > cs.Reminders && !cs.Campaign.Held && (cs.Stage == dispatch.Dispatched || cs.Stage == dispatch.Handling) {
		since := cs.LastActivity
		if since.Before(cs.Clock.Since) {
			since = cs.Clock.Since
		}
		sooner(timer{At: sla.SpanFrom(cal, since, n.After), kind: timerReminder})
	}
	if cs.Stage == dispatch.Suspended {
		sooner(timer{At: cs.ResumeAt, kind: timerResume})
	}
	for i := range cs.CoOwners {
		if o := &cs.CoOwners[i]; o.Open() {
			sooner(timer{late(c, o.Unit, o.Clock), timerCoOwner, i})
			sooner(timer{partDue(cs, o), timerPart, i})
		}
	}
	for i := range cs.Milestones {
		if m := &cs.Milestones[i]; m.Reached.IsZero() {
			sooner(timer{late(c, m.UnitOf(cs), m.Clock), timerMilestone, i})
		}
	}
	sooner(timer{At: HandlerLeaves(c, cs), kind: timerHandler})
	sooner(timer{At: secondDue(cs), kind: timerSecond})
	receiptAlarms(cs, func(at time.Time, index int) { sooner(timer{at, timerReceipt, index}) })
	return w
}

// late is the instant of the next step of a clock beside the stage's; zero when it is paused or has no more steps. No step is
// due before the one below it.
func late(c *city.City, u roster.Unit, k dispatch.Clock) time.Time {
	if !k.Running() || k.Step >= len(lateSteps) {
		return time.Time{}
	}
	cal := c.CalendarOf(u)
	at := sla.StepAt(cal, k, lateSteps[k.Step].AtPercent)
	if k.Step > 0 {
		if below := sla.StepAt(cal, k, lateSteps[k.Step-1].AtPercent); at.Before(below) {
			return below
		}
	}
	return at
}

// LacksTimer reports a fault: the case waits for something and has no timer, so that it would never escalate. A case
// whose ladder has ended, or whose clocks are paused, waits for nothing.
func LacksTimer(c *city.City, cs *dispatch.Case) bool {
	return cs.NextAt.IsZero() && !NextTimer(c, cs).At.IsZero()
}

// maxFires bounds the timers that one tick fires: more than all steps of all clocks of a case.
const maxFires = 512

// Tick fires everything that is due, in order, once each, and schedules what comes next. A step without a recipient is
// skipped at once and recorded, so that the next one does not wait. A step whose recipients have all been notified of its
// light on this clock fires, and notifies nobody. Of several reminders that were missed, one is sent. When the timer is
// due and nothing else is, because another revision of the city counts the hours differently or reminds nobody, the timer
// alone moves. Errors: ErrNothingDue.
func Tick(cs *dispatch.Case, cmd dispatch.Command, c *city.City) ([]dispatch.Event, error) {
	n := *cs
	var events []dispatch.Event
	for at := cs.NextAt; !at.IsZero() && !at.After(cmd.At) && len(events) < maxFires; at = n.NextAt {
		e := dispatch.Event{Kind: dispatch.EventReprojected}
		if w := NextTimer(c, &n); !w.At.IsZero() && !w.At.After(cmd.At) {
			var err error
			if e, err = fire(c, &n, w, cmd.At); err != nil {
				return nil, err
			}
		}
		e.At, e.Late, e.Revision = cmd.At, cmd.At.Sub(at), c.Revision
		before := n
		n.Fold(&e)
		dispatch.KeepWorkers(&before, &n, &e)
		AskReceipts(c, &before, &n, &e)
		if e.Clock.Running() {
			e.EscalationPolicy = PolicyFor(c, &n)
			n.EscalationPolicy = e.EscalationPolicy
		}
		e.NextAt = NextTimer(c, &n).At
		n.NextAt = e.NextAt
		events = append(events, e)
	}
	if len(events) == 0 {
		return nil, dispatch.ErrNothingDue
	}
	return events, nil
}

// fire is the event of what a case waited for.
func fire(c *city.City, cs *dispatch.Case, w timer, now time.Time) (dispatch.Event, error) {
	e := dispatch.Event{Kind: dispatch.EventStepSkipped, Step: cs.NextStep}
	about := *cs
	var step city.Step
	switch {
	case w.kind == timerResume:
		return Resume(c, cs, cs.ResumeAt)
	case w.kind == timerReminder:
		e.Kind = dispatch.EventReminded
		Notify(&e, dispatch.AsRecipient, Recipients(c, cs, c.Policies[cs.EscalationPolicy].Reminder.Recipients, now)...)
		return e, nil
	case w.kind == timerHandler:
		return left(c, cs, now), nil
	case w.kind == timerSecond:
		return secondMissed(c, cs, now), nil
	case w.kind == timerPart:
		return partMissed(c, cs, w.index, now), nil
	case w.kind == timerReceipt:
		return missed(c, cs, w.index, now), nil
	case w.kind == timerCoOwner:
		o := &cs.CoOwners[w.index]
		about.Stage, about.Owner = dispatch.Dispatched, o.Owner
		e.Party, e.Step = o.Unit, o.Clock.Step
		step = lateSteps[e.Step]
	case w.kind == timerMilestone:
		m := &cs.Milestones[w.index]
		e.Milestone, e.Party, e.Step = m.ID, m.Unit, m.Clock.Step
		step = lateSteps[e.Step]
		if m.Party != catalog.PartyOwner {
			about.Stage, about.Owner = dispatch.Dispatched, dispatch.Owner{Kind: city.OwnerKindOf(m.Unit), Unit: m.Unit, Post: m.Post}
		}
		if m.Party == catalog.PartyInspector {
			step.Recipients = lateInspector[e.Step]
		}
	default:
		step = c.Policies[cs.EscalationPolicy].Steps[cs.NextStep]
	}
	e.Light = step.Light
	to := Recipients(c, &about, step.Recipients, now)
	if len(to) == 0 && w.kind != timerStep {
		to = aboveLate(c, about.Owner.Unit, now)
	}
	if len(to) > 0 {
		e.Kind = dispatch.EventEscalated
		if w.kind == timerStep && !step.Every.Set() {
			to = unalarmed(cs, step.Light, to)
		}
		Notify(&e, dispatch.AsRecipient, to...)
	}
	return e, nil
}

// unalarmed leaves out whom an earlier step of the same clock has notified of the same light: repeated alarms of one stage
// to one person are one. A step that repeats by intent (every) asks nobody. Example: above the city's own office every
// superior is the same leader, who is notified of red once.
func unalarmed(cs *dispatch.Case, light string, to []Recipient) []Recipient {
	return slices.DeleteFunc(to, func(r Recipient) bool {
		return slices.Contains(cs.Alarms, dispatch.Alarm{Light: light, Person: r.Person})
	})
}
