package view

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"wangge/dispatch/city"
	"wangge/dispatch/city/roster"
	"wangge/dispatch/desk/ledger"
	"wangge/dispatch/desk/view/queue"
	"wangge/dispatch/rights"
	"wangge/grid"
)

// SummaryRow counts the cases of one unit.
type SummaryRow struct {
	Unit          roster.Unit
	Open, Overdue int
	WorstLate     time.Duration // of the longest overdue case

	// Of a platform: open cases that were dispatched to it and stand; of these, those that it dispatched again, and those that
	// it dispatched late or, since the alarm, has yet to dispatch.
	ToPlatform, SecondDispatched, SecondLate int
}

// Summarize counts the open and overdue cases at an instant exactly: first of the whole scope, then of each unit
// directly below, by kind and id. A case with co-owners counts in each unit that it concerns, and a case of the scope
// itself in no unit below, so that the rows need not add up to the first. Errors: ErrNoCase, as for List.
func (d *View) Summarize(ctx context.Context, person roster.PersonID, scope roster.Unit, at time.Time) ([]SummaryRow, error) {
	o, err := d.overview(ctx, person, scope, at)
	return o.Rows, err
}

// overview is Summarize with the revision that it counts.
func (d *View) overview(ctx context.Context, person roster.PersonID, scope roster.Unit, at time.Time) (Overview, error) {
	a := d.revisions.Active()
	c := a.City
	if !rights.MayReadScope(c, person, scope, a.Now()) {
		return Overview{}, fmt.Errorf("scope %s: %w", scope, ledger.ErrNoScope)
	}
	if err := d.CaughtUp(ctx); err != nil {
		return Overview{}, err
	}
	units := append([]roster.Unit{scope}, children(c, scope)...)
	rows := make([]SummaryRow, 0, len(units))
	d.board.mu.RLock()
	defer d.board.mu.RUnlock()
	for _, u := range units {
		row := SummaryRow{Unit: u}
		if x := d.board.indexes[u]; x != nil {
			row.Open, row.Overdue = x.Len(NoQueue), x.Before(NoQueue, ledger.SortTime(at))
			it := x.Iter(NoQueue, false, nil)
			if first, _ := it.Next(); row.Overdue > 0 {
				row.WorstLate = time.Duration(ledger.SortTime(at) - first.Due)
			}
		}
		if u.Kind == roster.UnitArea {
			of := func(kind roster.UnitKind) int {
				if x := d.board.indexes[roster.Unit{Kind: kind, ID: u.ID}]; x != nil {
					return x.Len(NoQueue)
				}
				return 0
			}
			row.ToPlatform, row.SecondDispatched, row.SecondLate = of(queue.ToPlatform), of(queue.SecondDispatched), of(queue.SecondLate)
		}
		rows = append(rows, row)
	}
	return Overview{d.board.rev, rows}, nil
}

// below lists the units just below one, by kind and id: an area's areas, the city's topmost departments
// too, a department's departments and sections.
func children(c *city.City, u roster.Unit) []roster.Unit {
	var out []roster.Unit
	switch u.Kind {
	case roster.UnitArea:
		if a := c.Areas[grid.AreaID(u.ID)]; a != nil {
			for _, id := range a.Children {
				out = append(out, roster.Unit{Kind: u.Kind, ID: string(id)})
			}
		}
		for id, dep := range c.Departments {
			if dep.Parent == "" && u.ID == string(c.Root) {
				out = append(out, roster.Unit{Kind: roster.UnitDepartment, ID: id})
			}
		}
	case roster.UnitDepartment:
		for id, dep := range c.Departments {
			if dep.Parent == u.ID {
				out = append(out, roster.Unit{Kind: u.Kind, ID: id})
			}
		}
		for id, s := range c.Sections {
			if s.Department == u.ID {
				out = append(out, roster.Unit{Kind: roster.UnitSection, ID: string(id)})
			}
		}
	case roster.UnitUnknown, roster.UnitSection, roster.UnitPoint: // nothing lies below
	}
	slices.SortFunc(out, func(a, b roster.Unit) int { return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.ID, b.ID)) })
	return out
}
