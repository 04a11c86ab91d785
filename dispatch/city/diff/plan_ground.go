package diff

import (
	"bytes"
	"cmp"
	"fmt"
	"maps"
	"math"
	"slices"
	"time"

	"wangge/dispatch/city"
	"wangge/dispatch/city/roster"
	"wangge/dispatch/i18n"
	"wangge/grid"
)

// GroundMove is ground that moves to another area of the same level. "" is outside the city, or no area at that
// level.
type GroundMove struct {
	Level    string
	From, To grid.AreaID
	KM2      float64
	StepM    float64 // borders are accurate to about half a step
}

// mostSamples bounds the lattice on which ground is compared; leastStepM is the smallest step.
const (
	mostSamples = 400_000
	leastStepM  = 2
)

// CompareGround measures what areas gain and lose between two revisions, largest first. Only ground around redrawn
// features is compared.
func CompareGround(was, is *city.City, before, after city.Directory) []GroundMove {
	const file = "areas.geojson"
	if bytes.Equal(before[file], after[file]) && was.Resolution == is.Resolution {
		return nil
	}
	box, ok := redrawn(before[file], after[file])
	if !ok {
		return nil
	}
	l := lattice{box: box, was: was, is: is, bounds: [2]grid.Box{was.Index.Bounds(), is.Index.Bounds()}, hung: map[grid.AreaID]bool{}}
	for id, a := range is.Areas {
		for old := was.Areas[id]; a != nil && old != nil; a, old = is.Areas[a.Parent], was.Areas[old.Parent] {
			if a.Parent != old.Parent {
				l.hung[id] = true
				break
			}
		}
	}
	middle := (box.South + box.North) / 2
	l.north = grid.Distance(grid.Point{Lat: box.South, Lng: box.West}, grid.Point{Lat: box.North, Lng: box.West})
	east := grid.Distance(grid.Point{Lat: middle, Lng: box.West}, grid.Point{Lat: middle, Lng: box.East})
	step := max(leastStepM, math.Sqrt(l.north*east/mostSamples))
	l.rows, l.columns = int(math.Ceil(l.north/step)), int(math.Ceil(east/step))
	sizes := map[move]float64{}
	measured := l.measure()
	inOrder := func(a, b [2]grid.AreaID) int { return slices.Compare(a[:], b[:]) }
	for _, pair := range slices.SortedFunc(maps.Keys(measured), inOrder) { // sums of floats depend on their order
		m2 := measured[pair]
		for level, name := range is.Levels {
			from, to := above(was, pair[0], slices.Index(was.Levels, name)), above(is, pair[1], level)
			if from != to {
				sizes[move{name, from, to}] += m2 / 1e6
			}
		}
	}
	out := make([]GroundMove, 0, len(sizes))
	for m, size := range sizes {
		out = append(out, GroundMove{m.level, m.from, m.to, size, step / finer})
	}
	slices.SortFunc(out, func(a, b GroundMove) int {
		return cmp.Or(cmp.Compare(b.KM2, a.KM2), cmp.Compare(a.Level, b.Level), cmp.Compare(a.From, b.From), cmp.Compare(a.To, b.To))
	})
	return out
}

type move struct {
	level    string
	from, to grid.AreaID
}

// lattice compares two revisions point by point: most cells by their centre, and cells at the border of moved ground
// by finer × finer points.
type lattice struct {
	box           grid.Box
	rows, columns int
	north         float64 // metres
	was, is       *city.City
	bounds        [2]grid.Box          // of all ground of was and is
	hung          map[grid.AreaID]bool // areas with another parent
}

const finer = 8

// measure returns the ground in m² for each pair of smallest areas, before and after.
func (l *lattice) measure() map[[2]grid.AreaID]float64 {
	out := map[[2]grid.AreaID]float64{}
	at := make([][2]grid.AreaID, l.rows*l.columns)
	for i := range at {
		at[i] = l.pair(float64(i/l.columns)+0.5, float64(i%l.columns)+0.5)
	}
	cell := 0.0
	for i, pair := range at {
		row, column := i/l.columns, i%l.columns
		if column == 0 {
			cell = l.cellM2(row)
		}
		if !l.border(at, row, column) {
			out[pair] += cell
		} else {
			for k := range finer * finer {
				out[l.pair(float64(row)+(float64(k/finer)+0.5)/finer, float64(column)+(float64(k%finer)+0.5)/finer)] += cell / finer / finer
			}
		}
	}
	return out
}

// border reports whether a cell is at the border of moved ground.
func (l *lattice) border(at [][2]grid.AreaID, row, column int) bool {
	here := at[row*l.columns+column]
	differs, moves := false, false
	for r := max(0, row-1); r <= min(l.rows-1, row+1); r++ {
		for c := max(0, column-1); c <= min(l.columns-1, column+1); c++ {
			there := at[r*l.columns+c]
			differs = differs || there != here
			moves = moves || there[0] != there[1] || l.hung[there[0]]
		}
	}
	return differs && moves
}

func (l *lattice) cellM2(row int) float64 {
	lat := l.box.South + (float64(row)+0.5)*(l.box.North-l.box.South)/float64(l.rows)
	east := grid.Distance(grid.Point{Lat: lat, Lng: l.box.West}, grid.Point{Lat: lat, Lng: l.box.East})
	return east / float64(l.columns) * l.north / float64(l.rows)
}

// pair returns the smallest area of each revision around a point, given in rows and columns.
func (l *lattice) pair(row, column float64) [2]grid.AreaID {
	p := grid.Point{
		Lat: l.box.South + row*(l.box.North-l.box.South)/float64(l.rows),
		Lng: l.box.West + column*(l.box.East-l.box.West)/float64(l.columns),
	}
	return [2]grid.AreaID{smallest(l.was, l.bounds[0], p), smallest(l.is, l.bounds[1], p)}
}

// smallest is the smallest area of a city that holds a point; "" = none. All ground of the city lies within bounds.
func smallest(c *city.City, bounds grid.Box, at grid.Point) grid.AreaID {
	if at.Lat < bounds.South || at.Lat > bounds.North || at.Lng < bounds.West || at.Lng > bounds.East {
		return ""
	}
	if c.Index.Depth(at) == 0 { // cheaper than an error with its distance
		return ""
	}
	p, err := c.Index.Locate(at)
	if err != nil {
		return ""
	}
	return p.Areas[len(p.Areas)-1]
}

// above returns the area of a level above another area, or "".
func above(c *city.City, id grid.AreaID, level int) grid.AreaID {
	for a := c.Areas[id]; a != nil; a = c.Areas[a.Parent] {
		if a.Level == level {
			return a.ID
		}
	}
	return ""
}

// redrawn returns the box around all features whose drawing or parent differs.
func redrawn(a, b []byte) (grid.Box, bool) {
	_, old := featuresOf(a)
	_, fresh := featuresOf(b)
	box := grid.Box{South: 90, West: 180, North: -90, East: -180}
	for _, pair := range [][2]map[string]drawn{{old, fresh}, {fresh, old}} {
		for id, f := range pair[0] {
			o, ok := pair[1][id]
			if ok && sameGeometry(o.geometry, f.geometry) && o.texts["parent"] == f.texts["parent"] && o.texts["level"] == f.texts["level"] {
				continue
			}
			if f.geometry == nil {
				continue
			}
			ground, _ := f.geometry.Ground(grid.WGS84) // an unreadable geometry counts as not drawn
			for _, poly := range ground.Polygons {
				for _, ring := range poly {
					around(&box, ring)
				}
			}
		}
	}
	const pad = 0.01 // degrees by which a Chinese datum can differ
	return grid.Box{South: box.South - pad, West: box.West - pad, North: box.North + pad, East: box.East + pad}, box.South <= box.North
}

// around extends a box to contain a ring.
func around(box *grid.Box, ring []grid.Point) {
	for _, v := range ring {
		box.South, box.North = min(box.South, v.Lat), max(box.North, v.Lat)
		box.West, box.East = min(box.West, v.Lng), max(box.East, v.Lng)
	}
}

// Idle is a person whom a revision leaves without a post.
type Idle struct {
	Person roster.PersonID
	Name   string
	Had    []roster.PostID // under the previous revision; empty: a new person, or a person without a post
}

// IdleUnder lists the persons who hold no post under is from an instant on, and who either held one under was or are
// new.
func IdleUnder(was, is *city.City, from time.Time) []Idle {
	var out []Idle
	for _, p := range is.Roster.People() {
		if !p.ActiveTo.IsZero() && !p.ActiveTo.After(from) || holdsFrom(is, p.ID, from) {
			continue
		}
		_, known := was.Roster.Person(p.ID)
		i := Idle{Person: p.ID, Name: p.Name}
		for _, h := range was.Roster.HeldBy(p.ID) {
			if h.To.IsZero() || h.To.After(from) {
				i.Had = append(i.Had, h.Post)
			}
		}
		if i.Had != nil || !known {
			out = append(out, i)
		}
	}
	slices.SortFunc(out, func(a, b Idle) int { return cmp.Compare(a.Person, b.Person) })
	return out
}

func holdsFrom(c *city.City, p roster.PersonID, from time.Time) bool {
	return slices.ContainsFunc(c.Roster.HeldBy(p), func(h roster.Holding) bool { return h.To.IsZero() || h.To.After(from) })
}

// Text describes the move.
func (m GroundMove) Text(was, is *city.City) i18n.Text {
	name := func(c *city.City, id grid.AreaID) i18n.Text {
		if id == "" {
			return i18n.F("outside", "界外")
		}
		t := c.UnitName(roster.Unit{Kind: roster.UnitArea, ID: string(id)})
		return i18n.Text{En: t.En + " (" + string(id) + ")", Zh: t.Zh + "（" + string(id) + "）"}
	}
	from, to := name(was, m.From), name(is, m.To)
	return i18n.Text{
		En: fmt.Sprintf("%s: %.3f km² move from %s to %s", m.Level, m.KM2, from.En, to.En),
		Zh: fmt.Sprintf("%s：%.3f 平方公里由%s划归%s", m.Level, m.KM2, from.Zh, to.Zh),
	}
}
