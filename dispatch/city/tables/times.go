package tables

import (
	"time"

	"wangge/dispatch/city/calendar"
	"wangge/dispatch/i18n"
)

// InstantLayouts are the accepted forms of an instant in a table. Without a zone, the instant is in the city's time
// zone.
var InstantLayouts = []string{"2006-01-02 15:04", "2006-01-02 15:04:05", "2006-01-02T15:04", "2006-01-02T15:04:05", time.RFC3339}

func (rd *Reader) location() *time.Location {
	if rd.Location == nil {
		return time.UTC
	}
	return rd.Location
}

// Day reads YYYY-MM-DD as the first instant of that day in the city's time zone. An empty cell gives the zero time;
// an invalid cell gives the zero time and a diagnostic.
func (r Row) Day(column string) time.Time {
	s := r.Get(column)
	if s == "" {
		return time.Time{}
	}
	read, err := calendar.ReadLocal(time.DateOnly, s, r.r.location())
	switch {
	case err != nil:
		r.Report(column, i18n.F("%[1]s %[2]q is not a date", "%[1]s %[2]q 不是日期", column, s), i18n.F("write 2026-11-23", "请写成 2026-11-23"))
	case read.At.Format(time.DateOnly) != s: // the time zone skipped a whole day
		r.skipped(column, read)
	}
	return read.At
}

// Instant reads an instant in one of InstantLayouts. A local time that the clocks skip is a diagnostic. A local time
// that occurs twice means the first occurrence; the second can be written with its zone.
func (r Row) Instant(column string) time.Time {
	for _, layout := range InstantLayouts {
		read, err := calendar.ReadLocal(layout, r.Get(column), r.r.location())
		if err != nil {
			continue
		}
		if read.Skipped {
			r.skipped(column, read)
		}
		return read.At
	}
	r.Report(column, i18n.F("%[1]s %[2]q is not an instant", "%[1]s %[2]q 不是时刻", column, r.Get(column)), i18n.F("write 2026-03-04 09:00", "请写 2026-03-04 09:00"))
	return time.Time{}
}

// DayOrInstant reads a date as its first instant, or an instant. An empty cell is a diagnostic.
func (r Row) DayOrInstant(column string) time.Time {
	s := r.Get(column)
	switch {
	case s == "":
		r.Report(column, i18n.F("%s is empty", "%s 为空", column), i18n.F("write a day, 2026-11-23, or an instant, 2026-11-23 14:00", "请填写日期 2026-11-23，或时刻 2026-11-23 14:00"))
		return time.Time{}
	case len(s) == len(time.DateOnly):
		return r.Day(column)
	default:
		return r.Instant(column)
	}
}

// Order reports an interval whose end is not after its beginning. from and to are the columns of a and b; a zero time
// is open.
func (r Row) Order(from, to string, a, b time.Time) {
	if !a.IsZero() && !b.IsZero() && !a.Before(b) {
		r.Report(from, i18n.F("%[1]s is not before %[2]s: it ends before it begins", "%[1]s 未早于 %[2]s：尚未开始即已结束", from, to), i18n.F("write the earlier date first; %s is the first day after", "请将较早日期写在前面；%s 为结束后的首日", to))
	}
}

func (r Row) skipped(column string, read calendar.Reading) {
	if r.r.Accepted {
		return
	}
	what, write := read.Problem()
	r.Report(column, i18n.Text{En: column + " " + what.En, Zh: column + " " + what.Zh}, write)
}
