package rpc

import (
	"bytes"
	"context"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	wanggev1 "wangge/api/wangge/v1"
	"wangge/dispatch/city"
	"wangge/dispatch/city/citytest"
	"wangge/dispatch/city/roster"
	"wangge/dispatch/desk"
	"wangge/dispatch/desk/revision"
	"wangge/dispatch/desk/rollout"
	"wangge/storage/mem"
)

func (w *world) forms() wanggev1.FormServiceClient { return wanggev1.NewFormServiceClient(w.conn) }

// A clerk types blj and has 暴露垃圾 on the first line, with the conditions, limits and closing that the form asks for.
func TestForm_ClerkTypesInitials(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	clerk := w.as("p-acceptor-3", "zh")
	r, err := w.forms().ListCategories(clerk, &wanggev1.ListCategoriesRequest{Search: "blj", PageSize: 5})
	if err != nil {
		t.Fatal(err)
	}
	first := r.GetCategories()[0]
	if first.GetCode() != "E0110" || first.GetDisplayName() != "暴露垃圾" || first.GetKind() != wanggev1.CategoryKind_CATEGORY_KIND_EVENT || first.GetClassDisplayName() != "市容环境" {
		t.Errorf("blj finds %v", first)
	}
	want := w.desk.City().Categories["E0110"].Conditions
	if len(first.GetConditions()) != len(want) {
		t.Fatalf("%d conditions, want %d", len(first.GetConditions()), len(want))
	}
	for i, k := range first.GetConditions() {
		if k.GetId() != want[i].ID || k.GetText() != want[i].Name || k.GetLimit().GetCount() != int32(want[i].Limit.N) || k.GetLimitText() != want[i].Limit.Text().Zh ||
			k.GetSeverity() != wanggev1.Severity(want[i].Severity) || !k.GetSelfResolvable() {
			t.Errorf("condition %v, want %+v", k, want[i])
		}
	}
	if !slices.Contains(r.GetActsWithPhotos(), wanggev1.Act_ACT_SELF_RESOLVE) || !slices.Contains(r.GetActsWithPhotos(), wanggev1.Act_ACT_RESOLVE) || slices.Contains(r.GetActsWithPhotos(), wanggev1.Act_ACT_ACCEPT) {
		t.Errorf("photos are needed for %v", r.GetActsWithPhotos())
	}
	en, err := w.forms().ListCategories(w.as("p-acceptor-3", "en"), &wanggev1.ListCategoriesRequest{Search: "E0110"})
	if err != nil || len(en.GetCategories()) != 1 || en.GetCategories()[0].GetDisplayName() == "暴露垃圾" {
		t.Errorf("in English: %v, %v", en.GetCategories(), err)
	}
}

// The table comes in pages, each category once; a page token holds for its request alone.
func TestForm_CategoriesInPages(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	clerk := w.as("p-acceptor-3", "zh")
	var codesSeen []string
	req := &wanggev1.ListCategoriesRequest{PageSize: 60}
	for {
		r, err := w.forms().ListCategories(clerk, req)
		if err != nil {
			t.Fatal(err)
		}
		if int(r.GetTotalSize()) != len(w.desk.City().Categories) || len(r.GetCategories()) > 60 {
			t.Errorf("%d of %d", len(r.GetCategories()), r.GetTotalSize())
		}
		for _, c := range r.GetCategories() {
			codesSeen = append(codesSeen, c.GetCode())
		}
		if req.PageToken = r.GetNextPageToken(); req.GetPageToken() == "" {
			break
		}
		_, err = w.forms().ListCategories(clerk, &wanggev1.ListCategoriesRequest{Search: "b", PageToken: req.GetPageToken()})
		w.want(err, codes.InvalidArgument, "page_token")
	}
	if len(codesSeen) != len(w.desk.City().Categories) || !slices.IsSorted(codesSeen) {
		t.Errorf("%d categories, in order: %v", len(codesSeen), slices.IsSorted(codesSeen))
	}
	_, err := w.forms().ListCategories(clerk, &wanggev1.ListCategoriesRequest{Search: strings.Repeat("长", 65), Kind: 7, PageSize: 501, PageToken: "x"})
	if got := fieldsOf(err); !slices.Equal(got, []string{"search", "kind", "page_size", "page_token"}) {
		t.Errorf("everything wrong at once: %v, %v", got, err)
	}
}

// Limits by season and campaign stand in the category, in words.
func TestForm_LimitsOfACategory(t *testing.T) {
	t.Parallel()
	w := newTownWorld(t)
	r, err := w.forms().ListCategories(w.as("desk", "zh"), &wanggev1.ListCategoriesRequest{Search: "baolu"})
	if err != nil || len(r.GetCategories()) != 1 {
		t.Fatal(r, err)
	}
	litter := r.GetCategories()[0]
	if !litter.GetSeasonal() || len(litter.GetLimitRules()) != 3 {
		t.Errorf("litter in the town has %v", litter.GetLimitRules())
	}
	for _, rule := range litter.GetLimitRules() {
		if rule.GetRule() == "limits.csv:3" && (rule.GetSeason() == "" || !strings.Contains(rule.GetText(), "每年 ") || !strings.Contains(rule.GetText(), "6 个工作时")) {
			t.Errorf("the winter limit reads %v", rule)
		}
	}
	pipe, err := w.forms().ListCategories(w.as("desk", "zh"), &wanggev1.ListCategoriesRequest{Search: "C01"})
	if err != nil || len(pipe.GetCategories()) != 1 {
		t.Fatal(pipe, err)
	}
	if ms := pipe.GetCategories()[0].GetConditions()[0].GetMilestones(); len(ms) != 3 || ms[0].GetId() != "safe" || ms[2].GetAfter() != "repair" || ms[0].GetLimitText() != "3 小时" {
		t.Errorf("milestones %v", ms)
	}
}

// A phone that has the answer is told so with a few bytes; another revision, language or request has another etag.
func TestForm_EtagsFollowTheRevision(t *testing.T) {
	t.Parallel()
	files := townFiles(t)
	files["people.csv"] = append(bytes.Clone(files["people.csv"]), "office,网格办,0451-9990009\n"...)
	files["posts.csv"] = append(bytes.Clone(files["posts.csv"]), "area:town,grid_office,office,1,,,\n"...)
	store, c := mem.Open(), loaded(t, files)
	d, err := desk.Open(t.Context(), desk.Config{Store: store, City: c, Directory: files, Clock: &world{now: time.Date(2026, 3, 4, 8, 0, 0, 0, c.Location)}})
	if err != nil {
		t.Fatal(err)
	}
	d.Close()
	w := newWorldOf(t, c, store)
	zh, en := w.as("eyes", "zh"), w.as("eyes", "en")
	type answer interface {
		proto.Message
		GetEtag() string
		GetNotModified() bool
	}
	asks := map[string]func(ctx context.Context, etag string) (answer, error){
		"categories": func(ctx context.Context, etag string) (answer, error) {
			return w.forms().ListCategories(ctx, &wanggev1.ListCategoriesRequest{IfNoneMatch: etag})
		},
		"some categories": func(ctx context.Context, etag string) (answer, error) {
			return w.forms().ListCategories(ctx, &wanggev1.ListCategoriesRequest{Search: "blj", IfNoneMatch: etag})
		},
		"units": func(ctx context.Context, etag string) (answer, error) {
			return w.forms().ListUnits(ctx, &wanggev1.ListUnitsRequest{IfNoneMatch: etag})
		},
		"areas": func(ctx context.Context, etag string) (answer, error) {
			return w.forms().ListAreas(ctx, &wanggev1.ListAreasRequest{IfNoneMatch: etag})
		},
		"public": func(ctx context.Context, etag string) (answer, error) {
			return w.forms().GetPublicCity(ctx, &wanggev1.GetPublicCityRequest{IfNoneMatch: etag})
		},
	}
	etags := map[string]string{}
	seen := map[string]bool{}
	each := func(stage string) {
		t.Helper()
		for what, ask := range asks {
			for lang, ctx := range map[string]context.Context{"zh": zh, "en": en} {
				full, err := ask(ctx, etags[what+lang])
				if err != nil {
					t.Fatal(what, err)
				}
				if full.GetEtag() == "" || full.GetNotModified() || seen[full.GetEtag()] {
					t.Errorf("%s, %s in %s: etag %q, not modified %v", stage, what, lang, full.GetEtag(), full.GetNotModified())
				}
				seen[full.GetEtag()] = true
				same, err := ask(ctx, full.GetEtag())
				if err != nil || !same.GetNotModified() || same.GetEtag() != full.GetEtag() || proto.Size(same) > 80 {
					t.Errorf("%s, %s in %s again: %v, %v", stage, what, lang, same, err)
				}
				etags[what+lang] = full.GetEtag()
			}
		}
	}
	each("at first")
	page, err := w.forms().ListCategories(zh, &wanggev1.ListCategoriesRequest{PageSize: 1})
	if err != nil {
		t.Fatal(err)
	}
	next := maps.Clone(files)
	next["categories.csv"] = bytes.Replace(files["categories.csv"], []byte("暴露垃圾"), []byte("垃圾暴露"), 1)
	if _, err := w.desk.Apply(t.Context(), "office", rollout.Proposal{Directory: next, Against: w.desk.City().Base(), Policy: revision.Keep, Waive: "test"}); err != nil {
		t.Fatal(err)
	}
	each("after a revision")
	r, err := w.forms().ListCategories(zh, &wanggev1.ListCategoriesRequest{Search: "垃圾暴露"})
	if err != nil || len(r.GetCategories()) != 1 {
		t.Errorf("the new name: %v, %v", r.GetCategories(), err)
	}
	_, err = w.forms().ListCategories(zh, &wanggev1.ListCategoriesRequest{PageSize: 1, PageToken: page.GetNextPageToken()})
	w.want(err, codes.InvalidArgument, "page_token", "版本已变更")
}

// An inspector sees the own posts and ground, and what the role may do; a colleague who covers sees the covered post.
func TestForm_WhoAmI(t *testing.T) {
	t.Parallel()
	w := newWorldOf(t, citytest.Toy(t), mem.Open())
	me := func(p roster.PersonID, lang string) *wanggev1.Me {
		t.Helper()
		m, err := w.forms().GetMe(w.as(p, lang), &wanggev1.GetMeRequest{})
		if err != nil {
			t.Fatal(err)
		}
		return m
	}
	inspector := me(citytest.InspectorW1A, "zh")
	if len(inspector.GetPosts()) != 1 {
		t.Fatal(inspector)
	}
	post := inspector.GetPosts()[0]
	if inspector.GetPerson() != "people/inspector-w1a" || post.GetPost() != "areas/W1A/posts/inspector" || post.GetRoleDisplayName() != "监督员" || post.GetGround().GetName() != "areas/W1A" ||
		!post.GetOnDuty() || !inspector.GetOnDuty() || !slices.Contains(post.GetActs(), wanggev1.Act_ACT_CHECK) || slices.Contains(post.GetActs(), wanggev1.Act_ACT_CLOSE) ||
		!slices.Equal(inspector.GetCityActs(), []string{"review"}) {
		t.Errorf("the inspector is %v", inspector)
	}
	if acts := me(citytest.GridOffice, "en").GetCityActs(); !slices.Contains(acts, "plan") || !slices.Contains(acts, "apply") {
		t.Errorf("the grid office may %v", acts)
	}
	w.setNow(time.Date(2026, 11, 24, 9, 0, 0, 0, w.Now().Location()))
	cover := me(citytest.GridE1A, "en")
	if len(cover.GetPosts()) != 2 || !cover.GetPosts()[1].GetCovering() || !cover.GetPosts()[1].GetOnDuty() || cover.GetPosts()[0].GetCovering() {
		t.Errorf("who covers is %v", cover)
	}
}

// Everybody sees how many cases wait for them at any post: as the counts of the own queues say, and of nobody else's.
func TestForm_WhatWaitsForMe(t *testing.T) {
	t.Parallel()
	w := newToyTown(t)
	name := w.reportAt(citytest.Rubbish, citytest.InW1A)
	w.do(citytest.OwnerW1, name, &wanggev1.StartAct{})
	w.do(citytest.OwnerW1, name, &wanggev1.ResolveAct{PhotoHashes: []string{photo}})
	w.do(citytest.GridE1A, w.reportAt(citytest.Rubbish, citytest.InE1A), &wanggev1.StartAct{})
	w.setNow(w.Now().AddDate(0, 0, 7))
	const check, work = wanggev1.CaseQueue_CASE_QUEUE_TO_CHECK, wanggev1.CaseQueue_CASE_QUEUE_MY_WORK
	for person, want := range map[roster.PersonID]map[wanggev1.CaseQueue]int32{
		citytest.InspectorW1A: {check: 1}, citytest.GridE1A: {work: 1}, citytest.OwnerW1: {},
	} {
		me, err := w.forms().GetMe(w.as(person, "zh"), &wanggev1.GetMeRequest{})
		if err != nil {
			t.Fatal(err)
		}
		counts, err := w.cases().CountQueues(w.as(person, "zh"), &wanggev1.CountQueuesRequest{Scope: me.GetPerson()})
		if err != nil {
			t.Fatal(err)
		}
		if !slices.EqualFunc(me.GetQueues(), counts.GetQueues(), func(a, b *wanggev1.QueueCount) bool { return proto.Equal(a, b) }) {
			t.Errorf("%s: the own queues are %v, counted they are %v", person, me.GetQueues(), counts.GetQueues())
		}
		for _, n := range me.GetQueues() {
			if n.GetCases() != want[n.GetQueue()] || n.GetOverdue() != want[n.GetQueue()] {
				t.Errorf("%s: %v; want %d, all late after a week", person, n, want[n.GetQueue()])
			}
		}
		if len(me.GetQueues()) != len(wanggev1.CaseQueue_name)-1 {
			t.Errorf("%s: %d queues, want every one", person, len(me.GetQueues()))
		}
	}
}

// Areas come by ground: a district's children, those at and near a position, those that a search finds.
func TestForm_AreasByGround(t *testing.T) {
	t.Parallel()
	w := newWorldOf(t, citytest.Toy(t), mem.Open())
	ctx := w.as(citytest.InspectorW1A, "en")
	list := func(req *wanggev1.ListAreasRequest) (out []string) {
		t.Helper()
		r, err := w.forms().ListAreas(ctx, req)
		if err != nil {
			t.Fatal(err)
		}
		for _, a := range r.GetAreas() {
			name := strings.TrimPrefix(a.GetName(), "areas/")
			if a.GetDistanceM() > 0 {
				name = "near " + name
			}
			out = append(out, name)
		}
		return out
	}
	at := func(lat, lng, accuracy float64) *wanggev1.ListAreasRequest {
		return &wanggev1.ListAreasRequest{Selection: &wanggev1.ListAreasRequest_Position{Position: &wanggev1.Position{Latitude: lat, Longitude: lng, Datum: wanggev1.Datum_DATUM_WGS84, AccuracyM: accuracy}}}
	}
	for what, tt := range map[string]struct {
		req  *wanggev1.ListAreasRequest
		want []string
	}{
		"nothing asked":     {&wanggev1.ListAreasRequest{}, []string{"TOY", "E", "W"}},
		"a district":        {&wanggev1.ListAreasRequest{Selection: &wanggev1.ListAreasRequest_Parent{Parent: "areas/W"}}, []string{"W1"}},
		"a grid":            {&wanggev1.ListAreasRequest{Selection: &wanggev1.ListAreasRequest_Parent{Parent: "areas/W1A"}}, nil},
		"inside":            {at(45.752, 126.602, 5), []string{"TOY", "W", "W1", "W1A"}},
		"by the line":       {at(45.752, 126.6049, 5), []string{"TOY", "W", "W1", "W1A", "near E", "near E1", "near E1A"}},
		"a wide position":   {at(45.7535, 126.602, 100), []string{"TOY", "W", "W1", "W1A", "near W1B"}},
		"its id in letters": {&wanggev1.ListAreasRequest{Selection: &wanggev1.ListAreasRequest_Search{Search: "w1a"}}, []string{"W1A"}},
	} {
		if got := list(tt.req); !slices.Equal(got, tt.want) {
			t.Errorf("%s: %v, want %v", what, got, tt.want)
		}
	}
	_, err := w.forms().ListAreas(ctx, at(45.77, 126.605, 5))
	w.want(err, codes.InvalidArgument)
	_, err = w.forms().ListAreas(ctx, &wanggev1.ListAreasRequest{Selection: &wanggev1.ListAreasRequest_Parent{Parent: "departments/WATER"}})
	if got := fieldsOf(err); !slices.Equal(got, []string{"parent"}) {
		t.Errorf("the children of a department: %v, %v", got, err)
	}
}

// Units come with their duties and without their people.
func TestForm_UnitsAndDuties(t *testing.T) {
	t.Parallel()
	w := newWorldOf(t, citytest.Toy(t), mem.Open())
	ctx := w.as(citytest.Acceptor, "zh")
	r, err := w.forms().ListUnits(ctx, &wanggev1.ListUnitsRequest{})
	if err != nil {
		t.Fatal(err)
	}
	var units []string
	for _, u := range r.GetUnits() {
		units = append(units, u.GetName())
		if u.GetName() == "departments/WATER" && (len(u.GetDuties()) != 1 || !u.GetDuties()[0].GetLead() || !slices.Equal(u.GetDuties()[0].GetCategories(), []string{"C0101", "E0201"})) {
			t.Errorf("WATER has the duties %v", u.GetDuties())
		}
	}
	if !slices.IsSortedFunc(r.GetUnits(), func(a, b *wanggev1.Unit) int { return int(a.GetKind()) - int(b.GetKind()) }) || !slices.Contains(units, "points/SCHOOL") {
		t.Errorf("units: %v", units)
	}
	if len(r.GetLevels()) != 4 || r.GetLevels()[1].GetDuties()[0].GetText() != "疏导交通" || r.GetLevels()[3].GetAreaCount() != 4 {
		t.Errorf("levels: %v", r.GetLevels())
	}
	noPeople(t, w.desk.City(), r)
	_, err = w.forms().ListUnits(ctx, &wanggev1.ListUnitsRequest{Parent: "areas/NOWHERE", Kind: 9})
	if got := fieldsOf(err); !slices.Equal(got, []string{"kind", "parent"}) {
		t.Errorf("%v, %v", got, err)
	}
}

// publicToy is the toy city with a public part; the phone of WATER is public.
func publicToy(t testing.TB, public string) *city.City {
	t.Helper()
	return citytest.Varied(t, map[string]string{
		"city.yaml":       string(citytest.ToyDirectory()["city.yaml"]) + public,
		"departments.csv": "id,name,name_en,parent,area,phone,phone_public\nWATER,水务局,Water,,,+86 451 5550 0001,yes\nGREEN,园林局,Parks,,,+86 451 5550 0002,no\nGREEN-E,园林局东站,Parks east,GREEN,E,+86 451 5550 0003,\n",
	})
}

// A citizen without a token reads limits, duties and process of a city that is public, and nothing else of it.
func TestPublic_CitizenReadsLimitsWithoutAToken(t *testing.T) {
	t.Parallel()
	w := newWorldOf(t, publicToy(t, "public: true\n"), mem.Open())
	citizen := metadata.AppendToOutgoingContext(t.Context(), "accept-language", "zh")
	r, err := w.forms().GetPublicCity(citizen, &wanggev1.GetPublicCityRequest{})
	if err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(r.GetCategories(), func(c *wanggev1.Category) bool { return c.GetCode() == "E0201" })
	if i < 0 || r.GetCategories()[i].GetConditions()[0].GetLimitText() != "2 小时" || r.GetCategories()[i].GetOwners()[0].GetDisplayName() != "水务局" {
		t.Errorf("flooding: %v", r.GetCategories())
	}
	if s := r.GetStages(); len(s) != 8 || s[0].GetDisplayName() != "待受理" || s[0].GetLimitText() != "30 分" || s[4].GetLimit() != nil {
		t.Errorf("the process: %v", s)
	}
	var phones []string
	for _, u := range r.GetUnits() {
		phones = append(phones, u.GetPhone())
	}
	if !slices.Equal(phones, []string{"", "", "+86 451 5550 0001"}) { // GREEN, GREEN-E, WATER
		t.Errorf("phones %q", phones)
	}
	noPeople(t, w.desk.City(), r)
	again, err := w.forms().GetPublicCity(citizen, &wanggev1.GetPublicCityRequest{IfNoneMatch: r.GetEtag()})
	if err != nil || !again.GetNotModified() || len(again.GetCategories()) > 0 {
		t.Errorf("again: %v, %v", again, err)
	}
	var all []string // units, then categories, two a page
	req := &wanggev1.GetPublicCityRequest{PageSize: 2}
	for {
		page, err := w.forms().GetPublicCity(citizen, req)
		if err != nil {
			t.Fatal(err)
		}
		if (len(page.GetStages()) > 0) != (req.GetPageToken() == "") {
			t.Errorf("the process stands on page %q", req.GetPageToken())
		}
		for _, u := range page.GetUnits() {
			all = append(all, u.GetName())
		}
		for _, c := range page.GetCategories() {
			all = append(all, c.GetCode())
		}
		if req.PageToken = page.GetNextPageToken(); req.GetPageToken() == "" {
			break
		}
	}
	if want := []string{"departments/GREEN", "departments/GREEN-E", "departments/WATER", "C0101", "E0101", "E0201", "E0301", "E0401"}; !slices.Equal(all, want) {
		t.Errorf("in pages: %v, want %v", all, want)
	}
	for name, m := range methods(t) { // nothing else is open
		if name == "GetPublicCity" {
			continue
		}
		if _, err := w.call(citizen, asking(m, nil, nil)); status.Code(err) != codes.Unauthenticated {
			t.Errorf("%s without a token: %v", name, err)
		}
	}
}

// A city that does not say that it is public is a closed door, also to a token that is none; people with a post may read.
func TestPublic_RefusedWithoutAToken(t *testing.T) {
	t.Parallel()
	for _, public := range []string{"", "public: false\n"} {
		w := newWorldOf(t, publicToy(t, public), mem.Open())
		_, err := w.forms().GetPublicCity(t.Context(), &wanggev1.GetPublicCityRequest{})
		w.want(err, codes.Unauthenticated, "authorization")
		_, err = w.forms().GetPublicCity(metadata.AppendToOutgoingContext(t.Context(), "authorization", "Bearer none"), &wanggev1.GetPublicCityRequest{})
		w.want(err, codes.Unauthenticated, "unknown")
		if _, err = w.forms().GetPublicCity(w.as(citytest.Inspector, "zh"), &wanggev1.GetPublicCityRequest{}); err != nil {
			t.Error(err)
		}
	}
}

// Without a token the answers are bounded by their bytes; people with a token are not held up, and who has the answer is told so.
func TestPublic_AllowanceOfStrangers(t *testing.T) {
	t.Parallel()
	c, err := harbin()
	if err != nil {
		t.Fatal(err)
	}
	open := *c
	open.Public = true
	w := newWorldOf(t, &open, mem.Open())
	req := &wanggev1.GetPublicCityRequest{PageSize: 500}
	one, err := w.forms().GetPublicCity(t.Context(), req)
	if err != nil {
		t.Fatal(err)
	}
	noPeople(t, &open, one)
	t.Logf("%d bytes for %d units and %d categories", proto.Size(one), len(one.GetUnits()), len(one.GetCategories()))
	for answers := 1; ; answers++ {
		if answers > 1000 {
			t.Fatalf("%d answers of %d bytes without a token, and none was refused", answers, proto.Size(one))
		}
		_, err := w.forms().GetPublicCity(t.Context(), req)
		if status.Code(err) == codes.ResourceExhausted {
			w.want(err, codes.ResourceExhausted, "128 KiB", "etag")
			if answers < 2<<20/proto.Size(one) {
				t.Errorf("refused after %d answers of %d bytes", answers, proto.Size(one))
			}
			break
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	for range 20 {
		if _, err := w.forms().GetPublicCity(w.as("p-acceptor-3", "zh"), req); err != nil {
			t.Errorf("with a token: %v", err)
		}
	}
}

// A stranger can't make the server decompress.
func TestPublic_StrangersSendPlain(t *testing.T) {
	t.Parallel()
	w := newWorldOf(t, publicToy(t, "public: true\n"), mem.Open())
	_, err := w.forms().GetPublicCity(t.Context(), &wanggev1.GetPublicCityRequest{}, grpc.UseCompressor("gzip"))
	w.want(err, codes.InvalidArgument, "uncompressed")
}

// noPeople walks an answer by reflection and fails for the id, name, phone or address of any person of a city, and for the phone of
// a department that is not public.
func noPeople(t *testing.T, c *city.City, m proto.Message) {
	t.Helper()
	secrets := map[string]string{}
	for _, p := range c.Roster.People() {
		for _, s := range []string{string(p.ID), p.Name, p.Phone, p.Email, "people/" + string(p.ID)} {
			if s != "" {
				secrets[s] = string(p.ID)
			}
		}
	}
	for _, a := range c.Areas { // the people of the grids of the toy city are called as these are
		delete(secrets, a.Name)
	}
	for _, d := range c.Departments {
		if d.Phone != "" && !d.PhonePublic {
			secrets[d.Phone] = d.ID
		}
	}
	var walk func(m protoreflect.Message)
	walk = func(m protoreflect.Message) {
		m.Range(func(f protoreflect.FieldDescriptor, v protoreflect.Value) bool {
			one := func(v protoreflect.Value) {
				switch f.Kind() {
				case protoreflect.MessageKind:
					walk(v.Message())
				case protoreflect.StringKind:
					if who, bad := secrets[v.String()]; bad {
						t.Errorf("%s holds %q, of %s", f.FullName(), v.String(), who)
					}
				}
			}
			if f.IsList() {
				for i := range v.List().Len() {
					one(v.List().Get(i))
				}
			} else {
				one(v)
			}
			return true
		})
	}
	walk(m.ProtoReflect())
	text, err := protojson.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range c.Roster.People() {
		if p.Phone != "" && bytes.Contains(text, []byte(p.Phone)) {
			t.Errorf("the answer holds the phone of %s", p.ID)
		}
	}
}
