package compile_test

import (
	"strings"
	"testing"

	"wangge/dispatch/city/catalog"
	"wangge/dispatch/city/citytest"
	"wangge/dispatch/city/compile"
)

// faultsOf compiles the toy city with other files and lists its diagnostics, one a line.
func faultsOf(t *testing.T, files map[string]string) string {
	t.Helper()
	d := citytest.ToyDirectory()
	for name, text := range files {
		d[name] = []byte(text)
	}
	_, list := compile.Directory(d)
	var out strings.Builder
	for _, f := range list {
		out.WriteString(f.String() + "\n")
	}
	return out.String()
}

// Each entry of filing that cannot be used is named with its line, all at once.
func TestFiling_EntriesThatCannotBeUsed(t *testing.T) {
	t.Parallel()
	base := strings.Replace(string(citytest.ToyDirectory()["city.yaml"]), "near_border_m: 30}", "near_border_m: 30, verify_sources: [public]}", 1)
	got := faultsOf(t, map[string]string{"city.yaml": base + `
filing:
  - {sources: [inspectors], file: desk}
  - {categories: [X9], file: desk}
  - {sources: [public], file: at_once}
  - {sources: [inspector], categories: [E0101], file: later}
  - {sources: [hotline], file: desk}
  - {sources: [hotline], categories: [E0101], file: at_once}
  - {sources: [media], categories: [E02*], file: desk}
  - {sources: [media], categories: [E0201], file: at_once}
  - {sources: [media], categories: ["E01*,E0201"], file: at_once}
`})
	if strings.Contains(got, "entry 9") {
		t.Errorf("an entry that an earlier one takes in part is reported: %s", got)
	}
	for _, want := range []string{
		"city.yaml:14: filing, entry 1: source \"inspectors\" is unknown", "city.yaml:15: filing, entry 2: no category matches \"X9\"",
		"city.yaml:16: filing, entry 3: reports from public are verified first", "city.yaml:17: filing, entry 4: file \"later\" is neither",
		"city.yaml:19: filing, entry 6: it is never reached: entry 5 takes every report",
		"city.yaml:21: filing, entry 8: it is never reached: entry 7 takes every report",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("no diagnostic %q in\n%s", want, got)
		}
	}
	if n := strings.Count(got, "\n"); n != 6 {
		t.Errorf("%d diagnostics:\n%s", n, got)
	}
}

// The first entry that fits a report decides; without one an inspector's report alone is filed at once.
func TestFiling_FirstEntryThatFits(t *testing.T) {
	t.Parallel()
	c := citytest.Varied(t, map[string]string{"city.yaml": string(citytest.ToyDirectory()["city.yaml"]) + `
filing:
  - {sources: [inspector], categories: ["E04*", "class:Covers"], file: desk}
  - {sources: [video, inspector], categories: ["severity:C"], file: at_once}
  - {categories: [E0301], file: desk}
`})
	for _, tt := range []struct {
		source string
		code   string
		want   bool
	}{
		{"inspector", "E0401", false},
		{"inspector", "C0101", false},
		{"inspector", "E0101", true},
		{"inspector", "E0201", true},
		{"inspector", "E0301", false},
		{"video", "E0401", true},
		{"video", "E0201", false},
		{"hotline", "E0101", false},
	} {
		if got := c.FiledAtOnce(tt.source, catalog.Code(tt.code)); got != tt.want {
			t.Errorf("%s of %s: filed at once %v", tt.code, tt.source, got)
		}
	}
}

// Closing conditions stand with | between them, each once and within the bounds.
func TestClosings_OfACondition(t *testing.T) {
	t.Parallel()
	head := "code,condition,name,severity,limit,limit_unit,closing\n"
	c := citytest.Varied(t, map[string]string{"conditions.csv": head + "E0101,1,暴露,C,4,work_hours,已清运｜已覆盖 | 已移交\n"})
	if got := c.Categories["E0101"].Conditions[0].Closings; strings.Join(got, "/") != "已清运/已覆盖/已移交" {
		t.Errorf("closing conditions %q", got)
	}
	for closing, want := range map[string]string{
		"已清运||已覆盖": "empty or given twice", "a|a": "empty or given twice", "1|2|3|4|5|6|7|8|9": "more than 8 closing conditions",
		strings.Repeat("长", 201): "more than 200 characters",
	} {
		if got := faultsOf(t, map[string]string{"conditions.csv": head + "E0101,1,暴露,C,4,work_hours," + closing + "\n"}); !strings.Contains(got, "conditions.csv:2") || !strings.Contains(got, want) {
			t.Errorf("%q: %s", closing, got)
		}
	}
}

// A milestone says whose it is; nothing is written that nobody could begin or name.
func TestMilestones_OfSeveralParties(t *testing.T) {
	t.Parallel()
	head := "code,condition,name,severity,limit,limit_unit,closing,milestone,after,by\nE0201,1,积水,A,6,hours,排水,,,\n"
	c := citytest.Varied(t, map[string]string{"conditions.csv": head + "E0201,1,到场,A,30,minutes,到场,arrive,,owner co_owners inspector\nE0201,1,围挡,A,1,hours,已围挡,fence,arrive,\n"})
	ms := c.Categories["E0201"].Conditions[0].Milestones
	if len(ms) != 2 || len(ms[0].Parties) != 3 || ms[0].Limit.String() != "30 minutes" || len(ms[1].Parties) != 1 {
		t.Errorf("milestones %+v", ms)
	}
	for rows, want := range map[string]string{
		"E0201,1,到场,A,30,minutes,到场,arrive,,police\n":                                                 `"police" is no party of a milestone`,
		"E0201,1,到场,A,30,minutes,到场,arrive@x,,\n":                                                     "has an @",
		"E0201,1,到场,A,30,minutes,到场,arrive,,inspector\nE0201,1,围挡,A,1,hours,已围挡,fence,arrive,owner\n": `owner has no milestone "arrive", nor has the owner`,
	} {
		if got := faultsOf(t, map[string]string{"conditions.csv": head + rows}); !strings.Contains(got, want) {
			t.Errorf("%s: %s", rows, got)
		}
	}
	if got := faultsOf(t, map[string]string{"conditions.csv": strings.Replace(head, "排水,,,", "排水,,,owner", 1)}); !strings.Contains(got, "by is given without a milestone") {
		t.Errorf("by of a condition: %s", got)
	}
}
