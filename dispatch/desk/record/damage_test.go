package record

import (
	"errors"
	"slices"
	"testing"

	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// variants returns a message once for each of its fields, at every depth, with that field in another wire type.
func variants(t *testing.T, b []byte, of protoreflect.MessageDescriptor) [][]byte {
	t.Helper()
	var out [][]byte
	for at := 0; at < len(b); {
		num, typ, n := protowire.ConsumeTag(b[at:])
		size := protowire.ConsumeFieldValue(num, typ, b[at+n:])
		if n < 0 || size < 0 {
			t.Fatalf("no field at byte %d", at)
		}
		end := at + n + size
		other := func(field []byte) { out = append(out, slices.Concat(b[:at], field, b[end:])) }
		if typ == protowire.VarintType {
			other(protowire.AppendBytes(protowire.AppendTag(nil, num, protowire.BytesType), []byte("x")))
		} else {
			other(protowire.AppendVarint(protowire.AppendTag(nil, num, protowire.VarintType), 1))
		}
		if inner := of.Fields().ByNumber(num).Message(); inner != nil {
			text, _ := protowire.ConsumeBytes(b[at+n:])
			for _, v := range variants(t, text, inner) {
				other(protowire.AppendBytes(protowire.AppendTag(nil, num, protowire.BytesType), v))
			}
		}
		at = end
	}
	return out
}

// A field of the schema in another wire type is damage, at every depth. A field that the schema does not know is passed
// over.
func TestDecode_OtherWireType(t *testing.T) {
	t.Parallel()
	for _, s := range samples() {
		b, err := s.encode()
		if err != nil {
			t.Fatal(err)
		}
		empty := func() protoreflect.ProtoMessage { return s.schema.ProtoReflect().New().Interface() }
		for _, v := range variants(t, b[1:], s.schema.ProtoReflect().Descriptor()) {
			if err := decode(append([]byte{b[0]}, v...), b[0], empty()); !errors.Is(err, ErrCorrupt) {
				t.Errorf("%s: %x is read: %v", s.name, v, err)
			}
		}
		later := protowire.AppendVarint(protowire.AppendTag(slices.Clone(b), 5000, protowire.VarintType), 7)
		if err := decode(later, b[0], empty()); err != nil {
			t.Errorf("%s: a field of a later program: %v", s.name, err)
		}
	}
}
