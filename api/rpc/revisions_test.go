package rpc

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	"wangge/api/rpc/convert"
	wanggev1 "wangge/api/wangge/v1"
	"wangge/dispatch/city"
	"wangge/dispatch/diag"
	"wangge/dispatch/i18n"
)

func (w *world) city() wanggev1.CityServiceClient { return wanggev1.NewCityServiceClient(w.conn) }

// Uploads are bounded before they are held, and need the grid office.
func TestUpload_IsBounded(t *testing.T) {
	w := newWorld(t)
	check := func(ctx context.Context, parts ...*wanggev1.FilePart) (*wanggev1.CheckCityResponse, error) {
		stream, err := w.city().CheckCity(ctx)
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range parts {
			if err := stream.Send(&wanggev1.CheckCityRequest{Part: p}); err != nil && !errors.Is(err, io.EOF) {
				t.Fatal(err)
			}
		}
		return stream.CloseAndRecv()
	}
	office := w.as("p-grid-office", "zh")
	if _, err := check(w.as(inspector, "en"), &wanggev1.FilePart{Name: "city.yaml"}); status.Code(err) != codes.PermissionDenied {
		t.Errorf("an inspector checks: %v", err)
	}
	if _, err := check(w.as("p-leader", "en"), &wanggev1.FilePart{Name: "city.yaml"}); status.Code(err) != codes.PermissionDenied {
		t.Errorf("the leader checks beside a grid office: %v", err)
	}
	if _, err := check(office, &wanggev1.FilePart{Name: "city.yaml", Data: make([]byte, maxPart+1)}); status.Code(err) != codes.InvalidArgument {
		t.Errorf("a large part: %v", err)
	}
	many := make([]*wanggev1.FilePart, 501)
	for i := range many {
		many[i] = &wanggev1.FilePart{Name: "holidays/" + string(rune('a'+i%26)) + string(rune('a'+i/26)) + ".json"}
	}
	if _, err := check(office, many...); status.Code(err) != codes.InvalidArgument {
		t.Errorf("many files: %v", err)
	}
	for _, name := range []string{"../../etc/passwd", "./people.csv", "/people.csv", "city.yaml/people.csv"} {
		r, err := check(office, &wanggev1.FilePart{Name: "city.yaml", Data: []byte("name: x\n")}, &wanggev1.FilePart{Name: name})
		if err != nil || r.GetOk() || len(r.GetDiagnostics()) != 1 || r.GetDiagnostics()[0].GetFile() != name || r.GetDiagnostics()[0].GetMessage() != "不是城市目录中的表" {
			t.Errorf("%q, which is no name in a directory: %v, %v", name, r, err)
		}
	}
	if r, err := check(office, &wanggev1.FilePart{Name: "city.yaml", Data: []byte("name: x\n")}); err != nil || r.GetOk() || len(r.GetDiagnostics()) == 0 {
		t.Errorf("a bad city: %v, %v", r, err)
	}
	// This desk was opened without a directory: it keeps no revisions, and says so.
	if _, err := w.city().WithdrawRevision(office, &wanggev1.WithdrawRevisionRequest{Name: "revisions/7"}); status.Code(err) != codes.NotFound {
		t.Errorf("withdrawing what does not wait: %v", err)
	}
	stream, err := w.city().PlanCity(office)
	if err != nil {
		t.Fatal(err)
	}
	if err := stream.CloseSend(); err != nil {
		t.Fatal(err)
	}
	if _, err := stream.Recv(); status.Code(err) != codes.InvalidArgument {
		t.Errorf("a plan of nothing: %v", err)
	}
}

// The faults of a directory fit one message, however long their texts; those left out are counted.
func TestCheckCity_DiagnosticsFitOneMessage(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ faults, characters, told int }{
		{0, 10, 0}, {city.MaxFaults + 1, 20, city.MaxFaults + 1}, {city.MaxFaults + 1, 2_000, 348}, {3, convert.MaxDiagnosticBytes, 0},
	} {
		bad := make([]diag.Diagnostic, tt.faults)
		for i := range bad {
			bad[i] = diag.Diagnostic{File: "people.csv", Line: i, Message: i18n.Text{Zh: strings.Repeat("张", tt.characters), En: strings.Repeat("x", tt.characters)}}
		}
		out := &wanggev1.CheckCityResponse{Diagnostics: convert.Diagnostics(bad, "zh")}
		n := len(out.GetDiagnostics())
		if proto.Size(out) > MaxMessageBytes || tt.told == tt.faults && n != tt.told {
			t.Errorf("%d faults of %d characters: %d are told in %d bytes", tt.faults, tt.characters, n, proto.Size(out))
		}
		if last := fmt.Sprintf("另有 %d 处错误未列出", tt.faults-n+1); tt.told < tt.faults && out.GetDiagnostics()[n-1].GetMessage() != last {
			t.Errorf("%d faults of %d characters end with %q, want %q", tt.faults, tt.characters, out.GetDiagnostics()[n-1].GetMessage(), last)
		}
		if tt.told < tt.faults && n != tt.told+1 {
			t.Errorf("%d faults of %d characters: %d are told, want %d", tt.faults, tt.characters, n-1, tt.told)
		}
	}
}

func TestPrecedent_EveryFaultAtOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	service := wanggev1.NewPrecedentServiceClient(w.conn)
	_, err := service.CreatePrecedent(w.as("p-leader", "en"), &wanggev1.CreatePrecedentRequest{Precedent: &wanggev1.Precedent{Unit: "WATER", Case: "7", Place: &wanggev1.Precedent_Circle_{Circle: &wanggev1.Precedent_Circle{}}}})
	if status.Code(err) != codes.InvalidArgument {
		t.Errorf("a bad ruling: %v", err)
	}
	for range 3 {
		_, err := service.CreatePrecedent(w.as("p-leader", "en"), &wanggev1.CreatePrecedentRequest{Precedent: &wanggev1.Precedent{Unit: "departments/WATER", Categories: []string{"C0101"}, Place: &wanggev1.Precedent_Area{Area: "areas/230102"}, Text: "水务"}})
		if err != nil {
			t.Fatal(err)
		}
	}
	seen := map[string]bool{}
	for token := ""; ; {
		r, err := service.ListPrecedents(w.as(inspector, "en"), &wanggev1.ListPrecedentsRequest{PageSize: 2, PageToken: token, InForce: true})
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range r.GetPrecedents() {
			seen[p.GetName()] = true
		}
		if token = r.GetNextPageToken(); token == "" {
			break
		}
	}
	if len(seen) != 3 {
		t.Errorf("pages list %v, want 3 rulings", seen)
	}
	if _, err := service.ListPrecedents(w.as(inspector, "en"), &wanggev1.ListPrecedentsRequest{PageToken: "99"}); status.Code(err) != codes.InvalidArgument {
		t.Errorf("a foreign token: %v", err)
	}
}

// A revision is found by its name. Callers outside the grid office read only how many rows of people changed.
func TestRevision_GetByName(t *testing.T) {
	t.Parallel()
	w, _, is := rightsWorld(t)
	office, err := w.city().GetRevision(w.as("office", "en"), &wanggev1.GetRevisionRequest{Name: "revisions/2"})
	if err != nil || office.GetName() != "revisions/2" || office.GetCityRevision() != is || !office.GetActive() ||
		office.GetPerson() != "people/office" || !office.GetBackfill().GetDone() {
		t.Errorf("got %v, %v", office, err)
	}
	list, err := w.city().ListRevisions(w.as("office", "en"), &wanggev1.ListRevisionsRequest{})
	if err != nil || len(list.GetRevisions()) != 2 || !proto.Equal(list.GetRevisions()[0], office) {
		t.Errorf("the list has %v, %v; want %v first", list, err, office)
	}
	eyes, err := w.city().GetRevision(w.as("eyes", "en"), &wanggev1.GetRevisionRequest{Name: "revisions/2"})
	if err != nil || strings.Contains(fmt.Sprint(eyes.GetChanges()), reason) || !strings.Contains(fmt.Sprint(office.GetChanges()), reason) {
		t.Errorf("an inspector reads %v, %v", eyes.GetChanges(), err)
	}
	for name, code := range map[string]codes.Code{
		"revisions/3": codes.NotFound, "revisions/18446744073709551615": codes.NotFound,
		"": codes.InvalidArgument, "2": codes.InvalidArgument, "revisions/0": codes.InvalidArgument, is: codes.InvalidArgument,
	} {
		_, err := w.city().GetRevision(w.as("office", "en"), &wanggev1.GetRevisionRequest{Name: name})
		if status.Code(err) != code || code == codes.NotFound && !strings.Contains(err.Error(), name) {
			t.Errorf("%q: %v, want %v", name, err, code)
		}
	}
}
