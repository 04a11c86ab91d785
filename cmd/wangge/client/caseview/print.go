package caseview

import (
	"fmt"
	"io"

	"wangge/cmd/wangge/cli"
	"wangge/dispatch/i18n"

	wanggev1 "wangge/api/wangge/v1"
)

// Printer writes cases as text. What people wrote is escaped, and stays on its line.
type Printer struct {
	W     io.Writer
	Words Words
}

// line prints a line.
func (p Printer) line(text string) { fmt.Fprintln(p.W, i18n.OneLine(text)) }

// Case prints a case on one line.
func (p Printer) Case(c *wanggev1.Case) {
	w := p.Words
	late := ""
	if by := w.late(c); by != "" {
		late = w.In("overdue %s", "已超时 %s", by)
	}
	late = joined(w.In("; ", "；"), append([]string{late}, w.lateParts(c)...)...)
	due := ""
	if at := w.Minute(c.GetDueTime()); at != "" {
		due = w.In("due %s", "截止 %s", at)
	}
	p.line(joined("  ", Number(c.GetName()), Stage(c.GetStage()).In(w.Lang), w.severity(c.GetSeverity()), c.GetCategoryDisplayName(),
		w.smallest(c.GetPlace()), w.owner(c.GetOwner()), due, late))
}

// Account prints the account of a case.
func (p Printer) Account(a Account) {
	w := p.Words
	late := ""
	if a.Late != "" {
		late = w.In("overdue %s", "已超时 %s", a.Late)
	}
	p.line(joined("  ", a.Number, a.Stage, a.Severity, a.Category, late))
	wide := 0
	for _, s := range a.Sections {
		for _, r := range s.Rows {
			wide = max(wide, cli.Width(r.Label))
		}
	}
	for _, s := range a.Sections {
		for _, r := range s.Rows {
			label := r.Label
			for _, v := range r.Values {
				p.line("  " + cli.Padded(label, wide) + "  " + v)
				label = ""
			}
		}
	}
	if len(a.Log) > 0 {
		p.line(w.In("What happened", "办理过程"))
	}
	for _, e := range a.Log {
		p.line("  " + joined("  ", e.Time, e.What, e.Who, e.More))
		for _, t := range e.Told {
			p.line("    " + t)
		}
	}
	if len(a.Offers) > 0 {
		p.line(w.In("You may", "您可以"))
	}
	for _, o := range a.Offers {
		p.line("  " + joined("  ", append([]string{o.Label}, o.Values...)...))
	}
}

// Notice prints a notice on one line, with its time and its case.
func (p Printer) Notice(n *wanggev1.Notice) {
	p.line(joined("  ", p.Words.Second(n.GetTime()), Number(n.GetCase()), p.Words.Notice(n)))
}
