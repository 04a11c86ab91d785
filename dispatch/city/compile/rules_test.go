package compile

import (
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"wangge/dispatch/city"
	"wangge/dispatch/city/catalog"
	"wangge/dispatch/city/citytest/testdir"
	"wangge/dispatch/diag"
)

// A table out of order is tried from specific to general all the same; what can never match is named.
func TestRules_FromSpecificToGeneral(t *testing.T) {
	t.Parallel()
	const header = "order,category,area,near,within_m,from,to,season,campaign,owner,co_owners,note\n"
	const points = `{"type":"FeatureCollection","features":[{"type":"Feature","properties":{"id":"s1","name":"Latin","kind":"school","unit":"area:A1"},"geometry":{"type":"Point","coordinates":[-71.06,42.36]}}]}`
	load := func(rows ...string) (*city.City, []diag.Diagnostic) {
		m := testdir.Plain(t)
		m["points.geojson"] = &fstest.MapFile{Data: []byte(points)}
		m["rules.csv"] = &fstest.MapFile{Data: []byte(header + strings.Join(rows, "\n") + "\n")}
		return FS(m)
	}
	c, faults := load(
		"10,*,,,,,,,,block:city,,",
		"20,sanitation/*,,,,,,,,line:PWDx,block:district(close the road) line:ISD,",
		"30,sanitation/*,A1,,,,,,,line:ISD,,",
		"40,*,A1,,,,,11-01..03-31,snow,line:PARK,,",
		"50,*,,school,200,,,,,point,,",
	)
	if faults != nil {
		t.Fatal(faults)
	}
	var got []string
	for _, r := range c.Rules {
		got = append(got, r.ID)
	}
	if want := "rules.csv:6 rules.csv:5 rules.csv:4 rules.csv:3 rules.csv:2"; strings.Join(got, " ") != want {
		t.Errorf("tried in the order %v, want %s", got, want)
	}
	if co := c.Rules[3].CoOwners; len(co) != 2 || co[0].Duty != "close the road" || co[0].Kind != catalog.OwnerBlock || co[1].Duty != "" {
		t.Errorf("co-owners %+v, want a district that closes the road and ISD", co)
	}
	for _, tt := range []struct {
		name, message string
		line          int
		rows          []string
	}{
		{"one shadowed by a class of its categories", "rules.csv:3, rules.csv:2 takes everything", 4, []string{"10,sanitation/*,,,,,,,,line:PWDx,,", "20,building/*,,,,,,,,line:ISD,,", `30,"sanitation/*,building/*",,,,2011-01-01,,,,line:PARK,,`}},
		{"one shadowed by its parent area", "rules.csv:2 takes everything", 3, []string{"10,*,BOS,,,,,,,line:PWDx,,", "20,sanitation/*,A1,,,,,,,line:ISD,,"}},
		{"one whose components are nowhere", "no point is a component", 2, []string{"10,building/*,,,15,,,,,component,,"}},
		{"a term that covers nothing", `"sanitary/*"`, 2, []string{`10,"sanitation/*,sanitary/*",,,,,,,,line:PWDx,,`}},
		{"a campaign without an end", "would never end", 2, []string{"10,sanitation/*,,,,,,,snow,line:PWDx,,"}},
		{"a season that is none", "not two days", 2, []string{"10,sanitation/*,,,,,,winter,,line:PWDx,,"}},
	} {
		_, faults := load(append(tt.rows, "9999,*,,,,,,,,block:city,,")...)
		if len(faults) != 1 || faults[0].Line != tt.line || !strings.Contains(faults[0].Message.En, tt.message) {
			t.Errorf("%s: faults %v, want one in line %d with %q", tt.name, faults, tt.line, tt.message)
		}
	}
	if _, faults := load("10,sanitation/*,,,,,,,,line:PWDx,,"); !slices.ContainsFunc(faults, func(f diag.Diagnostic) bool { return strings.Contains(f.Suggestion.En, "9999,*,,,,,,,,block:city,,") }) {
		t.Errorf("without a last rule: faults %v, want the line to add", faults)
	}
}

// A suggested row has the columns of the file into which it goes, in their order.
func TestRules_SuggestedRowHasTheColumnsOfTheFile(t *testing.T) {
	t.Parallel()
	m := testdir.Plain(t)
	m["rules.csv"] = &fstest.MapFile{Data: []byte("owner,order,note,category\nline:PWDx,10,,sanitation/*\n")}
	_, faults := FS(m)
	if !slices.ContainsFunc(faults, func(f diag.Diagnostic) bool { return f.Suggestion.En == "end with block:city,9999,,*" }) {
		t.Errorf("faults %v, want the row to add", faults)
	}
}
