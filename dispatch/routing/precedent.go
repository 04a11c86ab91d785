package routing

import (
	"strings"
	"time"

	"wangge/dispatch"
	"wangge/dispatch/city"
	"wangge/dispatch/city/catalog"
	"wangge/dispatch/i18n"
)

// PrecedentRule is the text of Decision.Rule and Case.Rule for a case that a precedent routed. Example:
// "precedent:pr-20261123-000417".
func PrecedentRule(id string) string { return precedentRule + id }

const precedentRule = "precedent:"

// PrecedentOf returns the id of the precedent that a text of PrecedentRule names. ok is false for every other rule.
func PrecedentOf(rule string) (id string, ok bool) { return strings.CutPrefix(rule, precedentRule) }

// byPrecedent returns the owner that a ruling names, and the ruling: the latest one that holds at the place and
// instant.
func byPrecedent(c *city.City, p dispatch.Place, code catalog.Code, at time.Time, trail *[]ConsideredRule) (dispatch.Owner, string, bool) {
	for _, pr := range c.PrecedentsOf(code) {
		owner, why, ok := ruled(c, pr, p, at)
		if trail != nil {
			*trail = append(*trail, ConsideredRule{Rule: PrecedentRule(pr.ID), Matched: ok, Why: why})
		}
		if ok {
			return owner, PrecedentRule(pr.ID), true
		}
	}
	return dispatch.Owner{}, "", false
}

// ruled returns the owner that one ruling names, or why it does not hold.
func ruled(c *city.City, pr *city.Precedent, p dispatch.Place, at time.Time) (dispatch.Owner, i18n.Text, bool) {
	day := func(t time.Time) string { return t.In(c.Location).Format(time.DateOnly) }
	switch {
	case !pr.RevokedAt.IsZero() && !at.Before(pr.RevokedAt):
		return dispatch.Owner{}, i18n.F("the ruling was revoked on %s", "该裁定已于 %s 撤销", day(pr.RevokedAt)), false
	case at.Before(pr.From):
		return dispatch.Owner{}, i18n.F("the ruling begins on %s", "该裁定自 %s 起生效", day(pr.From)), false
	case !pr.To.IsZero() && !at.Before(pr.To):
		return dispatch.Owner{}, i18n.F("the ruling ended on %s", "该裁定已于 %s 失效", day(pr.To)), false
	case !p.Located() && pr.Area == "", !pr.Holds(p.Point, p.Areas, p.Sections):
		return dispatch.Owner{}, i18n.F("the place is not where the ruling holds", "地点不在该裁定范围内"), false
	}
	post, ok := EffectivePost(c, pr.Unit)
	if !ok {
		return dispatch.Owner{}, i18n.F("the ruling names %s, which nobody answers for any more", "该裁定指定的 %s 已无人负责", pr.Unit), false
	}
	return dispatch.Owner{Kind: pr.Kind, Unit: pr.Unit, Post: post},
		i18n.F("ruled by %[1]s on %[2]s: %[3]s", "%[1]s 于 %[2]s 裁定：%[3]s", pr.Decider, day(pr.DecidedAt), pr.Text), true
}
