package coverage

import (
	"bytes"
	"encoding/csv"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"wangge/dispatch/city"
	"wangge/dispatch/city/catalog"
	"wangge/dispatch/city/citytest"
	"wangge/dispatch/city/citytest/testdir"
	"wangge/dispatch/city/compile"
	"wangge/dispatch/diag"
	"wangge/grid"
)

func proofOf(t testing.TB, c *city.City, from string, days int) Proof {
	t.Helper()
	at, err := time.ParseInLocation(time.DateOnly, from, c.Location)
	if err != nil {
		t.Fatal(err)
	}
	p, err := Prove(c, at, at.AddDate(0, 0, days))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// Harbin over 90 days, all categories, the demo's people: nothing is open, and the four lists of
// clause 39 are empty.
func TestProve_BuiltInCitiesAreComplete(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"harbin", "boston"} {
		c := shipped(t, name)
		p := proofOf(t, c, "2026-03-02", 90)
		t.Logf("%s: %+v", name, p.Counts)
		for _, g := range p.Gaps {
			t.Errorf("%s: %s %v %s; add %s", name, g.Reason, g.Areas, g.Why, g.Add())
		}
		if l := p.Lists; len(l.BareCells)+len(l.LostPoints)+len(l.OpenMatters)+len(l.IdlePeople) > 0 || p.Counts.Fallback > 0 || len(p.IdleRules) > 0 {
			t.Errorf("%s: lists %+v, %d categories fall to the last rule, idle rules %v; want none", name, l, p.Counts.Fallback, p.IdleRules)
		}
		if n := p.Counts; n.Proved() != n.Combinations || n.Combinations != n.Cells*int64(len(c.Categories))*90*24*60-int64(dstMinutes(p))*n.Cells*int64(len(c.Categories)) {
			t.Errorf("%s: proved %d of %+v", name, n.Proved(), n)
		}
	}
}

// dstMinutes is how many minutes a change of the clock takes from the horizon.
func dstMinutes(p Proof) int {
	_, a := p.From.Zone()
	_, b := p.To.Zone()
	return (b - a) / 60
}

// Each thing that a clerk may lose opens exactly the hole that it filled, and the proof says what to
// write where.
func TestProve_EachLossIsNamed(t *testing.T) {
	t.Parallel()
	cut := func(file, begin string) func(fstest.MapFS) {
		return func(m fstest.MapFS) {
			lines := strings.SplitAfter(string(m[file].Data), "\n")
			kept := slices.DeleteFunc(slices.Clone(lines), func(l string) bool { return strings.Contains(l, begin) })
			if len(kept) != len(lines)-1 {
				t.Fatalf("%d lines of %s hold %q, want one", len(lines)-len(kept), file, begin)
			}
			m[file] = &fstest.MapFile{Data: []byte(strings.TrimSuffix(strings.Join(kept, ""), ",\n]}\n"))}
			if strings.HasSuffix(file, ".geojson") && !strings.HasSuffix(string(m[file].Data), "]}\n") {
				m[file].Data = append(m[file].Data, "\n]}\n"...)
			}
		}
	}
	wholes := map[string]Proof{"harbin": proofOf(t, citytest.Harbin(t), "2026-03-02", 90), "toy": proofOf(t, citytest.Toy(t), "2026-03-02", 90)}
	nights := testdir.Toy() // in the area E1A, one person by day and one by night
	nights["shifts.csv"].Data = append(nights["shifts.csv"].Data, "long,mon-sun,08:00,20:00,\nnight,mon-sun,20:00,08:00,\n"...)
	nights["posts.csv"].Data = bytes.Replace(nights["posts.csv"].Data, []byte(",area:E1A,owner,grid-e1a,1,,,\n"), []byte(",area:E1A,owner,grid-e1a,1,long,,\n,area:E1A,owner,grid-e1b,2,night,,\n"), 1)
	c, faults := compile.FS(nights)
	if c == nil {
		t.Fatal(faults)
	}
	wholes["nights"] = proofOf(t, c, "2026-03-02", 90)
	for _, tt := range []struct {
		name, city      string
		lose            func(fstest.MapFS)
		reason          Reason
		areas, codes    string
		stretches       int
		why, add, fault string
	}{
		{"one post", "toy", cut("posts.csv", ",area:E1A,owner,"), NoPost, "E1A", "E0401", 1, "nobody was ever named", "posts.csv: ,area:E1A,owner,PERSON,1,,,", "nobody answers for area:E1A"},
		{"one area", "harbin", cut("areas.geojson", `"id":"230102001002"`), NoGround, "230102001", "E0401", 1, "cells with no block; posts are held at area 230102001002", `areas.geojson: {"type":"Feature","properties":{"id":"230102001002","name":"NAME","level":"community","parent":"230102001"},"geometry":{…}}`, "area:230102001002"},
		{"one shift", "nights", cut("shifts.csv", "night,"), NoPerson, "E1A", "E0401", 91, "20:00-08:00", "shifts.csv: night,mon-sun,20:00,08:00", `shift "night"`},
		{"one rule", "harbin", cut("rules.csv", "line:WATER"), NoRule, "230100", "C0101 C0125 C0161 C0193 E0501", 1, "no rule names C0101", `rules.csv: ORDER,"C0101,C0125,C0161,C0193,E0501",,,,,,line:DEPARTMENT,,`, ""},
		{"one holiday year", "toy", func(m fstest.MapFS) {
			m["calendar.yaml"].Data = []byte(strings.Replace(string(m["calendar.yaml"].Data), "require_holidays: false", "require_holidays: true", 1))
			m["holidays/2025.json"] = &fstest.MapFile{Data: []byte(`{"year": 2025, "days": [{"name": "元旦", "date": "2025-01-01", "isOffDay": true}]}`)}
			delete(m, "holidays/2026.json")
		}, NoCalendar, "TOY", "C0101", 1, "reach 2026", "holidays/2026.json: ", ""},
		{"one contact", "toy", func(m fstest.MapFS) {
			text := string(m["people.csv"].Data)
			i := strings.Index(text, "grid-e1a,")
			line := text[i : i+strings.Index(text[i:], "\n")]
			cells := strings.Split(line, ",")
			cells[2] = ""
			m["people.csv"].Data = []byte(strings.Replace(text, line, strings.Join(cells, ","), 1))
		}, NoChannel, "E1A", "E0401", 1, "can't be reached", "people.csv: grid-e1a,", "can't be reached"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			m, before := testdir.Toy(), wholes[tt.city]
			switch tt.city {
			case "harbin":
				m = testdir.Directory(t, "harbin")
			case "nights":
				m["shifts.csv"], m["posts.csv"] = nights["shifts.csv"], nights["posts.csv"]
			}
			tt.lose(m)
			c, faults := compile.Draft(m)
			if c == nil {
				t.Fatalf("nothing can be proved: %v", faults)
			}
			p := proofOf(t, c, "2026-03-02", 90)
			if len(p.Gaps) != 1 {
				t.Fatalf("gaps %+v, want one", p.Gaps)
			}
			g := p.Gaps[0]
			var areas []string
			for _, id := range g.Areas {
				areas = append(areas, string(id))
			}
			if g.Reason != tt.reason || strings.Join(areas, " ") != tt.areas || g.Stretches != tt.stretches || !strings.Contains(g.Why.En, tt.why) || !strings.Contains(g.Add(), tt.add) || g.Why.Zh == "" {
				t.Errorf("%s of %v, %d stretches: %s; add %s\nwant %s of %s, %d stretches: %s; add %s", g.Reason, areas, g.Stretches, g.Why, g.Add(), tt.reason, tt.areas, tt.stretches, tt.why, tt.add)
			}
			for code := range strings.FieldsSeq(tt.codes) {
				if !slices.Contains(g.Categories, catalog.Code(code)) {
					t.Errorf("categories %v, want %s among them", g.Categories, code)
				}
			}
			if tt.name == "one rule" && len(g.Categories) != 5 {
				t.Errorf("categories %v, want the rule's five", g.Categories)
			}
			if tt.fault != "" && (len(faults) == 0 || !slices.ContainsFunc(faults, func(f diag.Diagnostic) bool { return strings.Contains(f.Message.En, tt.fault) })) {
				t.Errorf("faults %v, want one that names %s", faults, tt.fault)
			}
			if opened := Opened(c, &before, &p); len(opened) != 1 {
				t.Errorf("the change opens %v, want the gap", opened)
			}
			if opened := Opened(c, &p, &p); len(opened) != 0 {
				t.Errorf("no change opens %v", opened)
			}
		})
	}
}

// The rules were once 174 rows of one category each; the readable table gives the same answers.
func TestRules_HarbinsOwnersAreUnchanged(t *testing.T) {
	t.Parallel()
	c := shipped(t, "harbin")
	f, err := os.Open("testdata/harbin_owners.csv")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	if len(rows) != len(c.Categories) {
		t.Fatalf("%d rows, want %d", len(rows), len(c.Categories))
	}
	for _, row := range rows {
		r := c.RulesFor(catalog.Code(row[0]))[0]
		got := "line:" + r.Owner.Department
		if r.Owner.Kind == catalog.OwnerBlock {
			got = "block:" + c.Levels[r.Owner.Level]
		}
		if got != row[1] || r.CatchAll() || (r.Owner.Kind == catalog.OwnerLine) != (len(r.CoOwners) == 1) {
			t.Errorf("%s goes to %s by %s, want %s", row[0], got, r.ID, row[1])
		}
	}
}

// A change that only makes gaps smaller opens nothing, however a proof groups what is left.
func TestOpened_SmallerGapsOpenNothing(t *testing.T) {
	t.Parallel()
	c := shipped(t, "boston")
	from := time.Date(2026, 3, 2, 0, 0, 0, 0, c.Location)
	gap := func(days int, areas string, codes ...catalog.Code) Gap {
		g := Gap{Reason: NoPerson, Post: "owner@department:PWDx", Categories: codes, From: from, To: from.AddDate(0, 0, days), Minutes: int64(days) * minutesOfDay}
		for id := range strings.FieldsSeq(areas) {
			g.Areas = append(g.Areas, grid.AreaID(id))
		}
		return g
	}
	before := Proof{Gaps: []Gap{gap(5, "A1", "a", "b"), gap(5, "B2", "a")}}
	for _, tt := range []struct {
		name  string
		after Gap
		opens int
	}{
		{"parts of two gaps become one", gap(5, "A1 B2", "a"), 0},
		{"fewer days", gap(3, "A1", "b"), 0},
		{"another area", gap(5, "A1 C11", "a"), 1},
		{"another category of one of them", gap(5, "A1 B2", "a", "b"), 1},
		{"more days", gap(6, "B2", "a"), 1},
	} {
		if got := Opened(c, &before, &Proof{Gaps: []Gap{tt.after}}); len(got) != tt.opens {
			t.Errorf("%s: opens %v, want %d", tt.name, got, tt.opens)
		}
	}
}

// shipped returns a built-in city, which tests only read.
func shipped(t testing.TB, name string) *city.City {
	t.Helper()
	if name == "harbin" {
		return citytest.Harbin(t)
	}
	return citytest.Boston(t)
}
