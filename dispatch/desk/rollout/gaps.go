package rollout

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"wangge/dispatch/city"
	"wangge/dispatch/city/coverage"
	"wangge/dispatch/explain"
	"wangge/dispatch/i18n"
)

// Gap is a consequence that a revision must not have without a waiver: a gap in the coverage proof, ground without an
// area, a precedent that can no longer rule, an act that nobody could do any more, or an unmet expectation.
type Gap struct {
	Reason string // of a coverage.Gap, or LostGround, LostPrecedent, LostAct, Unmet, MoreGaps
	Text   i18n.Text
	Add    i18n.Text     // the remedy
	Hole   *coverage.Gap // nil: not from the coverage proof
}

// Reasons of gaps that are not from the coverage proof.
const (
	LostGround    = "lost_ground"
	LostPrecedent = "lost_precedent"
	LostAct       = "lost_act"
	Unmet         = "unmet_expectation"
	MoreGaps      = "too_many"
)

// proofDays is the length of the coverage proof of a revision, in days after it takes effect.
const proofDays = 90

// compare proves both cities for some channels over the days after an instant, and fills in the gaps that open, close, change
// or, when the city goes back to a directory that has decided before, return, and the unmet expectations. A precedent that was
// made since does not return: it would be lost.
func (p *Plan) compare(was, is *city.City, from time.Time, back bool, channels []string) error {
	to := from.AddDate(0, 0, proofDays)
	before, err := coverage.Prove(was, from, to, channels...)
	if err != nil {
		return err
	}
	after, err := coverage.Prove(is, from, to, channels...)
	if err != nil {
		return err
	}
	for _, g := range coverage.Opened(is, &before, &after) {
		if sameYear(&g, before.Gaps) {
			p.Changed = append(p.Changed, holeOf(is, g))
		} else {
			p.Opened = append(p.Opened, holeOf(is, g))
		}
	}
	for _, g := range coverage.Opened(was, &after, &before) {
		if !sameYear(&g, after.Gaps) {
			p.Closed = append(p.Closed, holeOf(was, g))
		} else if !slices.ContainsFunc(p.Changed, func(k Gap) bool { return alikeInTime(k.Hole, &g) }) {
			i := slices.IndexFunc(after.Gaps, func(k coverage.Gap) bool { return alikeInTime(&k, &g) })
			p.Changed = append(p.Changed, holeOf(is, after.Gaps[i]))
		}
	}
	if more := after.MoreGaps - before.MoreGaps; more > 0 {
		p.Opened = append(p.Opened, Gap{Reason: MoreGaps, Text: i18n.F("%d more {gap|gaps}, too many to list", "另有 %d 处空白，未能一一列出", more), Add: i18n.F("close those that are listed, then plan again", "请先补齐已列出的空白，再重新预览")})
	}
	for _, m := range p.Ground {
		if m.To == "" && m.Level == is.Levels[0] {
			p.Opened = append(p.Opened, Gap{
				Reason: LostGround,
				Text:   i18n.F("%.3f km² of the city are nobody's ground any more", "%.3f 平方公里不再属于任何区域", m.KM2),
				Add:    i18n.F("draw it to an area of areas.geojson", "请在 areas.geojson 中将其划入某个区域"),
			})
		}
	}
	if back {
		p.Returned, p.Opened = p.Opened, nil
	}
	for _, pr := range was.Precedents {
		if pr.RevokedAt.IsZero() && (pr.To.IsZero() || pr.To.After(from)) && was.CheckPrecedent(&pr) == nil {
			for _, fault := range is.CheckPrecedent(&pr) {
				p.Opened = append(p.Opened, Gap{
					Reason: LostPrecedent, Text: i18n.F("precedent %[1]s can't rule any more: %[2]s", "权属认定 %[1]s 将失效：%[3]s", pr.ID, fault.En, fault.Zh),
					Add: i18n.F("revoke it, or keep what it names", "请撤销该裁定，或保留其所指"),
				})
			}
		}
	}
	p.Checks = explain.RunExpectations(is, is.Expectations)
	unmet := &p.Opened
	if back {
		unmet = &p.Returned
	}
	for _, k := range p.Checks.Results {
		for _, d := range k.Differs {
			*unmet = append(*unmet, Gap{
				Reason: Unmet, Text: i18n.F("%[1]s:%[2]d: %[3]s", "%[1]s:%[2]d：%[4]s", city.ExpectationsFile, k.Expected.Line, d.En, d.Zh),
				Add: i18n.F("mend the rules, or the row if the city now wants this (route test --record)", "请修正规则；若确为新的要求，请修改该行（route test --record）"),
			})
		}
	}
	return nil
}

// sameYear reports whether a gap of a calendar is among some gaps, of whatever categories.
func sameYear(g *coverage.Gap, among []coverage.Gap) bool {
	return slices.ContainsFunc(among, func(o coverage.Gap) bool { return alikeInTime(g, &o) })
}

// alikeInTime reports whether two gaps are of one calendar and one time: only their categories and places may differ.
func alikeInTime(g, o *coverage.Gap) bool {
	return g.Reason == coverage.NoCalendar && o.Reason == coverage.NoCalendar && g.File == o.File && g.Unit == o.Unit &&
		g.From.Equal(o.From) && g.To.Equal(o.To)
}

// holeOf describes a gap of the proof: what, where, for what, and the remedy.
func holeOf(c *city.City, g coverage.Gap) Gap {
	where, what := namesOf(c, &g), fmt.Sprint(len(g.Categories))
	if len(g.Categories) <= 3 {
		codes := make([]string, len(g.Categories))
		for i, code := range g.Categories {
			codes[i] = string(code)
		}
		what = strings.Join(codes, " ")
	}
	return Gap{
		Reason: string(g.Reason), Hole: &g, Add: i18n.Text{En: g.Add(), Zh: g.Add()},
		Text: i18n.F("%[1]s (%[3]s; categories: %[5]s)", "%[2]s（%[4]s；类别：%[5]s）", g.Why.En, g.Why.Zh, where.En, where.Zh, what),
	}
}

// namesOf names the first areas of a gap.
func namesOf(c *city.City, g *coverage.Gap) i18n.Text {
	var en, zh []string
	all := slices.Concat(g.Areas, g.BareOf)
	for _, id := range all[:min(3, len(all))] {
		name := i18n.Text{En: string(id), Zh: string(id)}
		if a := c.Areas[id]; a != nil {
			name.En, name.Zh = name.En+" "+a.NameEn, name.Zh+" "+a.Name
		}
		en, zh = append(en, strings.TrimSpace(name.En)), append(zh, name.Zh)
	}
	if more := len(all) - len(en); more > 0 {
		en, zh = append(en, fmt.Sprintf("%d more", more)), append(zh, fmt.Sprintf("另 %d 处", more))
	}
	return i18n.Text{En: strings.Join(en, ", "), Zh: strings.Join(zh, "、")}
}
