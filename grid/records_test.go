package grid

import (
	"cmp"
	"compress/gzip"
	"encoding/csv"
	"fmt"
	"os"
	"slices"
	"strconv"
	"testing"
)

// Real cases on real ground: the police district that the city wrote down is the one that the index
// finds, but for few; each miss is listed with its distance to the border of the recorded district.
// City Hall's own point means that no address was known.
func TestLocate_RealRecords(t *testing.T) {
	t.Parallel()
	ix, faults := Build(builtIn(t, "boston", "city", "district").areas, 10)
	if faults != nil {
		t.Fatal(faults)
	}
	for _, tt := range []struct {
		name, file string
		least      float64
	}{
		{"cases of 2011, positions rounded to some 10 m", "../dispatch/city/cities/boston/events/boston311-2011.csv.gz", 0.96},
		{"animal cases of 2013-2019", "testdata/boston-animal.csv.gz", 0.99},
	} {
		f, err := os.Open(tt.file)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		z, err := gzip.NewReader(f)
		if err != nil {
			t.Fatal(err)
		}
		rows, err := csv.NewReader(z).ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		column := func(name string) int { return slices.Index(rows[0], name) }
		district, latAt, lngAt := column("police_district"), column("latitude"), column("longitude")
		total, right, near := 0, 0, 0
		type miss struct {
			far  float64
			text string
		}
		var misses []miss
		for _, r := range rows[1:] {
			lat, err1 := strconv.ParseFloat(r[latAt], 64)
			lng, err2 := strconv.ParseFloat(r[lngAt], 64)
			id := AreaID(r[district])
			if _, known := ix.byID[id]; err1 != nil || err2 != nil || !known || lat == 42.3594 && lng == -71.0587 {
				continue
			}
			total++
			place, err := ix.Locate(Point{Lat: lat, Lng: lng})
			if err == nil && place.Areas[1] == id {
				right++
				continue
			}
			far := ix.Outside(Point{Lat: lat, Lng: lng}, id)
			if far < 50 {
				near++
			}
			got := AreaID("outside")
			if err == nil {
				got = place.Areas[1]
			}
			misses = append(misses, miss{far, fmt.Sprintf("miss: %.6f,%.6f recorded %s, found %s, %.0f m from the recorded district", lat, lng, id, got, far)})
		}
		slices.SortStableFunc(misses, func(a, b miss) int { return cmp.Compare(a.far, b.far) })
		for _, m := range misses {
			t.Log(m.text)
		}
		rate := float64(right) / float64(total)
		t.Logf("%s: %d of %d in the recorded district, %.2f %%; %d misses, %d of them less than 50 m from its border", tt.name, right, total, 100*rate, total-right, near)
		if rate < tt.least {
			t.Errorf("%s: %.4f, want at least %.2f", tt.name, rate, tt.least)
		}
	}
}
