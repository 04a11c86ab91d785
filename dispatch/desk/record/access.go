package record

import (
	"fmt"
	"time"

	pb "wangge/dispatch/desk/record/recordv1"
)

// Access is a look at names and phones of a case.
type Access struct {
	At     time.Time
	Method string // of the wire
}

// EncodeAccess returns the stored form of a look.
func EncodeAccess(a Access) ([]byte, error) {
	return encode(Version, &pb.AccessRecord{At: stamp(a.At), Method: a.Method})
}

// DecodeAccess reads what EncodeAccess wrote.
func DecodeAccess(b []byte) (Access, error) {
	var m pb.AccessRecord
	if err := decode(b, Version, &m); err != nil {
		return Access{}, fmt.Errorf("access: %w", err)
	}
	return Access{At: stampOf(m.GetAt()), Method: m.GetMethod()}, nil
}
