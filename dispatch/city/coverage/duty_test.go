package coverage

import (
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"wangge/dispatch/city"
	"wangge/dispatch/city/citytest/testdir"
	"wangge/dispatch/city/compile"
	"wangge/dispatch/city/roster"
)

// with is a city directory of squares with other tables.
func with(t testing.TB, files map[string]string) fstest.MapFS {
	t.Helper()
	m := testdir.Plain(t)
	for name, text := range files {
		m[name] = &fstest.MapFile{Data: []byte(text)}
	}
	return m
}

func loads(t testing.TB, m fstest.MapFS) *city.City {
	t.Helper()
	c, faults := compile.FS(m)
	if c == nil {
		t.Fatalf("faults %v", faults)
	}
	return c
}

// minute is an instant of a city's wall clock.
func minute(t testing.TB, c *city.City, text string) time.Time {
	t.Helper()
	at, err := time.ParseInLocation("2006-01-02 15:04", text, c.Location)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

// A shift of 24 hours may begin at any time of day: its person is on duty until the same time of the next
// day, and the proof finds the hours in which nobody is.
func TestShift_Of24Hours(t *testing.T) {
	t.Parallel()
	m := testdir.Plain(t)
	text := string(m["posts.csv"].Data)
	m["posts.csv"].Data = []byte(strings.Replace(text, ",area:BOS,acceptor,b-acceptor,1,,,", ",area:BOS,acceptor,b-acceptor,1,we,,", 1))
	m["shifts.csv"] = &fstest.MapFile{Data: []byte("id,weekdays,from,to\nwe,sat sun,08:30,08:30\n")}
	c := loads(t, m)
	post := roster.PostID("acceptor@area:BOS")
	for _, tt := range []struct {
		at string
		on bool
	}{{"2026-11-28 08:29", false}, {"2026-11-28 08:30", true}, {"2026-11-29 03:00", true}, {"2026-11-29 08:30", true}, {"2026-11-30 08:29", true}, {"2026-11-30 08:30", false}} {
		if who, ok := c.Roster.OnDuty(post, minute(t, c, tt.at)); ok != tt.on {
			t.Errorf("at %s %q is on duty: %v, want %v", tt.at, who, ok, tt.on)
		}
	}
	p := proofOf(t, c, "2026-11-23", 14)
	var minutes int64
	for i := range p.Gaps {
		if p.Gaps[i].Post == post {
			minutes += p.Gaps[i].Minutes
		}
	}
	if want := int64(10 * 24 * 60); minutes != want { // what the Sunday before reaches into the horizon the last one reaches out of it
		t.Errorf("%d minutes are empty, want %d: %v", minutes, want, p.Gaps)
	}
}

// Somebody may be absent for some hours, and another stands in by name. The proof finds the hours in which
// nobody does, and no others.
func TestAbsence_OfSomeHours(t *testing.T) {
	t.Parallel()
	absent := func(rows string) fstest.MapFS {
		return with(t, map[string]string{"absences.csv": "person,from,to,reason,cover\n" + rows})
	}
	const post = roster.PostID("acceptor@area:BOS")
	for _, tt := range []struct {
		name, rows string
		minutes    int64
		at         string
		who        roster.PersonID
	}{
		{"an afternoon", "b-acceptor,2026-11-27 14:00,2026-11-27 18:00,doctor,\n", 240, "2026-11-27 14:00", ""},
		{"it ends", "b-acceptor,2026-11-27 14:00,2026-11-27 18:00,doctor,\n", 240, "2026-11-27 18:00", "b-acceptor"},
		{"a night", "b-acceptor,2026-11-27T22:00,2026-11-28T06:00,,\n", 480, "2026-11-28 05:59", ""},
		{"a day and two hours", "b-acceptor,2026-11-27,2026-11-28 02:00,,\n", 26 * 60, "2026-11-28 01:00", ""},
		{"a day, as before", "b-acceptor,2026-11-27,2026-11-28,,\n", 24 * 60, "2026-11-27 00:00", ""},
		{"somebody stands in", "b-acceptor,2026-11-27 14:00,2026-11-27 18:00,doctor,b-owner\n", 0, "2026-11-27 14:00", "b-owner"},
		{"who stands in is absent for an hour", "b-acceptor,2026-11-27 14:00,2026-11-27 18:00,doctor,b-owner\nb-owner,2026-11-27 15:00,2026-11-27 16:00,,b-leader\n", 60, "2026-11-27 15:30", ""},
		{"two stand in, one after the other", "b-acceptor,2026-11-27 14:00,2026-11-27 16:00,,b-owner\nb-acceptor,2026-11-27 16:00,2026-11-27 18:00,,b-leader\n", 0, "2026-11-27 16:00", "b-leader"},
	} {
		c := loads(t, absent(tt.rows))
		who, _ := c.Roster.OnDuty(post, minute(t, c, tt.at))
		p := proofOf(t, c, "2026-11-23", 14)
		var minutes int64
		for i := range p.Gaps {
			if g := &p.Gaps[i]; g.Post == post {
				minutes += g.Minutes
			}
		}
		if who != tt.who || minutes != tt.minutes {
			t.Errorf("%s: at %s %q stands there and %d minutes are empty, want %q and %d: %v", tt.name, tt.at, who, minutes, tt.who, tt.minutes, p.Gaps)
		}
	}
	c := loads(t, absent("b-acceptor,2026-11-27 14:00,2026-11-27 18:00,,b-owner\n"))
	var said []string
	for _, k := range c.Roster.Consider(post, minute(t, c, "2026-11-27 15:00")) {
		said = append(said, string(k.Person)+" "+k.Why.En+" / "+k.Why.Zh)
	}
	if got, want := strings.Join(said, "\n"), "b-acceptor absent until 2026-11-27 18:00 / 缺勤至 2026-11-27 18:00\nb-owner rank 1, covers for b-acceptor Dan Sawyer until 2026-11-27 18:00 / 次序 1，代 Dan Sawyer（b-acceptor）至 2026-11-27 18:00"; got != want {
		t.Errorf("considered\n%s\nwant\n%s", got, want)
	}
}

// A row of absences that has a fault takes nobody off duty, and its fault is named once.
func TestAbsence_RefusedRowIsNoAbsence(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ row, message, suggestion string }{
		{"b-acceptor,2026-11-31,2026-12-02,,", `from "2026-11-31" is not a date`, "2026-11-23"},
		{"b-acceptor,2026-11-27 14:0,2026-11-28,,", "is not an instant", "2026-03-04 09:00"},
		{"b-acceptor,,2026-11-28,,", "from is empty", "2026-11-23 14:00"},
		{"b-acceptor,2026-11-28,,,", "to is empty", "2026-11-23 14:00"},
		{"b-acceptor,2026-11-28,2026-11-28,,", "does not begin before", "the earlier one first"},
		{"b-acceptor,2026-11-28 14:00,2026-11-28 12:00,,", "does not begin before", "the earlier one first"},
		{"b-acceptr,2026-11-27,2026-11-28,,", `person "b-acceptr" is not in people.csv`, `did you mean "b-acceptor"?`},
		{"b-acceptor,2026-11-27,2026-11-28,,nobody-here", `cover "nobody-here" is not in people.csv`, "add the person"},
		{"b-acceptor,2026-11-27,2026-11-28,,b-acceptor", "can't be their own cover", "another person"},
		{"b-acceptor,2026-03-08 02:30,2026-03-09,,", "from 2026-03-08 02:30 does not exist in America/New_York", "write 2026-03-08 03:00"},
	} {
		c, faults := compile.Draft(with(t, map[string]string{"absences.csv": "person,from,to,reason,cover\n" + tt.row + "\n"}))
		if c == nil || len(faults) != 1 || faults[0].Line != 2 || !strings.Contains(faults[0].Message.En, tt.message) || !strings.Contains(faults[0].Suggestion.En, tt.suggestion) || faults[0].Message.Zh == "" {
			t.Errorf("%s: faults %v, want one with %q and %q", tt.row, faults, tt.message, tt.suggestion)
			continue
		}
		if p := proofOf(t, c, "2026-11-23", 14); !p.Complete() {
			t.Errorf("%s: gaps %v, want none", tt.row, p.Gaps)
		}
	}
}
