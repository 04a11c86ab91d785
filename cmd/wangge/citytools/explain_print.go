package citytools

import (
	"fmt"
	"io"
	"strings"
	"time"

	"wangge/cmd/wangge/citytools/supposed"
	"wangge/cmd/wangge/cli"
	"wangge/dispatch"
	"wangge/dispatch/city"
	"wangge/dispatch/city/roster"
	"wangge/dispatch/explain"
	"wangge/dispatch/i18n"
	"wangge/dispatch/sla"
)

// printExplanation says who would have to act, by when, what happens if not, and why.
func printExplanation(w io.Writer, o *cli.Options, c *city.City, e *explain.Explanation) {
	p := explanationPrinter{w: w, c: c, view: viewOf(o, c)}
	p.place(e)
	p.owner(e)
	p.deadline(e)
	supposed.PrintMilestones(w, c, e.Milestones, e.Owner, o.Lang)
	p.line("by the city's revision %s", "依据城市版本 %s", e.Revision)
	p.reasons(e)
	p.escalation(e)
}

// explanationPrinter prints the parts of an explanation for people.
type explanationPrinter struct {
	w    io.Writer
	c    *city.City
	view cityView
}

func (p explanationPrinter) line(en, zh string, args ...any) {
	if p.view.lang == "zh" {
		en = zh
	}
	fmt.Fprintf(p.w, i18n.Plural(en, args...)+"\n", args...)
}

// in is a text in the language of the output.
func (p explanationPrinter) in(text i18n.Text) string { return text.In(p.view.lang) }

// minute is an instant in the zone of the city.
func (p explanationPrinter) minute(t time.Time) string {
	return t.In(p.c.Location).Format("2006-01-02 15:04")
}

// person is the name of a person, with the id.
func (p explanationPrinter) person(id roster.PersonID) string {
	is, _ := p.c.Roster.Person(id)
	return is.Name + " (" + string(id) + ")"
}

// place prints the areas of the position, its cell and its sections.
func (p explanationPrinter) place(e *explain.Explanation) {
	for _, id := range e.Place.Areas {
		fmt.Fprintf(p.w, "%-10s %s %s\n", p.in(dispatch.LevelText(p.c.Levels[p.c.Areas[id].Level])), id, p.view.areaName(id))
	}
	next := "-"
	if id := string(e.Place.Neighbour); id != "" {
		next = p.in(cli.Named(p.view.unitName(roster.Unit{Kind: roster.UnitArea, ID: id}), id))
	}
	p.line("cell       %s, border in %s, next door %s", "H3 单元    %s，距边界 %s，相邻 %s", e.Place.Cell, p.in(i18n.Metres(e.Place.BorderM)), next)
	if len(e.Place.Sections) > 0 {
		p.line("sections   %s", "责任段     %s", strings.Join(stringsOf(e.Place.Sections), ", "))
	}
}

// owner prints the owner, the co-owners and the person on duty.
func (p explanationPrinter) owner(e *explain.Explanation) {
	p.line("owner      %s %s", "责任单位   %s %s", e.Owner.Unit, p.view.unitName(e.Owner.Unit))
	for _, l := range p.view.chain(e.Chain) {
		p.line("dispatch   %[1]s to %[2]s (%[3]s)", "派遣链     %[1]s派遣至%[2]s（%[3]s）", l.by, l.to, l.Rule)
	}
	for _, co := range e.CoOwners {
		p.line("with       %s", "协办       %s", strings.TrimSpace(co.Unit.String()+" "+p.view.unitName(co.Unit)+" "+co.Duty))
	}
	switch s := e.OnCall; {
	case s.Person == "":
		p.line("on duty    nobody", "在岗       无人")
	case s.OffHours != "":
		p.line("on duty    nobody; %[1]s answers by the off-hours rule for %[2]s", "在岗       无人；按 %[2]s 的值班规则由 %[1]s 负责", p.person(s.Person), s.OffHours)
	default:
		p.line("on duty    %s", "在岗       %s", p.person(s.Person))
	}
}

// deadline prints the limit, and the time that it does not count.
func (p explanationPrinter) deadline(e *explain.Explanation) {
	p.line("due        %[1]s (%[2]s)", "时限       %[1]s（%[2]s）", p.minute(e.Due.At), p.in(e.Limit.Text()))
	if e.Provisional {
		p.line("           provisional: it reaches a year whose holidays are not known", "           暂定：延伸至节假日未知的年份")
	}
	if e.LimitBy != "" {
		p.line("           the limit is that of %s", "           时限依据 %s", e.LimitBy)
	}
	if why := sla.CampaignText(p.c, e.Campaign); why != (i18n.Text{}) {
		p.line("           %s", "           %s", p.in(why))
	}
	for _, s := range e.Due.Skipped {
		why := p.in(i18n.Text{En: s.Why, Zh: s.WhyZh})
		if s.Counts > 0 {
			fmt.Fprintf(p.w, "           + %s  %s  %s\n", p.minute(s.From), p.in(i18n.Exact(s.Counts)), why)
			continue
		}
		fmt.Fprintf(p.w, "           - %s - %s  %s\n", p.minute(s.From), p.minute(s.To), why)
	}
}

// reasons prints why this unit owns the case, why this person is on duty, and their superiors.
func (p explanationPrinter) reasons(e *explain.Explanation) {
	p.line("why this owner", "为何由其负责")
	for _, k := range e.Considered {
		fmt.Fprintf(p.w, "  %s: %s\n", k.Rule, p.in(k.Why))
	}
	p.line("why this person (%s)", "为何由其在岗（%s）", e.Owner.Post)
	for _, k := range e.Duty {
		fmt.Fprintf(p.w, "  %s: %s\n", p.person(k.Person), p.in(k.Why))
	}
	p.line("above", "上级")
	for _, s := range e.Superiors {
		fmt.Fprintf(p.w, "  %s %s: %s\n", s.Unit, p.view.unitName(s.Unit), p.person(s.Person))
	}
}

// escalation prints when which people are told if nobody acts.
func (p explanationPrinter) escalation(e *explain.Explanation) {
	p.line("if nobody acts (ladder %s)", "逾期未处置时（升级规则 %s）", e.EscalationPolicy)
	for _, s := range e.Steps {
		people := ""
		for _, a := range s.People {
			people += " " + p.person(a.Person)
		}
		if people == "" {
			people = " -"
		}
		if !s.HeldUntil.IsZero() {
			people += p.in(i18n.F(", held until %s", "，%s 起通知", p.minute(s.HeldUntil)))
		}
		fmt.Fprintf(p.w, "  %s %-6s%s\n", p.minute(s.At), p.in(dispatch.LightText(s.Light)), people)
	}
}
