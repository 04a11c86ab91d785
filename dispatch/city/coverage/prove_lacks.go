package coverage

import (
	"cmp"
	"fmt"
	"maps"
	"slices"

	"wangge/dispatch/city/coverage/stage"
	"wangge/dispatch/city/coverage/steps"
	"wangge/dispatch/city/roster"
	"wangge/dispatch/i18n"
)

// lacking is a post that a stage needs and the ground has not, during an interned set of intervals.
type lacking struct {
	role    roster.Role // of the post to add at the city
	standIn bool        // a post with the right is asked, which is meant for other work
	when    int32
	barred  string // the people who have the right, and are barred by their own work or decision; "" = none
}

// lack collects where a post is missing, by stage, with the roles that would do.
type lack struct {
	roles  []roster.Role
	asked  roster.PostID // which the desk asks, instead; "" = none
	stages map[stage.Stage][]int32
}

// lack records that nobody is meant for the act of a stage at some places. asked is the post that the desk would ask
// nevertheless, standIn whether the post has the right.
func (p *prover) lack(s *steps.Step, asked roster.PostID, standIn bool, when roster.Intervals, where int32) {
	key := lacking{role: s.Roles[0], standIn: standIn, when: p.intern(when)}
	l := p.lackOf(key, s)
	l.asked = cmp.Or(l.asked, asked)
	if !slices.Contains(l.stages[s.Stage], where) {
		l.stages[s.Stage] = append(l.stages[s.Stage], where)
	}
}

func (p *prover) lackOf(key lacking, s *steps.Step) *lack {
	if p.lacks[key] == nil {
		p.lacks[key] = &lack{roles: s.Roles, stages: map[stage.Stage][]int32{}}
	}
	return p.lacks[key]
}

// recordLacks records one gap for each post that is missing: the stages that lack the post at the same places are one gap.
func (p *prover) recordLacks() {
	order := slices.SortedFunc(maps.Keys(p.lacks), func(a, b lacking) int {
		return cmp.Or(p.when(a.when)[0].From.Compare(p.when(b.when)[0].From), cmp.Compare(a.role, b.role), cmp.Compare(a.when, b.when),
			cmp.Compare(fmt.Sprint(a.standIn, a.barred), fmt.Sprint(b.standIn, b.barred)))
	})
	root := p.rootUnit()
	for _, key := range order {
		l := p.lacks[key]
		for _, group := range stage.Together(l.stages) {
			var entries []entry
			for _, where := range l.stages[group[0]] {
				entries = append(entries, p.entriesAt(where)...)
			}
			p.gap(NoPost, entries, p.when(key.when), func(g *Gap) {
				g.Unit, g.Post, g.Stages = root, roster.PostAt(root, key.role), group
				p.wordNoStage(g, l, key)
				p.post(g, root, key.role, fmt.Sprint(len(p.c.Roster.Holdings(g.Post))+1))
			})
		}
	}
}

// wordNoStage says what nobody may do here, for want of which post.
func (p *prover) wordNoStage(g *Gap, l *lack, key lacking) {
	hours, acts, roles := p.hours(g), stage.Acts(g.Stages), roster.RoleWords(l.roles)
	if key.barred != "" {
		who := steps.Names(p.c, key.barred)
		g.Why = i18n.F("nobody but %[1]s may %[2]s here %[3]s, after work or a decision of their own on the case: somebody else must hold a post of %[4]s",
			"此处%[8]s缺少他人（%[7]s）：除 %[5]s 外无人有权%[6]s，而其本人参与了处置、申请或前一级审批，不得自查自批", who.En, acts.En, hours.En, roles.En, who.Zh, acts.Zh, hours.Zh, roles.Zh)
		return
	}
	if key.standIn {
		g.Why = i18n.F("nobody is appointed to %[1]s here %[2]s, for want of a post of %[3]s; %[7]s stands in", "此处%[5]s缺岗（%[6]s），无专人%[4]s；现由 %[7]s 代行", acts.En, hours.En, roles.En, acts.Zh, hours.Zh, roles.Zh, l.asked)
		return
	}
	g.Why = i18n.F("nobody may %[1]s here %[2]s, for want of a post of %[3]s", "此处%[5]s缺岗（%[6]s），无人有权%[4]s", acts.En, hours.En, roles.En, acts.Zh, hours.Zh, roles.Zh)
	if slices.ContainsFunc(g.Stages, stage.Stage.Blocks) {
		g.Why = i18n.F("%[1]s: every case sticks there", "%[2]s：每件案件都将停在该环节", g.Why.En, g.Why.Zh)
	}
	if l.asked != "" {
		g.Why = i18n.F("%[1]s; %[3]s is asked, whose role may not", "%[2]s；现由 %[3]s 承接，但该岗位无此权限", g.Why.En, g.Why.Zh, l.asked)
	}
}
