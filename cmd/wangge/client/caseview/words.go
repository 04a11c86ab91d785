package caseview

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"wangge/api/resource"
	wanggev1 "wangge/api/wangge/v1"
	"wangge/cmd/wangge/cli"
	"wangge/cmd/wangge/client/remote"
	"wangge/dispatch"
	"wangge/dispatch/city/calendar"
	"wangge/dispatch/i18n"

	"google.golang.org/protobuf/types/known/timestamppb"
)

// Words are the language and the time zone in which a case is described. The texts of people in what the methods return are not escaped.
type Words struct {
	Lang string // zh or en
	Zone *time.Location
	Why  bool // name the rows of the city's tables that decided

	Plain bool // leave out what only a program reads: digests of photos, cells of the grid
}

// In is a text in the language of the words.
func (w Words) In(en, zh string, args ...any) string { return i18n.F(en, zh, args...).In(w.Lang) }

// Number is the number of a case by its name on the wire; "" for none.
func Number(name string) string { return strings.TrimPrefix(name, "cases/") }

// Stage is the stage of a case.
func Stage(s wanggev1.Stage) i18n.Text { return dispatch.Stage(s).Words() }

// LimitOf is a limit of the wire; the zero limit for none.
func LimitOf(l *wanggev1.Limit) calendar.Limit {
	return calendar.Limit{N: int(l.GetCount()), Unit: calendar.Unit(l.GetUnit())}
}

// Minute is an instant to the minute; "" for none.
func (w Words) Minute(t *timestamppb.Timestamp) string { return w.instant(t, "2006-01-02 15:04") }

// Second is an instant to the second; "" for none.
func (w Words) Second(t *timestamppb.Timestamp) string { return w.instant(t, time.DateTime) }

func (w Words) instant(t *timestamppb.Timestamp, layout string) string {
	if t == nil {
		return ""
	}
	return t.AsTime().In(w.Zone).Format(layout)
}

func (w Words) limit(l *wanggev1.Limit) string {
	if l == nil {
		return ""
	}
	return LimitOf(l).Text().In(w.Lang)
}

// severity is a severity in words; "" for none.
func (w Words) severity(s wanggev1.Severity) string {
	letter := strings.TrimPrefix(s.String(), "SEVERITY_")
	if s == wanggev1.Severity_SEVERITY_UNSPECIFIED {
		return ""
	}
	return w.In("severity %s", "%s 级", letter)
}

// sources and satisfactions are words of the wire for people, by their stable forms.
var (
	sources = map[string]i18n.Text{
		"inspector": i18n.F("inspector", "监督员上报"), "hotline": i18n.F("hotline", "热线"), "public": i18n.F("public", "公众举报"),
		"media": i18n.F("media", "媒体曝光"), "leader": i18n.F("leader", "领导交办"), "video": i18n.F("video", "视频监控"), "import": i18n.F("past record", "历史导入"),
	}
	satisfactions = map[string]i18n.Text{
		"very_satisfied": i18n.F("very satisfied", "非常满意"), "satisfied": i18n.F("satisfied", "满意"),
		"mostly_satisfied": i18n.F("mostly satisfied", "基本满意"),
		"dissatisfied":     i18n.F("dissatisfied", "不满意"), "not_reached": i18n.F("not reached", "未联系上"),
	}
	channels = map[string]i18n.Text{
		"email": i18n.F("mail", "邮件"), "webhook": i18n.F("webhook", "推送接口"), "log": i18n.F("log", "日志"),
		"wecom": i18n.F("WeCom", "企业微信"), "sms": i18n.F("SMS", "短信"),
	}
	mismatches = map[string]i18n.Text{
		"unknown": i18n.F("no such case, or none that the reporter may read", "案件不存在，或上报人无权查看"), "ended": i18n.F("the other case has ended", "对方案件已办结"),
		"category": i18n.F("another category", "类别不同"), "distance": i18n.F("too far apart", "距离过远"), "position": i18n.F("no position", "缺少位置"),
		"time": i18n.F("too far apart in time", "时间相隔过久"), "severity": i18n.F("more severe", "等级更高"),
		"idle": i18n.F("of severity A, and nobody works on the other case", "本案为 A 级，对方案件无人处置"),
	}
)

// word is the text of an enum's value; a value without a text is named by its own word, and the unspecified one by nothing.
func (w Words) word(texts map[string]i18n.Text, value fmt.Stringer, prefix string) string {
	short := cli.EnumWord(value.String(), prefix)
	return cmp.Or(texts[short].In(w.Lang), short)
}

// person is a person by name, or by id for want of a name; "" for nobody.
func (w Words) person(display, name string) string {
	if name == importer {
		return w.In("past records", "历史导入")
	}
	return cmp.Or(display, remote.PersonID(name))
}

// importer is the actor of an import of past records.
const importer = "people/import"

// unit is a unit by name, or by id for want of a name; "" for none.
func unit(display, name string) string { return cmp.Or(display, remote.UnitID(name)) }

// owner is a unit with the person on duty: "路灯管理处（张三）"; "" for none.
func (w Words) owner(o *wanggev1.Owner) string {
	if o == nil {
		return ""
	}
	name := unit(o.GetUnitDisplayName(), o.GetUnit())
	if on := w.person(o.GetPersonDisplayName(), o.GetPerson()); on != "" {
		return w.In("%s (%s)", "%s（%s）", name, on)
	}
	return w.In("%s (nobody on duty)", "%s（无人值班）", name)
}

// areas are the areas of a place, the largest first, parted by a separator.
func areas(p *wanggev1.Place, separator string) string {
	names := make([]string, len(p.GetAreas()))
	for i, a := range p.GetAreas() {
		id, _ := resource.ParseUnit(a.GetName())
		names[i] = cmp.Or(a.GetDisplayName(), id.ID)
	}
	return strings.Join(names, separator)
}

// smallest is the smallest area of a place, with a word for a place without a position.
func (w Words) smallest(p *wanggev1.Place) string {
	name := ""
	if as := p.GetAreas(); len(as) > 0 {
		name = areas(&wanggev1.Place{Areas: as[len(as)-1:]}, "")
	}
	if p.GetUnlocated() {
		name += w.In(" (no position)", "（无位置）")
	}
	return name
}

// late is how long a case or a part of it is overdue; "" if it is not.
func (w Words) late(c *wanggev1.Case) string {
	if !c.GetOverdue() {
		return ""
	}
	return i18n.Lasting(c.GetLate().AsDuration()).In(w.Lang)
}

// lateParts are the parts of the work that are late, with who owes them.
func (w Words) lateParts(c *wanggev1.Case) (out []string) {
	for _, d := range c.GetLateParts() {
		owes := unit(d.GetUnitDisplayName(), d.GetUnit())
		if d.GetMilestone() != "" {
			out = append(out, w.In("milestone %s of %s", "节点 %s（%s）", cmp.Or(d.GetDisplayName(), d.GetMilestone()), owes))
		} else {
			out = append(out, w.In("co-owner %s: %s", "协办 %s：%s", owes, d.GetDuty()))
		}
	}
	return out
}

// joined joins the parts that are not empty.
func joined(separator string, parts ...string) string {
	var kept []string
	for _, p := range parts {
		if p != "" {
			kept = append(kept, p)
		}
	}
	return strings.Join(kept, separator)
}
