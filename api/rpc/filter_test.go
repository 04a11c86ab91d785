package rpc

import (
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc/codes"

	wanggev1 "wangge/api/wangge/v1"
)

func TestLists_Filters(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.file(w.light("f-1"))
	stall := w.light("f-2")
	stall.Category = "E0401"
	w.file(stall)
	ctx := w.as("p-leader", "en")
	w.setNow(w.Now().Add(30 * time.Minute))
	for filter, want := range map[string]int{
		`category = C0106`: 1, `category = "C*"`: 1, `NOT category = C0106`: 1, `severity = A OR severity = B`: 2, `stage = dispatched AND overdue = false`: 2, `overdue = true`: 0,
		`owner = "departments/LIGHTING"`: 1, `person = "people/p-lighting-owner"`: 1, `reporter != "people/p-1"`: 2, `create_time > "2026-03-04T00:00:00+08:00"`: 2,
		`due_time < "2026-03-04T00:00:00+08:00"`: 0, `escalation_step >= 1`: 0, `light = red`: 0, `light = LIGHT_RED`: 0,
	} {
		for _, open := range []wanggev1.CaseState{wanggev1.CaseState_CASE_STATE_UNSPECIFIED, wanggev1.CaseState_CASE_STATE_OPEN} {
			page, err := w.cases().ListCases(ctx, &wanggev1.ListCasesRequest{Scope: "areas/230100", State: open, Filter: filter})
			if err != nil || len(page.GetCases()) != want {
				t.Errorf("%s, open %v: %d cases, %v; want %d", filter, open, len(page.GetCases()), err, want)
			}
		}
	}
	for filter, words := range map[string]string{
		`stage = sleeping`: "not a stage", `colour = red`: "not a field", `severity < A`: "write = or !=", `due_time < yesterday`: "not a time", `person = nobody`: "write people/p-17", `person = "people/nobody"`: "not a person", `reporter = "p-1"`: "write people/p-17", `owner = "department:LIGHTING"`: "write areas/230102", `area = "departments/LIGHTING"`: "write areas/ID",
		`stage`: "compares nothing", `((`: "can't be read", `category = C9999`: "nearest", `light = blue`: "green", strings.Repeat("x", 2000): "at most",
	} {
		_, err := w.cases().ListCases(ctx, &wanggev1.ListCasesRequest{Scope: "areas/230100", Filter: filter})
		w.want(err, codes.InvalidArgument, words)
	}
	_, err := w.cases().ListCases(ctx, &wanggev1.ListCasesRequest{Scope: "areas/230100", OrderBy: "colour"})
	w.want(err, codes.InvalidArgument, "create_time desc")
	newest, err := w.cases().ListCases(ctx, &wanggev1.ListCasesRequest{Scope: "areas/230100", OrderBy: "create_time desc"})
	if err != nil || newest.GetCases()[0].GetCategory() != "E0401" {
		t.Errorf("newest first: %v, %v", newest, err)
	}
}
