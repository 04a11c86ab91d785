package coverage

import (
	"cmp"
	"errors"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"
	"time"

	"wangge/dispatch/city/calendar"
	"wangge/dispatch/city/catalog"
	"wangge/dispatch/city/coverage/tally"
	"wangge/dispatch/city/roster"
	"wangge/dispatch/city/tables"
	"wangge/dispatch/i18n"
	"wangge/grid"
)

func mapKeys[K comparable, V any](m map[K]V) iter.Seq[K] { return maps.Keys(m) }

// gap records what is missing during some intervals, as one gap for each set of places that lacks the same categories
// in the same intervals. No gap thus claims more than is open.
func (p *prover) gap(why Reason, entries []entry, when roster.Intervals, words func(*Gap)) {
	for _, r := range p.rectangles(entries) {
		open := when.And(p.when(r.when))
		if len(open) == 0 {
			continue
		}
		g := Gap{Reason: why, Categories: p.codesOf(r.classes), From: open[0].From, To: open[len(open)-1].To}
		g.Areas, g.BareOf = p.areasOf(r.leaves)
		g.When, g.Stretches, g.Minutes = open[:min(len(open), MaxStretches)], len(open), tally.Minutes(open)
		for _, l := range r.leaves {
			g.Cells += p.leaves[l].cells
			for _, k := range r.classes {
				p.open.At(p.gapNumber(), l, k, open)
			}
		}
		words(&g)
		p.found(g)
	}
}

// gapNumber is the number of the gap that is found next.
func (p *prover) gapNumber() int32 { return int32(len(p.out.Gaps) + p.out.MoreGaps) }

func (p *prover) found(g Gap) {
	if table, ok := tables.Of(g.File); ok && p.c.Columns[g.File] == nil {
		for _, cell := range table.Columns {
			g.Columns = append(g.Columns, cell.Name)
		}
	}
	if len(p.out.Gaps) >= MaxGaps {
		p.out.MoreGaps++
		return
	}
	p.out.Gaps = append(p.out.Gaps, g)
}

// rectangle is a set of places × categories that is open in the same intervals.
type rectangle struct {
	when            int32
	leaves, classes []int32
}

// rectangles groups places with the same categories and intervals.
func (p *prover) rectangles(entries []entry) []rectangle {
	entries = slices.Clone(entries)
	slices.SortFunc(entries, func(a, b entry) int {
		return cmp.Or(cmp.Compare(a.when, b.when), cmp.Compare(a.leaf, b.leaf), cmp.Compare(a.class, b.class))
	})
	entries = slices.Compact(entries)
	var out []rectangle
	byKey := map[string]int{}
	for i := 0; i < len(entries); {
		j := i
		var classes []int32
		for ; j < len(entries) && entries[j].when == entries[i].when && entries[j].leaf == entries[i].leaf; j++ {
			classes = append(classes, entries[j].class)
		}
		key := fmt.Sprint(entries[i].when, classes)
		at, ok := byKey[key]
		if !ok {
			at = len(out)
			byKey[key] = at
			out = append(out, rectangle{when: entries[i].when, classes: classes})
		}
		out[at].leaves = append(out[at].leaves, entries[i].leaf)
		i = j
	}
	return out
}

// areasOf returns the largest areas that lie wholly among the places, and the areas of which only the bare ground
// does.
func (p *prover) areasOf(leaves []int32) (whole, bareOf []grid.AreaID) {
	in := make(map[int32]bool, len(leaves))
	for _, l := range leaves {
		in[l] = true
	}
	bare := map[grid.AreaID]bool{} // areas whose bare ground is a kind of place
	bareIn := map[grid.AreaID]bool{}
	for i := range p.leaves {
		if p.leaves[i].bare {
			bare[p.leaves[i].area] = true
			bareIn[p.leaves[i].area] = in[int32(i)]
		}
	}
	var out []grid.AreaID
	var all func(id grid.AreaID) bool
	all = func(id grid.AreaID) bool {
		a := p.c.Areas[id]
		if len(a.Children) == 0 {
			return in[p.leafOf[id]]
		}
		every := !bare[id] || bareIn[id]
		var parts []grid.AreaID
		for _, child := range a.Children {
			if all(child) {
				parts = append(parts, child)
			} else {
				every = false
			}
		}
		if every {
			return true
		}
		out = append(out, parts...)
		if bareIn[id] {
			bareOf = append(bareOf, id)
		}
		return false
	}
	if all(p.c.Root) {
		return []grid.AreaID{p.c.Root}, nil
	}
	slices.Sort(out)
	slices.Sort(bareOf)
	return out, bareOf
}

func (p *prover) codesOf(classes []int32) []catalog.Code {
	var out []catalog.Code
	for _, k := range classes {
		out = append(out, p.classes[k].codes...)
	}
	slices.Sort(out)
	return out
}

// ground finds areas whose children leave ground bare.
func (p *prover) ground() {
	for i := range p.leaves {
		l := &p.leaves[i]
		if !l.bare {
			continue
		}
		a := p.c.Areas[l.area]
		cells, total, err := p.c.Index.Bare(l.area, MaxBareCells)
		if err != nil {
			cells, total = nil, 0 // only the size is known
		}
		if len(cells) == 0 { // no cell has its centre in the bare ground
			cells = p.bareCell(l.area)
		}
		level := p.c.Levels[p.c.Areas[a.Children[0]].Level]
		var classes []int32
		for k := range p.classes {
			classes = append(classes, int32(k))
			p.open.At(p.gapNumber(), int32(i), int32(k), p.all)
		}
		g := Gap{
			Reason: NoGround, Unit: roster.Unit{Kind: roster.UnitArea, ID: string(l.area)}, Areas: []grid.AreaID{l.area},
			Categories: p.codesOf(classes), From: p.out.From, To: p.out.To, When: p.all, Stretches: 1, Minutes: tally.Minutes(p.all), Bare: cells,
		}
		l.cells = max(1, int64(total))
		g.Cells = l.cells
		name := p.nameOf(g.Unit)
		g.Why = i18n.F("%.3[2]f km² of %[1]s lie in none of its %[3]d children: cells with no block", "%[4]s 有 %.3[2]f 平方公里不属于其 %[3]d 个下级中的任何一个：格无块", name.En, l.m2/1e6, len(a.Children), name.Zh)
		id := "ID"
		if missing := p.c.MissingAreas; len(missing) == 1 {
			id = missing[0].ID // a post is defined at a missing area
			g.Why.En += "; posts are held at area " + id + ", which does not exist"
			g.Why.Zh += "；岗位表中有不存在的区域 " + id
		}
		g.File = "areas.geojson"
		g.Line = fmt.Sprintf(`{"type":"Feature","properties":{"id":%q,"name":"NAME","level":%q,"parent":%q},"geometry":{…}}`, id, level, l.area)
		p.found(g)
	}
}

// bareCell returns the cell of the largest gap of an area, or none.
func (p *prover) bareCell(id grid.AreaID) []grid.Cell {
	var at *grid.Defect
	for i := range p.c.Defects {
		if d := &p.c.Defects[i].Defect; d.Kind == grid.Gap && d.Areas[0] == id && (at == nil || d.SizeM2 > at.SizeM2) {
			at = d
		}
	}
	if at == nil {
		return nil
	}
	cell, err := grid.CellOf(at.At, p.c.Resolution)
	if err != nil {
		return nil
	}
	return []grid.Cell{cell}
}

// unnamed finds the categories that only the last rule covers, and places where no rule names an existing unit.
func (p *prover) unnamed() {
	seen := map[catalog.Code]bool{}
	for _, e := range p.fallback {
		for _, code := range p.classes[e.class].codes {
			seen[code] = true
		}
	}
	p.out.Counts.Fallback = len(seen)
	last := ""
	if n := len(p.c.Rules); n > 0 {
		last = p.c.Rules[n-1].ID
	}
	words := func(g *Gap) {
		names := p.names(g.Categories)
		g.Why = i18n.F("no rule names %[1]s: only the last one, %[2]s, takes it", "没有规则指明 %[3]s：只有最后一条 %[2]s 兜底", names.En, last, names.Zh)
		g.File = "rules.csv"
		codes := make([]string, len(g.Categories))
		for i, code := range g.Categories {
			codes[i] = string(code)
		}
		g.Line = p.c.Row(g.File, "order", "ORDER", "category", strings.Join(codes, ","), "owner", "line:DEPARTMENT")
	}
	p.gap(NoRule, p.fallback, p.all, words)
	p.gap(NoRule, p.nobody, p.all, func(g *Gap) {
		words(g)
		names := p.names(g.Categories)
		g.Why = i18n.F("no rule gives %[1]s to anybody here", "没有规则将 %[2]s 交给任何人", names.En, names.Zh)
	})
}

// names formats a few categories by name.
func (p *prover) names(codes []catalog.Code) i18n.Text {
	var en, zh []string
	for _, code := range codes[:min(3, len(codes))] {
		cat := p.c.Categories[code]
		en, zh = append(en, string(code)+" "+cmp.Or(cat.NameEn, cat.Name)), append(zh, string(code)+" "+cat.Name)
	}
	t := i18n.Text{En: strings.Join(en, ", "), Zh: strings.Join(zh, "、")}
	if more := len(codes) - len(en); more > 0 {
		t.En, t.Zh = fmt.Sprintf("%s and %d more", t.En, more), fmt.Sprintf("%s 等 %d 类", t.Zh, len(codes))
	}
	return t
}

// years splits the horizon by calendar year.
func (p *prover) years() roster.Intervals {
	var out roster.Intervals
	for at := p.out.From; at.Before(p.out.To); {
		end := calendar.StartOfDay(at.Year()+1, time.January, 1, p.c.Location)
		if end.After(p.out.To) {
			end = p.out.To
		}
		out = append(out, roster.Interval{From: at, To: end})
		at = end
	}
	return out
}

// unknown returns the first instant in an interval at which the deadline of a report needs an unknown year, and that
// year.
func (p *prover) unknown(limit calendar.Limit, s roster.Interval) (int, time.Time, bool) {
	fails := func(t time.Time) (int, bool) {
		_, err := p.c.Calendar.DueAt(t, limit)
		if year, ok := errors.AsType[*calendar.YearError](err); ok {
			return year.Year, true
		}
		return 0, false
	}
	year, ok := fails(s.To.Add(-time.Second))
	if !ok {
		return 0, time.Time{}, false
	}
	lo, hi := s.From, s.To.Add(-time.Second) // a report at hi needs an unknown year
	for lo.Before(hi) {
		mid := lo.Add(hi.Sub(lo) / 2).Truncate(time.Second)
		if y, bad := fails(mid); bad {
			hi, year = mid, y
		} else {
			lo = mid.Add(time.Second)
		}
	}
	return year, hi, true
}

// provisional records a year with unknown holidays, for the categories whose deadlines need the year in the same
// intervals.
func (p *prover) provisional(year int, when roster.Intervals, codes []catalog.Code) {
	g := Gap{
		Reason: NoCalendar, Areas: []grid.AreaID{p.c.Root}, Categories: codes, From: when[0].From,
		To: when[len(when)-1].To, When: when, Stretches: len(when), Minutes: tally.Minutes(when),
	}
	for _, code := range codes {
		p.open.Everywhere(p.gapNumber(), code, when)
	}
	for i := range p.leaves {
		g.Cells += p.leaves[i].cells
	}
	names := p.names(codes)
	g.Why = i18n.F("from %[3]s on deadlines of %[1]s reach %[2]d, whose holidays are not known: they are provisional", "自 %[3]s 起，%[4]s 的时限延伸至 %[2]d 年，该年节假日未知：时限为暂定", names.En, year, g.From.In(p.c.Location).Format("2006-01-02 15:04"), names.Zh)
	g.File = fmt.Sprintf("holidays/%d.json", year)
	g.Line = fmt.Sprintf(`{"year":%[1]d,"days":[{"name":"元旦","date":"%[1]d-01-01","isOffDay":true}]}`, year)
	p.found(g)
}
