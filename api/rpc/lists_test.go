package rpc

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	wanggev1 "wangge/api/wangge/v1"
	"wangge/storage/mem"
)

// violations are what a refusal says of each field.
func violations(err error) (out []string) {
	for _, d := range status.Convert(err).Details() {
		if b, ok := d.(*errdetails.BadRequest); ok {
			for _, v := range b.GetFieldViolations() {
				out = append(out, v.GetField()+": "+v.GetDescription())
			}
		}
	}
	return out
}

// Everything that is wrong with a list is said at once, in the caller's language: which field, what is
// wrong with it, where, and what to write instead.
func TestLists_FaultsAreNamed(t *testing.T) {
	t.Parallel()
	w := newWorldOf(t, wards(t), mem.Open())
	for _, lang := range []string{"en", "zh"} {
		ctx := w.as(boss, lang)
		for i, tt := range []struct {
			req    *wanggev1.ListCasesRequest
			en, zh []string // a part of each violation, in order
		}{
			{
				&wanggev1.ListCasesRequest{
					Scope: "areas/W9", ScopeBy: 7, State: 7, OrderBy: "colour", PageSize: 201, PageToken: "abc", View: 9, Category: "E0", Stage: 99,
					Filter: `stage = sleeping AND colour = red AND severity < A AND due_time < "soon" AND handler = "people/nobody" AND area = W`,
				},
				[]string{
					`state: 7 is no state; write CASE_STATE_OPEN`, `order_by: "colour" is no order; write due_time`, `filter: character 1: "sleeping" is not a stage; write for example dispatched`, `filter: character 22: "colour" is not a field; write stage, severity`,
					`filter: character 39: "<" does not fit this field; write = or !=`, `filter: character 56: "soon" is not a time; write "2026-`, `filter: character 78: "nobody" is not a person of this city; write people/ and an id`, `filter: character 108: "W": write areas/ID`,
					`page_size: 201 is not within 0 to 200`, `page_token: it is not a page token; send back next_page_token`, `scope_by: 7 is none; write SCOPE_BY_GROUND`, `scope: this city has no area "W9"; did you mean "W`,
					`view: `, `stage: 99 is not a stage`, `category: "E0" is not in the table; nearest: E0`,
				},
				[]string{
					`state: 7 不是状态；请填写未结（CASE_STATE_OPEN）`, `order_by: "colour" 不是排序方式；请填写`, `filter: 第 1 个字符："sleeping" 不是阶段；例如`, `filter: 第 22 个字符："colour" 不是字段；请写 stage`, `filter: 第 39 个字符：此字段不支持 "<"；请用`,
					`filter: 第 56 个字符："soon" 不是时间；请写`, `filter: 第 78 个字符："nobody" 不是本市人员；请填写`, `filter: 第 108 个字符："W"：请写成 areas/编号`, `page_size: 201 不在 0 到 200 之间`, `page_token: 不是分页令牌；请原样传回`, `scope_by: 7 无效；请填写`,
					`scope: 本市没有区域 "W9"；是否应为 "W`, `view: `, `stage: 99 不是阶段`, `category: 类别 "E0" 不存在；相近的有：E0`,
				},
			},
			{&wanggev1.ListCasesRequest{Scope: "W", OrderBy: "due_time desc"}, []string{"order_by: only open cases have a deadline; list the open or the overdue ones (state)", `scope: "W": write areas/230102, departments/GREEN, sections/ID, points/ID or people/p-17`}, []string{"order_by: 只有未结案件有时限；请查询未结或超时案件（state）", `scope: "W"：请写成 areas/230102`}},
			{&wanggev1.ListCasesRequest{Scope: "boss"}, []string{`scope: "boss": write areas/230102, departments/GREEN, sections/ID, points/ID or people/p-17`}, []string{`scope: "boss"：请写成 areas/230102、departments/GREEN、sections/编号、points/编号 或 people/p-17`}},
			{&wanggev1.ListCasesRequest{Scope: "people/boss", ScopeBy: 1, PageSize: -1}, []string{"page_size: -1", "scope_by: by ground only open", `scope: "boss" is not a person`, "scope: only open cases wait for a person; list the open or the overdue ones (state)", "scope_by: a person has no ground"}, []string{"page_size: -1", "scope_by: 按属地查询仅限未结案件", `scope: "boss" 不是本市人员`, "scope: 只有未结案件才等待某人处理", "scope_by: 该人员没有责任区域"}},
			{&wanggev1.ListCasesRequest{Scope: "sections/parks", Filter: `owner = department:WATER`}, []string{`filter: can't be read from character 19 on: :WATER; put a value with other signs`, `scope: this city has no section "parks"; did you mean "park"?`}, []string{"filter: 从第 19 个字符起无法解析：:WATER；", `scope: 本市没有路段 "parks"；是否应为 "park"？`}},
			{&wanggev1.ListCasesRequest{Scope: "points/shop", Filter: `状态 = "处置" AND stag = filed`}, []string{`filter: character 1: "状态" is not a field; write stage, `, `filter: character 15: "stag" is not a field; write stage`}, []string{`filter: 第 1 个字符："状态" 不是字段；请写 stage、`, `filter: 第 15 个字符："stag" 不是字段；请写 stage`}},
			{&wanggev1.ListCasesRequest{Scope: "points/shop", Filter: `stage = (filed OR handling)`}, []string{`filter: character 1: one value at a time; write stage = A OR stage = B`}, []string{"filter: 第 1 个字符：一次只能写一个值"}},
			{&wanggev1.ListCasesRequest{Scope: "points/shop", Filter: `stage = filed AND`}, []string{`filter: can't be read`}, []string{"filter: "}},
			{&wanggev1.ListCasesRequest{Scope: "points/shop", Filter: `x(stage, filed) OR owner = "areas/Q" OR section = "sections/p"`}, []string{`filter: character 1: there is no "x"; write one of =`, `filter: character 20: this city has no area "Q"`, `filter: character 41: this city has no section "p"`}, []string{`filter: 第 1 个字符：没有 "x"；可用 =`, `filter: 第 20 个字符：本市没有区域 "Q"`, `filter: 第 41 个字符：本市没有路段 "p"`}},
		} {
			_, err := w.cases().ListCases(ctx, tt.req)
			want := tt.en
			if lang == "zh" {
				want = tt.zh
			}
			got := violations(err)
			if status.Code(err) != codes.InvalidArgument || len(got) != len(want) {
				t.Errorf("%d in %s: %v\n got %s\nwant %s", i, lang, status.Code(err), strings.Join(got, "\n     "), strings.Join(want, "\n     "))
				continue
			}
			for j := range want {
				if !strings.HasPrefix(got[j], want[j]) {
					t.Errorf("%d in %s: %q, want it to begin with %q", i, lang, got[j], want[j])
				}
			}
			if tt.req.GetStage() == 0 && tt.req.GetOrderBy() == "" { // what every state takes it refuses alike
				overdue := proto.CloneOf(tt.req)
				overdue.State = wanggev1.CaseState_CASE_STATE_OVERDUE
				_, err := w.cases().ListCases(ctx, overdue)
				for _, v := range violations(err) {
					if !slices.Contains(got, v) {
						t.Errorf("%d in %s: of what is overdue alone it says %q", i, lang, v)
					}
				}
			}
		}
	}
}

// A token is good for its own list only, and a scope that is not the caller's is refused with those that
// are.
func TestLists_Refusals(t *testing.T) {
	t.Parallel()
	w := newWorldOf(t, wards(t), mem.Open())
	ctx := w.as(boss, "en")
	for i := range 4 {
		r := w.light(fmt.Sprint("r-", i))
		r.Category, r.Position.Latitude, r.Position.Longitude = "E01", 45.7045, 126.5005
		if _, err := w.reports().CreateReport(ctx, &wanggev1.CreateReportRequest{Report: r}); err != nil {
			t.Fatal(err)
		}
	}
	first := &wanggev1.ListCasesRequest{Scope: "areas/W", State: wanggev1.CaseState_CASE_STATE_OPEN, PageSize: 2, OrderBy: "due_time desc", Filter: "severity = C"}
	page, err := w.cases().ListCases(ctx, first)
	if err != nil || page.GetNextPageToken() == "" {
		t.Fatalf("%v, %v; want a page and more to come", page, err)
	}
	for what, req := range map[string]*wanggev1.ListCasesRequest{
		"scope": {Scope: "areas/T", State: wanggev1.CaseState_CASE_STATE_OPEN, OrderBy: "due_time desc", Filter: "severity = C"}, "ground": {Scope: "areas/W", ScopeBy: 1, State: wanggev1.CaseState_CASE_STATE_OPEN, OrderBy: "due_time desc", Filter: "severity = C"},
		"order": {Scope: "areas/W", State: wanggev1.CaseState_CASE_STATE_OPEN, OrderBy: "due_time", Filter: "severity = C"}, "filter": {Scope: "areas/W", State: wanggev1.CaseState_CASE_STATE_OPEN, OrderBy: "due_time desc"}, "open": {Scope: "areas/W", OrderBy: "create_time", Filter: "severity = C"},
		"category": {Scope: "areas/W", State: wanggev1.CaseState_CASE_STATE_OPEN, OrderBy: "due_time desc", Filter: "severity = C", Category: "E01"},
	} {
		req.PageToken = page.GetNextPageToken()
		_, err := w.cases().ListCases(ctx, req)
		if got := violations(err); status.Code(err) != codes.InvalidArgument || len(got) != 1 || !strings.HasPrefix(got[0], "page_token: it was not made for this query") {
			t.Errorf("a token of another %s: %v", what, err)
		}
	}
	first.PageSize, first.PageToken = 7, page.GetNextPageToken() // only the size may differ
	if rest, err := w.cases().ListCases(ctx, first); err != nil || len(rest.GetCases()) != 2 || rest.GetNextPageToken() != "" {
		t.Errorf("the rest: %v, %v", rest, err)
	}
	_, err = w.cases().ListCases(w.as("owner-area-W1a", "en"), &wanggev1.ListCasesRequest{Scope: "areas/W"})
	w.want(err, codes.NotFound, "area:W1a", "area:g1")
	_, err = w.cases().ListCases(w.as("owner-area-W1a", "zh"), &wanggev1.ListCasesRequest{Scope: "areas/W"})
	w.want(err, codes.NotFound, "无权查看该范围", "area:W1a")
}

// Whatever a filter says, it is read or refused with a place in it; nothing fails inside.
func FuzzFilter(f *testing.F) {
	w := newWorldOf(f, wards(f), mem.Open())
	ctx := w.as(boss, "zh")
	for _, text := range []string{`severity = A AND NOT stage = checking`, `((`, `a.b:c`, `-5 = x`, `"状态" = (x OR y)`, `f(a, b)`, `light = red OR due_time < "2026-03-04T09:00:00+08:00"`, `category = "*"`} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if !utf8.ValidString(text) {
			return // the wire carries UTF-8 only
		}
		_, err := w.cases().ListCases(ctx, &wanggev1.ListCasesRequest{Scope: "areas/T", State: wanggev1.CaseState_CASE_STATE_OPEN, Filter: text})
		switch status.Code(err) {
		case codes.OK:
		case codes.InvalidArgument:
			for _, v := range violations(err) {
				if !strings.HasPrefix(v, "filter: ") && !strings.HasPrefix(v, "…") {
					t.Errorf("filter %q: %s", text, v)
				}
			}
		default:
			t.Errorf("filter %q: %v", text, err)
		}
	})
}

// A page token is good after a restart of the service, in every order: the pages together are the list.
func TestPages_TokensOutliveRestarts(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "desk.db")
	c := wards(t)
	var names []string
	s := &scoped{TB: t}
	w := overBolt(s, c, path, Config{})
	for i := range 7 {
		r := w.light(fmt.Sprint("r-", i))
		r.Category, r.Position.Latitude, r.Position.Longitude = []string{"E01", "E02", "E04"}[i%3], 45.7045, 126.5005
		filed, err := w.reports().CreateReport(w.as(boss, "en"), &wanggev1.CreateReportRequest{Report: r})
		if err != nil {
			t.Fatal(err)
		}
		names = append(names, filed.GetCase().GetName())
	}
	s.end()
	for _, order := range []string{"due_time", "due_time desc", "create_time", "create_time desc"} {
		var got []string
		for token, again := "", true; again; again = token != "" {
			s := &scoped{TB: t}
			w := overBolt(s, c, path, Config{})
			w.setNow(w.Now().Add(24 * time.Hour))
			page, err := w.cases().ListCases(w.as(boss, "en"), &wanggev1.ListCasesRequest{Scope: "areas/W", State: wanggev1.CaseState_CASE_STATE_OVERDUE, OrderBy: order, PageSize: 2, PageToken: token})
			if err != nil || page.GetTotalSize() != int32(len(names)) {
				t.Fatalf("%s after %v: %v, %v", order, got, page, err)
			}
			for _, cs := range page.GetCases() {
				got = append(got, cs.GetName())
			}
			token = page.GetNextPageToken()
			s.end()
		}
		if slices.Sort(got); !slices.Equal(got, names) {
			t.Errorf("%s: %v, want %v", order, got, names)
		}
	}
}
