package records

import (
	"math"
	"strconv"
	"strings"

	"wangge/dispatch/city/roster"
	"wangge/dispatch/i18n"
	"wangge/grid"

	"golang.org/x/text/width"
)

// position returns the position of a record. ok is false for a record without one, also for 0,0, which other systems write for no
// position. Values that can't be read are refused.
func (rd *Reader) position(p *Record, get func(string) string, refuse func(kind, detail i18n.Text)) (grid.Position, bool) {
	if get("lat") == "" && get("lng") == "" {
		return grid.Position{}, false
	}
	degrees := func(field string) float64 {
		n, err := strconv.ParseFloat(strings.TrimSuffix(width.Fold.String(get(field)), "°"), 64)
		if err != nil || math.IsInf(n, 0) || math.IsNaN(n) {
			refuse(i18n.F("unreadable %s", "%s 无法读取", field), i18n.F("unreadable %[1]s %[2]q: write degrees, such as 45.755", "%[1]s %[2]q 无法读取：请填写度数，例如 45.755", field, get(field)))
		}
		return n
	}
	out := grid.Position{Lat: degrees("lat"), Lng: degrees("lng"), Datum: rd.format.Datum}
	if out.Lat == 0 && out.Lng == 0 && rd.city.Index.Depth(grid.Point{}) == 0 {
		p.flags = append(p.flags, i18n.F("position 0,0: taken as none", "位置为 0,0：按没有位置计"))
		return grid.Position{}, false
	}
	if name := get("datum"); name != "" {
		datum, ok := datumOf(name)
		if !ok {
			refuse(i18n.F("unknown datum %q", "坐标系 %q 未知", name), i18n.F("unknown datum %[1]q: write %[2]s", "坐标系 %[1]q 未知：请填写 %[2]s", name, strings.Join(grid.DatumNames(), ", ")))
		}
		out.Datum = datum
	}
	return out, true
}

// datumNames are names of datums in records besides those of grid.ParseDatum, in small letters without spaces and dashes.
var datumNames = map[string]grid.Datum{
	"gps": grid.WGS84, "84": grid.WGS84, "epsg:4326": grid.WGS84, "火星": grid.GCJ02, "火星坐标": grid.GCJ02, "火星坐标系": grid.GCJ02, "高德": grid.GCJ02, "百度": grid.BD09, "百度坐标": grid.BD09,
	"百度坐标系": grid.BD09, "2000": grid.CGCS2000, "国家2000": grid.CGCS2000, "epsg:4490": grid.CGCS2000,
}

// datumOf is the datum of a name; ok is false for an unknown one.
func datumOf(name string) (grid.Datum, bool) {
	name = strings.NewReplacer("-", "", "_", "", " ", "").Replace(strings.ToLower(width.Fold.String(name)))
	if d, err := grid.ParseDatum(name); err == nil {
		return d, true
	}
	d, ok := datumNames[name]
	return d, ok
}

// assignUnlocated gives a record without a position its unit, which the format names for its department, and its area: the recorded
// district, or else the area that this unit is.
func (rd *Reader) assignUnlocated(p *Record) {
	if u, err := roster.ParseUnit(rd.format.Owners[p.department]); err == nil {
		p.Import.Owner = u
		if u.Kind == roster.UnitArea {
			p.Import.Area = grid.AreaID(u.ID)
		}
	}
	switch {
	case p.district == "":
	case rd.city.Areas[grid.AreaID(p.district)] != nil:
		p.Import.Area = grid.AreaID(p.district)
	default:
		p.flags = append(p.flags, i18n.F("no position, and the city has no area that is its district", "没有位置，且其所属区不是本市的区域"))
	}
}
