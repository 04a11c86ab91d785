package rpc

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	wanggev1 "wangge/api/wangge/v1"
)

// spoiled yields copies of a message with one value of one field, at any depth, replaced by an extreme one.
func spoiled(m protoreflect.Message, path string, yield func(path string, m protoreflect.Message)) {
	fields := m.Descriptor().Fields()
	with := func(f protoreflect.FieldDescriptor, what string, v protoreflect.Value) {
		n := proto.Clone(m.Interface()).ProtoReflect()
		if f.IsList() {
			n.Mutable(f).List().Append(v)
		} else {
			n.Set(f, v)
		}
		yield(path+string(f.Name())+"="+what, n)
	}
	for i := range fields.Len() {
		f := fields.Get(i)
		if f.IsMap() {
			continue
		}
		switch f.Kind() {
		case protoreflect.DoubleKind:
			for _, v := range []float64{math.NaN(), math.Inf(1), math.Inf(-1), math.MaxFloat64, -math.MaxFloat64, -1, math.SmallestNonzeroFloat64, 1e300} {
				with(f, fmt.Sprint(v), protoreflect.ValueOfFloat64(v))
			}
		case protoreflect.Int32Kind:
			for _, v := range []int32{math.MinInt32, -1, math.MaxInt32} {
				with(f, fmt.Sprint(v), protoreflect.ValueOfInt32(v))
			}
		case protoreflect.Uint64Kind:
			with(f, "max", protoreflect.ValueOfUint64(math.MaxUint64))
		case protoreflect.EnumKind:
			for _, v := range []protoreflect.EnumNumber{-1, 999, math.MinInt32} {
				with(f, fmt.Sprint(v), protoreflect.ValueOfEnum(v))
			}
		case protoreflect.StringKind:
			for _, v := range []string{"x", "-1", "99999999999999999999", "cases/20260304-000099", "cases/", strings.Repeat("长", 70), "a\x00b", "AAAA", "area:", "person:nobody", "1:0000000000000000000000000000000000000000000000000000000000000000", "18446744073709551615", " "} {
				with(f, fmt.Sprintf("%.20q", v), protoreflect.ValueOfString(v))
			}
		case protoreflect.MessageKind:
			if f.Message().FullName() == "google.protobuf.Timestamp" {
				for _, ts := range []*timestamppb.Timestamp{{Seconds: math.MaxInt64}, {Seconds: math.MinInt64}, {Nanos: -1}, {Nanos: math.MaxInt32}, {Seconds: 253402300799}, {Seconds: -62135596800}, {Seconds: 253402300800}, {Seconds: 4102444800}, {}} {
					with(f, ts.String(), protoreflect.ValueOfMessage(ts.ProtoReflect()))
				}
				continue
			}
			if f.Message().FullName() == "google.protobuf.Duration" {
				for _, d := range []*durationpb.Duration{{Seconds: math.MaxInt64}, {Seconds: math.MinInt64}, {Nanos: -1}, {Nanos: math.MaxInt32}, {Seconds: -1, Nanos: 1}, {Seconds: 300, Nanos: 1}, {}} {
					with(f, d.String(), protoreflect.ValueOfMessage(d.ProtoReflect()))
				}
				continue
			}
			if f.Message().ParentFile().Package() != "wangge.v1" {
				continue
			}
			if one := f.ContainingOneof(); one != nil && !m.Has(f) && m.WhichOneof(one) != nil && m.Descriptor().Name() == "CaseAct" {
				continue // another act: it has its own request
			}
			inner := m.NewField(f)
			var at protoreflect.Message
			if f.IsList() {
				at = inner.List().NewElement().Message()
			} else {
				at = inner.Message()
				if m.Has(f) {
					at = m.Get(f).Message()
				}
			}
			if strings.Count(path, ".") > 3 {
				continue
			}
			spoiled(at, path+string(f.Name())+".", func(p string, in protoreflect.Message) {
				n := proto.Clone(m.Interface()).ProtoReflect()
				if f.IsList() {
					n.Mutable(f).List().Append(protoreflect.ValueOfMessage(in))
				} else {
					n.Set(f, protoreflect.ValueOfMessage(in))
				}
				yield(p, n)
			})
		}
	}
}

// No value of any field of any request is an error of ours: it is refused as the caller's, with the name of a
// field of the wire, or it is answered.
func TestValues_NoneIsInternal(t *testing.T) {
	t.Parallel()
	w, was, is := rightsWorld(t)
	tw := &townWorld{w, w.desk.City().Location}
	cs := tw.report("seen", "C01", "1", oldTown)
	ctx := w.as("boss", "en")
	n := 0
	all := methods(t)
	for _, name := range slices.Sorted(maps.Keys(all)) {
		m := all[name]
		if name == "CheckStore" || name == "VerifyAudit" || name == "ApplyCity" { // their requests have no such values, or they move the city
			continue
		}
		fill, words := plausible(cs, "v", was, is)
		base := asking(m, fill, words)
		if name == "ListDuplicates" || name == "ExplainDeadline" {
			delete(words, "name")
			base = asking(m, fill, words)
		}
		spoiled(base.req.ProtoReflect(), "", func(path string, req protoreflect.Message) {
			if f := req.Descriptor().Fields().ByName("request_id"); f != nil && !strings.HasPrefix(path, "request_id") { // each request is a new one
				n++
				req.Set(f, protoreflect.ValueOfString(fmt.Sprint("v-", n)))
			}
			text, err := w.call(ctx, &dynamicMessage{req.Interface(), m})
			switch code := status.Code(err); code {
			case codes.Internal, codes.Unknown, codes.DeadlineExceeded, codes.Unavailable, codes.ResourceExhausted:
				if !strings.Contains(text, "invalid UTF-8") {
					t.Errorf("%s with %s: %v", name, path, err)
				}
			case codes.InvalidArgument:
				onTheWire(t, name, m, err)
			}
		})
	}
}

// onTheWire checks that every field that a fault names is one of the request.
func onTheWire(t *testing.T, what string, m method, err error) {
	t.Helper()
	found := false
	for _, d := range status.Convert(err).Details() {
		bad, ok := d.(*errdetails.BadRequest)
		if !ok {
			continue
		}
		found = true
		for _, v := range bad.GetFieldViolations() {
			if v.GetField() != "…" && !fieldOfRequest(m.Input(), v.GetField()) {
				t.Errorf("%s: %q is no field of %s (%s)", what, v.GetField(), m.Input().Name(), v.GetDescription())
			}
		}
	}
	if !found {
		t.Errorf("%s: %v names no field", what, err)
	}
}

// fieldOfRequest reports whether a path such as reports[3].position leads through a request.
func fieldOfRequest(d protoreflect.MessageDescriptor, path string) bool {
	for path != "" {
		if d == nil {
			return false
		}
		var name string
		name, path, _ = strings.Cut(path, ".")
		name, index, listed := strings.Cut(name, "[")
		f := d.Fields().ByName(protoreflect.Name(name))
		if f == nil || listed && (!f.IsList() || !strings.HasSuffix(index, "]")) {
			return false
		}
		d = f.Message()
	}
	return true
}

// fieldsOf lists the fields that the faults of an error name.
func fieldsOf(err error) []string {
	var out []string
	for _, d := range status.Convert(err).Details() {
		if bad, ok := d.(*errdetails.BadRequest); ok {
			for _, v := range bad.GetFieldViolations() {
				out = append(out, v.GetField())
			}
		}
	}
	return out
}

// A length that is none is refused with its field's name, whatever it is and wherever it stands.
func TestValues_BadLengthNamesItsField(t *testing.T) {
	t.Parallel()
	w, _, _ := rightsWorld(t)
	tw := &townWorld{w, w.desk.City().Location}
	cs := tw.report("seen", "C01", "1", oldTown)
	boss := w.as("boss", "en")
	at := func(lat, lng, accuracy float64) *wanggev1.Position {
		return &wanggev1.Position{Latitude: lat, Longitude: lng, Datum: wanggev1.Datum_DATUM_WGS84, AccuracyM: accuracy}
	}
	for _, v := range []float64{math.NaN(), math.Inf(1), math.Inf(-1), -1, 1e300, math.MaxFloat64} {
		_, arbitrate := w.actOn(boss, cs.GetName(), "a-1", caseAct("n", &wanggev1.ArbitrateAct{Unit: "departments/WATER", RadiusM: v}))
		_, batch := w.cases().BatchActOnCases(boss, &wanggev1.BatchActOnCasesRequest{RequestId: "b-1", Targets: targets([]*wanggev1.Case{cs}), Act: caseAct("n", &wanggev1.ArbitrateAct{Unit: "departments/WATER", RadiusM: v})})
		_, circle := wanggev1.NewPrecedentServiceClient(w.conn).CreatePrecedent(boss, &wanggev1.CreatePrecedentRequest{Precedent: &wanggev1.Precedent{Unit: "departments/WATER", Categories: []string{"E01"}, Text: "x", Place: &wanggev1.Precedent_Circle_{Circle: &wanggev1.Precedent_Circle{Center: at(45.706, oldTown, 0), RadiusM: v}}}})
		_, near := w.city().Locate(boss, &wanggev1.LocateRequest{Position: at(45.706, oldTown, 0), PointsWithinM: v})
		_, lat := w.city().Locate(boss, &wanggev1.LocateRequest{Position: at(v*1000, oldTown, 0)})
		_, lng := w.city().OnDuty(boss, &wanggev1.OnDutyRequest{Category: "E01", Position: at(45.706, v*1000, 0)})
		_, accuracy := w.city().ExplainRoute(boss, &wanggev1.ExplainRouteRequest{Category: "E01", Position: at(45.706, oldTown, v)})
		for _, c := range []struct {
			err   error
			field string
		}{
			{arbitrate, "act.arbitrate.radius_m"}, {batch, "act.arbitrate.radius_m"}, {circle, "precedent.circle.radius_m"}, {near, "points_within_m"}, {lat, "position.latitude"}, {lng, "position.longitude"}, {accuracy, "position.accuracy_m"},
		} {
			if got := fieldsOf(c.err); status.Code(c.err) != codes.InvalidArgument || !slices.Equal(got, []string{c.field}) {
				t.Errorf("%g as %s: %v names %v", v, c.field, c.err, got)
			}
		}
	}
	if w.log.Len() > 0 {
		t.Errorf("the log says %s", w.log)
	}
}

// An id that comes again with other content names what differs as fields of the wire; what a report lacks
// is named where it stands in the request.
func TestRefusal_ErrorsNameFieldsOfTheWire(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.file(w.light("r-1"))
	full := w.light("r-1")
	full.Text, full.Condition, full.PhotoHashes, full.AfterPhotoHashes, full.Joins = "another", "2", []string{strings.Repeat("ab", 32)}, []string{strings.Repeat("cd", 32)}, "cases/20260304-000001"
	full.CaptureTime, full.Position.AccuracyM, full.Source, full.Category = timestamppb.New(w.Now().Add(-time.Hour)), 9, wanggev1.Source_SOURCE_HOTLINE, "C0101"
	differs := func(err error) []string {
		for _, d := range status.Convert(err).Details() {
			if info, ok := d.(*errdetails.ErrorInfo); ok && info.GetReason() == "ID_REUSED" {
				return strings.Split(info.GetMetadata()["differs"], ", ")
			}
		}
		return nil
	}
	_, err := w.reports().CreateReport(w.as(inspector, "en"), &wanggev1.CreateReportRequest{Report: full})
	got := differs(err)
	if len(got) != 9 {
		t.Errorf("%v differ, want nine fields: %v", got, err)
	}
	create := methods(t)["CreateReport"].Input()
	for _, name := range got {
		if !fieldOfRequest(create, name) {
			t.Errorf("%q is no field of the wire", name)
		}
	}
	for name, change := range map[string]func(*wanggev1.Report){
		"capture_time":       func(r *wanggev1.Report) { r.CaptureTime = timestamppb.New(w.Now().Add(-time.Hour)) },
		"after_photo_hashes": func(r *wanggev1.Report) { r.AfterPhotoHashes = []string{strings.Repeat("cd", 32)} },
		"joins":              func(r *wanggev1.Report) { r.Joins = "cases/20260304-000001" },
		"position":           func(r *wanggev1.Report) { r.Position.Latitude += 0.0001 },
	} {
		r := w.light("r-1")
		change(r)
		batch, err := w.reports().BatchCreateReports(w.as(inspector, "en"), &wanggev1.BatchCreateReportsRequest{Reports: []*wanggev1.Report{w.light("r-1"), r}})
		if err != nil {
			t.Fatal(err)
		}
		if got := differs(status.FromProto(batch.GetResults()[1].GetStatus()).Err()); !slices.Equal(got, []string{"reports[1]." + name}) {
			t.Errorf("with another %s, %v differ", name, got)
		}
	}
	outside := w.light("r-2")
	outside.Position.Latitude, outside.Condition = 39.9, ""
	wrong := w.light("r-3")
	wrong.Condition = "77"
	_, err = w.reports().CreateReport(w.as(inspector, "en"), &wanggev1.CreateReportRequest{Report: outside})
	if got := fieldsOf(err); !slices.Equal(got, []string{"report.position"}) {
		t.Errorf("outside the city: %v", got)
	}
	batch, err := w.reports().BatchCreateReports(w.as(inspector, "en"), &wanggev1.BatchCreateReportsRequest{Reports: []*wanggev1.Report{outside, w.light("r-4"), wrong}})
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range map[int]string{0: "reports[0].position", 2: "reports[2].condition"} {
		if got := fieldsOf(status.FromProto(batch.GetResults()[i].GetStatus()).Err()); !slices.Equal(got, []string{want}) {
			t.Errorf("report %d: %v, want %s", i, got, want)
		}
	}
	cs := w.file(w.light("r-5"))
	other := w.file(w.light("r-6"))
	comment := func(cs *wanggev1.Case, note string) error {
		_, err := w.actOn(w.as("p-acceptor-3", "en"), cs.GetName(), "c-1", caseAct(note, &wanggev1.CommentAct{}))
		return err
	}
	if err := comment(cs, "one"); err != nil {
		t.Fatal(err)
	}
	if got := differs(comment(cs, "two")); !slices.Equal(got, []string{"act"}) {
		t.Errorf("another note: %v differ", got)
	}
	if got := differs(comment(other, "one")); !slices.Equal(got, []string{"name"}) {
		t.Errorf("another case: %v differ", got)
	}
}
