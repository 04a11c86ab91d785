package lifecycle

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"wangge/dispatch"
	"wangge/dispatch/city/catalog"
	"wangge/dispatch/city/roster"
	"wangge/dispatch/rights"
)

// A table in which an act is missing, doubled or incomplete is refused at start, with the act and the remedy.
func TestTransitions_WrongTableIsRefused(t *testing.T) {
	t.Parallel()
	if _, err := indexed(process(), serviceActs()); err != nil {
		t.Fatalf("the program's own table: %v", err)
	}
	first := func(rows []transition) *transition { return &rows[0] }
	for _, tt := range []struct {
		name   string
		change func(rows []transition, services map[dispatch.Act]decider) []transition
		want   string
	}{
		{"no decider", func(rows []transition, _ map[dispatch.Act]decider) []transition {
			first(rows).decide = nil
			return rows
		}, "no decider"},
		{"no stage", func(rows []transition, _ map[dispatch.Act]decider) []transition { first(rows).from = nil; return rows }, "starts from no stage"},
		{"no role", func(rows []transition, _ map[dispatch.Act]decider) []transition { first(rows).roles = nil; return rows }, "by nobody"},
		{"no scope", func(rows []transition, _ map[dispatch.Act]decider) []transition { first(rows).scope = 0; return rows }, "by nobody"},
		{"two rows", func(rows []transition, _ map[dispatch.Act]decider) []transition { return append(rows, rows[0]) }, "two rows"},
		{"no row", func(rows []transition, _ map[dispatch.Act]decider) []transition { return rows[1:] }, "has 0 places"},
		{"two places", func(rows []transition, s map[dispatch.Act]decider) []transition {
			s[rows[0].act] = decideTick
			return rows
		}, "has 2 places"},
		{"no service", func(rows []transition, s map[dispatch.Act]decider) []transition {
			delete(s, dispatch.ActTick)
			return rows
		}, "has 0 places"},
		{"an empty service", func(rows []transition, s map[dispatch.Act]decider) []transition {
			s[dispatch.ActTick] = nil
			return rows
		}, "no decider"},
	} {
		services := serviceActs()
		rows := tt.change(process(), services)
		if _, err := indexed(rows, services); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v, want %q", tt.name, err, tt.want)
		}
	}
}

// An act of the service or of the grid office is no transition of a person.
func TestTransitions_OthersActsAreNobodys(t *testing.T) {
	t.Parallel()
	for _, act := range append(slices.Collect(maps.Keys(serviceActs())), rights.OfficeActs...) {
		must, may := NeedsOf(act)
		if _, ok := rowOf(act); ok || must != nil || may != nil || LookUps(act) != nil || slices.Contains(PersonsActs(), act) {
			t.Errorf("%s is a transition", act)
		}
	}
}

// A look-up that a row does not ask for makes no difference to its act, and each that it asks for does.
func TestLookUps_AreWhatDecidersRead(t *testing.T) {
	t.Parallel()
	full := Facts{Other: &dispatch.Case{ID: 7, Stage: dispatch.Handling}, Reporters: []roster.PersonID{"another reporter"}, NewID: 99}
	urgent := []*dispatch.Case{{ID: 9, Severity: catalog.SeverityA}}
	for _, tt := range []struct {
		what LookUp
		drop func(*Facts)
	}{
		{LookUpOther, func(f *Facts) { f.Other = nil }},
		{LookUpReporters, func(f *Facts) { f.Reporters = nil }},
		{LookUpNewID, func(f *Facts) { f.NewID = 0 }},
		{LookUpOpenParts, func(f *Facts) { f.OpenParts = 1 }}, // a part that is still open
		{LookUpJoined, func(f *Facts) { f.Joined = urgent }},  // of severity A
	} {
		for i := range transitions {
			row := &transitions[i]
			l := lives(t, row.from[len(row.from)-1])
			if row.act == dispatch.ActStart {
				l = lives(t, dispatch.Dispatched)
			}
			l.ready(row.act)
			cmd := l.full(row.act)
			if row.act == dispatch.ActClose {
				cmd.Outcome = dispatch.OutcomeNotFixed // a merged report of severity A is fixed with its case
			}
			l.facts = full
			with, err := l.try(cmd)
			if err != nil {
				t.Fatalf("%s with every fact: %v", row.act, err)
			}
			tt.drop(&l.facts)
			without, err := l.try(cmd)
			same := err == nil && slices.EqualFunc(with, without, func(a, b dispatch.Event) bool {
				return a.Kind == b.Kind && a.Other == b.Other && slices.Equal(a.Notified, b.Notified)
			})
			if asked := slices.Contains(row.lookUps, tt.what); same == asked {
				t.Errorf("%s: look-up %d is in its row: %t; without the fact the events are the same: %t", row.act, tt.what, asked, same)
			}
		}
	}
}
