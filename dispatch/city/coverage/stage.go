package coverage

import (
	"slices"
	"strings"

	"wangge/dispatch/i18n"
)

// Stage is a step of a case, until the case is closed, for which somebody must be there.
type Stage string

// Stages, in the order of a case's way.
const (
	StageAccept     Stage = "accept"      // a report is accepted and filed
	StageVerify     Stage = "verify"      // a report is verified at the place
	StageDispatch   Stage = "dispatch"    // a filed or returned case is given to an owner
	StageWork       Stage = "work"        // the owner does the work
	StageDuty       Stage = "duty"        // a co-owner does its part
	StagePatron     Stage = "patron"      // a patron (包保) answers beside the leader
	StageExtension  Stage = "extension"   // a decision on more time
	StageSuspension Stage = "suspension"  // a decision on a suspension
	StageRuling     Stage = "ruling"      // a ruling in a dispute
	StageCheck      Stage = "check"       // the work is checked at the place
	StageClose      Stage = "close"       // a checked case is closed
	StageAppeal     Stage = "appeal"      // a decision on an overtime appealed
	StageForceClose Stage = "force_close" // a second person joins in closing by force
	StageOversight  Stage = "oversight"   // a duty chief voids after dispatch, supervises, reopens
)

// stageWords are the stages in order, with what nobody does at them.
var stageWords = []struct {
	Stage
	name, act i18n.Text
}{
	{StageAccept, i18n.F("acceptance", "受理立案"), i18n.F("accept reports", "受理立案")},
	{StageVerify, i18n.F("verification", "核实"), i18n.F("verify reports", "核实上报")},
	{StageDispatch, i18n.F("dispatch", "派遣"), i18n.F("dispatch cases", "派遣案件")},
	{StageWork, i18n.F("work", "处置"), i18n.F("do the work", "处置")},
	{StageDuty, i18n.F("co-owner's part", "协办"), i18n.F("do the part of a co-owner", "协办")},
	{StagePatron, i18n.F("patronage", "包保"), i18n.F("answer as patron", "包保")},
	{StageExtension, i18n.F("extension", "延期审批"), i18n.F("decide on extensions", "审批延期")},
	{StageSuspension, i18n.F("suspension", "挂账审批"), i18n.F("decide on suspensions", "审批挂账")},
	{StageRuling, i18n.F("ruling", "裁定"), i18n.F("rule in disputes", "裁定争议")},
	{StageCheck, i18n.F("check", "核查"), i18n.F("check what was done", "核查处置结果")},
	{StageClose, i18n.F("closing", "结案"), i18n.F("close cases", "结案")},
	{StageAppeal, i18n.F("appeal", "申诉审批"), i18n.F("decide on appeals", "审批申诉")},
	{StageForceClose, i18n.F("closing by force", "强制结案"), i18n.F("join in closing by force", "会签强制结案")},
	{StageOversight, i18n.F("oversight", "值班督办"), i18n.F("void after dispatch, supervise and reopen as duty chief", "以值班长身份作废、督办和重开案件")},
}

// order is the place of a stage in a case's way.
func (s Stage) order() int {
	for i := range stageWords {
		if stageWords[i].Stage == s {
			return i
		}
	}
	return len(stageWords)
}

// blocks reports whether no case gets past the stage while nobody acts; the others decide only what somebody asks for.
func (s Stage) blocks() bool {
	return slices.Contains([]Stage{StageAccept, StageVerify, StageDispatch, StageRuling, StageCheck, StageClose}, s)
}

// Text names the stage for people.
func (s Stage) Text() i18n.Text {
	if i := s.order(); i < len(stageWords) {
		return stageWords[i].name
	}
	return i18n.Text{En: string(s), Zh: string(s)}
}

// stagesText names stages for people.
func stagesText(stages []Stage) i18n.Text {
	return joined(stages, Stage.Text)
}

// reasonWords are the reasons in the words of the trade in Chinese; in English the reason itself says as much.
var reasonWords = map[Reason]string{
	NoGround: "格无块", NoRule: "无规则", NoPost: "缺岗", NoPerson: "空岗", NoChannel: "失联", NoSuperior: "断链", NoLimit: "无时限", NoCalendar: "缺日历",
}

// Label heads a gap for people: the reason, also in the words of the trade, and the stages. Example: "no_post（缺岗：核查）".
func (g *Gap) Label(language string) string {
	label := string(g.Reason)
	if language == "zh" {
		label += "（" + reasonWords[g.Reason]
		if len(g.Stages) > 0 {
			label += "：" + stagesText(g.Stages).Zh
		}
		return label + "）"
	}
	if len(g.Stages) > 0 {
		label += " (" + stagesText(g.Stages).En + ")"
	}
	return label
}

// actsText lists what is done at stages.
func actsText(stages []Stage) i18n.Text {
	return joined(stages, func(s Stage) i18n.Text { return stageWords[s.order()].act })
}

func joined(stages []Stage, word func(Stage) i18n.Text) i18n.Text {
	en, zh := make([]string, len(stages)), make([]string, len(stages))
	for i, s := range stages {
		t := word(s)
		en[i], zh[i] = t.En, t.Zh
	}
	return i18n.Text{En: strings.Join(en, ", "), Zh: strings.Join(zh, "、")}
}

// withStage adds a stage to a set in the order of a case's way.
func withStage(set []Stage, more ...Stage) []Stage {
	for _, s := range more {
		if s != "" && !slices.Contains(set, s) {
			set = append(slices.Clip(set), s)
		}
	}
	slices.SortFunc(set, func(a, b Stage) int { return a.order() - b.order() })
	return set
}
