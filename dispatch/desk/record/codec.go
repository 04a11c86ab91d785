package record

import (
	"fmt"

	"google.golang.org/protobuf/proto"
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
	return nil
}
