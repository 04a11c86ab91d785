package dispatch

import (
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"wangge/dispatch/city/catalog"
	"wangge/grid"
)

// north is a position so many metres north of the middle of Daoli.
func north(m float64) grid.Position {
	return grid.Position{Lat: 45.755 + m/111_170, Lng: 126.600, Datum: grid.WGS84, AccuracyM: 5}
}

// A report ends in a case of its own family, near in place and time, open and not less severe. Any other
// report is a case of its own on its usual way, which names the case that it is said to repeat and why it
// did not end there: it is never refused and never lost.
func TestAReportJoinsOnlyItsOwnMatter(t *testing.T) {
	c := lifeCity()
	var cousin, stranger catalog.Code // of the class of C0101, and of another
	for _, code := range slices.Sorted(maps.Keys(c.Categories)) {
		switch kind := kin(c, "C0101", code); {
		case code == "C0101":
		case kind == 0.5 && cousin == "":
			cousin = code
		case kind == 0 && stranger == "" && c.Categories[code].Kind == catalog.Event:
			stranger = code
		}
	}
	target := func(change func(*Case)) *Case {
		place, err := PlaceOf(c, north(0))
		if err != nil {
			t.Fatal(err)
		}
		cs := &Case{ID: 7, Stage: Handling, Category: "C0101", Severity: catalog.SeverityA, Place: place, Report: Report{Reporter: "other", Category: "C0101", ReceivedAt: lifeStart.Add(-2 * time.Hour)}}
		change(cs)
		return cs
	}
	as := func(*Case) {}
	for _, tt := range []struct {
		name   string
		to     *Case
		report func(*Report)
		why    string // "" = it joins
	}{
		{"the same matter", target(as), func(*Report) {}, ""},
		{"of the same class", target(func(cs *Case) { cs.Category = cousin }), func(*Report) {}, ""},
		{"at the very border of the distance", target(as), func(r *Report) { r.Position = north(49) }, ""},
		{"open for weeks", target(func(cs *Case) { cs.Report.ReceivedAt = lifeStart.AddDate(0, 0, -30) }), func(*Report) {}, ""},
		{"a phone that was offline for a day", target(as), func(r *Report) { r.CapturedAt = lifeStart.Add(-25 * time.Hour) }, ""},
		{"as severe", target(func(cs *Case) { cs.Severity = catalog.SeverityA }), func(*Report) {}, ""},
		{"another category", target(func(cs *Case) { cs.Category = stranger }), func(*Report) {}, "category"},
		{"a category that is gone", target(func(cs *Case) { cs.Category = "X9999" }), func(*Report) {}, "category"},
		{"51 m away", target(as), func(r *Report) { r.Position = north(52) }, "distance"},
		{"four kilometres away", target(as), func(r *Report) { r.Position = north(-4000) }, "distance"},
		{"seen days before the other", target(as), func(r *Report) { r.CapturedAt = lifeStart.AddDate(0, 0, -3) }, "time"},
		{"a phone whose clock is wrong by years", target(as), func(r *Report) { r.CapturedAt = lifeStart.AddDate(-6, 0, 0) }, "time"},
		{"a phone whose clock is wrong by years, and says so", target(as), func(r *Report) { r.CapturedAt, r.PhoneAt = lifeStart.AddDate(-6, 0, 0), lifeStart.AddDate(-6, 0, 0) }, ""},
		{"seen days before the other, by a clock that is measured", target(as), func(r *Report) { r.CapturedAt, r.PhoneAt = lifeStart.AddDate(-6, 0, -3), lifeStart.AddDate(-6, 0, 0) }, "time"},
		{"severity A in B", target(func(cs *Case) { cs.Severity = catalog.SeverityB }), func(*Report) {}, "severity"},
		{"severity A in C", target(func(cs *Case) { cs.Severity = catalog.SeverityC }), func(*Report) {}, "severity"},
		{"severity A in what nobody has judged", target(func(cs *Case) { cs.Severity = catalog.SeverityUnknown }), func(*Report) {}, "severity"},
		{"closed", target(func(cs *Case) { cs.Stage = Closed }), func(*Report) {}, "ended"},
		{"merged itself", target(func(cs *Case) { cs.Stage = Merged }), func(*Report) {}, "ended"},
		{"voided", target(func(cs *Case) { cs.Stage = Voided }), func(*Report) {}, "ended"},
		{"a vendor four kilometres away", target(func(cs *Case) { cs.Category, cs.Severity = stranger, catalog.SeverityC }), func(r *Report) { r.Position = north(4000) }, "category,distance,severity"},
		{"no such case, or one that its reporter may not read", nil, func(*Report) {}, "unknown"},
		{"another case than it says", target(func(cs *Case) { cs.ID = 8 }), func(*Report) {}, "unknown"},
	} {
		for _, source := range []Source{SourceInspector, SourceHotline, SourcePublic} {
			r := &Report{ClientID: "r", Reporter: "p-230102-inspector-1", Source: source, Category: "C0101", Position: north(0), CapturedAt: lifeStart, ReceivedAt: lifeStart, Joins: 7}
			tt.report(r)
			place, err := PlaceOf(c, r.Position)
			if err != nil {
				t.Fatal(err)
			}
			events, err := Decide(nil, Command{Act: ActFile, At: lifeStart, Actor: r.Reporter, Report: r, Place: &place, Other: tt.to}, c)
			if err != nil {
				t.Errorf("%s from %s: refused: %v", tt.name, source, err)
				continue
			}
			cs := FoldAll(&Case{ID: 9}, events)
			plain := *r
			plain.Joins = 0
			alone, err := Decide(nil, Command{Act: ActFile, At: lifeStart, Actor: r.Reporter, Report: &plain, Place: &place}, c)
			if err != nil {
				t.Fatal(err)
			}
			usual := FoldAll(&Case{ID: 9}, alone)
			switch {
			case tt.why == "":
				if cs.Stage != Merged || cs.MergedInto != 7 || cs.Proposed != 0 {
					t.Errorf("%s from %s: %s, merged into %d, proposed %d; want it merged into 7", tt.name, source, cs.Stage, cs.MergedInto, cs.Proposed)
				}
			case cs.Stage != usual.Stage || cs.MergedInto != 0 || cs.Proposed != 7 || !cs.NextAt.Equal(usual.NextAt) || cs.NextAt.IsZero() || cs.Owner.Unit != usual.Owner.Unit:
				t.Errorf("%s from %s: %s until %s with proposed %d; want a case of its own that is %s until %s", tt.name, source, cs.Stage, cs.NextAt, cs.Proposed, usual.Stage, usual.NextAt)
			case events[1].Kind != EventProposed || events[1].Rule != tt.why || events[1].Other != 7:
				t.Errorf("%s from %s: event %+v, want it proposed because of %s", tt.name, source, events[1], tt.why)
			}
		}
	}
}

// What was proposed is decided by an act of the office: accepted as a matter of its own, or merged.
func TestAProposalIsDecided(t *testing.T) {
	c := lifeCity()
	r := &Report{ClientID: "r", Reporter: "p-acceptor-2", Source: SourceHotline, Category: "C0101", Position: north(0), CapturedAt: lifeStart, ReceivedAt: lifeStart, Joins: 7}
	place, err := PlaceOf(c, r.Position)
	if err != nil {
		t.Fatal(err)
	}
	events, err := Decide(nil, Command{Act: ActFile, At: lifeStart, Actor: r.Reporter, Report: r, Place: &place}, c)
	if err != nil {
		t.Fatal(err)
	}
	filed := FoldAll(&Case{ID: 9}, events)
	for act, cmd := range map[Act]Command{
		ActAccept: {Act: ActAccept, Actor: "p-acceptor-2", At: lifeStart},
		ActMerge:  {Act: ActMerge, Actor: "p-acceptor-2", At: lifeStart, Target: 7, Other: &Case{ID: 7, Stage: Handling}},
	} {
		events, err := Decide(filed, cmd, c)
		if err != nil {
			t.Fatal(err)
		}
		if cs := FoldAll(filed, events); cs.Proposed != 0 {
			t.Errorf("after %s it is still proposed to repeat %d", act, cs.Proposed)
		}
	}
	events, err = Decide(filed, Command{Act: ActComment, Actor: "p-acceptor-2", At: lifeStart, Note: "look"}, c)
	if err != nil {
		t.Fatal(err)
	}
	if cs := FoldAll(filed, events); cs.Proposed != 7 {
		t.Error("a remark decides a proposal")
	}
}

// An act that merges is refused with every reason, in both languages, where a report would not join.
func TestAMergeIsRefusedOutsideItsMatter(t *testing.T) {
	c := lifeCity()
	at := func(m float64) Place {
		p, err := PlaceOf(c, north(m))
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	cs := &Case{ID: 9, Stage: Dispatched, Category: "C0101", Severity: catalog.SeverityA, Place: at(0), Report: Report{ReceivedAt: lifeStart}}
	to := Case{ID: 7, Stage: Handling, Category: "C0101", Severity: catalog.SeverityA, Place: at(10), Report: Report{ReceivedAt: lifeStart.Add(-time.Hour)}}
	cmd := Command{Act: ActMerge, Actor: "p-acceptor-2", At: lifeStart, Target: 7}
	if err := CheckMerge(c, cs, &to, cmd); err != nil {
		t.Errorf("the same matter: %v", err)
	}
	for _, tt := range []struct {
		name   string
		change func(*Case)
		words  []string
	}{
		{"far", func(o *Case) { o.Place = at(4000) }, []string{"4.0 km away", "4.0 公里", "50 m", "50 米"}},
		{"less severe", func(o *Case) { o.Severity = catalog.SeverityB }, []string{"severity A", "only of B"}},
		{"another family", func(o *Case) { o.Category = "E0401" }, []string{"E0401", "reclassify"}},
		{"everything", func(o *Case) { o.Category, o.Severity, o.Place = "E0401", catalog.SeverityC, at(4000) }, []string{"4.0 km", "severity A", "E0401"}},
	} {
		o := to
		tt.change(&o)
		err := CheckMerge(c, cs, &o, cmd)
		var refused *RefusedError
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
