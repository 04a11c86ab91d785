package coverage

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"wangge/dispatch/city"
	"wangge/dispatch/city/citytest/testdir"
	"wangge/dispatch/city/compile"
)

// A city that proves loses one post, or one of its people: the proof names each stage at which a case would wait for
// nobody, where, and the row that mends it.
func TestProve_EveryStageUntilClosing(t *testing.T) {
	t.Parallel()
	posts := func(change func([]string) []string) func(fstest.MapFS) {
		return func(m fstest.MapFS) {
			lines := strings.Split(strings.TrimSpace(string(m["posts.csv"].Data)), "\n")
			m["posts.csv"] = &fstest.MapFile{Data: []byte(strings.Join(change(lines), "\n") + "\n")}
		}
	}
	gone := func(parts ...string) func(fstest.MapFS) {
		return posts(func(lines []string) []string {
			return slices.DeleteFunc(lines, func(l string) bool {
				return slices.ContainsFunc(parts, func(part string) bool { return strings.Contains(l, part) })
			})
		})
	}
	rows := func(rows ...string) func(fstest.MapFS) {
		return posts(func(lines []string) []string { return append(lines, rows...) })
	}
	file := func(name, text string) func(fstest.MapFS) {
		return func(m fstest.MapFS) { m[name] = &fstest.MapFile{Data: append(dataOf(m, name), text...)} }
	}
	all := func(changes ...func(fstest.MapFS)) func(fstest.MapFS) {
		return func(m fstest.MapFS) {
			for _, c := range changes {
				c(m)
			}
		}
	}
	byDay := func(part string) func(fstest.MapFS) {
		return all(file("shifts.csv", "id,weekdays,from,to\nday,mon-sun,08:00,20:00\n"), posts(func(lines []string) []string {
			for i := range lines {
				if strings.Contains(lines[i], part) {
					lines[i] = strings.Replace(lines[i], ",1,,,", ",1,day,,", 1)
				}
			}
			return lines
		}))
	}
	// districtChiefs have the duty chief of the city in each district instead.
	districtChiefs := all(gone(",duty_chief,"), posts(func(lines []string) []string {
		for _, l := range slices.Clone(lines) {
			if strings.Contains(l, ",inspector,") {
				lines = append(lines, strings.Split(l, ",inspector,")[0]+",duty_chief,b-duty-chief,1,,,")
			}
		}
		return lines
	}))
	market := func(properties string) func(fstest.MapFS) {
		return all(file("points.geojson", `{"type":"FeatureCollection","features":[{"type":"Feature","properties":{"id":"MARKET","name":"道外市场","name_en":"Market","kind":"market"`+properties+`},"geometry":{"type":"Point","coordinates":[-71.195,42.3]}}]}`),
			func(m fstest.MapFS) {
				lines := strings.SplitN(string(m["rules.csv"].Data), "\n", 2)
				m["rules.csv"] = &fstest.MapFile{Data: []byte(lines[0] + "\n5,abandoned-bicycle/*,,market,50,,,point,,\n" + lines[1])}
			})
	}
	none := func(fstest.MapFS) {}
	for _, tt := range []struct {
		name       string
		base, lose func(fstest.MapFS)
		gaps       []string // reason, stages, areas, post
		add        string   // among what is to be added
	}{
		{"no checker, where the districts have no inspector", gone(",inspector,"), gone(",checker,"), []string{"no_post [verify check] [BOS] checker@area:BOS"}, ",area:BOS,checker,PERSON,1,,,"},
		{"no inspector in one district", gone(",checker,"), gone(",area:A1,inspector,"), []string{"no_post [verify check] [A1] checker@area:BOS"}, ",area:BOS,checker,PERSON,1,,,"},
		{"no dispatcher: the duty chief stands in", none, gone(",dispatcher,"), []string{"no_post [appeal] [BOS] dispatcher@area:BOS", "no_post [dispatch] [BOS] dispatcher@area:BOS"}, ",area:BOS,dispatcher,PERSON,1,,,"},
		{"no acceptor: the duty chief stands in", none, gone(",acceptor,"), []string{"no_post [accept close] [BOS] acceptor@area:BOS"}, ",area:BOS,acceptor,PERSON,1,,,"},
		{"no acceptor, and no duty chief of the city", districtChiefs, gone(",acceptor,"), []string{"no_post [accept close] [BOS] acceptor@area:BOS"}, ",area:BOS,acceptor,PERSON,1,,,"},
		{"no duty chief", none, gone(",duty_chief,"), []string{"no_post [oversight] [BOS] duty_chief@area:BOS"}, ",area:BOS,duty_chief,PERSON,1,,,"},
		{"no duty chief in one district", districtChiefs, gone(",area:C6,duty_chief,"), []string{"no_post [oversight] [C6] duty_chief@area:BOS"}, ",area:BOS,duty_chief,PERSON,1,,,"},
		{"nobody decides on suspensions", districtChiefs, gone(",dispatcher,", ",area:C6,duty_chief,"), []string{
			"no_post [dispatch appeal] [BOS] dispatcher@area:BOS", "no_post [extension suspension] [C6] dispatcher@area:BOS",
			"no_post [oversight] [C6] duty_chief@area:BOS",
		}, ",area:BOS,dispatcher,PERSON,1,,,"},
		{"no arbiter: the leader of the city stands in", none, gone(",arbiter,"), []string{"no_post [ruling] [BOS] arbiter@area:BOS"}, ",area:BOS,arbiter,PERSON,1,,,"},
		{"an arbiter at night alone", none, byDay(",arbiter,"), []string{"no_person [ruling] [BOS] arbiter@area:BOS"}, ",area:BOS,arbiter,PERSON,2,,,"},
		{"the arbiter of the joint meeting without a phone", all(rows(",department:ISD,arbiter,silent,1,,,"), file("people.csv", "silent,Sid Silent,617-555-0000,,,\n"), func(m fstest.MapFS) {
			m["city.yaml"].Data = []byte(strings.Replace(string(m["city.yaml"].Data), "near_border_m: 30", `near_border_m: 30, joint_meeting: {unit: "department:ISD"}`, 1))
		}), func(m fstest.MapFS) {
			m["people.csv"].Data = []byte(strings.Replace(string(m["people.csv"].Data), "617-555-0000", "", 1))
		}, []string{"no_channel [ruling] [BOS] arbiter@department:ISD"}, "silent,Sid Silent,PHONE"},
		{"no leader of the city, but an arbiter", none, gone(",area:BOS,leader,"), []string{"no_post [] [BOS] leader@area:BOS"}, ",area:BOS,leader,PERSON,1,,,"},
		{"no arbiter, and no leader of the city", gone(",area:BOS,leader,"), gone(",arbiter,"), []string{
			"no_post [] [BOS] leader@area:BOS", "no_post [ruling] [BOS] arbiter@area:BOS",
		}, ",area:BOS,arbiter,PERSON,1,,,"},
		{"the checker goes home at night, and so do the inspectors", gone(",inspector,"), byDay(",checker,"), []string{"no_person [verify check] [BOS] checker@area:BOS"}, ",area:BOS,checker,PERSON,2,,,"},
		{"the inspectors go home at night, the checker does not", none, byDay(",inspector,"), nil, ""},
		{"the checker goes home at night, and a rule for off hours names who answers", gone(",inspector,"), all(byDay(",checker,"), file("city.yaml", "off_hours:\n  - {units: \"area:BOS\", answers: \"duty_chief@area:BOS\"}\n")), nil, ""},
		{"the dispatcher goes home at night", none, byDay(",dispatcher,"), []string{"no_person [dispatch appeal] [BOS] dispatcher@area:BOS"}, ",area:BOS,dispatcher,PERSON,2,,,"},
		{"a checker without a phone", gone(",inspector,"), func(m fstest.MapFS) {
			m["people.csv"].Data = []byte(strings.Replace(string(m["people.csv"].Data), phoneOf(m, "b-checker"), "", 1))
		}, []string{"no_channel [verify check] [BOS] checker@area:BOS"}, "b-checker,"},
		{"a patron on leave", rows(",area:A1,patron,b-grid-office,1,,,"), file("absences.csv", "person,from,to,reason\nb-grid-office,2026-11-24,2026-11-26,leave\n"), []string{"no_person [patron] [A1] patron@area:A1"}, ",area:A1,patron,PERSON,2,,,"},
		{"a patron on leave for whom somebody stands in", rows(",area:A1,patron,b-grid-office,1,,,"), file("absences.csv", "person,from,to,reason,cover\nb-grid-office,2026-11-24,2026-11-26,leave,b-owner\n"), nil, ""},
		{"a patron without a phone", all(rows(",area:A1,patron,silent,1,,,"), file("people.csv", "silent,Sid Silent,617-555-0000,,,\n")), func(m fstest.MapFS) {
			m["people.csv"].Data = []byte(strings.Replace(string(m["people.csv"].Data), "617-555-0000", "", 1))
		}, []string{"no_channel [patron] [A1] patron@area:A1"}, "silent,Sid Silent,PHONE"},
		{"a market without a holder", none, market(""), []string{"no_post [work] [A1] "}, ",point:MARKET,owner,PERSON,1,,,"},
		{"a market that names its unit", none, market(`,"unit":"department:PWDx"`), nil, ""},
		{"the holder of a market on leave", all(market(""), rows(",point:MARKET,owner,b-grid-office,1,,,")), file("absences.csv", "person,from,to,reason\nb-grid-office,2026-11-24,2026-11-26,leave\n"), []string{"no_person [work] [A1] owner@point:MARKET"}, ",point:MARKET,owner,PERSON,2,,,"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			m := testdir.Plain(t)
			tt.base(m)
			before := proofOf(t, draft(t, m), "2026-11-23", 7)
			tt.lose(m)
			c := draft(t, m)
			p := proofOf(t, c, "2026-11-23", 7)
			got, added := linesOf(p.Gaps), false
			if !slices.Equal(got, tt.gaps) {
				t.Errorf("gaps\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(tt.gaps, "\n"))
			}
			for i := range p.Gaps {
				added = added || strings.Contains(p.Gaps[i].Line, tt.add)
				if p.Gaps[i].Why.En == "" || p.Gaps[i].Why.Zh == "" {
					t.Errorf("no words: %v", p.Gaps[i])
				}
			}
			if tt.add != "" && !added {
				t.Errorf("%v is to be added, want %s", p.Gaps, tt.add)
			}
			if opened := Opened(c, &before, &p); len(opened) != len(tt.gaps)-len(before.Gaps) {
				t.Errorf("the loss opens %v, want %d of them", linesOf(opened), len(tt.gaps)-len(before.Gaps))
			}
			if n := p.Counts; n.Proved()+n.Open != n.Combinations || (n.Open > 0) != (len(tt.gaps) > 0) {
				t.Errorf("counts %+v", n)
			}
		})
	}
}

// linesOf formats gaps.
func linesOf(gaps []Gap) []string {
	var out []string
	for i := range gaps {
		g := &gaps[i]
		out = append(out, fmt.Sprint(g.Reason, " ", g.Stages, " ", g.Areas, " ", g.Post))
	}
	slices.Sort(out)
	return out
}

// dataOf is what a file holds; nothing for a file that does not exist.
func dataOf(m fstest.MapFS, name string) []byte {
	if m[name] == nil {
		return nil
	}
	return slices.Clone(m[name].Data)
}

// phoneOf is the phone of a person in people.csv.
func phoneOf(m fstest.MapFS, person string) string {
	for line := range strings.Lines(string(m["people.csv"].Data)) {
		if cells := strings.Split(line, ","); cells[0] == person {
			return cells[2]
		}
	}
	return ""
}

// draft compiles a directory that may have faults.
func draft(t *testing.T, m fstest.MapFS) *city.City {
	t.Helper()
	c, faults := compile.Draft(m)
	if c == nil {
		t.Fatal(faults)
	}
	return c
}
