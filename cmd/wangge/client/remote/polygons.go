package remote

import (
	"encoding/json"
	"fmt"
	"io"
	"os"

	wanggev1 "wangge/api/wangge/v1"
	"wangge/cmd/wangge/cli"
	"wangge/dispatch/i18n"
	"wangge/grid"
)

// maxPolygonFile is the largest file of polygons, in bytes; a thousand vertices take some 50 KB.
const maxPolygonFile = 1 << 20

// ReadPolygons reads the polygons of a GeoJSON file: a geometry, a feature, or a collection of features.
func ReadPolygons(name string, d grid.Datum) ([]*wanggev1.Precedent_Polygon, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, cli.Failure(err)
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxPolygonFile+1))
	if err != nil {
		return nil, cli.Failure(err)
	}
	if len(data) > maxPolygonFile {
		return nil, cli.Failure(i18n.Errorf("%s is larger than %d bytes; draw it simpler", "%s 超过 %d 字节，请简化所绘范围", name, maxPolygonFile))
	}
	type geometry struct {
		Type        string
		Coordinates json.RawMessage
		Geometry    json.RawMessage
		Features    []json.RawMessage
	}
	var out []*wanggev1.Precedent_Polygon
	var read func(json.RawMessage) error
	read = func(raw json.RawMessage) error {
		var g geometry
		if err := json.Unmarshal(raw, &g); err != nil {
			return err
		}
		var polygons [][][][]float64
		switch g.Type {
		case "FeatureCollection":
			for _, f := range g.Features {
				if err := read(f); err != nil {
					return err
				}
			}
			return nil
		case "Feature":
			return read(g.Geometry)
		case "MultiPolygon":
			if err := json.Unmarshal(g.Coordinates, &polygons); err != nil {
				return err
			}
		case "Polygon":
			polygons = make([][][][]float64, 1)
			if err := json.Unmarshal(g.Coordinates, &polygons[0]); err != nil {
				return err
			}
		default:
			return i18n.Errorf("%q is no ground; write Polygon or MultiPolygon", "%q 不是面，应为 Polygon 或 MultiPolygon", g.Type)
		}
		for _, poly := range polygons {
			p := &wanggev1.Precedent_Polygon{}
			for _, ring := range poly {
				r := &wanggev1.Precedent_Ring{}
				for _, v := range ring {
					if len(v) < 2 {
						return i18n.Errorf("a vertex is [lng, lat]", "顶点应为 [经度, 纬度]")
					}
					r.Vertices = append(r.Vertices, &wanggev1.Position{Latitude: v[1], Longitude: v[0], Datum: wanggev1.Datum(d)})
				}
				p.Rings = append(p.Rings, r)
			}
			out = append(out, p)
		}
		return nil
	}
	if err := read(data); err != nil {
		return nil, cli.Failure(fmt.Errorf("%s: %w", name, err))
	}
	return out, nil
}
