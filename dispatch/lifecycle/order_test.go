package lifecycle

import (
	"errors"
	"strings"
	"testing"

	"wangge/dispatch"
	"wangge/dispatch/city/roster"
	"wangge/dispatch/lifecycle/guard"
	"wangge/dispatch/rights"
	"wangge/dispatch/routing"
)

// Every act of the transition table, at every stage, by a holder of every role that reaches the case and of one that
// does not, with a command that carries nothing: first whether the office may ever do it here, which no stage changes;
// then whether the stage and the guards allow it; then everything that is missing, at once.
func TestDecide_OrderOfRefusals(t *testing.T) {
	t.Parallel()
	l := lives(t, dispatch.Dispatched)
	c, base := l.c, *l.cs
	base.Arbiter = routing.Root(c) // as it is once a dispute was referred
	if base.Owner.Unit == (roster.Unit{}) {
		t.Fatal("the case has no owner")
	}
	people := map[roster.PersonID]bool{}
	type kind struct {
		role    roster.Role
		reaches bool
	}
	kinds := map[kind]bool{}
	for _, p := range c.Roster.People() {
		for _, h := range c.Roster.PostsOf(p.ID, l.now) {
			k := kind{h.Role, rights.Within(c, h.Unit, rights.ScopePlace, &base)}
			if !kinds[k] {
				kinds[k], people[p.ID] = true, true
			}
		}
	}
	if len(kinds) < 12 {
		t.Fatalf("only %d sorts of people", len(kinds))
	}
	seen := map[string]int{}
	for i := range transitions {
		row := &transitions[i]
		for person := range people {
			never := 0
			for _, stage := range anyStage {
				cs := base
				cs.Stage = stage
				var refused *dispatch.RefusedError
				post, err := Authorize(c, person, row.act, &cs, l.now)
				if _, ok := errors.AsType[*dispatch.NotAllowedError](err); ok {
					never++
					seen["never"]++
					continue
				}
				if err == nil {
					_, err = Decide(&cs, dispatch.Command{Act: row.act, Actor: person, Post: post, At: l.now}, Facts{}, c)
				}
				asks := errors.As(err, &refused) && strings.HasPrefix(refused.Why.En, "it needs ")
				switch {
				case !row.starts(stage):
					if seen["stage"]++; refused == nil || !refused.ByStage || asks {
						t.Errorf("%s by %s while it is %s: %v, want the stage as the reason", row.act, person, stage, err)
					}
				case row.possible(c, &cs, person, l.now) != guard.None:
					if seen["guard"]++; refused == nil || asks {
						t.Errorf("%s by %s while it is %s: %v, want the guard as the reason", row.act, person, stage, err)
					}
				default:
					for _, n := range row.needs {
						if n == dispatch.NeedVerdict || n == dispatch.NeedGrant { // no and nothing are the same here
							continue
						}
						if seen["missing"]++; !asks || !strings.Contains(refused.Why.En, n.Text().En) {
							t.Errorf("%s by %s while it is %s: %v, want %s among what is missing", row.act, person, stage, err, n.Text().En)
						}
					}
				}
			}
			if never != 0 && never != len(anyStage) {
				t.Errorf("%s may never %s at %d of %d stages: the right must not change with the stage", person, row.act, never, len(anyStage))
			}
		}
	}
	for _, what := range []string{"never", "stage", "guard", "missing"} {
		if seen[what] < 20 {
			t.Errorf("%s is met %d times only: %v", what, seen[what], seen)
		}
	}
}
