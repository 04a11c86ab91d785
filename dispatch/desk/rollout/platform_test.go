package rollout_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"wangge/dispatch"
	"wangge/dispatch/city"
	"wangge/dispatch/city/catalog"
	"wangge/dispatch/city/citytest"
	"wangge/dispatch/city/roster"
	"wangge/dispatch/desk/desktest"
	"wangge/dispatch/desk/revision"
	"wangge/dispatch/desk/rollout"
	"wangge/dispatch/revise"
	"wangge/dispatch/routing"
	"wangge/dispatch/waits"
	"wangge/grid"
)

// platforms is the toy city with platforms, and acts of its people on cases.
type platforms struct {
	*room
	t    *testing.T
	next dispatch.CaseID
}

func openPlatforms(t *testing.T) *platforms {
	t.Helper()
	return &platforms{openCity(t, citytest.PlatformsDirectory()), t, desktest.First}
}

func (p *platforms) files(code catalog.Code, src dispatch.Source) dispatch.CaseID {
	p.t.Helper()
	at := citytest.InW1A
	id := p.next
	p.next++
	desktest.File(p.t, p.store, p.revisions.City(), id, dispatch.Report{
		ClientID: id.String(), Reporter: citytest.InspectorW1A, Source: src, Category: code,
		Position: grid.Position{Lat: at.Lat, Lng: at.Lng, Datum: grid.WGS84, AccuracyM: 5},
	})
	return id
}

func (p *platforms) does(person roster.PersonID, id dispatch.CaseID, act dispatch.Act) {
	p.t.Helper()
	desktest.Act(p.t, p.store, p.revisions.City(), person, id, dispatch.Command{Act: act})
}

func (p *platforms) applies(is city.Directory, s city.Successors) {
	p.t.Helper()
	p.clock.Add(time.Minute)
	_, err := p.Apply(p.t.Context(), citytest.GridOffice, rollout.Proposal{
		Directory: is, Against: p.was.Revision(), Policy: revision.Keep, Waive: "so decided", Successors: s,
	})
	if err != nil {
		p.t.Fatal(err)
	}
}

// without is a directory without the lines that contain one of some texts.
func without(dir city.Directory, texts ...string) city.Directory {
	out := city.Directory{}
	for name, data := range dir {
		lines := slices.DeleteFunc(strings.SplitAfter(string(data), "\n"), func(line string) bool {
			return slices.ContainsFunc(texts, func(text string) bool { return strings.Contains(line, text) })
		})
		out[name] = []byte(strings.Join(lines, ""))
	}
	return out
}

// A named successor takes the place of a unit below a platform: the dispatch to the unit has ended, the platform's dispatch to the
// successor stands, and the ground says that a revision did so.
func TestApply_SuccessorOnTheChain(t *testing.T) {
	t.Parallel()
	p := openPlatforms(t)
	id := p.files(citytest.FallenTree, dispatch.SourceHotline)
	p.does(citytest.Acceptor, id, dispatch.ActAccept)
	p.does(citytest.Dispatcher, id, dispatch.ActDispatch)
	p.does(citytest.DispatcherW, id, dispatch.ActDispatch)
	dep := func(id string) roster.Unit { return roster.Unit{Kind: roster.UnitDepartment, ID: id} }
	if cs := p.load(t, id); cs.Owner.Unit != dep("GREEN-W") || len(cs.Chain) != 2 {
		t.Fatalf("it is %s's by %+v", cs.Owner.Unit, cs.Chain)
	}
	p.applies(without(p.was, "GREEN-W"), city.Successors{Units: map[roster.Unit]roster.Unit{dep("GREEN-W"): dep("SQUAD-W")}})
	cs := p.load(t, id)
	if cs.Owner.Unit != dep("SQUAD-W") || cs.Rule != dispatch.BySuccessor || len(cs.Chain) != 3 {
		t.Fatalf("it is %s's by %q, chain %+v", cs.Owner.Unit, cs.Rule, cs.Chain)
	}
	w := roster.Unit{Kind: roster.UnitArea, ID: "W"}
	if l := cs.Chain[0]; l.To.Unit != w || !l.Ended.IsZero() {
		t.Errorf("the dispatch to the platform: %+v, want it to stand", l)
	}
	if l := cs.Chain[1]; l.To.Unit != dep("GREEN-W") || !l.Ended.Equal(cs.UpdatedAt) {
		t.Errorf("the dispatch to the former unit: %+v, want it ended", l)
	}
	if l := cs.Chain[2]; l.To != cs.Owner || l.Platform != w || l.Rule != dispatch.BySuccessor || !l.Ended.IsZero() {
		t.Errorf("the dispatch to the successor: %+v", l)
	}
}

// A revision that removes platforms brings their cases to the next platform above: no dispatch to a platform that is gone stands,
// and somebody must act on each case. The plan names the platforms.
func TestApply_PlatformGone(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		gone []string // lines of the tables
		lost string   // the platform that the plan names
	}{
		"posts of a district":  {[]string{"area:W,acceptor", "area:W,dispatcher", "platform:", ",district\n", ",community\n"}, "area:W"},
		"posts of a community": {[]string{"area:W1,dispatcher", "platform:community", ",community\n"}, "area:W1"},
		"settings and rules":   {[]string{"platforms:", "{level: district, sources", "platform:", ",district\n", ",community\n"}, "area:W"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := openPlatforms(t)
			arrived := p.files(citytest.FallenTree, dispatch.SourceInspector)
			var given []dispatch.CaseID // at the platform of W, below it, at the platform of W1
			for _, acts := range [][]roster.PersonID{{}, {citytest.DispatcherW}} {
				id := p.files(citytest.FallenTree, dispatch.SourceHotline)
				p.does(citytest.Acceptor, id, dispatch.ActAccept)
				p.does(citytest.Dispatcher, id, dispatch.ActDispatch)
				for _, person := range acts {
					p.does(person, id, dispatch.ActDispatch)
				}
				given = append(given, id)
			}
			stall := p.files(citytest.Stall, dispatch.SourceHotline)
			p.does(citytest.Acceptor, stall, dispatch.ActAccept)
			p.does(citytest.Dispatcher, stall, dispatch.ActDispatch)
			p.does(citytest.DispatcherW, stall, dispatch.ActDispatch)
			is := without(p.was, tt.gone...)
			plan, err := p.Plan(t.Context(), citytest.GridOffice, rollout.Proposal{Directory: is})
			if err != nil {
				t.Fatal(err)
			}
			if !slices.ContainsFunc(plan.Removed, func(r rollout.Removal) bool {
				return r.Unit.String() == tt.lost && strings.Contains(r.Why.En, "platform") && r.Undecided == 0
			}) {
				t.Errorf("the plan removes %+v, want the platform %s, decided", plan.Removed, tt.lost)
			}
			p.applies(is, city.Successors{})
			c := p.revisions.City()
			for _, id := range append(given, arrived, stall) {
				cs := p.load(t, id)
				if cs.Owner.Unit != (roster.Unit{}) && !routing.HasPost(c, cs.Owner) {
					t.Errorf("%s waits at %s, which is gone", id, cs.Owner.Post)
				}
				if cs.Owner.IsPlatform() && !c.IsPlatform(cs.Owner.Unit) || cs.Platform != (roster.Unit{}) && !c.IsIntake(cs.Platform) {
					t.Errorf("%s is at %s of the platform %s, which is none", id, cs.Owner.Unit, cs.Platform)
				}
				for _, l := range cs.Chain {
					if l.Ended.IsZero() && l.To.IsPlatform() && !c.IsPlatform(l.To.Unit) {
						t.Errorf("%s: the dispatch to %s stands", id, l.To.Unit)
					}
				}
				if last := cs.PresentLink(); last != nil && last.To.Unit != cs.Owner.Unit {
					t.Errorf("%s is %s's, and its last dispatch is to %s", id, cs.Owner.Unit, last.To.Unit)
				}
				if w := waits.For(c, cs); len(w) == 0 || len(c.Roster.Holdings(w[0].Post)) == 0 {
					t.Errorf("%s, %s, waits for %+v", id, cs.Stage, w)
				}
				if l := revise.LossOf(c, c, cs, cs.UpdatedAt); l.Any() {
					t.Errorf("%s lacks %v after the apply", id, l.Why())
				}
			}
		})
	}
}
