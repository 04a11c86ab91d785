package lint

import (
	"fmt"
	"maps"
	"slices"

	"wangge/dispatch/city"
	"wangge/dispatch/diag"
	"wangge/dispatch/i18n"
)

// Bounds of the yellow light, in percent of a limit. Beyond the upper one a case is overdue, and red.
const (
	yellowFrom = 80
	yellowTo   = 100
)

// lights reports the steps of ladders.yaml whose light says something else than their time: red means overdue, yellow the
// last fifth of the limit. Of a step that repeats, the first is reported. A step after a span from the start of the clock
// is not judged: its share of the limit differs from case to case.
func lights(c *city.City) []diag.Diagnostic {
	var out []diag.Diagnostic
	for _, name := range slices.Sorted(maps.Keys(c.Policies)) {
		for i := range c.Policies[name].Steps {
			s := &c.Policies[name].Steps[i]
			if s.Line == 0 || s.Every.Set() || s.After.Set() {
				continue
			}
			text := fmt.Sprintf("%d %%", s.AtPercent)
			if s.Overdue.Set() {
				text = "overdue_by " + s.Overdue.String()
			}
			before := !s.Overdue.Set() && s.AtPercent < yellowTo
			var why i18n.Text
			switch {
			case s.Light == "red" && before:
				why = i18n.F("red at %s, when the case is not overdue", "%s 即亮红灯，此时案件尚未逾期", text)
			case s.Light == "yellow" && !s.Overdue.Set() && s.AtPercent < yellowFrom:
				why = i18n.F("yellow at %[1]s, earlier than at %[2]d %%", "%[1]s 即亮黄灯，早于 %[2]d %%", text, yellowFrom)
			case s.Light == "yellow" && (s.Overdue.Set() || s.AtPercent > yellowTo):
				why = i18n.F("yellow at %s, when the case is overdue", "%s 亮黄灯，此时案件已逾期", text)
			default:
				continue
			}
			out = append(out, diag.Diagnostic{
				File: "ladders.yaml", Line: s.Line,
				Message:    i18n.Text{En: fmt.Sprintf("ladder %s, step %d: %s", name, i+1, why.En), Zh: fmt.Sprintf("升级规则 %s 第 %d 级：%s", name, i+1, why.Zh)},
				Suggestion: i18n.F("write light: green before %[1]d %%, yellow from %[1]d to %[2]d %%, red once the limit has passed", "请写 light：%[1]d %% 之前为 green，%[1]d %% 至 %[2]d %% 为 yellow，逾期后为 red", yellowFrom, yellowTo),
			})
		}
	}
	return out
}
