package geojson

import (
	"bufio"
	"encoding/json"
	"io"

	"wangge/grid"
)

// Writer writes a FeatureCollection in WGS-84, one feature a line. After the first error nothing more is written, and
// Close returns that error. A Writer is not safe for concurrent use.
type Writer struct {
	w     *bufio.Writer
	begun bool
	err   error
}

// NewWriter returns a Writer to w. Close ends the collection and leaves w open.
func NewWriter(w io.Writer) *Writer {
	out := &Writer{w: bufio.NewWriter(w)}
	out.text(`{"type":"FeatureCollection","features":[`)
	return out
}

func (w *Writer) text(s string) {
	if w.err == nil {
		_, w.err = w.w.WriteString(s)
	}
}

type geometry struct {
	Type        string `json:"type"`
	Coordinates any    `json:"coordinates"`
}

type feature struct {
	Type       string   `json:"type"`
	Properties any      `json:"properties"`
	Geometry   geometry `json:"geometry"`
}

// Point writes a feature at a point. properties must marshal to a JSON object.
func (w *Writer) Point(properties any, at grid.Point) {
	w.feature(properties, geometry{"Point", pair(at)})
}

// Polygons writes a feature of polygons as one MultiPolygon. properties must marshal to a JSON object.
func (w *Writer) Polygons(properties any, polygons []grid.Polygon) {
	all := make([][][][2]float64, len(polygons))
	for i, p := range polygons {
		all[i] = make([][][2]float64, len(p))
		for k, ring := range p {
			all[i][k] = make([][2]float64, len(ring))
			for n, v := range ring {
				all[i][k][n] = pair(v)
			}
		}
	}
	w.feature(properties, geometry{"MultiPolygon", all})
}

func pair(p grid.Point) [2]float64 { return [2]float64{p.Lng, p.Lat} }

func (w *Writer) feature(properties any, g geometry) {
	if w.err != nil {
		return
	}
	text, err := json.Marshal(feature{"Feature", properties, g})
	if err != nil {
		w.err = err
		return
	}
	if w.begun {
		w.text(",")
	}
	w.begun = true
	w.text("\n" + string(text))
}

// Close ends the collection and returns the first error.
func (w *Writer) Close() error {
	w.text("\n]}\n")
	if w.err == nil {
		w.err = w.w.Flush()
	}
	return w.err
}
