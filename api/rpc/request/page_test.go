package request

import (
	"encoding/base64"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/types/known/fieldmaskpb"

	wanggev1 "wangge/api/wangge/v1"
	"wangge/dispatch"
)

func reader(t *testing.T) *Reader {
	t.Helper()
	return New(t.Context(), nil, time.Time{})
}

// A token leads to where its page ended, whatever the size of the next page.
func TestPage_TokenGoesOn(t *testing.T) {
	t.Parallel()
	for _, size := range []int32{0, 7} {
		first := &wanggev1.ListLinkedCasesRequest{Parent: "cases/20261123-000417", Kind: wanggev1.LinkKind_LINK_KIND_PART, PageSize: 3}
		token, err := Next(first, dispatch.CaseID(42))
		if err != nil {
			t.Fatal(err)
		}
		f := reader(t)
		next := &wanggev1.ListLinkedCasesRequest{Parent: first.GetParent(), Kind: wanggev1.LinkKind_LINK_KIND_PART, PageSize: size, PageToken: token}
		if got := After[dispatch.CaseID](f, next); got != 42 || f.Err() != nil {
			t.Errorf("the next page begins after %d, %v; want 42", got, f.Err())
		}
	}
	f := reader(t)
	if got := After[uint64](f, &wanggev1.ListRevisionsRequest{}); got != 0 || f.Err() != nil {
		t.Errorf("the first page begins after %d, %v", got, f.Err())
	}
}

// The id of a notice may be as long as a key of the store: its token leads on, too.
func TestPage_TokenOfALongID(t *testing.T) {
	t.Parallel()
	id := base64.RawURLEncoding.EncodeToString(make([]byte, 4<<10))
	token, err := Next(&wanggev1.ListDeadLettersRequest{}, id)
	if err != nil {
		t.Fatal(err)
	}
	f := reader(t)
	if got := After[string](f, &wanggev1.ListDeadLettersRequest{PageToken: token}); got != id || f.Err() != nil {
		t.Errorf("a token of %d bytes leads to %d bytes, %v; want %d", len(token), len(got), f.Err(), len(id))
	}
}

// A request without a page size binds its token too.
func TestPage_TokenWithoutPageSize(t *testing.T) {
	t.Parallel()
	req := &wanggev1.BatchActOnCasesRequest{RequestId: "notice"}
	token, err := Next(req, dispatch.CaseID(9))
	if err != nil {
		t.Fatal(err)
	}
	for id, want := range map[string]dispatch.CaseID{"notice": 9, "another": 0} {
		f := reader(t)
		got := After[dispatch.CaseID](f, &wanggev1.BatchActOnCasesRequest{RequestId: id, PageToken: token})
		if got != want || (f.Err() == nil) != (want != 0) {
			t.Errorf("request id %q: after %d, %v; want %d", id, got, f.Err(), want)
		}
	}
}

// A token of another request and a text that is no token are violations of page_token that say what to do.
func TestPage_TokenRefused(t *testing.T) {
	t.Parallel()
	other, err := Next(&wanggev1.ListLinkedCasesRequest{Parent: "cases/20261123-000417", Kind: wanggev1.LinkKind_LINK_KIND_MERGED}, dispatch.CaseID(1))
	if err != nil {
		t.Fatal(err)
	}
	text, err := Next(&wanggev1.ListDeadLettersRequest{}, "x")
	if err != nil {
		t.Fatal(err)
	}
	for name, tt := range map[string]struct{ token, says string }{
		"another request": {other, "not made for this query"},
		"cut":             {other[:len(other)/2], "is not a page token"},
		"not base64":      {"cases/20261123-000417", "is not a page token"},
		"of another list": {text, "is not a page token"},
		"too long":        {strings.Repeat("A", maxToken+4), "is not a page token"},
	} {
		f := reader(t)
		after := After[dispatch.CaseID](f, &wanggev1.ListLinkedCasesRequest{Parent: "cases/20261123-000417", Kind: wanggev1.LinkKind_LINK_KIND_PART, PageToken: tt.token})
		if after != 0 || !f.Has("page_token") || !strings.Contains(f.Err().Error(), tt.says) {
			t.Errorf("%s: after %d, %v; want %q", name, after, f.Err(), tt.says)
		}
	}
}

// Whatever a client sends as a token, the answer is a page or a violation.
func FuzzPage_Token(f *testing.F) {
	token, err := Next(&wanggev1.ListRevisionsRequest{}, uint64(7))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(token)
	f.Add("")
	f.Fuzz(func(t *testing.T, token string) {
		r := reader(t)
		if got := After[uint64](r, &wanggev1.ListRevisionsRequest{PageToken: token}); got != 0 && r.Err() != nil {
			t.Errorf("%q is refused and leads to %d", token, got)
		}
	})
}

// A path leads through messages only, and a mask keeps what it names and nothing else.
func TestMask_KeepsWhatIsNamed(t *testing.T) {
	t.Parallel()
	for path, ok := range map[string]bool{
		"*": true, "name": true, "owner.person": true, "place.areas": true, "report.position.latitude": true,
		"place.areas.id": false, "offers.act": false, "colour": false, "owner.colour": false, "name.x": false, "": false,
	} {
		f := reader(t)
		if f.ReadMask(&fieldmaskpb.FieldMask{Paths: []string{path}}); (f.Err() == nil) != ok {
			t.Errorf("path %q: %v, want accepted %v", path, f.Err(), ok)
		}
	}
	full := func() *wanggev1.Case {
		return &wanggev1.Case{Name: "cases/1", Etag: "2", Place: &wanggev1.Place{Latitude: 1, Longitude: 2}}
	}
	c := Keep(full(), &fieldmaskpb.FieldMask{Paths: []string{"name", "place.latitude", "owner.person"}})
	if c.GetName() == "" || c.GetEtag() != "" || c.GetPlace().GetLatitude() != 1 || c.GetPlace().GetLongitude() != 0 || c.GetOwner() != nil {
		t.Errorf("kept %v", c)
	}
	if c := Keep(full(), &fieldmaskpb.FieldMask{Paths: []string{"*", "name"}}); c.GetEtag() == "" {
		t.Errorf("* keeps %v", c)
	}
}

// The name of a case is cases/ and its number, without a service in front and without a segment behind.
func TestCaseID_Name(t *testing.T) {
	t.Parallel()
	for name, ok := range map[string]bool{
		"cases/20261123-000417": true, "cases/": false, "": false, "20261123-000417": false, "cases/20261123-000417/x": false,
		"//wangge/cases/20261123-000417": false, "precedents/20261123-000417": false, "/cases/20261123-000417": false,
	} {
		f := reader(t)
		if id := f.CaseID("name", name); (f.Err() == nil) != ok || ok && id == 0 {
			t.Errorf("%q: %v, %v; want accepted %v", name, id, f.Err(), ok)
		}
	}
}
