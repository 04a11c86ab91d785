// Package testdir provides city directories for tests as files: the built-in cities, Boston with squares for
// districts, and a toy city. The package does not import the compiler, so that the compiler's own tests can use it.
package testdir

import (
	"fmt"
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"

	"wangge/dispatch/city/cities"
)

// FeatureCollection begins a GeoJSON file; features and "]}" follow.
const FeatureCollection = `{"type":"FeatureCollection","features":[
`

// SomeCity returns a small city with the given areas: rows of id, level, parent and a ring.
func SomeCity(t *testing.T, accept string, rows ...[4]string) fstest.MapFS {
	t.Helper()
	m := Plain(t)
	head, _, _ := strings.Cut(string(m["city.yaml"].Data), "accept:")
	head = strings.Replace(head, "levels: [city, district]", "levels: [city, district, street]", 1)
	m["city.yaml"] = &fstest.MapFile{Data: []byte(head + accept)}
	var features []string
	for _, r := range rows {
		geometry := "null"
		if r[3] != "" {
			geometry = `{"type":"Polygon","coordinates":[` + r[3] + `]}`
		}
		features = append(features,
			`{"type":"Feature","properties":{"id":"`+r[0]+`","name":"`+r[0]+`","level":"`+r[1]+`","parent":"`+r[2]+`"},"geometry":`+geometry+`}`)
	}
	m["areas.geojson"] = &fstest.MapFile{Data: []byte(FeatureCollection + strings.Join(features, ",\n") + "]}")}
	return m
}

// Directory returns a copy of a built-in city's files.
func Directory(t testing.TB, name string) fstest.MapFS {
	t.Helper()
	fsys, err := cities.FS(name)
	if err != nil {
		t.Fatal(err)
	}
	m := fstest.MapFS{}
	err = fs.WalkDir(fsys, ".", func(p string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := fs.ReadFile(fsys, p)
		m[p] = &fstest.MapFile{Data: data}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// Plain returns Boston with squares for its districts: the same tables, but fast to compile.
func Plain(t testing.TB) fstest.MapFS {
	t.Helper()
	m := Directory(t, "boston")
	areas := strings.Split(string(m["areas.geojson"].Data), "\n")
	west := -71.2
	for i, line := range areas {
		before, _, ok := strings.Cut(line, `"geometry":{`)
		if !ok {
			continue
		}
		east := west + 0.02
		areas[i] = before + fmt.Sprintf(`"geometry":{"type":"Polygon","coordinates":[[[%[1]f,42.2],[%[2]f,42.2],[%[2]f,42.45],[%[1]f,42.45],[%[1]f,42.2]]]}}`, west, east)
		if strings.HasSuffix(line, ",") {
			areas[i] += ","
		}
		west = east
	}
	m["areas.geojson"].Data = []byte(strings.Join(areas, "\n"))
	head, _, _ := strings.Cut(string(m["city.yaml"].Data), "accept:")
	m["city.yaml"].Data = []byte(head)
	return m
}
