package platforms_test

import (
	"strings"
	"testing"
	"testing/fstest"

	"wangge/dispatch/city/citytest"
	"wangge/dispatch/city/compile"
	"wangge/dispatch/city/roster"
	"wangge/grid"
)

// What is wrong with the platforms of a directory is said with its place and what to write instead.
func TestPlatforms_Faults(t *testing.T) {
	t.Parallel()
	in := func(old, text string) func(string) string {
		return func(s string) string {
			if !strings.Contains(s, old) {
				t.Errorf("%q is not in the file", old)
			}
			return strings.Replace(s, old, text, 1)
		}
	}
	const setting = "{level: district, sources: [inspector], categories: [E0301], areas: [W]}"
	for _, tt := range []struct {
		name, file string
		change     func(string) string
		want       []string
	}{
		{"unknown words", "city.yaml", in(setting, "{level: distrikt, sources: [radio], categories: [X9], areas: [Q]}"), []string{
			`city.yaml:13: platforms 1, level: level "distrikt" is unknown; did you mean "district"?`, `sources: source "radio" is unknown`,
			`categories: no category matches "X9"`, `areas: area "Q" does not exist`,
		}},
		{"a level without an office", "city.yaml", in("level: district", "level: grid"), []string{"no grid has an acceptor or a dispatcher"}},
		{"a platform without an acceptor", "city.yaml", in(", areas: [W]", ""), []string{
			"city.yaml:13: platforms 1, level: platforms where cases arrive have no acceptor (1): E; add ,area:E,acceptor,PERSON,1,,, to posts.csv",
		}},
		{"an entry that an earlier one takes", "city.yaml", in(setting, "{level: district, sources: [inspector, hotline], categories: [E03*], areas: [W]}\n  - "+setting), []string{
			"city.yaml:14: platforms 2, level: this entry is never reached: entry 1 takes every report that it names",
		}},
		{"minutes", "city.yaml", in("second_dispatch_minutes: 30", "second_dispatch_minutes: -1"), []string{`defaults second_dispatch_minutes: "-1" can't be used; write second_dispatch_minutes: 30, or another number from 0 to 44640`}},
		{"the city is the first", "rules.csv", in("platform:district,,,", "platform:city,,,"), []string{`platform "city" is no level below the city; write one of district, community, grid`}},
		{"an unknown level", "rules.csv", in(",,,community\n", ",,,kommune\n"), []string{`platform "kommune" is no level below the city`}},
		{"a circle", "rules.csv", in("platform:community", "platform:district"), []string{
			"rules.csv:8: owner: the platform of the level district does not lie below the one that dispatches by this row, district",
			"rules.csv:10: platform community: no rule gives a case or a part of one to the platforms of this level",
		}},
		{"nothing for the rest", "rules.csv", in("290,*,,,,,,,,block:community,,,community\n", ""), []string{
			"rules.csv:8: the platforms of the level community are given cases, and their rules do not end with one for everything; add 9998,*",
		}},
		{"no dispatcher", "posts.csv", in(",area:E,dispatcher,dispatcher-e,1,,,\n", ""), []string{
			"rules.csv:5: platform:district names nobody in 1 area: E; no dispatcher is there; add ,area:E,dispatcher,PERSON,1,,, to posts.csv",
		}},
		{"a row that never decides", "rules.csv", in("110,E0301,,,,,,,,line:GREEN,,,district\n", "105,E0301,,,,,,,,block:district,,,district\n110,E0301,,,,,,,,line:GREEN,,,district\n"), []string{
			"this rule can never match",
		}},
	} {
		m := fstest.MapFS{}
		for name, data := range citytest.PlatformsDirectory() {
			text := string(data)
			if name == tt.file {
				text = tt.change(text)
			}
			m[name] = &fstest.MapFile{Data: []byte(text)}
		}
		_, list := compile.FS(m)
		said := ""
		for _, d := range list {
			said += d.String() + "\n"
			if d.Message.Zh == "" || d.Suggestion.Zh == "" {
				t.Errorf("%s: %s has no Chinese", tt.name, d)
			}
		}
		for _, want := range tt.want {
			if !strings.Contains(said, want) {
				t.Errorf("%s: said is\n%swant %q in it", tt.name, said, want)
			}
		}
	}
}

// Entries that meet in a part of the reports both stand.
func TestPlatforms_EntriesSideBySide(t *testing.T) {
	t.Parallel()
	const setting = "{level: district, sources: [inspector], categories: [E0301], areas: [W]}"
	for _, more := range []string{
		"{level: district, sources: [inspector, hotline], categories: [E0301], areas: [W]}",
		"{level: district, sources: [inspector], categories: [E03*, E0401], areas: [W]}",
		"{level: city, sources: [inspector], categories: [E0301]}",
	} {
		m := fstest.MapFS{}
		for name, data := range citytest.PlatformsDirectory() {
			m[name] = &fstest.MapFile{Data: []byte(strings.Replace(string(data), setting, setting+"\n  - "+more, 1))}
		}
		if _, list := compile.FS(m); len(list) > 0 {
			t.Errorf("%s: %v", more, list)
		}
	}
}

// Where a case arrives, which platform is above another, and which units work below a platform.
func TestPlatforms_Queries(t *testing.T) {
	t.Parallel()
	c := citytest.Platforms(t)
	area := func(id string) roster.Unit { return roster.Unit{Kind: roster.UnitArea, ID: id} }
	w, e := []grid.AreaID{"TOY", "W", "W1", "W1A"}, []grid.AreaID{"TOY", "E", "E1", "E1A"}
	for i, tt := range []struct{ got, want roster.Unit }{
		{c.IntakeOf("inspector", citytest.FallenTree, w), area("W")},
		{c.IntakeOf("hotline", citytest.FallenTree, w), roster.Unit{}},
		{c.IntakeOf("inspector", citytest.Stall, w), roster.Unit{}},
		{c.IntakeOf("inspector", citytest.FallenTree, e), roster.Unit{}},
		{c.PlatformAbove(area("W1")), area("W")},
		{c.PlatformAbove(area("W")), roster.Unit{}},
	} {
		if tt.got != tt.want {
			t.Errorf("%d: %s, want %s", i, tt.got, tt.want)
		}
	}
	dep := func(id string) roster.Unit { return roster.Unit{Kind: roster.UnitDepartment, ID: id} }
	for u, want := range map[roster.Unit]bool{
		area("W"): true, area("W1A"): true, area("E1A"): false, dep("GREEN-W"): true, dep("GREEN-E"): false, dep("GREEN"): false,
		{Kind: roster.UnitPoint, ID: "SCHOOL"}: true,
	} {
		if got := c.Serves(area("W"), u); got != want {
			t.Errorf("%s works below W: %t, want %t", u, got, want)
		}
	}
	if toy := citytest.Toy(t); toy.HasPlatforms() || toy.IsPlatform(area("W")) || !c.IsPlatform(area("W")) || c.IsPlatform(area("TOY")) || c.IsPlatform(area("W1A")) {
		t.Error("which units are platforms")
	}
}
