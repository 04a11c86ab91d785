package desk_test

import (
	"bytes"
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"

	"wangge/dispatch/city"
	"wangge/dispatch/city/compile"
	"wangge/dispatch/city/coverage"
	"wangge/dispatch/desk"
	"wangge/dispatch/desk/revision"
	"wangge/dispatch/desk/rollout"
	"wangge/storage/mem"
)

// without is a copy of a directory in which one file lacks the one line that holds a text.
func without(t *testing.T, dir city.Directory, file, text string) city.Directory {
	t.Helper()
	lines := bytes.SplitAfter(dir[file], []byte("\n"))
	kept := slices.DeleteFunc(slices.Clone(lines), func(l []byte) bool { return bytes.Contains(l, []byte(text)) })
	if len(kept) != len(lines)-1 {
		t.Fatalf("%d lines of %s hold %q, want one", len(lines)-len(kept), file, text)
	}
	out := maps.Clone(dir)
	out[file] = bytes.Join(kept, nil)
	return out
}

// Whatever a clerk loses, apply refuses: as a fault of the directory or as a gap that it opens.
func TestApply_LossesAreRefused(t *testing.T) {
	t.Parallel()
	d, _ := kept(t, mem.Open())
	was := directory(t)
	year := maps.Clone(was)
	delete(year, "holidays/2026.json")
	for _, tt := range []struct {
		name, says string
		dir        city.Directory
		waivable   bool
	}{
		{"one post", "nobody answers for area:W1A", without(t, was, "posts.csv", ",area:W1A,owner,"), false},
		{"one area", "area:W1A", without(t, was, "areas.geojson", `"id": "W1A"`), false},
		{"one shift", `shift "day"`, without(t, was, "shifts.csv", "day,"), false},
		{"one rule", "no rule names E0301", without(t, was, "rules.csv", "line:GREEN"), true},
		{"one holiday year", "reach 2026", year, true},
		{"one contact", "can't be reached", edit(t, was, "people.csv", "grid-w1a,西一甲格,+86 451 5551 0121,", "grid-w1a,西一甲格,,"), false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := rollout.Proposal{Directory: tt.dir, Against: was.Revision(), Policy: revision.Keep}
			_, err := d.Apply(t.Context(), keeper, p)
			var said []string
			var faults *revision.FaultsError
			var gaps *rollout.GapsError
			switch {
			case errors.As(err, &faults):
				for _, f := range faults.Faults {
					said = append(said, f.Message.En)
				}
			case errors.As(err, &gaps):
				for _, g := range gaps.Gaps {
					said = append(said, g.Text.En)
					if g.Add.En == "" || g.Hole == nil || g.Text.Zh == g.Text.En {
						t.Errorf("gap %+v", g)
					}
				}
			default:
				t.Fatalf("Apply = %v, want a refusal", err)
			}
			if !strings.Contains(strings.Join(said, "\n"), tt.says) || (gaps != nil) != tt.waivable {
				t.Errorf("refused for %q, want %q (waivable: %v)", said, tt.says, tt.waivable)
			}
			if d.City().Revision != was.Revision() {
				t.Errorf("the city is %s", d.City().Revision)
			}
		})
	}
}

// The city's own expectations are run before every apply; the reason to go on nevertheless is kept.
func TestApply_UnmetExpectation(t *testing.T) {
	t.Parallel()
	d, _ := kept(t, mem.Open())
	was := directory(t)
	p := rollout.Proposal{Directory: maps.Clone(was), Against: was.Revision(), Policy: revision.Keep}
	p.Directory[city.ExpectationsFile] = []byte("lat,lng,category,at,owner\n45.752,126.602,E0301,2026-03-04 09:00,department:GREEN\n45.752,126.602,E0201,2026-03-04 09:00,department:ROADS\n")
	var gaps *rollout.GapsError
	if _, err := d.Apply(t.Context(), keeper, p); !errors.As(err, &gaps) || len(gaps.Gaps) != 1 || gaps.Gaps[0].Reason != rollout.Unmet || gaps.Gaps[0].Text.En != "expectations.csv:3: owner is department:WATER, expected department:ROADS" {
		t.Fatalf("Apply = %v, %+v", err, gaps)
	}
	plan, err := d.Plan(t.Context(), keeper, p)
	if err != nil || len(plan.Checks.Results) != 2 || plan.Checks.Failed != 1 || plan.Checks.Fallback != 0 {
		t.Errorf("the plan checks %+v, %v", plan.Checks, err)
	}
	p.Waive = "the roads take it next week"
	if _, err := d.Apply(t.Context(), keeper, p); err != nil {
		t.Fatal(err)
	}
	list, err := d.Revisions(t.Context(), 0, 1)
	if err != nil || list[0].Waiver != p.Waive || len(list[0].Waived) != 1 || !strings.HasPrefix(list[0].Waived[0].Zh, "expectations.csv:3") {
		t.Errorf("kept: %+v, %v", list, err)
	}
}

// keptOf is a desk that keeps revisions, opened with a directory.
func keptOf(t *testing.T, dir city.Directory) *desk.Desk {
	t.Helper()
	c, faults := compile.Directory(dir)
	if faults != nil {
		t.Fatal(faults)
	}
	d, _ := openWith(t, mem.Open(), desk.Config{City: c, Directory: dir})
	return d
}

// A calendar gap that only changes its list of categories is neither opened nor closed: the plan shows it as changed, and nothing has
// to be waived again.
func TestPlan_CalendarGapOfOtherCategoriesIsTheSame(t *testing.T) {
	t.Parallel()
	was := directory(t)
	delete(was, "holidays/2026.json")
	d := keptOf(t, was)
	more := maps.Clone(was)
	more["categories.csv"] = append(bytes.Clone(was["categories.csv"]), "E0302,event,施工管理,construction,工地扬尘,dust of a site,B,2,work_days,,\n"...)
	for name, dirs := range map[string][2]city.Directory{"a category is added": {was, more}, "and removed again": {more, was}} {
		t.Run(name, func(t *testing.T) {
			if d.City().Base() != dirs[0].Revision() {
				if _, err := d.Apply(t.Context(), keeper, rollout.Proposal{Directory: dirs[0], Against: d.City().Base(), Policy: revision.Keep, Waive: "x"}); err != nil {
					t.Fatal(err)
				}
			}
			plan, err := d.Plan(t.Context(), keeper, rollout.Proposal{Directory: dirs[1], Against: dirs[0].Revision(), Policy: revision.Keep})
			if err != nil {
				t.Fatal(err)
			}
			years := func(list []rollout.Gap) (n int) {
				for _, g := range list {
					if g.Hole != nil && g.Hole.Reason == coverage.NoCalendar {
						n++
					}
				}
				return n
			}
			if years(plan.Opened)+years(plan.Returned)+years(plan.Closed) != 0 || years(plan.Changed) == 0 {
				t.Errorf("calendar gaps: %d open, %d return, %d close, %d change; want changed ones alone", years(plan.Opened), years(plan.Returned), years(plan.Closed), years(plan.Changed))
			}
		})
	}
}

// Going back to a directory that has decided before is not refused for the gaps that stood then; they are named. A
// directory that never decided is refused for the same gaps.
func TestApply_RollbackIsNotRefusedForWhatStoodBefore(t *testing.T) {
	t.Parallel()
	is := directory(t)
	was := without(t, is, "rules.csv", "line:GREEN") // nobody answers for E0301
	was[city.ExpectationsFile] = []byte("lat,lng,category,at,owner\n45.752,126.602,E0201,2026-03-04 09:00,department:ROADS\n")
	d := keptOf(t, was)
	if _, err := d.Apply(t.Context(), keeper, rollout.Proposal{Directory: is, Against: was.Revision(), Policy: revision.Keep}); err != nil {
		t.Fatal(err)
	}
	back := rollout.Proposal{Revision: was.Revision(), Against: is.Revision(), Policy: revision.Keep}
	plan, err := d.Plan(t.Context(), keeper, back)
	if err != nil || len(plan.Opened) != 0 || len(plan.Returned) < 2 {
		t.Fatalf("the plan of going back: %+v, %+v, %v", plan.Opened, plan.Returned, err)
	}
	if _, err := d.Apply(t.Context(), keeper, back); err != nil {
		t.Errorf("going back: %v", err)
	}
	if _, err := d.Apply(t.Context(), keeper, rollout.Proposal{Revision: is.Revision(), Against: was.Revision(), Policy: revision.Keep}); err != nil {
		t.Fatal(err)
	}
	fresh := maps.Clone(was)
	delete(fresh, city.ExpectationsFile)
	var gaps *rollout.GapsError
	if _, err := d.Apply(t.Context(), keeper, rollout.Proposal{Directory: fresh, Against: is.Revision(), Policy: revision.Keep}); !errors.As(err, &gaps) {
		t.Errorf("a directory that never decided: %v, want its gaps", err)
	}
}
