package routing

import (
	"strings"

	"wangge/dispatch"
	"wangge/dispatch/city"
	"wangge/dispatch/i18n"
	"wangge/grid"
)

// LocatedPosition is everything that the ground says about a position.
type LocatedPosition struct {
	Place   dispatch.Place
	Borders []LevelBorder    // of each area of the chain, the city first
	Points  []city.NearPoint // nearest first
}

// LevelBorder is the nearest border of an area.
type LevelBorder struct {
	grid.Border
	Ambiguous bool // the position's accuracy reaches over it
}

// Bounds of the points that Locate returns.
const (
	MaxNearPoints  = 50
	MaxNearPointsM = 5000
)

// Locate is PlaceOf with the nearest border of each area and the points within a distance. It looks for points within
// MaxNearPointsM metres at most, and returns the MaxNearPoints nearest. Errors: those of PlaceOf.
func Locate(c *city.City, pos grid.Position, withinM float64) (LocatedPosition, error) {
	p, err := PlaceOf(c, pos)
	if err != nil {
		return LocatedPosition{}, err
	}
	out := LocatedPosition{Place: p}
	for _, b := range c.Index.Borders(p.Point, grid.Place{Point: p.Point, Cell: p.Cell, Areas: p.Areas}) {
		out.Borders = append(out.Borders, LevelBorder{b, pos.AccuracyM > b.DistanceM})
	}
	near := c.NearPoints(p.Point, "", min(withinM, MaxNearPointsM))
	out.Points = near[:min(len(near), MaxNearPoints)]
	return out, nil
}

// GuessText says which mistake a position outside the city looks like; the zero Text when nothing is known.
func GuessText(g grid.LikelyError) i18n.Text {
	switch g.Kind {
	case grid.Swapped:
		return i18n.F("latitude and longitude look exchanged: %.6f,%.6f is in the city", "经纬度似乎颠倒：%.6f,%.6f 位于城市内", g.At.Lat, g.At.Lng)
	case grid.WrongSign:
		return i18n.F("a sign looks wrong: %.6f,%.6f is in the city", "正负号似乎有误：%.6f,%.6f 位于城市内", g.At.Lat, g.At.Lng)
	case grid.SwappedSign:
		return i18n.F("latitude and longitude look exchanged, and a sign wrong: %.6f,%.6f is in the city", "经纬度似乎颠倒且正负号有误：%.6f,%.6f 位于城市内", g.At.Lat, g.At.Lng)
	case grid.SameNumber:
		return i18n.F("latitude and longitude are the same number: one was written twice", "纬度与经度相同：其中一个被写了两次")
	case grid.NearZero:
		return i18n.F("latitude or longitude is nearly 0: it was lost", "纬度或经度接近 0：数值已丢失")
	case grid.OtherDatum:
		return i18n.F("read as %[1]s it is in the city, at %.6[2]f,%.6[3]f", "按 %[1]s 读取则位于城市内：%.6[2]f,%.6[3]f", g.Datum, g.At.Lat, g.At.Lng)
	case grid.ShiftedDot:
		return i18n.F("a decimal point looks misplaced: %.6f,%.6f is in the city", "小数点似乎错位：%.6f,%.6f 位于城市内", g.At.Lat, g.At.Lng)
	default:
		return i18n.Text{}
	}
}

// PositionText says what is wrong with one field of a position.
func PositionText(f grid.PositionProblem) i18n.Text {
	switch f.Field {
	case "latitude":
		if f.Swapped {
			return i18n.F("latitude %v is not within -90 to 90; latitude and longitude look swapped", "纬度 %v 不在 -90 至 90 之间；经纬度似乎颠倒", f.Value)
		}
		return i18n.F("latitude %v is not within -90 to 90", "纬度 %v 不在 -90 至 90 之间", f.Value)
	case "longitude":
		return i18n.F("longitude %v is not within -180 to 180", "经度 %v 不在 -180 至 180 之间", f.Value)
	case "datum":
		return i18n.F("the datum is not set; send wgs84, gcj02, bd09 or cgcs2000", "未设置坐标系，应为 wgs84、gcj02、bd09 或 cgcs2000")
	default:
		return i18n.F("accuracy %v m is not within 0 to %d", "误差 %v 米不在 0 至 %d 之间", f.Value, grid.MaxAccuracyM)
	}
}

// PositionErrorText says everything that is wrong with a position.
func PositionErrorText(e *grid.PositionError) i18n.Text {
	var en, zh []string
	for _, f := range e.Problems {
		t := PositionText(f)
		en, zh = append(en, t.En), append(zh, t.Zh)
	}
	return i18n.Text{En: strings.Join(en, "; "), Zh: strings.Join(zh, "；")}
}
