package citytools

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"wangge/cmd/wangge/cli"
	"wangge/dispatch/city/citytest"
)

// route prints every dispatch on the way to the unit that does the work, by the platforms of the city, the district and the community.
func TestRoute_Chain(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for name, data := range citytest.PlatformsDirectory() {
		file := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	route := func(o *cli.Options, more ...string) string {
		cmd, out := RouteCommand(o), &strings.Builder{}
		cmd.SetOut(out)
		cmd.SetArgs(append([]string{"45.752", "126.602", citytest.Stall, "--city", dir, "--at", "2026-04-08T09:00"}, more...))
		if err := cmd.Execute(); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		return out.String()
	}
	for _, tt := range []struct {
		o    *cli.Options
		more []string
		want []string
	}{
		{&cli.Options{Lang: "zh"}, nil, []string{
			"责任单位   area:W1A 西一甲格", "派遣链     市平台派遣至西区平台（rules.csv:5）", "派遣链     西区平台派遣至西一社区平台（rules.csv:8）",
			"派遣链     西一社区平台派遣至西一甲格 area:W1A（rules.csv:10）",
		}},
		{&cli.Options{Lang: "en"}, []string{"--source", "hotline"}, []string{"dispatch   the city's platform to the platform of West (rules.csv:5)"}},
		{&cli.Options{Lang: "en", JSON: true}, nil, []string{`"to_platform":true`, `"due_time":"2026-04-08T09:30:00+08:00"`, `"platform":"area:W1"`}},
	} {
		got := route(tt.o, tt.more...)
		for _, want := range tt.want {
			if !strings.Contains(got, want) {
				t.Errorf("route %v prints\n%s\nwant %q in it", tt.more, got, want)
			}
		}
	}
}
