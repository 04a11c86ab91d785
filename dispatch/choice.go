package dispatch

import (
	"slices"
	"strings"

	"wangge/dispatch/city/calendar"
	"wangge/dispatch/city/catalog"
	"wangge/dispatch/i18n"
)

// Choice is one value that a person can choose for a need of an act.
type Choice struct {
	Value    string
	Text     i18n.Text        // what the value stands for; zero = the value itself
	Severity catalog.Severity // of a filing condition
	Limit    calendar.Limit   // of a filing condition
}

// ConditionChoices are the filing conditions of a category.
func ConditionChoices(cat *catalog.Category) []Choice {
	out := make([]Choice, len(cat.Conditions))
	for i := range cat.Conditions {
		k := &cat.Conditions[i]
		out[i] = Choice{Value: k.ID, Text: i18n.Text{En: k.Name, Zh: k.Name}, Severity: k.Severity, Limit: k.Limit}
	}
	return out
}

// ClosingChoices are the closing conditions of a filing condition; nil when the category, which may be nil, lacks the condition.
func ClosingChoices(cat *catalog.Category, condition string) []Choice {
	if cat == nil {
		return nil
	}
	i := slices.IndexFunc(cat.Conditions, func(k catalog.Condition) bool { return k.ID == condition })
	if i < 0 {
		return nil
	}
	out := make([]Choice, len(cat.Conditions[i].Closings))
	for n, text := range cat.Conditions[i].Closings {
		out[n] = Choice{Value: text}
	}
	return out
}

// ChoiceError says that an act needs one of several values, and was given none of them. Nothing was changed.
type ChoiceError struct {
	Act     Act // ActFile: of the report
	Need    Need
	Given   string   // "" = nothing
	Choices []Choice // none: a person writes the value
}

// Error implements error.
func (e *ChoiceError) Error() string { return string(e.Act) + ": " + e.Localized().En }

// Localized is the error in both languages.
func (e *ChoiceError) Localized() i18n.Text {
	need := e.Need.Text()
	if len(e.Choices) == 0 {
		return i18n.F("is required: %[1]s", "必须提供%[2]s", need.En, need.Zh)
	}
	all := ChoiceList(e.Choices)
	if e.Given == "" {
		return i18n.F("choose %[1]s: %[2]s", "请选择%[1]s：%[2]s", need, all)
	}
	return i18n.F("%[1]q is none of these: %[2]s", "%[1]q 不在可选范围内；可选：%[2]s", e.Given, all)
}

// ChoiceList lists choices in words.
func ChoiceList(choices []Choice) i18n.Text {
	en, zh := make([]string, len(choices)), make([]string, len(choices))
	for i, c := range choices {
		en[i], zh[i] = c.line()
	}
	return i18n.Text{En: strings.Join(en, "; "), Zh: strings.Join(zh, "；")}
}

// line is the choice in one line in each language. Example: "2 破损 (B, 4 work hours)".
func (c Choice) line() (en, zh string) {
	en, zh = c.Value, c.Value
	if c.Text.En != "" {
		en += " " + c.Text.En
	}
	if c.Text.Zh != "" {
		zh += " " + c.Text.Zh
	}
	if c.Severity != catalog.SeverityUnknown {
		grade, limit := c.Severity.Letter(), c.Limit.Text()
		en += " (" + grade + ", " + limit.En + ")"
		zh += "（" + grade + " 级，" + limit.Zh + "）"
	}
	return en, zh
}
