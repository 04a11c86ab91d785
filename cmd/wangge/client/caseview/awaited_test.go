package caseview_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	wanggev1 "wangge/api/wangge/v1"
	"wangge/cmd/wangge/client/caseview"

	"google.golang.org/protobuf/types/known/timestamppb"
)

// A district is co-owner of a road that has fallen in, and its inspector is sent there: each has a line with the own task and the own
// deadline, in the account and in the columns of a sheet. In the list of the inspector the own wait and the own deadline are the row's.
func TestWords_DistrictAssistsAndItsInspectorIsSent(t *testing.T) {
	t.Parallel()
	at := func(text string) *timestamppb.Timestamp {
		when, err := time.Parse("2006-01-02 15:04", text)
		if err != nil {
			t.Fatal(err)
		}
		return timestamppb.New(when)
	}
	const district = "areas/230102"
	wait := func(post, what, milestone, person, due string) *wanggev1.Wait {
		return &wanggev1.Wait{
			Kind: wanggev1.WaitKind_WAIT_KIND_DUTY, DisplayName: what, Unit: district, UnitDisplayName: "道里区", Post: district + "/posts/" + post,
			People: []string{"people/p"}, PeopleDisplayNames: []string{person}, Milestone: milestone, DueTime: at(due),
		}
	}
	owner, inspector := wait("owner", "协办", "", "胡淑芬", "2026-03-10 17:30"), wait("inspector", "到场", "arrive@inspector@area:230102", "郭桂芝", "2026-03-04 17:20")
	cs := &wanggev1.Case{
		Stage: wanggev1.Stage_STAGE_HANDLING, DueTime: at("2026-03-09 17:30"), Waits: []*wanggev1.Wait{owner, inspector},
		CoOwnerWork: []*wanggev1.CoOwnerWork{{Unit: district, Duty: "疏导交通", Clock: &wanggev1.WorkClock{DueTime: at("2026-03-10 17:30")}}},
		Milestones: []*wanggev1.Milestone{
			{Id: "arrive@area:230102", DisplayName: "到场", Unit: district, Post: district + "/posts/owner", Clock: &wanggev1.WorkClock{DueTime: at("2026-03-04 17:25")}},
			{Id: "arrive@inspector@area:230102", DisplayName: "到场", Unit: district, Post: district + "/posts/inspector", Clock: &wanggev1.WorkClock{DueTime: at("2026-03-04 17:20")}},
		},
	}
	w := caseview.Words{Lang: "zh", Zone: time.UTC}
	value := func(columns []caseview.Column, title string) string {
		i := slices.IndexFunc(columns, func(c caseview.Column) bool { return c.Title.En == title })
		return fmt.Sprint(columns[i].Value(w, cs))
	}
	const assists, goes = "道里区 责任人（胡淑芬）：协办，疏导交通，截止 2026-03-10 17:30", "道里区 监督员（郭桂芝）：到场，截止 2026-03-04 17:20"
	account := w.Account(caseview.Record{Case: cs})
	var lines []string
	for _, s := range account.Sections {
		for _, r := range s.Rows {
			if r.Key == "waits for" {
				lines = r.Values
			}
		}
	}
	if want := []string{assists, goes}; !slices.Equal(lines, want) {
		t.Errorf("the account waits for %q, want %q", lines, want)
	}
	if got := value(caseview.SheetColumns(), "waits for"); got != assists+"；"+goes {
		t.Errorf("the sheet waits for %q", got)
	}
	inspector.OfScope, cs.Waits = true, []*wanggev1.Wait{inspector}
	if got := value(caseview.ListColumns(), "waits for"); got != goes {
		t.Errorf("the inspector's row waits for %q, want %q", got, goes)
	}
	if got := value(caseview.ListColumns(), "due"); got != "2026-03-04 17:20" {
		t.Errorf("the inspector's row is due %q", got)
	}
}
