package cli

import (
	"time"

	"github.com/spf13/cobra"

	"wangge/dispatch/city/calendar"
	"wangge/dispatch/i18n"
)

// timeLayouts are the ways to write an instant on the command line; without a zone it is the city's.
var timeLayouts = []string{time.RFC3339, "2006-01-02T15:04Z07:00", "2006-01-02T15:04", "2006-01-02T15:04:05", "2006-01-02 15:04", "2006-01-02 15:04:05"}

// readTime reads an instant by any of the layouts; false when none fits.
func readTime(s string, loc *time.Location) (calendar.Reading, bool) {
	for _, layout := range timeLayouts {
		if r, err := calendar.ReadLocal(layout, s, loc); err == nil {
			return r, true
		}
	}
	return calendar.Reading{}, false
}

// ParseTime reads an instant. One that the clocks leap over is refused; of one
// that they show twice the first is taken.
func ParseTime(s string, loc *time.Location) (time.Time, error) {
	r, ok := readTime(s, loc)
	if !ok {
		return time.Time{}, i18n.Errorf("time %q: write 2026-09-30T16:30, or with a zone 2026-09-30T16:30:00+08:00", "时间 %q：请写 2026-09-30T16:30，或带时区 2026-09-30T16:30:00+08:00", s)
	}
	if what, write := r.Trouble(); r.Skipped {
		return time.Time{}, &i18n.Error{Text: i18n.Text{En: what.En + "; " + write.En, Zh: what.Zh + "；" + write.Zh}}
	}
	return r.At, nil
}

// DayOrTime reads an instant, or a day, which begins at its first instant.
func DayOrTime(s string, loc *time.Location) (time.Time, error) {
	if r, err := calendar.ReadLocal(time.DateOnly, s, loc); err == nil {
		return r.At, nil
	}
	if _, ok := readTime(s, loc); !ok {
		return time.Time{}, i18n.Errorf("%q is neither a day nor a time: write 2026-03-01, or 2026-03-01T16:30", "%q 不是日期或时间：请写 2026-03-01，或 2026-03-01T16:30", s)
	}
	return ParseTime(s, loc)
}

// Instant is parseTime that notes on the error output which instant is taken of a time that the clocks
// show twice.
func (o *Options) Instant(cmd *cobra.Command, s string, loc *time.Location) (time.Time, error) {
	o.NoteAmbiguous(cmd, s, loc)
	return ParseTime(s, loc)
}

func (o *Options) NoteAmbiguous(cmd *cobra.Command, s string, loc *time.Location) {
	if r, ok := readTime(s, loc); ok && !r.Again.IsZero() {
		o.Note(cmd, nil, r.Note())
	}
}
