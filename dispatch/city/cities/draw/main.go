// Command draw draws Harbin's streets and communities, whose real borders are not openly available. Each real
// district is cut into its real streets by name, and each street of the nine urban districts into its real
// communities, along arbitrary straight lines. The command also invents the people who answer for them. Run in this
// directory: go run . ../harbin
package main

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"log"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/mozillazg/go-pinyin"
)

func main() {
	log.SetFlags(0)
	if len(os.Args) != 2 {
		log.Fatal("usage: draw DIRECTORY")
	}
	if err := draw("source", os.Args[1]); err != nil {
		log.Fatal(err)
	}
}

// drawn is the note on every area with an invented border.
const drawn = "border drawn, not surveyed / 边界为示意，非实测"

const city = "230100"

// unit is an area before it is written.
type unit struct {
	id, name, parent, level string
	ground                  face // nil: the union of its children
	children                []*unit
}

func draw(source, dir string) error {
	districts, err := readDistricts(filepath.Join(source, "districts.geojson"))
	if err != nil {
		return err
	}
	streets, err := readUnits(filepath.Join(source, "streets.csv"), "street")
	if err != nil {
		return err
	}
	communities, err := readUnits(filepath.Join(source, "communities.csv"), "community")
	if err != nil {
		return err
	}
	if err := hang(streets, communities); err != nil {
		return err
	}
	if err := hang(districts, streets); err != nil {
		return err
	}
	p := &plane{splits: map[edge]vertex{}}
	divide(p, districts, func(u *unit) int { return max(1, len(u.children)) })
	divide(p, streets, func(*unit) int { return 1 })
	all := append(append(append([]*unit{{id: city, name: "哈尔滨市", level: "city"}}, districts...), streets...), communities...)
	for _, u := range all[1:] {
		u.close(p)
	}
	if err := writeAreas(filepath.Join(dir, "areas.geojson"), all); err != nil {
		return err
	}
	return writePeople(dir, streets, communities)
}

// hang attaches each unit to its parent.
func hang(parents, children []*unit) error {
	byID := map[string]*unit{}
	for _, u := range parents {
		byID[u.id] = u
	}
	for _, u := range children {
		up := byID[u.parent]
		if up == nil {
			return fmt.Errorf("%s %s has no parent %s", u.level, u.name, u.parent)
		}
		up.children = append(up.children, u)
	}
	return nil
}

func divide(p *plane, units []*unit, weight func(*unit) int) {
	for _, u := range units {
		if len(u.children) == 0 {
			continue
		}
		weights := make([]int, len(u.children))
		for i, c := range u.children {
			weights[i] = weight(c)
		}
		for i, f := range p.divide(u.ground, weights) {
			u.children[i].ground = f
		}
	}
}

// close adds the vertices that neighbours put on shared borders. A parent's border consists of the edges that its
// children do not share.
func (u *unit) close(p *plane) {
	if len(u.children) == 0 {
		u.ground = p.whole(u.ground)
		return
	}
	var parts []face
	for _, c := range u.children {
		c.close(p)
		parts = append(parts, c.ground)
	}
	u.ground = union(parts)
}

func readDistricts(file string) ([]*unit, error) {
	b, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	var fc struct {
		Features []struct {
			Properties struct{ Code, Name string }
			Geometry   struct{ Coordinates [][][][2]float64 }
		}
	}
	if err := json.Unmarshal(b, &fc); err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	var out []*unit
	for _, f := range fc.Features {
		u := &unit{id: f.Properties.Code, name: f.Properties.Name, parent: city, level: "district"}
		for _, polygon := range f.Geometry.Coordinates {
			for i, ring := range polygon {
				var r []vertex
				for _, c := range ring[:len(ring)-1] {
					r = append(r, vertex{int64(math.Round(c[0] * 1e7)), int64(math.Round(c[1] * 1e7))})
				}
				if (area(r) > 0) != (i == 0) {
					for a, b := 0, len(r)-1; a < b; a, b = a+1, b-1 {
						r[a], r[b] = r[b], r[a]
					}
				}
				u.ground = append(u.ground, r)
			}
		}
		out = append(out, u)
	}
	return out, nil
}

func readUnits(file, level string) ([]*unit, error) {
	rows, err := readCSV(file)
	if err != nil {
		return nil, err
	}
	var out []*unit
	for _, r := range rows[1:] {
		out = append(out, &unit{id: r[0], name: r[1], parent: r[2], level: level})
	}
	return out, nil
}

func readCSV(file string) ([][]string, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	return rows, nil
}

// kinds maps the suffixes of Chinese unit names, longest first, to English.
var kinds = [...][2]string{
	{"社区居民委员会", "Community"},
	{"社区居委会", "Community"},
	{"居民委员会", "Community"},
	{"居委会", "Community"},
	{"社区", "Community"},
	{"村民委员会", "Village"},
	{"村委会", "Village"},
	{"生活区", "Residential Area"},
	{"管理区", "Management Area"},
	{"街道办事处", "Subdistrict"},
	{"街道", "Subdistrict"},
	{"民族乡", "Ethnic Township"},
	{"镇", "Town"},
	{"乡", "Township"},
	{"区", "District"},
	{"县", "County"},
	{"市", "City"},
}

// english transcribes a name to pinyin and translates its kind.
func english(name string) string {
	kind := ""
	for _, k := range kinds {
		if stem, ok := strings.CutSuffix(name, k[0]); ok && stem != "" {
			name, kind = stem, " "+k[1]
			break
		}
	}
	if name == "哈尔滨" {
		return "Harbin"
	}
	args := pinyin.NewArgs()
	args.Fallback = func(r rune, _ pinyin.Args) []string { return []string{string(r)} }
	word := strings.Join(pinyin.LazyPinyin(name, args), "")
	return strings.ToUpper(word[:1]) + word[1:] + kind
}

func writeAreas(file string, units []*unit) error {
	var b strings.Builder
	b.WriteString(`{"type":"FeatureCollection","features":[` + "\n")
	for i, u := range units {
		props := fmt.Sprintf(`"id":%q,"name":%q,"name_en":%q,"level":%q,"parent":%q`, u.id, u.name, english(u.name), u.level, u.parent)
		if u.level == "street" || u.level == "community" {
			props += fmt.Sprintf(`,"note":%q`, drawn)
		}
		fmt.Fprintf(&b, `{"type":"Feature","properties":{%s},"geometry":%s}`, props, geometry(u.ground))
		if i < len(units)-1 {
			b.WriteByte(',')
		}
		b.WriteByte('\n')
	}
	b.WriteString("]}\n")
	return os.WriteFile(file, []byte(b.String()), 0o644)
}

func geometry(f face) string {
	if f == nil {
		return "null"
	}
	var polygons []string
	for _, p := range f.polygons() {
		var rings []string
		for _, ring := range p {
			var points []string
			for i := range len(ring) + 1 {
				v := ring[i%len(ring)]
				points = append(points, "["+degrees(v[0])+","+degrees(v[1])+"]")
			}
			rings = append(rings, "["+strings.Join(points, ",")+"]")
		}
		polygons = append(polygons, "["+strings.Join(rings, ",")+"]")
	}
	if len(polygons) == 1 {
		return `{"type":"Polygon","coordinates":` + polygons[0] + "}"
	}
	return `{"type":"MultiPolygon","coordinates":[` + strings.Join(polygons, ",") + "]}"
}

func degrees(n int64) string { return strconv.FormatFloat(float64(n)/1e7, 'f', -1, 64) }

// writePeople replaces the people and posts of streets and communities; all other rows stay.
func writePeople(dir string, streets, communities []*unit) error {
	invented := func(person string) bool {
		return len(person) > len("p-230102001") && person[2] == '2' && person[8] != '-'
	}
	people, err := kept(filepath.Join(dir, "people.csv"), 0, invented)
	if err != nil {
		return err
	}
	posts, err := kept(filepath.Join(dir, "posts.csv"), 3, invented)
	if err != nil {
		return err
	}
	n := 0
	add := func(u *unit, role string) {
		person := "p-" + u.id + "-" + role
		people = append(people, []string{person, called(person), fmt.Sprintf("0451-5556%04d", n), "", "", ""})
		posts = append(posts, []string{"", "area:" + u.id, role, person, "1", "", "", ""})
		n++
	}
	for _, u := range streets {
		add(u, "leader")
		add(u, "owner")
	}
	for _, u := range communities {
		add(u, "owner")
	}
	if err := writeCSV(filepath.Join(dir, "people.csv"), people); err != nil {
		return err
	}
	return writeCSV(filepath.Join(dir, "posts.csv"), posts)
}

func kept(file string, column int, drop func(string) bool) ([][]string, error) {
	rows, err := readCSV(file)
	if err != nil {
		return nil, err
	}
	out := rows[:0]
	for _, r := range rows {
		if !drop(r[column]) {
			out = append(out, r)
		}
	}
	return out, nil
}

func writeCSV(file string, rows [][]string) error {
	var b strings.Builder
	w := csv.NewWriter(&b)
	if err := w.WriteAll(rows); err != nil {
		return err
	}
	return os.WriteFile(file, []byte(b.String()), 0o644)
}

var (
	surnames = []rune("王李张刘陈杨赵黄周吴徐孙马朱胡郭何高林罗郑梁谢宋唐许邓韩冯曹")
	givens   = strings.Fields("建国 雪梅 佳宁 秀英 永刚 立新 志强 玉兰 红霞 丽华 春生 振华 海涛 冬梅 淑芬 桂芝 文博 国庆 晓东 思远")
)

// called invents a name, always the same for an id.
func called(id string) string {
	h := fnv.New32a()
	h.Write([]byte(id))
	n := int(h.Sum32() >> 1)
	return string(surnames[n%len(surnames)]) + givens[n/len(surnames)%len(givens)]
}
