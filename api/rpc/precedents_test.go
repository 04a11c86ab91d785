package rpc

import (
	"slices"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"wangge/api/rpc/convert"
	"wangge/api/rpc/request"
	wanggev1 "wangge/api/wangge/v1"
)

// Each kind of place is read and shown as the same place.
func TestPrecedent_EveryPlaceIsShownAsItWasRead(t *testing.T) {
	t.Parallel()
	w := newTownWorld(t)
	at := func(lat, lng float64) *wanggev1.Position {
		return &wanggev1.Position{Latitude: lat, Longitude: lng, Datum: wanggev1.Datum_DATUM_WGS84}
	}
	ring := &wanggev1.Precedent_Ring{Vertices: []*wanggev1.Position{at(45, 126), at(45, 127), at(46, 127), at(45, 126)}}
	for name, p := range map[string]*wanggev1.Precedent{
		"circle":   {Place: &wanggev1.Precedent_Circle_{Circle: &wanggev1.Precedent_Circle{Center: at(45.7, 126.6), RadiusM: 120}}},
		"section":  {Place: &wanggev1.Precedent_Section{Section: "sections/GREEN-3"}},
		"area":     {Place: &wanggev1.Precedent_Area{Area: "areas/old"}},
		"polygons": {Place: &wanggev1.Precedent_Polygons_{Polygons: &wanggev1.Precedent_Polygons{Polygons: []*wanggev1.Precedent_Polygon{{Rings: []*wanggev1.Precedent_Ring{ring}}}}}},
	} {
		p.Unit, p.Case, p.Text, p.Categories = "departments/WATER", "cases/20261123-000417", "x", []string{"E01"}
		f := request.New(t.Context(), w.desk.City(), w.Now())
		read := f.Precedent(p)
		if err := f.Err(); err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		shown := convert.Viewer{City: w.desk.City(), Now: w.Now()}.Precedent(&read)
		want := &wanggev1.Precedent{Unit: p.GetUnit(), Case: p.GetCase(), Text: p.GetText(), Categories: p.GetCategories(), Place: p.GetPlace(), UnitDisplayName: shown.GetUnitDisplayName(), InForce: true}
		if !proto.Equal(shown, want) {
			t.Errorf("%s is shown as %v, want %v", name, shown, want)
		}
	}
}

// What a precedent lacks is named at its fields, all at once.
func TestPrecedent_EverythingMissingIsNamed(t *testing.T) {
	w := newTownWorld(t)
	service, boss := wanggev1.NewPrecedentServiceClient(w.conn), w.as("boss", "en")
	for _, tt := range []struct {
		precedent *wanggev1.Precedent
		want      []string
	}{
		{nil, []string{"precedent.unit", "precedent.text", "precedent.categories", "precedent.place"}},
		{&wanggev1.Precedent{
			Unit: "departments/WATER", Text: strings.Repeat("x", 2001), Categories: []string{"E01"},
			Place: &wanggev1.Precedent_Polygons_{}, StartTime: timestamppb.New(w.Now().Add(time.Hour)), EndTime: timestamppb.New(w.Now()),
		}, []string{"precedent.text", "precedent.polygons", "precedent.end_time"}},
	} {
		_, err := service.CreatePrecedent(boss, &wanggev1.CreatePrecedentRequest{Precedent: tt.precedent})
		if got := fieldsOf(err); status.Code(err) != codes.InvalidArgument || !slices.Equal(got, tt.want) {
			t.Errorf("%v: %v names %v, want %v", tt.precedent, err, got, tt.want)
		}
	}
}

// The case that a ruling settled must be there, which is said together with whatever else is wrong.
func TestPrecedent_CaseMustExist(t *testing.T) {
	t.Parallel()
	w := newTownWorld(t)
	service, boss := wanggev1.NewPrecedentServiceClient(w.conn), w.as("boss", "en")
	p := &wanggev1.Precedent{
		Unit: "departments/WATER", Text: "x", Categories: []string{"E01"}, Case: "cases/20261123-000417",
		Place: &wanggev1.Precedent_Area{Area: "areas/old"},
	}
	_, err := service.CreatePrecedent(boss, &wanggev1.CreatePrecedentRequest{Precedent: p})
	w.want(err, codes.InvalidArgument, "precedent.case: no such case")
	p.Text = ""
	_, err = service.CreatePrecedent(boss, &wanggev1.CreatePrecedentRequest{Precedent: p})
	if got, want := fieldsOf(err), []string{"precedent.text", "precedent.case"}; !slices.Equal(got, want) {
		t.Errorf("%v names %v, want %v", err, got, want)
	}
	if list, err := service.ListPrecedents(boss, &wanggev1.ListPrecedentsRequest{}); err != nil || len(list.GetPrecedents()) != 0 {
		t.Errorf("after the refusals: %v, %v; want no precedent", list, err)
	}
}

// Page sizes beyond their bound are refused, not silently cut, and with a bad token at once.
func TestPrecedent_PageSizeIsBounded(t *testing.T) {
	w := newTownWorld(t)
	boss, want := w.as("boss", "en"), []string{"page_token", "page_size"}
	for _, size := range []int32{-1, 201} {
		_, err := wanggev1.NewPrecedentServiceClient(w.conn).ListPrecedents(boss, &wanggev1.ListPrecedentsRequest{PageSize: size, PageToken: "!"})
		if got := fieldsOf(err); !slices.Equal(got, want) {
			t.Errorf("ListPrecedents of %d: %v names %v, want %v", size, err, got, want)
		}
		_, err = wanggev1.NewCityServiceClient(w.conn).ListRevisions(boss, &wanggev1.ListRevisionsRequest{PageSize: size, PageToken: "!"})
		if got := fieldsOf(err); !slices.Equal(got, want) {
			t.Errorf("ListRevisions of %d: %v names %v, want %v", size, err, got, want)
		}
		_, err = wanggev1.NewSupervisionServiceClient(w.conn).ListEscalations(boss, &wanggev1.ListEscalationsRequest{
			Scope: "areas/nowhere", PageSize: size, PageToken: "!",
		})
		if got, want := fieldsOf(err), []string{"scope", "page_size", "page_token"}; !slices.Equal(got, want) {
			t.Errorf("ListEscalations of %d: %v names %v, want %v", size, err, got, want)
		}
	}
}

// A name of another kind of resource, or an id without a collection, is refused at its field.
func TestPrecedent_NamesOfOtherKindsAreRefused(t *testing.T) {
	t.Parallel()
	w := newTownWorld(t)
	service, boss := wanggev1.NewPrecedentServiceClient(w.conn), w.as("boss", "en")
	whole := func(change func(*wanggev1.Precedent)) *wanggev1.CreatePrecedentRequest {
		p := &wanggev1.Precedent{Unit: "departments/WATER", Categories: []string{"E01"}, Text: "x", Place: &wanggev1.Precedent_Area{Area: "areas/old"}}
		change(p)
		return &wanggev1.CreatePrecedentRequest{Precedent: p}
	}
	for field, change := range map[string]func(*wanggev1.Precedent){
		"precedent.unit":    func(p *wanggev1.Precedent) { p.Unit = "department:WATER" },
		"precedent.area":    func(p *wanggev1.Precedent) { p.Place = &wanggev1.Precedent_Area{Area: "departments/WATER"} },
		"precedent.section": func(p *wanggev1.Precedent) { p.Place = &wanggev1.Precedent_Section{Section: "GREEN-3"} },
		"precedent.case":    func(p *wanggev1.Precedent) { p.Case = "precedents/pr-20261123-000003" },
	} {
		_, err := service.CreatePrecedent(boss, whole(change))
		if got := fieldsOf(err); status.Code(err) != codes.InvalidArgument || !slices.Equal(got, []string{field}) {
			t.Errorf("%s: %v names %v", field, err, got)
		}
	}
	_, err := service.RevokePrecedent(boss, &wanggev1.RevokePrecedentRequest{Name: "pr-20261123-000003", Reason: "x"})
	if got := fieldsOf(err); status.Code(err) != codes.InvalidArgument || !slices.Equal(got, []string{"name"}) {
		t.Errorf("an id without its collection: %v names %v", err, got)
	}
	_, err = service.RevokePrecedent(boss, &wanggev1.RevokePrecedentRequest{Name: "precedents/pr-20261123-000003", Reason: "x"})
	if status.Code(err) != codes.NotFound {
		t.Errorf("a precedent that does not exist: %v", err)
	}
}
