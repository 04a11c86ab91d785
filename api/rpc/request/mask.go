package request

import (
	"slices"
	"strings"

	"go.einride.tech/aip/fieldmask"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/known/fieldmaskpb"

	"wangge/api/rpc/apierr"
	wanggev1 "wangge/api/wangge/v1"
	"wangge/dispatch/i18n"
)

// maxMask bounds the paths of a field mask.
const maxMask = 100

// ReadMask refuses a mask that names a field which a case does not have. A path leads through messages, not through
// lists or maps; "*" is every field.
func (f *Reader) ReadMask(mask *fieldmaskpb.FieldMask) {
	if len(mask.GetPaths()) > maxMask {
		f.Add("read_mask", i18n.F("at most %d paths", "最多 %d 个路径", maxMask))
		return
	}
	for _, p := range mask.GetPaths() {
		if one := (&fieldmaskpb.FieldMask{Paths: []string{p}}); p != fieldmask.WildcardPath && !one.IsValid(&wanggev1.Case{}) {
			f.Add("read_mask", i18n.F("a case has no field %q", "案件没有字段 %q", apierr.Clip(p)))
		}
	}
}

// Asks reports whether a mask keeps one of some fields; no mask keeps all.
func Asks(mask *fieldmaskpb.FieldMask, fields ...string) bool {
	if len(mask.GetPaths()) == 0 {
		return true
	}
	return slices.ContainsFunc(mask.GetPaths(), func(p string) bool {
		return p == fieldmask.WildcardPath || slices.ContainsFunc(fields, func(f string) bool {
			return f == p || strings.HasPrefix(f, p+".")
		})
	})
}

// Keep clears every field of a case that the mask does not name; no mask keeps all.
func Keep(c *wanggev1.Case, mask *fieldmaskpb.FieldMask) *wanggev1.Case {
	if len(mask.GetPaths()) == 0 {
		return c
	}
	prune(c.ProtoReflect(), mask.GetPaths())
	return c
}

// prune clears the fields that no path leads to. The library has no such function: its Update would render a
// message that is not set as an empty one.
func prune(m protoreflect.Message, paths []string) {
	m.Range(func(f protoreflect.FieldDescriptor, v protoreflect.Value) bool {
		whole, inner := false, []string(nil)
		for _, p := range paths {
			name, rest, deeper := strings.Cut(p, ".")
			switch {
			case p == fieldmask.WildcardPath || name == string(f.Name()) && !deeper:
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
