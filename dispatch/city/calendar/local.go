package calendar

import (
	"strings"
	"time"

	"wangge/dispatch/i18n"
)

// Reading is the meaning of a wall time written without a zone. Some wall times are skipped when the clocks are put
// forward, and some occur twice when they are put back.
type Reading struct {
	At      time.Time // the first instant with this wall time, or the instant of the change that skips it
	Second  time.Time // the second instant; zero = the wall time occurs once
	Skipped bool      // the wall time is skipped

	text, layout string
}

// ReadLocal parses text by a layout of package time, in loc unless the layout has a zone.
func ReadLocal(layout, text string, loc *time.Location) (Reading, error) {
	wall, err := time.ParseInLocation(layout, text, time.UTC)
	if err != nil {
		return Reading{}, err
	}
	r := Reading{text: text, layout: layout}
	if strings.Contains(layout, "Z07") || strings.Contains(layout, "-07") {
		r.At = wall.In(loc)
		return r, nil
	}
	r.shown(wall, loc)
	return r, nil
}

// shown finds the instants at which the clock of loc shows the wall time that wall holds as UTC.
func (r *Reading) shown(wall time.Time, loc *time.Location) {
	const near = 48 * time.Hour // no zone is further from UTC, before or after a change
	shown := 0
	for from, last := wall.Add(-near), wall.Add(near); from.Before(last); {
		_, ahead := from.In(loc).Zone()
		_, to := from.In(loc).ZoneBounds()
		if to.IsZero() || to.After(last) {
			to = last
		} else if earliest := from.Add(time.Hour); to.Before(earliest) { // see stretches
			to = earliest
		}
		switch t := wall.Add(-time.Duration(ahead) * time.Second); {
		case t.Before(from) && shown == 0 && r.At.IsZero():
			r.At, r.Skipped = from.In(loc), true // the previous stretch ended with an earlier wall time
		case t.Before(from) || !t.Before(to):
		case shown == 0:
			r.At, r.Skipped, shown = t.In(loc), false, 1
		case shown == 1 && !t.Equal(r.At):
			r.Second, shown = t.In(loc), 2
		}
		from = to
	}
}

// Problem describes a wall time that is skipped, and suggests another; zero for any other time.
func (r Reading) Problem() (message, suggestion i18n.Text) {
	if !r.Skipped {
		return i18n.Text{}, i18n.Text{}
	}
	first := r.At.Format(r.layout)
	return i18n.F("%[1]s does not exist in %[2]s: the clocks are put forward to %[3]s", "%[1]s 在 %[2]s 不存在：时钟在此时拨快至 %[3]s", r.text, r.At.Location(), first), i18n.F("write %s", "请写 %s", first)
}

// Note says which of two instants is used for a wall time that occurs twice, and how to write the other; zero for a
// time that occurs once.
func (r Reading) Note() i18n.Text {
	if r.Second.IsZero() {
		return i18n.Text{}
	}
	return i18n.F("%[1]s comes twice in %[2]s: the first is taken, %[3]s; the second is %[4]s", "%[1]s 在 %[2]s 出现两次：按第一次 %[3]s 计；第二次为 %[4]s", r.text, r.At.Location(), r.At.Format(time.RFC3339), r.Second.Format(time.RFC3339))
}

// StartOfDay returns the first instant of a date in loc. In a zone that changes its clocks at midnight that is not
// always 00:00. Example: 2026-09-06 in America/Santiago begins at 01:00.
func StartOfDay(year int, month time.Month, dayOfMonth int, loc *time.Location) time.Time {
	var r Reading
	r.shown(time.Date(year, month, dayOfMonth, 0, 0, 0, 0, time.UTC), loc)
	return r.At
}
