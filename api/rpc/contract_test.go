package rpc

import (
	"slices"
	"strings"
	"testing"

	"google.golang.org/genproto/googleapis/api/annotations"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/types/dynamicpb"

	"wangge/api/rpc/convert"
	wanggev1 "wangge/api/wangge/v1"
)

// wireMethods lists the methods of the wire.
func wireMethods() (out []protoreflect.MethodDescriptor) {
	protoregistry.GlobalFiles.RangeFilesByPackage("wangge.v1", func(f protoreflect.FileDescriptor) bool {
		for i := range f.Services().Len() {
			for j := range f.Services().Get(i).Methods().Len() {
				out = append(out, f.Services().Get(i).Methods().Get(j))
			}
		}
		return true
	})
	return out
}

func behaves(f protoreflect.FieldDescriptor, b annotations.FieldBehavior) bool {
	all, _ := proto.GetExtension(f.Options(), annotations.E_FieldBehavior).([]annotations.FieldBehavior)
	return slices.Contains(all, b)
}

// An empty request is refused for each of its fields that the wire calls required.
func TestContract_RequiredFieldsAreAskedFor(t *testing.T) {
	w := newWorld(t)
	ctx := w.as("p-leader", "en")
	asked := 0
	for _, m := range wireMethods() {
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
		err := w.conn.Invoke(ctx, "/"+string(m.Parent().FullName())+"/"+string(m.Name()), dynamicpb.NewMessage(m.Input()), dynamicpb.NewMessage(m.Output()))
		st := status.Convert(err)
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
	r, _ := proto.GetExtension((&wanggev1.Case{}).ProtoReflect().Descriptor().Options(), annotations.E_Resource).(*annotations.ResourceDescriptor)
	if !slices.Equal(r.GetPattern(), []string{convert.CasePattern}) {
		t.Errorf("the wire says %v, the service %q", r.GetPattern(), convert.CasePattern)
	}
}
