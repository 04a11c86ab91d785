package ledger

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"wangge/dispatch"
)

// content is what makes two reports the same: all that the phone sent, nothing that we added.
func content(r *dispatch.Report) []struct {
	Name  string
	Value any
} {
	photos := r.PhotoHashes
	if len(photos) == 0 {
		photos = nil
	}
	captured := int64(0)
	if !r.CapturedAt.IsZero() {
		captured = r.CapturedAt.UnixNano()
	}
	return []struct {
		Name  string
		Value any
	}{
		{"source", r.Source},
		{"category", r.Category},
		{"condition", r.Condition},
		{"text", r.Text},
		{"position", [4]float64{r.Position.Lat, r.Position.Lng, float64(r.Position.Datum), r.Position.AccuracyM}},
		{"captured_at", captured},
		{"photo_hashes", photos},
	}
}

// ContentHash is of all that the phone sent, each text with its length before it.
func ContentHash(r *dispatch.Report) []byte {
	b := make([]byte, 0, 256)
	text := func(s string) { b = append(binary.AppendUvarint(b, uint64(len(s))), s...) }
	number := func(f float64) { b = binary.BigEndian.AppendUint64(b, math.Float64bits(f)) }
	b = binary.AppendUvarint(append(b, hashVersion), uint64(r.Source))
	text(string(r.Category))
	text(r.Condition)
	text(r.Text)
	b = binary.AppendUvarint(b, uint64(r.Position.Datum))
	number(r.Position.Lat)
	number(r.Position.Lng)
	number(r.Position.AccuracyM)
	captured := int64(0)
	if !r.CapturedAt.IsZero() {
		captured = r.CapturedAt.UnixNano()
	}
	b = binary.BigEndian.AppendUint64(b, uint64(captured))
	for _, p := range r.PhotoHashes {
		text(p)
	}
	if len(r.AfterPhotos) > 0 || r.Joins != 0 { // as it was before there were any
		b = binary.AppendUvarint(append(b, 0), uint64(r.Joins))
		for _, p := range r.AfterPhotos {
			text(p)
		}
	}
	sum := sha256.Sum256(b)
	return sum[:]
}

// hashVersion begins what contentHash hashes. The first version hashed the JSON of content: reports
// that were filed under it are still known by it.
const hashVersion = 2

// SameContent reports whether a stored hash is the report's.
func SameContent(r *dispatch.Report, stored []byte) (bool, error) {
	if bytes.Equal(ContentHash(r), stored) {
		return true, nil
	}
	first, err := HashOf(content(r))
	return bytes.Equal(first, stored), err
}

// HashOf is the SHA-256 of a value as JSON.
func HashOf(v any) ([]byte, error) {
	b, err := json.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("hash content: %w", err)
	}
	sum := sha256.Sum256(b)
	return sum[:], nil
}

// Differs names what is different in two reports, in the words of the wire.
func Differs(a, b *dispatch.Report) []string {
	var names []string
	x, y := content(a), content(b)
	for i := range x {
		if fmt.Sprint(x[i].Value) == fmt.Sprint(y[i].Value) {
			continue
		}
		name := x[i].Name
		if name == "captured_at" { // the name that the first version hashed
			name = "captured_time"
		}
		names = append(names, name)
	}
	if !slices.Equal(a.AfterPhotos, b.AfterPhotos) {
		names = append(names, "after_photo_hashes")
	}
	if a.Joins != b.Joins {
		names = append(names, "joins")
	}
	return names
}
