package caseview_test

import (
	"slices"
	"testing"
	"time"

	wanggev1 "wangge/api/wangge/v1"
	"wangge/cmd/wangge/client/caseview"

	"google.golang.org/protobuf/types/known/timestamppb"
)

// A main case says which cases were merged into it and which are attached to it, by number.
func TestWords_MergedAndAttachedCases(t *testing.T) {
	t.Parallel()
	other := func(number string, stage wanggev1.Stage) []*wanggev1.Case {
		return []*wanggev1.Case{{
			Name: "cases/" + number, Stage: stage, Report: &wanggev1.Report{Source: wanggev1.Source_SOURCE_HOTLINE}, ReporterDisplayName: "孙丽",
			CreateTime: timestamppb.New(time.Date(2026, 3, 4, 9, 0, 0, 0, time.UTC)),
		}}
	}
	account := caseview.Words{Lang: "zh", Zone: time.UTC}.Account(caseview.Record{
		Case: &wanggev1.Case{}, Merged: other("20260304-000011", wanggev1.Stage_STAGE_MERGED), Parts: other("20260304-000012", wanggev1.Stage_STAGE_HANDLING),
	})
	got := map[string][]string{}
	for _, s := range account.Sections {
		for _, r := range s.Rows {
			got[r.Label] = r.Values
		}
	}
	for label, want := range map[string]string{
		"并入本案": "20260304-000011，热线 孙丽 2026-03-04 09:00，已合并", "关联子案": "20260304-000012，热线 孙丽 2026-03-04 09:00，处置中",
	} {
		if !slices.Equal(got[label], []string{want}) {
			t.Errorf("%s: %q, want %q", label, got[label], want)
		}
	}
}
