package lint

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

// What loads and is seldom meant is said: a category that only the last rule takes, and a rule that
// loses some of its categories to an earlier one.
func TestWarnings(t *testing.T) {
	t.Parallel()
	for _, c := range []*city.City{citytest.Harbin(t), citytest.Boston(t), citytest.Toy(t)} {
		if got := Warnings(c); len(got) > 0 {
			t.Errorf("%s: %v", c.NameEn, got)
		}
	}
	m := testdir.Plain(t)
	m["rules.csv"] = &fstest.MapFile{Data: []byte("order,category,owner\n10,graffiti/*,line:PWDx\n20,\"graffiti/*,sanitation/*\",line:ISD\n30,building/*,line:ISD\n9999,*,block:city\n")}
	c, faults := compile.FS(m)
	if faults != nil {
		t.Fatal(faults)
	}
	got := Warnings(c)
	if len(got) != 2 || got[0].Line != 5 || !strings.Contains(got[0].Message.En, "fall to the last one: abandoned-bicycle/") || !strings.Contains(got[0].Suggestion.En, "rules.csv") && !strings.Contains(got[0].Suggestion.En, "ORDER,") {
		t.Fatalf("warnings %v", got)
	}
	if got[1].Line != 3 || !strings.Contains(got[1].Message.En, "graffiti/") || strings.Contains(got[1].Message.En, "sanitation/") || !strings.Contains(got[1].Message.Zh, "rules.csv:2") {
		t.Errorf("warning %v", got[1])
	}
}

// A post of the grid office gives its right at the city itself alone; anywhere else it is remarked on.
func TestWarnings_GridOfficeElsewhere(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, rows string
		want       int
	}{
		{"at the city", "", 0},
		{"at a district", ",area:A1,grid_office,b-a1-owner,1,,,\n", 1},
		{"at a department", ",department:PWDx,grid_office,b-a1-owner,1,,,\n", 1},
	} {
		m := testdir.Plain(t)
		m["posts.csv"] = &fstest.MapFile{Data: append(slices.Clone(m["posts.csv"].Data), tt.rows...)}
		c, faults := compile.FS(m)
		if faults != nil {
			t.Fatal(tt.name, faults)
		}
		got := misplacedOffices(c)
		if len(got) != tt.want || len(got) > 0 && (got[0].File != "posts.csv" || !strings.Contains(got[0].Suggestion.En, "grid_office@area:BOS") || !strings.Contains(got[0].Message.Zh, "grid_office@")) {
			t.Errorf("%s: warnings %v", tt.name, got)
		}
	}
}

// Red means overdue, and yellow the last fifth of the limit: another light of a ladder is remarked on, with its line.
func TestWarnings_LightsOfLadders(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		step, en, zh string
	}{
		{"at_percent: 80, light: red", "step 1: red at 80 %, when the case is not overdue", "第 1 级：80 % 即亮红灯，此时案件尚未逾期"},
		{"at_percent: 0, light: red", "red at 0 %", "0 % 即亮红灯"},
		{"at_percent: 50, light: yellow", "yellow at 50 %, earlier than at 80 %", "50 % 即亮黄灯，早于 80 %"},
		{"at_percent: 120, light: yellow", "yellow at 120 %, when the case is overdue", "120 % 亮黄灯，此时案件已逾期"},
		{"overdue_by: 4 work_hours, light: yellow", "yellow at overdue_by 4", "此时案件已逾期"},
		{"at_percent: 50, light: green", "", ""},
		{"at_percent: 80, light: yellow", "", ""},
		{"at_percent: 100, light: yellow", "", ""},
		{"at_percent: 100, light: red", "", ""},
		{"overdue_by: 24h, light: red", "", ""},
		{"after: 24h, light: red", "", ""},
	} {
		m := testdir.Plain(t)
		m["ladders.yaml"] = &fstest.MapFile{Data: []byte("ladders:\n  - name: default\n    steps:\n      - {" + tt.step + ", whom: owner, repeat: {every: 24h, at_most: 2}}\n")}
		c, faults := compile.FS(m)
		if faults != nil {
			t.Fatal(tt.step, faults)
		}
		got := lights(c)
		if tt.en == "" {
			if len(got) > 0 {
				t.Errorf("%s: %v", tt.step, got)
			}
			continue
		}
		if len(got) != 1 || got[0].File != "ladders.yaml" || got[0].Line != 4 || !strings.Contains(got[0].Message.En, tt.en) || !strings.Contains(got[0].Message.Zh, tt.zh) {
			t.Errorf("%s: %v, want %q at line 4", tt.step, got, tt.en)
		}
	}
}
