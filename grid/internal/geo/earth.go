package geo

import "math"

// The ellipsoid of WGS-84, and its mean radius where a sphere is sufficient.
const (
	earthA      = 6378137.0
	earthF      = 1 / 298.257223563
	earthE2     = earthF * (2 - earthF)
	earthRadius = 6371008.8
)

// Rad is one degree in radians.
const Rad = math.Pi / 180

// Plane is a local flat map in metres around a point, scaled by the ellipsoid's two radii of curvature there. Within 1 km it is
// accurate to some 0.02 %, within 50 km to 1 %.
type Plane struct {
	at               Point
	MPerLat, MPerLng float64 // metres a degree
}

// PlaneAt returns the plane around a point.
func PlaneAt(p Point) Plane {
	sin, cos := math.Sincos(p.Lat * Rad)
	w := 1 - earthE2*sin*sin
	n := earthA / math.Sqrt(w)
	return Plane{p, n * (1 - earthE2) / w * Rad, n * cos * Rad}
}

// XY returns the offset of a point from the origin in metres, the short way around the earth.
func (pl Plane) XY(p Point) (x, y float64) {
	d := p.Lng - pl.at.Lng
	if d > 180 {
		d -= 360
	} else if d < -180 {
		d += 360
	}
	return d * pl.MPerLng, (p.Lat - pl.at.Lat) * pl.MPerLat
}

// nearest returns the place on the edge that is nearest to the plane's origin, and the square of its distance.
func (pl Plane) nearest(e *Edge) (square float64, at Point) {
	ax, ay := pl.XY(e.A)
	bx, by := pl.XY(e.B)
	dx, dy := bx-ax, by-ay
	t := 0.0
	if length := dx*dx + dy*dy; length > 0 {
		t = min(max(-(ax*dx+ay*dy)/length, 0), 1)
	}
	x, y := ax+t*dx, ay+t*dy
	return x*x + y*y, e.At(t)
}

// FlatDistance returns the distance of two nearby points, on the plane half way between them: accurate to 1 mm within 5 km.
func FlatDistance(a, b Point) float64 {
	pl := PlaneAt(Point{(a.Lat + b.Lat) / 2, a.Lng})
	x, y := pl.XY(b)
	return math.Hypot(x, 2*y) // b is half of the way north of that plane's origin
}

// Distance returns the length in metres of the geodesic between two points on the ellipsoid of WGS-84 (Vincenty's inverse, accurate to
// 1 mm). Nearly antipodal points, for which it does not converge, are measured on the sphere (0.5 %).
func Distance(a, b Point) float64 {
	lng := (b.Lng - a.Lng) * Rad
	sinU1, cosU1 := math.Sincos(math.Atan((1 - earthF) * math.Tan(a.Lat*Rad)))
	sinU2, cosU2 := math.Sincos(math.Atan((1 - earthF) * math.Tan(b.Lat*Rad)))
	lambda := lng
	for range 100 {
		sinL, cosL := math.Sincos(lambda)
		sinS := math.Hypot(cosU2*sinL, cosU1*sinU2-sinU1*cosU2*cosL)
		if sinS == 0 {
			return 0
		}
		cosS := sinU1*sinU2 + cosU1*cosU2*cosL
		sigma := math.Atan2(sinS, cosS)
		sinA := cosU1 * cosU2 * sinL / sinS
		cos2A := 1 - sinA*sinA
		cos2M := 0.0 // along the equator
		if cos2A > 0 {
			cos2M = cosS - 2*sinU1*sinU2/cos2A
		}
		c := earthF / 16 * cos2A * (4 + earthF*(4-3*cos2A))
		before := lambda
		lambda = lng + (1-c)*earthF*sinA*(sigma+c*sinS*(cos2M+c*cosS*(2*cos2M*cos2M-1)))
		if math.Abs(lambda-before) > 1e-13 {
			continue
		}
		u2 := cos2A * earthE2 / (1 - earthE2)
		k := (math.Sqrt(1+u2) - 1) / (math.Sqrt(1+u2) + 1)
		coefA := (1 + k*k/4) / (1 - k)
		coefB := k * (1 - 3*k*k/8)
		delta := coefB * sinS * (cos2M + coefB/4*(cosS*(2*cos2M*cos2M-1)-coefB/6*cos2M*(4*sinS*sinS-3)*(4*cos2M*cos2M-3)))
		return earthA * (1 - earthF) * coefA * (sigma - delta)
	}
	return haversine(a, b)
}

func haversine(a, b Point) float64 {
	sLat, sLng := math.Sin((b.Lat-a.Lat)*Rad/2), math.Sin((b.Lng-a.Lng)*Rad/2)
	h := sLat*sLat + math.Cos(a.Lat*Rad)*math.Cos(b.Lat*Rad)*sLng*sLng
	return 2 * earthRadius * math.Asin(math.Sqrt(min(h, 1)))
}

// Bearing returns the direction from a to b at its start, clockwise from north, in degrees.
func Bearing(a, b Point) float64 {
	sin1, cos1 := math.Sincos(a.Lat * Rad)
	sin2, cos2 := math.Sincos(b.Lat * Rad)
	sinL, cosL := math.Sincos((b.Lng - a.Lng) * Rad)
	deg := math.Atan2(cos2*sinL, cos1*sin2-sin1*cos2*cosL) / Rad
	return math.Mod(deg+360, 360)
}

// Vector is a point on the unit sphere. Points that are far apart, or near a pole, are compared as vectors.
type Vector [3]float64

// VectorOf returns a point as a vector.
func VectorOf(p Point) Vector {
	sinLat, cosLat := math.Sincos(p.Lat * Rad)
	sinLng, cosLng := math.Sincos(p.Lng * Rad)
	return Vector{cosLat * cosLng, cosLat * sinLng, sinLat}
}

// Chord returns the straight distance to the segment from a to b through the earth, in radii, and the fraction of the segment at which
// its nearest place lies.
func (v Vector) Chord(a, b Vector) (dist, t float64) {
	var dot, length float64
	for i := range v {
		d := b[i] - a[i]
		dot += (v[i] - a[i]) * d
		length += d * d
	}
	if length > 0 {
		t = min(max(dot/length, 0), 1)
	}
	for i := range v {
		d := v[i] - a[i] - t*(b[i]-a[i])
		dist += d * d
	}
	return math.Sqrt(dist), t
}
