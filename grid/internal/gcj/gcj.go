package gcj

import (
	"math"

	"wangge/grid/internal/geo"
)

// The ellipsoid of the published GCJ-02 shift (Krasovsky 1940).
const (
	krasovskyA  = 6378245.0
	krasovskyEE = 0.00669342162296594323
)

// Invert finds the point that forward shifts to target, to 1e-9 degrees (0.1 mm): the shifts have no closed inverse.
func Invert(target geo.Point, forward func(geo.Point) geo.Point) geo.Point {
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

// inChina reports whether a point is in the box in which the shifts apply.
func inChina(p geo.Point) bool {
	return p.Lng > 72.004 && p.Lng < 137.8347 && p.Lat > 0.8293 && p.Lat < 55.8271
}

// FromWGS84 shifts a point in WGS-84 to GCJ-02. Outside China it returns p.
func FromWGS84(p geo.Point) geo.Point {
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
	return geo.Point{Lat: p.Lat + dLat, Lng: p.Lng + dLng}
}

// ToBD09 shifts a point in GCJ-02 to BD-09. Outside China it returns p.
func ToBD09(p geo.Point) geo.Point {
	if !inChina(p) {
		return p
	}
	const xPi = math.Pi * 3000 / 180
	z := math.Hypot(p.Lng, p.Lat) + 0.00002*math.Sin(p.Lat*xPi)
	theta := math.Atan2(p.Lat, p.Lng) + 0.000003*math.Cos(p.Lng*xPi)
	return geo.Point{Lat: z*math.Sin(theta) + 0.006, Lng: z*math.Cos(theta) + 0.0065}
}
