package i18n

import (
	"fmt"
	"strings"
	"time"
)

// Metres formats a distance: in metres below a kilometre, in kilometres from there on.
func Metres(m float64) Text {
	switch {
	case m < 1000:
		return F("%.0f m", "%.0f 米", m)
	case m < 10_000:
		return F("%.1f km", "%.1f 公里", m/1000)
	default:
		return F("%.0f km", "%.0f 公里", m/1000)
	}
}

// Lasting formats a duration with its two largest units: "1 d 2 h". A negative duration is zero.
func Lasting(d time.Duration) Text {
	d = max(d, 0).Truncate(time.Second)
	units := []struct {
		of   time.Duration
		text Text
	}{{24 * time.Hour, Text{"d", "天"}}, {time.Hour, Text{"h", "小时"}}, {time.Minute, Text{"min", "分"}}, {time.Second, Text{"s", "秒"}}}
	var en, zh []string
	for _, u := range units {
		n := d / u.of
		d -= n * u.of
		if n > 0 || len(en) > 0 {
			if n > 0 {
				en, zh = append(en, fmt.Sprintf("%d %s", n, u.text.En)), append(zh, fmt.Sprintf("%d %s", n, u.text.Zh))
			}
			if n == 0 || len(en) == 2 {
				break
			}
		}
	}
	if en == nil {
		return Text{En: "0 s", Zh: "0 秒"}
	}
	return Text{En: strings.Join(en, " "), Zh: strings.Join(zh, " ")}
}

// Exact formats a duration to the second, so that durations add up. The English is Go's: "47h30m0s". A negative
// duration has its sign in front.
func Exact(d time.Duration) Text {
	d = d.Truncate(time.Second)
	s := int64(d.Abs() / time.Second)
	zh := ""
	for _, u := range []struct {
		n    int64
		name string
	}{{s / 3600, " 小时"}, {s / 60 % 60, " 分"}, {s % 60, " 秒"}} {
		if u.n > 0 {
			zh += fmt.Sprintf(" %d%s", u.n, u.name)
		}
	}
	if zh == "" {
		return Text{En: d.String(), Zh: "0 秒"}
	}
	if zh = zh[1:]; d < 0 {
		zh = "-" + zh
	}
	return Text{En: d.String(), Zh: zh}
}

var weekdays = [...]string{"周日", "周一", "周二", "周三", "周四", "周五", "周六"}

// Day formats an instant with its weekday, and with seconds when the seconds are not zero.
func Day(t time.Time) Text {
	layout := "2006-01-02 15:04"
	if t.Second() != 0 {
		layout += ":05"
	}
	return Text{En: t.Format("Mon " + layout), Zh: weekdays[t.Weekday()] + " " + t.Format(layout)}
}
