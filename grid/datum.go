package grid

import (
	"fmt"
	"math"
	"slices"
	"strings"
)

// Datum is the reference of a position. Phones in China send GCJ-02 or BD-09 as often as WGS-84.
type Datum int

// Data; zero is unset and refused.
const (
	DatumUnknown Datum = iota
	WGS84
	GCJ02
	BD09
	CGCS2000 // within centimetres of WGS-84: taken as the same
)

var datumNames = [...]string{"unknown", "wgs84", "gcj02", "bd09", "cgcs2000"}

// String is the datum's text form.
func (d Datum) String() string {
	if d < 0 || int(d) >= len(datumNames) {
		return datumNames[0]
	}
	return datumNames[d]
}

// DatumNames are the text forms that ParseDatum reads.
func DatumNames() []string { return slices.Clone(datumNames[1:]) }

// ParseDatum reads the text form.
func ParseDatum(s string) (Datum, error) {
	for i, n := range datumNames[1:] {
		if s == n {
			return Datum(i + 1), nil
		}
	}
	return DatumUnknown, fmt.Errorf("datum %q: want %s", s, strings.Join(DatumNames(), ", "))
}

// Position is what a phone sent: degrees in its own datum, and how far off it may be in metres.
type Position struct {
	Lat, Lng  float64
	Datum     Datum
	AccuracyM float64
}

// Point is a place in WGS-84 degrees.
type Point struct{ Lat, Lng float64 }

// MaxAccuracyM is the largest radius of uncertainty that a position may have, in metres.
const MaxAccuracyM = 100_000

// PositionFault is one thing that is wrong with a position.
type PositionFault struct {
	Field   string  // latitude, longitude, datum or accuracy_m
	Value   float64 // of any field but the datum
	Swapped bool    // the two angles would fit the other way round
}

// String is the fault in English.
func (f PositionFault) String() string {
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

// PositionError lists everything that is wrong with a position.
type PositionError struct{ Faults []PositionFault }

// Error implements error.
func (e *PositionError) Error() string {
	lines := make([]string, len(e.Faults))
	for i, f := range e.Faults {
		lines[i] = f.String()
	}
	return strings.Join(lines, "; ")
}

// Validate returns a *PositionError that lists every fault, or nil.
func (p Position) Validate() error {
	var faults []PositionFault
	if !(p.Lat >= -90 && p.Lat <= 90) {
		faults = append(faults, PositionFault{Field: "latitude", Value: p.Lat, Swapped: math.Abs(p.Lat) <= 180 && math.Abs(p.Lng) <= 90})
	}
	if !(p.Lng >= -180 && p.Lng <= 180) {
		faults = append(faults, PositionFault{Field: "longitude", Value: p.Lng})
	}
	if p.Datum < WGS84 || p.Datum > CGCS2000 {
		faults = append(faults, PositionFault{Field: "datum"})
	}
	if !(p.AccuracyM >= 0 && p.AccuracyM <= MaxAccuracyM) {
		faults = append(faults, PositionFault{Field: "accuracy_m", Value: p.AccuracyM})
	}
	if faults != nil {
		return &PositionError{Faults: faults}
	}
	return nil
}

// ToWGS84 converts a valid position. GCJ-02 and BD-09 have no closed inverse: the forward shift is
// iterated until it moves less than 1e-9 degrees (0.1 mm). Outside China both data are WGS-84.
func ToWGS84(p Position) (Point, error) {
	pt := Point{p.Lat, p.Lng}
	switch p.Datum {
	case WGS84, CGCS2000:
		return pt, nil
	case GCJ02:
		return invert(pt, wgsToGCJ), nil
	case BD09:
		return invert(pt, func(q Point) Point { return gcjToBD(wgsToGCJ(q)) }), nil
	default:
		return Point{}, fmt.Errorf("datum %s can't be converted", p.Datum)
	}
}

// FromWGS84 is the forward conversion.
func FromWGS84(pt Point, d Datum) Position {
	switch d {
	case GCJ02:
		pt = wgsToGCJ(pt)
	case BD09:
		pt = gcjToBD(wgsToGCJ(pt))
	default:
	}
	return Position{Lat: pt.Lat, Lng: pt.Lng, Datum: d}
}

func invert(target Point, forward func(Point) Point) Point {
	q := target
	for range 30 {
		f := forward(q)
		dLat, dLng := target.Lat-f.Lat, target.Lng-f.Lng
		q.Lat += dLat
		q.Lng += dLng
		if math.Abs(dLat) < 1e-9 && math.Abs(dLng) < 1e-9 {
			break
		}
	}
	return q
}

// The ellipsoid of the published GCJ-02 shift (Krasovsky 1940).
const (
	krasovskyA  = 6378245.0
	krasovskyEE = 0.00669342162296594323
)

func inChina(p Point) bool {
	return p.Lng > 72.004 && p.Lng < 137.8347 && p.Lat > 0.8293 && p.Lat < 55.8271
}

func wgsToGCJ(p Point) Point {
	if !inChina(p) {
		return p
	}
	x, y := p.Lng-105, p.Lat-35
	common := (20*math.Sin(6*x*math.Pi) + 20*math.Sin(2*x*math.Pi)) * 2 / 3
	dLat := -100 + 2*x + 3*y + 0.2*y*y + 0.1*x*y + 0.2*math.Sqrt(math.Abs(x)) + common +
		(20*math.Sin(y*math.Pi)+40*math.Sin(y/3*math.Pi))*2/3 + (160*math.Sin(y/12*math.Pi)+320*math.Sin(y*math.Pi/30))*2/3
	dLng := 300 + x + 2*y + 0.1*x*x + 0.1*x*y + 0.1*math.Sqrt(math.Abs(x)) + common +
		(20*math.Sin(x*math.Pi)+40*math.Sin(x/3*math.Pi))*2/3 + (150*math.Sin(x/12*math.Pi)+300*math.Sin(x/30*math.Pi))*2/3
	rad := p.Lat * math.Pi / 180
	magic := 1 - krasovskyEE*math.Sin(rad)*math.Sin(rad)
	root := math.Sqrt(magic)
	dLat = dLat * 180 / (krasovskyA * (1 - krasovskyEE) / (magic * root) * math.Pi)
	dLng = dLng * 180 / (krasovskyA / root * math.Cos(rad) * math.Pi)
	return Point{p.Lat + dLat, p.Lng + dLng}
}

func gcjToBD(p Point) Point {
	if !inChina(p) {
		return p
	}
	const xPi = math.Pi * 3000 / 180
	z := math.Hypot(p.Lng, p.Lat) + 0.00002*math.Sin(p.Lat*xPi)
	theta := math.Atan2(p.Lat, p.Lng) + 0.000003*math.Cos(p.Lng*xPi)
	return Point{Lat: z*math.Sin(theta) + 0.006, Lng: z*math.Cos(theta) + 0.0065}
}
