package city

import (
	"fmt"
	"iter"
	"slices"
	"time"

	"wangge/dispatch/city/roster"
	"wangge/grid"
)

// UnitGrid is one cell of the city with its code, the areas that own its ground, and the people who answer for
// reports from there.
type UnitGrid struct {
	Cell    grid.Cell
	Code    string // 15 digits: region 6, street 3, community 3, sequence 3; "" = no code is possible
	Middle  grid.Point
	SizeM2  float64
	Areas   []grid.AreaID // chain of the reporting owner, the city first
	Shares  []grid.Share  // of the deepest areas, the largest first; the first is the reporting owner
	Post    roster.PostID // the accountable post of that area, or of the next area above with one
	Persons []roster.PersonID
}

// maxSequence is the largest sequence number that fits into a code.
const maxSequence = 999

// UnitGrids lists the cells with ground of an area in the order of their numbers. Codes and people are those of the
// instant. A cell reports to the area with the largest share of the cell, so that the cells of neighbours meet
// without overlap or gap. Sequence numbers count the cells that report to a community. A cell has no code if its
// community has no 12-digit code or more than 999 cells.
func (c *City) UnitGrids(within grid.AreaID, at time.Time) iter.Seq2[UnitGrid, error] {
	return func(yield func(UnitGrid, error) bool) {
		sequence := map[grid.AreaID]int{}
		for cell, err := range c.Index.Cells(within) {
			if err != nil {
				yield(UnitGrid{}, err)
				return
			}
			shares, size, err := c.Index.Shares(cell)
			if err != nil {
				yield(UnitGrid{}, err)
				return
			}
			if len(shares) == 0 {
				continue
			}
			u := UnitGrid{Cell: cell, SizeM2: size, Shares: shares, Areas: c.chain(shares[0].Area)}
			sequence[shares[0].Area]++
			u.Code = c.unitCode(shares[0].Area, sequence[shares[0].Area], at)
			if !slices.Contains(u.Areas, within) {
				continue
			}
			if u.Middle, err = cell.LatLng(); err != nil {
				yield(UnitGrid{}, err)
				return
			}
			u.Post, u.Persons = c.reportingPost(u.Areas, at)
			if !yield(u, nil) {
				return
			}
		}
	}
}

func (c *City) chain(id grid.AreaID) []grid.AreaID {
	var out []grid.AreaID
	for a := c.Areas[id]; a != nil; a = c.Areas[a.Parent] {
		out = append(out, a.ID)
	}
	slices.Reverse(out)
	return out
}

// unitCode returns the code of a cell within its community. The region may have had another code at that time.
func (c *City) unitCode(id grid.AreaID, sequence int, at time.Time) string {
	if !digits(string(id), 12) || sequence > maxSequence {
		return ""
	}
	region := string(id)[:6]
	return fmt.Sprintf("%s%s%03d", c.codeAt(grid.AreaID(region), at), string(id)[6:], sequence)
}

// reportingPost returns the accountable post of the smallest area that has one, and the people on duty there.
func (c *City) reportingPost(areas []grid.AreaID, at time.Time) (roster.PostID, []roster.PersonID) {
	for _, id := range slices.Backward(areas) {
		for _, role := range []roster.Role{roster.Inspector, roster.Owner, roster.Leader} {
			post, ok := c.Roster.Post(roster.Unit{Kind: roster.UnitArea, ID: string(id)}, role)
			if !ok {
				continue
			}
			var people []roster.PersonID
			if p, on := c.Roster.OnDuty(post, at); on {
				people = append(people, p)
			}
			return post, people
		}
	}
	return "", nil
}
