package rpc

import (
	"context"
	"strings"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/known/fieldmaskpb"

	wanggev1 "wangge/api/wangge/v1"
	"wangge/dispatch/i18n"
)

// maxMask bounds the paths of a field mask.
const maxMask = 100

// readMask refuses a mask that names what a case has not.
func readMask(ctx context.Context, f *faults, mask *fieldmaskpb.FieldMask) {
	if len(mask.GetPaths()) > maxMask {
		f.add(ctx, "read_mask", i18n.F("at most %d paths", "最多 %d 个路径", maxMask))
		return
	}
	for _, p := range mask.GetPaths() {
		if p != "*" && !fieldOf((&wanggev1.Case{}).ProtoReflect().Descriptor(), p) {
			f.add(ctx, "read_mask", i18n.F("a case has no field %q", "案件没有字段 %q", clip(p)))
		}
	}
}

// fieldOf reports whether a path leads through the fields of a message.
func fieldOf(d protoreflect.MessageDescriptor, path string) bool {
	for path != "" && d != nil {
		name, rest, _ := strings.Cut(path, ".")
		field := d.Fields().ByName(protoreflect.Name(name))
		if field == nil || rest != "" && (field.IsList() || field.IsMap()) {
			return false
		}
		path, d = rest, field.Message()
	}
	return path == ""
}

// keep clears every field of a case that the mask does not name; no mask keeps all.
func keep(c *wanggev1.Case, mask *fieldmaskpb.FieldMask) *wanggev1.Case {
	if len(mask.GetPaths()) == 0 {
		return c
	}
	prune(c.ProtoReflect(), mask.GetPaths())
	return c
}

func prune(m protoreflect.Message, paths []string) {
	m.Range(func(f protoreflect.FieldDescriptor, v protoreflect.Value) bool {
		whole, inner := false, []string(nil)
		for _, p := range paths {
			name, rest, deeper := strings.Cut(p, ".")
			switch {
			case p == "*" || name == string(f.Name()) && !deeper:
				whole = true
			case name == string(f.Name()):
				inner = append(inner, rest)
			}
		}
		switch {
		case whole:
		case inner != nil && f.Message() != nil && !f.IsList():
			prune(v.Message(), inner)
		default:
			m.Clear(f)
		}
		return true
	})
}

// codeName is a status code as the wire writes it. Example: FAILED_PRECONDITION.
func codeName(st *status.Status) string {
	if name, ok := codeNames[st.Code()]; ok {
		return name
	}
	return "UNKNOWN"
}

var codeNames = map[codes.Code]string{
	codes.InvalidArgument: "INVALID_ARGUMENT", codes.NotFound: "NOT_FOUND", codes.AlreadyExists: "ALREADY_EXISTS", codes.PermissionDenied: "PERMISSION_DENIED",
	codes.ResourceExhausted: "RESOURCE_EXHAUSTED", codes.FailedPrecondition: "FAILED_PRECONDITION", codes.Aborted: "ABORTED", codes.OutOfRange: "OUT_OF_RANGE",
	codes.Internal: "INTERNAL", codes.Unavailable: "UNAVAILABLE", codes.DeadlineExceeded: "DEADLINE_EXCEEDED", codes.Canceled: "CANCELLED",
}
