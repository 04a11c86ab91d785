package city

import (
	"bytes"
	"encoding/csv"
	"strconv"
	"time"

	"wangge/dispatch/city/catalog"
	"wangge/dispatch/city/tables"
	"wangge/grid"
)

// ExpectationsFile is the table of a city directory with what the city expects of its own rules.
const ExpectationsFile = "expectations.csv"

// MaxExpectations bounds a table of expectations.
const MaxExpectations = 100_000

// Expectation is one row: for a report of a category at a position and an instant, what must come
// out. An empty cell expects nothing.
type Expectation struct {
	Line     int // of the file; 0 when it comes from elsewhere
	Position grid.Position
	Category catalog.Code
	At       time.Time
	Owner    string // unit. Example: "department:GREEN"
	Person   string // who stands there
	Due      time.Time
	Ladder   string // whom each step tells. Example: "p-1; p-1; p-2; p-leader"
	Rule     string
	Note     string
}

// WriteExpectations writes a table of expectations, which package compile reads again.
func WriteExpectations(c *City, list []Expectation) []byte {
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	instant := func(t time.Time) string {
		switch {
		case t.IsZero():
			return ""
		case t.Second() == 0:
			return t.In(c.Location).Format(tables.InstantLayouts[0])
		default:
			return t.In(c.Location).Format(tables.InstantLayouts[1])
		}
	}
	degrees := func(f float64) string { return strconv.FormatFloat(f, 'f', -1, 64) }
	_ = w.Write(tables.Expectations.Names()) // a buffer takes all
	for _, e := range list {
		_ = w.Write([]string{
			degrees(e.Position.Lat), degrees(e.Position.Lng), string(e.Category), instant(e.At),
			e.Position.Datum.String(), e.Owner, e.Person, instant(e.Due), e.Ladder, e.Rule, e.Note,
		})
	}
	w.Flush()
	return b.Bytes()
}
