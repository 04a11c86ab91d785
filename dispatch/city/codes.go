package city

import (
	"slices"
	"strings"
	"time"

	"wangge/grid"
)

// OldCode is a former code of an area with its period. Example: 230106 was 香坊区 until 2006.
type OldCode struct {
	Code     string
	Area     grid.AreaID
	From, To time.Time // [From, To); zero = open
}

// AreaOfCode finds the area of a code: a code of today, or one that was valid at an instant. The zero instant means
// any time.
func (c *City) AreaOfCode(code string, at time.Time) (grid.AreaID, bool) {
	if c.Areas[grid.AreaID(code)] != nil {
		return grid.AreaID(code), true
	}
	for _, o := range c.OldCodes {
		if o.Code == code && (at.IsZero() || (o.From.IsZero() || !at.Before(o.From)) && (o.To.IsZero() || at.Before(o.To))) {
			return o.Area, true
		}
	}
	return "", false
}

// codeAt returns the code of an area at an instant: a former code that was valid then, else the area's id.
func (c *City) codeAt(id grid.AreaID, at time.Time) string {
	i := slices.IndexFunc(c.OldCodes, func(o OldCode) bool {
		return o.Area == id && !at.IsZero() && !o.To.IsZero() && at.Before(o.To) && (o.From.IsZero() || !at.Before(o.From))
	})
	if i < 0 {
		return string(id)
	}
	return c.OldCodes[i].Code
}

// digits reports whether s has exactly n decimal digits.
func digits(s string, n int) bool { return len(s) == n && strings.Trim(s, "0123456789") == "" }
