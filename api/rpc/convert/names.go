package convert

import (
	"slices"

	wanggev1 "wangge/api/wangge/v1"
	"wangge/dispatch"
	"wangge/dispatch/city/catalog"
	"wangge/dispatch/city/roster"
)

// names adds the names of what a case refers to by ids.
func (v Viewer) names(out *wanggev1.Case, cs *dispatch.Case) {
	out.ConditionDisplayName = v.conditionName(cs.Category, cs.Condition)
	out.ReporterDisplayName, out.HandlerDisplayName = v.personName(cs.Report.Reporter), v.personName(cs.Handler)
	out.RequestedByDisplayName, out.ArbiterDisplayName = v.personName(cs.Request.By), v.unitName(cs.Arbiter)
	if cs.CityRevision == v.City.Revision {
		if i := slices.IndexFunc(v.City.Rules, func(r catalog.Rule) bool { return r.ID == cs.Rule }); i >= 0 {
			out.RuleOrder = int32(v.City.Rules[i].Order)
		}
	}
}

// conditionName is the name of a filing condition; "" if the table has none of this id.
func (v Viewer) conditionName(code catalog.Code, id string) string {
	if cat := v.City.Categories[code]; cat != nil {
		for _, condition := range cat.Conditions {
			if condition.ID == id {
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
