package grid

import (
	"fmt"
	"math"

	"wangge/grid/internal/gcj"
	"wangge/grid/internal/geo"
)

// ErrorKind is a likely error in a position outside the city.
type ErrorKind string

// Kinds of error. The empty kind means that no error is known.
const (
	Swapped     ErrorKind = "swapped_axes"  // latitude and longitude exchanged
	WrongSign   ErrorKind = "wrong_sign"    // east for west, or north for south
	SwappedSign ErrorKind = "swapped_sign"  // both
	SameNumber  ErrorKind = "same_number"   // one number written twice
	NearZero    ErrorKind = "near_zero"     // a number, or both, lost: 0 or nearly 0
	OtherDatum  ErrorKind = "other_datum"   // it lies in the city when it is read in another datum
	ShiftedDot  ErrorKind = "decimal_point" // a decimal point ten times off
)

const (
	nearCityDeg = 0.05 // some 5 km: what is meant to be in the city may lie beside it
	nearZeroDeg = 1
)

// LikelyError is a likely error of a position, and where the position would be without it.
type LikelyError struct {
	Kind  ErrorKind
	At    Point // zero when the error lost it
	Datum Datum // OtherDatum: which
}

// String describes the guess in English; "" if there is none.
func (g LikelyError) String() string {
	switch g.Kind {
	case Swapped:
		return fmt.Sprintf("latitude and longitude look exchanged: %.6f,%.6f is in the city", g.At.Lat, g.At.Lng)
	case WrongSign:
		return fmt.Sprintf("a sign looks wrong: %.6f,%.6f is in the city", g.At.Lat, g.At.Lng)
	case SwappedSign:
		return fmt.Sprintf("latitude and longitude look exchanged, and a sign wrong: %.6f,%.6f is in the city", g.At.Lat, g.At.Lng)
	case SameNumber:
		return "latitude and longitude are the same number: one was written twice"
	case NearZero:
		return "latitude or longitude is nearly 0: it was lost"
	case OtherDatum:
		return fmt.Sprintf("read as %s it is in the city, at %.6f,%.6f", g.Datum, g.At.Lat, g.At.Lng)
	case ShiftedDot:
		return fmt.Sprintf("a decimal point looks misplaced: %.6f,%.6f is in the city", g.At.Lat, g.At.Lng)
	default:
		return ""
	}
}

// LikelyErrorOf returns the first error that explains why a position is not in the city. lat and lng may be any numbers.
func (ix *Index) LikelyErrorOf(lat, lng float64) LikelyError {
	box := ix.Bounds()
	near := func(p Point) bool {
		return p.Lat > box.South-nearCityDeg && p.Lat < box.North+nearCityDeg && p.Lng > box.West-nearCityDeg && p.Lng < box.East+nearCityDeg
	}
	zero := func(n, low, high float64) bool {
		return math.Abs(n) < nearZeroDeg && (low > nearZeroDeg || high < -nearZeroDeg)
	}
	pt := Point{Lat: lat, Lng: lng}
	switch {
	case lat == lng && math.Abs(lat) >= nearZeroDeg:
		return LikelyError{Kind: SameNumber}
	case zero(lat, box.South, box.North) || zero(lng, box.West, box.East):
		return LikelyError{Kind: NearZero}
	}
	if geo.OnEarth([]Point{pt}) && ix.Depth(pt) == 0 {
		for _, d := range []Datum{GCJ02, BD09} {
			if q, err := ToWGS84(Position{Lat: lat, Lng: lng, Datum: d}); err == nil && q != pt && ix.Depth(q) > 0 {
				return LikelyError{OtherDatum, q, d}
			}
		}
		if q := gcj.FromWGS84(pt); q != pt && ix.Depth(q) > 0 { // it was converted though it was WGS-84
			return LikelyError{OtherDatum, q, WGS84}
		}
	}
	for _, try := range []struct {
		kind ErrorKind
		at   Point
	}{
		{Swapped, Point{Lat: lng, Lng: lat}},
		{WrongSign, Point{Lat: lat, Lng: -lng}},
		{WrongSign, Point{Lat: -lat, Lng: lng}},
		{WrongSign, Point{Lat: -lat, Lng: -lng}},
		{SwappedSign, Point{Lat: -lng, Lng: lat}},
		{SwappedSign, Point{Lat: lng, Lng: -lat}},
		{SwappedSign, Point{Lat: -lng, Lng: -lat}},
		{ShiftedDot, Point{Lat: lat / 10, Lng: lng}},
		{ShiftedDot, Point{Lat: lat, Lng: lng / 10}},
		{ShiftedDot, Point{Lat: lat * 10, Lng: lng}},
		{ShiftedDot, Point{Lat: lat, Lng: lng * 10}},
		{ShiftedDot, Point{Lat: lat * 10, Lng: lng * 10}},
		{ShiftedDot, Point{Lat: lat / 10, Lng: lng / 10}},
	} {
		if near(try.at) {
			return LikelyError{Kind: try.kind, At: try.at}
		}
	}
	return LikelyError{}
}
