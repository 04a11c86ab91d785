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

// ExpectationsFile is the table of expected results in a city directory.
const ExpectationsFile = "expectations.csv"

// MaxExpectations bounds a table of expectations.
const MaxExpectations = 100_000

// Expectation is one row: the expected result for a report of a category at a position and an instant. An empty cell
// expects nothing.
type Expectation struct {
	Line       int // of the file; 0 for a row from elsewhere
	Position   grid.Position
	Category   catalog.Code
	At         time.Time
	Owner      string // unit. Example: "department:GREEN"
	Person     string // the on-call person of the owner's post
	Due        time.Time
	Recipients string // the recipients of each step. Example: "p-1; p-1; p-2; p-leader"
	Rule       string
	Note       string
}

// WriteExpectations writes a table of expectations in the form that package compile reads.
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
	_ = w.Write(tables.Expectations.Names()) // writes to a buffer do not fail
	for _, e := range list {
		_ = w.Write([]string{
			degrees(e.Position.Lat), degrees(e.Position.Lng), string(e.Category), instant(e.At),
			e.Position.Datum.String(), e.Owner, e.Person, instant(e.Due), e.Recipients, e.Rule, e.Note,
		})
	}
	w.Flush()
	return b.Bytes()
}
