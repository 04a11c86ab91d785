package coverage

import (
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"wangge/dispatch/city/citytest/testdir"
	"wangge/dispatch/city/compile"
	"wangge/dispatch/diag"
)

// What a proof says to add is added as it is printed, but for the words in capitals that a clerk fills in;
// proved again, the gap is gone and no other has come.
func TestProve_SuggestedRowClosesTheGap(t *testing.T) {
	t.Parallel()
	fill := strings.NewReplacer("PERSON", "newcomer", "ORDER", "10000", "DEPARTMENT", "PWDx", "PHONE", "617-555-9999")
	edit := func(file string, change func(line string) string) func(fstest.MapFS) {
		return func(m fstest.MapFS) {
			var out []string
			for line := range strings.SplitSeq(strings.TrimSuffix(string(m[file].Data), "\n"), "\n") {
				if line = change(line); line != "" {
					out = append(out, line)
				}
			}
			m[file] = &fstest.MapFile{Data: []byte(strings.Join(out, "\n") + "\n")}
		}
	}
	without := func(file string, parts ...string) func(fstest.MapFS) {
		return edit(file, func(line string) string {
			if slices.ContainsFunc(parts, func(p string) bool { return strings.Contains(line, p) }) {
				return ""
			}
			return line
		})
	}
	swap := func(file, from, to string) func(fstest.MapFS) {
		return edit(file, func(line string) string { return strings.Replace(line, from, to, 1) })
	}
	add := func(file, text string) func(fstest.MapFS) {
		return func(m fstest.MapFS) { m[file] = &fstest.MapFile{Data: []byte(text)} }
	}
	all := func(changes ...func(fstest.MapFS)) func(fstest.MapFS) {
		return func(m fstest.MapFS) {
			for _, c := range changes {
				c(m)
			}
		}
	}
	for _, tt := range []struct {
		name   string
		lose   func(fstest.MapFS)
		reason Reason
	}{
		{"a district without posts", without("posts.csv", "area:A1,"), NoPost},
		{"an office without acceptor", without("posts.csv", ",area:BOS,acceptor,", ",area:BOS,duty_chief,", ",area:BOS,leader,"), NoPost},
		{"nobody may check", without("posts.csv", ",checker,", ",inspector,"), NoPost},
		{"somebody absent", add("absences.csv", "person,from,to,reason\nb-acceptor,2026-11-25 14:00,2026-11-25 18:00,\n"), NoPerson},
		{"a leader absent", add("absences.csv", "person,from,to,reason\nb-leader,2026-11-25,2026-11-26,\nb-owner,2026-11-25,2026-11-26,\n"), NoSuperior},
		{"a shift that is not there", swap("posts.csv", ",area:BOS,acceptor,b-acceptor,1,,,", ",area:BOS,acceptor,b-acceptor,1,all,,"), NoPerson},
		{"a shift whose row has a fault", all(swap("posts.csv", ",area:BOS,acceptor,b-acceptor,1,,,", ",area:BOS,acceptor,b-acceptor,1,all,,"), add("shifts.csv", "id,weekdays,from,to,season\nall,mon-sun,00:00,24:60,\n")), NoPerson},
		{"a shift that leaves many empty", all(edit("posts.csv", func(line string) string {
			if strings.Contains(line, ",owner,") {
				line = strings.Replace(line, ",1,,,", ",1,day,,", 1)
			}
			return line
		}), add("shifts.csv", "id,weekdays,from,to\nday,mon-sun,08:00,07:00\n")), NoPerson},
		{"somebody without a phone", swap("people.csv", "b-acceptor,Dan Sawyer,617-555-1003", "b-acceptor,Dan Sawyer,"), NoChannel},
		{"a category without a rule", without("rules.csv", "abandoned-bicycle/*"), NoRule},
		{"a category without a limit", edit("categories.csv", func(line string) string {
			if strings.HasPrefix(line, "abandoned-bicycle/abandoned-bicycle,") {
				line = strings.Replace(line, ",work_days", ",work_dayz", 1)
			}
			return line
		}), NoLimit},
		{"a year that is not known", all(add("calendar.yaml", "hours: [{from: \"08:30\", to: \"17:00\"}]\n"), add("holidays/2025.json", `{"year": 2025, "days": [{"name": "元旦", "date": "2025-01-01", "isOffDay": true}]}`), add("holidays/2027.json", `{"year": 2027, "days": [{"name": "元旦", "date": "2027-01-01", "isOffDay": true}]}`)), NoCalendar},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			m := testdir.Plain(t)
			m["people.csv"].Data = append(m["people.csv"].Data, "newcomer,New Comer,617-555-3000,,,\n"...)
			tt.lose(m)
			c, faults := compile.Draft(m)
			if c == nil {
				t.Fatal(faults)
			}
			p := proofOf(t, c, "2026-11-23", 7)
			if !slices.ContainsFunc(p.Gaps, func(g Gap) bool { return g.Reason == tt.reason }) {
				t.Fatalf("gaps %v, want a %s", p.Gaps, tt.reason)
			}
			for range 20 { // each line may be the cause of several gaps
				if p.Complete() {
					break
				}
				g := &p.Gaps[0]
				was := m[g.File]
				if was == nil {
					was = &fstest.MapFile{}
				}
				text := string(was.Data)
				if text == "" && strings.HasSuffix(g.File, ".csv") {
					text = strings.Join(g.Columns, ",") + "\n"
				}
				m[g.File] = &fstest.MapFile{Data: []byte(text + fill.Replace(g.Line) + "\n")}
				again, faults := compile.Draft(m)
				if again == nil {
					t.Fatal(faults)
				}
				is := proofOf(t, again, "2026-11-23", 7)
				if len(is.Gaps) >= len(p.Gaps) {
					t.Fatalf("%s\nwas added, and the gap is there still: %s %s\n%v", g.Add(), g.Reason, g.Why, faults)
				}
				p = is
			}
			if !p.Complete() {
				t.Errorf("gaps remain: %v", p.Gaps)
			}
		})
	}
}

// A row whose season has no day between its dates never holds, and is a fault.
func TestSeason_NeverMeetsItsDates(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, file, head, row string
		fault                 bool
	}{
		{"a rule", "rules.csv", "order,category,area,near,within_m,from,to,season,owner,co_owners,note", "5,abandoned-bicycle/*,,,,2026-05-01,2026-06-01,11-01..03-31,line:PWDx,,", true},
		{"a rule whose last day is the first day after", "rules.csv", "order,category,area,near,within_m,from,to,season,owner,co_owners,note", "5,abandoned-bicycle/*,,,,2026-05-01,2026-11-01,11-01..03-31,line:PWDx,,", true},
		{"a rule that meets one day", "rules.csv", "order,category,area,near,within_m,from,to,season,owner,co_owners,note", "5,abandoned-bicycle/*,,,,2026-05-01,2026-11-02,11-01..03-31,line:PWDx,,", false},
		{"a leap day in plain years", "rules.csv", "order,category,area,near,within_m,from,to,season,owner,co_owners,note", "5,abandoned-bicycle/*,,,,2025-01-01,2027-12-31,02-29..02-29,line:PWDx,,", true},
		{"a leap day", "rules.csv", "order,category,area,near,within_m,from,to,season,owner,co_owners,note", "5,abandoned-bicycle/*,,,,2025-01-01,2028-03-01,02-29..02-29,line:PWDx,,", false},
		{"open dates", "rules.csv", "order,category,area,near,within_m,from,to,season,owner,co_owners,note", "5,abandoned-bicycle/*,,,,2026-05-01,,11-01..03-31,line:PWDx,,", false},
		{"a limit", "limits.csv", "category,season,from,to,limit,limit_unit", "*,11-01..03-31,2026-05-01,2026-06-01,2,days", true},
	} {
		m := testdir.Plain(t)
		text := tt.head + "\n" + tt.row + "\n"
		if tt.file == "rules.csv" {
			for _, line := range strings.Split(strings.TrimSpace(string(m[tt.file].Data)), "\n")[1:] {
				cells := strings.Split(line, ",")
				n := len(cells) - 3
				text += strings.Join(cells[:n], ",") + ",," + strings.Join(cells[n:], ",") + "\n"
			}
		}
		m[tt.file] = &fstest.MapFile{Data: []byte(text)}
		_, faults := compile.FS(m)
		found := slices.ContainsFunc(faults, func(f diag.Diagnostic) bool {
			return f.File == tt.file && f.Line == 2 && strings.Contains(f.Message.En, "has no day from") && f.Message.Zh != ""
		})
		if found != tt.fault || !tt.fault && len(faults) > 0 {
			t.Errorf("%s: faults %v, want one: %v", tt.name, faults, tt.fault)
		}
	}
	m := testdir.Plain(t)
	m["shifts.csv"] = &fstest.MapFile{Data: []byte("id,weekdays,from,to,season\nsnow,mon-sun,00:00,24:00,11-01..03-31\n")}
	m["posts.csv"].Data = append(m["posts.csv"].Data, ",area:BOS,handler,b-owner,1,snow,2026-05-01,2026-06-01\n"...)
	if _, faults := compile.FS(m); len(faults) != 1 || !strings.Contains(faults[0].Message.En, "has no day from") {
		t.Errorf("a post by a shift of another season: faults %v", faults)
	}
}
