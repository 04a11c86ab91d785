package lifecycle

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"wangge/dispatch"
	"wangge/dispatch/city"
	"wangge/dispatch/city/citytest"
	"wangge/dispatch/city/roster"
	"wangge/dispatch/escalation"
	"wangge/dispatch/revise"
	"wangge/dispatch/routing"
	"wangge/grid"
)

// receiptCity is the toy city where severity A is signed for within ten minutes and B within an hour of working time.
func receiptCity(t testing.TB) *city.City {
	t.Helper()
	yaml := string(citytest.ToyDirectory()["city.yaml"])
	return citytest.Varied(t, map[string]string{"city.yaml": strings.Replace(yaml, "near_border_m: 30}", "near_border_m: 30, receipt_minutes: {A: 10, B: 60}}", 1)})
}

// flooded is a case of severity A with a co-owner, dispatched on Friday evening.
func flooded(t fatal, c *city.City) *life {
	l := &life{t: t, c: c, cs: &dispatch.Case{ID: 42}, facts: lookedUp(), now: time.Date(2026, 3, 6, 18, 2, 0, 0, c.Location)}
	where := grid.Position{Lat: citytest.InW1A.Lat, Lng: citytest.InW1A.Lng, Datum: grid.WGS84, AccuracyM: 5}
	place, err := routing.PlaceOf(c, where)
	if err != nil {
		t.Fatalf("%v", err)
	}
	l.report(&dispatch.Report{
		ClientID: "r", Reporter: citytest.InspectorW1A, Source: dispatch.SourceInspector, Category: citytest.Flooding, Position: where,
		CapturedAt: l.now, ReceivedAt: l.now,
	}, &place)
	return l
}

// signature is what a reader of a case's log says of one receipt, without any of the code that keeps it: when the work was
// given last, whether somebody has signed for it, and the alarms since.
type signature struct {
	asked  bool
	signed bool
	since  time.Time
	alarms int
}

// receiptLog is a reader of a case's log: of the owner's receipt.
type receiptLog struct{ lead signature }

// hear takes an event in and lists its faults.
func (r *receiptLog) hear(e *dispatch.Event, before *dispatch.Case) string {
	s := &r.lead
	// Not exhaustive: other events neither give work nor sign for it.
	//exhaustive:ignore
	switch e.Kind {
	case dispatch.EventDispatched, dispatch.EventRerouted, dispatch.EventCheckFailed:
		*s = signature{asked: true, since: e.At}
	case dispatch.EventHandedOver:
		if e.Handler == "" {
			*s = signature{asked: true, since: e.At}
		} else {
			s.signed = true
		}
	case dispatch.EventResumed, dispatch.EventUnmerged:
		if s.asked && !s.signed {
			*s = signature{asked: true, since: e.At}
		}
	case dispatch.EventReturned:
		*s = signature{}
	case dispatch.EventRequested:
		s.signed = s.signed || e.Request == dispatch.RequestExtension || e.Request == dispatch.RequestSuspension
	case dispatch.EventStarted, dispatch.EventResolved, dispatch.EventMilestoneCompleted:
		s.signed = true
	case dispatch.EventAcknowledged:
		if e.Party == (roster.Unit{}) {
			if !s.asked || s.signed {
				return "a receipt is given that nobody owes"
			}
			s.signed = true
		}
	case dispatch.EventReceiptMissed:
		still := before.Stage != dispatch.Dispatched && before.Stage != dispatch.Handling
		if e.Party != (roster.Unit{}) && !still {
			return ""
		}
		due := s.since.Add(time.Duration(s.alarms+1) * 10 * time.Minute)
		switch {
		case still:
			return "an alarm comes while the work stands still"
		case !s.asked || s.signed:
			return "an alarm comes after the receipt"
		case e.At.Before(due) || e.Late != e.At.Sub(due):
			return "an alarm comes at the wrong time, or says another lateness"
		case e.Step != s.alarms || s.alarms == 5:
			return "an alarm too many"
		}
		s.alarms++
	default:
	}
	return ""
}

// unarmed says that the receipt is owed and no timer will miss it.
func (r *receiptLog) unarmed(cs *dispatch.Case) bool {
	if s := r.lead; s.asked && !s.signed && s.alarms < 5 && (cs.Stage == dispatch.Dispatched || cs.Stage == dispatch.Handling) {
		return cs.NextAt.IsZero() || cs.NextAt.After(s.since.Add(time.Duration(s.alarms+1)*10*time.Minute))
	}
	return false
}

// signedLife carries random acts out on a case of severity A, with a scheduler that looks now and then. It returns the alarms and
// the receipts of the owner.
func signedLife(t fatal, c *city.City, acts []randomAct) (alarms, receipts int) {
	l, log := flooded(t, c), &receiptLog{}
	replay := &dispatch.Case{ID: 42}
	hear := func(events []dispatch.Event) {
		for i := range events {
			after := dispatch.Fold(replay, events[i])
			if why := log.hear(&events[i], replay); why != "" {
				t.Fatalf("event %d, %s at %s: %s", events[i].Seq, events[i].Kind, events[i].At, why)
			}
			switch replay = after; {
			case events[i].Kind == dispatch.EventReceiptMissed:
				alarms++
			case events[i].Kind == dispatch.EventAcknowledged:
				receipts++
			}
		}
		if log.unarmed(replay) {
			t.Fatalf("at %s the case is %s, its receipt is owed since %s after %d alarms, and the timer is at %s", l.now, replay.Stage, log.lead.since, log.lead.alarms, replay.NextAt)
		}
	}
	hear(l.events)
	for _, a := range acts {
		l.now = l.now.Add(time.Duration(a.minutes) * time.Minute / 4)
		cmd := l.full(a.act)
		cmd.Actor, cmd.Passed, cmd.Until = a.actor, a.passed, l.now.Add(time.Hour)
		if a.act == dispatch.ActCheck {
			cmd.Actor = citytest.Checker
		}
		events, err := l.try(cmd)
		if err != nil {
			continue
		}
		l.cs = dispatch.FoldAll(l.cs, events)
		hear(events)
	}
	return alarms, receipts
}

// Over random lives: a case of severity A whose owner owes a receipt always has the timer of the next alarm armed; no
// alarm comes after the receipt, while the work stands still, too early, or a sixth time.
func TestReceipt_RandomLives(t *testing.T) {
	t.Parallel()
	c := receiptCity(t)
	people := []roster.PersonID{citytest.WaterOwner, citytest.WaterCrew, citytest.LeaderW, citytest.Dispatcher}
	acts := []dispatch.Act{
		dispatch.ActAcknowledge, dispatch.ActStart, dispatch.ActResolve, dispatch.ActCheck, dispatch.ActSuspend, dispatch.ActDecideSuspension,
		dispatch.ActResume, dispatch.ActReturn, dispatch.ActDispatch, dispatch.ActMerge, dispatch.ActUnmerge, dispatch.ActReroute, dispatch.ActExtend,
		dispatch.ActHandOver, dispatch.ActReclassify, dispatch.ActComment, dispatch.ActClose, dispatch.ActTick, dispatch.ActTick, dispatch.ActTick, dispatch.ActTick,
	}
	drawn := rapid.Custom(func(t *rapid.T) []randomAct {
		out := make([]randomAct, rapid.IntRange(1, 40).Draw(t, "acts"))
		for i := range out {
			out[i] = randomAct{
				minutes: rapid.IntRange(1, 90).Draw(t, "minutes"), act: rapid.SampledFrom(acts).Draw(t, "act"),
				actor: rapid.SampledFrom(people).Draw(t, "actor"), passed: rapid.IntRange(0, 3).Draw(t, "passed") == 0,
			}
		}
		return out
	})
	rapid.Check(t, func(t *rapid.T) { signedLife(t, c, drawn.Draw(t, "life")) })

	alarms, receipts := 0, 0
	for seed := range 200 {
		a, r := signedLife(t, c, drawn.Example(seed))
		alarms, receipts = alarms+a, receipts+r
	}
	if alarms < 100 || receipts < 20 {
		t.Errorf("%d alarms and %d receipts in 200 lives: the property is not tried", alarms, receipts)
	}
}

// The service was down from six to seven: who signs at seven hears first, late and in order, of the alarms that fell due,
// and the log keeps that the owner signed late. Afterwards there is silence.
func TestReceipt_AlarmsAreMadeUpForBeforeItIsGiven(t *testing.T) {
	t.Parallel()
	l := flooded(t, receiptCity(t))
	l.now = l.now.Add(25 * time.Minute)
	was := len(l.events)
	l.do(dispatch.Command{Act: dispatch.ActAcknowledge, Actor: citytest.WaterCrew})
	var got []string
	for _, e := range l.events[was:] {
		if e.Party == (roster.Unit{}) {
			got = append(got, e.Kind.String()+" "+e.Late.String())
		}
	}
	if want := "receipt_missed 15m0s, receipt_missed 5m0s, acknowledged 0s"; strings.Join(got, ", ") != want {
		t.Errorf("signed after an outage: %s, want %s", strings.Join(got, ", "), want)
	}
	if l.cs.Receipt.Owed() || l.cs.Receipt.By != citytest.WaterCrew || l.cs.Receipt.Missed != 2 {
		t.Errorf("the receipt is %+v", l.cs.Receipt)
	}
}

// The service was down from six to half past six, in which two units signed for nothing: three alarms of each fall due together and
// stay in the log. Every person is told once, by the last alarm that concerns the person, the duty chief of both units.
func TestReceipt_AlarmsThatFallDueTogetherAreOneMessage(t *testing.T) {
	t.Parallel()
	l := flooded(t, receiptCity(t))
	l.now = l.now.Add(35 * time.Minute)
	was := len(l.events)
	l.do(dispatch.Command{Act: dispatch.ActTick})
	var alarms []string
	told := map[roster.PersonID]int{}
	for _, e := range l.events[was:] {
		if e.Kind != dispatch.EventReceiptMissed {
			t.Fatalf("%s happens beside the alarms", e.Kind)
		}
		alarms = append(alarms, fmt.Sprintf("%s %d %v", e.Party.ID, e.Step, e.Notified))
		for _, p := range e.Notified {
			told[p]++
		}
	}
	want := []string{" 0 []", "W 0 []", " 1 []", "W 1 []", " 2 [water-leader]", "W 2 [leader-w chief]"}
	if !slices.Equal(alarms, want) {
		t.Errorf("after the outage the alarms are %q, want %q", alarms, want)
	}
	if l.cs.Receipt.Missed != 3 || l.cs.CoOwners[0].Receipt.Missed != 3 {
		t.Errorf("the receipts are %+v and %+v, want three alarms of each", l.cs.Receipt, l.cs.CoOwners[0].Receipt)
	}
	l.now = l.now.Add(10 * time.Minute)
	was = len(l.events)
	l.do(dispatch.Command{Act: dispatch.ActAcknowledge, Actor: citytest.LeaderW, Party: roster.Unit{Kind: roster.UnitArea, ID: "W"}})
	for _, e := range l.events[was:] {
		if slices.Contains(e.Notified, citytest.LeaderW) {
			t.Errorf("%s tells the person who signs at this moment that nobody has signed", e.Kind)
		}
	}
}

// A matter that turns out to be of severity A while it waits at the owner must be signed for; one that is under way was
// received.
func TestReceipt_AnotherSeverity(t *testing.T) {
	t.Parallel()
	c := receiptCity(t)
	for _, started := range []bool{false, true} {
		l := flooded(t, c)
		if started {
			l.do(dispatch.Command{Act: dispatch.ActStart, Actor: citytest.WaterCrew})
		}
		l.do(dispatch.Command{Act: dispatch.ActReclassify, Category: citytest.Rubbish, Note: "a bin has fallen over"})
		if l.cs.Receipt.Owed() {
			t.Errorf("started %t: severity C owes a receipt: %+v", started, l.cs.Receipt)
		}
		l.now = l.now.Add(5 * time.Minute)
		l.do(dispatch.Command{Act: dispatch.ActReclassify, Category: citytest.Flooding, Note: "it is the drain after all"})
		if owed := l.cs.Receipt.Owed(); owed == started || owed && !l.cs.Receipt.Due.Equal(l.now.Add(10*time.Minute)) {
			t.Errorf("started %t: severity A again, the receipt is %+v", started, l.cs.Receipt)
		}
	}
}

// A revision of the city that gives the case to another unit asks that unit to sign.
func TestReceipt_NewOwnerByRevision(t *testing.T) {
	t.Parallel()
	l := flooded(t, receiptCity(t))
	l.do(dispatch.Command{Act: dispatch.ActAcknowledge, Actor: citytest.WaterCrew})
	l.do(dispatch.Command{Act: dispatch.ActAcknowledge, Actor: citytest.LeaderW})
	yaml := string(citytest.ToyDirectory()["city.yaml"])
	rules := strings.Replace(string(citytest.ToyDirectory()["rules.csv"]), "30,E0201,,,,,,,,line:WATER", "30,E0201,,,,,,,,line:GREEN", 1)
	is := citytest.Varied(t, map[string]string{
		"city.yaml": strings.Replace(yaml, "near_border_m: 30}", "near_border_m: 30, receipt_minutes: {A: 10, B: 60}}", 1), "rules.csv": rules,
	})
	l.now = l.now.Add(time.Minute)
	e := revised(t, l.c, is, l)
	cs := dispatch.Fold(l.cs, e)
	if cs.Owner.Unit.ID != "GREEN" || !cs.Receipt.Owed() || !cs.Receipt.Due.Equal(l.now.Add(10*time.Minute)) || !cs.NextAt.Equal(escalation.NextTimer(is, cs).At) || cs.NextAt.After(cs.Receipt.Due) {
		t.Errorf("moved to %s, the receipt is %+v, the timer at %s", cs.Owner.Unit, cs.Receipt, cs.NextAt)
	}
}

// A step at 0 % tells at the instant at which the clock starts, in the same act, before every other step, and once: rework
// does not tell again.
func TestLadder_StepAtZeroPercent(t *testing.T) {
	t.Parallel()
	c := citytest.Varied(t, map[string]string{"ladders.yaml": "ladders:\n  - name: default\n    steps:\n" +
		"      - {at_percent: 0, light: green, whom: \"superior, dispatcher\"}\n      - {at_percent: 50, light: yellow, whom: owner}\n      - {at_percent: 100, light: red, whom: superior}\n"})
	l := flooded(t, c)
	at := func(k dispatch.EventKind) (out []string) {
		for _, e := range l.events {
			if e.Kind == k {
				out = append(out, e.At.In(c.Location).Format("15:04"))
			}
		}
		return out
	}
	last := l.events[len(l.events)-1]
	if last.Kind != dispatch.EventEscalated || last.Step != 0 || last.Light != "green" || !last.At.Equal(l.now) || last.Late != 0 || last.Actor != "" || len(last.Notified) == 0 {
		t.Fatalf("the last event of the filing is %s step %d %v, want the step at 0 %%", last.Kind, last.Step, last.Notified)
	}
	if l.cs.NextStep != 1 || !l.cs.NextAt.Equal(l.now.Add(time.Hour)) {
		t.Errorf("after it the case is at step %d, next at %s, want 50 %%", l.cs.NextStep, l.cs.NextAt)
	}
	l.now = l.now.Add(10 * time.Minute)
	l.do(dispatch.Command{Act: dispatch.ActStart, Actor: citytest.WaterCrew})
	l.now = l.now.Add(10 * time.Minute)
	l.do(dispatch.Command{Act: dispatch.ActResolve, Actor: citytest.WaterCrew, Photos: []string{"after"}})
	l.now = l.now.Add(10 * time.Minute)
	cmd := l.full(dispatch.ActCheck)
	cmd.Actor, cmd.Passed = citytest.Checker, false
	l.do(cmd)
	// The filing, and the beginning of the check: stages without a ladder of their own use this one.
	if got := strings.Join(at(dispatch.EventEscalated), " "); got != "18:02 18:22" {
		t.Errorf("steps fired at %s, want 18:02 18:22", got)
	}
}

// revised is the event with which a revision moves the case of a life.
func revised(t fatal, was, is *city.City, l *life) dispatch.Event {
	m, moves := revise.Compare(was, is, l.cs, city.Successors{}, l.now)
	if !moves {
		t.Fatalf("the revision moves nothing")
	}
	return revise.EventOf(was, is, l.cs, m, "", "", "", l.now)
}
