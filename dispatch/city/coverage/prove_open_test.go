package coverage

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"wangge/dispatch/city/catalog"
	"wangge/dispatch/city/citytest/testdir"
	"wangge/dispatch/city/compile"
	"wangge/grid"
)

// Gaps that lie over one another count once: what is proved and what is open are the whole, and what is open
// is what a count of every kind of place, category and minute says.
func TestProve_GapsAddUp(t *testing.T) {
	t.Parallel()
	base := string(testdir.Plain(t)["posts.csv"].Data)
	people := string(testdir.Plain(t)["people.csv"].Data)
	for seed := range uint64(5) {
		rng := rand.New(rand.NewPCG(41, seed))
		m := testdir.Plain(t)
		m["shifts.csv"] = &fstest.MapFile{Data: []byte("id,weekdays,from,to\nday,mon-sun,07:00,22:00\nshort,mon,10:00,10:30\nlong,sat sun,08:30,08:30\n")}
		posts := strings.Split(base, "\n")
		for i, line := range posts {
			if i > 0 && strings.HasSuffix(line, ",1,,,") && rng.IntN(3) == 0 {
				posts[i] = strings.TrimSuffix(line, ",1,,,") + ",1," + []string{"day", "short", "long"}[rng.IntN(3)] + ",,"
			}
		}
		if rng.IntN(3) == 0 { // nobody may check
			posts = slices.DeleteFunc(posts, func(l string) bool { return strings.Contains(l, ",checker,") || strings.Contains(l, ",inspector,") })
		}
		m["posts.csv"].Data = []byte(strings.Join(posts, "\n"))
		absences := "person,from,to,reason\n"
		for _, line := range strings.Split(people, "\n")[1:] {
			if id, _, ok := strings.Cut(line, ","); ok && rng.IntN(4) == 0 {
				from := time.Date(2026, 11, 23, rng.IntN(40), rng.IntN(60), 0, 0, time.UTC)
				absences += fmt.Sprintf("%s,%s,%s,\n", id, from.Format("2006-01-02 15:04"), from.Add(time.Duration(1+rng.IntN(900))*time.Minute).Format("2006-01-02 15:04"))
			}
		}
		m["absences.csv"] = &fstest.MapFile{Data: []byte(absences)}
		c, faults := compile.Draft(m)
		if c == nil {
			t.Fatal(faults)
		}
		from := time.Date(2026, 11, 23, 0, 0, 0, 0, c.Location)
		p := prove(c, from, from.AddDate(0, 0, 2), nil)
		n := p.out.Counts
		if n.Proved()+n.Open != n.Combinations || n.Open < 0 || n.Open > n.Combinations {
			t.Errorf("seed %d: proved %d and open %d of %d", seed, n.Proved(), n.Open, n.Combinations)
		}
		if want := overlapsOf(p); n.Overlapping != want {
			t.Errorf("seed %d: %d gaps overlap, want %d", seed, n.Overlapping, want)
		}
		if want := counted(p); n.Open != want || len(p.out.Gaps) < 2 {
			t.Errorf("seed %d: open %d, counted %d, in %d gaps", seed, n.Open, want, len(p.out.Gaps))
		}
	}
}

// overlapsOf counts the gaps that share a kind of place, a category and a minute with another gap, one pair after the other.
func overlapsOf(p *prover) int {
	n := 0
	for i := range p.out.Gaps {
		if slices.ContainsFunc(p.leaves, func(l leaf) bool {
			return slices.ContainsFunc(p.out.Gaps, func(o Gap) bool { return !o.same(&p.out.Gaps[i]) && o.meets(&p.out.Gaps[i], &l) })
		}) {
			n++
		}
	}
	return n
}

// same reports whether two gaps are one and the same.
func (g *Gap) same(o *Gap) bool {
	return g.Reason == o.Reason && g.Post == o.Post && g.Person == o.Person && g.Unit == o.Unit && slices.Equal(g.When, o.When) &&
		slices.Equal(g.Areas, o.Areas) && slices.Equal(g.Categories, o.Categories) && slices.Equal(g.Posts, o.Posts) && slices.Equal(g.Stages, o.Stages)
}

// at reports whether a gap is open somewhere in a kind of place.
func (g *Gap) at(l *leaf) bool {
	return slices.ContainsFunc(g.Areas, func(id grid.AreaID) bool { return slices.Contains(l.chain, id) }) || l.bare && slices.Contains(g.BareOf, l.area)
}

// meets reports whether two gaps share a category and an instant in a kind of place.
func (g *Gap) meets(o *Gap, l *leaf) bool {
	return g.at(l) && o.at(l) && len(g.When.And(o.When)) > 0 &&
		slices.ContainsFunc(g.Categories, func(c catalog.Code) bool { return slices.Contains(o.Categories, c) })
}

// counted counts what is open, one kind of place, category and minute after the other.
func counted(p *prover) int64 {
	minutes := int(p.out.Counts.Minutes)
	sum := int64(0)
	for i := range p.leaves {
		l := &p.leaves[i]
		for code := range p.c.Categories {
			shut := make([]bool, minutes)
			for j := range p.out.Gaps {
				g := &p.out.Gaps[j]
				if !g.at(l) || !slices.Contains(g.Categories, code) {
					continue
				}
				for _, s := range g.When {
					for k := int(s.From.Sub(p.out.From) / time.Minute); k < int(s.To.Sub(p.out.From)/time.Minute); k++ {
						shut[k] = true
					}
				}
			}
			for _, is := range shut {
				if is {
					sum += l.cells
				}
			}
		}
	}
	return sum
}

// One wrong row of shifts.csv is one gap that names the shift, however many posts are held by it.
func TestProve_OneWrongShiftIsOneGap(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, row, want, add string }{
		{"its hours leave two open", "night,mon-sun,20:00,06:00", "by shifts.csv: day, night", "posts.csv: "},
		{"its weekdays leave out a day", "night,mon-sat,20:00,08:00", "by shifts.csv: day, night", "posts.csv: "},
		{"its time can't be read", "night,mon-sun,20:00,25:00", "the row of shift night has a fault (shifts.csv:3)", "shifts.csv: night,mon-sun,20:00,08:00"},
		{"its weekdays can't be read", "night,mon-son,20:00,08:00", "the row of shift night has a fault (shifts.csv:3)", "shifts.csv: night,mon-sun,20:00,08:00"},
	} {
		m := testdir.Plain(t)
		m["shifts.csv"] = &fstest.MapFile{Data: []byte("id,weekdays,from,to\nday,mon-sun,08:00,20:00\n" + tt.row + "\n")}
		posts, n := strings.Split(string(m["posts.csv"].Data), "\n"), 0
		for _, line := range posts[1:] {
			if strings.Contains(line, ",owner,") {
				n++
				id := fmt.Sprintf("night-%d", n)
				posts = append(posts, strings.Replace(strings.Replace(line, ",1,,,", ",2,night,,", 1), strings.Split(line, ",")[3], id, 1))
				m["people.csv"].Data = append(m["people.csv"].Data, id+","+id+",617-555-2000,,,\n"...)
			}
		}
		text := strings.Join(posts, "\n")
		for _, line := range posts {
			if strings.Contains(line, ",owner,") && strings.HasSuffix(line, ",1,,,") {
				text = strings.Replace(text, line, strings.Replace(line, ",1,,,", ",1,day,,", 1), 1)
			}
		}
		m["posts.csv"].Data = []byte(strings.ReplaceAll(text, "\n\n", "\n"))
		c, faults := compile.Draft(m)
		if c == nil || len(faults) > 1 {
			t.Fatalf("%s: %v", tt.name, faults)
		}
		p := proofOf(t, c, "2026-11-23", 14)
		var gaps []Gap
		for _, g := range p.Gaps {
			if g.Reason == NoPerson {
				gaps = append(gaps, g)
			}
		}
		if len(gaps) != 1 || len(gaps[0].Posts) < 3 || !strings.Contains(gaps[0].Why.En, tt.want) || !strings.Contains(gaps[0].Add(), tt.add) || gaps[0].Why.Zh == "" {
			t.Errorf("%s: %d posts at owners, gaps %+v", tt.name, n, gaps)
		}
		if opened := Opened(c, &p, &p); len(opened) > 0 {
			t.Errorf("%s: no change opens %v", tt.name, opened)
		}
	}
}

// A year that is not known is a gap of the categories that reach it, each from the day on which it does.
func TestProve_UnknownYearIsAGapOfWhatReachesIt(t *testing.T) {
	t.Parallel()
	m := testdir.Plain(t)
	m["calendar.yaml"] = &fstest.MapFile{Data: []byte("hours: [{from: \"08:30\", to: \"17:00\"}]\n")}
	m["holidays/2026.json"] = &fstest.MapFile{Data: []byte(`{"year": 2026, "days": [{"name": "元旦", "date": "2026-01-01", "isOffDay": true}]}`)}
	c := loads(t, m)
	p := proofOf(t, c, "2026-10-01", 90)
	if len(p.Gaps) < 3 {
		t.Fatalf("gaps %v, want one for each day from which some categories reach 2027", p.Gaps)
	}
	seen := map[catalog.Code]bool{}
	for i := range p.Gaps {
		g := &p.Gaps[i]
		if g.Reason != NoCalendar {
			t.Fatalf("gap %v", g)
		}
		for _, code := range g.Categories {
			if seen[code] {
				t.Errorf("%s is in two gaps", code)
			}
			seen[code] = true
			early := func(at time.Time) bool { // whether no condition reaches 2027
				for _, cond := range c.Categories[code].Conditions {
					if _, err := c.Calendar.DueAt(at, cond.Limit); err != nil {
						return false
					}
				}
				return true
			}
			if g.From.After(p.From) && !early(g.From.Add(-time.Minute)) || early(g.From.Add(time.Minute)) {
				t.Errorf("%s is said to reach 2027 from %v on", code, g.From)
			}
		}
	}
}
