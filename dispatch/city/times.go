package city

import (
	"time"

	"wangge/dispatch/city/calendar"
	"wangge/dispatch/i18n"
)

// day reads YYYY-MM-DD in the city's time zone, as its first instant; empty is open, and so is what
// can't be read, which is a fault.
func (l *loader) day(r row, column string) time.Time {
	s := r.get(column)
	if s == "" {
		return time.Time{}
	}
	read, err := calendar.ReadLocal(time.DateOnly, s, l.c.Location)
	switch {
	case err != nil:
		l.Add(r.file, r.line, i18n.F("%[1]s %[2]q is not a date", "%[1]s %[2]q 不是日期", column, s), i18n.F("write 2026-11-23", "请写成 2026-11-23"))
	case read.At.Format(time.DateOnly) != s: // a whole day was left out
		l.skipped(r, column, read)
	}
	return read.At
}

// instantLayouts are the ways to write an instant in a table; without a zone it is the city's.
var instantLayouts = []string{"2006-01-02 15:04", "2006-01-02 15:04:05", "2006-01-02T15:04", "2006-01-02T15:04:05", time.RFC3339}

// instant reads an instant. One that the clocks leap over is a fault; of one that they show twice the
// first is meant, and the second is written with its zone.
func (l *loader) instant(r row, column string) time.Time {
	for _, layout := range instantLayouts {
		read, err := calendar.ReadLocal(layout, r.get(column), l.c.Location)
		if err != nil {
			continue
		}
		if read.Skipped {
			l.skipped(r, column, read)
		}
		return read.At
	}
	l.Add(r.file, r.line, i18n.F("%[1]s %[2]q is not an instant", "%[1]s %[2]q 不是时刻", column, r.get(column)), i18n.F("write 2026-03-04 09:00", "请写 2026-03-04 09:00"))
	return time.Time{}
}

func (l *loader) skipped(r row, column string, read calendar.Reading) {
	if l.kept {
		return
	}
	what, write := read.Trouble()
	l.Add(r.file, r.line, i18n.Text{En: column + " " + what.En, Zh: column + " " + what.Zh}, write)
}
