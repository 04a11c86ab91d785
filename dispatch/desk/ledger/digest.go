package ledger

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math"
	"time"
)

// digest collects fields to hash. Every field has a fixed size or its length before it, so that no two lists of fields
// are the same bytes.
type digest struct{ b []byte }

// newDigest begins with the version of the list of fields.
func newDigest(version byte) *digest { return &digest{append(make([]byte, 0, 256), version)} }

func (d *digest) uint(n uint64) { d.b = binary.AppendUvarint(d.b, n) }

func (d *digest) fixed(n uint64) { d.b = binary.BigEndian.AppendUint64(d.b, n) }

func (d *digest) float(f float64) { d.fixed(math.Float64bits(f)) }

func (d *digest) text(s string) { d.b = append(binary.AppendUvarint(d.b, uint64(len(s))), s...) }

func (d *digest) texts(list []string) {
	d.uint(uint64(len(list)))
	for _, s := range list {
		d.text(s)
	}
}

func (d *digest) flag(is bool) {
	n := byte(0)
	if is {
		n = 1
	}
	d.b = append(d.b, n)
}

// time appends an instant to the nanosecond, whatever its zone; the zero time is a flag alone.
func (d *digest) time(t time.Time) {
	d.flag(!t.IsZero())
	if !t.IsZero() {
		d.fixed(uint64(t.Unix()))
		d.uint(uint64(t.Nanosecond()))
	}
}

func (d *digest) sum() []byte {
	sum := sha256.Sum256(d.b)
	return sum[:]
}

// hashJSON is the form of the first versions: only old hashes are compared with it. The names in v must be frozen.
func hashJSON(v any) ([]byte, error) {
	b, err := json.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("hash content: %w", err)
	}
	sum := sha256.Sum256(b)
	return sum[:], nil
}
