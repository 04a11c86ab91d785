// Package platforms compiles what a city directory says of its platforms (市、区、街道平台): at which platform a case arrives, and
// whether every platform that a rule names can dispatch what it is given.
package platforms

import (
	"maps"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"

	"wangge/dispatch/city"
	"wangge/dispatch/city/catalog"
	"wangge/dispatch/city/roster"
	"wangge/dispatch/diag"
	"wangge/dispatch/i18n"
	"wangge/grid"
)

const (
	cityFile  = "city.yaml"
	rulesFile = "rules.csv"
)

// sources are the sources of reports that a setting can name. Past records arrive at the city itself.
var sources = []string{"inspector", "hotline", "public", "media", "leader", "video"}

// Setting is one entry of the list platforms in city.yaml.
type Setting struct {
	Level      string
	Sources    []string
	Categories []string
	Areas      []string
}

// Check compiles the settings into Intakes, and checks the rules that name platforms. The areas, categories, rules and people
// of the city must have been read.
func Check(c *city.City, settings []Setting, src Source, list *diag.List) {
	k := checker{Source: src, c: c, arrive: map[int]bool{}, list: list}
	for i := range settings {
		k.setting(i, &settings[i])
	}
	k.named()
}

// Source is what else is known of the directory.
type Source struct {
	Refused []catalog.Rule // rules whose row has a diagnostic: what such a row would give to a platform is not missed
	Doc     *yaml.Node     // city.yaml, for the lines of diagnostics; may be nil
	Kept    bool           // the revision was accepted before: checks that later versions added are skipped
}

// checker checks the platforms of one city.
type checker struct {
	Source
	c      *city.City
	arrive map[int]bool // levels at which cases arrive by a setting, with or without a diagnostic
	list   *diag.List
	sound  []numbered // settings so far without a diagnostic
}

// numbered is the number of a setting, from 1, and what it says.
type numbered struct {
	n  int
	in city.Intake
}

// setting compiles one entry.
func (k *checker) setting(i int, s *Setting) {
	before := len(*k.list)
	wrong := func(key string, what, instead i18n.Text) {
		k.list.Add(cityFile, diag.At(k.Doc, "platforms", i, key), i18n.F("platforms %[1]d, %[2]s: %[3]s", "platforms 第 %[1]d 条 %[2]s：%[4]s", i+1, key, what.En, what.Zh), instead)
	}
	in := city.Intake{Level: slices.Index(k.c.Levels, s.Level), Sources: s.Sources}
	k.arrive[in.Level] = true
	if in.Level < 0 {
		wrong("level", i18n.F("level %q is unknown", "层级 %q 未知", s.Level), diag.Suggest(s.Level, k.c.Levels))
	} else if in.Level > 0 && !slices.ContainsFunc(k.areas(in.Level, ""), k.staffed) {
		wrong("level", i18n.F("no %s has an acceptor or a dispatcher", "层级“%s”没有任何区域设有受理员或派遣员", s.Level), i18n.F("add ,area:AREA,acceptor,PERSON,1,,, to posts.csv, or name another level", "请在 posts.csv 添加 ,area:区域,acceptor,人员,1,,,，或改用其他层级"))
	}
	for _, source := range s.Sources {
		if !slices.Contains(sources, source) {
			wrong("sources", i18n.F("source %q is unknown", "来源 %q 未知", source), diag.Suggest(source, sources))
		}
	}
	for _, text := range s.Categories {
		p, err := catalog.ParsePattern(text)
		if err != nil {
			wrong("categories", i18n.F("categories can't be read: %v", "类别无法识别：%v", err), i18n.F("write codes, PREFIX*, FROM..TO, class:NAME, kind:event or severity:A", "请填写代码、前缀*、起..止、class:大类、kind:event 或 severity:A"))
			continue
		}
		for _, term := range p.Idle(k.c.Categories) {
			wrong("categories", i18n.F("no category matches %q", "没有类别匹配 %q", term), i18n.F("write a code, PREFIX*, FROM..TO, class:NAME or *", "请填写代码、前缀*、起..止、class:大类 或 *"))
		}
		in.Categories = append(in.Categories, p)
	}
	for _, id := range s.Areas {
		if k.c.Areas[grid.AreaID(id)] == nil {
			wrong("areas", i18n.F("area %q does not exist", "区域 %q 不存在", id), i18n.F("write an id of areas.geojson", "请填写 areas.geojson 中的编号"))
		}
		in.Areas = append(in.Areas, grid.AreaID(id))
	}
	if len(*k.list) > before {
		return
	}
	if !k.Kept {
		if lack := k.withoutAcceptor(&in); len(lack) > 0 {
			wrong("level", i18n.F("platforms where cases arrive have no acceptor (%[1]d): %[2]s", "案件会到达以下平台，但未设受理员（共 %[1]d 个）：%[2]s", len(lack), strings.Join(lack[:min(len(lack), 5)], ", ")),
				i18n.F("add ,area:%s,acceptor,PERSON,1,,, to posts.csv, or name the areas where cases arrive in areas", "请在 posts.csv 添加 ,area:%s,acceptor,人员,1,,,，或在 areas 中只填写受理案件的区域", lack[0]))
		}
		if j := slices.IndexFunc(k.sound, func(e numbered) bool { return k.takesAll(&e.in, &in) }); j >= 0 {
			wrong("level", i18n.F("this entry is never reached: entry %d takes every report that it names", "本条不会用到：第 %d 条已包含本条的全部上报", k.sound[j].n), i18n.F("put the particular entry before the general one", "请把具体的条目写在笼统的条目之前"))
		}
	}
	k.sound = append(k.sound, numbered{i + 1, in})
	if len(*k.list) == before {
		k.c.Intakes = append(k.c.Intakes, in)
	}
}

// withoutAcceptor lists the platforms at which cases would arrive by a setting and where nobody accepts them.
func (k *checker) withoutAcceptor(in *city.Intake) []string {
	if in.Level == 0 {
		return nil
	}
	within := in.Areas
	if len(within) == 0 {
		within = []grid.AreaID{""}
	}
	var lack []string
	for _, area := range within {
		for _, id := range k.areas(in.Level, area) {
			a := k.c.Areas[id]
			for a != nil && a.Level > 0 && !k.staffed(a.ID) {
				a = k.c.Areas[a.Parent]
			}
			if a != nil && a.Level > 0 && !k.has(a.ID, roster.Acceptor) && !slices.Contains(lack, string(a.ID)) {
				lack = append(lack, string(a.ID))
			}
		}
	}
	return lack
}

// takesAll reports whether an earlier setting matches everything that a later one does.
func (k *checker) takesAll(earlier, later *city.Intake) bool {
	sources := len(earlier.Sources) == 0 ||
		len(later.Sources) > 0 && !slices.ContainsFunc(later.Sources, func(s string) bool { return !slices.Contains(earlier.Sources, s) })
	categories := len(earlier.Categories) == 0 ||
		len(later.Categories) > 0 && catalog.Among(k.c.Categories, later.Categories, earlier.Categories)
	within := func(id grid.AreaID) bool {
		return slices.ContainsFunc(earlier.Areas, func(up grid.AreaID) bool { return id == up || k.c.Under(id, up) })
	}
	areas := len(earlier.Areas) == 0 ||
		len(later.Areas) > 0 && !slices.ContainsFunc(later.Areas, func(id grid.AreaID) bool { return !within(id) })
	return sources && categories && areas
}

// staffed reports whether an area has an acceptor or a dispatcher.
func (k *checker) staffed(id grid.AreaID) bool {
	return k.has(id, roster.Acceptor) || k.has(id, roster.Dispatcher)
}

func (k *checker) has(id grid.AreaID, role roster.Role) bool {
	_, ok := k.c.Roster.Post(roster.Unit{Kind: roster.UnitArea, ID: string(id)}, role)
	return ok
}

// areas lists the areas of a level within another; "" = everywhere.
func (k *checker) areas(level int, within grid.AreaID) []grid.AreaID {
	var out []grid.AreaID
	for _, id := range slices.Sorted(maps.Keys(k.c.Areas)) {
		if k.c.Areas[id].Level == level && (within == "" || k.c.Under(id, within) || k.c.Under(within, id)) {
			out = append(out, id)
		}
	}
	return out
}

// named checks the platforms that rules name: each must lie below the platform that dispatches by the rule, have a
// dispatcher wherever the rule holds, and rules of its own that leave nothing open.
func (k *checker) named() {
	seen, helps := map[int]bool{}, map[int]bool{}
	for _, rules := range [][]catalog.Rule{k.c.Rules, k.c.PlatformRules} {
		for i := range rules {
			r := &rules[i]
			if t := r.Owner; t.Kind == catalog.OwnerPlatform {
				k.below(r, "owner", t.Level)
				k.dispatchers(r, t.Level)
				if !seen[t.Level] {
					seen[t.Level] = true
					k.whole(r, t.Level)
				}
			}
			for _, co := range r.CoOwners {
				if co.Kind == catalog.OwnerPlatform {
					helps[co.Level] = true
					k.below(r, "co_owners", co.Level)
					k.dispatchers(r, co.Level)
				}
			}
		}
	}
	maps.Copy(seen, k.arrive)
	for i := range k.Refused {
		if t := k.Refused[i].Owner; t.Kind == catalog.OwnerPlatform {
			seen[t.Level] = true
		}
	}
	said := map[int]bool{}
	for i := range k.c.PlatformRules {
		r := &k.c.PlatformRules[i]
		if level := k.c.Levels[r.Platform]; !seen[r.Platform] && !helps[r.Platform] && !said[r.Platform] {
			said[r.Platform] = true
			k.list.Add(rulesFile, r.Line(), i18n.F("platform %s: no rule gives a case or a part of one to the platforms of this level, and no case arrives there", "platform %s：没有规则把案件或协办任务交给该层级平台，也没有案件由其受理", level),
				i18n.F("write owner platform:%s in a rule of the platform above, or remove the row", "请在上级平台的规则中填写 owner platform:%s，或删除该行", level))
		}
	}
}

// below reports a rule that gives a case to the platform itself or to one above.
func (k *checker) below(r *catalog.Rule, column string, level int) {
	if level <= r.Platform {
		k.list.Add(rulesFile, r.Line(), i18n.F("%[1]s: the platform of the level %[2]s does not lie below the one that dispatches by this row, %[3]s", "%[1]s：%[2]s平台不在按本行派遣的%[3]s平台之下", column, k.c.Levels[level], k.c.Levels[r.Platform]),
			i18n.F("name the platform of a lower level, or a unit", "请填写更低层级的平台，或具体单位"))
	}
}

// dispatchers reports the areas of a level in which a rule would find no platform.
func (k *checker) dispatchers(r *catalog.Rule, level int) {
	var lack []string
	for _, id := range k.areas(level, grid.AreaID(r.Area)) {
		found := false
		for a := k.c.Areas[id]; a != nil && a.Level > r.Platform && !found; a = k.c.Areas[a.Parent] {
			found = k.has(a.ID, roster.Dispatcher)
		}
		if !found {
			lack = append(lack, string(id))
		}
	}
	if len(lack) == 0 {
		return
	}
	first, more := lack[0], strings.Join(lack[:min(len(lack), 5)], ", ")
	k.list.Add(rulesFile, r.Line(), i18n.F("platform:%[1]s names nobody in %[2]d {area|areas}: %[3]s; no dispatcher is there", "platform:%[1]s 在 %[2]d 个区域没有平台：%[3]s 未设派遣员", k.c.Levels[level], len(lack), more),
		i18n.F("add ,area:%s,dispatcher,PERSON,1,,, to posts.csv", "请在 posts.csv 添加 ,area:%s,dispatcher,人员,1,,,", first))
}

// whole reports a level whose platforms are given cases and have no rule for some of them.
func (k *checker) whole(by *catalog.Rule, level int) {
	whole := false
	for _, r := range slices.Concat(k.c.PlatformRules, k.Refused) {
		whole = whole || r.Platform == level && r.CatchAll() && (r.Owner.Kind == catalog.OwnerBlock || r.Owner.Kind == catalog.OwnerLine)
	}
	if whole {
		return
	}
	k.list.Add(rulesFile, by.Line(), i18n.F("the platforms of the level %s are given cases, and their rules do not end with one for everything", "层级“%s”的平台会收到案件，但其规则未以兜底规则结尾", k.c.Levels[level]),
		i18n.F("add %s", "请添加 %s", k.c.Row(rulesFile, "order", "9998", "category", "*", "owner", "block:"+k.c.Levels[level], "platform", k.c.Levels[level])))
}
