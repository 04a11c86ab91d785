package rollout

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"wangge/dispatch"
	"wangge/dispatch/city"
	"wangge/dispatch/city/catalog"
	"wangge/dispatch/i18n"
	"wangge/dispatch/lifecycle"
	"wangge/dispatch/revise"
)

// LostCase is an open case that names something that a proposal removes.
type LostCase struct {
	Case dispatch.CaseID
	Why  []i18n.Text // one for each missing thing
}

// MaxLost bounds the lost cases that a plan lists; all are counted.
const MaxLost = 200

// LostError refuses a proposal that would leave open cases without an owner while the policy does not say how they
// move. Nothing was changed.
type LostError struct {
	Cases []LostCase // at most MaxLost
	Count int        // all of them
}

// Error implements error.
func (e *LostError) Error() string {
	return fmt.Sprintf("%d open cases name what the revision no longer has; move or reroute them", e.Count)
}

// losses fills in the open cases that the proposal would leave without an owner, and adds a gap for each act that
// nobody could do on some of them.
func (d *Rollouts) losses(ctx context.Context, p *Plan, was, is *city.City, from time.Time) error {
	if err := d.view.CaughtUp(ctx); err != nil {
		return err
	}
	idle, first := map[dispatch.Act]int{}, map[dispatch.Act]dispatch.CaseID{}
	err := d.eachOpen(ctx, 0, func() error { return nil }, func(cs *dispatch.Case) {
		if l := revise.LossOf(was, is, cs, from); l.Any() {
			if p.LostCount++; len(p.Lost) < MaxLost {
				p.Lost = append(p.Lost, LostCase{cs.ID, l.Why})
			}
		}
		if act := lifecycle.BlockedAct(was, is, cs, from); act != "" {
			if idle[act]++; idle[act] == 1 {
				first[act] = cs.ID
			}
		}
	})
	for _, act := range slices.Sorted(maps.Keys(idle)) {
		name := act.Text()
		p.Opened = append(p.Opened, Gap{
			Reason: LostAct,
			Text:   i18n.F("nobody could %[1]s %[2]d open cases any more, the first %[3]s", "将无人可对 %[2]d 件未结案件执行「%[4]s」，首件为 %[3]s", act, idle[act], first[act], name.Zh),
			Add:    i18n.F("keep a post of one of these roles at their area, their owner or the city: %s", "请在其区域、责任单位或全市保留以下角色之一的岗位：%[2]s", lifecycle.RolesOf(act).En, lifecycle.RolesOf(act).Zh),
		})
	}
	return err
}

// formerOf returns the names of the categories that a proposal removes.
func formerOf(was, is *city.City) map[catalog.Code]i18n.Text {
	var out map[catalog.Code]i18n.Text
	for code := range was.Categories {
		if is.Categories[code] == nil {
			if out == nil {
				out = map[catalog.Code]i18n.Text{}
			}
			out[code] = was.CategoryName(code)
		}
	}
	return out
}
