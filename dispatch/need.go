package dispatch

import (
	"strings"

	"wangge/dispatch/city/catalog"
	"wangge/dispatch/i18n"
)

// Need is something that an act must or may be given.
type Need int

// Needs, each a field of the message that the wire has for an act.
const (
	NeedNote Need = iota + 1
	NeedReason
	NeedCondition
	NeedCategory
	NeedUnit
	NeedHandler
	NeedPhotos
	NeedPosition
	NeedVerdict
	NeedGrant
	NeedResume
	NeedDeadline
	NeedEnd
	NeedMilestone
	NeedParty
	NeedClosing
	NeedOutcome
	NeedTarget
	NeedSatisfaction
	NeedRadius
	NeedPatterns
	NeedTo
	NeedSeverity
)

// field is a need on the wire and for people.
type field struct {
	name string
	text i18n.Text
}

// returnReasons lists the reasons of a return, each with its word as typed.
func returnReasons() i18n.Text {
	var en, zh []string
	for r := NotMyArea; r <= Duplicate; r++ {
		t := reasonTexts[r]
		word := strings.ReplaceAll(t.En, " ", "_")
		en, zh = append(en, t.En+" ("+word+")"), append(zh, t.Zh+"（"+word+"）")
	}
	return i18n.F("a reason: %[1]s", "回退原因：%[2]s", strings.Join(en, ", "), strings.Join(zh, "、"))
}

var fields = map[Need]field{
	NeedNote:      {"note", i18n.Text{En: "a reason in words", Zh: "文字说明"}},
	NeedReason:    {"reason", returnReasons()},
	NeedCondition: {"condition", i18n.Text{En: "a filing condition", Zh: "立案条件"}},
	NeedCategory:  {"category", i18n.Text{En: "a category", Zh: "类别"}},
	NeedUnit:      {"unit", i18n.Text{En: "a unit", Zh: "责任单位"}},
	NeedHandler:   {"handler", i18n.Text{En: "who does the work", Zh: "处置人员"}},
	NeedPhotos:    {"photo_hashes", i18n.Text{En: "a photo", Zh: "照片"}},
	NeedPosition:  {"position", i18n.Text{En: "where you stand", Zh: "所在位置"}},
	NeedVerdict:   {"passed", i18n.Text{En: "the verdict: it is so or it is not", Zh: "结论：通过或不通过"}},
	NeedGrant:     {"granted", i18n.Text{En: "the decision: yes or no", Zh: "审批意见：同意或不同意"}},
	NeedResume:    {"resume_time", i18n.Text{En: "an end date", Zh: "截止日期"}},
	NeedDeadline:  {"due_time", i18n.Text{En: "the deadline asked for", Zh: "申请的截止时间"}},
	NeedEnd:       {"end_time", i18n.Text{En: "an end date", Zh: "截止日期"}},
	NeedMilestone: {"milestone", i18n.Text{En: "a milestone", Zh: "节点"}},
	NeedParty:     {"unit", i18n.Text{En: "the co-owner", Zh: "协办单位"}},
	NeedClosing:   {"closing", i18n.Text{En: "the closing condition that was met", Zh: "满足的结案条件"}},
	NeedOutcome:   {"outcome", i18n.Text{En: "an outcome: fixed (fixed) or closed without a fix (not_fixed)", Zh: "处置结果：已解决（fixed）或未解决结案（not_fixed）"}},
	NeedTarget:    {"target", i18n.Text{En: "the other case", Zh: "另一案件"}},
	NeedSatisfaction: {"satisfaction", i18n.Text{
		En: "what the reporter said: very satisfied (very_satisfied), satisfied (satisfied), mostly satisfied (mostly_satisfied), dissatisfied (dissatisfied) or not reached (not_reached)",
		Zh: "满意度：非常满意（very_satisfied）、满意（satisfied）、基本满意（mostly_satisfied）、不满意（dissatisfied）或未联系上（not_reached）",
	}},
	NeedRadius:   {"radius_m", i18n.Text{En: "how far around the ruling holds", Zh: "裁定适用半径"}},
	NeedTo:       {"recipient", i18n.Text{En: "whom to tell", Zh: "升级对象"}},
	NeedSeverity: {"severity", i18n.Text{En: "the severity, judged by danger", Zh: "按危险程度判定的等级"}},
	NeedPatterns: {"categories", i18n.Text{En: "the categories it holds for", Zh: "裁定适用类别"}},
}

// Field is the name of the need on the wire: a field of the act's message, or note, which all acts share.
func (n Need) Field() string { return fields[n].name }

// Text is the need in both languages.
func (n Need) Text() i18n.Text { return fields[n].text }

// Given reports whether the command carries the need. A verdict and a word are always there: false
// is one too.
func (n Need) Given(cmd *Command) bool {
	switch n {
	case NeedNote:
		return strings.TrimSpace(cmd.Note) != ""
	case NeedReason:
		return cmd.Reason != ReasonNone
	case NeedCondition:
		return cmd.Condition != ""
	case NeedCategory:
		return cmd.Category != ""
	case NeedUnit:
		return cmd.Owner != nil
	case NeedHandler:
		return cmd.Handler != ""
	case NeedPhotos:
		return len(cmd.Photos) > 0
	case NeedPosition:
		return cmd.Position != nil
	case NeedResume, NeedDeadline, NeedEnd:
		return !cmd.Until.IsZero()
	case NeedMilestone:
		return cmd.Milestone != ""
	case NeedParty:
		return cmd.Party.ID != ""
	case NeedClosing:
		return cmd.Closing != ""
	case NeedOutcome:
		return cmd.Outcome == OutcomeFixed || cmd.Outcome == OutcomeNotFixed
	case NeedTarget:
		return cmd.Target != 0
	case NeedSatisfaction:
		return cmd.Satisfied != NotAsked
	case NeedTo:
		return cmd.To != ""
	case NeedRadius:
		return cmd.RadiusM != 0
	case NeedSeverity:
		return cmd.Severity != catalog.SeverityUnknown
	case NeedPatterns:
		return len(cmd.Patterns) > 0
	case NeedVerdict, NeedGrant:
	}
	return true
}
