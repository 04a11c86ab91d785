package record

import (
	"fmt"

	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protopath"
	"google.golang.org/protobuf/reflect/protorange"
)

// encode returns a version byte and the message behind it. The same message gives the same bytes: the audit log hashes
// them.
func encode(version byte, m proto.Message) ([]byte, error) {
	b := append(make([]byte, 0, 1+proto.Size(m)), version)
	b, err := proto.MarshalOptions{Deterministic: true, UseCachedSize: true}.MarshalAppend(b, m)
	if err != nil {
		return nil, fmt.Errorf("encode record: %w", err)
	}
	return b, nil
}

// decode reads what encode wrote into m. Fields that the schema does not know are dropped.
func decode(b []byte, version byte, m proto.Message) error {
	if len(b) == 0 || b[0] != version {
		return fmt.Errorf("version byte is not %d: %w", version, ErrCorrupt)
	}
	if err := (proto.UnmarshalOptions{DiscardUnknown: true}).Unmarshal(b[1:], m); err != nil {
		return fmt.Errorf("%w: %w", ErrCorrupt, err)
	}
	if proto.Size(m) != len(b)-1 { // fields were dropped, or an encoder wrote a zero
		return checkTypes(b[1:], m.ProtoReflect().New().Interface())
	}
	return nil
}

// checkTypes refuses a message with a field of the schema in another wire type. The library takes such a field for one
// that the schema does not know: its value would be lost unnoticed.
func checkTypes(b []byte, empty proto.Message) error {
	if err := proto.Unmarshal(b, empty); err != nil {
		return fmt.Errorf("%w: %w", ErrCorrupt, err)
	}
	return protorange.Range(empty.ProtoReflect(), func(p protopath.Values) error {
		last := p.Index(-1)
		if last.Step.Kind() != protopath.UnknownAccessStep {
			return nil
		}
		fields := p.Index(-2).Value.Message().Descriptor().Fields()
		for rest := last.Value.Bytes(); len(rest) > 0; {
			num, _, n := protowire.ConsumeField(rest)
			if n < 0 || fields.ByNumber(num) != nil {
				return fmt.Errorf("field %d is of another wire type: %w", num, ErrCorrupt)
			}
			rest = rest[n:]
		}
		return nil
	})
}
