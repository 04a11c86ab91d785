package lifecycle

import (
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"wangge/dispatch"
	"wangge/dispatch/city/roster"
	"wangge/dispatch/waits"
)

// untold lists what is wrong with the notices of an act: a new wait of which nobody who answers for it is told, a person
// who is told twice or of an act of their own.
func untold(l *life, before *dispatch.Case, events []dispatch.Event) (wrong []string) {
	var told []roster.PersonID
	actor := roster.PersonID("")
	for i := range events {
		e := &events[i]
		if len(e.Notified) != len(e.NotifiedPosts) || len(e.Notified) != len(e.NotifiedAs) {
			wrong = append(wrong, "a recipient without a post or a reason")
		}
		if e.Kind == dispatch.EventEscalated || e.Kind == dispatch.EventEscalatedByHand || e.Kind == dispatch.EventReminded {
			continue
		}
		if actor = e.Actor; actor != "" && slices.Contains(e.Notified, actor) {
			wrong = append(wrong, "the actor is told of the own act "+e.Kind.String())
		}
		for _, p := range e.Notified {
			if slices.Contains(told, p) {
				wrong = append(wrong, string(p)+" is told twice")
			}
			told = append(told, p)
		}
	}
	had := waits.For(l.c, before)
	for _, w := range waits.For(l.c, l.cs) {
		same := func(o waits.Wait) bool { return o.What == w.What && o.Unit == w.Unit && o.Post == w.Post }
		if slices.ContainsFunc(had, same) && (w.What != waits.Decision || before.Request.Level == l.cs.Request.Level) {
			continue
		}
		answers := []roster.PersonID{l.cs.Handler}
		for _, to := range waits.Answerers(l.c, l.cs, w, l.now) {
			answers = append(answers, to.Person)
		}
		if !slices.ContainsFunc(answers, func(p roster.PersonID) bool { return p != "" && (p == actor || slices.Contains(told, p)) }) {
			wrong = append(wrong, "nobody is told that the case waits for: "+w.What.Text().En+" from "+string(w.Post))
		}
	}
	return wrong
}

// Whatever is done to a case at whatever stage: of everything for which the case now waits, somebody who can do it has
// been told in the same act.
func TestTell_NoNewWaitIsUntold(t *testing.T) {
	t.Parallel()
	for stage := dispatch.Reported; stage <= dispatch.SelfResolved; stage++ {
		for i := range transitions {
			row := &transitions[i]
			if !row.starts(stage) {
				continue
			}
			l := lives(t, stage)
			l.ready(row.act)
			before, from := *l.cs, len(l.events)
			l.do(l.full(row.act))
			for _, why := range untold(l, &before, l.events[from:]) {
				t.Errorf("%s of a case that is %s: %s", row.act, stage, why)
			}
		}
	}
}

// The same over random lives, at any hour of day and night.
func TestTell_NoNewWaitIsUntoldInAnyLife(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		l := lives(t, dispatch.Reported)
		for range rapid.IntRange(1, 25).Draw(t, "acts") {
			l.now = l.now.Add(time.Duration(rapid.IntRange(1, 3000).Draw(t, "minutes")) * time.Minute)
			cmd := l.full(rapid.SampledFrom(append(PersonsActs(), dispatch.ActTick)).Draw(t, "act"))
			cmd.Actor = roster.PersonID(rapid.SampledFrom([]string{"a", "b", "p-leader"}).Draw(t, "actor"))
			cmd.Passed = rapid.Bool().Draw(t, "passed")
			events, err := l.try(cmd)
			if err != nil {
				continue
			}
			before := l.cs
			l.events, l.cs = append(l.events, events...), dispatch.FoldAll(l.cs, events)
			for _, why := range untold(l, before, events) {
				t.Fatalf("%s of a case that is %s: %s", cmd.Act, before.Stage, why)
			}
		}
	})
}

// A past record tells nobody, however far its filing goes.
func TestTell_PastRecordTellsNobody(t *testing.T) {
	t.Parallel()
	l := lives(t, dispatch.Reported)
	r, place := l.cs.Report, l.cs.Place
	r.Source = dispatch.SourceImport
	l.cs, l.events = &dispatch.Case{ID: 42}, nil
	l.report(&r, &place)
	if l.cs.Stage != dispatch.Dispatched {
		t.Fatalf("the record is %s, want dispatched", l.cs.Stage)
	}
	for _, e := range l.events {
		if len(e.Notified) > 0 {
			t.Errorf("%s tells %v", e.Kind, e.Notified)
		}
	}
}
