package supposed_test

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/spf13/cobra"

	"wangge/cmd/wangge/citytools/supposed"
	"wangge/cmd/wangge/cli"
	"wangge/dispatch/city"
	"wangge/dispatch/city/citytest"
	"wangge/dispatch/city/roster"
	"wangge/dispatch/i18n"
	"wangge/dispatch/routing"
	"wangge/grid"
)

// winter is the toy city with a campaign of snow.
func winter(t *testing.T) *city.City {
	t.Helper()
	return citytest.Varied(t, map[string]string{
		"campaigns.csv": "id,name,name_en,categories,grades,after_days,note\nsnow,降雪,the snow,E0101,小雪 大雪,10,\nheat,供暖,heating,E0201,,5,\n",
		"limits.csv": "category,tier,campaign,grade,limit,limit_unit\nE0101,1,snow,大雪,24,hours\nE0101,2,snow,大雪,48,hours\n" +
			"E0101,,snow,小雪,8,work_hours\nE0101,1,,,2,work_hours\n",
	})
}

// What is no stop of a campaign of the city is refused, with what to write, in both languages.
func TestCity_Refuses(t *testing.T) {
	t.Parallel()
	c := winter(t)
	for _, tt := range []struct{ flag, en, zh string }{
		{"snow", "write ID=TIME", "请写 编号=时间"},
		{"=2026-12-01T06:00", "write ID=TIME", "请写 编号=时间"},
		{"snw=2026-12-01T06:00,大雪", `did you mean "snow"`, "不在该城市中"},
		{"snow=2026-12-01T06:00", "write one of 小雪, 大雪", "应为以下之一"},
		{"snow=2026-12-01T06:00,暴雪", `grade "暴雪" of campaign snow`, "的等级"},
		{"heat=2026-12-01T06:00,大雪", "has no grades", "不分等级"},
		{"snow=yesterday,大雪", "write 2026-09-30T16:30", "请写 2026-09-30T16:30"},
	} {
		for lang, want := range map[string]string{"en": tt.en, "zh": tt.zh} {
			_, err := supposed.City(&cli.Options{Lang: lang}, &cobra.Command{}, c, []string{tt.flag})
			if err == nil || !strings.Contains(i18n.Of(err).In(lang), want) {
				t.Errorf("%s: %v, want %q", tt.flag, err, want)
			}
		}
	}
	if _, err := supposed.City(&cli.Options{}, &cobra.Command{}, c, []string{"snow=2026-12-01T06:00,大雪", "snow=2026-12-02T06:00,小雪"}); err == nil {
		t.Error("a campaign that stopped twice, want an error")
	}
	if same, err := supposed.City(&cli.Options{}, &cobra.Command{}, c, nil); err != nil || same != c {
		t.Errorf("without a flag: %v", err)
	}
}

// The limits that count from a stop are listed with their deadlines, and a matter counts from there: also one that was open before.
func TestRows_CountFromTheStop(t *testing.T) {
	t.Parallel()
	c, err := supposed.City(&cli.Options{}, &cobra.Command{}, winter(t), []string{"snow=2026-12-01 06:00，大雪", "heat=2026-12-01T07:00"})
	if err != nil {
		t.Fatal(err)
	}
	rows, err := supposed.Rows(c, roster.Unit{})
	if err != nil || len(rows) != 2 {
		t.Fatalf("%d rows, %v; want two of snow", len(rows), err)
	}
	var en, zh bytes.Buffer
	for _, line := range supposed.Lines(c, rows) {
		en.WriteString(line.En + "\n")
		zh.WriteString(line.Zh + "\n")
	}
	const wantEn = `counts from 2026-12-01 07:00, when heating stopped
  no row of limits.csv has this campaign and grade: the limits of the conditions count from there
counts from 2026-12-01 06:00, when the snow stopped (大雪)
  E0101, tier 1: 24 hours, due 2026-12-02 06:00 (limits.csv:2)
  E0101, tier 2: 48 hours, due 2026-12-03 06:00 (limits.csv:3)
`
	const wantZh = `从 2026-12-01 07:00 供暖停止起算
  limits.csv 中没有该专项行动及等级的行：按立案条件自身的时限自此起算
从 2026-12-01 06:00 降雪停止起算（大雪）
  E0101，区域分级 1：24 小时，至 2026-12-02 06:00 止（limits.csv:2）
  E0101，区域分级 2：48 小时，至 2026-12-03 06:00 止（limits.csv:3）
`
	if en.String() != wantEn || zh.String() != wantZh {
		t.Errorf("printed\n%s%s", &en, &zh)
	}
	at := time.Date(2026, 12, 1, 9, 0, 0, 0, c.Location)
	stopped := at.Add(-3 * time.Hour)
	for _, asked := range []time.Time{at, at.AddDate(0, 0, -3)} {
		if got := supposed.When(c, "E0101", asked); asked.Before(stopped) && !got.Equal(stopped) || !asked.Before(stopped) && !got.Equal(asked) {
			t.Errorf("When(%v) = %v", asked, got)
		}
	}
	west, err := routing.PlaceOf(c, grid.Position{Lat: 45.752, Lng: 126.602, Datum: grid.WGS84})
	if err != nil {
		t.Fatal(err)
	}
	limit, due, _, err := supposed.Limit(c, &west, "E0101", roster.Unit{}, at)
	if err != nil || limit.N != 24 || !due.Equal(stopped.Add(24*time.Hour)) {
		t.Errorf("in the west %v until %v, %v", limit, due, err)
	}
}
