package postgis

import (
	"context"
	"encoding/json"
	"os"
	"testing"
	"time"

	"wangge/grid"

	"github.com/jackc/pgx/v5"
)

// withPostGIS is a connection to a PostgreSQL with PostGIS that holds New York's tracts under a GiST
// index and the points. WANGGE_POSTGIS=postgres://user@host/database says where; when it is set, the
// server must be there. Everything is kept in temporary tables.
func withPostGIS(t testing.TB, areas []grid.Area, points []grid.Point) *pgx.Conn {
	t.Helper()
	url := os.Getenv("WANGGE_POSTGIS")
	if url == "" {
		t.Skip("WANGGE_POSTGIS is not set: no PostGIS to compare with")
	}
	ctx := context.Background()
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close(context.Background()) })
	exec := func(sql string, args ...any) {
		if _, err := conn.Exec(ctx, sql, args...); err != nil {
			t.Fatalf("%s: %v", sql, err)
		}
	}
	exec(`CREATE EXTENSION IF NOT EXISTS postgis`)
	exec(`CREATE TEMP TABLE areas (id text PRIMARY KEY, geom geometry(MultiPolygon, 4326) NOT NULL)`)
	for _, a := range areas {
		if a.Polygons == nil {
			continue
		}
		var coordinates [][][][2]float64
		for _, p := range a.Polygons {
			var rings [][][2]float64
			for _, r := range p {
				var ring [][2]float64
				for _, v := range r {
					ring = append(ring, [2]float64{v.Lng, v.Lat})
				}
				rings = append(rings, ring)
			}
			coordinates = append(coordinates, rings)
		}
		drawn, err := json.Marshal(map[string]any{"type": "MultiPolygon", "coordinates": coordinates})
		if err != nil {
			t.Fatal(err)
		}
		exec(`INSERT INTO areas VALUES ($1, ST_SetSRID(ST_GeomFromGeoJSON($2), 4326))`, a.ID, string(drawn))
	}
	exec(`CREATE INDEX ON areas USING gist (geom)`)
	exec(`CREATE TEMP TABLE points (n int PRIMARY KEY, lat float8 NOT NULL, lng float8 NOT NULL, geom geometry(Point, 4326))`)
	if _, err := conn.CopyFrom(
		ctx,
		pgx.Identifier{"points"},
		[]string{"n", "lat", "lng"},
		pgx.CopyFromSlice(len(points), func(i int) ([]any, error) {
			return []any{i, points[i].Lat, points[i].Lng}, nil
		}),
	); err != nil {
		t.Fatal(err)
	}
	exec(`UPDATE points SET geom = ST_SetSRID(ST_MakePoint(lng, lat), 4326)`)
	exec(`ANALYZE areas`)
	exec(`ANALYZE points`)
	return conn
}

// A second independent library (GEOS, behind PostGIS) finds the same tract for each point.
func TestIndexAgainstPostGIS(t *testing.T) {
	if os.Getenv("WANGGE_POSTGIS") == "" {
		t.Skip("WANGGE_POSTGIS is not set: no PostGIS to compare with")
	}
	areas := nyc(t)
	ix, faults := grid.Build(areas, 9)
	if faults != nil {
		t.Fatal(faults)
	}
	n := 20_000
	if os.Getenv("WANGGE_DEEP") != "" {
		n = 1_000_000
	}
	points := someOf(ix, n)
	conn := withPostGIS(t, areas, points)
	rows, err := conn.Query(context.Background(), `SELECT p.n, a.id FROM points p JOIN areas a ON ST_Contains(a.geom, p.geom)`)
	if err != nil {
		t.Fatal(err)
	}
	theirs := make([][]grid.AreaID, len(points))
	var at int
	var id grid.AreaID
	if _, err := pgx.ForEachRow(rows, []any{&at, &id}, func() error {
		theirs[at] = append(theirs[at], id)
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	differ := 0
	for i, p := range points {
		place, err := ix.Locate(p)
		if err != nil || len(theirs[i]) != 1 || theirs[i][0] != place.Areas[len(place.Areas)-1] {
			differ++
			t.Errorf("Locate(%v) = %v, %v, PostGIS has %v", p, place.Areas, err, theirs[i])
		}
	}
	t.Logf("%d points in New York, %d differ from PostGIS", len(points), differ)
}

// BenchmarkPostGIS times containment inside the server, a whole set of points in one query, beside
// our own answers for the same points, pass by pass: no round trip is counted against it, and neither
// side starts cold.
func BenchmarkPostGIS(b *testing.B) {
	areas := nyc(b)
	ix, faults := grid.Build(areas, 10)
	if faults != nil {
		b.Fatal(faults)
	}
	points := someOf(ix, 100_000)
	conn := withPostGIS(b, areas, points)
	server := func() time.Duration {
		begin := time.Now()
		var found int
		if err := conn.QueryRow(context.Background(), `SELECT count(a.id) FROM points p JOIN areas a ON ST_Contains(a.geom, p.geom)`).
			Scan(&found); err != nil ||
			found != len(points) {
			b.Fatalf("%d of %d found: %v", found, len(points), err)
		}
		return time.Since(begin)
	}
	here := func() time.Duration {
		begin := time.Now()
		for _, p := range points {
			if _, err := ix.Locate(p); err != nil {
				b.Fatal(err)
			}
		}
		return time.Since(begin)
	}
	server() // a pass of each, so that neither begins with cold caches
	here()
	var theirs, ours time.Duration
	for b.Loop() {
		theirs += server()
		ours += here()
	}
	calls := float64(b.N * len(points))
	b.ReportMetric(float64(theirs)/calls, "postgis-ns/point")
	b.ReportMetric(float64(ours)/calls, "ours-ns/point")
	b.ReportMetric(float64(theirs)/float64(ours), "x-faster")
}
