package city

import (
	"time"

	"wangge/dispatch/city/catalog"
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
