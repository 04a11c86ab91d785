package lifecycle

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"wangge/dispatch"
	"wangge/dispatch/i18n"
	"wangge/dispatch/rights"
)

var rewrite = flag.Bool("rewrite", false, "write the generated documents and the stories' outputs anew; review the difference")

var effectTexts = map[effect]i18n.Text{
	clockKeeps: {En: "none is touched", Zh: "不变"}, clockAccept: {En: "the accept clock begins", Zh: "受理计时开始"}, clockVerify: {En: "the verify clock begins", Zh: "核实计时开始"},
	clockDispatch: {En: "the dispatch clock begins", Zh: "派遣计时开始"}, clockRuling: {En: "the arbitration clock begins", Zh: "裁定计时开始"},
	clockDisposal: {En: "the disposal clock begins; for an owner who gets back the case it returned, it goes on", Zh: "处置计时重新开始；退回后仍属原单位的，原计时继续"},
	clockOn:       {En: "the disposal clock goes on, what it used is kept", Zh: "处置计时继续，已用时间保留"}, clockExtended: {En: "when granted, the limit is granted once more", Zh: "同意后增加一个原时限"},
	clockPause: {En: "when granted, every clock stands", Zh: "同意后全部计时暂停"}, clockResume: {En: "every clock goes on with what it had used", Zh: "全部计时继续，已用时间保留"},
	clockCheck: {En: "the disposal clock stops, the check clock begins", Zh: "处置计时停止，核查计时开始"}, clockRework: {En: "failed, the disposal clock goes on to its first deadline", Zh: "不通过则处置计时按原截止时间继续"},
	clockHold: {En: "every clock stands until unmerged", Zh: "全部计时暂停，撤销合并后继续"}, clockRelease: {En: "every clock goes on with what it had used", Zh: "全部计时继续，已用时间保留"},
	clockStop: {En: "every clock ends, no timer stays armed", Zh: "全部计时结束，不再提醒"},
}

var scopeTexts = map[rights.Scope]i18n.Text{
	rights.ScopePlace: {En: "above the place or the owner", Zh: "管辖地点或责任单位"}, rights.ScopeOwner: {En: "the owner's unit or above", Zh: "责任单位或其上级"}, rights.ScopeCoOwner: {En: "a co-owner's unit or above", Zh: "协办单位或其上级"},
	rights.ScopeArbiter: {En: "the unit that rules or above", Zh: "裁定单位或其上级"}, rights.ScopeAccountable: {En: "the owner's unit or above; before there is one, above the place", Zh: "责任单位或其上级；派遣前为管辖地点"}, rights.ScopeReader: {En: "whoever may read the case", Zh: "可查看本案的人员"},
	rights.ScopePlatform: {En: "the platform that must act or above; at a second dispatch that platform alone", Zh: "应办理的平台或其上级；二次派遣仅限该平台"},
	rights.ScopeWork:     {En: "the owner's or a co-owner's unit or above", Zh: "责任单位、协办单位或其上级"},
}

// document is the process as a diagram and a table, from the transitions alone.
func document(zh bool) string {
	in := func(t i18n.Text) string {
		if zh {
			return t.Zh
		}
		return t.En
	}
	var b strings.Builder
	head, note, cols := "# The life of a case", "Made from dispatch/lifecycle/table.go by `go test ./dispatch/lifecycle -run TestTransitions_AreDocumented -rewrite`; do not edit.", "| act | from | to | who | scope | needs | may | clocks | process |"
	if zh {
		head, note, cols = "# 案件全流程", "由 dispatch/lifecycle/table.go 生成（`go test ./dispatch/lifecycle -run TestTransitions_AreDocumented -rewrite`），请勿手工修改。", "| 操作 | 起始阶段 | 到达阶段 | 角色 | 管辖 | 必填 | 可填 | 计时 | 依据 |"
	}
	fmt.Fprintf(&b, "%s\n\n%s\n\n```mermaid\nstateDiagram-v2\n    [*] --> reported: %s\n", head, note, in(dispatch.ActFile.Text()))
	for s := dispatch.Reported; s <= dispatch.SelfResolved; s++ {
		fmt.Fprintf(&b, "    %s: %s\n", s, in(s.Text()))
	}
	many := len(openStages)
	for i := range transitions {
		row := &transitions[i]
		if len(row.from) >= many || len(row.to) >= many {
			continue // from or to every open stage: told in the table
		}
		for _, from := range row.from {
			for _, to := range row.to {
				if from != to {
					fmt.Fprintf(&b, "    %s --> %s: %s\n", from, to, in(row.act.Text()))
				}
			}
		}
	}
	fmt.Fprintf(&b, "```\n\n%s\n|---|---|---|---|---|---|---|---|---|\n", cols)
	stages := func(list []dispatch.Stage) string {
		if len(list) == len(anyStage) {
			return in(i18n.Text{En: "any", Zh: "任意"})
		}
		if len(list) == many {
			return in(i18n.Text{En: "any open", Zh: "任意未结"})
		}
		out := make([]string, len(list))
		for i, s := range list {
			out[i] = in(s.Text())
		}
		return strings.Join(out, ", ")
	}
	withPlatform := func(list []dispatch.Stage) string {
		if len(list) == 0 {
			return ""
		}
		return in(i18n.F("; with a platform: %s", "；在下级平台时：%s", stages(list)))
	}
	needs := func(list []dispatch.Need) string {
		out := make([]string, len(list))
		for i, n := range list {
			out[i] = "`" + n.Field() + "` " + in(n.Text())
		}
		return strings.Join(out, "; ")
	}
	for i := range transitions {
		row := &transitions[i]
		roles := make([]string, len(row.roles))
		for j, r := range row.roles {
			roles[j] = string(r)
		}
		fmt.Fprintf(&b, "| `%s` %s | %s | %s | %s | %s | %s | %s | %s | %s |\n", row.act, row.act.Text().Zh, stages(row.from)+withPlatform(row.platform), stages(row.to), strings.Join(roles, ", "),
			in(scopeTexts[row.scope]), needs(row.needs), needs(row.may), in(effectTexts[row.clock]), row.rows)
	}
	return b.String()
}

func TestTransitions_AreDocumented(t *testing.T) {
	t.Parallel()
	for file, zh := range map[string]bool{"LIFE.md": false, "LIFE.zh.md": true} {
		want := document(zh)
		if *rewrite {
			if err := os.WriteFile(file, []byte(want), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		if got, err := os.ReadFile(file); err != nil || string(got) != want {
			t.Errorf("%s is not what the table of transitions says (%v); run go test ./dispatch/lifecycle -run TestTransitions_AreDocumented -rewrite", file, err)
		}
	}
	for i := range transitions {
		row := &transitions[i]
		if row.act.Text().Zh == "" || effectTexts[row.clock].Zh == "" || scopeTexts[row.scope].Zh == "" {
			t.Errorf("%s has no words for its name, its reach or its clocks", row.act)
		}
		for _, n := range append(append([]dispatch.Need{}, row.needs...), row.may...) {
			if n.Field() == "" || n.Text().Zh == "" {
				t.Errorf("%s: need %d has no words", row.act, n)
			}
		}
	}
}
