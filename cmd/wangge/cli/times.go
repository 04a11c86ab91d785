package cli

import (
	"time"

	"github.com/spf13/cobra"

	"wangge/dispatch/city/calendar"
	"wangge/dispatch/i18n"
)

// timeLayouts are the accepted notations of an instant. Those without a zone are read in the zone of the city.
var timeLayouts = []string{
	time.RFC3339, "2006-01-02T15:04Z07:00", "2006-01-02T15:04", "2006-01-02T15:04:05", "2006-01-02 15:04", "2006-01-02 15:04:05",
}

// readTime parses an instant by any of the layouts; ok is false if none fits.
func readTime(s string, loc *time.Location) (calendar.Reading, bool) {
	for _, layout := range timeLayouts {
		if r, err := calendar.ReadLocal(layout, s, loc); err == nil {
			return r, true
		}
	}
	return calendar.Reading{}, false
}

// ParseTime parses an instant; see timeLayouts. A local time that the clocks skip is refused. Of one that they show twice the first is
// taken.
func ParseTime(s string, loc *time.Location) (time.Time, error) {
	r, ok := readTime(s, loc)
	if !ok {
		return time.Time{}, i18n.Errorf("time %q: write 2026-09-30T16:30, or with a zone 2026-09-30T16:30:00+08:00", "时间 %q：请写 2026-09-30T16:30，或带时区 2026-09-30T16:30:00+08:00", s)
	}
	if what, write := r.Problem(); r.Skipped {
		return time.Time{}, &i18n.Error{Text: i18n.Text{En: what.En + "; " + write.En, Zh: what.Zh + "；" + write.Zh}}
	}
	return r.At, nil
}

// DayOrTime parses an instant as ParseTime does, or a day, for which it returns the first instant of the day.
func DayOrTime(s string, loc *time.Location) (time.Time, error) {
	if r, err := calendar.ReadLocal(time.DateOnly, s, loc); err == nil {
		return r.At, nil
	}
	if _, ok := readTime(s, loc); !ok {
		return time.Time{}, i18n.Errorf("%q is neither a day nor a time: write 2026-03-01, or 2026-03-01T16:30", "%q 不是日期或时间：请写 2026-03-01，或 2026-03-01T16:30", s)
	}
	return ParseTime(s, loc)
}

// Instant parses an instant as ParseTime does, and notes on standard error which one is taken of a local time that the clocks show
// twice.
func (o *Options) Instant(cmd *cobra.Command, s string, loc *time.Location) (time.Time, error) {
	o.NoteAmbiguous(cmd, s, loc)
	return ParseTime(s, loc)
}

// NoteAmbiguous notes on standard error which instant is taken of a local time that the clocks show twice.
func (o *Options) NoteAmbiguous(cmd *cobra.Command, s string, loc *time.Location) {
	if r, ok := readTime(s, loc); ok && !r.Second.IsZero() {
		o.Note(cmd, nil, r.Note())
	}
}
