package duplicate_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"wangge/dispatch"
	"wangge/dispatch/city"
	"wangge/dispatch/city/catalog"
	"wangge/dispatch/city/citytest"
	"wangge/dispatch/city/roster"
	"wangge/dispatch/duplicate"
	"wangge/dispatch/sla"
	"wangge/grid"
)

// family is the toy city in which a stall is of the class of rubbish.
func family(t *testing.T) *city.City {
	t.Helper()
	text := string(citytest.ToyDirectory()["categories.csv"])
	is := strings.Replace(text, "街面秩序,Trade", "市容环境,Streets", 1)
	if is == text {
		t.Fatal("the toy city has no class of trade")
	}
	return citytest.Varied(t, map[string]string{"categories.csv": is})
}

var seen = time.Date(2026, 3, 4, 1, 0, 0, 0, time.UTC)

// rubbish is an open case of rubbish, reported where and when it is seen.
func rubbish(change func(*dispatch.Case)) *dispatch.Case {
	cs := &dispatch.Case{
		ID: 7, Stage: dispatch.Handling, Category: citytest.Rubbish, Severity: catalog.SeverityC,
		Place: dispatch.Place{Point: citytest.InW1A, Cell: 1, Areas: []grid.AreaID{"TOY", "W", "W1", "W1A"}}, Report: dispatch.Report{ReceivedAt: seen},
	}
	change(cs)
	return cs
}

// north is a point so many metres north of the case.
func north(m float64) grid.Point {
	return grid.Point{Lat: citytest.InW1A.Lat + m/111_170, Lng: citytest.InW1A.Lng}
}

func TestKin(t *testing.T) {
	t.Parallel()
	c := family(t)
	for _, tt := range []struct {
		a, b catalog.Code
		want float64
	}{
		{citytest.Rubbish, citytest.Rubbish, 1},
		{citytest.Rubbish, citytest.Stall, 0.5},
		{citytest.Stall, citytest.Rubbish, 0.5},
		{citytest.Rubbish, citytest.Flooding, 0},
		{citytest.Rubbish, "E9999", 0},
		{"E9999", "E9999", 1},
	} {
		if got := duplicate.Kin(c, tt.a, tt.b); got != tt.want {
			t.Errorf("Kin(%s, %s) = %v, want %v", tt.a, tt.b, got, tt.want)
		}
	}
}

// Each reason is found alone, and Why says it in both languages.
func TestMismatches(t *testing.T) {
	t.Parallel()
	c := family(t)
	window := sla.Hours(c.Defaults.DuplicateHours)
	same := func(*dispatch.Case) {}
	for _, tt := range []struct {
		name     string
		to       *dispatch.Case
		code     catalog.Code
		severity catalog.Severity
		at       grid.Point
		seen     time.Time
		want     []duplicate.Mismatch
	}{
		{"the same matter", rubbish(same), citytest.Rubbish, catalog.SeverityC, north(0), seen, nil},
		{"of the same class", rubbish(same), citytest.Stall, catalog.SeverityC, north(0), seen, nil},
		{"at the border of the distance", rubbish(same), citytest.Rubbish, catalog.SeverityC, north(c.Defaults.DuplicateM - 1), seen, nil},
		{"beyond it", rubbish(same), citytest.Rubbish, catalog.SeverityC, north(c.Defaults.DuplicateM + 1), seen, []duplicate.Mismatch{duplicate.MismatchDistance}},
		{"another family", rubbish(same), citytest.FallenTree, catalog.SeverityC, north(0), seen, []duplicate.Mismatch{duplicate.MismatchCategory}},
		{"seen just in time", rubbish(same), citytest.Rubbish, catalog.SeverityC, north(0), seen.Add(-window), nil},
		{"seen too early", rubbish(same), citytest.Rubbish, catalog.SeverityC, north(0), seen.Add(-window - time.Second), []duplicate.Mismatch{duplicate.MismatchTime}},
		{"seen long after", rubbish(same), citytest.Rubbish, catalog.SeverityC, north(0), seen.Add(100 * window), nil},
		{"more severe", rubbish(same), citytest.Rubbish, catalog.SeverityB, north(0), seen, []duplicate.Mismatch{duplicate.MismatchSeverity}},
		{"less severe", rubbish(func(cs *dispatch.Case) { cs.Severity = catalog.SeverityA }), citytest.Rubbish, catalog.SeverityB, north(0), seen, nil},
		{"ended", rubbish(func(cs *dispatch.Case) { cs.Stage = dispatch.Closed }), citytest.Rubbish, catalog.SeverityC, north(0), seen, []duplicate.Mismatch{duplicate.MismatchEnded}},
		{"without a position", rubbish(func(cs *dispatch.Case) { cs.Place.Cell = 0 }), citytest.Rubbish, catalog.SeverityC, north(0), seen, []duplicate.Mismatch{duplicate.MismatchPosition}},
		{"all at once", rubbish(func(cs *dispatch.Case) { cs.Stage = dispatch.Merged }), citytest.Flooding, catalog.SeverityA, north(4000), seen.Add(-10 * window), []duplicate.Mismatch{
			duplicate.MismatchEnded, duplicate.MismatchCategory, duplicate.MismatchDistance, duplicate.MismatchTime, duplicate.MismatchSeverity,
		}},
	} {
		mine := &dispatch.Case{ID: 9, Category: tt.code, Severity: tt.severity, Place: dispatch.Place{Point: tt.at, Cell: 1, Areas: tt.to.Place.Areas}}
		got := duplicate.Mismatches(c, &mine.Place, tt.code, tt.severity, tt.seen, tt.to)
		if !slices.Equal(got, tt.want) {
			t.Errorf("%s: %v, want %v", tt.name, got, tt.want)
		}
		for _, m := range got {
			if why := duplicate.Why(c, mine, tt.to, m); !strings.Contains(why.En, tt.to.ID.String()) || !strings.Contains(why.Zh, tt.to.ID.String()) {
				t.Errorf("%s: %s is said as %+v, want the other case named", tt.name, m, why)
			}
		}
	}
}

// By hand a case of severity A on which nobody works yet ends in another one that waits no further back, of severity A, on a running clock; a
// case in work, one that is put off and one that is being checked end only in work.
func TestObjections_TwoThatWait(t *testing.T) {
	t.Parallel()
	c := family(t)
	runs := dispatch.Clock{Since: seen, Due: seen.Add(time.Hour)}
	for _, tt := range []struct {
		mine, to dispatch.Stage
		clock    dispatch.Clock
		ok       bool
	}{
		{dispatch.Reported, dispatch.Reported, runs, true},
		{dispatch.Verifying, dispatch.Reported, runs, true},
		{dispatch.Reported, dispatch.Filed, runs, true},
		{dispatch.Filed, dispatch.Arbitration, runs, true},
		{dispatch.Filed, dispatch.Returned, runs, true},
		{dispatch.Accepted, dispatch.Reported, runs, false},
		{dispatch.Filed, dispatch.Accepted, runs, false},
		{dispatch.Reported, dispatch.Suspended, runs, false},
		{dispatch.Handling, dispatch.Filed, runs, false},
		{dispatch.Suspended, dispatch.Filed, runs, false},
		{dispatch.Checking, dispatch.Filed, runs, false},
		{dispatch.Reported, dispatch.Filed, dispatch.Clock{}, false},
	} {
		mine := rubbish(func(cs *dispatch.Case) { cs.Severity, cs.Stage = catalog.SeverityA, tt.mine })
		to := rubbish(func(cs *dispatch.Case) { cs.Severity, cs.Stage, cs.Clock = catalog.SeverityA, tt.to, tt.clock })
		if got := duplicate.Objections(c, mine, to); (len(got) == 0) != tt.ok {
			t.Errorf("%s into %s: %v, want it possible: %t", tt.mine, tt.to, got, tt.ok)
		}
		to.Severity = catalog.SeverityB
		if got := duplicate.Objections(c, mine, to); len(got) == 0 {
			t.Errorf("%s into %s of severity B is possible", tt.mine, tt.to)
		}
	}
}

// A case is worked on from the dispatch to a unit until the work is reported done; what was seen later is not part of that work.
// A matter of severity A is merged into no other case, and Why says what the case waits for.
func TestWorks(t *testing.T) {
	t.Parallel()
	c := family(t)
	platform := dispatch.Owner{Kind: catalog.OwnerBlock, Unit: roster.Unit{Kind: roster.UnitArea, ID: "W"}, Post: "dispatcher@area:W"}
	for stage := dispatch.Reported; stage <= dispatch.SelfResolved; stage++ {
		for _, tt := range []struct {
			name   string
			change func(*dispatch.Case)
			stages []dispatch.Stage // at which somebody works
		}{
			{"done a minute after", func(cs *dispatch.Case) { cs.ResolvedAt = seen.Add(time.Minute) }, []dispatch.Stage{dispatch.Dispatched, dispatch.Handling, dispatch.Checking}},
			{"done a minute before", func(cs *dispatch.Case) { cs.ResolvedAt = seen.Add(-time.Minute) }, []dispatch.Stage{dispatch.Dispatched, dispatch.Handling}},
			{"at a platform", func(cs *dispatch.Case) { cs.Owner, cs.ResolvedAt = platform, seen.Add(time.Minute) }, []dispatch.Stage{dispatch.Handling, dispatch.Checking}},
		} {
			to := rubbish(func(cs *dispatch.Case) { cs.Severity, cs.Stage = catalog.SeverityA, stage; tt.change(cs) })
			works := slices.Contains(tt.stages, stage)
			if got := duplicate.Works(to, seen); got != works {
				t.Errorf("%s, %s: somebody works: %t, want %t", stage, tt.name, got, works)
			}
			mine := &dispatch.Case{ID: 9, Category: citytest.Rubbish, Severity: catalog.SeverityA, Place: to.Place, Report: dispatch.Report{ReceivedAt: seen}}
			got := duplicate.Mismatches(c, &mine.Place, mine.Category, mine.Severity, seen, to)
			want := []duplicate.Mismatch{duplicate.MismatchIdle}
			switch {
			case works:
				want = nil
			case !to.Open():
				want = []duplicate.Mismatch{duplicate.MismatchEnded}
			}
			if !slices.Equal(got, want) {
				t.Errorf("%s, %s: severity A is not merged because of %v, want %v", stage, tt.name, got, want)
			}
			for _, why := range duplicate.Objections(c, mine, to) {
				if !strings.Contains(why.En, "nobody works") || !strings.Contains(why.Zh, "目前无人处置") || !strings.Contains(why.Zh, to.ID.String()) {
					t.Errorf("%s, %s: said as %+v", stage, tt.name, why)
				}
			}
			if got := duplicate.Mismatches(c, &mine.Place, mine.Category, catalog.SeverityB, seen, to); to.Open() && len(got) > 0 {
				t.Errorf("%s, %s: severity B is not merged because of %v", stage, tt.name, got)
			}
		}
	}
}

// The window lies before the report of an open case alone: while the case is open the matter is the same, however long ago the
// report is. A report and an act that merges are bound alike.
func TestMismatches_WindowEndsWithTheCase(t *testing.T) {
	t.Parallel()
	c := family(t)
	window := sla.Hours(c.Defaults.DuplicateHours)
	for _, tt := range []struct {
		name  string
		seen  time.Duration // after the report of the other
		stage dispatch.Stage
		want  duplicate.Mismatch // "" = none
	}{
		{"by a phone that was away for as long as the window", -window, dispatch.Handling, ""},
		{"a second longer", -window - time.Second, dispatch.Handling, duplicate.MismatchTime},
		{"at once", 0, dispatch.Handling, ""},
		{"a second after the window", window + time.Second, dispatch.Handling, ""},
		{"for weeks", 6 * 7 * 24 * time.Hour, dispatch.Handling, ""},
		{"for weeks, put off", 6 * 7 * 24 * time.Hour, dispatch.Suspended, ""},
		{"at once, and closed since", 0, dispatch.Closed, duplicate.MismatchEnded},
		{"weeks ago, and closed since", 6 * 7 * 24 * time.Hour, dispatch.Closed, duplicate.MismatchEnded},
	} {
		to := rubbish(func(cs *dispatch.Case) { cs.Stage = tt.stage })
		var want []duplicate.Mismatch
		if tt.want != "" {
			want = []duplicate.Mismatch{tt.want}
		}
		at := to.Place
		r := &dispatch.Report{Category: citytest.Rubbish, CapturedAt: seen.Add(tt.seen), ReceivedAt: seen.Add(tt.seen), Joins: to.ID}
		if got := duplicate.OfReport(c, r, &at, catalog.SeverityC, to); !slices.Equal(got, want) {
			t.Errorf("seen %s: %v, want %v", tt.name, got, want)
		}
		if got := duplicate.Mismatches(c, &at, citytest.Rubbish, catalog.SeverityC, seen.Add(tt.seen), to); !slices.Equal(got, want) {
			t.Errorf("merged, reported %s: %v, want %v", tt.name, got, want)
		}
	}
}

// What resembles a matter is near, of its family, and open or just closed; the nearer and the sooner, the more.
func TestResembles(t *testing.T) {
	t.Parallel()
	c := family(t)
	recent := sla.Hours(c.Defaults.RecentHours)
	like := func(code catalog.Code, at grid.Point, when time.Time, change func(*dispatch.Case)) (float64, bool) {
		l, ok := duplicate.Resembles(c, at, code, when, rubbish(change), when)
		return l.Score, ok
	}
	same := func(*dispatch.Case) {}
	best, ok := like(citytest.Rubbish, north(0), seen, same)
	if !ok || best != 1 {
		t.Errorf("the same matter = %v, %t; want 1", best, ok)
	}
	for name, tt := range map[string]struct {
		code catalog.Code
		at   grid.Point
		when time.Time
	}{
		"further away":    {citytest.Rubbish, north(c.Defaults.DuplicateM / 2), seen},
		"a cousin":        {citytest.Stall, north(0), seen},
		"some time after": {citytest.Rubbish, north(0), seen.Add(time.Hour)},
	} {
		if score, ok := like(tt.code, tt.at, tt.when, same); !ok || score <= 0 || score >= best {
			t.Errorf("%s = %v, %t; want less than %v", name, score, ok, best)
		}
	}
	closed := func(ago time.Duration) func(*dispatch.Case) {
		return func(cs *dispatch.Case) { cs.Stage, cs.ClosedAt = dispatch.Closed, seen.Add(-ago) }
	}
	if _, ok := like(citytest.Rubbish, north(0), seen, closed(recent)); !ok {
		t.Error("a case closed a short while ago does not resemble")
	}
	for name, change := range map[string]func(*dispatch.Case){
		"closed long ago": closed(recent + time.Second),
		"merged":          func(cs *dispatch.Case) { cs.Stage = dispatch.Merged },
		"no position":     func(cs *dispatch.Case) { cs.Place.Cell = 0 },
		"another family":  func(cs *dispatch.Case) { cs.Category = citytest.Flooding },
		"far away":        func(cs *dispatch.Case) { cs.Place.Point = north(1000) },
	} {
		if score, ok := like(citytest.Rubbish, north(0), seen, change); ok {
			t.Errorf("%s resembles by %v", name, score)
		}
	}
}
