package city

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"wangge/dispatch/city/catalog"
	"wangge/dispatch/city/roster"
	"wangge/dispatch/i18n"
	"wangge/grid"
)

// Bounds of precedents. A city makes some hundred rulings a year, and each ruling expires.
const (
	MaxPrecedents        = 10_000
	MaxPrecedentPatterns = 100
	MaxPrecedentVertices = 1_000
	MaxPrecedentText     = 2_000 // characters
	MaxPrecedentRadiusM  = 10_000
)

// Precedent is a ruling (权属认定) on who answers for some categories at a place. Precedents are tried before all rules.
// The place is exactly one of a circle, a section, an area and drawn ground.
type Precedent struct {
	ID         string // Example: "pr-20261123-000417"
	Unit       roster.Unit
	Kind       catalog.OwnerKind
	Categories []string // patterns as in rules.csv: exact code, "PREFIX*" or "*"

	Point    grid.Point // circle, WGS-84
	RadiusM  float64    // circle; 0 = the place is not a circle
	Section  string
	Area     grid.AreaID
	Polygons []grid.Polygon

	From, To  time.Time // [From, To); a zero To = without end
	Decider   roster.PersonID
	DecidedAt time.Time
	Text      string // the ruling in words
	Case      string // the case that the ruling settled; "" = a ruling by the office
	RevokedAt time.Time
	RevokedBy roster.PersonID
	Revoked   string // the reason of the revocation
}

// WithPrecedents returns a city with exactly these precedents; c itself does not change. edition counts the changes
// to the list and becomes part of the revision, so that a decision under one list is never explained by another.
// Edition 0 is a city without precedents.
func (c *City) WithPrecedents(list []Precedent, edition uint64) *City {
	n := *c
	n.Revision = c.Base()
	if edition > 0 {
		n.Revision = fmt.Sprintf("%s+p%d", n.Revision, edition)
	}
	n.Precedents = slices.Clone(list)
	// Of two rulings on one place the later one wins.
	slices.SortStableFunc(n.Precedents, func(a, b Precedent) int {
		return cmp.Or(b.DecidedAt.Compare(a.DecidedAt), cmp.Compare(b.ID, a.ID))
	})
	n.ruled = map[catalog.Code][]*Precedent{}
	for i := range n.Precedents {
		p := &n.Precedents[i]
		for code, cat := range n.Categories {
			if slices.ContainsFunc(p.Categories, func(pattern string) bool { return covers(pattern, cat) }) {
				n.ruled[code] = append(n.ruled[code], p)
			}
		}
	}
	return &n
}

// covers reports whether a pattern of categories is valid and covers the category.
func covers(pattern string, cat *catalog.Category) bool {
	p, err := catalog.ParsePattern(pattern)
	return err == nil && p.Covers(cat)
}

// Base returns the revision of the directory alone, without precedents. Example: "c-5f3a9c21d0b4".
func (c *City) Base() string {
	base, _, _ := strings.Cut(c.Revision, "+")
	return base
}

// PrecedentsOf lists the precedents on a category, the latest first, regardless of their dates; read only.
func (c *City) PrecedentsOf(code catalog.Code) []*Precedent { return c.ruled[code] }

// Holds reports whether a point lies in the precedent's place. areas is the chain of areas at the point, and sections
// the result of SectionsAt.
func (p *Precedent) Holds(at grid.Point, areas []grid.AreaID, sections []SectionID) bool {
	switch {
	case p.RadiusM > 0:
		return grid.Distance(at, p.Point) <= p.RadiusM
	case p.Area != "":
		return slices.Contains(areas, p.Area)
	case p.Section != "":
		return slices.Contains(sections, SectionID(p.Section))
	default:
		return slices.ContainsFunc(p.Polygons, func(g grid.Polygon) bool { return g.Contains(at) })
	}
}

// overlapsCity reports whether at least a part of a precedent's place lies in the city.
func (c *City) overlapsCity(p *Precedent) bool {
	ground := grid.Patch{Polygons: p.Polygons}
	switch {
	case p.Area != "":
		return true
	case p.Section != "":
		ground = c.Sections[SectionID(p.Section)].Ground
	case p.RadiusM > 0:
		ground = grid.Patch{Points: []grid.Point{p.Point}, ReachM: p.RadiusM}
	}
	for _, at := range ground.Samples() {
		var outside *grid.OutsideError
		if _, err := c.Index.Locate(at); err == nil || errors.As(err, &outside) && outside.DistanceM <= ground.ReachM {
			return true
		}
	}
	for _, a := range c.Areas { // ground around the whole city
		for _, poly := range a.Ground {
			if slices.ContainsFunc(ground.Polygons, func(g grid.Polygon) bool { return g.Contains(poly[0][0]) }) {
				return true
			}
		}
	}
	return false
}

// CheckPrecedent returns everything that is wrong with a precedent in this city. A valid precedent has an accountable
// unit, covers a category and has a place in the city.
func (c *City) CheckPrecedent(p *Precedent) []i18n.Text {
	var out []i18n.Text
	need := func(ok bool, what i18n.Text) {
		if !ok {
			out = append(out, what)
		}
	}
	need(c.Exists(p.Unit), i18n.F("unit %q does not exist; write area:ID or department:ID", "单位 %q 不存在，请填写 area:编号 或 department:编号", p.Unit))
	if _, held := c.OwnPost(p.Unit); c.Exists(p.Unit) {
		need(held, i18n.F("nobody answers for unit %[1]q; give it an owner, handler or leader in posts.csv, or name a unit that has one", "单位 %[1]q 无人负责；请在 posts.csv 中为其配备责任人、处置人员或领导，或指定其他单位", p.Unit))
	}
	need(p.Kind != catalog.OwnerUnknown, i18n.F("say whether unit %q answers as block, line or point", "请说明单位 %q 属于块、条还是点", p.Unit))
	need(len(p.Categories) > 0 && len(p.Categories) <= MaxPrecedentPatterns, i18n.F("it needs 1 to %d category patterns", "需要 1 至 %d 个类别", MaxPrecedentPatterns))
	for _, pattern := range p.Categories {
		used := false
		for _, cat := range c.Categories {
			used = used || covers(pattern, cat)
		}
		need(used, i18n.F("pattern %q covers no category; write a code of categories.csv, or a beginning and *", "类别 %q 不匹配任何类别，请填写 categories.csv 中的代码，或前缀加 *", pattern))
	}
	places, vertices := 0, 0
	for _, given := range []bool{p.RadiusM != 0, p.Section != "", p.Area != "", len(p.Polygons) > 0} {
		if given {
			places++
		}
	}
	need(places == 1, i18n.F("its place must be exactly one of circle, section, area and polygons; %d are given", "地点必须且只能是圆、路段、区域、多边形之一，现有 %d 个", places))
	need(p.RadiusM >= 0 && p.RadiusM <= MaxPrecedentRadiusM, i18n.F("radius %[1]g m is not from 0 to %[2]d", "半径 %[1]g 米不在 0 至 %[2]d 之间", p.RadiusM, MaxPrecedentRadiusM))
	need(p.Area == "" || c.Areas[p.Area] != nil, i18n.F("area %q does not exist; write an id of areas.geojson", "区域 %q 不存在，请填写 areas.geojson 中的编号", p.Area))
	need(p.Section == "" || c.Exists(roster.Unit{Kind: roster.UnitSection, ID: p.Section}), i18n.F("section %q does not exist; write an id of sections.geojson", "路段 %q 不存在，请填写 sections.geojson 中的编号", p.Section))
	for _, g := range p.Polygons {
		for _, ring := range g {
			vertices += len(ring)
			need(len(ring) >= 4 && ring[0] == ring[len(ring)-1], i18n.F("a ring needs at least 4 vertices and its first one again at the end", "环至少需要 4 个顶点，且首尾相同"))
		}
	}
	need(len(p.Polygons) == 0 || vertices < 4 || grid.SizeM2(p.Polygons) > 0, i18n.F("drawn ground has no size: its vertices lie on one line", "多边形面积为零：各顶点在一条直线上"))
	need(vertices <= MaxPrecedentVertices, i18n.F("drawn ground has %[1]d vertices, at most %[2]d are kept", "多边形有 %[1]d 个顶点，最多 %[2]d 个", vertices, MaxPrecedentVertices))
	need(!p.From.IsZero() && (p.To.IsZero() || p.From.Before(p.To)), i18n.F("from must be given, and lie before to", "必须填写开始日期，且早于结束日期"))
	if len(out) == 0 {
		need(c.overlapsCity(p), i18n.F("its place lies outside the city; write latitude before longitude, in degrees", "地点在城市范围之外；请先写纬度后写经度，单位为度"))
	}
	need(p.Text != "" && utf8.RuneCountInString(p.Text) <= MaxPrecedentText, i18n.F("the ruling needs words, at most %d characters", "必须写明裁定内容，最多 %d 字", MaxPrecedentText))
	return out
}
