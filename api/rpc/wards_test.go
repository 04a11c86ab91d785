package rpc

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"wangge/dispatch"
	"wangge/dispatch/city"
	"wangge/dispatch/city/compile"
	"wangge/dispatch/city/roster"
	"wangge/grid"
)

// box is ground drawn along the graticule: west, south, east, north.
type box [4]float64

func (b box) has(p grid.Point) bool {
	return p.Lng >= b[0] && p.Lng <= b[2] && p.Lat >= b[1] && p.Lat <= b[3]
}

func (b box) near(p grid.Point, margin float64) bool {
	return !b.has(p) && box{b[0] - margin, b[1] - margin, b[2] + margin, b[3] + margin}.has(p) ||
		b.has(p) && !box{b[0] + margin, b[1] + margin, b[2] - margin, b[3] - margin}.has(p)
}

func (b box) ring() string {
	return fmt.Sprintf("[[[%g,%g],[%g,%g],[%g,%g],[%g,%g],[%g,%g]]]", b[0], b[1], b[2], b[1], b[2], b[3], b[0], b[3], b[0], b[1])
}

// The wards are a small city that has everything that a list can be asked of, drawn so that the model
// of the lists needs no geometry of ours: five levels, one of them absent in the east; departments and
// sections that overlap and cross the districts' border; points that answer for themselves, one just
// across the border from its area, one of a department.
var (
	wardAreas = map[string]struct {
		level, parent string
		ground        box
	}{
		"T": {"city", "", box{126.5, 45.7, 126.508, 45.712}}, "W": {"district", "T", box{126.5, 45.7, 126.504, 45.712}}, "E": {"district", "T", box{126.504, 45.7, 126.508, 45.712}},
		"W1": {"street", "W", box{126.5, 45.7, 126.504, 45.706}}, "W2": {"street", "W", box{126.5, 45.706, 126.504, 45.712}},
		"W1a": {"community", "W1", box{126.5, 45.7, 126.502, 45.706}}, "W1b": {"community", "W1", box{126.502, 45.7, 126.504, 45.706}}, "W2a": {"community", "W2", box{126.5, 45.706, 126.504, 45.712}},
		"g1": {"grid", "W1a", box{126.5, 45.7, 126.502, 45.703}}, "g2": {"grid", "W1a", box{126.5, 45.703, 126.502, 45.706}},
		"E1": {"community", "E", box{126.504, 45.7, 126.508, 45.706}}, "E2": {"community", "E", box{126.504, 45.706, 126.508, 45.712}},
	}
	wardSections = map[string]struct {
		department string
		ground     box
	}{"park": {"PARKS", box{126.5035, 45.702, 126.5065, 45.708}}, "lawn": {"PARKS", box{126.5045, 45.703, 126.506, 45.705}}, "pipe": {"WATER", box{126.501, 45.701, 126.5035, 45.705}}}
	wardPoints = map[string]struct {
		kind, area, unit string
		ground           box
	}{"shop": {"shop", "W1b", "", box{126.5038, 45.7042, 126.5044, 45.7048}}, "school": {"school", "E1", "department:GREEN", box{126.5052, 45.7012, 126.5058, 45.7018}}, "yard": {"yard", "W2a", "", box{126.501, 45.708, 126.502, 45.709}}}
	wardUp = map[string]string{"department:GREEN": "area:T", "department:PARKS": "department:GREEN", "department:WATER": "area:T"}
)

func init() {
	for id, a := range wardAreas {
		if a.parent != "" {
			wardUp["area:"+id] = "area:" + a.parent
		}
	}
	for id, s := range wardSections {
		wardUp["section:"+id] = "department:" + s.department
	}
	for id, p := range wardPoints {
		if wardUp["point:"+id] = p.unit; p.unit == "" {
			wardUp["point:"+id] = "area:" + p.area
		}
	}
}

// under reports whether a unit is another one or lies below it.
func under(u, top string) bool {
	for ; u != ""; u = wardUp[u] {
		if u == top {
			return true
		}
	}
	return false
}

// wardPeople hold these posts, the person's name being the post's.
var wardPosts = strings.Fields(`leader@area:T duty_chief@area:T acceptor@area:T dispatcher@area:T checker@area:T inspector@area:T arbiter@area:T inspector@area:W1 checker@area:E
	leader@area:W owner@area:W owner@area:E leader@area:E owner@area:W1 owner@area:W2 owner@area:W1a owner@area:W1b owner@area:W2a owner@area:g1 owner@area:g2 owner@area:E1 owner@area:E2
	leader@department:GREEN owner@department:GREEN owner@department:PARKS owner@department:WATER owner@section:park owner@section:pipe owner@point:shop owner@point:yard`)

// personAt is who stands at a post. One person holds two.
func personAt(post string) roster.PersonID {
	if post == "owner@area:g1" {
		post = "owner@area:W1a"
	}
	return roster.PersonID(strings.NewReplacer("@", "-", ":", "-").Replace(post))
}

func wards(t testing.TB) *city.City {
	t.Helper()
	c, faults := compile.FS(wardFiles(t))
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	return c
}

func wardFiles(t testing.TB) fstest.MapFS {
	t.Helper()
	collection := func(features []string) []byte {
		slices.Sort(features)
		return []byte(`{"type":"FeatureCollection","features":[` + "\n" + strings.Join(features, ",\n") + "\n]}")
	}
	var areas, sections, points []string
	for id, a := range wardAreas {
		areas = append(areas, fmt.Sprintf(`{"type":"Feature","properties":{"id":%q,"name":%q,"level":%q,"parent":%q},"geometry":{"type":"Polygon","coordinates":%s}}`, id, id, a.level, a.parent, a.ground.ring()))
	}
	for id, s := range wardSections {
		sections = append(sections, fmt.Sprintf(`{"type":"Feature","properties":{"id":%q,"name":%q,"department":%q},"geometry":{"type":"Polygon","coordinates":%s}}`, id, id, s.department, s.ground.ring()))
	}
	for id, p := range wardPoints {
		points = append(points, fmt.Sprintf(`{"type":"Feature","properties":{"id":%q,"name":%q,"kind":%q,"area":%q,"unit":%q},"geometry":{"type":"Polygon","coordinates":%s}}`, id, id, p.kind, p.area, p.unit, p.ground.ring()))
	}
	people, posts := "id,name,phone\n", "unit,role,person,rank,shift,from,to\n"
	for i, post := range wardPosts {
		role, unit, _ := strings.Cut(post, "@")
		posts += fmt.Sprintf("%s,%s,%s,1,,,\n", unit, role, personAt(post))
		if !strings.Contains(people, "\n"+string(personAt(post))+",") {
			people += fmt.Sprintf("%s,n%d,0451-%07d\n", personAt(post), i, i)
		}
	}
	m := fstest.MapFS{}
	for name, text := range map[string]string{
		"city.yaml":        "name: 小城\nname_en: Wards\ncode: WRD\ntime_zone: Asia/Shanghai\nlanguages: [zh, en]\ncell_resolution: 10\nlevels: [city, district, street, community, grid]\ntable_version: w-1\ndefaults: {accept_minutes: 30, dispatch_minutes: 15, check_hours: 2, return_hours: 4, near_border_m: 30}\n",
		"calendar.yaml":    "weekend: []\nhours: [{from: \"00:00\", to: \"24:00\"}]\nrequire_holidays: false\n",
		"areas.geojson":    string(collection(areas)),
		"sections.geojson": string(collection(sections)),
		"points.geojson":   string(collection(points)),
		"departments.csv":  "id,name,name_en,parent,area,phone\nGREEN,园林,Green,,,1\nPARKS,公园,Parks,GREEN,,2\nWATER,供水,Water,,,3\n",
		"categories.csv":   "code,kind,class,name,name_en,severity,limit,limit_unit\nC01,component,a,水管,Main,B,8,hours\nE01,event,b,垃圾,Litter,C,4,hours\nE02,event,b,摊贩,Stall,A,2,hours\nE03,event,b,草坪,Lawn,B,1,days\nE04,event,b,其他,Other,C,3,hours\n",
		"rules.csv":        "order,category,near,within_m,owner,co_owners\n5,E02,shop,60,point,line:WATER(stand by)\n6,E02,yard,60,point,\n7,E04,school,80,line:GREEN,\n10,C01,,,line:WATER,block:district(close the road)\n20,E01,,,block:grid,\n30,E03,,,line:PARKS,\n99,*,,,block:street,\n",
		"people.csv":       people,
		"posts.csv":        posts,
	} {
		m[name] = &fstest.MapFile{Data: []byte(text)}
	}
	return m
}

// liesIn reports whether a case lies on the ground of a unit.
func liesIn(unit string, p grid.Point) bool {
	kind, id, _ := strings.Cut(unit, ":")
	switch kind {
	case "area":
		return wardAreas[id].ground.has(p)
	case "section":
		return wardSections[id].ground.has(p)
	case "point":
		return wardPoints[id].ground.has(p)
	default:
		for section, s := range wardSections {
			if s.ground.has(p) && under("section:"+section, unit) {
				return true
			}
		}
		return false
	}
}

// apart reports whether a place is some metres away from every line that is drawn.
func apart(p grid.Point) bool {
	const margin = 0.00004
	for _, a := range wardAreas {
		if a.ground.near(p, margin) {
			return false
		}
	}
	for _, s := range wardSections {
		if s.ground.near(p, margin) {
			return false
		}
	}
	for _, q := range wardPoints {
		if q.ground.near(p, margin) {
			return false
		}
	}
	return true
}

// concerns reports whether a case concerns a unit.
func concerns(unit string, cs *dispatch.Case) bool {
	if strings.HasPrefix(unit, "area:") && liesIn(unit, cs.Place.Point) || under(cs.Owner.Unit.String(), unit) {
		return true
	}
	return slices.ContainsFunc(cs.CoOwners, func(o dispatch.CoOwner) bool { return under(o.Unit.String(), unit) })
}
