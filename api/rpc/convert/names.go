package convert

import (
	"strings"

	"wangge/api/resource"
	wanggev1 "wangge/api/wangge/v1"
	"wangge/dispatch"
	"wangge/dispatch/city/roster"
)

// names adds the names of what a case refers to by ids.
func (v Viewer) names(out *wanggev1.Case, cs *dispatch.Case) {
	out.ConditionDisplayName = v.conditionName(cs)
	out.ReporterDisplayName, out.HandlerDisplayName = v.personName(cs.Report.Reporter), v.personName(cs.Handler)
	out.RequestedByDisplayName, out.ArbiterDisplayName = v.personName(cs.Request.By), v.unitName(cs.Arbiter)
	out.FormerUnits, out.FormerUnitDisplayNames = All(cs.GoneUnits, resource.Unit), All(cs.GoneUnits, v.unitName)
	if sameRules(cs.CityRevision, v.City.Revision) {
		if rule := v.City.RuleByID(cs.Rule); rule != nil {
			out.RuleOrder = int32(rule.Order)
		}
	}
}

// sameRules reports whether two revisions of the city have the same table of rules: the suffix counts rulings, which change none.
func sameRules(a, b string) bool {
	a, _, _ = strings.Cut(a, "+")
	b, _, _ = strings.Cut(b, "+")
	return a == b
}

// conditionName is the name of the filing condition of a case; "" if the table does not have the condition.
func (v Viewer) conditionName(cs *dispatch.Case) string {
	if cat := v.City.Categories[cs.Category]; cat != nil {
		for _, condition := range cat.Conditions {
			if condition.ID == cs.Condition {
				return condition.Name
			}
		}
	}
	return ""
}

// unitName is the name of a unit; "" for none.
func (v Viewer) unitName(u roster.Unit) string {
	if u == (roster.Unit{}) {
		return ""
	}
	return v.words(v.City.UnitName(u))
}
