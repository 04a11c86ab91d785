package revise_test

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"pgregory.net/rapid"

	"wangge/dispatch"
	"wangge/dispatch/casetest"
	"wangge/dispatch/city"
	"wangge/dispatch/city/catalog"
	"wangge/dispatch/city/citytest"
	"wangge/dispatch/city/compile"
	"wangge/dispatch/city/roster"
	"wangge/dispatch/escalation"
	"wangge/dispatch/lifecycle"
	"wangge/dispatch/revise"
	"wangge/dispatch/routing"
	"wangge/dispatch/waits"
	"wangge/grid"
)

// rich is the directory of the toy city with platforms, in which cases have milestones of every party and several co-owners.
func rich() city.Directory {
	d := citytest.PlatformsDirectory()
	d["rules.csv"] = []byte(strings.NewReplacer("platform:district(疏导交通)", "\"platform:district(疏导交通),line:GREEN(清障)\"",
		"110,E0301,,,,,,,,line:GREEN,,,district", "110,E0301,,,,,,,,line:GREEN,\"line:WATER(围挡),line:SQUAD-W(清运)\",,district").Replace(string(d["rules.csv"])))
	rows := strings.Split(strings.TrimSpace(string(d["conditions.csv"])), "\n")
	for i := range rows {
		rows[i] += ","
	}
	rows[0] += "by"
	d["conditions.csv"] = []byte(strings.Join(rows, "\n") + "\n" +
		"E0301,1,倒树,B,1,work_days,已清除,,,\nE0301,1,到场,B,2,hours,已到场,arrive,,owner co_owners inspector\n" +
		"E0301,1,围挡,B,4,hours,已围挡,fence,arrive,co_owners owner\n" +
		"E0201,1,积水,A,2,hours,已排水,,,\nE0201,1,到场,A,30,minutes,已到场,arrive,,owner co_owners inspector\n")
	return d
}

// change takes something out of a directory.
type change struct {
	name  string
	lines []string // every line with one of these goes
	swap  []string // texts in pairs, in every table
}

// changes are combined at random. None takes what the compiler wants of every city.
var changes = []change{
	{name: "GREEN-W is gone", lines: []string{"GREEN-W"}},
	{name: "SQUAD-W is gone", lines: []string{"SQUAD-W"}},
	{name: "the crew of WATER is gone", lines: []string{"water-crew"}},
	{name: "WATER has another name", swap: []string{"WATER", "HYDRO"}},
	{name: "W is no platform", lines: []string{"area:W,acceptor", "area:W,dispatcher", "platform:", ",district\n", ",community\n"}},
	{name: "W1 is no platform", lines: []string{"area:W1,dispatcher", "platform:community", ",community\n"}},
	{name: "there is one platform", lines: []string{"platforms:", "{level: district, sources", "platform:", ",district\n", ",community\n"}},
	{name: "W1A has no inspector", lines: []string{"area:W1A,inspector"}},
	{name: "W1A has no handler", lines: []string{"handler-w1a"}},
	{name: "the owner of W1 is the leader now", swap: []string{"area:W1,owner", "area:W1,leader"}},
	{name: "the city has no acceptor", lines: []string{"area:TOY,acceptor"}},
	{name: "the city has no checker", lines: []string{"area:TOY,checker"}},
	{name: "litter is spoil", swap: []string{"E0101", "E0109"}},
}

var cities struct {
	sync.Mutex
	of map[string]*city.City
}

// cityOf is the city of a directory with some changes; nil when the compiler refuses it.
func cityOf(t *rapid.T, base city.Directory, picked []int) *city.City {
	cities.Lock()
	defer cities.Unlock()
	key := fmt.Sprint(picked)
	if c, ok := cities.of[key]; ok {
		return c
	}
	m := fstest.MapFS{}
	for name, data := range base {
		text := string(data)
		for _, i := range picked {
			ch := &changes[i]
			text = strings.NewReplacer(ch.swap...).Replace(text)
			text = strings.Join(slices.DeleteFunc(strings.SplitAfter(text, "\n"), func(l string) bool {
				return slices.ContainsFunc(ch.lines, func(s string) bool { return strings.Contains(l, s) })
			}), "")
		}
		m[name] = &fstest.MapFile{Data: []byte(text)}
	}
	c, faults := compile.FS(m)
	if cities.of == nil {
		cities.of = map[string]*city.City{}
	}
	if len(faults) > 0 {
		c = nil
		t.Logf("%v: %v", picked, faults[0])
	}
	cities.of[key] = c
	return c
}

// live takes a case through random acts of people who may do them.
func live(t *rapid.T, c *city.City, at time.Time) *dispatch.Case {
	point := rapid.SampledFrom([]grid.Point{citytest.InW1A, citytest.InE1A, citytest.InW1B, citytest.OnRiver}).Draw(t, "point")
	code := rapid.SampledFrom([]catalog.Code{citytest.FallenTree, citytest.Flooding, citytest.Stall, citytest.Rubbish}).Draw(t, "category")
	src := rapid.SampledFrom([]dispatch.Source{dispatch.SourceHotline, dispatch.SourceInspector}).Draw(t, "source")
	cs := casetest.FileToyAt(t, c, code, src, point, citytest.InspectorW1A, at)
	people := slices.SortedFunc(slices.Values(c.Roster.People()), func(a, b roster.Person) int { return strings.Compare(string(a.ID), string(b.ID)) })
	type move struct {
		who roster.PersonID
		act dispatch.Act
	}
	for range rapid.IntRange(0, 10).Draw(t, "acts") {
		at = at.Add(time.Duration(rapid.IntRange(1, 40).Draw(t, "minutes")) * time.Minute)
		cs, _ = casetest.Wait(t, c, cs, at)
		var offered []move
		seen := map[dispatch.Act]int{}
		for _, p := range people {
			for _, act := range lifecycle.Acts(c, p.ID, cs, at) {
				if seen[act]++; seen[act] <= 3 && !ending[act] {
					offered = append(offered, move{p.ID, act})
				}
			}
		}
		if len(offered) == 0 {
			break
		}
		slices.SortStableFunc(offered, func(a, b move) int { return strings.Compare(string(a.act), string(b.act)) })
		do := rapid.SampledFrom(offered).Draw(t, "act")
		pos := grid.Position{Lat: point.Lat, Lng: point.Lng, Datum: grid.WGS84, AccuracyM: 5}
		cmd := dispatch.Command{
			Act: do.act, At: at, Actor: do.who, Note: "because", Photos: []string{"x"}, Passed: rapid.Bool().Draw(t, "passed"), Position: &pos,
			Reason: dispatch.NotMyLine, Condition: casetest.First(c, cs.Category),
		}
		if do.act == dispatch.ActSuspend {
			cmd.Until = at.Add(30 * time.Hour)
		}
		for i := range cs.Milestones {
			if cs.Milestones[i].Clock.Running() {
				cmd.Milestone = cs.Milestones[i].ID
			}
		}
		if do.act == dispatch.ActReroute || do.act == dispatch.ActArbitrate {
			cmd.Owner = &dispatch.Owner{Unit: roster.Unit{Kind: roster.UnitDepartment, ID: rapid.SampledFrom([]string{"GREEN-W", "SQUAD-W", "WATER"}).Draw(t, "unit")}}
		}
		post, err := lifecycle.Authorize(c, do.who, do.act, cs, at)
		if err != nil {
			continue
		}
		cmd.Post = post
		events, err := lifecycle.Decide(cs, cmd, lifecycle.Facts{}, c)
		if err != nil { // a guard that the offer does not know, or a need that is not filled
			continue
		}
		if after := casetest.Stored(t, cs, events); after.Open() {
			cs = after
		}
	}
	return cs
}

// ending are acts that end a case or concern another one.
var ending = map[dispatch.Act]bool{
	dispatch.ActMerge: true, dispatch.ActAttach: true, dispatch.ActDetach: true, dispatch.ActComment: true, dispatch.ActEscalate: true,
	dispatch.ActVoid: true, dispatch.ActReject: true, dispatch.ActClose: true, dispatch.ActReclassify: true,
}

// named lists every unit, post and person that an open case names and that the city lacks.
func named(c *city.City, cs *dispatch.Case, at time.Time) []string {
	var out []string
	unit := func(what string, u roster.Unit) {
		if u != (roster.Unit{}) && !routing.HasUnit(c, u) {
			out = append(out, what+" "+u.String())
		}
	}
	owner := func(what string, o dispatch.Owner) {
		if o.Unit != (roster.Unit{}) && !routing.HasPost(c, o) {
			out = append(out, fmt.Sprintf("%s %s at %s", what, o.Unit, o.Post))
		}
	}
	owner("owner", cs.Owner)
	for _, o := range cs.CoOwners {
		if o.Done.IsZero() {
			owner("co-owner", o.Owner)
			unit("platform of a part", o.From)
		}
	}
	for i := range cs.Milestones {
		m := &cs.Milestones[i]
		if m.Reached.IsZero() && m.Party != catalog.PartyOwner {
			owner("milestone "+m.ID, dispatch.Owner{Unit: m.Unit, Post: m.Post})
			if m.Party == catalog.PartyCoOwner && !slices.ContainsFunc(cs.CoOwners, func(o dispatch.CoOwner) bool { return o.Unit == m.Unit }) {
				out = append(out, "milestone of nobody "+m.ID)
			}
		}
		if m.After != "" && m.Clock.Due.IsZero() && !slices.ContainsFunc(cs.Milestones, func(o dispatch.Milestone) bool { return o.ID == m.After }) {
			out = append(out, "milestone "+m.ID+" after "+m.After+", which there is not")
		}
	}
	unit("arbiter", cs.Arbiter)
	if cs.Platform != (roster.Unit{}) && !c.IsIntake(cs.Platform) {
		out = append(out, "platform "+cs.Platform.String())
	}
	for i := range cs.Chain {
		if l := &cs.Chain[i]; l.Ended.IsZero() {
			unit("platform that dispatched", l.Platform)
			owner("dispatch to", l.To)
		}
	}
	working := cs.Stage == dispatch.Handling || cs.Stage == dispatch.Suspended
	if cs.Handler != "" && working && !revise.HoldsPost(c, cs, cs.Handler, at) {
		out = append(out, "handler "+string(cs.Handler))
	}
	if r := cs.Request; r.Kind != dispatch.NoRequest {
		_, of, _ := strings.Cut(string(r.Post), "@")
		u, err := roster.ParseUnit(of)
		if err != nil {
			out = append(out, "request from "+string(r.Post))
		}
		unit("request by", u)
	}
	for _, w := range waits.For(c, cs) {
		if w.Post != "" && len(c.Roster.Holdings(w.Post)) == 0 {
			out = append(out, fmt.Sprintf("%s from %s", w.What.Text().En, w.Post))
		}
	}
	return out
}

// A random change of the city meets an open case in a random state. After the apply the case names nothing that the city lacks; who
// the case newly waits for was told in the same commit; it has a timer; and its events read back from the store make the same case.
func TestCarry_LeavesNothingToNobody(t *testing.T) {
	t.Parallel()
	base := rich()
	rapid.Check(t, func(t *rapid.T) {
		was := cityOf(t, base, nil)
		if was == nil {
			t.Fatal("the city does not compile")
		}
		at := casetest.At(was, "2026-04-08 09:00")
		cs := live(t, was, at)
		picked := rapid.SliceOfNDistinct(rapid.IntRange(0, len(changes)-1), 1, 4, rapid.ID[int]).Draw(t, "changes")
		slices.Sort(picked)
		is := cityOf(t, base, picked)
		if is == nil {
			t.Skip("the compiler refuses the change")
		}
		o := &revise.Order{Reroute: rapid.Bool().Draw(t, "reroute"), Person: citytest.GridOffice, Post: "grid_office@area:TOY", Note: "n"}
		at = cs.UpdatedAt.Add(time.Minute)
		dep := func(id string) roster.Unit { return roster.Unit{Kind: roster.UnitDepartment, ID: id} }
		if rapid.Bool().Draw(t, "successors") {
			o.Successors.Units = map[roster.Unit]roster.Unit{}
			if is.IsPlatform(roster.Unit{Kind: roster.UnitArea, ID: "E"}) && !is.IsPlatform(roster.Unit{Kind: roster.UnitArea, ID: "W"}) {
				o.Successors.Units[roster.Unit{Kind: roster.UnitArea, ID: "W"}] = roster.Unit{Kind: roster.UnitArea, ID: "E"}
			}
			for _, u := range []roster.Unit{dep("GREEN-W"), dep("SQUAD-W"), dep("WATER")} {
				next := rapid.SampledFrom([]roster.Unit{dep("SQUAD-W"), dep("GREEN"), dep("HYDRO"), {Kind: roster.UnitArea, ID: "W1"}}).Draw(t, "successor")
				if !routing.HasUnit(is, u) && routing.HasUnit(is, next) {
					o.Successors.Units[u] = next
				}
			}
		}
		o.Successors.Categories = map[catalog.Code]catalog.Code{citytest.Rubbish: "E0109"}
		after := cs
		e, _, ok := revise.Carry(was, is, cs, o, at)
		if ok {
			after = casetest.Stored(t, cs, []dispatch.Event{e})
		}
		names := make([]string, len(picked))
		for i, k := range picked {
			names[i] = changes[k].name
		}
		say := fmt.Sprintf("%v: %s of %s, then %s of %s", names, cs.Stage, cs.Owner.Unit, after.Stage, after.Owner.Unit)
		if lacks := named(is, after, at); len(lacks) > 0 {
			t.Errorf("%s: it names %v", say, lacks)
		}
		if is.Categories[after.Category] == nil {
			t.Errorf("%s: of category %s", say, after.Category)
		}
		if escalation.LacksTimer(is, after) {
			t.Errorf("%s: no timer", say)
		}
		if l := revise.LossOf(is, is, after, at); l.Any() {
			t.Errorf("%s: it lacks %v", say, l.Why())
		}
		toldWaiting(t, say, was, is, cs, after, &e)
		if again, _, more := revise.Carry(is, is, after, o, at); more {
			t.Errorf("%s: the same city changes it again: %+v", say, again)
		}
	})
}

// toldWaiting fails unless somebody of the post for which a case newly waits was told.
func toldWaiting(t *rapid.T, say string, was, is *city.City, cs, after *dispatch.Case, e *dispatch.Event) {
	before := waits.For(was, cs)
	for _, w := range waits.For(is, after) {
		same := func(o waits.Wait) bool { return o.What == w.What && o.Unit == w.Unit && o.Post == w.Post }
		if slices.ContainsFunc(before, same) || w.What == waits.Answer {
			continue
		}
		to := escalation.OnDuty(is, w.Unit, w.Post, e.At)
		to = append(to, waits.Answerers(is, after, w, e.At)...)
		if one, ok := escalation.At(is, w.Unit, w.Post, e.At); ok {
			to = append(to, one)
		}
		if len(to) > 0 && !slices.ContainsFunc(to, func(r escalation.Recipient) bool { return r.Person == e.Actor || slices.Contains(e.Notified, r.Person) }) {
			t.Errorf("%s: it waits for %s from %s and tells %v", say, w.What.Text().En, w.Post, e.Notified)
		}
	}
}
