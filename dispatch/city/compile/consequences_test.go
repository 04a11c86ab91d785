package compile_test

import (
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"wangge/dispatch/city"
	"wangge/dispatch/city/citytest"
	"wangge/dispatch/city/citytest/testdir"
	"wangge/dispatch/city/compile"
)

// said compiles a directory with some files replaced, and returns the diagnostics of these files, as text.
func said(t *testing.T, base fstest.MapFS, replaced map[string]string) []string {
	t.Helper()
	for name, text := range replaced {
		base[name] = &fstest.MapFile{Data: []byte(text)}
	}
	_, faults := compile.FS(base)
	var out []string
	for _, f := range faults {
		if f.Message.Zh == "" || f.Suggestion.Zh == "" {
			t.Errorf("%s has no Chinese", f)
		}
		if _, ok := replaced[f.File]; ok {
			out = append(out, f.String())
		}
	}
	return out
}

// wants compares diagnostics with the parts that each must hold, in their order.
func wants(t *testing.T, name string, got []string, want ...string) {
	t.Helper()
	ok := len(got) == len(want)
	for i := 0; ok && i < len(want); i++ {
		ok = strings.Contains(got[i], want[i])
	}
	if !ok {
		t.Errorf("%s:\nsaid %s\nwant %s", name, strings.Join(got, "\n     "), strings.Join(want, "\n     "))
	}
}

const (
	snow      = "id,name,name_en,categories,grades,after_days\nsnow,降雪,the snow,E01*,小雪 大雪,10\n"
	limitHead = "category,season,from,to,campaign,grade,limit,limit_unit\n"
)

// A limit of a misspelt campaign would be an ordinary limit that always holds: the row is refused. A campaign that is a name
// for people, with dates, stays.
func TestLimits_CampaignMisspelt(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, campaigns, row, want string }{
		{"a letter left out", snow, "E0101,,,,snw,,1,hours", `limits.csv:2: campaign "snw" is not in campaigns.csv; did you mean "snow"?`},
		{"a capital", snow, "E0101,,,,Snow,,1,hours", `did you mean "snow"?`},
		{"a capital, in a season", snow, "E0101,11-01..03-31,,,Snow,,1,hours", `did you mean "snow"?`},
		{"another name without dates", snow, "E0101,,,,marathon,,1,hours", `campaign "marathon" is not in campaigns.csv and has no dates: the limit would always hold; write an id`},
		{"a city without campaigns", "", "E0101,,,,snow,,1,hours", "has no dates"},
		{"a name for people, with dates", snow, "E0101,,2026-04-01,2026-05-01,spring clean,,1,hours", ""},
		{"a name for people, in a season", "", "E0101,11-01..03-31,,,snow,,1,hours", ""},
		{"the campaign itself", snow, "E0101,,,,snow,大雪,1,hours", ""},
		{"no campaign", snow, "E0101,,,,,,1,hours", ""},
	} {
		files := map[string]string{"limits.csv": limitHead + tt.row + "\n"}
		if tt.campaigns != "" {
			files["campaigns.csv"] = tt.campaigns
		}
		base := testdir.Toy()
		delete(base, "campaigns.csv")
		var want []string
		if tt.want != "" {
			want = []string{tt.want}
		}
		wants(t, tt.name, said(t, base, files), want...)
	}
	m := testdir.Toy()
	delete(m, "campaigns.csv")
	m["limits.csv"] = &fstest.MapFile{Data: []byte(limitHead + "E0101,,,,marathon,,1,hours\n")}
	dir, faults := city.Collect(m)
	if faults != nil {
		t.Fatal(faults)
	}
	if _, faults := compile.Accepted(dir); faults != nil {
		t.Errorf("a revision that was accepted before has the faults %v", faults)
	}
}

// A row with a diagnostic keeps its id: the rows that name it are not reported, and report what is wrong with themselves.
func TestDiagnostics_NoConsequences(t *testing.T) {
	t.Parallel()
	wants(t, "a campaign", said(t, testdir.Toy(), map[string]string{
		"campaigns.csv": strings.Replace(snow, ",10\n", ",ten\n", 1),
		"limits.csv":    limitHead + "E0101,,,,snow,大雪,1,hours\nE0101,,,,snow,,2,hours\n",
	}), `campaigns.csv:2: after_days "ten"`)
	const head = "code,condition,name,severity,limit,limit_unit,closing,milestone,after,by\n"
	condition := "E0101,1,塌陷,B,2,days,,,,\n"
	wants(t, "a milestone", said(t, testdir.Toy(), map[string]string{
		"conditions.csv": head + condition + "E0101,1,围挡,B,2,hours,,fence,arive,nobody\nE0101,1,修复,B,1,days,,mend,fence,\nE0101,1,复查,B,1,days,,check,mend,\n",
	}), `conditions.csv:3: "nobody" is no party`, `conditions.csv:3: after "arive"`)
	wants(t, "a condition", said(t, testdir.Toy(), map[string]string{
		"conditions.csv": head + strings.Replace(condition, ",B,", ",Z,", 1) + "E0101,1,围挡,B,2,hours,,fence,,\nE0101,1,修复,B,1,days,,mend,fence,\n",
	}), `conditions.csv:2: severity "Z"`)
	got := said(t, testdir.Toy(), map[string]string{
		"conditions.csv": head + condition + "E0101,1,修复,B,1,days,,mend,fence,\n",
	})
	if !slices.ContainsFunc(got, func(s string) bool { return strings.Contains(s, `after "fence" is no earlier milestone`) }) {
		t.Errorf("a milestone that is nowhere is not reported: %v", got)
	}
}

// A rule whose order can't be read still gives its cases to a platform, and still takes everything.
func TestRules_RefusedRowsAreNotMissed(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, row, faulty, want string }{
		{"the row that gives to the districts", "50,\"E0301", "fifty,\"E0301", `rules.csv:5: order "fifty" is not a number`},
		{"the last row of the communities", "290,*", "x,*", `order "x" is not a number`},
		{"the last row", "9999,*", "last,*", `order "last" is not a number`},
	} {
		m := fstest.MapFS{}
		for name, data := range citytest.PlatformsDirectory() {
			m[name] = &fstest.MapFile{Data: data}
		}
		rules := string(m["rules.csv"].Data)
		if !strings.Contains(rules, tt.row) {
			t.Fatalf("%q is not in %s", tt.row, rules)
		}
		wants(t, tt.name, said(t, m, map[string]string{"rules.csv": strings.Replace(rules, tt.row, tt.faulty, 1)}), tt.want)
	}
}

// A limit that never holds is reported: its row repeats an earlier one, or the campaign does not move its category.
func TestLimits_NeverHold(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, rows, want string }{
		{"the same key", "E0101,,,,,,1,hours\nE0201,,,,,,1,hours\nE0101,,,,,,2,hours\n", "limits.csv:4: this limit never holds: limits.csv:2 has the same"},
		{"another season", "E0101,11-01..03-31,,,,,1,hours\nE0101,,,,,,2,hours\n", ""},
		{"a category of no campaign", "\"E0101,E0201\",,,,snow,,1,hours\n", `limits.csv:2: campaign snow does not move the limits of "E0201": the limit would never hold`},
		{"all categories", "\"*,!E0201\",,,,snow,,1,hours\n", ""},
		{"no category at all", "E9,,,,snow,,1,hours\n", `no category matches "E9"`},
	} {
		var want []string
		if tt.want != "" {
			want = []string{tt.want}
		}
		wants(t, tt.name, said(t, testdir.Toy(), map[string]string{"campaigns.csv": snow, "limits.csv": limitHead + tt.rows}), want...)
	}
}
