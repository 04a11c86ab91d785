package sla

import (
	"wangge/dispatch"
	"wangge/dispatch/city"
	"wangge/dispatch/city/catalog"
)

// ConditionOf finds the filing condition of a category by id; "" is the first one. Errors:
// *dispatch.UnknownCategoryError, *dispatch.UnknownConditionError.
func ConditionOf(c *city.City, code catalog.Code, id string) (*catalog.Condition, error) {
	cat, ok := c.Categories[code]
	if !ok {
		return nil, dispatch.UnknownCategory(c, code)
	}
	if id == "" {
		return &cat.Conditions[0], nil
	}
	for i := range cat.Conditions {
		if cat.Conditions[i].ID == id {
			return &cat.Conditions[i], nil
		}
	}
	have := make([]string, len(cat.Conditions))
	for i := range have {
		have[i] = cat.Conditions[i].ID
	}
	return nil, &dispatch.UnknownConditionError{Code: code, Condition: id, Have: have}
}

// ConditionOfCase finds the filing condition of a case, with the severity that a person has judged in place of its own.
// Errors: those of ConditionOf.
func ConditionOfCase(c *city.City, cs *dispatch.Case) (*catalog.Condition, error) {
	cond, err := ConditionOf(c, cs.Category, cs.Condition)
	if err != nil || !cs.Judged {
		return cond, err
	}
	return Judged(cond, cs.Severity), nil
}

// Judged is a condition under another severity, of which the limit is that of the condition and the severity; the condition
// itself for no severity.
func Judged(cond *catalog.Condition, s catalog.Severity) *catalog.Condition {
	if s == catalog.SeverityUnknown || s == cond.Severity {
		return cond
	}
	out := *cond
	out.Severity = s
	return &out
}
