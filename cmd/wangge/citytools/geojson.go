package citytools

import (
	"bufio"
	"encoding/json"
	"io"

	"wangge/cmd/wangge/cli"
	"wangge/dispatch/city"
	"wangge/grid"
)

// geoJSON writes a FeatureCollection (RFC 7946), one feature a line.
type geoJSON struct {
	w     *bufio.Writer
	first bool
	err   error
}

// newGeoJSON begins a collection. The first error is kept for close.
func newGeoJSON(w io.Writer) *geoJSON {
	g := &geoJSON{w: bufio.NewWriter(w), first: true}
	_, g.err = g.w.WriteString(`{"type":"FeatureCollection","features":[`)
	return g
}

// add writes a feature: polygons, or a point if there are none.
func (g *geoJSON) add(properties any, at grid.Point, polygons []grid.Polygon) {
	if g.err != nil {
		return
	}
	pair := func(p grid.Point) [2]float64 { return [2]float64{p.Lng, p.Lat} }
	geometry := map[string]any{"type": "Point", "coordinates": pair(at)}
	if len(polygons) > 0 {
		all := make([][][][2]float64, len(polygons))
		for i, p := range polygons {
			for _, ring := range p {
				r := make([][2]float64, len(ring))
				for k, v := range ring {
					r[k] = pair(v)
				}
				all[i] = append(all[i], r)
			}
		}
		geometry = map[string]any{"type": "MultiPolygon", "coordinates": all}
	}
	line, err := json.Marshal(map[string]any{"type": "Feature", "properties": properties, "geometry": geometry})
	if err != nil {
		g.err = err
		return
	}
	separator := ",\n"
	if g.first {
		separator, g.first = "\n", false
	}
	_, g.err = g.w.WriteString(separator + string(line))
}

// close ends the collection and returns the first error.
func (g *geoJSON) close() error {
	if g.err == nil {
		_, g.err = g.w.WriteString("\n]}\n")
	}
	if g.err == nil {
		g.err = g.w.Flush()
	}
	return g.err
}

// writeDefects writes the place of every defect of the drawn areas, accepted or not.
func writeDefects(w io.Writer, o *cli.Options, defects []city.Defect) error {
	type properties struct {
		Defect     string        `json:"defect"`
		Areas      []grid.AreaID `json:"areas"`
		SizeM2     float64       `json:"size_m2"`
		Count      int           `json:"count"`
		Message    string        `json:"message"`
		Suggestion string        `json:"suggestion"`
		Accepted   string        `json:"accepted,omitempty"`
	}
	g := newGeoJSON(w)
	for _, d := range defects {
		g.add(properties{string(d.Kind), d.Areas, d.SizeM2, d.Count, d.Message.In(o.Lang), d.Suggestion.In(o.Lang), d.Reason}, d.At, d.Ground)
	}
	return g.close()
}
