package convert

import (
	wanggev1 "wangge/api/wangge/v1"
	"wangge/dispatch/desk"
	"wangge/dispatch/rights"
)

// Duplicate renders a case that may be the same matter. A caller who may not read the case learns that there is one,
// of which category and how far away.
func (v Viewer) Duplicate(c desk.Candidate) *wanggev1.Duplicate {
	shown := v.Case(c.Case)
	out := &wanggev1.Duplicate{Category: shown.GetCategory(), CategoryDisplayName: shown.GetCategoryDisplayName(), DistanceM: c.DistanceM}
	if !rights.MayRead(v.City, v.Person, c.Case, v.Now) {
		return out
	}
	out.Name, out.Stage, out.Apart, out.Score = shown.GetName(), shown.GetStage(), Lasting(c.Apart), c.Score
	out.Text, out.PhotoHashes = c.Case.Report.Text, c.Case.Report.PhotoHashes
	return out
}
