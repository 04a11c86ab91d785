package revision

import (
	"time"

	"wangge/dispatch/city"
)

// City returns the city that decides now. An operation asks once and hands it down, so that one
// case never sees two.
func (d *Revisions) City() *city.City { return d.InForce().City }

func (d *Revisions) InForce() *InForce { return d.Force.Load() }

func (d *Revisions) Now() time.Time { return d.tx.Clock.Now().Round(0).In(d.City().Location) }
