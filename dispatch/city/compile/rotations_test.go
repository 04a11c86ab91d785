package compile

import (
	"strings"
	"testing"
	"testing/fstest"

	"wangge/dispatch/city/citytest/testdir"
)

// Posts name a rotation as they name a shift; a rotation that can't be read is reported where it is written, once.
func TestRotations_Read(t *testing.T) {
	t.Parallel()
	m := testdir.Plain(t)
	m["shifts.csv"] = &fstest.MapFile{Data: []byte("id,weekdays,from,to\nearly,mon-sun,08:00,16:00\nlate,mon-sun,16:00,24:00\nnight,mon-sun,00:00,08:00\n")}
	posts := string(m["posts.csv"].Data)
	first := strings.SplitN(posts, "\n", 3)
	head := strings.Split(first[0], ",")
	cells := strings.Split(first[1], ",")
	for i, name := range head {
		if name == "shift" {
			cells[i] = "team-1"
		}
	}
	m["posts.csv"] = &fstest.MapFile{Data: []byte(first[0] + "\n" + strings.Join(cells, ",") + "\n" + first[2])}
	const good = "team-1,2026-03-01,early early late late - night night -"
	for _, tt := range []struct{ name, row, want string }{
		{"a cycle of eight days", good, ""},
		{"days off in Chinese", "team-1,2026-03-01,early 休", ""},
		{"a shift that there is not", "team-1,2026-03-01,early lte", `day 2: shift "lte" is not in shifts.csv`},
		{"no anchor", "team-1,,early -", "rotation team-1 has no anchor"},
		{"an anchor that is no date", "team-1,1 March,early -", "is not a date"},
		{"no day", "team-1,2026-03-01,", "the cycle has 0 days"},
		{"never on duty", "team-1,2026-03-01,- -", "every day of the cycle is off"},
		{"the id of a shift", "team-1,2026-03-01,early\nearly,2026-03-01,late", "early is a shift of shifts.csv, too"},
		{"twice", good + "\n" + good, "used twice"},
	} {
		m["rotations.csv"] = &fstest.MapFile{Data: []byte("id,anchor,pattern\n" + tt.row + "\n")}
		c, faults := FS(m)
		if tt.want == "" {
			if len(faults) > 0 || !c.Roster.HasShift("team-1") {
				t.Errorf("%s: %v", tt.name, faults)
			}
			continue
		}
		if len(faults) != 1 || faults[0].File != "rotations.csv" || !strings.Contains(faults[0].Message.En, tt.want) || faults[0].Message.Zh == "" {
			t.Errorf("%s: %v, want %q", tt.name, faults, tt.want)
		}
	}
}
