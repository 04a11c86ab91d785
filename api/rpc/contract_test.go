package rpc

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"go.einride.tech/aip/resourcename"
	"google.golang.org/genproto/googleapis/api/annotations"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/dynamicpb"

	"wangge/api/resource"
	wanggev1 "wangge/api/wangge/v1"
)

// behaves reports whether a field is annotated with a behaviour.
func behaves(f protoreflect.FieldDescriptor, b annotations.FieldBehavior) bool {
	all, _ := proto.GetExtension(f.Options(), annotations.E_FieldBehavior).([]annotations.FieldBehavior)
	return slices.Contains(all, b)
}

// An empty request is refused for each of its fields that the wire calls required.
func TestContract_RequiredFieldsAreAskedFor(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	leader, office := w.as("p-leader", "en"), w.as("p-grid-office", "en")
	asked := 0
	for _, m := range methods(t) {
		if m.IsStreamingClient() || m.IsStreamingServer() {
			continue
		}
		var required []string
		for i := range m.Input().Fields().Len() {
			if f := m.Input().Fields().Get(i); behaves(f, annotations.FieldBehavior_REQUIRED) {
				required = append(required, string(f.Name()))
			}
		}
		if required == nil {
			continue
		}
		asked++
		ask := func(ctx context.Context) *status.Status {
			return status.Convert(w.conn.Invoke(ctx, "/"+string(m.Parent().FullName())+"/"+string(m.Name()),
				dynamicpb.NewMessage(m.Input()), dynamicpb.NewMessage(m.Output())))
		}
		st := ask(leader)
		if st.Code() == codes.PermissionDenied { // a method of the grid office
			st = ask(office)
		}
		var named []string
		for _, d := range st.Details() {
			if bad, ok := d.(*errdetails.BadRequest); ok {
				for _, v := range bad.GetFieldViolations() {
					named = append(named, v.GetField())
				}
			}
		}
		for _, f := range required {
			if st.Code() != codes.InvalidArgument || !slices.ContainsFunc(named, func(n string) bool { return n == f || strings.HasPrefix(n, f+".") }) {
				t.Errorf("%s: %s is required, but an empty request is answered %v, fields %v", m.Name(), f, st.Code(), named)
			}
		}
	}
	if asked < 40 {
		t.Errorf("%d methods have required fields, want most of them", asked)
	}
}

// The pattern of a case's name on the wire is the one that the service reads and renders.
func TestContract_PatternOfACase(t *testing.T) {
	t.Parallel()
	r, _ := proto.GetExtension((&wanggev1.Case{}).ProtoReflect().Descriptor().Options(), annotations.E_Resource).(*annotations.ResourceDescriptor)
	name := resource.Case(20261123_000417)
	if len(r.GetPattern()) != 1 || !resourcename.Match(r.GetPattern()[0], name) {
		t.Errorf("the wire says %v, the service writes %q", r.GetPattern(), name)
	}
}

// The events of a case come whole and in order through pages of any size; a token of another case is refused.
func TestContract_EventsByPage(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	cs := w.file(w.light("r-1"))
	ctx := w.as(inspector, "en")
	all, err := w.cases().ListCaseEvents(ctx, &wanggev1.ListCaseEventsRequest{Parent: cs.GetName()})
	if err != nil || len(all.GetEvents()) < 3 || all.GetNextPageToken() != "" {
		t.Fatalf("events %v, %v; want three or more on one page", all, err)
	}
	for size := int32(1); size <= 2; size++ {
		req := &wanggev1.ListCaseEventsRequest{Parent: cs.GetName(), PageSize: size}
		var got []*wanggev1.CaseEvent
		for {
			page, err := w.cases().ListCaseEvents(ctx, req)
			if err != nil || len(page.GetEvents()) > int(size) {
				t.Fatalf("%v, %v", page, err)
			}
			got = append(got, page.GetEvents()...)
			if page.GetNextPageToken() == "" {
				break
			}
			req.PageToken = page.GetNextPageToken()
		}
		if want := all.GetEvents(); !slices.EqualFunc(got, want, func(a, b *wanggev1.CaseEvent) bool { return proto.Equal(a, b) }) {
			t.Errorf("pages of %d give %v, want %v", size, got, want)
		}
		other := w.file(w.light(fmt.Sprint("other-", size)))
		_, err := w.cases().ListCaseEvents(ctx, &wanggev1.ListCaseEventsRequest{Parent: other.GetName(), PageToken: req.GetPageToken()})
		w.want(err, codes.InvalidArgument, "page_token", "not made for this query")
	}
}

// Every kind of link on the wire is one that the service lists.
func TestContract_KindsOfLinks(t *testing.T) {
	t.Parallel()
	for n, name := range wanggev1.LinkKind_name {
		if _, ok := linkKinds[wanggev1.LinkKind(n)]; ok != (n != 0) {
			t.Errorf("%s is listed: %v", name, ok)
		}
	}
}
