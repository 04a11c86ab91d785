package roster

import (
	"strings"

	"wangge/dispatch/i18n"
)

var roleWords = map[Role]string{
	Leader: "领导", Owner: "责任人", DutyChief: "值班长", Acceptor: "受理员", Dispatcher: "派遣员", Handler: "处置人员", Inspector: "监督员", Checker: "核查员", Patron: "包保领导", GridOffice: "网格办", Arbiter: "裁定员", Deputy: "分管领导",
}

// Text returns the role in both languages; the English word is also its stable text form.
func (r Role) Text() i18n.Text {
	if zh, ok := roleWords[r]; ok {
		return i18n.Text{En: string(r), Zh: zh}
	}
	return i18n.Text{En: string(r), Zh: string(r)}
}

// Words is the role in both languages as it stands in a sentence: "duty chief". Text has the stable form.
func (r Role) Words() i18n.Text {
	t := r.Text()
	t.En = strings.ReplaceAll(t.En, "_", " ")
	return t
}

// RoleWords lists roles as they stand in a sentence; RolesText has the stable forms.
func RoleWords(roles []Role) i18n.Text {
	t := RolesText(roles)
	t.En = strings.ReplaceAll(t.En, "_", " ")
	return t
}

// RolesText formats a list of roles.
func RolesText(roles []Role) i18n.Text {
	en, zh := make([]string, len(roles)), make([]string, len(roles))
	for i, r := range roles {
		en[i], zh[i] = r.Text().En, r.Text().Zh
	}
	return i18n.Text{En: strings.Join(en, ", "), Zh: strings.Join(zh, "、")}
}
