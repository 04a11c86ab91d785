package coverage

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"wangge/dispatch/city"
	"wangge/dispatch/city/catalog"
	"wangge/dispatch/city/coverage/stage"
	"wangge/dispatch/city/roster"
	"wangge/dispatch/i18n"
	"wangge/grid"
)

// hours formats intervals: a single one by its ends, many by the hours of the day if these are always the same.
func (p *prover) hours(g *Gap) i18n.Text {
	const day = "2006-01-02 15:04"
	from, to := g.From.In(p.c.Location), g.To.In(p.c.Location)
	if g.Stretches == 1 {
		if g.From.Equal(p.out.From) && g.To.Equal(p.out.To) {
			return i18n.F("at any time", "任何时间")
		}
		return i18n.F("from %[1]s to %[2]s", "自 %[1]s 至 %[2]s", from.Format(day), to.Format(day))
	}
	if a, b, ok := p.daily(g.When); ok {
		return i18n.F("at %[1]s-%[2]s, %[3]d {time|times} from %[4]s to %[5]s", "每逢 %[1]s-%[2]s（%[4]s 至 %[5]s 共 %[3]d 次）", a, b, g.Stretches, from.Format(time.DateOnly), to.Format(time.DateOnly))
	}
	return i18n.F("%[1]d {time|times} from %[2]s to %[3]s, %.0[4]f hours in all", "%[2]s 至 %[3]s 共 %[1]d 次，合计 %.0[4]f 小时", g.Stretches, from.Format(day), to.Format(day), float64(g.Minutes)/60)
}

// daily returns the times of day at which the intervals begin and end, if these are always the same. The first and
// the last may be cut by the horizon.
func (p *prover) daily(when roster.Intervals) (from, to string, ok bool) {
	const clock = "15:04"
	if len(when) < 3 {
		return "", "", false
	}
	from, to = when[1].From.In(p.c.Location).Format(clock), when[1].To.In(p.c.Location).Format(clock)
	for _, s := range when[1 : len(when)-1] {
		if s.From.In(p.c.Location).Format(clock) != from || s.To.In(p.c.Location).Format(clock) != to || s.To.Sub(s.From) > 24*time.Hour {
			return "", "", false
		}
	}
	return from, to, true
}

func (p *prover) post(g *Gap, u roster.Unit, role roster.Role, rank string) {
	g.File = "posts.csv"
	g.Line = p.c.Row(g.File, "unit", u.String(), "role", string(role), "person", "PERSON", "rank", rank)
}

func (p *prover) wordNoPost(g *Gap, u *usage) {
	name, up := p.nameOf(u.named), p.nameOf(u.unit)
	g.Why = i18n.F("nobody was ever named at %[1]s; what is its own falls to %[2]s", "%[3]s 未指定任何人，其事务落到 %[4]s", name.En, up.En, name.Zh, up.Zh)
	p.post(g, u.named, roster.Owner, "1")
}

func (p *prover) wordNoOffice(g *Gap, role roster.Role) {
	g.Why = i18n.F("the city has no %[1]s", "全市缺少%[2]s岗位", role.Words().En, role.Words().Zh)
	p.post(g, g.Unit, role, "1")
}

// wordNoPerson describes the hours at which a post is unfilled. If a row names a shift that does not exist, that is
// the reason, and the shift is what to add.
func (p *prover) wordNoPerson(g *Gap) {
	name, hours := p.nameOf(g.Unit), p.hours(g)
	g.Why = i18n.F("nobody is on call at %[1]s %[2]s, and no off-hours rule applies (%[3]s)", "%[1]s %[4]s无人在岗，也没有值班规则（%[5]s）", g.Post, hours.En, name.En, hours.Zh, name.Zh)
	role := roster.Owner
	for _, h := range p.c.Roster.Holdings(g.Post) {
		role = h.Role
		if p.missingShift(g, h.Shift) {
			return
		}
	}
	p.post(g, g.Unit, role, fmt.Sprint(len(p.c.Roster.Holdings(g.Post))+1))
}

// contacts says what a channel needs of a person: the column of people.csv, a placeholder for a clerk to fill in, and words.
var contacts = map[string]struct {
	column, fill string
	need         i18n.Text
}{
	city.ChannelEmail: {"email", "EMAIL", i18n.F("email address", "电子邮箱")},
	city.ChannelWeCom: {"wecom", "WECOM", i18n.F("WeCom user id", "企业微信账号")},
	city.ChannelSMS:   {"phone", "PHONE", i18n.F("phone", "联系电话")},
}

// wordNoChannel describes a person who can not be reached, and writes the row of the person with what the first channel
// needs.
func (p *prover) wordNoChannel(g *Gap) {
	person, _ := p.c.Roster.Person(g.Person)
	hours, first := p.hours(g), contacts[city.ChannelSMS]
	g.Why = i18n.F("%[1]s %[2]s answers at %[3]s %[4]s and can't be reached: no phone", "%[1]s %[2]s 在 %[3]s 负责（%[5]s），但没有联系电话", g.Person, person.Name, g.Post, hours.En, hours.Zh)
	if channels := p.out.Channels; len(channels) > 0 {
		var en, zh []string
		for _, ch := range channels {
			en, zh = append(en, "no "+contacts[ch].need.En), append(zh, "没有"+contacts[ch].need.Zh)
		}
		first = contacts[channels[0]]
		g.Why = i18n.F("%[1]s %[2]s answers at %[3]s %[4]s and can't be told by %[6]s: %[7]s", "%[1]s %[2]s 在 %[3]s 负责（%[5]s），但无法通过 %[6]s 通知：%[8]s",
			g.Person, person.Name, g.Post, hours.En, hours.Zh, strings.Join(channels, ", "), strings.Join(en, ", "), strings.Join(zh, "、"))
	}
	g.File = "people.csv"
	cells := []string{
		"id", string(g.Person), "name", person.Name, "phone", person.Phone, "language", person.Language, "email", person.Email,
		"wecom", person.WeCom, "active_from", dayOf(person.ActiveFrom), "active_to", dayOf(person.ActiveTo),
	}
	cells[slices.Index(cells, first.column)+1] = first.fill
	g.Line = p.c.Row(g.File, cells...)
	if head := p.c.Columns[g.File]; head != nil && !slices.Contains(head, first.column) {
		g.Columns = append(slices.Clip(head), first.column)
		g.Line += "," + first.fill
		g.Why = i18n.F("%[1]s; people.csv lacks the column %[3]s", "%[2]s；people.csv 缺少 %[3]s 列", g.Why.En, g.Why.Zh, first.column)
	}
}

// dayOf is a day as tables write it; "" for none.
func dayOf(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.Format(time.DateOnly)
}

func (p *prover) wordNoSuperior(g *Gap) {
	name, hours := p.nameOf(g.Unit), p.hours(g)
	g.Why = i18n.F("no superior of %[1]s is on call %[2]s", "%[3]s 之上无人负责（%[4]s）", name.En, hours.En, name.Zh, hours.Zh)
	up, ok := p.c.Parent(g.Unit)
	if !ok {
		up = p.rootUnit()
	}
	p.post(g, up, roster.Leader, "1")
}

func (p *prover) wordNoLimit(g *Gap, code catalog.Code) {
	g.Categories = []catalog.Code{code}
	names := p.names(g.Categories)
	g.Why = i18n.F("%[1]s has no limit", "%[2]s 没有时限", names.En, names.Zh)
	cat := p.c.Categories[code]
	kind := [...]string{"", "component", "event"}[cat.Kind]
	g.File = "categories.csv"
	g.Line = p.c.Row(g.File, "code", string(code), "kind", kind, "class", cat.Class, "class_en", cat.ClassEn, "name", cat.Name,
		"name_en", cat.NameEn, "severity", "B", "limit", "1", "limit_unit", "work_days")
}

// Opened lists the gaps that a change of the city opens: gaps of after that differ from those of before in unit,
// post, person or reason, or that reach further in place, matter or time. c is the city after the change. Both proofs
// must have the same horizon.
func Opened(c *city.City, before, after *Proof) []Gap {
	var out []Gap
	for i := range after.Gaps {
		if g := &after.Gaps[i]; !g.within(c, before.Gaps) {
			out = append(out, *g)
		}
	}
	return out
}

// within reports whether each area and category of the gap was open before. Proofs group places and categories by
// what is open, so one gap may consist of parts of several.
func (g *Gap) within(c *city.City, before []Gap) bool {
	var alike []*Gap
	for i := range before {
		o := &before[i]
		same := o.Reason == g.Reason && o.holds(g) && o.Person == g.Person && g.stagesWithin(o) && (o.Reason != NoCalendar || o.File == g.File)
		if same && !o.From.After(g.From) && !o.To.Before(g.To) && o.Minutes >= g.Minutes && (o.Reason != NoGround || o.Cells >= g.Cells) {
			alike = append(alike, o)
		}
	}
	held := func(id grid.AreaID, bare bool) bool {
		var here []*Gap
		for _, o := range alike {
			if bare && slices.Contains(o.BareOf, id) || slices.ContainsFunc(o.Areas, func(up grid.AreaID) bool { return c.Under(id, up) }) {
				here = append(here, o)
			}
		}
		return !slices.ContainsFunc(g.Categories, func(code catalog.Code) bool {
			return !slices.ContainsFunc(here, func(o *Gap) bool { _, found := slices.BinarySearch(o.Categories, code); return found })
		})
	}
	return !slices.ContainsFunc(g.Areas, func(id grid.AreaID) bool { return !held(id, false) }) &&
		!slices.ContainsFunc(g.BareOf, func(id grid.AreaID) bool { return !held(id, true) })
}

// stagesWithin reports whether another gap has the stages of g.
func (g *Gap) stagesWithin(o *Gap) bool {
	return !slices.ContainsFunc(g.Stages, func(s stage.Stage) bool { return !slices.Contains(o.Stages, s) })
}

// holds reports whether a gap has the same unit as another, or includes its posts.
func (g *Gap) holds(o *Gap) bool {
	if len(o.Posts) == 0 || len(g.Posts) == 0 {
		return g.Unit == o.Unit && g.Post == o.Post
	}
	return !slices.ContainsFunc(o.Posts, func(post roster.PostID) bool {
		_, found := slices.BinarySearch(g.Posts, post)
		return !found
	})
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
			label += "：" + stage.Text(g.Stages).Zh
		}
		return label + "）"
	}
	if len(g.Stages) > 0 {
		label += " (" + stage.Text(g.Stages).En + ")"
	}
	return label
}
