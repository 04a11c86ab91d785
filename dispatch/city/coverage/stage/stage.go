// Package stage names the steps of a case, until it is closed, for which a proof of coverage asks for somebody.
package stage

import (
	"maps"
	"slices"
	"strings"

	"wangge/dispatch/i18n"
)

// Stage is a step of a case, until the case is closed, for which somebody must be there.
type Stage string

// Stages, in the order of a case's way.
const (
	Accept     Stage = "accept"      // a report is accepted and filed
	Verify     Stage = "verify"      // a report is verified at the place
	Dispatch   Stage = "dispatch"    // a filed or returned case is given to an owner
	Work       Stage = "work"        // the owner does the work
	Duty       Stage = "duty"        // a co-owner does its part
	Patron     Stage = "patron"      // a patron (包保) answers beside the leader
	Extension  Stage = "extension"   // a decision on more time
	Suspension Stage = "suspension"  // a decision on a suspension
	Ruling     Stage = "ruling"      // a ruling in a dispute
	Check      Stage = "check"       // the work is checked at the place
	Close      Stage = "close"       // a checked case is closed
	Appeal     Stage = "appeal"      // a decision on an overtime appealed
	ForceClose Stage = "force_close" // a second person joins in closing by force
	Oversight  Stage = "oversight"   // a duty chief voids after dispatch, supervises, reopens
)

// words are the stages in order, with what nobody does at them.
var words = []struct {
	Stage
	name, act i18n.Text
}{
	{Accept, i18n.F("acceptance", "受理立案"), i18n.F("accept reports", "受理立案")},
	{Verify, i18n.F("verification", "核实"), i18n.F("verify reports", "核实上报")},
	{Dispatch, i18n.F("dispatch", "派遣"), i18n.F("dispatch cases", "派遣案件")},
	{Work, i18n.F("work", "处置"), i18n.F("do the work", "处置")},
	{Duty, i18n.F("co-owner's part", "协办"), i18n.F("do the part of a co-owner", "协办")},
	{Patron, i18n.F("patronage", "包保"), i18n.F("answer as patron", "包保")},
	{Extension, i18n.F("extension", "延期审批"), i18n.F("decide on extensions", "审批延期")},
	{Suspension, i18n.F("suspension", "挂账审批"), i18n.F("decide on suspensions", "审批挂账")},
	{Ruling, i18n.F("ruling", "裁定"), i18n.F("rule in disputes", "裁定争议")},
	{Check, i18n.F("check", "核查"), i18n.F("check what was done", "核查处置结果")},
	{Close, i18n.F("closing", "结案"), i18n.F("close cases", "结案")},
	{Appeal, i18n.F("appeal", "申诉审批"), i18n.F("decide on appeals", "审批申诉")},
	{ForceClose, i18n.F("closing by force", "强制结案"), i18n.F("join in closing by force", "会签强制结案")},
	{Oversight, i18n.F("oversight", "值班督办"), i18n.F("void after dispatch, supervise and reopen as duty chief", "以值班长身份作废、督办和重开案件")},
}

// order is the place of a stage in a case's way.
func (s Stage) order() int {
	for i := range words {
		if words[i].Stage == s {
			return i
		}
	}
	return len(words)
}

// Blocks reports whether no case gets past the stage while nobody acts; the others decide only what somebody asks for.
func (s Stage) Blocks() bool {
	return slices.Contains([]Stage{Accept, Verify, Dispatch, Ruling, Check, Close}, s)
}

// Text names the stage for people.
func (s Stage) Text() i18n.Text {
	if i := s.order(); i < len(words) {
		return words[i].name
	}
	return i18n.Text{En: string(s), Zh: string(s)}
}

// Text names stages for people.
func Text(stages []Stage) i18n.Text {
	return joined(stages, Stage.Text)
}

// Acts lists what is done at stages.
func Acts(stages []Stage) i18n.Text {
	return joined(stages, func(s Stage) i18n.Text { return words[s.order()].act })
}

func joined(stages []Stage, word func(Stage) i18n.Text) i18n.Text {
	en, zh := make([]string, len(stages)), make([]string, len(stages))
	for i, s := range stages {
		t := word(s)
		en[i], zh[i] = t.En, t.Zh
	}
	return i18n.Text{En: strings.Join(en, ", "), Zh: strings.Join(zh, "、")}
}

// With adds a stage to a set in the order of a case's way.
func With(set []Stage, more ...Stage) []Stage {
	for _, s := range more {
		if s != "" && !slices.Contains(set, s) {
			set = append(slices.Clip(set), s)
		}
	}
	slices.SortFunc(set, func(a, b Stage) int { return a.order() - b.order() })
	return set
}

// Together groups the stages that have the same places, in the order of a case's way.
func Together(places map[Stage][]int32) [][]Stage {
	var out [][]Stage
	for _, s := range With(nil, slices.Collect(maps.Keys(places))...) {
		i := slices.IndexFunc(out, func(g []Stage) bool { return slices.Equal(places[g[0]], places[s]) })
		if i < 0 {
			out = append(out, []Stage{s})
			continue
		}
		out[i] = append(out[i], s)
	}
	return out
}
