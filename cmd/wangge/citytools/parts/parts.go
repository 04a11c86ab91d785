// Package parts prints a deadline part by part: what counted, what did not, and why.
package parts

import (
	"fmt"
	"io"
	"strings"
	"time"

	"wangge/dispatch/i18n"
	"wangge/dispatch/sla"
)

// Print prints a deadline part by part, in the language lang and in the order of time; the parts add up to the second.
func Print(out io.Writer, lang string, d sla.Deadline) {
	when := func(t time.Time) string {
		if strings.HasPrefix(lang, "zh") {
			return t.Format("2006-01-02 ") + []string{"周日", "周一", "周二", "周三", "周四", "周五", "周六"}[t.Weekday()] + t.Format(" 15:04:05")
		}
		return t.Format("Mon 2006-01-02 15:04:05")
	}
	what := i18n.Text{En: "a limit of the office", Zh: "流程时限"}
	if d.Limit.N > 0 {
		what = d.Limit.Text()
	}
	if d.Extended > 0 {
		what = i18n.F("%[1]s, granted %[3]d {time|times} more,", "%[2]s（已延期 %[3]d 次）", what.En, what.Zh, d.Extended)
	}
	head := i18n.F("%[1]s from %[3]s ends %[4]s", "%[2]s，自 %[3]s 起，至 %[4]s 止", what.En, what.Zh, when(d.Start), when(d.Due))
	if d.Paused && d.Due.IsZero() {
		head = i18n.F("%[1]s from %[3]s is paused", "%[2]s，自 %[3]s 起，计时暂停", what.En, what.Zh, when(d.Start))
	} else if d.Paused {
		head = i18n.F("%[1]s from %[3]s is paused; it ran until %[4]s", "%[2]s，自 %[3]s 起，计时暂停；曾计至 %[4]s", what.En, what.Zh, when(d.Start), when(d.Due))
	}
	fmt.Fprintln(out, head.In(lang))
	if d.Why != (i18n.Text{}) {
		fmt.Fprintln(out, "  "+d.Why.In(lang))
	}
	if d.Provisional {
		fmt.Fprintln(out, i18n.F("  provisional: it reaches a year whose holidays are not published yet", "  暂定：所及年份的节假日尚未公布").In(lang))
	}
	lasts := func(d time.Duration) string { return i18n.Exact(d).In(lang) }
	var counted, skipped time.Duration
	i, k := 0, 0
	for i < len(d.Counted) || k < len(d.Skipped) {
		if k == len(d.Skipped) || i < len(d.Counted) && d.Counted[i].From.Before(d.Skipped[k].From) {
			p := d.Counted[i]
			i++
			counted += p.To.Sub(p.From)
			fmt.Fprintf(out, "  + %s - %s  %s\n", when(p.From), when(p.To), lasts(p.To.Sub(p.From)))
			continue
		}
		p := d.Skipped[k]
		k++
		if p.Counts > 0 {
			counted += p.Counts
			fmt.Fprintf(out, "  + %s  %s  %s\n", when(p.From), lasts(p.Counts), i18n.Text{En: p.Why, Zh: p.WhyZh}.In(lang))
			continue
		}
		skipped += p.To.Sub(p.From)
		fmt.Fprintf(out, "  - %s - %s  %s  %s\n", when(p.From), when(p.To), lasts(p.To.Sub(p.From)), i18n.Text{En: p.Why, Zh: p.WhyZh}.In(lang))
	}
	fmt.Fprintln(out, i18n.F("  counted %[1]s + not counted %[2]s = %[3]s in all", "  计时 %[1]s + 不计时 %[2]s = 共 %[3]s", lasts(counted), lasts(skipped), lasts(counted+skipped)).In(lang))
}
