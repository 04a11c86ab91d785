package remote

import (
	"fmt"
	"io"
	"os"

	wanggev1 "wangge/api/wangge/v1"
	"wangge/cmd/wangge/cli"
	"wangge/dispatch/city/geojson"
	"wangge/dispatch/i18n"
	"wangge/grid"
)

// maxPolygonFile is the largest file of polygons, in bytes; a thousand vertices take some 50 KB.
const maxPolygonFile = 1 << 20

// ReadPolygons reads the polygons of a GeoJSON file: a geometry, a feature, or a collection of features. The vertices keep
// the datum d of the file.
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
	polygons, err := geojson.Polygons(data, grid.WGS84) // the server converts the datum, as for every position
	if err != nil {
		return nil, cli.Failure(fmt.Errorf("%s: %w", name, err))
	}
	out := make([]*wanggev1.Precedent_Polygon, len(polygons))
	for i, poly := range polygons {
		out[i] = &wanggev1.Precedent_Polygon{Rings: make([]*wanggev1.Precedent_Ring, len(poly))}
		for k, ring := range poly {
			out[i].Rings[k] = &wanggev1.Precedent_Ring{Vertices: make([]*wanggev1.Position, len(ring))}
			for n, v := range ring {
				out[i].Rings[k].Vertices[n] = &wanggev1.Position{Latitude: v.Lat, Longitude: v.Lng, Datum: wanggev1.Datum(d)}
			}
		}
	}
	return out, nil
}
