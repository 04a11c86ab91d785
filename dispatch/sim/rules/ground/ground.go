// Package ground draws the areas, units and people of an invented city.
package ground

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"wangge/dispatch/city/roster"
)

// Ground is the areas, units and people of a city.
type Ground struct {
	Files       map[string][]byte // of the city: areas and departments
	Tables      Tables
	People      []string
	Units       []roster.Unit // possible owners of a case
	Owners      []string      // of a street, each with a substitute
	Width       float64       // of the city in degrees of longitude
	North, West float64       // its corner, in degrees
	Absent      map[string][][2]time.Time
	Terms       map[string][][2]time.Time // of people who are there for some weeks at a time
	Crews       map[roster.Unit][]string  // the people of a unit, who may do its work
}

// Tables are the rows of people.csv, posts.csv and absences.csv.
type Tables struct{ People, Posts, Absences string }

// Draw draws the ground of a city from an instant on, for some days.
func Draw(rng *rand.Rand, from time.Time, days int, platforms bool) *Ground {
	t := &Ground{
		Files: map[string][]byte{}, Absent: map[string][][2]time.Time{}, Terms: map[string][][2]time.Time{}, Crews: map[roster.Unit][]string{},
		Width: 0.06, North: 45.70, West: 126.60,
	}
	zone := from.Location()
	var areas, people, posts, absences strings.Builder
	people.WriteString("id,name,phone,language,email,active_from,active_to\n")
	posts.WriteString("id,unit,role,person,rank,shift,from,to\n")
	absences.WriteString("person,from,to,reason\n")
	areas.WriteString(`{"type":"FeatureCollection","features":[{"type":"Feature","properties":{"id":"T","name":"试验城","name_en":"Town","level":"city","parent":""},"geometry":null}`)
	person := func(id string) string {
		fmt.Fprintf(&people, "%s,%s,+86 451 5555 0101,,,,\n", id, id)
		t.People = append(t.People, id)
		return id
	}
	post := func(unit, role string, ids ...string) {
		for rank, id := range ids {
			fmt.Fprintf(&posts, ",%s,%s,%s,%d,,,\n", unit, role, id, rank+1)
		}
	}
	away := func(id string) { // occasionally away for weeks
		for at := rng.IntN(60); at < days; at += 40 + rng.IntN(120) {
			a, b := from.AddDate(0, 0, at), from.AddDate(0, 0, at+1+rng.IntN(20))
			a, b = time.Date(a.Year(), a.Month(), a.Day(), 0, 0, 0, 0, zone), time.Date(b.Year(), b.Month(), b.Day(), 0, 0, 0, 0, zone)
			fmt.Fprintf(&absences, "%s,%s,%s,leave\n", id, a.Format(time.DateOnly), b.Format(time.DateOnly))
			t.Absent[id] = append(t.Absent[id], [2]time.Time{a, b})
		}
	}
	post("area:T", "leader", person("boss"))
	for _, role := range []string{"acceptor", "dispatcher", "duty_chief", "checker"} {
		post("area:T", role, person(role), person(role+"-2"))
		away(role)
	}
	temporary := func(unit, id string) { // there for some weeks at a time, with days in between
		for at := -rng.IntN(30); at < days; {
			length := 8 + rng.IntN(40)
			a, b := from.AddDate(0, 0, at), from.AddDate(0, 0, at+length)
			a, b = time.Date(a.Year(), a.Month(), a.Day(), 0, 0, 0, 0, zone), time.Date(b.Year(), b.Month(), b.Day(), 0, 0, 0, 0, zone)
			t.Terms[id] = append(t.Terms[id], [2]time.Time{a, b})
			fmt.Fprintf(&posts, ",%s,handler,%s,%d,,%s,%s\n", unit, id, len(t.Terms[id]), a.Format(time.DateOnly), b.Format(time.DateOnly))
			at += length + 2 + rng.IntN(20)
		}
	}
	crew := func(u roster.Unit, ids ...string) {
		t.Units = append(t.Units, u)
		temporary(u.String(), person(ids[0]))
		fmt.Fprintf(&posts, ",%s,handler,%s,90,,,\n", u, ids[1]) // a person who checks and verifies, too
		t.Crews[u] = ids
	}
	districts, streets := 2+rng.IntN(2), 2+rng.IntN(2)
	square := func(id, name, level, parent string, x0, x1, y0, y1 float64) {
		fmt.Fprintf(&areas, `,{"type":"Feature","properties":{"id":%q,"name":%q,"name_en":%q,"level":%q,"parent":%q},"geometry":{"type":"Polygon","coordinates":[[[%[6]f,%[8]f],[%[7]f,%[8]f],[%[7]f,%[9]f],[%[6]f,%[9]f],[%[6]f,%[8]f]]]}}`, id, name, name, level, parent, x0, x1, y0, y1)
	}
	for d := range districts {
		id := fmt.Sprintf("D%d", d)
		x0, x1 := t.West+t.Width*float64(d)/float64(districts), t.West+t.Width*float64(d+1)/float64(districts)
		square(id, id, "district", "T", x0, x1, t.North, t.North+t.Width)
		post("area:"+id, "leader", person(id+"-leader"))
		away(id + "-leader") // without a substitute: a step may have no recipient
		post("area:"+id, "inspector", person(id+"-inspector"))
		if platforms {
			post("area:"+id, "dispatcher", person(id+"-dispatcher"), person(id+"-dispatcher-2"))
			away(id + "-dispatcher")
			t.Crews[roster.Unit{Kind: roster.UnitArea, ID: id}] = []string{id + "-dispatcher", id + "-dispatcher-2"}
		}
		post("area:T", "grid_office", id+"-inspector") // may file what callers report; the first keeps the city
		for s := range streets {
			sid := fmt.Sprintf("%sS%d", id, s)
			square(sid, sid, "street", id, x0, x1, t.North+t.Width*float64(s)/float64(streets), t.North+t.Width*float64(s+1)/float64(streets))
			owner := person(sid + "-owner")
			away(owner)
			t.Owners = append(t.Owners, owner)
			post("area:"+sid, "owner", owner, person(sid+"-second"))
			crew(roster.Unit{Kind: roster.UnitArea, ID: sid}, sid+"-temp", id+"-inspector", sid+"-second")
		}
	}
	areas.WriteString("]}")
	for _, dep := range []string{"WATER", "LIGHT"} {
		owner := person(dep + "-owner")
		away(owner)
		post("department:"+dep, "owner", owner, person(dep+"-second"))
		crew(roster.Unit{Kind: roster.UnitDepartment, ID: dep}, dep+"-temp", "checker", dep+"-second")
		post("department:"+dep, "leader", person(dep+"-leader"))
	}
	t.Files["areas.geojson"] = []byte(areas.String())
	t.Tables = Tables{people.String(), posts.String(), absences.String()}
	t.Files["departments.csv"] = []byte("id,name,name_en,parent,phone\nWATER,供水,Water,,\nLIGHT,路灯,Lighting,,\n")
	return t
}
