package citytools

import (
	"io"

	"wangge/cmd/wangge/cli"
	"wangge/dispatch/city"
	"wangge/dispatch/city/geojson"
	"wangge/grid"
)

// writeDefects writes the place of every defect of the drawn areas, accepted or not: its ground, or a point if it has none.
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
	out := geojson.NewWriter(w)
	for _, d := range defects {
		p := properties{string(d.Kind), d.Areas, d.SizeM2, d.Count, d.Message.In(o.Lang), d.Suggestion.In(o.Lang), d.Reason}
		if len(d.Ground) > 0 {
			out.Polygons(p, d.Ground)
		} else {
			out.Point(p, d.At)
		}
	}
	return out.Close()
}
