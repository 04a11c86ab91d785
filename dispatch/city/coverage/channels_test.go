package coverage

import (
	"maps"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"wangge/dispatch/city"
	"wangge/dispatch/city/citytest/testdir"
	"wangge/dispatch/city/compile"
	"wangge/dispatch/city/roster"
)

// week is the horizon of the proofs here.
func week(t *testing.T, m fstest.MapFS, channels ...string) (*prover, *city.City) {
	t.Helper()
	c, faults := compile.Draft(m)
	if c == nil || len(faults) > 0 {
		t.Fatal(faults)
	}
	from := time.Date(2026, 3, 2, 0, 0, 0, 0, c.Location)
	return prove(c, from, from.AddDate(0, 0, 7), city.Telling(channels)), c
}

// What city.yaml says of the channels counts while the caller names none to people, and the proof says so.
func TestProve_ChannelsOfTheCity(t *testing.T) {
	t.Parallel()
	m := testdir.Toy()
	m["city.yaml"].Data = append(slices.Clone(m["city.yaml"].Data), "channels: [log, wecom]\n"...)
	c, faults := compile.Draft(m)
	if c == nil || len(faults) > 0 {
		t.Fatal(faults)
	}
	from := time.Date(2026, 3, 2, 0, 0, 0, 0, c.Location)
	for _, tt := range []struct {
		given, told []string
		note        string
	}{
		{nil, []string{"wecom"}, "channels as city.yaml says: the server must have wecom"},
		{[]string{"log"}, []string{"wecom"}, "channels as city.yaml says: the server must have wecom"},
		{[]string{"sms"}, []string{"sms"}, ""},
	} {
		p, err := Prove(c, from, from.AddDate(0, 0, 1), tt.given...)
		if err != nil || !slices.Equal(p.Channels, tt.told) || p.Untold().En != tt.note || (p.Untold().Zh == "") != (tt.note == "") {
			t.Errorf("%v: told by %v, %q, %v", tt.given, p.Channels, p.Untold(), err)
		}
		if p.Complete() != slices.Contains(tt.told, "sms") { // the people of the toy city have phones and no user ids
			t.Errorf("%v: complete is %v", tt.given, p.Complete())
		}
	}
}

// Somebody can be reached whom a channel of the server reaches, and nobody else: everybody on duty whom none reaches is
// a gap, with the contact that the first channel needs.
func TestProve_ChannelsOfAServer(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		channels []string
		told     []string
		missing  string // "" = everybody is reached
		untold   bool
	}{
		{nil, nil, "", true},
		{[]string{"log"}, nil, "", true},
		{[]string{"log", "sms"}, []string{"sms"}, "", false},
		{[]string{"webhook"}, []string{"webhook"}, "", false},
		{[]string{"email", "sms"}, []string{"email", "sms"}, "", false},
		{[]string{"email", "log"}, []string{"email"}, "can't be told by email: no email address", false},
		{[]string{"wecom", "email"}, []string{"wecom", "email"}, "can't be told by wecom, email: no WeCom user id, no email address; people.csv lacks the column wecom", false},
	} {
		p, c := week(t, testdir.Toy(), tt.channels...)
		if !slices.Equal(p.out.Channels, tt.told) || tt.untold != strings.Contains(p.out.Untold().En, "nobody would be told") || tt.untold != (p.out.Untold().Zh != "") {
			t.Errorf("%v: told by %v, %q", tt.channels, p.out.Channels, p.out.Untold())
		}
		silent := map[roster.PersonID]bool{}
		for i := range p.out.Gaps {
			g := &p.out.Gaps[i]
			silent[g.Person] = true
			if g.Reason != NoChannel || tt.missing == "" || !strings.Contains(g.Why.En, tt.missing) || !strings.Contains(g.Why.Zh, "无法通过") {
				t.Errorf("%v: gap %s: %v", tt.channels, g.Reason, g.Why)
			}
		}
		for _, id := range slices.Sorted(maps.Keys(p.people)) {
			person, _ := c.Roster.Person(id)
			reached := len(tt.told) == 0 || slices.ContainsFunc(tt.told, func(ch string) bool { return city.Reaches(ch, person) })
			if silent[id] == reached {
				t.Errorf("%v: %s is reached: %v, and a gap: %v", tt.channels, id, reached, silent[id])
			}
		}
		if (p.out.Counts.Open == 0) != (tt.missing == "") {
			t.Errorf("%v: %d open", tt.channels, p.out.Counts.Open)
		}
	}
}

// The row that a gap suggests, in place of the person's own, closes the gap: also in a table that lacks the column.
func TestProve_SuggestedContactClosesTheGap(t *testing.T) {
	t.Parallel()
	for _, channel := range []string{"email", "wecom"} {
		m := testdir.Toy()
		for range 60 {
			p, _ := week(t, m, channel)
			if p.out.Complete() {
				break
			}
			g := &p.out.Gaps[0]
			lines := strings.Split(strings.TrimSpace(string(m["people.csv"].Data)), "\n")
			if g.Columns != nil {
				for i := range lines {
					lines[i] += ","
				}
				lines[0] = strings.Join(g.Columns, ",")
			}
			for i, line := range lines {
				if strings.HasPrefix(line, string(g.Person)+",") {
					lines[i] = strings.NewReplacer("EMAIL", "p@city.example", "WECOM", "p.1").Replace(g.Line)
				}
			}
			m["people.csv"] = &fstest.MapFile{Data: []byte(strings.Join(lines, "\n") + "\n")}
		}
		if p, _ := week(t, m, channel); !p.out.Complete() {
			t.Errorf("%s: %d gaps remain: %v", channel, len(p.out.Gaps), p.out.Gaps[0].Why)
		}
	}
}
