package dispatch_test

import (
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"wangge/dispatch"
	"wangge/dispatch/city"
	"wangge/dispatch/city/calendar"
	"wangge/dispatch/city/catalog"
	"wangge/dispatch/city/cities"
	"wangge/dispatch/city/compile"
	"wangge/dispatch/city/roster"
	"wangge/dispatch/lifecycle"
	"wangge/dispatch/routing"
	"wangge/grid"
)

// harbin loads the embedded city once: it is immutable.
// loadHarbin is done once: a city is never changed.
var loadHarbin = sync.OnceValues(func() (*city.City, error) {
	fsys, err := cities.FS("harbin")
	if err != nil {
		return nil, err
	}
	c, faults := compile.FS(fsys)
	if len(faults) > 0 {
		return nil, errors.New(faults[0].String())
	}
	return c, nil
})

func harbin(t testing.TB) *city.City {
	t.Helper()
	c, err := loadHarbin()
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// daoli is a place in 道里区, well inside it.
var daoli = grid.Position{Lat: 45.755, Lng: 126.600, Datum: grid.WGS84, AccuracyM: 10}

func at(c *city.City, s string) time.Time {
	t, err := time.ParseInLocation("2006-01-02 15:04", s, c.Location)
	if err != nil {
		panic(err)
	}
	return t
}

func apply(t *testing.T, cs *dispatch.Case, cmd dispatch.Command, c *city.City) *dispatch.Case {
	t.Helper()
	from := cs
	if cmd.Act == dispatch.ActFile {
		from = nil
	}
	events, err := lifecycle.Decide(from, cmd, c)
	if err != nil {
		t.Fatalf("Decide(%s) = %v", cmd.Act, err)
	}
	for _, e := range events {
		cs = dispatch.Fold(cs, e)
	}
	return cs
}

func file(t *testing.T, c *city.City, code catalog.Code, src dispatch.Source, when time.Time) *dispatch.Case {
	t.Helper()
	p, err := routing.PlaceOf(c, daoli)
	if err != nil {
		t.Fatal(err)
	}
	r := &dispatch.Report{ClientID: "r-1", Reporter: "someone", Source: src, Category: code, Position: daoli, CapturedAt: when, ReceivedAt: when}
	return apply(t, &dispatch.Case{ID: dispatch.NewCaseID(when, 1)}, dispatch.Command{Act: dispatch.ActFile, At: when, Actor: "p-230102-inspector-1", Report: r, Place: &p}, c)
}

func anyEvent(c *city.City) catalog.Code {
	best := catalog.Code("")
	for code, cat := range c.Categories {
		if cat.Kind == catalog.Event && (best == "" || code < best) {
			best = code
		}
	}
	return best
}

func TestInspectorReportIsDispatchedAtOnce(t *testing.T) {
	c := harbin(t)
	cs := file(t, c, anyEvent(c), dispatch.SourceInspector, at(c, "2026-03-04 09:00"))
	if cs.Stage != dispatch.Dispatched || cs.Owner.Post == "" || cs.Rule == "" {
		t.Errorf("stage %v owner %+v rule %q, want dispatched to a post by a rule", cs.Stage, cs.Owner, cs.Rule)
	}
	if !cs.Clock.Due.After(cs.Clock.Since) || !cs.NextAt.After(cs.Clock.Since) {
		t.Errorf("clock %+v next %v, want a deadline and an armed timer", cs.Clock, cs.NextAt)
	}
	if got := cs.Seq; got != 3 {
		t.Errorf("seq %d, want 3: reported, filed, dispatched", got)
	}
}

func TestHotlineReportWaitsForAnAcceptor(t *testing.T) {
	c := harbin(t)
	cs := file(t, c, anyEvent(c), dispatch.SourceHotline, at(c, "2026-03-04 09:00"))
	if cs.Stage != dispatch.Reported || cs.Owner.Post != "" {
		t.Fatalf("stage %v owner %+v, want reported and nobody's yet", cs.Stage, cs.Owner)
	}
	cs = apply(t, cs, dispatch.Command{Act: dispatch.ActAccept, At: at(c, "2026-03-04 09:05"), Actor: "acceptor"}, c)
	cs = apply(t, cs, dispatch.Command{Act: dispatch.ActDispatch, At: at(c, "2026-03-04 09:06"), Actor: "dispatcher"}, c)
	if cs.Stage != dispatch.Dispatched || cs.Owner.Post == "" {
		t.Errorf("stage %v owner %+v, want dispatched", cs.Stage, cs.Owner)
	}
}

// The straight road with one failed check: the fixer may not check, rework keeps the deadline.
func TestStraightRoadWithRework(t *testing.T) {
	c := harbin(t)
	cs := file(t, c, anyEvent(c), dispatch.SourceInspector, at(c, "2026-03-04 09:00"))
	due := cs.Clock.Due
	fixer, _ := c.Roster.OnDuty(cs.Owner.Post, at(c, "2026-03-04 09:00"))
	do := func(act dispatch.Act, when string, mod func(*dispatch.Command)) {
		t.Helper()
		cmd := dispatch.Command{Act: act, At: at(c, when), Actor: fixer, Photos: []string{"after"}, Position: &daoli}
		if mod != nil {
			mod(&cmd)
		}
		cs = apply(t, cs, cmd, c)
	}
	do(dispatch.ActStart, "2026-03-04 09:10", nil)
	do(dispatch.ActResolve, "2026-03-04 09:20", nil)

	_, err := lifecycle.Decide(cs, dispatch.Command{Act: dispatch.ActCheck, At: at(c, "2026-03-04 09:25"), Actor: fixer, Passed: true}, c)
	var refused *dispatch.RefusedError
	if !errors.As(err, &refused) || !strings.Contains(refused.Why.En, "can't check") {
		t.Errorf("the fixer's own check: %v, want refused", err)
	}
	_, err = lifecycle.Decide(cs, dispatch.Command{Act: dispatch.ActClose, At: at(c, "2026-03-04 09:25"), Actor: "acceptor", Closing: "x"}, c)
	if !errors.As(err, &refused) {
		t.Errorf("close before the check: %v, want refused", err)
	}

	do(dispatch.ActCheck, "2026-03-04 09:30", func(m *dispatch.Command) { m.Actor = "checker" })
	if cs.Stage != dispatch.Handling || cs.Reworks != 1 || !cs.Clock.Due.Equal(due) {
		t.Errorf("after a failed check: %v reworks %d due %v, want handling, 1, the first deadline %v", cs.Stage, cs.Reworks, cs.Clock.Due, due)
	}
	do(dispatch.ActResolve, "2026-03-04 10:00", nil)
	do(dispatch.ActCheck, "2026-03-04 10:10", func(m *dispatch.Command) { m.Actor, m.Passed = "checker", true })
	do(dispatch.ActClose, "2026-03-04 10:20", func(m *dispatch.Command) { m.Closing, m.Outcome = "done", dispatch.OutcomeFixed })
	if cs.Open() || !cs.NextAt.IsZero() || cs.Outcome != dispatch.OutcomeFixed {
		t.Errorf("closed case %+v still has a timer or no outcome", cs)
	}
	if _, err := lifecycle.Decide(cs, dispatch.Command{Act: dispatch.ActTick, At: at(c, "2026-12-04 10:20")}, c); !errors.Is(err, dispatch.ErrNothingDue) {
		t.Errorf("tick of a closed case: %v, want ErrNothingDue", err)
	}
}

// Nobody acts: the ladder climbs to named people, each rung once, also when all were missed.
func TestLadderCatchesUpInOrder(t *testing.T) {
	c := harbin(t)
	start := at(c, "2026-03-04 09:00")
	slow := file(t, c, anyEvent(c), dispatch.SourceInspector, start)
	for !slow.NextAt.IsZero() {
		slow = apply(t, slow, dispatch.Command{Act: dispatch.ActTick, At: slow.NextAt}, c)
	}
	cs := file(t, c, anyEvent(c), dispatch.SourceInspector, start)
	events, err := lifecycle.Decide(cs, dispatch.Command{Act: dispatch.ActTick, At: start.AddDate(0, 3, 0)}, c)
	if err != nil {
		t.Fatal(err)
	}
	steps := c.Ladders[cs.Ladder].Steps
	if len(events) != len(steps) || slow.NextStep != len(steps) {
		t.Fatalf("%d rungs at once and %d one by one, want %d each", len(events), slow.NextStep, len(steps))
	}
	for i, e := range events {
		if e.Step != i || e.Late <= 0 {
			t.Errorf("rung %d fired as step %d, late %v", i, e.Step, e.Late)
		}
		if e.Kind == dispatch.EventEscalated && (len(e.Told) == 0 || len(e.Told) != len(e.ToldPosts)) {
			t.Errorf("rung %d told %v at %v, want named people", i, e.Told, e.ToldPosts)
		}
	}
}

func TestReturnNeedsReasonAndWindow(t *testing.T) {
	c := harbin(t)
	cs := file(t, c, anyEvent(c), dispatch.SourceInspector, at(c, "2026-03-04 09:00"))
	var refused *dispatch.RefusedError
	_, err := lifecycle.Decide(cs, dispatch.Command{Act: dispatch.ActReturn, At: at(c, "2026-03-04 09:10")}, c)
	if !errors.As(err, &refused) {
		t.Errorf("return without a reason: %v, want refused", err)
	}
	_, err = lifecycle.Decide(cs, dispatch.Command{Act: dispatch.ActReturn, Reason: dispatch.NotMyArea, At: at(c, "2026-03-05 09:10")}, c)
	if !errors.As(err, &refused) {
		t.Errorf("return after the window: %v, want refused", err)
	}
	cs = apply(t, cs, dispatch.Command{Act: dispatch.ActReturn, Reason: dispatch.NotMyArea, At: at(c, "2026-03-04 09:10")}, c)
	if cs.Stage != dispatch.Returned || cs.Returns != 1 || cs.Owner.Post != "" {
		t.Errorf("returned case: %v returns %d owner %+v", cs.Stage, cs.Returns, cs.Owner)
	}
}

func TestExplainGivesTheSameOwnerAsRoute(t *testing.T) {
	c := harbin(t)
	p, err := routing.PlaceOf(c, daoli)
	if err != nil {
		t.Fatal(err)
	}
	when := at(c, "2026-03-04 09:00")
	for code := range c.Categories {
		d, err := routing.Route(c, p, code, when)
		if err != nil {
			t.Errorf("Route(%s) = %v", code, err)
			continue
		}
		x, err := routing.Explain(c, p, code, when)
		if err != nil {
			t.Errorf("Explain(%s) = %v", code, err)
			continue
		}
		if last := x.Considered[len(x.Considered)-1]; !last.Matched || last.Rule != d.Rule {
			t.Errorf("Explain(%s) ends with %+v, want rule %s", code, last, d.Rule)
		}
		x.Considered = nil
		if diff := cmp.Diff(d, x); diff != "" {
			t.Errorf("Route and Explain of %s differ:\n%s", code, diff)
		}
	}
	var unknown *dispatch.UnknownCategoryError
	if _, err := routing.Route(c, p, "E010", when); !errors.As(err, &unknown) || len(unknown.Nearest) == 0 {
		t.Errorf("Route of an unknown category = %v, want the nearest named", err)
	}
}

func TestRightsReachOnlyWhatLiesBelow(t *testing.T) {
	c := harbin(t)
	when := at(c, "2026-03-04 09:00")
	cs := file(t, c, anyEvent(c), dispatch.SourceInspector, when)
	leaderOf := func(area string) roster.PersonID {
		t.Helper()
		post, ok := c.Roster.Post(roster.Unit{Kind: roster.UnitArea, ID: area}, roster.Leader)
		if !ok {
			t.Fatalf("no leader at %s", area)
		}
		return c.Roster.Holdings(post)[0].Person
	}
	if !lifecycle.MayRead(c, leaderOf("230102"), cs, when) {
		t.Error("the leader of 道里区 can't read a case in 道里区")
	}
	if lifecycle.MayRead(c, leaderOf("230110"), cs, when) {
		t.Error("the leader of 香坊区 reads a case in 道里区")
	}
	var denied *dispatch.NotAllowedError
	if _, err := lifecycle.Authorize(c, leaderOf("230110"), dispatch.ActClose, cs, when); !errors.As(err, &denied) {
		t.Errorf("Authorize = %v, want *NotAllowedError", err)
	}
}

// Whoever answers for the present stage is told, and above the city's own office its leader.
func TestLadderTellsWhoAnswersForTheStage(t *testing.T) {
	c := harbin(t)
	start := at(c, "2026-03-04 09:00")
	told := func(cs *dispatch.Case) (out []string) {
		events, err := lifecycle.Decide(cs, dispatch.Command{Act: dispatch.ActTick, At: cs.Clock.Due.AddDate(0, 1, 0)}, c)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range events {
			if e.Kind != dispatch.EventEscalated {
				t.Errorf("stage %s: rung %d is %v, want somebody told", cs.Stage, e.Step, e.Kind)
				continue
			}
			out = append(out, string(e.Told[0]))
		}
		return out
	}
	hotline := file(t, c, anyEvent(c), dispatch.SourceHotline, start)
	if got := told(hotline); !strings.HasPrefix(got[0], "p-acceptor") || got[2] != "p-leader" {
		t.Errorf("not accepted: %v told, want the acceptor, then the leader", got)
	}
	done := file(t, c, anyEvent(c), dispatch.SourceInspector, start)
	owner, _ := c.Roster.OnDuty(done.Owner.Post, start)
	done = apply(t, done, dispatch.Command{Act: dispatch.ActStart, Actor: owner, At: start}, c)
	done = apply(t, done, dispatch.Command{Act: dispatch.ActResolve, Actor: owner, At: start, Photos: []string{"after"}}, c)
	if got := told(done); !strings.HasPrefix(got[0], "p-checker") || got[2] != "p-leader" {
		t.Errorf("not checked: %v told, want the checker, then the leader", got)
	}
}

// Next year's holidays are not published yet: the report is filed with a provisional deadline.
func TestNoReportIsLostAtTheEndOfTheYear(t *testing.T) {
	c := harbin(t)
	for code, cat := range c.Categories {
		if limit := cat.Conditions[0].Limit; limit.Unit == calendar.WorkDays && limit.N > 3 {
			cs := file(t, c, code, dispatch.SourceInspector, at(c, "2026-12-31 16:00"))
			if cs.Stage != dispatch.Dispatched || !cs.Clock.Provisional || cs.Clock.Due.Year() != 2027 {
				t.Errorf("%s: %s, clock %+v; want dispatched with a provisional deadline", code, cs.Stage, cs.Clock)
			}
			return
		}
	}
	t.Error("no category has a limit in work days")
}

// Only an inspector's own ground, and a handler of the owner's own people.
func TestWhoMayVouchAndWhoMayHandle(t *testing.T) {
	c := harbin(t)
	start := at(c, "2026-03-04 09:00")
	p, err := routing.PlaceOf(c, daoli)
	if err != nil {
		t.Fatal(err)
	}
	for person, want := range map[roster.PersonID]dispatch.Stage{"p-230102-inspector-1": dispatch.Dispatched, "p-230110-inspector-1": dispatch.Reported, "p-lighting-owner": dispatch.Reported} {
		r := &dispatch.Report{ClientID: "r-1", Reporter: person, Source: dispatch.SourceInspector, Category: anyEvent(c), Position: daoli, CapturedAt: start, ReceivedAt: start}
		if cs := apply(t, &dispatch.Case{ID: 1}, dispatch.Command{Act: dispatch.ActFile, At: start, Actor: person, Report: r, Place: &p}, c); cs.Stage != want {
			t.Errorf("%s files as an inspector: %s, want %s", person, cs.Stage, want)
		}
	}
	cs := file(t, c, anyEvent(c), dispatch.SourceInspector, start)
	var refused *dispatch.RefusedError
	if _, err := lifecycle.Decide(cs, dispatch.Command{Act: dispatch.ActStart, At: start, Actor: "p-leader", Handler: "p-checker-1"}, c); !errors.As(err, &refused) {
		t.Errorf("a checker as handler: %v, want refused", err)
	}
	accepted := apply(t, &dispatch.Case{ID: 1}, dispatch.Command{Act: dispatch.ActFile, At: start, Actor: "p-acceptor-1", Place: &p, Report: &dispatch.Report{
		ClientID: "r-2", Source: dispatch.SourceHotline, Category: "C0101", Condition: "2", Position: daoli, CapturedAt: start, ReceivedAt: start,
	}}, c)
	accepted = apply(t, accepted, dispatch.Command{Act: dispatch.ActAccept, At: start, Actor: "p-acceptor-1"}, c)
	if accepted.Condition != "2" {
		t.Errorf("accepted under condition %q, want the reported 2", accepted.Condition)
	}
}

func TestCaseNumbers(t *testing.T) {
	for id, want := range map[dispatch.CaseID]string{20261123000000417: "20261123-000417", 20261123001234567: "20261123-1234567", 20261123999999999: "20261123-999999999", 0: "00000000-000000"} {
		if got := id.String(); got != want {
			t.Errorf("CaseID(%d) = %s, want %s", uint64(id), got, want)
		}
		if back, err := dispatch.ParseCaseID(want); id != 0 && (err != nil || back != id) {
			t.Errorf("ParseCaseID(%s) = %d, %v", want, back, err)
		}
	}
}
