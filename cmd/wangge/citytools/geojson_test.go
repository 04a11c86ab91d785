package citytools

import (
	"encoding/json"
	"strings"
	"testing"

	"wangge/cmd/wangge/cli"
	"wangge/dispatch/city"
	"wangge/dispatch/i18n"
	"wangge/grid"

	"github.com/google/go-cmp/cmp"
)

// A defect with ground is a MultiPolygon, one without is a point; the reason is there only for a defect that is accepted.
func TestWriteDefects_Collection(t *testing.T) {
	t.Parallel()
	ring := []grid.Point{{Lat: 1, Lng: 2}, {Lat: 1, Lng: 3}, {Lat: 2, Lng: 3}, {Lat: 1, Lng: 2}}
	gap := city.Defect{Message: i18n.F("a gap", "空隙"), Suggestion: i18n.F("mend it", "请修正"), Reason: "as published"}
	gap.Kind, gap.Areas, gap.SizeM2, gap.Count, gap.At, gap.Ground = grid.Gap, []grid.AreaID{"A", "B"}, 1.5, 1, ring[0], []grid.Polygon{{ring}, {ring}}
	point := gap
	point.Ground, point.Reason = nil, ""
	var b strings.Builder
	if err := writeDefects(&b, &cli.Options{Lang: "en"}, []city.Defect{gap, point}); err != nil {
		t.Fatal(err)
	}
	var got, want any
	if err := json.Unmarshal([]byte(b.String()), &got); err != nil {
		t.Fatalf("%v in %s", err, &b)
	}
	const properties = `"defect":"gap","areas":["A","B"],"size_m2":1.5,"count":1,"message":"a gap","suggestion":"mend it"`
	const square = `[[[2,1],[3,1],[3,2],[2,1]]]`
	if err := json.Unmarshal([]byte(`{"type":"FeatureCollection","features":[
{"type":"Feature","properties":{`+properties+`,"accepted":"as published"},"geometry":{"type":"MultiPolygon","coordinates":[`+square+`,`+square+`]}},
{"type":"Feature","properties":{`+properties+`},"geometry":{"type":"Point","coordinates":[2,1]}}]}`), &want); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s\n%s", diff, &b)
	}
	if n := strings.Count(b.String(), "\n"); n != 4 {
		t.Errorf("%d lines, want one a feature, and two around them: %s", n, &b)
	}
}
