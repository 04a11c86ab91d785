package records

import (
	"slices"
	"strings"

	"wangge/dispatch/i18n"
)

// Words of a cell that says yes or no.
var (
	yesWords = []string{"yes", "true", "1", "y", "是"}
	noWords  = []string{"", "no", "false", "0", "n", "否"}
)

// details reads the caller, the address, the number and the place in a building. Control characters are removed.
func (p *Record) details(get func(string) string, refuse func(kind, detail i18n.Text)) {
	cleaned := false
	clean := func(field string) string {
		was := get(field)
		out := strings.TrimSpace(i18n.Without(was))
		cleaned = cleaned || out != was
		return out
	}
	r := &p.Import.Report
	r.Caller.Name, r.Caller.Phone = clean("caller_name"), clean("caller_phone")
	r.Address, r.ExternalID, r.Component = clean("address"), clean("external_id"), clean("component_id")
	r.Building, r.UnitNo, r.Floor = clean("building"), clean("unit_no"), clean("floor")
	if cleaned {
		p.flags = append(p.flags, i18n.F("control characters: removed", "控制字符：已删除"))
	}
	switch said := strings.ToLower(get("confidential")); {
	case slices.Contains(yesWords, said):
		r.Caller.Confidential = r.Caller.Name != "" || r.Caller.Phone != ""
	case !slices.Contains(noWords, said):
		refuse(i18n.F("unreadable confidential", "confidential 无法读取"),
			i18n.F("unreadable confidential %q: write yes or no, true or false, 1 or 0", "confidential %q 无法读取：请填写 是 或 否", said))
	}
}
