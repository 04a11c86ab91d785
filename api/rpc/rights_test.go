package rpc

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	"wangge/api/rpc/convert"
	wanggev1 "wangge/api/wangge/v1"
	"wangge/dispatch"
	"wangge/dispatch/city"
	"wangge/dispatch/city/compile"
	"wangge/dispatch/city/roster"
	"wangge/dispatch/desk"
	"wangge/dispatch/desk/ledger"
	"wangge/dispatch/desk/outbox"
	"wangge/dispatch/desk/revision"
	"wangge/dispatch/desk/rollout"
	"wangge/dispatch/duplicate"
	"wangge/storage/mem"
)

// Secrets of the directory of rightsWorld.
const (
	oldPhone, newPhone = "0451-9990001", "0451-9990002"
	address            = "pipe@private.example"
	reason, reasonWas  = "住院手术", "陪护家人"
)

// rightsWorld is a town whose pipe is absent, whose phone and absence have changed in the revision that
// decides, and where some people hold no post, have left, or were removed from the city.
func rightsWorld(t *testing.T) (w *world, was, is string) {
	t.Helper()
	files := townFiles(t)
	add := func(file, rows string) { files[file] = append(slices.Clone(files[file]), rows...) }
	add("people.csv", "nobody,无岗人员,0451-9990008\noffice,网格办,0451-9990009\nextra,原协管员,0451-9990010\n")
	files["people.csv"] = withColumns(files["people.csv"], "email,active_from,active_to", map[string]string{"pipe": address + ",,"}, ",,")
	add("people.csv", "left,离任人员,0451-9990011,,,2026-03-04\ngone,调离人员,0451-9990012,,,\n")
	add("posts.csv", "area:town,grid_office,office,1,,,\narea:town,inspector,left,2,,,\narea:town,inspector,gone,3,,,\narea:town,inspector,extra,4,,,2026-03-01\ndepartment:WATER,owner,newo,2,,,\n")
	files["absences.csv"] = []byte("person,from,to,reason\npipe,2026-03-01,2026-03-22," + reasonWas + "\n")
	files["people.csv"] = []byte(strings.Replace(string(files["people.csv"]), "0451-1000007", oldPhone, 1))
	next := maps.Clone(files)
	next["people.csv"] = []byte(strings.Replace(strings.Replace(string(files["people.csv"]), oldPhone, newPhone, 1), "gone,调离人员,0451-9990012,,,\n", "", 1))
	next["posts.csv"] = []byte(strings.Replace(string(files["posts.csv"]), "area:town,inspector,gone,3,,,\n", "", 1))
	next["absences.csv"] = []byte("person,from,to,reason\npipe,2026-03-01,2026-03-29," + reason + "\n")
	c := loaded(t, files)
	store := mem.Open()
	d, err := desk.Open(t.Context(), desk.Config{Store: store, City: c, Directory: files, Clock: &world{now: time.Date(2026, 3, 4, 8, 0, 0, 0, c.Location)}})
	if err != nil {
		t.Fatal(err)
	}
	a, err := d.Apply(t.Context(), "office", rollout.Proposal{Directory: next, Against: d.City().Base(), Policy: revision.Keep, Waive: "test"})
	d.Close()
	if err != nil {
		t.Fatal(err)
	}
	return newWorldOf(t, loaded(t, next), store), a.Against, a.Base
}

func townFiles(t *testing.T) city.Directory {
	t.Helper()
	files := city.Directory{}
	for name, f := range townFS(t) {
		files[name] = f.Data
	}
	return files
}

func loaded(t *testing.T, files city.Directory) *city.City {
	t.Helper()
	m := fstest.MapFS{}
	for name, data := range files {
		m[name] = &fstest.MapFile{Data: data}
	}
	c, faults := compile.FS(m)
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	return c
}

// withColumns adds columns to a table: cells by the first cell of a row, else rest.
func withColumns(table []byte, names string, cells map[string]string, rest string) []byte {
	lines := strings.Split(strings.TrimSpace(string(table)), "\n")
	for i, line := range lines {
		id, _, _ := strings.Cut(line, ",")
		more, ok := cells[id]
		switch {
		case i == 0:
			more = names
		case !ok:
			more = rest
		}
		lines[i] = line + "," + more
	}
	return []byte(strings.Join(lines, "\n") + "\n")
}

// The table of who may see what of people. Every method is in it or shows nothing of the kind: phones and
// addresses come from the directory, to the grid office, and the reporter's phone from GetCase, to who works on the case; why and until when somebody is absent is
// told to the absent person and the grid office; a reporter is seen by those who may read the case.
func TestRights_PhonesAbsencesAndReporters(t *testing.T) {
	t.Parallel()
	const office, self, works, readers = "the grid office", "the absent person", "who works on the case", "who may read the case"
	phones := map[string][]string{ // and e-mail addresses
		"DownloadCity": {office}, "GetRevision": {office}, "ListRevisions": {office}, "PlanCity": {office}, "ApplyCity": {office}, "GetCase": {works},
	}
	absences := map[string][]string{
		"DownloadCity": {office}, "GetRevision": {office}, "ListRevisions": {office}, "PlanCity": {office}, "ApplyCity": {office}, "OnDuty": {office, self}, "ExplainRoute": {office, self},
	}
	w, was, is := rightsWorld(t)
	tw := &townWorld{w, w.desk.City().Location}
	cs := tw.report("seen", "C01", "1", oldTown)
	all := methods(t)
	names := slices.Sorted(maps.Keys(all))
	names = append(slices.DeleteFunc(names, func(n string) bool { return n == "ApplyCity" }), "ApplyCity") // it moves the city
	for _, who := range []struct {
		person roster.PersonID
		is     string
	}{{"eyes", ""}, {"desk", works}, {"pipe", self}, {"office", office}} {
		ctx := w.as(who.person, "zh")
		for _, n := range names {
			fill, words := plausible(cs, string(who.person)+"-"+n, was, is)
			text, err := w.call(ctx, asking(all[n], fill, words))
			if c := status.Code(err); c == codes.Internal || c == codes.Unauthenticated || c == codes.DeadlineExceeded {
				t.Errorf("%s as %s: %v", n, who.person, err)
			}
			has := func(secrets ...string) bool {
				return slices.ContainsFunc(secrets, func(s string) bool { return strings.Contains(text, s) })
			}
			if got, want := has("0451-", address), slices.Contains(phones[n], who.is); got != want {
				t.Errorf("%s tells %s a phone or an address: %v, want %v: %s", n, who.person, got, want, text)
			}
			if got, want := has(reason, reasonWas, "2026-03-29", "2026-03-22"), slices.Contains(absences[n], who.is); got != want {
				t.Errorf("%s tells %s why or until when pipe is absent: %v, want %v: %s", n, who.person, got, want, text)
			}
		}
	}
	t.Run("reporters", func(t *testing.T) {
		w.t = t
		seen := tw.report("other", "E01", "", newTown)
		for _, n := range names {
			fill, words := plausible(seen, "reporter-"+n, was, is)
			delete(words, "scope")
			words["scope"] = "areas/old"
			text, err := w.call(w.as("oldo", "en"), asking(all[n], fill, words))
			if strings.Contains(text, seen.GetName()) && !strings.Contains(fmt.Sprint(words["name"], words["parent"]), seen.GetName()) {
				t.Errorf("%s tells oldo of a case that is not %s: %s (%v)", n, readers, text, err)
			}
			if strings.Contains(text, `"people/eyes"`) && strings.Contains(text, seen.GetName()) {
				t.Errorf("%s tells oldo the reporter of a case of the new town: %s", n, text)
			}
		}
	})
}

// What went wrong with a notice may quote an address: the person told and the grid office read it.
func TestRights_ErrorOfANotice(t *testing.T) {
	t.Parallel()
	w, _, _ := rightsWorld(t)
	in := []outbox.Delivery{{NoticeID: ledger.NoticeID{Person: "pipe", Channel: "email"}}, {NoticeID: ledger.NoticeID{Channel: "webhook"}}}
	in[0].Error, in[1].Error = "550 "+address, "webhook: https://secret.example"
	for _, tt := range []struct {
		person roster.PersonID
		want   []bool
	}{{"pipe", []bool{true, false}}, {"office", []bool{true, true}}, {"boss", []bool{true, true}}, {"eyes", []bool{false, false}}, {"left", []bool{false, false}}, {"", []bool{false, false}}} {
		out := convert.Viewer{City: w.desk.City(), Person: tt.person, Now: w.Now()}.Notices(in)
		for i, n := range out {
			if got := n.GetError() != ""; got != tt.want[i] {
				t.Errorf("%s reads the error of notice %d: %v, want %v", tt.person, i, got, tt.want[i])
			}
		}
	}
}

// A person without a post, one who has left and one whom the city does not have get nothing from any
// method, whatever the request lacks.
func TestRights_PersonWithoutAPost(t *testing.T) {
	t.Parallel()
	w, was, is := rightsWorld(t)
	tw := &townWorld{w, w.desk.City().Location}
	cs := tw.report("seen", "C01", "1", oldTown)
	all := methods(t)
	for _, who := range []struct {
		person roster.PersonID
		codes  []codes.Code
	}{
		{"nobody", []codes.Code{codes.PermissionDenied, codes.NotFound}},
		{"extra", []codes.Code{codes.PermissionDenied, codes.NotFound}}, // the post ended
		{"left", []codes.Code{codes.Unauthenticated, codes.PermissionDenied}},
		{"gone", []codes.Code{codes.Unauthenticated, codes.PermissionDenied}}, // removed by the revision that decides
		{"import", []codes.Code{codes.Unauthenticated, codes.PermissionDenied}},
	} {
		ctx := w.as(who.person, "en")
		for n, m := range all {
			fill, words := plausible(cs, string(who.person)+"-"+n, was, is)
			for what, req := range map[string]*dynamicMessage{"whole": asking(m, fill, words), "without arguments": asking(m, nil, map[string]string{"name": words["name"], "parent": words["parent"], "request_id": words["request_id"], "note": words["note"]}), "empty": asking(m, nil, nil)} {
				text, err := w.call(ctx, req)
				code := status.Code(err)
				named := req.req.ProtoReflect().Descriptor().Fields().ByName("act") != nil || slices.Contains([]string{"GetCase", "ListCaseEvents", "ListCaseNotices", "ListLinkedCases", "WatchCases", "WatchOverview"}, n)
				switch {
				case slices.Contains(who.codes, code):
				case what != "whole" && named && code == codes.InvalidArgument: // no case is named
				case n == "BatchActOnCases" && err == nil && strings.Contains(text, fmt.Sprintf(`"code":%d`, codes.NotFound)) && !strings.Contains(text, `"case":`):
				default:
					t.Errorf("%s of %s, %s: %v %s; want one of %v", n, who.person, what, err, text, who.codes)
				}
				if strings.Contains(text, "eyes") {
					t.Errorf("%s tells %s of a case: %s", n, who.person, text)
				}
			}
		}
	}
}

// The five calls about the city that a person without a post was answered say which right is missing.
func TestRights_CityCallsNeedAPost(t *testing.T) {
	t.Parallel()
	w, was, is := rightsWorld(t)
	tw := &townWorld{w, w.desk.City().Location}
	cs := tw.report("seen", "C01", "1", oldTown)
	all := methods(t)
	for _, n := range []string{"GetCity", "Locate", "ExplainRoute", "OnDuty", "ProveCoverage", "ListRevisions", "ListPrecedents", "GetRevision", "DownloadCity", "ListDuplicates", "CreateReport", "ListCases", "SummarizeOverdue", "ListEscalations"} {
		fill, words := plausible(cs, "x-"+n, was, is)
		if n == "ListDuplicates" {
			delete(words, "name")
		}
		req := asking(all[n], fill, words)
		_, err := w.call(w.as("nobody", "en"), req)
		w.want(err, codes.PermissionDenied, "no post")
		_, err = w.call(w.as("nobody", "zh"), req)
		w.want(err, codes.PermissionDenied, "没有任何岗位")
		for _, person := range []roster.PersonID{"eyes", "office"} {
			if _, err := w.call(w.as(person, "en"), req); err != nil && (n != "DownloadCity" || person != "eyes") {
				t.Errorf("%s of %s: %v", n, person, err)
			}
		}
	}
}

func (w *townWorld) reportAs(person roster.PersonID, r *wanggev1.Report) *wanggev1.Case {
	w.t.Helper()
	resp, err := w.reports().CreateReport(w.as(person, "en"), &wanggev1.CreateReportRequest{Report: r})
	if err != nil {
		w.t.Fatal(err)
	}
	return resp.GetCase()
}

// To a caller who may not read a case, a duplicate is only that there is one, of this kind, this far away.
func TestDuplicates_OfAnotherDistrict(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	r := w.light("theirs")
	r.Text, r.PhotoHashes = "王女士 13912345678 反映", []string{strings.Repeat("ab", 32)}
	cs := w.file(r)
	hotline := w.light("hotline")
	hotline.Source, hotline.Text = wanggev1.Source_SOURCE_HOTLINE, "来电人 13912345678"
	open := w.fileAs("p-acceptor-3", hotline)
	ask := func(person roster.PersonID, north float64) []*wanggev1.Duplicate {
		t.Helper()
		resp, err := w.cases().ListDuplicates(w.as(person, "en"), &wanggev1.ListDuplicatesRequest{Category: "C0106", Position: &wanggev1.Position{Latitude: 45.755 + north, Longitude: 126.600, Datum: wanggev1.Datum_DATUM_WGS84}})
		if err != nil {
			t.Fatal(err)
		}
		return resp.GetDuplicates()
	}
	for _, person := range []roster.PersonID{otherInspector, "p-230110-leader", "p-green-owner", "p-230104001007-owner"} {
		got := ask(person, 0.0001)
		if len(got) != 2 {
			t.Errorf("%s is told of %v, want two", person, got)
		}
		for _, d := range got {
			want := &wanggev1.Duplicate{Category: "C0106", CategoryDisplayName: "street-light manhole cover", DistanceM: d.GetDistanceM()}
			if !proto.Equal(d, want) || d.GetDistanceM() < 10 || d.GetDistanceM() > 13 {
				t.Errorf("%s is told %v, want only %v", person, d, want)
			}
		}
		if got := ask(person, 0.01); len(got) != 0 {
			t.Errorf("%s is told of %v a kilometre away", person, got)
		}
		_, err := w.cases().ListDuplicates(w.as(person, "en"), &wanggev1.ListDuplicatesRequest{Name: cs.GetName()})
		w.want(err, codes.NotFound)
	}
	for _, person := range []roster.PersonID{inspector, "p-acceptor-3", "p-leader"} {
		got := ask(person, 0)
		names := []string{}
		for _, d := range got {
			if names = append(names, d.GetName()); d.GetText() == "" || d.GetScore() == 0 {
				t.Errorf("%s is told %v, want what the case says", person, d)
			}
		}
		if slices.Sort(names); !slices.Equal(names, []string{cs.GetName(), open.GetName()}) {
			t.Errorf("%s is told of %v", person, names)
		}
	}
	// From a case of one's own, a look-alike across the border is only there as well.
	c := w.desk.City()
	own := &dispatch.Case{Report: dispatch.Report{Text: "secret", PhotoHashes: []string{"x"}}, Category: "C0106"}
	v := convert.Viewer{City: c, Person: otherInspector, Now: w.Now()}
	if d := v.Duplicate(desk.Candidate{Case: own, Likeness: duplicate.Likeness{DistanceM: 7, Apart: time.Hour, Score: 1}}); d.GetText() != "" || d.GetName() != "" || d.GetScore() != 0 || d.GetApart() != nil || d.GetPhotoHashes() != nil || d.GetDistanceM() != 7 {
		t.Errorf("a look-alike of another's: %v", d)
	}
}
