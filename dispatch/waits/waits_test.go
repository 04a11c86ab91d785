package waits_test

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"wangge/dispatch"
	"wangge/dispatch/casetest"
	"wangge/dispatch/city"
	"wangge/dispatch/city/citytest"
	"wangge/dispatch/city/roster"
	"wangge/dispatch/lifecycle"
	"wangge/dispatch/waits"
)

// The way of a case in the words of the trade: after each act, what it waits for, from which post, and who is on duty.
func TestWaitsFor_AlongACase(t *testing.T) {
	t.Parallel()
	c := citytest.Toy(t)
	at := casetest.At(c, "2026-04-08 09:00")
	var cs *dispatch.Case
	do := func(act dispatch.Act, actor roster.PersonID, change func(*dispatch.Command)) {
		t.Helper()
		cmd := dispatch.Command{Act: act, Actor: actor, At: at, Note: "note", Photos: []string{"photo"}}
		post, err := lifecycle.Authorize(c, actor, act, cs, at)
		if err != nil {
			t.Fatalf("%s by %s: %v", act, actor, err)
		}
		if cmd.Post = post; change != nil {
			change(&cmd)
		}
		cs = casetest.Apply(t, cs, cmd, c)
	}
	want := func(lines ...string) {
		t.Helper()
		if got := printed(c, cs); !slices.Equal(got, lines) {
			t.Errorf("%s waits for\n%s\nwant\n%s", cs.Stage, strings.Join(got, "\n"), strings.Join(lines, "\n"))
		}
	}
	yes := func(cmd *dispatch.Command) { cmd.Passed = true }

	cs = casetest.FileToy(t, c, citytest.Rubbish, dispatch.SourceHotline, at)
	want("acceptance acceptor@area:TOY [acceptor]")
	do(dispatch.ActVerify, citytest.Acceptor, nil)
	want("verification inspector@area:W1A [inspector-w1a]")
	do(dispatch.ActConfirm, citytest.InspectorW1A, yes)
	want("filing acceptor@area:TOY [acceptor]")
	do(dispatch.ActAccept, citytest.Acceptor, nil)
	want("dispatch dispatcher@area:TOY [dispatcher]")
	do(dispatch.ActDispatch, citytest.Dispatcher, nil)
	want("work owner@area:W1A [grid-w1a]")
	do(dispatch.ActExtend, citytest.GridW1A, nil)
	want("work owner@area:W1A [grid-w1a]", "decision leader@area:W [leader-w] of leader")
	do(dispatch.ActDecideExtension, citytest.LeaderW, yes)
	want("work owner@area:W1A [grid-w1a]", "decision dispatcher@area:TOY [dispatcher] of dispatcher, duty_chief")
	do(dispatch.ActDecideExtension, citytest.Dispatcher, yes)
	do(dispatch.ActExtend, citytest.GridW1A, nil)
	do(dispatch.ActDecideExtension, citytest.LeaderW, yes)
	want("work owner@area:W1A [grid-w1a]", "decision duty_chief@area:TOY [chief] of duty_chief, leader")
	do(dispatch.ActDecideExtension, citytest.DutyChief, nil)
	do(dispatch.ActStart, citytest.GridW1A, nil)
	do(dispatch.ActSuspend, citytest.GridW1A, func(cmd *dispatch.Command) { cmd.Until = at.AddDate(0, 0, 1) })
	want("work owner@area:W1A [grid-w1a]", "decision dispatcher@area:TOY [dispatcher] of dispatcher, duty_chief")
	do(dispatch.ActDecideSuspension, citytest.Dispatcher, nil)
	do(dispatch.ActForceClose, citytest.DutyChief, nil)
	want("work owner@area:W1A [grid-w1a]", "decision leader@area:TOY [mayor] of leader")
	do(dispatch.ActSupervise, citytest.Mayor, nil)
	want("work owner@area:W1A [grid-w1a]", "decision leader@area:TOY [mayor] of leader", "answer to the supervision owner@area:W1A [grid-w1a]")
	do(dispatch.ActAnswer, citytest.GridW1A, nil)
	at = at.AddDate(0, 0, 2) // late: there is something to appeal
	do(dispatch.ActResolve, citytest.GridW1A, nil)
	want("check inspector@area:W1A [inspector-w1a]")
	do(dispatch.ActCheck, citytest.InspectorW1A, func(cmd *dispatch.Command) {
		cmd.Passed, cmd.Position = true, &cs.Report.Position
	})
	want("closing acceptor@area:TOY [acceptor]")
	do(dispatch.ActClose, citytest.Acceptor, func(cmd *dispatch.Command) {
		cmd.Closing, cmd.Outcome = "清运", dispatch.OutcomeFixed
	})
	want()
	do(dispatch.ActAppeal, citytest.GridW1A, nil)
	want("decision dispatcher@area:TOY [dispatcher] of dispatcher")
	do(dispatch.ActDecideAppeal, citytest.Dispatcher, yes)
	want("decision acceptor@area:TOY [acceptor] of acceptor, duty_chief")
	do(dispatch.ActDecideAppeal, citytest.Acceptor, yes)
	want()
}

// A dispute waits for the arbiter of the city. Without one it waits for the leader of the unit above those in dispute.
func TestWaitsFor_Dispute(t *testing.T) {
	t.Parallel()
	toy := citytest.Toy(t)
	at := casetest.At(toy, "2026-04-08 09:00")
	without := strings.Replace(string(citytest.ToyDirectory()["posts.csv"]), ",area:TOY,arbiter,arbiter,1,,,\n", "", 1)
	for want, c := range map[string]*city.City{
		"ruling arbiter@area:TOY [arbiter] of arbiter, leader": toy,
		"ruling leader@area:TOY [mayor] of arbiter, leader":    citytest.Varied(t, map[string]string{"posts.csv": without}),
	} {
		cs := casetest.FileToy(t, c, citytest.Rubbish, dispatch.SourceInspector, at)
		returned := dispatch.Command{Act: dispatch.ActReturn, At: at, Note: "not ours", Reason: dispatch.NotMyArea}
		cs = casetest.Apply(t, cs, returned, c)
		cs = casetest.Apply(t, cs, dispatch.Command{
			Act: dispatch.ActDispatch, At: at, Owner: &dispatch.Owner{Unit: roster.Unit{Kind: roster.UnitDepartment, ID: "GREEN"}},
		}, c)
		cs = casetest.Apply(t, cs, returned, c)
		if got := printed(c, cs); !slices.Equal(got, []string{want}) {
			t.Errorf("the dispute waits for %v, want %s", got, want)
		}
	}
}

// A leader who asks is not the leader who decides: the next one upwards does.
func TestWaitsFor_NobodyDecidesOnTheirOwnRequest(t *testing.T) {
	t.Parallel()
	c := citytest.Toy(t)
	at := casetest.At(c, "2026-04-08 09:00")
	cs := casetest.FileToy(t, c, citytest.Rubbish, dispatch.SourceInspector, at)
	cs = casetest.Apply(t, cs, dispatch.Command{Act: dispatch.ActExtend, Actor: citytest.LeaderW, Post: "leader@area:W", At: at, Note: "frost"}, c)
	if got := printed(c, cs); got[1] != "decision leader@area:TOY [mayor] of leader" {
		t.Errorf("waits for %q, want the leader above", got[1])
	}
}

// printed prints each wait of a case: what, from which post, who is on duty, and the roles that may decide.
func printed(c *city.City, cs *dispatch.Case) (out []string) {
	for _, w := range waits.For(c, cs) {
		var on []roster.PersonID
		for _, to := range waits.Answerers(c, cs, w, cs.UpdatedAt) {
			on = append(on, to.Person)
		}
		line := fmt.Sprint(w.What.Text().En, " ", w.Post, " ", on)
		if len(w.Roles) > 0 {
			line += " of " + roster.RolesText(w.Roles).En
		}
		out = append(out, line)
	}
	return out
}

// The posts from which a wait may come begin with the wait's own, at every stage and for every request.
func TestPosts_BeginWithTheNearest(t *testing.T) {
	t.Parallel()
	c := citytest.Toy(t)
	filed := casetest.FileToy(t, c, citytest.Rubbish, dispatch.SourceHotline, casetest.At(c, "2026-04-08 09:00"))
	owner := dispatch.Owner{Unit: roster.Unit{Kind: roster.UnitArea, ID: "W1A"}, Post: "owner@area:W1A"}
	asked := map[waits.Kind]int{}
	for stage := dispatch.StageUnknown; stage <= dispatch.SelfResolved; stage++ {
		for kind := dispatch.NoRequest; kind <= dispatch.RequestAppeal; kind++ {
			cs := *filed
			cs.Stage, cs.Owner, cs.Arbiter, cs.Request = stage, owner, owner.Unit, dispatch.ApprovalRequest{Kind: kind, By: citytest.GridW1A}
			cs.Unanswered = true
			cs.CoOwners = []dispatch.CoOwner{{Owner: dispatch.Owner{Unit: roster.Unit{Kind: roster.UnitArea, ID: "E1A"}, Post: "owner@area:E1A", Duty: "劝导"}}}
			for _, w := range waits.For(c, &cs) {
				asked[w.What]++
				for u, post := range waits.Posts(c, &cs, w) {
					if u != w.Unit || post != w.Post {
						t.Errorf("%s, %s: the first post is %s, want %s", stage, w.What.Text().En, post, w.Post)
					}
					break
				}
			}
		}
	}
	for _, kind := range []waits.Kind{waits.Answer, waits.Accept, waits.Verify, waits.File, waits.Dispatch, waits.Work, waits.Duty, waits.Check, waits.Ruling, waits.Decision} {
		if asked[kind] == 0 {
			t.Errorf("no case waited for %s", kind.Text().En)
		}
	}
}

// The answer to a supervision is awaited from a post that may answer, at every stage: from the owner while the owner's work is done or
// checked, else from the office.
func TestWaitsFor_AnswerOfThoseWhoMayAnswer(t *testing.T) {
	t.Parallel()
	c := citytest.Toy(t)
	filed := casetest.FileToy(t, c, citytest.Rubbish, dispatch.SourceHotline, casetest.At(c, "2026-04-08 09:00"))
	owner := dispatch.Owner{Unit: roster.Unit{Kind: roster.UnitArea, ID: "W1A"}, Post: "owner@area:W1A"}
	for stage, want := range map[dispatch.Stage]roster.PostID{
		dispatch.Reported: "acceptor@area:TOY", dispatch.Verifying: "acceptor@area:TOY", dispatch.Accepted: "acceptor@area:TOY",
		dispatch.Filed: "dispatcher@area:TOY", dispatch.Dispatched: owner.Post, dispatch.Handling: owner.Post, dispatch.Suspended: owner.Post,
		dispatch.Checking: owner.Post, dispatch.Returned: "dispatcher@area:TOY", dispatch.Arbitration: "dispatcher@area:TOY",
	} {
		cs := *filed
		cs.Stage, cs.Owner, cs.Unanswered = stage, owner, true
		if stage == dispatch.Arbitration {
			cs.Arbiter = roster.Unit{Kind: roster.UnitArea, ID: "W"}
		}
		all := waits.For(c, &cs)
		w := all[len(all)-1]
		if w.What != waits.Answer || w.Post != want {
			t.Errorf("%s: waits for %s from %s, want an answer from %s", stage, w.What.Text().En, w.Post, want)
		}
		for _, to := range waits.Answerers(c, &cs, w, cs.UpdatedAt) {
			if _, err := lifecycle.Authorize(c, to.Person, dispatch.ActAnswer, &cs, cs.UpdatedAt); err != nil {
				t.Errorf("%s: the answer is awaited from %s: %v", stage, to.Person, err)
			}
		}
	}
}

// A line is read back from its text, and keeps of the barred those who may come to be asked.
func TestLine_TextAndBarred(t *testing.T) {
	t.Parallel()
	c := citytest.Toy(t)
	cs := *casetest.FileToy(t, c, citytest.Rubbish, dispatch.SourceHotline, casetest.At(c, "2026-04-08 09:00"))
	cs.Stage, cs.Handler, cs.FixedBy = dispatch.Checking, citytest.InspectorW1A, citytest.WaterCrew
	l := waits.LineOf(c, &cs, waits.For(c, &cs)[0])
	if len(l.Barred) != 2 || len(l.Posts) < 3 {
		t.Fatalf("the line of a check is %+v, want both who worked, and posts upwards", l)
	}
	if got := waits.ParseLine(string(l.Append(nil))); !reflect.DeepEqual(got, l) {
		t.Errorf("read back %+v, want %+v", got, l)
	}
	if kept := l.Kept(c); !slices.Equal(kept.Barred, []roster.PersonID{citytest.InspectorW1A}) {
		t.Errorf("barred are kept %v, want the inspector alone", kept.Barred)
	}
	none := waits.Line{Posts: []roster.PostID{""}}
	if got := waits.ParseLine(string(none.Append(nil))); !reflect.DeepEqual(got, none) {
		t.Errorf("read back %+v, want %+v", got, none)
	}
}
