package lifecycle

import (
	"errors"
	"time"

	"wangge/dispatch"
	"wangge/dispatch/city"
	"wangge/dispatch/city/roster"
)

// NarrowRefusal keeps in a *dispatch.RefusedError of Decide only the acts that the person may do instead. cs is nil for a
// report that became no case. Other errors are returned as they are.
func NarrowRefusal(err error, c *city.City, person roster.PersonID, cs *dispatch.Case, at time.Time) error {
	var refused *dispatch.RefusedError
	if !errors.As(err, &refused) {
		return err
	}
	if cs == nil {
		narrow := *refused
		narrow.Instead = nil
		return &narrow
	}
	instead := Acts(c, person, cs, at)
	if refused.ByStage {
		return refuseStage(cs, refused.Act, instead)
	}
	narrow := *refused
	narrow.Instead = instead
	return &narrow
}
