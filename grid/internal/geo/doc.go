// Package geo is the geometry of drawn ground in WGS-84 degrees: the exact side of an edge, point in polygon, the nearest border,
// and sizes and distances in metres on the ellipsoid. It is pure.
package geo
