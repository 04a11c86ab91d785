// Package filing compiles the key filing of city.yaml: which reports are filed as they come in, and which wait for the desk.
package filing

import (
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"

	"wangge/dispatch/city"
	"wangge/dispatch/city/catalog"
	"wangge/dispatch/diag"
	"wangge/dispatch/i18n"
)

// Entry is the form of a city.FilingRule in city.yaml.
type Entry struct {
	Sources, Categories []string
	File                string
}

// Sources are the sources of reports that an entry can name. Past records are filed by the import, whatever the entries say.
var Sources = []string{"inspector", "hotline", "public", "media", "leader", "video"}

// Values of Entry.File.
const (
	atOnce = "at_once"
	byDesk = "desk"
)

const file = "city.yaml"

// Rules compiles the entries, with a diagnostic in list for each that cannot be used. c holds the categories and the sources
// that must be verified; doc is city.yaml, for the lines of diagnostics, and may be nil.
// An entry that a former version accepted is kept: of a kept city only the texts of entries are compared.
func Rules(c *city.City, entries []Entry, doc *yaml.Node, kept bool, list *diag.List) []city.FilingRule {
	if len(entries) > city.MaxFilingRules {
		list.Add(file, diag.At(doc, "filing"), i18n.F("filing has %[1]d entries; at most %[2]d are read", "filing 有 %[1]d 条，最多读取 %[2]d 条", len(entries), city.MaxFilingRules),
			i18n.F("let one entry name more categories or sources", "请在一条中写多个类别或来源"))
		entries = entries[:city.MaxFilingRules]
	}
	var out []city.FilingRule
	sound := make([]bool, len(entries))
	for i, e := range entries {
		at, before := entry{list, doc, i}, len(*list)
		r := city.FilingRule{Sources: e.Sources, Desk: e.File == byDesk}
		switch e.File {
		case atOnce:
			at.verified(c, e.Sources)
		case byDesk:
		default:
			at.report("file", i18n.F("file %q is neither at_once nor desk", "file %q 不是 at_once 或 desk", e.File), i18n.F("write file: at_once, or file: desk", "请写 file: at_once 或 file: desk"))
		}
		for _, s := range e.Sources {
			if !slices.Contains(Sources, s) {
				at.report("sources", i18n.F("source %q is unknown", "来源 %q 未知", s), diag.Suggest(s, Sources))
			}
		}
		for _, text := range e.Categories {
			p, err := catalog.ParsePattern(text)
			if err != nil {
				at.report("categories", i18n.F("%v", "%v", err), i18n.F("write a code, PREFIX*, class:NAME or *", "请填写代码、前缀*、class:名称 或 *"))
				continue
			}
			if idle := p.Idle(c.Categories); len(idle) > 0 {
				at.report("categories", i18n.F("no category matches %q", "没有类别匹配 %q", idle[0]), i18n.F("write a code, PREFIX*, class:NAME or *", "请填写代码、前缀*、class:名称 或 *"))
			}
			r.Categories = append(r.Categories, p)
		}
		sound[i] = len(*list) == before
		n := -1
		for j := range out {
			if n < 0 && sound[j] && sound[i] && (takesAll(out[j], r) || !kept && takesEach(c, out[j], r)) {
				n = j
			}
		}
		if n >= 0 {
			at.report("", i18n.F("it is never reached: entry %d takes every report that this one names", "不会用到：第 %d 条已包含本条的全部上报", n+1), i18n.F("put the particular entry before the general one", "请把具体的条目写在笼统的条目之前"))
		}
		out = append(out, r)
	}
	return out
}

// takesSources reports whether an earlier entry matches every source that a later one does.
func takesSources(earlier, later city.FilingRule) bool {
	return len(earlier.Sources) == 0 ||
		len(later.Sources) > 0 && !slices.ContainsFunc(later.Sources, func(s string) bool { return !slices.Contains(earlier.Sources, s) })
}

// takesEach reports whether an earlier entry matches everything that a later one does, among the categories of the city.
func takesEach(c *city.City, earlier, later city.FilingRule) bool {
	return takesSources(earlier, later) && len(later.Categories) > 0 && catalog.Among(c.Categories, later.Categories, earlier.Categories)
}

// takesAll reports whether an earlier entry matches everything that a later one does, as far as their texts tell.
func takesAll(earlier, later city.FilingRule) bool {
	categories := len(earlier.Categories) == 0 || slices.ContainsFunc(earlier.Categories, func(p catalog.Pattern) bool { return p.All() }) ||
		len(later.Categories) > 0 && !slices.ContainsFunc(later.Categories, func(p catalog.Pattern) bool {
			return !slices.ContainsFunc(earlier.Categories, func(q catalog.Pattern) bool { return p.String() == q.String() })
		})
	return takesSources(earlier, later) && categories
}

// entry is one entry, for its diagnostics.
type entry struct {
	list *diag.List
	doc  *yaml.Node
	n    int
}

// report adds a diagnostic at a key of the entry; "" = at the entry.
func (e entry) report(key string, message, suggestion i18n.Text) {
	path := []any{"filing", e.n}
	if key != "" {
		path = append(path, key)
	}
	begin := i18n.F("filing, entry %d: ", "filing 第 %d 条：", e.n+1)
	e.list.Add(file, diag.At(e.doc, path...), i18n.Text{En: begin.En + message.En, Zh: begin.Zh + message.Zh}, suggestion)
}

// verified reports sources that the city verifies at the place first: their reports cannot be filed at once.
func (e entry) verified(c *city.City, sources []string) {
	var both []string
	for _, s := range c.Defaults.VerifySources {
		if slices.Contains(sources, s) {
			both = append(both, s)
		}
	}
	if len(both) > 0 {
		all := strings.Join(both, ", ")
		e.report("sources", i18n.F("reports from %s are verified first (defaults verify_sources) and can't be filed at once", "来源 %s 的上报须先核实（defaults verify_sources），不能直接立案", all),
			i18n.F("write file: desk, or take the source out of verify_sources", "请写 file: desk，或将该来源移出 verify_sources"))
	}
}
