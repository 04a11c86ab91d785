package rules

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"wangge/dispatch/sim/rules/hours"
	"wangge/dispatch/sim/rules/posts"
	"wangge/dispatch/sim/rules/written"
)

// edition is the content of one revision of the city, as far as revisions differ. The event of a case names the
// revision that decided.
type edition struct {
	model   *City
	limits  map[string]limit
	absent  map[string][][2]time.Time
	hours   hours.Shifts // on working days
	ladders map[string]ladder
	posts   posts.Table
}

// limit returns the limit of a category.
func (d edition) limit(code string) limit { return d.urgent(code, d.limits[code]) }

// urgent returns a limit as it counts for a category: severity A runs through nights and weekends.
func (d edition) urgent(code string, l limit) limit {
	if !d.model.urgent[code] {
		return l
	}
	if l.unit == "work_days" {
		l.n *= 24
	}
	return limit{l.n, "hours"}
}

// category is a category without its limit.
type category struct{ code, severity string }

// publish writes the tables that revisions change, and keeps their content by the name of the revision.
func (t *City) publish() {
	var m written.Matters
	for _, r := range t.rows {
		l := t.limits[r.code]
		m.Add(r.code, r.severity, l.n, l.unit, t.keepsOff[r.code])
		for _, s := range t.stones[r.code] {
			m.AddMilestone(s.id, s.after, s.limit.n, s.limit.unit)
		}
	}
	t.Files = maps.Clone(t.Files)
	t.Files["categories.csv"], t.Files["conditions.csv"] = m.Files()
	t.Files["calendar.yaml"] = t.hours.File()
	t.Files["people.csv"] = []byte(t.tables.People)
	t.Files["posts.csv"] = []byte(t.tables.Posts)
	t.Files["absences.csv"] = []byte(t.tables.Absences)
	t.editions[t.Files.Revision()] = edition{
		t, maps.Clone(t.limits), maps.Clone(t.absent), t.hours, maps.Clone(t.ladders), posts.Read(t.tables.Posts, t.zone),
	}
}

// policies are the escalation policies of a city, as a file and as a model.
type policies struct {
	file    []byte
	ladders map[string]ladder
}

// Revise publishes another revision. at is the time of the decision.
func (t *City) Revise(rng *rand.Rand, at time.Time) {
	for was := t.Files.Revision(); t.Files.Revision() == was; {
		t.draw(rng, at)
		t.publish()
	}
}

// draw changes the city: other limits in the same or another unit, other hours, other policies or the previous ones
// again, a new person in the place of an owner, a person on leave.
func (t *City) draw(rng *rand.Rand, at time.Time) {
	for range 1 + rng.IntN(2) {
		code := t.rows[rng.IntN(len(t.rows))].code
		l := t.limits[code]
		if rng.IntN(4) == 0 {
			l = drawLimit(rng, units[rng.IntN(len(units))])
		} else {
			l.n = 1 + rng.IntN(2*l.n+1)
		}
		t.limits[code] = l
	}
	if rng.IntN(3) == 0 {
		t.hours = hours.Drawn[rng.IntN(len(hours.Drawn))]
	}
	if rng.IntN(2) == 0 {
		was := policies{t.Files["ladders.yaml"], maps.Clone(t.ladders)}
		t.Files = maps.Clone(t.Files)
		if before := t.before; before.ladders != nil && rng.IntN(2) == 0 { // the previous policies again
			t.Files["ladders.yaml"], t.ladders = before.file, maps.Clone(before.ladders)
		} else {
			delete(t.Files, "ladders.yaml")
			t.drawLadders(rng)
		}
		t.before = was
	}
	i := rng.IntN(len(t.owners))
	if rng.IntN(2) == 0 {
		was, is := t.owners[i], fmt.Sprintf("new-%d", len(t.editions))
		t.tables.People += fmt.Sprintf("%s,%s,+86 451 5555 0101,,,,\n", is, is)
		t.tables.Posts = strings.Replace(t.tables.Posts, ",owner,"+was+",1,", ",owner,"+is+",1,", 1)
		t.People, t.owners[i] = append(t.People, is), is
	}
	if rng.IntN(2) == 0 {
		who := t.owners[i]
		a := at.AddDate(0, 0, 5)
		from := time.Date(a.Year(), a.Month(), a.Day(), 0, 0, 0, 0, t.zone)
		to := from.AddDate(0, 0, 1+rng.IntN(10))
		t.tables.Absences += fmt.Sprintf("%s,%s,%s,training\n", who, from.Format(time.DateOnly), to.Format(time.DateOnly))
		t.absent[who] = append(slices.Clip(t.absent[who]), [2]time.Time{from, to})
	}
}
