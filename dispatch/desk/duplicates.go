package desk

import (
	"cmp"
	"context"
	"slices"
	"time"

	"wangge/dispatch"
	"wangge/dispatch/city/catalog"
	"wangge/dispatch/city/roster"
	"wangge/dispatch/desk/ledger"
	"wangge/dispatch/duplicate"
	"wangge/dispatch/lifecycle"
	"wangge/dispatch/routing"
	"wangge/grid"
	"wangge/storage"
)

// Candidate is a case that may report the same matter.
type Candidate struct {
	Case *dispatch.Case
	duplicate.Likeness
}

// MaxDuplicates bounds the cases that a search for duplicates finds.
const MaxDuplicates = 20

// maxLookedAt bounds the cases that a search for duplicates reads of one area, the newest first.
const maxLookedAt = 1000

// Duplicates lists the cases that may report the same matter as one of a category at a position, the likeliest first,
// at most 20. The search reads the newest 1,000 cases of the smallest area at the position, and of the neighbouring
// area. The case not is excluded. Errors: those of routing.PlaceOf and lifecycle.Authorize. Only persons with the
// right to report may search.
func (d *Desk) Duplicates(
	ctx context.Context, person roster.PersonID, at grid.Position, code catalog.Code, seen time.Time, not dispatch.CaseID,
) ([]Candidate, error) {
	a := d.revisions.Active()
	c, now := a.City, a.Now()
	if _, err := lifecycle.Authorize(c, person, dispatch.ActFile, nil, now); err != nil {
		return nil, err
	}
	place, err := routing.PlaceOf(c, at)
	if err != nil {
		return nil, err
	}
	areas := []grid.AreaID{place.Areas[len(place.Areas)-1]}
	if place.Neighbour != "" && place.BorderM <= c.Defaults.DuplicateM {
		areas = append(areas, place.Neighbour)
	}
	oldest := min(seen.Unix(), now.Unix()) - int64(max(c.Defaults.DuplicateHours, c.Defaults.RecentHours)+longestLife)*3600
	var out []Candidate
	err = d.tx.Read(ctx, func(snap storage.Snapshot) error {
		for _, area := range areas {
			looked := 0
			r := storage.Prefix(ledger.PostingPrefix(roster.Unit{Kind: roster.UnitArea, ID: string(area)}))
			r.Reverse = true
			for it, err := range snap.Scan(r) {
				if err != nil {
					return err
				}
				id := ledger.TailID(it.Key)
				if looked++; looked > maxLookedAt {
					break
				}
				if id == not || slices.ContainsFunc(out, func(x Candidate) bool { return x.Case.ID == id }) {
					continue
				}
				l, err := ledger.Load(snap, id)
				if err != nil {
					if ledger.IsDamage(err) {
						continue
					}
					return err
				}
				if l.Cs.Report.ReceivedAt.Unix() < oldest {
					break
				}
				if like, ok := duplicate.Resembles(c, place.Point, code, seen, l.Cs, now); ok {
					out = append(out, Candidate{l.Cs, like})
				}
			}
		}
		return nil
	})
	slices.SortFunc(out, func(a, b Candidate) int {
		return cmp.Or(cmp.Compare(b.Score, a.Score), cmp.Compare(a.Case.ID, b.Case.ID))
	})
	return out[:min(len(out), MaxDuplicates)], err
}

// longestLife is how far back, in hours, the search looks for cases that are open or recently closed.
const longestLife = 90 * 24
