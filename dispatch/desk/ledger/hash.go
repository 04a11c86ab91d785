package ledger

import (
	"bytes"
	"fmt"
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

// ContentHash is the hash of all that the phone sent; it makes filing idempotent.
func ContentHash(r *dispatch.Report) []byte {
	version := byte(hashVersion)
	if beyondSecond(r) {
		version = hashVersion + 1
	}
	d := newDigest(version)
	if beyondSecond(r) {
		for _, text := range []string{
			r.Caller.Name, r.Caller.Phone, r.Address, r.ExternalID, r.Component, r.Building, r.UnitNo, r.Floor,
		} {
			d.text(text)
		}
		d.flag(r.Caller.Confidential)
		d.float(r.Confidence)
	}
	d.uint(uint64(r.Source))
	d.text(string(r.Category))
	d.text(r.Condition)
	d.text(r.Text)
	d.uint(uint64(r.Position.Datum))
	d.float(r.Position.Lat)
	d.float(r.Position.Lng)
	d.float(r.Position.AccuracyM)
	captured := int64(0)
	if !r.CapturedAt.IsZero() {
		captured = r.CapturedAt.UnixNano()
	}
	d.fixed(uint64(captured))
	for _, p := range r.PhotoHashes {
		d.text(p)
	}
	if len(r.AfterPhotos) > 0 || r.Joins != 0 { // left out when empty: a report without them has its older hash
		d.flag(false)
		d.uint(uint64(r.Joins))
		for _, p := range r.AfterPhotos {
			d.text(p)
		}
	}
	return d.sum()
}

// hashVersion is the first byte of what ContentHash hashes. Version 1 hashed the JSON of content; reports that were
// filed under it are still recognised by that hash. Version 3 hashes the fields that version 2 did not know before the
// others; a report without them has its hash of version 2.
const hashVersion = 2

// beyondSecond reports whether a report has a field that version 2 of the hash does not know.
func beyondSecond(r *dispatch.Report) bool {
	return r.Caller != (dispatch.Caller{}) || r.Address != "" || r.ExternalID != "" || r.Component != "" ||
		r.Building != "" || r.UnitNo != "" || r.Floor != "" || r.Confidence != 0
}

// SameContent reports whether a stored hash is the report's.
func SameContent(r *dispatch.Report, stored []byte) (bool, error) {
	if bytes.Equal(ContentHash(r), stored) {
		return true, nil
	}
	if beyondSecond(r) { // version 1 would not see these fields
		return false, nil
	}
	first, err := hashJSON(content(r))
	return bytes.Equal(first, stored), err
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
			name = "capture_time"
		}
		names = append(names, name)
	}
	if !slices.Equal(a.AfterPhotos, b.AfterPhotos) {
		names = append(names, "after_photo_hashes")
	}
	if a.Joins != b.Joins {
		names = append(names, "joins")
	}
	for _, f := range []struct {
		name string
		same bool
	}{
		{"caller_name", a.Caller.Name == b.Caller.Name},
		{"caller_phone", a.Caller.Phone == b.Caller.Phone},
		{"confidential", a.Caller.Confidential == b.Caller.Confidential},
		{"address", a.Address == b.Address},
		{"external_id", a.ExternalID == b.ExternalID},
		{"component_id", a.Component == b.Component},
		{"building", a.Building == b.Building},
		{"unit_no", a.UnitNo == b.UnitNo},
		{"floor", a.Floor == b.Floor},
		{"confidence", a.Confidence == b.Confidence},
	} {
		if !f.same {
			names = append(names, f.name)
		}
	}
	return names
}
