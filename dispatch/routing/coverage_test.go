package routing_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"wangge/dispatch"
	"wangge/dispatch/city"
	"wangge/dispatch/city/catalog"
	"wangge/dispatch/city/compile"
	"wangge/dispatch/city/coverage"
	"wangge/dispatch/city/roster"
	"wangge/dispatch/routing"
	"wangge/grid"
)

// smallCities is how many random cities the proof is compared with brute force on: 1,000 with
// WANGGE_DEEP=1.
var smallCities = map[bool]int{false: 60, true: 1000}[os.Getenv("WANGGE_DEEP") == "1"]

// The proof goes through kinds of place, kinds of category and stretches of time; brute force asks
// Route, OnCall and Superiors for places on a lattice, every category, every two hours. For each
// reason, area, category and instant both say the same.
func TestRoute_AgreesWithProofOfCoverage(t *testing.T) {
	t.Parallel()
	seen, complete := map[coverage.Reason]int{}, 0
	for seed := range uint64(smallCities) {
		small := drawCity(rand.New(rand.NewPCG(seed, 39)))
		c, faults := compile.Draft(small.files)
		if c == nil {
			t.Fatalf("seed %d: %v", seed, faults)
		}
		from := time.Date(2026, 3, 1+int(seed%3), 0, 0, 0, 0, c.Location)
		p, err := coverage.Prove(c, from, from.AddDate(0, 0, 3))
		if err != nil {
			t.Fatal(err)
		}
		want, got := small.bruteForce(c, from), proofSet(c, &p, from)
		for k := range want {
			seen[k.reason]++
			if !got[k] {
				t.Errorf("seed %d: the proof misses %+v at %s", seed, k, from.Add(time.Duration(k.step)*step))
			}
		}
		for k := range got {
			if !want[k] {
				t.Errorf("seed %d: the proof claims %+v at %s, brute force does not", seed, k, from.Add(time.Duration(k.step)*step))
			}
		}
		if t.Failed() {
			t.Fatalf("seed %d:\n%s\n%v", seed, small, faults)
		}
		if p.Complete() {
			complete++
		}
		if n := p.Counts; (len(p.Gaps) == 0) != (n.Open == 0) || n.Open > n.Combinations || n.Proved()+n.Open != n.Combinations || n.Combinations != n.Cells*int64(len(c.Categories))*3*24*60 {
			t.Errorf("seed %d: counts %+v", seed, n)
		}
	}
	t.Logf("%d cities, %d of them proved, open samples by reason: %v", smallCities, complete, seen)
	if complete == 0 {
		t.Error("no city was proved: the comparison shows nothing of one")
	}
	for _, reason := range []coverage.Reason{coverage.NoGround, coverage.NoRule, coverage.NoPost, coverage.NoPerson, coverage.NoChannel, coverage.NoSuperior} {
		if seen[reason] == 0 {
			t.Errorf("no city had a gap of the kind %s: the comparison shows nothing of it", reason)
		}
	}
}

// step is how far apart the instants are; everything in a small city changes at multiples of it.
const step = 2 * time.Hour

// sample is one thing that may be open.
type sample struct {
	reason coverage.Reason
	area   grid.AreaID // the smallest
	code   catalog.Code
	step   int
}

// proofSet spreads the gaps of a proof out over areas, categories and instants.
func proofSet(c *city.City, p *coverage.Proof, from time.Time) map[sample]bool {
	out := map[sample]bool{}
	for i := range p.Gaps {
		g := &p.Gaps[i]
		leaves := slices.Clone(g.BareOf)
		for _, id := range g.Areas {
			leaves = append(leaves, leavesOf(c, id, g.Reason)...)
		}
		for _, leaf := range leaves {
			for _, code := range g.Categories {
				for k := range int(72 * time.Hour / step) {
					if g.When.Has(from.Add(time.Duration(k) * step)) {
						out[sample{g.Reason, leaf, code, k}] = true
					}
				}
			}
		}
	}
	return out
}

// leavesOf are the places below an area: its leaves, and itself where it has bare ground.
func leavesOf(c *city.City, id grid.AreaID, why coverage.Reason) []grid.AreaID {
	a := c.Areas[id]
	if len(a.Children) == 0 || why == coverage.NoGround {
		return []grid.AreaID{id}
	}
	var out []grid.AreaID
	left := a.SizeM2
	for _, child := range a.Children {
		left -= c.Areas[child].SizeM2
		out = append(out, leavesOf(c, child, why)...)
	}
	if a.Ground != nil && left > 100 {
		out = append(out, id)
	}
	return out
}

// smallCity is a directory with what brute force must know of it.
type smallCity struct {
	files  fstest.MapFS
	points []grid.Point // a lattice
}

func (s *smallCity) String() string {
	var b strings.Builder
	for _, name := range []string{"city.yaml", "rules.csv", "departments.csv", "posts.csv", "people.csv", "shifts.csv", "absences.csv"} {
		fmt.Fprintf(&b, "-- %s --\n%s", name, s.files[name].Data)
	}
	return b.String()
}

// block is how wide a community is, in degrees; about 440 x 310 m.
const block = 0.004

// drawCity invents a city of one to three districts of one to three communities, with everything
// that may go wrong with its people.
func drawCity(r *rand.Rand) *smallCity {
	s := &smallCity{files: fstest.MapFS{}}
	put := func(name, text string) { s.files[name] = &fstest.MapFile{Data: []byte(text)} }
	shifts := "id,weekdays,from,to,season\nday,mon-sun,08:00,20:00,\nnight,mon-sun,20:00,08:00,\nweek,mon-fri,08:00,18:00,\nsnow,mon-sun,00:00,24:00,11-01..03-02\n"
	yaml := "name: 小\nname_en: Small\ncode: S\ntime_zone: Asia/Shanghai\nlanguages: [zh, en]\ncell_resolution: 10\nlevels: [city, district, community]\ntable_version: t\ndefaults: {accept_minutes: 30, dispatch_minutes: 15, check_hours: 2, return_hours: 4, near_border_m: 30}\n"
	var features, units []string
	rect := func(id, parent, level string, south, west, north, east float64) {
		features = append(features, fmt.Sprintf(`{"type":"Feature","properties":{"id":%q,"name":%q,"level":%q,"parent":%q},"geometry":{"type":"Polygon","coordinates":[[[%[5]f,%[6]f],[%[7]f,%[6]f],[%[7]f,%[8]f],[%[5]f,%[8]f],[%[5]f,%[6]f]]]}}`, id, id, level, parent, west, south, east, north))
		units = append(units, "area:"+id)
	}
	const south, west = 45.7, 126.5
	districts, lost := 1+r.IntN(3), r.IntN(12) == 0
	rect("c", "", "city", south, west, south+3*block, west+float64(districts)*block)
	var schools, sections []string
	for d := range districts {
		w := west + float64(d)*block
		id := fmt.Sprintf("d%d", d)
		rect(id, "c", "district", south, w, south+3*block, w+block)
		if r.IntN(4) == 0 {
			continue // a district without communities
		}
		for k := range 3 {
			if lost && k == 1 {
				lost = false
				continue // its ground is bare
			}
			at := south + float64(k)*block
			rect(fmt.Sprintf("%sk%d", id, k), id, "community", at, w, at+block, w+block)
			if r.IntN(3) == 0 {
				unit := ""
				if r.IntN(2) == 0 {
					unit = `,"unit":"department:W"`
				}
				schools = append(schools, fmt.Sprintf(`{"type":"Feature","properties":{"id":"s%[1]s%[2]d","name":"s","kind":"school","radius_m":10%[3]s},"geometry":{"type":"Point","coordinates":[%[4]f,%[5]f]}}`, id, k, unit, w+block/2, at+block/2))
				units = append(units, fmt.Sprintf("point:s%s%d", id, k))
			}
			if r.IntN(4) == 0 {
				sections = append(sections, fmt.Sprintf(`{"type":"Feature","properties":{"id":"x%[1]s%[2]d","name":"x","department":"W","width_m":60},"geometry":{"type":"LineString","coordinates":[[%[3]f,%[4]f],[%[3]f,%[5]f]]}}`, id, k, w+block/4, at+block/4, at+block*3/4))
				units = append(units, fmt.Sprintf("section:x%s%d", id, k))
			}
		}
	}
	collection := func(list []string) string {
		return `{"type":"FeatureCollection","features":[` + strings.Join(list, ",\n") + "]}"
	}
	put("areas.geojson", collection(features))
	put("points.geojson", collection(schools))
	put("sections.geojson", collection(sections))
	stations := r.IntN(2)
	departments := "id,name,name_en,parent,area,phone\nW,水,Water,,,1\n"
	units = append(units, "department:W")
	if stations == 1 {
		departments += "W0,水站,Station,W,d0,1\n"
		units = append(units, "department:W0")
	}
	put("departments.csv", departments)
	put("categories.csv", "code,kind,class,name,severity,limit,limit_unit\nC01,component,甲,井盖,A,2,hours\nC02,component,甲,路灯,B,2,work_days\nE01,event,乙,摊贩,A,2,hours\nE02,event,乙,积雪,C,3,work_days\n")
	rules := "order,category,area,near,within_m,from,to,season,campaign,owner,co_owners\n"
	for i, row := range []string{
		"C01,,,,,,,,line:W,block:district(fence)", "E01,,,,2026-03-02,,,,block:district,", "E02,,,,,,12-01..03-02,snow,line:W,", "C02,d0,,,,,,,line:W,",
		"kind:event,,school,80,,,,,point,", "E02,,,,,,,,block:community,", "class:乙,,,,,,,,block:community,", "C02,,,,,2026-03-03,,,block:city,", "severity:A,,,,,,,,block:community,line:W",
	} {
		if r.IntN(3) > 0 && (len(schools) > 0 || !strings.Contains(row, "school")) {
			rules += fmt.Sprintf("%d,%s\n", 10*(i+1), row)
		}
	}
	put("rules.csv", rules+"9999,*,,,,,,,,block:city,\n")
	drawPeople(r, put, units)
	put("shifts.csv", shifts)
	if r.IntN(3) == 0 {
		yaml += "off_hours:\n  - {units: \"department:*\", answers: superior}\n  - {units: \"area:d0\", answers: leader@area:c}\n"
	}
	put("city.yaml", yaml)
	put("calendar.yaml", "weekend: [saturday, sunday]\nhours: [{from: \"08:30\", to: \"17:00\"}]\nwork_day: counted\nrequire_holidays: false\nholidays_apply: false\n")
	for y := south + block/16; y < south+3*block; y += block / 8 {
		for x := west + block/16; x < west+float64(districts)*block; x += block / 8 {
			s.points = append(s.points, grid.Point{Lat: y, Lng: x})
		}
	}
	return s
}

// drawPeople gives most units people, by shift, dates, ranks and absences, some of them twice, some
// without a phone.
func drawPeople(r *rand.Rand, put func(name, text string), units []string) {
	people, posts, absences := "id,name,phone,active_from,active_to\nboss,boss,0451-1111111,,\n", "unit,role,person,rank,shift,from,to\n", "person,from,to\n"
	names := []string{"boss"}
	careless := r.IntN(3)                                                                           // how badly the city keeps its lists
	posts += []string{"area:c,leader,boss,1,,,\n", "area:c,owner,boss,1,,,\n"}[max(0, r.IntN(6)-4)] // some cities have no leader
	person := func() string {
		if r.IntN(4) == 0 {
			return names[r.IntN(len(names))]
		}
		id, phone, to := fmt.Sprintf("p%d", len(names)), "0451-2222222", ""
		if careless > 0 && r.IntN(25) == 0 {
			phone = ""
		}
		if careless > 0 && r.IntN(15) == 0 {
			to = "2026-03-03"
		}
		people += fmt.Sprintf("%s,%s,%s,,%s\n", id, id, phone, to)
		names = append(names, id)
		if careless > 0 && r.IntN(8) == 0 {
			absences += id + ",2026-03-02,2026-03-04\n"
		}
		return id
	}
	hold := func(unit, role string) {
		rank, shift := 1, ""
		held := map[string]bool{}
		for range 1 + r.IntN(2) {
			if careless > 0 {
				shift = []string{"", "", "", "day", "night", "week", "snow", "gone"}[r.IntN(8)]
			}
			if who := person(); !held[who] {
				posts += fmt.Sprintf("%s,%s,%s,%d,%s,,\n", unit, role, who, rank, shift)
				held[who] = true
				rank++
			}
		}
	}
	for _, role := range []string{"acceptor", "dispatcher", "checker", "duty_chief", "arbiter"} {
		if r.IntN(8) > 0 {
			hold("area:c", role)
		}
	}
	if r.IntN(4) == 0 {
		hold("area:c", "inspector")
	}
	for _, u := range units {
		optional := strings.HasPrefix(u, "point:") || strings.HasPrefix(u, "section:")
		switch {
		case optional && r.IntN(2) == 0, !optional && careless > 0 && r.IntN(10) == 0:
		default:
			hold(u, []string{"owner", "owner", "handler", "leader"}[r.IntN(4)])
		}
		if strings.HasPrefix(u, "area:d") && r.IntN(2) == 0 {
			hold(u, "leader")
			hold(u, "patron")
		}
		for _, role := range []string{"inspector", "checker", "dispatcher", "acceptor", "duty_chief", "arbiter"} {
			if strings.HasPrefix(u, "area:d") && r.IntN(8) == 0 || strings.HasPrefix(u, "department:") && role == "arbiter" && r.IntN(3) == 0 {
				hold(u, role)
			}
		}
	}
	put("people.csv", people)
	put("posts.csv", posts)
	put("absences.csv", absences)
}

// bruteForce asks for one place of each kind on the lattice, every category and every instant.
func (s *smallCity) bruteForce(c *city.City, from time.Time) map[sample]bool {
	out := map[sample]bool{}
	kinds := map[string]bool{}
	codes := []catalog.Code{"C01", "C02", "E01", "E02"}
	for _, pt := range s.points {
		p, err := routing.PlaceOf(c, grid.Position{Lat: pt.Lat, Lng: pt.Lng, Datum: grid.WGS84})
		if err != nil {
			panic(err)
		}
		kind := fmt.Sprint(p.Areas, p.Sections)
		for _, n := range c.NearPoints(p.Point, "school", 80) {
			kind += " " + n.Point.ID
		}
		if kinds[kind] {
			continue
		}
		kinds[kind] = true
		leaf := p.Areas[len(p.Areas)-1]
		acting := bruteActing{c: c, place: p, from: from, owners: map[roster.Unit]*bruteOwner{}, found: map[ownerAt][]coverage.Reason{}, works: map[string][]roster.PersonID{}, granted: map[string][]roster.PersonID{}, alone: map[string]bool{}}
		for k := range int(72 * time.Hour / step) {
			at := from.Add(time.Duration(k) * step)
			for _, code := range codes {
				open := func(reason coverage.Reason) { out[sample{reason, leaf, code, k}] = true }
				bruteCase(c, p, code, at, open)
				bruteChief(c, p, from, at, open)
				acting.check(code, at, open)
			}
		}
	}
	return out
}

func bruteCase(c *city.City, p dispatch.Place, code catalog.Code, at time.Time, open func(coverage.Reason)) {
	if len(c.Areas[p.Areas[len(p.Areas)-1]].Children) > 0 {
		open(coverage.NoGround)
	}
	d, err := routing.Route(c, p, code, at)
	if err != nil {
		panic(err)
	}
	if d.Fallback {
		open(coverage.NoRule)
	}
	if u := bruteNamed(c, p, d); u != d.Owner.Unit && (u.Kind == roster.UnitArea || u.Kind == roster.UnitDepartment) {
		open(coverage.NoPost)
	} else if u.Kind == roster.UnitPoint && d.Owner.Unit.Kind != roster.UnitPoint && c.NearPoints(p.Point, "school", 80)[0].Point.Unit == (roster.Unit{}) {
		open(coverage.NoPost) // a school without a holder, or a unit that answers for it
	}
	bruteActs(c, d.Owner, at, open)
	for _, co := range d.CoOwners {
		if co.Duty == "" {
			continue
		}
		if district := string(p.Areas[min(1, len(p.Areas)-1)]); co.Unit.ID != district {
			open(coverage.NoPost)
		}
		bruteActs(c, co, at, open)
	}
}

// bruteActs says what is wrong at an instant with the people of an owner or a co-owner and with their superiors.
func bruteActs(c *city.City, o dispatch.Owner, at time.Time, open func(coverage.Reason)) {
	if s, ok := c.OnCall(o.Unit, o.Post, at); !ok {
		open(coverage.NoPerson)
	} else if !canBeCalled(c, s.Person) {
		open(coverage.NoChannel)
	}
	bruteChain(c, o.Unit, at, open)
}

// bruteNamed is the unit that the rule of a decision names, in the plainest way.
func bruteNamed(c *city.City, p dispatch.Place, d routing.Decision) roster.Unit {
	i := slices.IndexFunc(c.Rules, func(r catalog.Rule) bool { return r.ID == d.Rule })
	t := c.Rules[i].Owner
	// Not exhaustive: small cities have no other owners.
	//exhaustive:ignore
	switch t.Kind {
	case catalog.OwnerBlock:
		u := roster.Unit{}
		for _, id := range p.Areas {
			if c.Areas[id].Level <= t.Level {
				u = roster.Unit{Kind: roster.UnitArea, ID: string(id)}
			}
		}
		return u
	case catalog.OwnerLine:
		if len(p.Sections) > 0 {
			return roster.Unit{Kind: roster.UnitSection, ID: string(p.Sections[0])}
		}
		if c.Departments["W0"] != nil && slices.Contains(p.Areas, "d0") {
			return roster.Unit{Kind: roster.UnitDepartment, ID: "W0"}
		}
		return roster.Unit{Kind: roster.UnitDepartment, ID: t.Department}
	default:
		return roster.Unit{Kind: roster.UnitPoint}
	}
}

func canBeCalled(c *city.City, id roster.PersonID) bool {
	p, _ := c.Roster.Person(id)
	return len(p.Phone) > 5
}
