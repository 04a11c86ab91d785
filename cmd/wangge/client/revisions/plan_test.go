package revisions

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"wangge/cmd/wangge/cli"
	"wangge/cmd/wangge/client/remote"

	wanggev1 "wangge/api/wangge/v1"
)

// Each row of a plan stands under the heading of its list, also where lost cases and moves come mixed; a case that is
// lost and does not move is no move.
func TestPlan_RowsStandUnderTheirHeadings(t *testing.T) {
	t.Parallel()
	pages := []*wanggev1.PlanCityResponse{
		{CityRevisionBefore: "c-1", CityRevisionAfter: "c-2"},
		{Moves: []*wanggev1.CaseMove{
			{Case: "cases/20261127-000001", Lost: []string{"its owner is gone"}, EscalationMoves: true},
			{Case: "cases/20261127-000002", Lost: []string{"its category is gone"}},
		}},
		{Moves: []*wanggev1.CaseMove{
			{Case: "cases/20261127-000003", Lost: []string{"its handler left"}, Stuck: "no rule"},
			{Case: "cases/20261127-000004", EscalationMoves: true},
		}},
		{Totals: &wanggev1.PlanTotals{Cases: 4, Lost: 3}},
	}
	next := func() (*wanggev1.PlanCityResponse, error) {
		if len(pages) == 0 {
			return nil, io.EOF
		}
		p := pages[0]
		pages = pages[1:]
		return p, nil
	}
	var out bytes.Buffer
	c := &remote.Server{Options: &cli.Options{Lang: "en"}}
	if err := printPlan(c, &out, next, time.UTC, 50); !errors.Is(err, cli.ErrFound) {
		t.Errorf("a plan that loses cases: %v", err)
	}
	want := `open cases that would be left to nobody
  cases/20261127-000001  its owner is gone
  cases/20261127-000002  its category is gone
  cases/20261127-000003  its handler left
open cases that would move
  cases/20261127-000001  ladder
  cases/20261127-000003  no rule
  cases/20261127-000004  ladder
`
	if !strings.Contains(out.String(), want) {
		t.Errorf("printed\n%s, want in it\n%s", out.String(), want)
	}
}
