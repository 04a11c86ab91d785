// Package looks records what a caller is about to see of phones, before the answer of a method shows them.
package looks

import (
	"context"

	"wangge/api/rpc/convert"
	"wangge/dispatch"
	"wangge/dispatch/city/roster"
	"wangge/dispatch/desk/access"
	"wangge/dispatch/desk/view"
	"wangge/dispatch/i18n"
)

// Log keeps looks: see access.Log.Record.
type Log interface {
	RecordAccess(ctx context.Context, person roster.PersonID, method string, ids ...dispatch.CaseID) error
}

// Found records the looks of a list whose filter compares phones: a case that is found by a phone tells the phone. Errors:
// those of the log; the list is then not shown.
func Found(ctx context.Context, log Log, v convert.Viewer, f view.Filter, found []*dispatch.Case) error {
	if !f.Contacts {
		return nil
	}
	var seen []dispatch.CaseID
	for _, cs := range found {
		if v.MaySeeContacts(cs, nil) {
			seen = append(seen, cs.ID)
		}
	}
	if len(seen) == 0 {
		return nil
	}
	return log.RecordAccess(ctx, v.Person, "ListCases", seen...)
}

// Rows records a look at the directory if the viewer's person is shown rows of people among the changed rows of an answer.
// Errors: as for Found.
func Rows(ctx context.Context, log Log, v convert.Viewer, method string, rows []i18n.Text) error {
	if !v.ShowsPeople(rows) {
		return nil
	}
	return log.RecordAccess(ctx, v.Person, method, access.Directory)
}
