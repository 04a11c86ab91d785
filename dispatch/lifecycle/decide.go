package lifecycle

import (
	"errors"

	"wangge/dispatch"
	"wangge/dispatch/city"
	"wangge/dispatch/duplicate"
	"wangge/dispatch/escalation"
	"wangge/dispatch/i18n"
	"wangge/dispatch/lifecycle/guard"
	"wangge/dispatch/sla"
	"wangge/dispatch/told"
)

// Decide returns the events that a command causes, or an error that says why it causes none. It changes nothing: fold
// the events to get the new case. cs is nil for ActFile; ActImport starts from the case that filing gave. Decide does
// not ask whether the actor has the right to the act: see Authorize.
//
// The time of a case never goes back. When the clock was set back, or is that of another process, the act happens at
// the time of the last event.
//
// Errors: *dispatch.RefusedError (the stage does not allow the act, or something is missing),
// *dispatch.ChoiceError (a value to choose is missing or is none of the choices), *dispatch.UnknownCategoryError,
// *dispatch.UnknownConditionError, *calendar.YearError (a deadline beyond the last year
// with published holidays), dispatch.ErrNothingDue.
func Decide(cs *dispatch.Case, cmd dispatch.Command, facts Facts, c *city.City) ([]dispatch.Event, error) {
	if cmd.Act == dispatch.ActFile {
		events, err := decideFile(nil, cmd, facts, c)
		if err != nil {
			return nil, err
		}
		stamp(events, 0, &cmd, c)
		escalation.Schedule(nil, events, c)
		if events, err = begun(&dispatch.Case{}, events, &cmd, c); err != nil {
			return nil, err
		}
		told.Tell(nil, events, facts.Reporters, c)
		if len(c.Runs) == 0 {
			return events, nil
		}
		cs := dispatch.FoldNew(0, events)
		after, err := follow(cs, cs, &cmd, c)
		return append(events, after...), err
	}
	if cmd.At.Before(cs.UpdatedAt) {
		cmd.At = cs.UpdatedAt
	}
	var before []dispatch.Event
	first := func(more []dispatch.Event, err error) error {
		if len(more) > 0 {
			cs, before = dispatch.FoldAll(cs, more), append(before, more...)
		}
		return err
	}
	if err := first(follow(cs, cs, &cmd, c)); err != nil {
		return nil, err
	}
	if err := first(lift(cs, &cmd, c)); err != nil {
		return nil, err
	}
	if err := first(overdue(cs, &cmd, c)); err != nil {
		return nil, err
	}
	events, err := decide(cs, cmd, facts, c)
	if errors.Is(err, dispatch.ErrNothingDue) && len(before) > 0 {
		return before, nil
	}
	if err != nil {
		return nil, err
	}
	stamp(events, cs.Seq, &cmd, c)
	if cmd.Act != dispatch.ActTick {
		escalation.Schedule(cs, events, c)
		if events, err = begun(cs, events, &cmd, c); err != nil {
			return nil, err
		}
	}
	told.Tell(cs, events, facts.Reporters, c)
	if len(c.Runs) > 0 || cs.Campaign.Held {
		after, err := follow(cs, dispatch.FoldAll(cs, events), &cmd, c)
		if err != nil {
			return nil, err
		}
		events = append(events, after...)
	}
	events = append(before, events...)
	told.Once(events)
	return events, nil
}

// begun adds the steps that fire at the very beginning of a clock which the events start (0 %), so that they are told in
// the same commit.
func begun(cs *dispatch.Case, events []dispatch.Event, cmd *dispatch.Command, c *city.City) ([]dispatch.Event, error) {
	if !escalation.BeginsAtOnce(c, events) {
		return events, nil
	}
	n := dispatch.FoldAll(cs, events)
	if n.NextAt.IsZero() || n.NextAt.After(cmd.At) {
		return events, nil
	}
	tick := dispatch.Command{Act: dispatch.ActTick, At: cmd.At}
	fired, err := escalation.Tick(n, tick, c)
	if err != nil {
		return nil, err
	}
	stamp(fired, n.Seq, &tick, c)
	return append(events, fired...), nil
}

// overdue fires the steps that fell due before an act which ends the owner's work, and that nobody has fired yet,
// because the timer loop is late or has not run since the clock resumed. So the act leaves out no step that was due. So do
// the alarms of a receipt before an act that acknowledges the work.
func overdue(cs *dispatch.Case, cmd *dispatch.Command, c *city.City) ([]dispatch.Event, error) {
	row, ok := rowOf(cmd.Act)
	if !ok || !row.endsWork && !(row.receives && receiptDue(cs, cmd.At)) || cs.NextAt.IsZero() || cs.NextAt.After(cmd.At) {
		return nil, nil
	}
	tick := dispatch.Command{Act: dispatch.ActTick, At: cmd.At}
	events, err := escalation.Tick(cs, tick, c)
	if err != nil {
		return nil, err
	}
	stamp(events, cs.Seq, &tick, c)
	return events, nil
}

// stamp numbers the events and notes who caused them; the service itself causes a tick.
func stamp(events []dispatch.Event, after uint64, cmd *dispatch.Command, c *city.City) {
	for i := range events {
		e := &events[i]
		e.Seq = after + uint64(i) + 1
		e.At, e.Revision = cmd.At, c.Revision
		if cmd.Act != dispatch.ActTick {
			e.Actor, e.Post = cmd.Actor, cmd.Post
			if e.Note == "" {
				e.Note = cmd.Note
			}
		}
	}
}

// decide checks stage, guards and needs of an act and asks its decider.
func decide(cs *dispatch.Case, cmd dispatch.Command, facts Facts, c *city.City) ([]dispatch.Event, error) {
	if decider, ok := services[cmd.Act]; ok {
		return decider(cs, cmd, facts, c)
	}
	if err := Refusal(c, cmd.Actor, cmd.Act, cs, cmd.At); err != nil {
		return nil, err
	}
	row, _ := rowOf(cmd.Act)
	if err := row.choose(c, cs, &cmd); err != nil {
		return nil, err
	}
	if lacks := row.missing(&cmd, c, cs); len(lacks) > 0 {
		return nil, refuse(cs, cmd.Act, dispatch.JoinTexts(i18n.F("it needs ", "必须提供："), lacks))
	}
	events, err := row.decide(cs, cmd, facts, c)
	if err != nil {
		return nil, err
	}
	if why := duplicate.KeepsUrgent(c, cs, events, facts.Joined); why != guard.None {
		return nil, refuse(cs, cmd.Act, why)
	}
	return events, nil
}

// decideTick fires the steps that are due.
func decideTick(cs *dispatch.Case, cmd dispatch.Command, _ Facts, c *city.City) ([]dispatch.Event, error) {
	return escalation.Tick(cs, cmd, c)
}

// decideReproject moves the deadlines to where the present calendars put them.
func decideReproject(cs *dispatch.Case, _ dispatch.Command, _ Facts, c *city.City) ([]dispatch.Event, error) {
	return sla.Reproject(cs, c)
}
