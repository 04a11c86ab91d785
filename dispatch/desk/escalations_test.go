package desk_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"wangge/dispatch"
	"wangge/dispatch/city/catalog"
	"wangge/dispatch/city/citytest"
	"wangge/dispatch/city/roster"
	"wangge/dispatch/desk/ledger"
	"wangge/dispatch/desk/view"
	"wangge/dispatch/escalation"
	"wangge/grid"
)

// What is listed for each leader is what was told last: at each hour of the ladder every overdue case
// stands with somebody, and once its ladder has ended it stays there.
func TestEscalations_HoldEveryOverdueCase(t *testing.T) {
	t.Parallel()
	d, clock := open(t)
	defer d.Close()
	city := roster.Unit{Kind: roster.UnitArea, ID: string(d.City().Root)}
	const n = 30
	for i := range n {
		r := report([]catalog.Code{citytest.Rubbish, citytest.Flooding}[i%2], fmt.Sprint("r-", i))
		r.Position = position([]grid.Point{citytest.InW1A, citytest.InW1B, citytest.InE1A, citytest.InE1B, citytest.OnRiver}[i%5])
		if _, _, err := d.File(t.Context(), chief, r); err != nil {
			t.Fatal(err)
		}
	}
	for range 60 {
		clock.add(2 * time.Hour)
		for more := true; more; {
			var err error
			if _, more, err = d.FireDue(t.Context(), clock.Now()); err != nil {
				t.Fatal(err)
			}
		}
		want := map[roster.PostID][]dispatch.CaseID{}
		overdue, err := d.Overdue(t.Context(), chief, view.Query{Scope: city, PageSize: 200})
		if err != nil {
			t.Fatal(err)
		}
		for _, cs := range overdue.Cases {
			for _, post := range escalation.NotifiedPosts(d.City(), cs) {
				want[post] = append(want[post], cs.ID)
			}
		}
		got := map[roster.PostID][]dispatch.CaseID{}
		worst := time.Duration(1<<62 - 1)
		for token := ""; ; {
			page, err := d.Escalations(t.Context(), chief, city, 2, token)
			if err != nil {
				t.Fatal(err)
			}
			for _, r := range page.Rows {
				if len(got[r.Post]) > 0 || r.WorstLate > worst || r.Person == "" || r.Overdue != len(want[r.Post]) {
					t.Errorf("row %+v after %v, want each post once with its %d cases", r, worst, len(want[r.Post]))
				}
				got[r.Post], worst = r.Cases, r.WorstLate
			}
			if token = page.Next; token == "" {
				break
			}
		}
		if len(got) != len(want) {
			t.Fatalf("%d posts, want %d", len(got), len(want))
		}
		for post, ids := range want {
			if !slices.Equal(got[post], ids[:min(len(ids), view.MaxCasesByPost)]) {
				t.Errorf("%s has %v, want %v", post, got[post], ids)
			}
		}
		if len(overdue.Cases) > 0 && len(got) == 0 {
			t.Error("overdue cases stand with nobody")
		}
	}
	page, err := d.Escalations(t.Context(), chief, city, 0, "")
	if err != nil || len(page.Rows) != 1 || page.Rows[0].Post != "leader@area:TOY" || page.Rows[0].Overdue != n {
		t.Errorf("when every ladder has ended: %+v, %v; want all with the city's leader", page, err)
	}
	if _, err := d.Escalations(t.Context(), chief, city, 0, "x"); !errors.Is(err, ledger.ErrBadToken) {
		t.Errorf("a token of nobody: %v, want ErrBadToken", err)
	}
	if _, err := d.Escalations(t.Context(), citytest.InspectorW1A, city, 0, ""); !errors.Is(err, ledger.ErrNoCase) {
		t.Errorf("an inspector asks for the city: %v, want ErrNoCase", err)
	}
}
