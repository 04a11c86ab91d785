package lifecycle

import (
	"wangge/dispatch"
	"wangge/dispatch/city"
	"wangge/dispatch/city/roster"
)

// Facts is what a decision reads beside the command and the city: what the desk has looked up in its store. LookUps
// says which fields an act needs; a filing needs Filing.
type Facts struct {
	Other     *dispatch.Case    // the case that the command's Target names, or that the report joins; nil = the actor knows of no such case
	Reporters []roster.PersonID // told how the case ends, beside its own: of the cases merged into it, and of the one it reopens
	Joined    []*dispatch.Case  // cases merged into this one, directly or through others
	OpenParts int               // cases of this mass event that are still open
	NewID     dispatch.CaseID   // the number of the case that takes this one up again
	Filing    *Filing           // ActFile only

	Successors city.Successors // of the revisions that have taken effect since the case was merged
}

// Filing is a report on its way to become a case.
type Filing struct {
	Report   *dispatch.Report
	Place    *dispatch.Place
	Recorded *dispatch.Owner // the owner that a past record names; nil = by rule
	Reopens  *dispatch.Case  // the closed case that this report takes up again; nil = none
}

// LookUp is a field of Facts that the desk looks up for an act.
type LookUp int

// Look-ups.
const (
	LookUpOther      LookUp = iota + 1 // Facts.Other
	LookUpReporters                    // Facts.Reporters
	LookUpOpenParts                    // Facts.OpenParts
	LookUpNewID                        // Facts.NewID
	LookUpJoined                       // Facts.Joined
	LookUpSuccessors                   // Facts.Successors
)

// LookUps lists what the desk looks up before it decides an act on a case; nothing for an act that is no person's.
func LookUps(act dispatch.Act) []LookUp {
	row, ok := rowOf(act)
	if !ok {
		return nil
	}
	return row.lookUps
}
