package ledger

import (
	"errors"
	"fmt"
	"strings"

	"wangge/dispatch"
)

// ErrNoCase is returned for a case that does not exist and for a case that the caller may not read, without a
// difference.
var ErrNoCase = errors.New("no such case")

// ErrNoScope is the ErrNoCase of a unit at or above which the caller holds no post.
var ErrNoScope = fmt.Errorf("no post at the unit or above it: %w", ErrNoCase)

// ErrBadToken is returned for a page token that was not made for this query.
var ErrBadToken = errors.New("page token does not belong to this query")

// ErrStopped is returned by lists and watches after Close.
var ErrStopped = errors.New("the desk is closed")

// ReusedIDError says that an id was used before with other content. Nothing was changed.
type ReusedIDError struct {
	ID      string          // the client id or request id
	Case    dispatch.CaseID // what the first use became or acted on
	Differs []string        // fields of the wire that differ: of the report, or name and act
	Report  bool            // the id is a report's
	Number  bool            // the id is a report's number in the system of its source
}

// Error implements error.
func (e *ReusedIDError) Error() string {
	return fmt.Sprintf("id %q was used before for case %s; different: %s", e.ID, e.Case, strings.Join(e.Differs, ", "))
}

// StaleError says that the case has moved on since the caller read it. Nothing was changed.
type StaleError struct {
	Case       dispatch.CaseID
	Have, Want uint64         // the case's etag, and the caller's
	Since      int            // how many events the caller has not seen
	Last       dispatch.Event // what happened last
}

// Error implements error.
func (e *StaleError) Error() string {
	return fmt.Sprintf("case %s is at %d, not at %d; read it again", e.Case, e.Have, e.Want)
}
