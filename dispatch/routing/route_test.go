package routing_test

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"wangge/dispatch"
	"wangge/dispatch/casetest"
	"wangge/dispatch/routing"
)

func TestRoute_ExplainGivesTheSameOwner(t *testing.T) {
	t.Parallel()
	c := casetest.Harbin(t)
	p, err := routing.PlaceOf(c, casetest.Daoli)
	if err != nil {
		t.Fatal(err)
	}
	when := casetest.At(c, "2026-03-04 09:00")
	for code := range c.Categories {
		d, err := routing.Route(c, p, code, when)
		if err != nil {
			t.Errorf("Route(%s) = %v", code, err)
			continue
		}
		x, err := routing.Explain(c, p, code, when)
		if err != nil {
			t.Errorf("Explain(%s) = %v", code, err)
			continue
		}
		if last := x.Considered[len(x.Considered)-1]; !last.Matched || last.Rule != d.Rule {
			t.Errorf("Explain(%s) ends with %+v, want rule %s", code, last, d.Rule)
		}
		x.Considered = nil
		if diff := cmp.Diff(d, x); diff != "" {
			t.Errorf("Route and Explain of %s differ:\n%s", code, diff)
		}
	}
	var unknown *dispatch.UnknownCategoryError
	if _, err := routing.Route(c, p, "E010", when); !errors.As(err, &unknown) || len(unknown.Nearest) == 0 {
		t.Errorf("Route of an unknown category = %v, want the nearest named", err)
	}
}
