package rpc

import (
	"cmp"
	"context"
	"flag"
	"fmt"
	"math"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"wangge/api/resource"
	"wangge/api/wangge/v1"
	"wangge/dispatch"
	"wangge/dispatch/city"
	"wangge/dispatch/city/catalog"
	"wangge/dispatch/city/roster"
	"wangge/dispatch/escalation"
	"wangge/dispatch/lifecycle"
	"wangge/dispatch/rights"
	"wangge/grid"
	"wangge/storage/mem"
)

const boss, dispatcherT = "leader-area-T", "dispatcher-area-T"

// lister is the wards with cases in them, and the model of every list: the cases themselves, read one
// by one, of which a list picks, sorts and counts by looking at each.
type lister struct {
	*rapid.T
	w     *world
	c     *city.City
	cases map[dispatch.CaseID]*dispatch.Case
	n     int
}

func (l *lister) file() {
	var at grid.Point
	for ok := false; !ok; ok = apart(at) {
		at = grid.Point{Lat: 45.7 + 0.012*rapid.Float64Range(0, 1).Draw(l.T, "lat"), Lng: 126.5 + 0.008*rapid.Float64Range(0, 1).Draw(l.T, "lng")}
	}
	l.n++
	r := dispatch.Report{
		ClientID: fmt.Sprint("r-", l.n), Source: rapid.SampledFrom([]dispatch.Source{dispatch.SourceInspector, dispatch.SourceInspector, dispatch.SourceHotline}).Draw(l.T, "source"),
		Category: rapid.SampledFrom([]catalog.Code{"C01", "E01", "E02", "E02", "E03", "E04"}).Draw(l.T, "category"),
		Position: grid.Position{Lat: at.Lat, Lng: at.Lng, Datum: grid.WGS84, AccuracyM: 2}, CapturedAt: l.w.Now(),
		Text: rapid.SampledFrom([]string{"", "井盖缺失", "学府路7号路灯不亮", "A lamp"}).Draw(l.T, "text"),
	}
	who := rapid.SampledFrom([]roster.PersonID{"inspector-area-T", "acceptor-area-T"}).Draw(l.T, "reporter")
	if r.Source == dispatch.SourceHotline {
		who = "acceptor-area-T"
		r.ExternalID = fmt.Sprint("n-", l.n)
		r.Caller.Phone = rapid.SampledFrom([]string{"", "139-0451-7788", "13904517789"}).Draw(l.T, "caller")
		r.Caller.Confidential = r.Caller.Phone != "" && rapid.Bool().Draw(l.T, "confidential")
	}
	cs, _, err := l.w.desk.File(context.Background(), who, r)
	if err != nil {
		l.Fatal(err)
	}
	l.cases[cs.ID] = cs
}

// The road of a case, which is taken more often than the other acts.
var road = []dispatch.Act{
	dispatch.ActAcknowledge, dispatch.ActStart, dispatch.ActResolve, dispatch.ActCheck, dispatch.ActClose, dispatch.ActReturn, dispatch.ActDispatch, dispatch.ActAccept, dispatch.ActSuspend,
	dispatch.ActDecideSuspension, dispatch.ActDecideExtension, dispatch.ActReopen, dispatch.ActUnmerge, dispatch.ActArbitrate, dispatch.ActAppeal,
}

// act does something that somebody may do to a case.
func (l *lister) act() {
	ids := l.ids(func(*dispatch.Case) bool { return true })
	cs := l.cases[rapid.SampledFrom(ids).Draw(l.T, "case")]
	people := l.c.Roster.People()
	who := map[dispatch.Act][]roster.PersonID{}
	var may []dispatch.Act
	for _, p := range people {
		for _, o := range lifecycle.Offers(l.c, p.ID, cs, l.w.Now()) {
			if who[o.Act] == nil {
				may = append(may, o.Act)
				if slices.Contains(road, o.Act) {
					may = append(may, slices.Repeat([]dispatch.Act{o.Act}, 25)...)
				}
			}
			who[o.Act] = append(who[o.Act], p.ID)
		}
	}
	if len(may) == 0 {
		return
	}
	l.n++
	act := rapid.SampledFrom(may).Draw(l.T, "act")
	actor := rapid.SampledFrom(who[act]).Draw(l.T, "actor")
	handler := roster.PersonID("") // the actor, when on call there
	if cs.Owner.Post != "" && rapid.IntRange(0, 4).Draw(l.T, "handler") > 0 {
		handler = personAt(string(cs.Owner.Post))
	}
	unit, err := roster.ParseUnit(rapid.SampledFrom([]string{"area:E", "area:g1", "department:GREEN", "department:WATER", "section:pipe", "section:park", "point:shop", "point:yard"}).Draw(l.T, "unit"))
	if err != nil {
		l.Fatal(err)
	}
	p := cs.Report.Position
	_, err = l.w.desk.Act(context.Background(), actor, cs.ID, 0, fmt.Sprint("a-", l.n), dispatch.Command{
		Act: act, Note: "because", Photos: []string{"photo"}, Position: &p, Passed: rapid.Bool().Draw(l.T, "passed"), Owner: &dispatch.Owner{Unit: unit}, Reason: dispatch.NotMyLine,
		Handler: handler, Closing: "done", Outcome: dispatch.OutcomeFixed, Until: l.w.Now().Add(5 * time.Hour), Target: ids[0], To: "superior",
		Category: rapid.SampledFrom([]catalog.Code{"E01", "E02", "E03"}).Draw(l.T, "to category"), Satisfied: dispatch.Satisfied,
	})
	_ = err // many are refused, which changes nothing
}

// change lets a little happen, and reads every case again.
func (l *lister) change() {
	switch rapid.IntRange(0, 9).Draw(l.T, "what") {
	case 0, 1:
		l.file()
	case 2:
		l.w.setNow(l.w.Now().Add(time.Duration(rapid.IntRange(1, 240).Draw(l.T, "minutes")) * time.Minute))
		for more := true; more; {
			var err error
			if _, more, err = l.w.desk.FireDue(context.Background(), l.w.Now()); err != nil {
				l.Fatal(err)
			}
		}
	default:
		l.act()
	}
	for id := range l.cases {
		cs, err := l.w.desk.Case(context.Background(), boss, id)
		if err != nil {
			l.Fatal(err)
		}
		l.cases[id] = cs
		if again := cs.ReopenedAs; again != 0 && l.cases[again] == nil {
			if l.cases[again], err = l.w.desk.Case(context.Background(), boss, again); err != nil {
				l.Fatal(err)
			}
		}
	}
}

func (l *lister) ids(keep func(*dispatch.Case) bool) []dispatch.CaseID {
	var out []dispatch.CaseID
	for id, cs := range l.cases {
		if keep(cs) {
			out = append(out, id)
		}
	}
	slices.Sort(out)
	return out
}

// asked is one list that somebody asks for.
type asked struct {
	scope         string
	ground        bool
	who           roster.PersonID
	overdue, open bool
	queue         wanggev1.CaseQueue
	order         string
	filter        condition
	size          int32
	started       time.Time
}

func (a asked) String() string {
	return fmt.Sprintf("%s asks for %s %s ground=%v overdue=%v open=%v order=%q filter=%s by %d", a.who, a.scope, a.queue, a.ground, a.overdue, a.open, a.order, a.filter.text, a.size)
}

func (l *lister) ask() asked {
	a := asked{who: boss, size: int32(rapid.IntRange(1, 9).Draw(l.T, "size")), started: l.w.Now(), filter: condition{"", func(*dispatch.Case) bool { return true }}}
	kind := rapid.IntRange(0, 9).Draw(l.T, "scope kind")
	var units []string
	for u := range wardUp {
		units = append(units, u)
	}
	units = append(units, "area:T")
	for range 4 { // under a department more can go wrong: it is late with its own work only
		units = append(units, "department:GREEN", "department:PARKS", "department:WATER")
	}
	slices.Sort(units)
	a.scope = rapid.SampledFrom(units).Draw(l.T, "scope")
	switch {
	case kind < 2:
		who := rapid.SampledFrom(l.c.Roster.People()).Draw(l.T, "whose").ID
		a.scope, a.open = "person:"+string(who), true
		a.who = rapid.SampledFrom([]roster.PersonID{boss, who, "leader-area-W"}).Draw(l.T, "reader")
	case kind < 4:
		a.ground, a.open = true, true
		post := rapid.SampledFrom(wardPosts).Draw(l.T, "reader")
		if _, unit, _ := strings.Cut(post, "@"); under(a.scope, unit) {
			a.who = personAt(post)
		}
	default:
		a.open = rapid.Bool().Draw(l.T, "open")
	}
	if rapid.Bool().Draw(l.T, "of a queue") {
		a.queue = wanggev1.CaseQueue(rapid.IntRange(1, len(wanggev1.CaseQueue_name)-1).Draw(l.T, "queue"))
		a.open = true
	}
	a.overdue = a.open && rapid.Bool().Draw(l.T, "overdue")
	orders := []string{"", "create_time", "create_time desc"}
	if a.open {
		orders = append(orders, "due_time", "due_time desc")
	}
	a.order = rapid.SampledFrom(orders).Draw(l.T, "order")
	if rapid.Bool().Draw(l.T, "filtered") {
		a.filter = l.condition(a.who, 2)
	}
	return a
}

// due is where a case stands by deadline in a list.
func (l *lister) due(a asked, cs *dispatch.Case) int64 {
	_, post := escalation.Accountable(l.c, cs)
	first := firstDue(cs)
	if first.IsZero() || strings.HasPrefix(a.scope, "department:") && !a.ground && post != cs.Owner.Post {
		return math.MaxInt64
	}
	return first.UnixNano()
}

// firstDue is the earliest deadline that runs: of the stage, of a co-owner's duty, of a milestone.
func firstDue(cs *dispatch.Case) time.Time {
	first := cs.Clock.Due
	sooner := func(k dispatch.Clock, open bool) {
		if open && !k.Since.IsZero() && cs.Open() && (first.IsZero() || k.Due.Before(first)) {
			first = k.Due
		}
	}
	for _, o := range cs.CoOwners {
		sooner(o.Clock, o.Duty != "" && o.Done.IsZero())
	}
	for _, m := range cs.Milestones {
		sooner(m.Clock, m.Reached.IsZero())
	}
	return first
}

// belongs reports whether a case belongs to a list as it is now.
func (l *lister) belongs(a asked, cs *dispatch.Case) bool {
	if a.open && !l.waits(a, cs) || !a.filter.keep(cs) || a.overdue && l.due(a, cs) >= a.started.UnixNano() {
		return false
	}
	switch who, person := strings.CutPrefix(a.scope, "person:"); {
	case person:
		return l.waitsFor(a.queue, cs, roster.PersonID(who)) && rights.MayRead(l.c, a.who, cs, l.w.Now())
	case a.ground:
		return liesIn(a.scope, cs.Place.Point) && rights.MayRead(l.c, a.who, cs, l.w.Now())
	default:
		return concerns(a.scope, cs)
	}
}

func (l *lister) page(a asked, token string) (names []string, next string, total *int32) {
	ctx, by := l.w.as(a.who, "en"), wanggev1.ScopeBy_SCOPE_BY_UNSPECIFIED
	if a.ground {
		by = wanggev1.ScopeBy_SCOPE_BY_GROUND
	}
	state := wanggev1.CaseState_CASE_STATE_UNSPECIFIED
	switch {
	case a.overdue:
		state = wanggev1.CaseState_CASE_STATE_OVERDUE
	case a.open && a.queue == 0:
		state = wanggev1.CaseState_CASE_STATE_OPEN
	}
	r, err := l.w.cases().ListCases(ctx, &wanggev1.ListCasesRequest{Scope: nameOf(a.scope), ScopeBy: by, State: state, Queue: a.queue, OrderBy: a.order, Filter: a.filter.text, PageSize: a.size, PageToken: token})
	if err != nil {
		l.Fatalf("%s: %v", a, err)
	}
	for _, cs := range r.GetCases() {
		names = append(names, cs.GetName())
	}
	return names, r.GetNextPageToken(), r.TotalSize
}

// still is a list while nothing happens: exactly the model's, in its order, and counted.
func (l *lister) still(a asked) {
	want := l.ids(func(cs *dispatch.Case) bool { return l.belongs(a, cs) })
	byDue := a.order == "due_time" || a.order == "due_time desc" || a.order == "" && a.open
	slices.SortFunc(want, func(x, y dispatch.CaseID) int {
		n := cmp.Compare(x, y)
		if byDue {
			n = cmp.Or(cmp.Compare(l.due(a, l.cases[x]), l.due(a, l.cases[y])), n)
		}
		if strings.HasSuffix(a.order, " desc") {
			return -n
		}
		return n
	})
	var names, got []string
	for _, id := range want {
		names = append(names, resource.Case(id))
	}
	for token := ""; ; {
		page, next, total := l.page(a, token)
		if got = append(got, page...); len(page) > int(a.size) {
			l.Fatalf("%s: a page of %d", a, len(page))
		}
		if counted := a.open && a.filter.text == "" && !a.ground && !strings.HasPrefix(a.scope, "person:"); counted != (total != nil) || counted && int(*total) != len(want) {
			l.Fatalf("%s: total %v, want %d counted %v", a, total, len(want), counted)
		}
		if token = next; token == "" {
			break
		}
	}
	if !slices.Equal(got, names) {
		l.Fatalf("%s:\n got %v\nwant %v", a, got, names)
	}
}

// busy is a list while cases come, change and end between its pages.
func (l *lister) busy(a asked) {
	always, ever := map[string]bool{}, map[string]bool{}
	for id, cs := range l.cases {
		if l.belongs(a, cs) {
			always[resource.Case(id)], ever[resource.Case(id)] = true, true
		}
	}
	got := map[string]bool{}
	for token := ""; ; {
		page, next, _ := l.page(a, token)
		for _, n := range page {
			if got[n] {
				l.Fatalf("%s: %s comes twice", a, n)
			}
			if got[n] = true; !ever[n] {
				l.Fatalf("%s: %s never belonged to it", a, n)
			}
		}
		if token = next; token == "" {
			break
		}
		for range rapid.IntRange(0, 4).Draw(l.T, "changes") {
			l.change()
			for id, cs := range l.cases {
				if l.belongs(a, cs) {
					ever[resource.Case(id)] = true
				} else {
					delete(always, resource.Case(id))
				}
			}
		}
	}
	for n := range always {
		if !got[n] {
			l.Fatalf("%s: %s belonged to it all the time and is missing", a, n)
		}
	}
}

// summary compares the counts of a unit and of those below it.
func (l *lister) summary(scope string) {
	r, err := wanggev1.NewSupervisionServiceClient(l.w.conn).SummarizeOverdue(l.w.as(boss, "en"), &wanggev1.SummarizeOverdueRequest{Scope: nameOf(scope)})
	if err != nil {
		l.Fatalf("SummarizeOverdue(%s): %v", scope, err)
	}
	rows := map[string]bool{}
	for i, row := range r.GetRows() {
		unit := wardOf(row.GetUnit())
		rows[unit] = true
		a := asked{scope: unit, open: true, started: l.w.Now(), filter: condition{"", func(*dispatch.Case) bool { return true }}}
		open := l.ids(func(cs *dispatch.Case) bool { return l.belongs(a, cs) })
		a.overdue = true
		late := l.ids(func(cs *dispatch.Case) bool { return l.belongs(a, cs) })
		worst := int64(0)
		for _, id := range late {
			worst = max(worst, int64(l.w.Now().Sub(firstDue(l.cases[id]))/time.Second))
		}
		if int(row.GetOpen()) != len(open) || int(row.GetOverdue()) != len(late) || row.GetWorstLate().GetSeconds() != worst || (i == 0) != (unit == scope) {
			l.Fatalf("SummarizeOverdue(%s) says %v; want %d open, %d overdue, worst %d s", scope, row, len(open), len(late), worst)
		}
	}
	for u, up := range wardUp {
		if up == scope && !strings.HasPrefix(u, "point:") && !rows[u] {
			l.Fatalf("SummarizeOverdue(%s) leaves out %s", scope, u)
		}
	}
}

// scoped is a test whose clean-up is done before the test ends.
type scoped struct {
	testing.TB
	ends []func()
}

func (s *scoped) Cleanup(f func()) { s.ends = append(s.ends, f) }

func (s *scoped) end() {
	for _, f := range slices.Backward(s.ends) {
		f()
	}
}

// Every list of every scope, order and filter against a model that looks at each case: while nothing
// happens exactly its cases in its order with exact counts; while cases come, change, end, move and come
// back between the pages, none twice and none missed that belonged to it all the time. WANGGE_DEEP=1
// draws 2,000 worlds.
func TestLists_AgreeWithAModel(t *testing.T) { // it sets a flag of the process: not parallel
	checks := "100"
	if os.Getenv("WANGGE_DEEP") == "1" {
		checks = "2000"
	}
	was := flag.Lookup("rapid.checks").Value.String()
	if was == "100" { // nobody has asked for another number
		if err := flag.Set("rapid.checks", checks); err != nil {
			t.Fatal(err)
		}
		defer func() { _ = flag.Set("rapid.checks", was) }()
	}
	asking := *wards(t)
	asking.Defaults.ReceiptMinutes = city.ReceiptMinutes{A: 10, B: 60, C: 60}
	c := &asking
	rapid.Check(t, func(rt *rapid.T) {
		once := &scoped{TB: t}
		defer once.end()
		w := newWorldOf(once, c, mem.Open())
		l := &lister{T: rt, w: w, c: c, cases: map[dispatch.CaseID]*dispatch.Case{}}
		for range rapid.IntRange(5, 40).Draw(l.T, "cases") {
			l.file()
		}
		for range 100 {
			l.change()
		}
		for range 6 {
			l.still(l.ask())
			l.counts(l.ask())
			l.busy(l.ask())
		}
		l.summary(rapid.SampledFrom([]string{"area:T", "area:W", "area:W1", "department:GREEN", "department:PARKS", "section:park", "point:shop"}).Draw(l.T, "summary"))
	})
}
