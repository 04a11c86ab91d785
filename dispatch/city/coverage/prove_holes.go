package coverage

import (
	"fmt"
	"slices"
	"strings"

	"wangge/dispatch/city/coverage/stage"
	"wangge/dispatch/city/roster"
	"wangge/dispatch/i18n"
)

// vacancy is a post without an on-call person during some intervals, with the places and matters for which the post must
// answer.
type vacancy struct {
	unit    roster.Unit
	post    roster.PostID
	entries []entry
	when    roster.Intervals
	stages  []stage.Stage
}

// shiftsAt returns the shifts of a post; none if somebody holds the post always, so that no shift causes a hole.
func (p *prover) shiftsAt(post roster.PostID) []string {
	var out []string
	for _, h := range p.c.Roster.Holdings(post) {
		if h.Shift == "" {
			return nil
		}
		if !slices.Contains(out, h.Shift) {
			out = append(out, h.Shift)
		}
	}
	slices.Sort(out)
	return out
}

// recordVacancies records the holes. Posts with the same shifts that are unfilled in the same intervals have one cause and give
// one gap: one wrong row of shifts.csv is one thing to fix.
func (p *prover) recordVacancies() {
	var groups [][]vacancy
	at := map[string]int{}
	for _, h := range p.holes {
		shifts := p.shiftsAt(h.post)
		key := fmt.Sprint(shifts, p.intern(h.when))
		if shifts == nil {
			key = fmt.Sprint(h.post, p.intern(h.when))
		}
		i, ok := at[key]
		if !ok {
			i = len(groups)
			at[key] = i
			groups = append(groups, nil)
		}
		groups[i] = append(groups[i], h)
	}
	for _, group := range groups {
		var entries []entry
		var posts []roster.PostID
		var stages []stage.Stage
		for _, h := range group {
			stages = stage.With(stages, h.stages...)
			entries = append(entries, h.entries...)
			posts = append(posts, h.post)
		}
		slices.Sort(posts)
		posts = slices.Compact(posts)
		first := group[0]
		p.gap(NoPerson, entries, first.when, func(g *Gap) {
			g.Posts, g.Stages = posts, stages
			if len(posts) == 1 {
				g.Unit, g.Post = first.unit, first.post
				p.wordNoPerson(g)
			} else {
				p.wordNoShift(g)
			}
		})
	}
}

// wordNoShift names the shifts that leave several posts unfilled. The fix is the missing shift, or a substitute at
// each of the posts.
func (p *prover) wordNoShift(g *Gap) {
	hours := p.hours(g)
	shifts := p.shiftsAt(g.Posts[0])
	g.Why = i18n.F("nobody is on call at %[1]d posts, %[2]s and others, %[3]s, and no off-hours rule applies; all are held by shifts.csv: %[4]s", "%[2]s 等 %[1]d 个岗位%[5]s无人在岗，也没有值班规则；均按 shifts.csv 的班次值守：%[4]s", len(g.Posts), g.Posts[0], hours.En, strings.Join(shifts, ", "), hours.Zh)
	for _, id := range shifts {
		if p.missingShift(g, id) {
			return
		}
	}
	var lines []string
	for _, post := range g.Posts {
		held := p.c.Roster.Holdings(post)
		p.post(g, held[0].Unit, held[0].Role, fmt.Sprint(len(held)+1))
		lines = append(lines, g.Line)
	}
	g.Line = strings.Join(lines, "\n")
}

// missingShift reports a shift that does not exist or has a diagnostic, and suggests its row; false if the shift is
// valid.
func (p *prover) missingShift(g *Gap, id string) bool {
	if id == "" || p.c.Roster.HasShift(id) {
		return false
	}
	if line := p.c.RefusedShifts[id]; line > 0 {
		g.Why.En += fmt.Sprintf("; the row of shift %s has a fault (shifts.csv:%d)", id, line)
		g.Why.Zh += fmt.Sprintf("；班次 %s 所在行有误（shifts.csv:%d）", id, line)
	} else {
		g.Why.En += fmt.Sprintf("; shift %s does not exist", id)
		g.Why.Zh += fmt.Sprintf("；班次 %s 不存在", id)
	}
	from, to, ok := p.daily(g.When)
	if !ok {
		from, to = "00:00", "24:00"
	}
	g.File = "shifts.csv"
	g.Line = p.c.Row(g.File, "id", id, "weekdays", "mon-sun", "from", from, "to", to)
	return true
}
