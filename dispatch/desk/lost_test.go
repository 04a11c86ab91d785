package desk_test

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"wangge/dispatch"
	"wangge/dispatch/city"
	"wangge/dispatch/city/catalog"
	"wangge/dispatch/city/compile"
	"wangge/dispatch/city/roster"
	"wangge/dispatch/desk"
	"wangge/dispatch/desk/revision"
	"wangge/dispatch/desk/rollout"
	"wangge/dispatch/desk/view"
	"wangge/dispatch/escalation"
	"wangge/dispatch/lifecycle"
	"wangge/grid"
	"wangge/storage"
	"wangge/storage/mem"
)

// riverTown is a small city whose parts can be taken away one by one: two wards with two blocks each, a works
// department with a team below it and a section of road, and a market that answers for itself.
func riverTown() city.Directory {
	square := func(id, parent, level string, w, e float64) string {
		const s, n = 30.0, 30.002
		return fmt.Sprintf(`{"type":"Feature","properties":{"id":%q,"parent":%q,"level":%q,"name":%q},"geometry":{"type":"Polygon","coordinates":[[[%g,%g],[%g,%g],[%g,%g],[%g,%g],[%g,%g]]]}}`,
			id, parent, level, id, w, s, e, s, e, n, w, n, w, s)
	}
	dir := city.Directory{
		"city.yaml":       []byte("name: 河镇\nname_en: River\ncode: RIV\ntime_zone: Asia/Shanghai\ncell_resolution: 10\nlevels: [city, ward, block]\ntable_version: 2026.1\ndefaults: {accept_minutes: 10, dispatch_minutes: 5, check_hours: 2, return_hours: 4, near_border_m: 25}\n"),
		"calendar.yaml":   []byte("weekend: [saturday, sunday]\nhours: [{from: \"08:30\", to: \"12:00\"}, {from: \"13:30\", to: \"17:30\"}]\nwork_day: counted\nrequire_holidays: false\nholidays_apply: true\n"),
		"departments.csv": []byte("id,name,name_en,parent,phone\nWORKS,市政处,Works,,0577-1000001\nTEAM,抢修队,Team,WORKS,0577-1000002\n"),
		"categories.csv":  []byte("code,kind,class,class_en,name,name_en,severity,limit,limit_unit,closing,parent\nE1,event,路面,Road,坑洼,Pothole,B,8,work_hours,done,\nE2,event,街面,Street,占道,Stall,B,8,work_hours,done,\nE3,event,市场,Market,脏乱,Dirt,C,8,work_hours,done,\nE4,event,路面,Road,塌陷,Sinkhole,B,8,work_hours,done,\n"),
		"rules.csv":       []byte("order,category,owner,co_owners,near,within_m\n10,E1,line:TEAM,,,\n15,E4,line:WORKS,line:TEAM(fence),,\n20,E3,point,,market,30\n40,*,block:block,,,\n"),
		"areas.geojson": []byte(`{"type":"FeatureCollection","features":[` + strings.Join([]string{
			square("c", "", "city", 120, 120.004),
			square("w1", "c", "ward", 120, 120.002), square("w2", "c", "ward", 120.002, 120.004),
			square("b1", "w1", "block", 120, 120.001), square("b2", "w1", "block", 120.001, 120.002),
			square("b3", "w2", "block", 120.002, 120.003), square("b4", "w2", "block", 120.003, 120.004),
		}, ",\n") + `]}`),
		"points.geojson":   []byte(`{"type":"FeatureCollection","features":[` + "\n" + riverMarket + "\n]}"),
		"sections.geojson": []byte(`{"type":"FeatureCollection","features":[` + "\n" + riverSection + "\n]}"),
	}
	people, posts := "id,name,phone\n", "unit,role,person\n"
	post := func(unit, role string) {
		who := role + "-" + strings.ReplaceAll(unit, ":", "-")
		people += fmt.Sprintf("%s,%s,13800000000\n", who, who)
		posts += fmt.Sprintf("%s,%s,%s\n", unit, role, who)
	}
	for _, role := range []string{"leader", "duty_chief", "acceptor", "dispatcher", "checker", "inspector"} {
		post("area:c", role)
	}
	for _, u := range []string{"area:w1", "area:w2", "department:WORKS", "department:TEAM"} {
		post(u, "leader")
	}
	for _, u := range []string{"area:b1", "area:b2", "area:b3", "area:b4", "department:WORKS", "department:TEAM", "section:S1", "point:M1"} {
		post(u, "owner")
	}
	post("department:TEAM", "handler")
	post("area:b1", "handler")
	dir["people.csv"], dir["posts.csv"] = []byte(people), []byte(posts)
	return dir
}

const (
	mayor    = roster.PersonID("leader-area-c")
	watchman = roster.PersonID("inspector-area-c")
)

// cut is a directory without the lines of its tables that hold one of some texts.
func cut(dir city.Directory, texts ...string) city.Directory {
	out := maps.Clone(dir)
	for name, data := range dir {
		lines := bytes.SplitAfter(data, []byte("\n"))
		out[name] = bytes.Join(slices.DeleteFunc(lines, func(l []byte) bool {
			return slices.ContainsFunc(texts, func(s string) bool { return bytes.Contains(l, []byte(s)) })
		}), nil)
	}
	return out
}

func swap(dir city.Directory, file, old, is string) city.Directory {
	out := maps.Clone(dir)
	out[file] = bytes.ReplaceAll(dir[file], []byte(old), []byte(is))
	return out
}

// river is a desk of riverTown on a Wednesday morning.
func river(t *testing.T, dir city.Directory) (*acts, *fakeClock) {
	t.Helper()
	return riverOn(t, dir, mem.Open())
}

func riverOn(t *testing.T, dir city.Directory, store storage.Engine) (*acts, *fakeClock) {
	t.Helper()
	c, faults := compile.Directory(dir)
	if faults != nil {
		t.Fatal(faults)
	}
	clock := &fakeClock{now: time.Date(2026, 3, 4, 9, 0, 0, 0, c.Location)}
	d, err := desk.Open(t.Context(), desk.Config{Store: free(t, store), City: c, Directory: dir, Clock: clock})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(d.Close)
	return &acts{t: t, d: d}, clock
}

// losing is a case and the directory that takes away what it names.
type losing struct {
	name  string
	file  func(a *acts) *dispatch.Case
	dir   func(city.Directory) city.Directory
	says  string // why it is lost
	owner string // afterwards; "" = none
	stage dispatch.Stage
}

func losings() []losing {
	file := func(category string, lat, lng float64, source dispatch.Source, then ...func(a *acts, cs *dispatch.Case) *dispatch.Case) func(a *acts) *dispatch.Case {
		return func(a *acts) *dispatch.Case {
			who := watchman
			if source == dispatch.SourceHotline {
				who = "acceptor-area-c"
			}
			cs := a.file(who, reportAt(category, lat, lng, source))
			for _, f := range then {
				cs = f(a, cs)
			}
			return cs
		}
	}
	by := func(who roster.PersonID, cmd dispatch.Command) func(a *acts, cs *dispatch.Case) *dispatch.Case {
		return func(a *acts, cs *dispatch.Case) *dispatch.Case { return a.at(who, cs, cmd) }
	}
	start := by("handler-department-TEAM", dispatch.Command{Act: dispatch.ActStart})
	resolve := by("handler-department-TEAM", dispatch.Command{Act: dispatch.ActResolve})
	return2 := []func(a *acts, cs *dispatch.Case) *dispatch.Case{
		by("owner-area-b1", dispatch.Command{Act: dispatch.ActReturn, Reason: dispatch.NotMyLine}),
		by("dispatcher-area-c", dispatch.Command{Act: dispatch.ActDispatch, Owner: &dispatch.Owner{Unit: roster.Unit{Kind: roster.UnitArea, ID: "b2"}}}),
		by("owner-area-b2", dispatch.Command{Act: dispatch.ActReturn, Reason: dispatch.NotMyLine}),
	}
	noTeam := func(d city.Directory) city.Directory {
		return swap(swap(cut(d, "TEAM,抢修队", "department:TEAM", "section:S1", `"S1"`, "handler-department-TEAM"), "rules.csv", "line:TEAM(fence)", ""), "rules.csv", "line:TEAM", "line:WORKS")
	}
	noCategory := func(d city.Directory) city.Directory {
		return swap(cut(d, "E1,event"), "rules.csv", "10,E1,line:TEAM,,,\n", "")
	}
	return []losing{
		{"the owner's department, dispatched", file("E1", 30.001, 120.0005, dispatch.SourceInspector), noTeam, "owner Team (department:TEAM) is gone", "department:WORKS", dispatch.Dispatched},
		{"the owner's department, in work", file("E1", 30.001, 120.0005, dispatch.SourceInspector, start), noTeam, "owner Team (department:TEAM) is gone", "department:WORKS", dispatch.Dispatched},
		{"the owner's department, being checked", file("E1", 30.001, 120.0005, dispatch.SourceInspector, start, resolve), noTeam, "owner Team (department:TEAM) is gone", "department:WORKS", dispatch.Checking},
		{
			"the owner's department, put off", file("E1", 30.001, 120.0005, dispatch.SourceInspector, start,
				by("owner-department-TEAM", dispatch.Command{Act: dispatch.ActSuspend, Until: time.Date(2026, 3, 6, 9, 0, 0, 0, time.UTC)}), by("dispatcher-area-c", dispatch.Command{Act: dispatch.ActDecideSuspension, Passed: true})),
			noTeam, "owner Team (department:TEAM) is gone", "department:WORKS", dispatch.Suspended,
		},
		{"the owner's section", file("E1", 30.0005, 120.0035, dispatch.SourceInspector), func(d city.Directory) city.Directory {
			return swap(cut(d, "section:S1"), "sections.geojson", riverSection, "")
		}, "owner 沿河路 (section:S1) is gone", "department:TEAM", dispatch.Dispatched},
		{"the owner's point", file("E3", 30.0015, 120.0005, dispatch.SourceInspector), func(d city.Directory) city.Directory {
			return swap(swap(swap(d, "points.geojson", `"M1"`, `"M2"`), "points.geojson", "120.0005", "120.0025"), "posts.csv", "point:M1", "point:M2")
		}, "owner 东市场 (point:M1) is gone", "area:b1", dispatch.Dispatched},
		{"the owner's area", file("E2", 30.001, 120.0035, dispatch.SourceInspector), func(d city.Directory) city.Directory { return merged(d) }, "owner b4 (area:b4) is gone", "area:b3", dispatch.Dispatched},
		{"the area of a case that has no owner yet", file("E2", 30.001, 120.0035, dispatch.SourceHotline), func(d city.Directory) city.Directory { return merged(d) }, "b4 (area:b4), in which it lies", "", dispatch.Reported},
		{"the post of the owner", file("E2", 30.001, 120.0005, dispatch.SourceInspector), func(d city.Directory) city.Directory {
			return swap(d, "posts.csv", "area:b1,owner,", "area:b1,leader,")
		}, "the post of owner at b1 (area:b1), its owner, has no holder", "area:b1", dispatch.Dispatched},
		{"the co-owner", file("E4", 30.001, 120.0005, dispatch.SourceInspector), noTeam, "co-owner Team (department:TEAM) is gone", "department:WORKS", dispatch.Dispatched},
		{"the handler", file("E1", 30.001, 120.0005, dispatch.SourceInspector, start), func(d city.Directory) city.Directory { return cut(d, "handler-department-TEAM") }, "handler handler-department-TEAM", "department:TEAM", dispatch.Dispatched},
		{"the handler's post", file("E1", 30.001, 120.0005, dispatch.SourceInspector, start), func(d city.Directory) city.Directory {
			return swap(d, "posts.csv", "department:TEAM,handler,", "area:b2,handler,")
		}, "handler handler-department-TEAM", "department:TEAM", dispatch.Dispatched},
		{"who rules", file("E2", 30.001, 120.0005, dispatch.SourceInspector, return2...), func(d city.Directory) city.Directory { return withoutWard(d) }, "its arbiter w1 (area:w1) is gone", "", dispatch.Arbitration},
		{"who rules, whose post is gone", file("E2", 30.001, 120.0005, dispatch.SourceInspector, return2...), func(d city.Directory) city.Directory {
			return swap(d, "posts.csv", "area:w1,leader,", "area:w1,owner,")
		}, "its arbiter w1 (area:w1) has no holder", "", dispatch.Arbitration},
		{"the category, dispatched", file("E1", 30.001, 120.0005, dispatch.SourceInspector), noCategory, "category Pothole (E1) is gone", "department:TEAM", dispatch.Dispatched},
		{"the category, reported", file("E1", 30.001, 120.0005, dispatch.SourceHotline), noCategory, "category Pothole (E1) is gone", "", dispatch.Reported},
		{"the category, filed", file("E1", 30.001, 120.0005, dispatch.SourceHotline, by("acceptor-area-c", dispatch.Command{Act: dispatch.ActAccept})), noCategory, "category Pothole (E1) is gone", "", dispatch.Filed},
		{"the category and the owner", file("E1", 30.001, 120.0005, dispatch.SourceInspector, start), func(d city.Directory) city.Directory { return noTeam(noCategory(d)) }, "owner Team (department:TEAM) is gone", "department:WORKS", dispatch.Dispatched},
	}
}

const (
	riverMarket  = `{"type":"Feature","properties":{"id":"M1","kind":"market","name":"东市场"},"geometry":{"type":"Point","coordinates":[120.0005,30.0015]}}`
	riverSection = `{"type":"Feature","properties":{"id":"S1","name":"沿河路","department":"TEAM","width_m":"40"},"geometry":{"type":"LineString","coordinates":[[120.0032,30.0005],[120.0038,30.0005]]}}`
)

// merged is the town with block b4 as a part of b3.
func merged(d city.Directory) city.Directory {
	lines := strings.Split(string(d["areas.geojson"]), "\n")
	for i, l := range lines {
		if strings.Contains(l, `"id":"b3"`) {
			lines[i] = strings.ReplaceAll(l, "120.003,", "120.004,")
		}
	}
	d = swap(d, "areas.geojson", string(d["areas.geojson"]), strings.Join(lines, "\n"))
	out := cut(d, `"id":"b4"`, "area:b4", "owner-area-b4")
	out["areas.geojson"] = bytes.Replace(out["areas.geojson"], []byte("},\n]"), []byte("}]"), 1)
	if !bytes.HasSuffix(out["areas.geojson"], []byte("]}")) {
		out["areas.geojson"] = append(bytes.TrimRight(out["areas.geojson"], ",\n"), "]}"...)
	}
	return out
}

// withoutWard is the town whose first ward is called w3.
func withoutWard(d city.Directory) city.Directory {
	for _, name := range []string{"areas.geojson", "posts.csv", "people.csv"} {
		d = swap(d, name, "w1", "w3")
	}
	return d
}

func reportAt(category string, lat, lng float64, source dispatch.Source) dispatch.Report {
	return dispatch.Report{ClientID: "r-" + category, Source: source, Category: catalog.Code(category), Position: grid.Position{Lat: lat, Lng: lng, Datum: grid.WGS84}}
}

// at is do for somebody who stands where the case lies.
func (a *acts) at(who roster.PersonID, cs *dispatch.Case, cmd dispatch.Command) *dispatch.Case {
	a.t.Helper()
	cmd.Note, cmd.Photos = "because", []string{"photo"}
	cmd.Position = &grid.Position{Lat: cs.Place.Point.Lat, Lng: cs.Place.Point.Lng, Datum: grid.WGS84}
	after, err := a.d.Act(a.t.Context(), who, cs.ID, 0, "", cmd)
	if err != nil {
		a.t.Fatalf("%s of case %s by %s: %v", cmd.Act, cs.ID, who, err)
	}
	return after
}

// An apply leaves no open case without an owner: the case is named and keep is refused; after an apply with a choice
// the case is listed, has an owner, and has a person who can go on.
func TestApply_LeavesNoCaseWithoutOwner(t *testing.T) {
	t.Parallel()
	for _, tt := range losings() {
		for _, policy := range []revision.Policy{revision.Move, revision.Reroute} {
			t.Run(fmt.Sprint(tt.name, policy), func(t *testing.T) {
				was := riverTown()
				is := tt.dir(was)
				a, clock := river(t, was)
				cs := tt.file(a)
				clock.add(time.Minute)
				p := rollout.Proposal{Directory: is, Against: was.Revision(), Policy: revision.Keep, Waive: "so decided"}
				ground := !bytes.Equal(was["areas.geojson"], is["areas.geojson"])
				if !ground {
					plan, err := a.d.Plan(t.Context(), mayor, p)
					if err != nil {
						t.Fatal(err)
					}
					if plan.LostCount != 1 || len(plan.Lost) != 1 || plan.Lost[0].Case != cs.ID || !strings.Contains(plan.Lost[0].Why[0].En, tt.says) {
						t.Errorf("the plan names %+v, want %s because of %q", plan.Lost, cs.ID, tt.says)
					}
					named := 0
					for m, err := range a.d.Moves(t.Context(), plan, 0) {
						if err != nil {
							t.Fatal(err)
						}
						named += len(m.Lost)
					}
					if named == 0 {
						t.Error("no case among the moves says what it loses")
					}
				}
				var lost *rollout.LostError
				if _, err := a.d.Apply(t.Context(), mayor, p); !errors.As(err, &lost) || lost.Count != 1 || lost.Cases[0].Case != cs.ID || !strings.Contains(lost.Cases[0].Why[0].En, tt.says) {
					t.Fatalf("Apply with keep = %v, %+v, want a *LostError because of %q", err, lost, tt.says)
				}
				if got := a.d.City().Base(); got != was.Revision() {
					t.Fatalf("a refused apply let %s decide", got)
				}
				p.Policy = policy
				if is, _ := compile.Directory(is); is.Categories[cs.Category] == nil { // no rule says what it is now
					if _, err := a.d.Apply(t.Context(), mayor, p); !errors.As(err, &lost) || len(lost.Cases[0].Why) != 1 {
						t.Fatalf("Apply without a successor of the category = %v, want a *LostError because of it alone", err)
					}
					p.Successors.Categories = map[catalog.Code]catalog.Code{cs.Category: "E4"}
				}
				if _, err := a.d.Apply(t.Context(), mayor, p); err != nil {
					t.Fatal(err)
				}
				after := findable(t, a.d, cs.ID)
				owner := ""
				if after.Owner.Unit != (roster.Unit{}) {
					owner = after.Owner.Unit.String()
				}
				wantOwner := tt.owner
				if policy == revision.Reroute && after.Category != cs.Category && wantOwner != "" {
					wantOwner = "department:WORKS" // by the rules of the successor, E4
				}
				if owner != wantOwner || after.Stage != tt.stage {
					t.Errorf("it is %s of %q, want %s of %q", after.Stage, owner, tt.stage, wantOwner)
				}
				if name := a.d.City().CategoryName(cs.Category); name.Zh == string(cs.Category) {
					t.Errorf("category %s has lost its name", cs.Category)
				}
				if a.d.City().Categories[after.Category] == nil || after.Severity > cs.Severity {
					t.Errorf("it is of category %s, severity %d, after severity %d", after.Category, after.Severity, cs.Severity)
				}
				formerly(t, a.d, cs, after)
				sound(t, a.d)
				if ground {
					return
				}
				p = rollout.Proposal{Revision: was.Revision(), Against: is.Revision(), Policy: policy, Waive: "back"}
				if _, err := a.d.Apply(t.Context(), mayor, p); err != nil {
					t.Fatal(err)
				}
				findable(t, a.d, cs.ID)
				sound(t, a.d)
			})
		}
	}
}

// formerly wants the case in the lists of the units that it had and that are gone, by their old names.
func formerly(t *testing.T, d *desk.Desk, was, is *dispatch.Case) {
	t.Helper()
	units := []roster.Unit{was.Owner.Unit, was.Arbiter}
	for _, id := range was.Place.Areas {
		units = append(units, roster.Unit{Kind: roster.UnitArea, ID: string(id)})
	}
	for _, u := range units {
		if u == (roster.Unit{}) || d.City().Exists(u) {
			continue
		}
		if name := d.City().UnitName(u).Zh; name == u.ID && strings.HasPrefix(u.String(), "department:") {
			t.Errorf("%s has lost its name", u)
		}
		for _, open := range []bool{true, false} {
			page, err := d.List(t.Context(), mayor, view.Query{Scope: u, Open: open})
			if err != nil || !slices.ContainsFunc(page.Cases, func(k *dispatch.Case) bool { return k.ID == is.ID }) {
				t.Errorf("the list of %s, which is gone (open only: %v), lacks case %s: %v", u, open, is.ID, err)
			}
		}
	}
}

// findable wants an open case in the lists of its areas and its owner, and an act that brings it on
// among those offered to somebody; whatever is offered to anybody is not refused for what the city lacks.
func findable(t *testing.T, d *desk.Desk, id dispatch.CaseID) *dispatch.Case {
	t.Helper()
	c := d.City()
	cs, err := d.Case(t.Context(), mayor, id)
	if err != nil {
		t.Fatal(err)
	}
	var scopes []roster.Unit
	for _, a := range cs.Place.Areas {
		scopes = append(scopes, roster.Unit{Kind: roster.UnitArea, ID: string(a)})
	}
	if cs.Owner.Unit != (roster.Unit{}) {
		scopes = append(scopes, cs.Owner.Unit)
		if c.UnitName(cs.Owner.Unit).Zh == "" || len(c.Roster.Holdings(cs.Owner.Post)) == 0 {
			t.Errorf("the owner is %+v, whom the city does not have", cs.Owner)
		}
	}
	for _, u := range scopes {
		for _, all := range []bool{true, false} {
			page, err := d.List(t.Context(), mayor, view.Query{Scope: u, Open: all})
			if err != nil || !slices.ContainsFunc(page.Cases, func(k *dispatch.Case) bool { return k.ID == id }) {
				t.Errorf("the list of %s (open only: %v) lacks case %s: %v", u, all, id, err)
			}
		}
	}
	at := cs.UpdatedAt.Add(time.Second)
	onward := map[dispatch.Act]bool{
		dispatch.ActAccept: true, dispatch.ActDispatch: true, dispatch.ActStart: true, dispatch.ActResolve: true, dispatch.ActCheck: true, dispatch.ActArbitrate: true,
		dispatch.ActResume: true, dispatch.ActReclassify: true,
	}
	moved := false
	for _, person := range c.Roster.People() {
		for _, act := range lifecycle.Acts(c, person.ID, cs, at) {
			moved = moved || onward[act]
			if act == dispatch.ActAccept || act == dispatch.ActDispatch || act == dispatch.ActStart {
				if _, err := lifecycle.Decide(cs, dispatch.Command{Act: act, At: at, Actor: person.ID}, lifecycle.Facts{}, c); err != nil && !strings.Contains(err.Error(), "name a handler") {
					t.Errorf("%s is offered to %s and fails: %v", act, person.ID, err)
				}
			}
		}
	}
	if !moved {
		t.Errorf("nobody can bring case %s, %s, on", id, cs.Stage)
	}
	if escalation.LacksTimer(c, cs) {
		t.Errorf("case %s has no timer", id)
	}
	return cs
}

// A revision that waits was planned before a case came to be: whatever its policy says, nothing is left to
// nobody when it takes effect. One that is withdrawn moves nothing.
func TestApply_LeavesNoLaterCaseWithoutOwner(t *testing.T) {
	t.Parallel()
	was := riverTown()
	is := losings()[0].dir(was)
	for _, withdrawn := range []bool{false, true} {
		a, clock := river(t, was)
		at := clock.Now().Add(24 * time.Hour)
		rev, err := a.d.Apply(t.Context(), mayor, rollout.Proposal{Directory: is, Against: was.Revision(), Policy: revision.Keep, Waive: "so decided", From: at})
		if err != nil {
			t.Fatal(err)
		}
		cs := a.file(watchman, reportAt("E1", 30.001, 120.0005, dispatch.SourceInspector))
		want := roster.Unit{Kind: roster.UnitDepartment, ID: "WORKS"}
		if withdrawn {
			if _, err := a.d.Withdraw(t.Context(), mayor, rev.Number); err != nil {
				t.Fatal(err)
			}
			want.ID = "TEAM"
		}
		clock.add(25 * time.Hour)
		for more := true; more; {
			if more, err = a.d.AdvanceRollout(t.Context(), clock.Now()); err != nil {
				t.Fatal(err)
			}
		}
		if after := findable(t, a.d, cs.ID); after.Owner.Unit != want {
			t.Errorf("withdrawn %v: it is %s's, want %s", withdrawn, after.Owner.Unit, want)
		}
	}
}

// A handler leaves on a day that the table names, no apply needed: the work can be given to another.
func TestHandler_LeavesByDate(t *testing.T) {
	t.Parallel()
	for file, row := range map[string][2]string{
		"people.csv": {"handler-department-TEAM,handler-department-TEAM,13800000000", "handler-department-TEAM,handler-department-TEAM,13800000000,2026-03-06"},
		"posts.csv":  {"department:TEAM,handler,handler-department-TEAM", "department:TEAM,handler,handler-department-TEAM,2026-03-06"},
	} {
		dir := swap(riverTown(), file, row[0], row[1])
		head, column := "id,name,phone\n", "active_to"
		if file == "posts.csv" {
			head, column = "unit,role,person\n", "to"
		}
		dir = swap(dir, file, head, strings.TrimSuffix(head, "\n")+","+column+"\n")
		lines := strings.Split(strings.TrimSpace(string(dir[file])), "\n")
		for i, l := range lines {
			if strings.Count(l, ",") == 2 {
				lines[i] += ","
			}
		}
		dir[file] = []byte(strings.Join(lines, "\n") + "\n")
		a, clock := river(t, dir)
		cs := a.file(watchman, reportAt("E1", 30.001, 120.0005, dispatch.SourceInspector))
		cs = a.at("handler-department-TEAM", cs, dispatch.Command{Act: dispatch.ActStart})
		owner := roster.PersonID("owner-department-TEAM")
		if slices.Contains(lifecycle.Acts(a.d.City(), owner, cs, clock.Now()), dispatch.ActStart) {
			t.Errorf("%s: work that is under way can be started by another", file)
		}
		clock.add(3 * 24 * time.Hour)
		if !slices.Contains(lifecycle.Acts(a.d.City(), owner, cs, clock.Now()), dispatch.ActStart) {
			t.Errorf("%s: the handler has left and nobody can take the work", file)
		}
		if cs = a.at(owner, cs, dispatch.Command{Act: dispatch.ActStart}); cs.Handler != owner || cs.Stage != dispatch.Handling {
			t.Errorf("%s: it is %s by %q", file, cs.Stage, cs.Handler)
		}
		sound(t, a.d)
	}
}

// What was merged or closed while a revision took away what it names is given to somebody when it comes back.
func TestUnmerge_AfterTheOwnerIsGone(t *testing.T) {
	t.Parallel()
	was := riverTown()
	is := losings()[0].dir(was)
	a, clock := river(t, was)
	first := a.file(watchman, reportAt("E1", 30.001, 120.0005, dispatch.SourceInspector))
	r := reportAt("E1", 30.001, 120.0005, dispatch.SourceInspector)
	r.ClientID = "r-again"
	second := a.file(watchman, r)
	a.at("handler-department-TEAM", second, dispatch.Command{Act: dispatch.ActStart})
	a.at("dispatcher-area-c", second, dispatch.Command{Act: dispatch.ActMerge, Target: first.ID})
	clock.add(time.Hour)
	if _, err := a.d.Apply(t.Context(), mayor, rollout.Proposal{Directory: is, Against: was.Revision(), Policy: revision.Move, Waive: "so decided"}); err != nil {
		t.Fatal(err)
	}
	clock.add(time.Hour)
	after := a.at("dispatcher-area-c", second, dispatch.Command{Act: dispatch.ActUnmerge})
	if after = findable(t, a.d, after.ID); after.Owner.Unit.ID != "WORKS" || after.Stage != dispatch.Dispatched {
		t.Errorf("it comes back as %s of %s", after.Stage, after.Owner.Unit)
	}
	sound(t, a.d)
}

// A revision after which nobody could check, accept or dispatch is a gap, and is waived with a reason or not
// applied.
func TestApply_ActWithoutPersonIsAGap(t *testing.T) {
	t.Parallel()
	was := riverTown()
	a, _ := river(t, was)
	cs := a.file(watchman, reportAt("E1", 30.001, 120.0005, dispatch.SourceInspector))
	cs = a.at("handler-department-TEAM", cs, dispatch.Command{Act: dispatch.ActStart})
	a.at("handler-department-TEAM", cs, dispatch.Command{Act: dispatch.ActResolve})
	is := cut(was, "area:c,checker", "area:c,inspector", "checker-area-c", "inspector-area-c")
	p := rollout.Proposal{Directory: is, Against: was.Revision(), Policy: revision.Keep}
	var gaps *rollout.GapsError
	if _, err := a.d.Apply(t.Context(), mayor, p); !errors.As(err, &gaps) || !slices.ContainsFunc(gaps.Gaps, func(g rollout.Gap) bool {
		return g.Reason == rollout.LostAct && strings.Contains(g.Text.En, `"check" on 1 open case any more`)
	}) {
		t.Fatalf("Apply = %v, %+v", err, gaps)
	}
}
