package compile

import (
	"strings"
	"testing"
	"testing/fstest"

	"wangge/dispatch/city"
)

// A section has a tier, which rows of limits.csv may name. The most specific section with a tier decides.
func TestLimits_TierOfASection(t *testing.T) {
	t.Parallel()
	m := withGround(t)
	m["sections.geojson"] = &fstest.MapFile{Data: []byte(strings.NewReplacer(
		`"id":"mid"`, `"id":"mid","tier":"C"`, `"id":"road"`, `"id":"road","tier":"A"`).Replace(someSections))}
	m["limits.csv"] = &fstest.MapFile{Data: []byte("category,section_tier,limit,limit_unit\n*,A,24,hours\n*,C,72,hours\n")}
	c, faults := FS(m)
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	for _, tt := range []struct {
		sections []city.SectionID
		want     string
	}{{[]city.SectionID{"road", "mid"}, "A"}, {[]city.SectionID{"mid"}, "C"}, {[]city.SectionID{"gone", "mid"}, "C"}, {nil, ""}} {
		if got := c.SectionTierOf(tt.sections); got != tt.want {
			t.Errorf("sections %v have the tier %q, want %q", tt.sections, got, tt.want)
		}
	}
	if len(c.Limits) != 2 || c.Limits[0].SectionTier != "A" {
		t.Errorf("limits are %+v", c.Limits)
	}
	for text, want := range map[string]string{
		"category,section_tier,limit,limit_unit\n*,D,24,hours\n": `no section has the tier "D"`,
		"category,tier,limit,limit_unit\n*,A,24,hours\n":         `no area has the tier "A"`,
	} {
		m["limits.csv"] = &fstest.MapFile{Data: []byte(text)}
		if _, faults := FS(m); len(faults) != 1 || faults[0].File != "limits.csv" || faults[0].Line != 2 || faults[0].Message.En != want {
			t.Errorf("%q: %v, want %q", text, faults, want)
		}
	}
	delete(m, "limits.csv")
	m["sections.geojson"] = &fstest.MapFile{Data: []byte(someSections)}
	m["limits.csv"] = &fstest.MapFile{Data: []byte("category,section_tier,limit,limit_unit\n*,A,24,hours\n")}
	if _, faults := FS(m); len(faults) != 1 || !strings.Contains(faults[0].Suggestion.En, "property tier") {
		t.Errorf("without tiers: %v", faults)
	}
}
