package coverage_test

import (
	"maps"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"wangge/dispatch/city"
	"wangge/dispatch/city/citytest"
	"wangge/dispatch/city/compile"
	"wangge/dispatch/city/coverage"
)

// drafted compiles the toy city with platforms and changed files, also with diagnostics, which it returns.
func drafted(t *testing.T, change map[string]func(string) string) (*city.City, string) {
	t.Helper()
	m := fstest.MapFS{}
	for name, data := range citytest.PlatformsDirectory() {
		text := string(data)
		if edit := change[name]; edit != nil {
			text = edit(text)
		}
		m[name] = &fstest.MapFile{Data: []byte(text)}
	}
	c, list := compile.Draft(m)
	if c == nil {
		t.Fatalf("no city: %v", list)
	}
	said := ""
	for _, d := range list {
		said += d.String() + "\n"
	}
	return c, said
}

func proved(t *testing.T, c *city.City) coverage.Proof {
	t.Helper()
	from := time.Date(2026, 3, 2, 0, 0, 0, 0, c.Location)
	p, err := coverage.Prove(c, from, from.AddDate(0, 1, 0))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// The proof follows the dispatches through every platform: without a fault there is no gap; a hole in the rules of a platform, a
// platform without a dispatcher and a unit of the second dispatch without a person are gaps.
func TestProve_Platforms(t *testing.T) {
	t.Parallel()
	drop := func(line string) func(string) string {
		return func(s string) string {
			if !strings.Contains(s, line) {
				t.Errorf("%q is not in the table", line)
			}
			return strings.Replace(s, line, "", 1)
		}
	}
	c, said := drafted(t, nil)
	if whole := proved(t, c); said != "" || !whole.Complete() || len(whole.IdleRules) > 0 {
		t.Fatalf("faults %s gaps %+v, idle rules %v", said, whole.Gaps, whole.IdleRules)
	}
	for name, tt := range map[string]struct {
		change map[string]func(string) string
		fault  string
		gap    string
	}{
		"a hole in the rules of the district's platform": {
			map[string]func(string) string{"rules.csv": func(s string) string {
				return drop("190,*,,,,,,,,block:district,,,district\n")(drop("120,E0401,,,,,,,,platform:community,,,district\n")(s))
			}},
			"their rules do not end with one for everything", "no rule gives E0401",
		},
		"a platform without a dispatcher": {
			map[string]func(string) string{"posts.csv": drop(",area:E,dispatcher,dispatcher-e,1,,,\n")},
			"platform:district names nobody in 1 area: E", "only the last one",
		},
		"nobody at the platform of a community at night": {
			map[string]func(string) string{"posts.csv": func(s string) string {
				return strings.Replace(s, ",area:W1,dispatcher,dispatcher-w1,1,,,\n", ",area:W1,dispatcher,dispatcher-w1,1,day,,\n", 1)
			}},
			"", "nobody is on call at dispatcher@area:W1",
		},
	} {
		c, said := drafted(t, tt.change)
		if !strings.Contains(said, tt.fault) {
			t.Errorf("%s: the faults are %q, want %q among them", name, said, tt.fault)
		}
		gaps := map[string]bool{}
		for _, g := range proved(t, c).Gaps {
			gaps[g.Why.En] = true
		}
		found := false
		for why := range maps.Keys(gaps) {
			found = found || strings.Contains(why, tt.gap)
		}
		if !found {
			t.Errorf("%s: the gaps are %v, want one with %q", name, gaps, tt.gap)
		}
	}
}
