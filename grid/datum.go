package grid

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"wangge/grid/internal/gcj"
)

// Datum is the geodetic datum of a position. Phones in China send GCJ-02 or BD-09 as often as WGS-84.
type Datum int

// Data. The zero value is unset and is refused.
const (
	DatumUnknown Datum = iota
	WGS84
	GCJ02
	BD09
	CGCS2000 // within centimetres of WGS-84: taken as the same
)

var datumNames = [...]string{"unknown", "wgs84", "gcj02", "bd09", "cgcs2000"}

// String returns the text form, as ParseDatum reads it.
func (d Datum) String() string {
	if d < 0 || int(d) >= len(datumNames) {
		return datumNames[0]
	}
	return datumNames[d]
}

// DatumNames returns the text forms that ParseDatum reads.
func DatumNames() []string { return slices.Clone(datumNames[1:]) }

// ParseDatum reads the text form of a datum.
func ParseDatum(s string) (Datum, error) {
	for i, n := range datumNames[1:] {
		if s == n {
			return Datum(i + 1), nil
		}
	}
	return DatumUnknown, fmt.Errorf("datum %q: want %s", s, strings.Join(DatumNames(), ", "))
}

// Position is what a device sent: degrees in its own datum, and its accuracy in metres.
type Position struct {
	Lat, Lng  float64
	Datum     Datum
	AccuracyM float64
}

// MaxAccuracyM is the largest radius of uncertainty of a position, in metres.
const MaxAccuracyM = 100_000

// PositionProblem is one invalid field of a position.
type PositionProblem struct {
	Field   string  // latitude, longitude, datum or accuracy_m
	Value   float64 // of any field but the datum
	Swapped bool    // the two angles would fit the other way round
}

// String describes the fault in English.
func (f PositionProblem) String() string {
	switch f.Field {
	case "latitude":
		if f.Swapped {
			return fmt.Sprintf("latitude %v is not within -90 to 90; latitude and longitude look swapped", f.Value)
		}
		return fmt.Sprintf("latitude %v is not within -90 to 90", f.Value)
	case "longitude":
		return fmt.Sprintf("longitude %v is not within -180 to 180", f.Value)
	case "datum":
		return "the datum is not set; send wgs84, gcj02, bd09 or cgcs2000"
	default:
		return fmt.Sprintf("accuracy %v m is not within 0 to %d", f.Value, MaxAccuracyM)
	}
}

// PositionError lists all faults of a position.
type PositionError struct{ Problems []PositionProblem }

// Error implements error.
func (e *PositionError) Error() string {
	lines := make([]string, len(e.Problems))
	for i, f := range e.Problems {
		lines[i] = f.String()
	}
	return strings.Join(lines, "; ")
}

// Validate returns a *PositionError with all faults, or nil.
func (p Position) Validate() error {
	var faults []PositionProblem
	if !(p.Lat >= -90 && p.Lat <= 90) {
		faults = append(faults, PositionProblem{Field: "latitude", Value: p.Lat, Swapped: math.Abs(p.Lat) <= 180 && math.Abs(p.Lng) <= 90})
	}
	if !(p.Lng >= -180 && p.Lng <= 180) {
		faults = append(faults, PositionProblem{Field: "longitude", Value: p.Lng})
	}
	if p.Datum < WGS84 || p.Datum > CGCS2000 {
		faults = append(faults, PositionProblem{Field: "datum"})
	}
	if !(p.AccuracyM >= 0 && p.AccuracyM <= MaxAccuracyM) {
		faults = append(faults, PositionProblem{Field: "accuracy_m", Value: p.AccuracyM})
	}
	if faults != nil {
		return &PositionError{Problems: faults}
	}
	return nil
}

// ToWGS84 converts a valid position. GCJ-02 and BD-09 have no closed inverse: the forward shift is iterated until it moves less than
// 1e-9 degrees (0.1 mm). Outside China both are equal to WGS-84.
func ToWGS84(p Position) (Point, error) {
	pt := Point{Lat: p.Lat, Lng: p.Lng}
	switch p.Datum {
	case WGS84, CGCS2000:
		return pt, nil
	case GCJ02:
		return gcj.Invert(pt, gcj.FromWGS84), nil
	case BD09:
		return gcj.Invert(pt, func(q Point) Point { return gcj.ToBD09(gcj.FromWGS84(q)) }), nil
	case DatumUnknown:
	}
	return Point{}, fmt.Errorf("datum %s can't be converted", p.Datum)
}

// FromWGS84 converts a point to a datum.
func FromWGS84(pt Point, d Datum) Position {
	switch d {
	case GCJ02:
		pt = gcj.FromWGS84(pt)
	case BD09:
		pt = gcj.ToBD09(gcj.FromWGS84(pt))
	case DatumUnknown, WGS84, CGCS2000: // the same coordinates
	}
	return Position{Lat: pt.Lat, Lng: pt.Lng, Datum: d}
}
