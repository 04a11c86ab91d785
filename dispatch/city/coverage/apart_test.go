package coverage

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"wangge/dispatch/city/citytest/testdir"
)

// Nobody checks their own work, and nobody takes both steps of a decision: where only one person has the right, the proof says no
// and names what to add, which mends it.
func TestProve_SomebodyElseChecksAndDecides(t *testing.T) {
	t.Parallel()
	posts := func(change func(line string) string) func(fstest.MapFS) {
		return func(m fstest.MapFS) {
			var out strings.Builder
			for line := range strings.Lines(string(m["posts.csv"].Data)) {
				out.WriteString(change(line))
			}
			m["posts.csv"] = &fstest.MapFile{Data: []byte(out.String())}
		}
	}
	drop := func(line string, parts ...string) bool {
		return slices.ContainsFunc(parts, func(part string) bool { return strings.Contains(line, part) })
	}
	for _, tt := range []struct {
		name string
		lose func(fstest.MapFS)
		gaps []string
		who  string
	}{
		{"the inspector of a grid is the owner who fixes there", posts(func(line string) string {
			switch {
			case drop(line, ",area:TOY,checker,", ",area:TOY,inspector,"):
				return ""
			case strings.HasPrefix(line, ",area:W1A,inspector,"):
				return ",area:W1A,inspector,grid-w1a,1,,,\n,area:W1B,inspector,inspector,1,,,\n,area:E,inspector,checker,1,,,\n"
			}
			return line
		}), []string{"no_post [check] [W1A] checker@area:TOY"}, "grid-w1a"},
		{"the mayor holds every desk", posts(func(line string) string {
			for _, role := range []string{"duty_chief", "acceptor", "dispatcher", "checker", "inspector", "arbiter"} {
				if strings.HasPrefix(line, ",area:TOY,"+role+",") {
					if strings.Contains(line, ",2,") {
						return ""
					}
					return ",area:TOY," + role + ",mayor,1,,,\n"
				}
			}
			return line
		}), []string{
			"no_post [appeal] [E] dispatcher@area:TOY", "no_post [appeal] [TOY] acceptor@area:TOY", "no_post [check] [E W1B] checker@area:TOY",
			"no_post [extension] [E] dispatcher@area:TOY", "no_post [extension] [TOY] duty_chief@area:TOY", "no_post [suspension] [E] dispatcher@area:TOY",
		}, "mayor"},
		{"the dispatcher is the duty chief, who does the departments' work at night", posts(func(line string) string {
			switch {
			case strings.HasPrefix(line, ",area:TOY,dispatcher,"):
				return ",area:TOY,dispatcher,leader-w,1,,,\n"
			case strings.HasPrefix(line, ",area:TOY,duty_chief,"):
				return ",area:TOY,duty_chief,leader-w,1,,,\n"
			}
			return line
		}), []string{
			"no_post [appeal] [E] dispatcher@area:TOY", "no_post [extension] [E] dispatcher@area:TOY", "no_post [suspension] [E] dispatcher@area:TOY",
		}, "leader-w"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			m := testdir.Toy()
			if whole := proofOf(t, draft(t, m), "2026-03-02", 7); !whole.Complete() {
				t.Fatalf("the whole city has gaps: %v", linesOf(whole.Gaps))
			}
			tt.lose(m)
			p := proofOf(t, draft(t, m), "2026-03-02", 7)
			got := linesOf(p.Gaps)
			if !slices.Equal(got, tt.gaps) {
				t.Fatalf("gaps\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(tt.gaps, "\n"))
			}
			for i := range p.Gaps {
				if g := &p.Gaps[i]; !strings.Contains(g.Why.Zh, tt.who) || !strings.Contains(g.Why.En, tt.who) {
					t.Errorf("%s: want %s named", g.Why, tt.who)
				}
			}
			for i := range tt.gaps {
				if p.Complete() {
					return
				}
				who := fmt.Sprintf("newcomer-%d", i)
				m["people.csv"].Data = append(m["people.csv"].Data, who+",新人,+86 451 5551 8888,zh,\n"...)
				m["posts.csv"].Data = append(m["posts.csv"].Data, strings.Replace(p.Gaps[0].Line, "PERSON", who, 1)+"\n"...)
				p = proofOf(t, draft(t, m), "2026-03-02", 7)
			}
			if !p.Complete() {
				t.Errorf("what the proof says was added, and there are gaps still: %v", linesOf(p.Gaps))
			}
		})
	}
}
