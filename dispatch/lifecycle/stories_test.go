package lifecycle

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"wangge/dispatch"
	"wangge/dispatch/city"
	"wangge/dispatch/city/calendar"
	"wangge/dispatch/city/catalog"
	"wangge/dispatch/city/cities"
	"wangge/dispatch/city/citytest"
	"wangge/dispatch/city/roster"
	"wangge/dispatch/escalation"
	"wangge/dispatch/routing"
	"wangge/dispatch/sla"
	"wangge/grid"
)

// story is a story under way: what its commands did to the cases of one city.
type story struct {
	c     *city.City
	now   time.Time
	cases map[string]*life
	names []string
	out   strings.Builder
}

const storyTime = "2006-01-02T15:04"

// TestStories runs testdata/stories/*.txt. A story is blocks of commands, each followed by ---- and
// what they print. Commands:
//
//	city NAME                                    which built-in city; the first line
//	at TIME                                      the clock
//	until TIME                                   the clock moves on, and everything that falls due fires
//	file NAME CATEGORY SOURCE PERSON [key=value] a report; NAME is the story's own name for its case
//	NAME ACT PERSON [key=value]                  an act
//	storm N NAME                                 N reports of one category become parts of NAME
//	all NAME ACT PERSON [key=value]              an act on every open part of NAME
//	holiday DATE NAME                            a day off is published, and open deadlines are reprojected
//	explain NAME                                 why the deadline is what it is
//	told NAME                                    who is told of its last act, and why
//
// "owner" as a person is who stands at the owner's post.
func TestStories(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/stories/*.txt")
	if err != nil || len(files) < 9 {
		t.Fatalf("%d stories, %v", len(files), err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			s := &story{cases: map[string]*life{}}
			var again strings.Builder
			for block := range strings.SplitSeq(strings.TrimRight(string(text), "\n"), "\n\n") {
				commands, want, _ := strings.Cut(block, "\n----\n")
				commands = strings.TrimSuffix(commands, "\n----")
				s.out.Reset()
				for line := range strings.SplitSeq(commands, "\n") {
					if line == "" || strings.HasPrefix(line, "#") {
						continue
					}
					if err := s.run(t, strings.Fields(line)); err != nil {
						t.Fatalf("%s: %v", line, err)
					}
				}
				got := strings.TrimRight(s.out.String(), "\n")
				fmt.Fprintf(&again, "%s\n----\n%s\n\n", commands, got)
				if want = strings.TrimRight(want, "\n"); got != want && !*rewrite {
					t.Errorf("%s\n---- got\n%s\n---- want\n%s", commands, got, want)
				}
			}
			if *rewrite {
				if err := os.WriteFile(file, []byte(strings.TrimRight(again.String(), "\n")+"\n"), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			for name, l := range s.cases {
				if l.cs.Open() && escalation.LacksTimer(s.c, l.cs) {
					t.Errorf("%s is open and waits for nothing", name)
				}
			}
		})
	}
}

func (s *story) run(t *testing.T, w []string) (err error) {
	t.Helper()
	switch w[0] {
	case "city":
		s.c, err = citytest.BuiltIn(w[1])
	case "at":
		s.now, err = time.ParseInLocation(storyTime, w[1], s.c.Location)
	case "until":
		var to time.Time
		to, err = time.ParseInLocation(storyTime, w[1], s.c.Location)
		s.fire(to)
		s.now = to
	case "file":
		return s.file(t, w[1], w[2], w[3], w[4], w[5:])
	case "storm":
		n, err := strconv.Atoi(w[1])
		if err != nil {
			return err
		}
		return s.storm(t, n, w[2])
	case "all":
		return s.all(w[1], w[2], w[3], w[4:])
	case "holiday":
		return s.holiday(w[1], w[2])
	case "told":
		s.told(s.cases[w[1]])
	case "explain":
		s.explain(s.cases[w[1]])
	default:
		if s.cases[w[0]] == nil {
			return fmt.Errorf("%q is no command and no case", w[0])
		}
		return s.act(w[0], w[1], w[2], w[3:])
	}
	return err
}

func (s *story) line(format string, args ...any) { fmt.Fprintf(&s.out, format+"\n", args...) }

func (s *story) clock(t time.Time) string { return t.In(s.c.Location).Format("01-02 15:04") }

// state is a case in one line.
func (s *story) state(l *life) string {
	cs := l.cs
	out := cs.Stage.String()
	if cs.Owner.Post != "" && cs.Open() {
		out += ", " + cs.Owner.Unit.String() + " by " + cs.Rule
	}
	if cs.Clock.Running() {
		out += ", due " + s.clock(cs.Clock.Due)
		if cs.Clock.Limit.N > 0 {
			out += " (" + cs.Clock.Limit.String() + ")"
		}
		if cs.Clock.Provisional {
			out += " provisional"
		}
	}
	for _, m := range []struct {
		what string
		on   bool
	}{
		{fmt.Sprintf("returns %d", cs.Returns), cs.Returns > 0},
		{fmt.Sprintf("reworks %d", cs.Reworks), cs.Reworks > 0},
		{"ruled by " + cs.Arbiter.String(), cs.Arbiter.ID != ""},
		{"goes on " + s.clock(cs.ResumeAt), !cs.ResumeAt.IsZero()},
		{"late " + cs.Late().String(), cs.Late() > 0},
		{"exempted", cs.Appeal == dispatch.Exempted},
		{"merged into " + s.name(cs.MergedInto), cs.MergedInto != 0},
		{fmt.Sprintf("extended %d", cs.Clock.Extended), cs.Clock.Extended > 0},
		{"asked by " + string(cs.Request.By), cs.Request.Kind != 0},
	} {
		if m.on {
			out += ", " + m.what
		}
	}
	return out
}

func (s *story) name(id dispatch.CaseID) string {
	for _, n := range s.names {
		if s.cases[n].cs.ID == id {
			return n
		}
	}
	return id.String()
}

func (s *story) file(t *testing.T, name, code, source, person string, args []string) error {
	t.Helper()
	at := grid.Position{Lat: 45.755, Lng: 126.600, Datum: grid.WGS84, AccuracyM: 10}
	if s.c.Code == "BOS" {
		at.Lat, at.Lng = 42.3601, -71.0589
	}
	l := &life{t: t, c: s.c, cs: &dispatch.Case{ID: dispatch.NewCaseID(s.now, uint64(len(s.names)+1))}, now: s.now}
	r := &dispatch.Report{ClientID: name, Reporter: roster.PersonID(person), Category: catalog.Code(code), Position: at, CapturedAt: s.now, ReceivedAt: s.now}
	r.Source = dispatch.Source(slices.Index(dispatch.SourceNames[:], source))
	if cat := s.c.Categories[r.Category]; cat != nil { // condition=: none is named
		r.Condition = cat.Conditions[0].ID
	}
	for _, a := range args {
		k, v, _ := strings.Cut(a, "=")
		switch k {
		case "condition":
			r.Condition = v
		case "joins":
			r.Joins = s.cases[v].cs.ID
		case "after":
			r.AfterPhotos, r.PhotoHashes = []string{v}, []string{"before"}
		}
	}
	place, err := routing.PlaceOf(s.c, at)
	if err != nil {
		return err
	}
	cmd := dispatch.Command{Act: dispatch.ActFile, Actor: r.Reporter}
	l.facts.Filing = &Filing{Report: r, Place: &place}
	if r.Joins != 0 {
		l.facts.Other = s.cases[s.name(r.Joins)].cs
	}
	events, err := l.try(cmd)
	if refused, ok := errors.AsType[*dispatch.RefusedError](err); ok {
		s.line("%s: refused: %s", name, refused.Why.En)
		return nil
	}
	if err != nil {
		return err
	}
	l.events, l.cs = events, dispatch.FoldAll(l.cs, events)
	s.cases[name], s.names = l, append(s.names, name)
	s.line("%s: %s", name, s.state(l))
	return nil
}

// act does an act, or tells why it is refused.
func (s *story) act(name, act, person string, args []string) error {
	err := s.quietly(name, act, person, args)
	var refused *dispatch.RefusedError
	var denied *dispatch.NotAllowedError
	var choose *dispatch.ChoiceError
	switch {
	case errors.As(err, &refused):
		s.line("%s: %s refused: %s", name, act, refused.Why.En)
	case errors.As(err, &choose):
		s.line("%s: %s refused: %s", name, act, choose.Localized().En)
	case errors.As(err, &denied):
		s.line("%s: %s not allowed: %s", name, act, denied.Why.En)
	case err != nil:
		return err
	default:
		l := s.cases[name]
		s.line("%s: %s", name, s.state(l))
		last, n := l.events[len(l.events)-1], 0
		for i := range last.Notified {
			if last.AsOf(i) == dispatch.AsReporter {
				n++
			}
		}
		if n > 1 {
			s.line("%s: %d reporters are told", name, n)
		}
	}
	return nil
}

func (s *story) quietly(name, act, person string, args []string) error {
	l := s.cases[name]
	l.c, l.now, l.facts = s.c, s.now, Facts{}
	who := roster.PersonID(person)
	if person == "owner" {
		who, _ = s.c.Roster.OnDuty(l.cs.Owner.Post, s.now)
	}
	cmd := dispatch.Command{Act: dispatch.Act(act), Actor: who, Note: "because", Photos: []string{"photo"}, Closing: "done", Outcome: dispatch.OutcomeFixed, Satisfied: dispatch.Satisfied}
	there := grid.Position{Lat: l.cs.Place.Point.Lat, Lng: l.cs.Place.Point.Lng, Datum: grid.WGS84}
	cmd.Position = &there
	for _, a := range args {
		k, v, _ := strings.Cut(a, "=")
		switch k {
		case "note":
			cmd.Note = v
		case "reason":
			cmd.Reason = map[string]dispatch.ReturnReason{"not_my_area": dispatch.NotMyArea, "not_my_line": dispatch.NotMyLine}[v]
		case "unit":
			u, err := roster.ParseUnit(v)
			if err != nil {
				return err
			}
			cmd.Owner = &dispatch.Owner{Unit: u}
		case "until":
			t, err := time.ParseInLocation(storyTime, v, s.c.Location)
			if err != nil {
				return err
			}
			cmd.Until = t
		case "target":
			l.facts.Other = s.cases[v].cs
			cmd.Target = l.facts.Other.ID
		case "passed":
			cmd.Passed = true
		case "condition":
			cmd.Condition = v
		case "severity":
			cmd.Severity = catalog.Severity(strings.Index("ABC", v) + 1)
		case "closing":
			cmd.Closing = v
		case "category":
			cmd.Category = catalog.Code(v)
		case "from":
			cmd.Position.Lat += 0.05
		}
	}
	var err error
	if cmd.Post, err = Authorize(s.c, who, cmd.Act, l.cs, s.now); err != nil {
		return err
	}
	for _, n := range s.names {
		if s.cases[n].cs.MergedInto == l.cs.ID {
			l.facts.Reporters = append(l.facts.Reporters, s.cases[n].cs.Report.Reporter)
		}
		if part := s.cases[n].cs; part.Group == l.cs.ID && part.Open() {
			l.facts.OpenParts++
		}
	}
	events, err := l.try(cmd)
	if err != nil {
		return err
	}
	l.last, l.events, l.cs = len(l.events), append(l.events, events...), dispatch.FoldAll(l.cs, events)
	for i := range events {
		if p, ok := events[i].Precedent(l.cs); ok {
			s.c = s.c.WithPrecedents(append(slices.Clone(s.c.Precedents), p), 1)
			s.line("%s: %s answers from now on within %g m for %v", name, p.Unit, p.RadiusM, p.Categories)
		}
	}
	return nil
}

// fire lets everything fall due, in the order of its instants.
func (s *story) fire(to time.Time) {
	for {
		first := ""
		for _, n := range s.names {
			if at := s.cases[n].cs.NextAt; !at.IsZero() && !at.After(to) && (first == "" || at.Before(s.cases[first].cs.NextAt)) {
				first = n
			}
		}
		if first == "" {
			return
		}
		l := s.cases[first]
		l.c, l.now = s.c, l.cs.NextAt
		events, err := l.try(dispatch.Command{Act: dispatch.ActTick})
		if err != nil {
			s.line("%s: %v", first, err)
			return
		}
		l.last, l.events, l.cs = len(l.events), append(l.events, events...), dispatch.FoldAll(l.cs, events)
		for _, e := range events {
			// Not exhaustive: only these are told.
			//exhaustive:ignore
			switch e.Kind {
			case dispatch.EventResumed:
				s.line("%s  %s goes on by itself: %s", s.clock(l.now), first, s.state(l))
			default:
				s.line("%s  %s %s step %d %s: %v", s.clock(l.now), first, e.Kind, e.Step+1, e.Light, e.Notified)
			}
		}
	}
}

func (s *story) storm(t *testing.T, n int, parent string) error {
	t.Helper()
	was := s.out.String()
	for i := range n {
		name := fmt.Sprintf("%s-%d", parent, i+1)
		if err := s.file(t, name, string(s.cases[parent].cs.Category), "inspector", "p-230102-inspector-1", nil); err != nil {
			return err
		}
		if err := s.quietly(name, "attach", "p-dispatcher-1", []string{"target=" + parent}); err != nil {
			return err
		}
	}
	s.out.Reset()
	s.out.WriteString(was)
	s.line("%d reports are parts of %s", n, parent)
	return nil
}

func (s *story) all(parent, act, person string, args []string) error {
	done, refused := 0, map[string]int{}
	for _, n := range s.names {
		if part := s.cases[n].cs; part.Group != s.cases[parent].cs.ID || !part.Open() {
			continue
		}
		if err := s.quietly(n, act, person, args); err != nil {
			refused[err.Error()[strings.Index(err.Error(), ": ")+2:]]++
			continue
		}
		done++
	}
	s.line("%s: %d done", act, done)
	for why, n := range refused {
		s.line("%s: %d not: %s", act, n, why)
	}
	return nil
}

// holiday publishes a day off, late, and reprojects what is open.
func (s *story) holiday(date, name string) error {
	fsys, err := cities.FS("harbin")
	if err != nil {
		return err
	}
	text, err := fs.ReadFile(fsys, "calendar.yaml")
	if err != nil {
		return err
	}
	files := map[string][]byte{}
	for _, y := range []string{"2024.json", "2025.json", "2026.json"} {
		if files[y], err = fs.ReadFile(fsys, "holidays/"+y); err != nil {
			return err
		}
	}
	var year map[string]any
	if err := json.Unmarshal(files[date[:4]+".json"], &year); err != nil {
		return err
	}
	year["days"] = append(year["days"].([]any), map[string]any{"name": name, "date": date, "isOffDay": true})
	var b bytes.Buffer
	if err := json.NewEncoder(&b).Encode(year); err != nil {
		return err
	}
	files[date[:4]+".json"] = b.Bytes()
	cal, faults := calendar.Parse(text, files, s.c.Location)
	if len(faults) > 0 {
		return errors.New(faults[0].String())
	}
	n := *s.c
	n.Calendar = cal
	s.c = &n
	for _, name := range s.names {
		l := s.cases[name]
		l.c, l.now = s.c, s.now
		step := l.cs.NextStep
		events, err := l.try(dispatch.Command{Act: dispatch.ActReproject, Actor: "p-leader", Note: "published late"})
		if errors.Is(err, dispatch.ErrNothingDue) {
			s.line("%s: stays", name)
			continue
		}
		if err != nil {
			return err
		}
		was := l.cs.Clock.Due
		l.events, l.cs = append(l.events, events...), dispatch.FoldAll(l.cs, events)
		s.line("%s: due moves from %s to %s because %s; %d steps had fired, %d have", name, s.clock(was), s.clock(l.cs.Clock.Due), events[0].Note, step, l.cs.NextStep)
	}
	return nil
}

// told prints the recipients of each event of the last act.
func (s *story) told(l *life) {
	for _, e := range l.events[l.last:] {
		for i, person := range e.Notified {
			post := e.NotifiedPosts[i]
			if post == "" {
				post = "-"
			}
			s.line("  %s: %s at %s is told as %s", e.Kind, person, post, e.AsOf(i))
		}
	}
}

func (s *story) explain(l *life) {
	d := sla.ExplainDeadline(s.c, l.cs, l.events)
	s.line("%s from %s, due %s, counted %s", d.Limit, s.clock(d.Start), s.clock(d.Due), d.Used)
	type part struct {
		from, to time.Time
		text     string
	}
	var parts []part
	for _, i := range d.Counted {
		parts = append(parts, part{i.From, i.To, "+"})
	}
	for _, i := range d.Skipped {
		sign := "- "
		if i.Counts > 0 {
			sign = "+ " + i.Counts.String() + " "
		}
		parts = append(parts, part{i.From, i.To, sign + i.Why + " " + i.WhyZh})
	}
	slices.SortStableFunc(parts, func(a, b part) int { return cmp.Or(a.from.Compare(b.from), a.to.Compare(b.to)) })
	at := d.Start
	for _, p := range parts {
		if !p.from.Equal(at) {
			s.line("  a gap before %s", s.clock(p.from))
		}
		at = p.to
		s.line("  %s - %s %s", s.clock(p.from), s.clock(p.to), p.text)
	}
	if !at.Equal(d.Due) {
		s.line("  the parts end at %s", s.clock(at))
	}
}
