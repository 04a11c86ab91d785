package lifecycle

import (
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"wangge/dispatch"
	"wangge/dispatch/city/catalog"
	"wangge/dispatch/duplicate"
	"wangge/dispatch/routing"
	"wangge/grid"
)

// north is a position so many metres north of the middle of Daoli.
func north(m float64) grid.Position {
	return grid.Position{Lat: 45.755 + m/111_170, Lng: 126.600, Datum: grid.WGS84, AccuracyM: 5}
}

// A report ends in a case of its own family, near in place and time, open and not less severe. Any other
// report is a case of its own on its usual way, which names the case that it is said to repeat and why it
// did not end there: it is never refused and never lost.
func TestDuplicate_JoinsOnlyTheSameMatter(t *testing.T) {
	t.Parallel()
	c := lifeCity()
	var cousin, stranger catalog.Code // of the class of C0101, and of another
	for _, code := range slices.Sorted(maps.Keys(c.Categories)) {
		switch kind := duplicate.Kin(c, "C0101", code); {
		case code == "C0101":
		case kind == 0.5 && cousin == "":
			cousin = code
		case kind == 0 && stranger == "" && c.Categories[code].Kind == catalog.Event:
			stranger = code
		}
	}
	target := func(change func(*dispatch.Case)) *dispatch.Case {
		place, err := routing.PlaceOf(c, north(0))
		if err != nil {
			t.Fatal(err)
		}
		cs := &dispatch.Case{ID: 7, Stage: dispatch.Handling, Category: "C0101", Severity: catalog.SeverityA, Place: place, Report: dispatch.Report{Reporter: "other", Category: "C0101", ReceivedAt: lifeStart.Add(-2 * time.Hour)}}
		change(cs)
		return cs
	}
	as := func(*dispatch.Case) {}
	for _, tt := range []struct {
		name   string
		to     *dispatch.Case
		report func(*dispatch.Report)
		why    string // "" = it joins
	}{
		{"the same matter", target(as), func(*dispatch.Report) {}, ""},
		{"of the same class, no danger", target(func(cs *dispatch.Case) { cs.Category, cs.Severity = cousin, catalog.SeverityB }), func(r *dispatch.Report) { r.Condition = "2" }, ""},
		{"another danger of the same class", target(func(cs *dispatch.Case) { cs.Category = cousin }), func(*dispatch.Report) {}, "category"},
		{"severity A in work that is put off", target(func(cs *dispatch.Case) { cs.Stage = dispatch.Suspended }), func(*dispatch.Report) {}, "idle"},
		{"severity A in work reported done an hour before", target(func(cs *dispatch.Case) {
			cs.Stage, cs.ResolvedAt = dispatch.Checking, lifeStart.Add(-time.Hour)
		}), func(*dispatch.Report) {}, "idle"},
		{"seen before the work was reported done", target(func(cs *dispatch.Case) {
			cs.Stage, cs.ResolvedAt = dispatch.Checking, lifeStart.Add(time.Hour)
		}), func(*dispatch.Report) {}, ""},
		{"at the very border of the distance", target(as), func(r *dispatch.Report) { r.Position = north(49) }, ""},
		{"open for weeks", target(func(cs *dispatch.Case) { cs.Report.ReceivedAt = lifeStart.AddDate(0, 0, -30) }), func(*dispatch.Report) {}, ""},
		{"a phone that was offline for a day", target(as), func(r *dispatch.Report) { r.CapturedAt = lifeStart.Add(-25 * time.Hour) }, ""},
		{"as severe", target(func(cs *dispatch.Case) { cs.Severity = catalog.SeverityA }), func(*dispatch.Report) {}, ""},
		{"another category", target(func(cs *dispatch.Case) { cs.Category = stranger }), func(*dispatch.Report) {}, "category"},
		{"a category that is gone", target(func(cs *dispatch.Case) { cs.Category = "X9999" }), func(*dispatch.Report) {}, "category"},
		{"51 m away", target(as), func(r *dispatch.Report) { r.Position = north(52) }, "distance"},
		{"four kilometres away", target(as), func(r *dispatch.Report) { r.Position = north(-4000) }, "distance"},
		{"seen days before the other", target(as), func(r *dispatch.Report) { r.CapturedAt = lifeStart.AddDate(0, 0, -3) }, "time"},
		{"a phone whose clock is wrong by years", target(as), func(r *dispatch.Report) { r.CapturedAt = lifeStart.AddDate(-6, 0, 0) }, "time"},
		{"a phone whose clock is wrong by years, and says so", target(as), func(r *dispatch.Report) {
			r.CapturedAt, r.PhoneAt = lifeStart.AddDate(-6, 0, 0), lifeStart.AddDate(-6, 0, 0)
		}, ""},
		{"seen days before the other, by a clock that is measured", target(as), func(r *dispatch.Report) {
			r.CapturedAt, r.PhoneAt = lifeStart.AddDate(-6, 0, -3), lifeStart.AddDate(-6, 0, 0)
		}, "time"},
		{"severity A in B", target(func(cs *dispatch.Case) { cs.Severity = catalog.SeverityB }), func(*dispatch.Report) {}, "severity"},
		{"severity A in C", target(func(cs *dispatch.Case) { cs.Severity = catalog.SeverityC }), func(*dispatch.Report) {}, "severity"},
		{"severity A in what nobody has judged", target(func(cs *dispatch.Case) { cs.Severity = catalog.SeverityUnknown }), func(*dispatch.Report) {}, "severity"},
		{"closed", target(func(cs *dispatch.Case) { cs.Stage = dispatch.Closed }), func(*dispatch.Report) {}, "ended"},
		{"merged itself", target(func(cs *dispatch.Case) { cs.Stage = dispatch.Merged }), func(*dispatch.Report) {}, "ended"},
		{"voided", target(func(cs *dispatch.Case) { cs.Stage = dispatch.Voided }), func(*dispatch.Report) {}, "ended"},
		{"a vendor four kilometres away", target(func(cs *dispatch.Case) { cs.Category, cs.Severity = stranger, catalog.SeverityC }), func(r *dispatch.Report) { r.Position = north(4000) }, "category,distance,severity"},
		{"no such case, or one that its reporter may not read", nil, func(*dispatch.Report) {}, "unknown"},
		{"another case than it says", target(func(cs *dispatch.Case) { cs.ID = 8 }), func(*dispatch.Report) {}, "unknown"},
	} {
		for _, source := range []dispatch.Source{dispatch.SourceInspector, dispatch.SourceHotline, dispatch.SourcePublic} {
			r := &dispatch.Report{ClientID: "r", Reporter: "p-230102-inspector-1", Source: source, Category: "C0101", Condition: "1", Position: north(0), CapturedAt: lifeStart, ReceivedAt: lifeStart, Joins: 7}
			tt.report(r)
			place, err := routing.PlaceOf(c, r.Position)
			if err != nil {
				t.Fatal(err)
			}
			events, err := Decide(nil, dispatch.Command{Act: dispatch.ActFile, At: lifeStart, Actor: r.Reporter}, Facts{Filing: &Filing{Report: r, Place: &place}, Other: tt.to}, c)
			if err != nil {
				t.Errorf("%s from %s: refused: %v", tt.name, source, err)
				continue
			}
			cs := dispatch.FoldAll(&dispatch.Case{ID: 9}, events)
			plain := *r
			plain.Joins = 0
			alone, err := Decide(nil, dispatch.Command{Act: dispatch.ActFile, At: lifeStart, Actor: r.Reporter}, Facts{Filing: &Filing{Report: &plain, Place: &place}}, c)
			if err != nil {
				t.Fatal(err)
			}
			usual := dispatch.FoldAll(&dispatch.Case{ID: 9}, alone)
			switch {
			case tt.why == "unknown": // nobody is asked whether it repeats a case that nobody finds
				if cs.Stage != usual.Stage || cs.Proposed != 0 || !cs.JoinsUnknown() || !cs.NextAt.Equal(usual.NextAt) || len(events) != len(alone) {
					t.Errorf("%s from %s: %s until %s with proposed %d; want a case like one that names no other", tt.name, source, cs.Stage, cs.NextAt, cs.Proposed)
				}
			case tt.why == "":
				if cs.Stage != dispatch.Merged || cs.MergedInto != 7 || cs.Proposed != 0 {
					t.Errorf("%s from %s: %s, merged into %d, proposed %d; want it merged into 7", tt.name, source, cs.Stage, cs.MergedInto, cs.Proposed)
				}
			case cs.Stage != usual.Stage || cs.MergedInto != 0 || cs.Proposed != 7 || !cs.NextAt.Equal(usual.NextAt) || cs.NextAt.IsZero() || cs.Owner.Unit != usual.Owner.Unit:
				t.Errorf("%s from %s: %s until %s with proposed %d; want a case of its own that is %s until %s", tt.name, source, cs.Stage, cs.NextAt, cs.Proposed, usual.Stage, usual.NextAt)
			case events[1].Kind != dispatch.EventProposed || events[1].Rule != tt.why || events[1].Other != 7:
				t.Errorf("%s from %s: event %+v, want it proposed because of %s", tt.name, source, events[1], tt.why)
			}
		}
	}
}

// What was proposed is decided by an act of the office: accepted as a matter of its own, or merged.
func TestDuplicate_ProposalIsDecided(t *testing.T) {
	t.Parallel()
	c := lifeCity()
	r := &dispatch.Report{ClientID: "r", Reporter: "p-acceptor-2", Source: dispatch.SourceHotline, Category: "C0101", Condition: "1", Position: north(0), CapturedAt: lifeStart, ReceivedAt: lifeStart, Joins: 7}
	place, err := routing.PlaceOf(c, r.Position)
	if err != nil {
		t.Fatal(err)
	}
	events, err := Decide(nil, dispatch.Command{Act: dispatch.ActFile, At: lifeStart, Actor: r.Reporter}, Facts{Filing: &Filing{Report: r, Place: &place}, Other: &dispatch.Case{ID: 7, Stage: dispatch.Closed}}, c)
	if err != nil {
		t.Fatal(err)
	}
	filed := dispatch.FoldAll(&dispatch.Case{ID: 9}, events)
	for act, cmd := range map[dispatch.Act]dispatch.Command{
		dispatch.ActAccept: {Act: dispatch.ActAccept, Actor: "p-acceptor-2", At: lifeStart},
		dispatch.ActMerge:  {Act: dispatch.ActMerge, Actor: "p-acceptor-2", At: lifeStart, Target: 7},
	} {
		events, err := Decide(filed, cmd, lookedUp(), c)
		if err != nil {
			t.Fatal(err)
		}
		if cs := dispatch.FoldAll(filed, events); cs.Proposed != 0 {
			t.Errorf("after %s it is still proposed to repeat %d", act, cs.Proposed)
		}
	}
	events, err = Decide(filed, dispatch.Command{Act: dispatch.ActComment, Actor: "p-acceptor-2", At: lifeStart, Note: "look"}, Facts{}, c)
	if err != nil {
		t.Fatal(err)
	}
	if cs := dispatch.FoldAll(filed, events); cs.Proposed != 7 {
		t.Error("a remark decides a proposal")
	}
}

// An act that merges is refused with every reason, in both languages, where a report would not join.
func TestMerge_RefusedForAnotherMatter(t *testing.T) {
	t.Parallel()
	c := lifeCity()
	at := func(m float64) dispatch.Place {
		p, err := routing.PlaceOf(c, north(m))
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	cs := &dispatch.Case{ID: 9, Stage: dispatch.Dispatched, Category: "C0101", Severity: catalog.SeverityA, Place: at(0), Report: dispatch.Report{ReceivedAt: lifeStart}}
	to := dispatch.Case{ID: 7, Stage: dispatch.Handling, Category: "C0101", Severity: catalog.SeverityA, Place: at(10), Report: dispatch.Report{ReceivedAt: lifeStart.Add(-time.Hour)}}
	cmd := dispatch.Command{Act: dispatch.ActMerge, Actor: "p-acceptor-2", At: lifeStart, Target: 7}
	if err := CheckMerge(c, cs, &to, cmd); err != nil {
		t.Errorf("the same matter: %v", err)
	}
	for _, tt := range []struct {
		name   string
		change func(*dispatch.Case)
		words  []string
	}{
		{"far", func(o *dispatch.Case) { o.Place = at(4000) }, []string{"4.0 km away", "4.0 公里", "50 m", "50 米"}},
		{"less severe", func(o *dispatch.Case) { o.Severity = catalog.SeverityB }, []string{"severity A", "only of B"}},
		{"another family", func(o *dispatch.Case) { o.Category = "E0401" }, []string{"E0401", "reclassify"}},
		{"everything", func(o *dispatch.Case) { o.Category, o.Severity, o.Place = "E0401", catalog.SeverityC, at(4000) }, []string{"4.0 km", "severity A", "E0401"}},
	} {
		o := to
		tt.change(&o)
		err := CheckMerge(c, cs, &o, cmd)
		var refused *dispatch.RefusedError
		if !errors.As(err, &refused) {
			t.Errorf("%s: %v, want it refused", tt.name, err)
			continue
		}
		for _, w := range tt.words {
			if !strings.Contains(refused.Why.En+refused.Why.Zh, w) {
				t.Errorf("%s: %q lacks %q", tt.name, refused.Why.En, w)
			}
		}
		if refused.Why.Zh == "" || strings.Contains(refused.Why.Zh, "%!") || strings.Contains(refused.Why.En, "%!") {
			t.Errorf("%s: %q", tt.name, refused.Why)
		}
	}
}
