package h3cell

import (
	"fmt"
	"strconv"

	"wangge/grid/internal/geo"

	"github.com/uber/h3-go/v4"
)

// Cell is an H3 cell index. Example: 8a144b2d3647fff (resolution 10, about 15,000 m²).
type Cell uint64

// Of returns the cell of a point at a resolution from 0 to 15.
func Of(pt geo.Point, res int) (Cell, error) {
	c, err := h3.LatLngToCell(h3.LatLng{Lat: pt.Lat, Lng: pt.Lng}, res)
	if err != nil {
		return 0, fmt.Errorf("cell of %.6f,%.6f at resolution %d: %w", pt.Lat, pt.Lng, res, err)
	}
	return Cell(c), nil
}

// String returns the hexadecimal form.
func (c Cell) String() string { return strconv.FormatUint(uint64(c), 16) }

// Resolution returns the cell's resolution, from its bits.
func (c Cell) Resolution() int { return int(c >> 52 & 15) }

// Parent returns the ancestor at a coarser or equal resolution, by bits alone: H3 keeps three bits for each resolution, all ones below
// the cell's own.
func (c Cell) Parent(res int) Cell {
	below := Cell(1)<<(3*(15-res)) - 1
	return c&^(15<<52) | Cell(res)<<52 | below
}

// SizeM2 returns the size in square metres of the cell of a resolution at a point.
func SizeM2(pt geo.Point, res int) (float64, error) {
	c, err := Of(pt, res)
	if err != nil {
		return 0, err
	}
	m2, err := h3.CellAreaM2(h3.Cell(c))
	if err != nil {
		return 0, fmt.Errorf("size of cell %s: %w", c, err)
	}
	return m2, nil
}

// LatLng returns the centre of the cell.
func (c Cell) LatLng() (geo.Point, error) {
	at, err := h3.Cell(c).LatLng()
	if err != nil {
		return geo.Point{}, fmt.Errorf("cell %s: %w", c, err)
	}
	return geo.Point{Lat: at.Lat, Lng: at.Lng}, nil
}

// Boundary returns the closed ring around the cell.
func (c Cell) Boundary() ([]geo.Point, error) {
	b, err := h3.Cell(c).Boundary()
	if err != nil {
		return nil, fmt.Errorf("cell %s: %w", c, err)
	}
	ring := make([]geo.Point, 0, len(b)+1)
	for _, v := range b {
		ring = append(ring, geo.Point{Lat: v.Lat, Lng: v.Lng})
	}
	return append(ring, ring[0]), nil
}
