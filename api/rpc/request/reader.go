package request

import (
	"context"
	"encoding/hex"
	"errors"
	"regexp"
	"strconv"
	"time"
	"unicode/utf8"

	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	"wangge/api/auth"
	"wangge/api/resource"
	"wangge/api/rpc/apierr"
	"wangge/api/rpc/lookup"
	"wangge/api/wangge/v1"
	"wangge/dispatch"
	"wangge/dispatch/city"
	"wangge/dispatch/city/calendar"
	"wangge/dispatch/city/catalog"
	"wangge/dispatch/city/roster"
	"wangge/dispatch/i18n"
	"wangge/dispatch/routing"
	"wangge/grid"
)

// Bounds of a request. The wire's documentation states the same.
const (
	MaxText   = 4000 // characters of a text
	MaxPhotos = 20
	MaxBatch  = 100 // reports or cases
)

var safeID = regexp.MustCompile(`^[A-Za-z0-9._-]{1,64}$`)

// Reader reads the fields of one request and collects everything that is wrong with them. Names in the request are
// those of one revision of the city. A value that is wrong is read as zero. Not safe for concurrent use.
type Reader struct {
	apierr.Violations
	City   *city.City
	Person roster.PersonID // the caller
	Now    time.Time
}

// New returns a reader of a request of the caller of ctx.
func New(ctx context.Context, c *city.City, now time.Time) *Reader {
	return &Reader{Violations: apierr.For(ctx), City: c, Person: auth.PersonOf(ctx), Now: now}
}

// Position reads a position that must be given.
func (f *Reader) Position(at string, p *wanggev1.Position) grid.Position {
	if p == nil {
		f.Add(at, i18n.F("is missing", "缺失"))
		return grid.Position{}
	}
	out := grid.Position{Lat: p.GetLatitude(), Lng: p.GetLongitude(), Datum: grid.Datum(p.GetDatum()), AccuracyM: p.GetAccuracyM()}
	if wrong, ok := errors.AsType[*grid.PositionError](out.Validate()); ok {
		for _, fault := range wrong.Problems {
			f.Add(at+"."+fault.Field, routing.PositionText(fault))
		}
	}
	return out
}

// Photos reads the hashes of photos.
func (f *Reader) Photos(at string, hashes []string) []string {
	if len(hashes) > MaxPhotos {
		f.Add(at, i18n.F("%[1]d photos; at most %[2]d", "照片 %[1]d 张，最多 %[2]d 张", len(hashes), MaxPhotos))
	}
	for i, h := range hashes {
		if b, err := hex.DecodeString(h); err != nil || len(b) != 32 {
			f.Add(at+"["+strconv.Itoa(i)+"]", i18n.F("is not a SHA-256 in hexadecimal", "不是十六进制 SHA-256"))
		}
	}
	return hashes
}

// Words reads a text that a person wrote and refuses control characters in it: see i18n.Stray. Every text that is
// stored comes through here.
func (f *Reader) Words(at, text string) string {
	if r, n := i18n.Stray(text); n > 0 {
		f.Add(at, i18n.F("character %[1]d is %[2]U, a control character; leave it out", "第 %[1]d 个字符 %[2]U 是控制字符，请删除", n, r))
		return ""
	}
	return text
}

// Short is Words for a text of at most so many characters.
func (f *Reader) Short(at, text string, most int) string {
	if utf8.RuneCountInString(text) > most {
		f.Add(at, i18n.F("at most %d characters", "最多 %d 个字符", most))
		return ""
	}
	return f.Words(at, text)
}

// Category finds a category by code or name; "" is none.
func (f *Reader) Category(at, text string) catalog.Code {
	if text == "" {
		return ""
	}
	return f.NeedCategory(at, text)
}

// NeedCategory finds a category by code or name; one must be given.
func (f *Reader) NeedCategory(at, text string) catalog.Code {
	code, wrong := lookup.Category(f.City, text)
	f.note(at, wrong)
	return code
}

// note adds a text that says what is wrong; a zero text says that nothing is.
func (f *Reader) note(at string, wrong i18n.Text) {
	if wrong != (i18n.Text{}) {
		f.Add(at, wrong)
	}
}

// Stage reads a stage.
func (f *Reader) Stage(at string, st wanggev1.Stage) dispatch.Stage {
	if _, ok := wanggev1.Stage_name[int32(st)]; !ok {
		f.Add(at, i18n.F("%d is not a stage", "%d 不是阶段", st))
	}
	return dispatch.Stage(st)
}

// CaseID reads the resource name of a case.
func (f *Reader) CaseID(at, name string) dispatch.CaseID {
	id, ok := resource.ParseCase(name)
	if !ok {
		f.Add(at, i18n.F("%q: write cases/20261123-000417", "%q：请写成 cases/20261123-000417", apierr.Clip(name)))
	}
	return id
}

// PageSize reads the size of a page: 0, which asks for the default, to most.
func (f *Reader) PageSize(n int32, most int) int {
	if n < 0 || int(n) > most {
		f.Add("page_size", i18n.F("%[1]d is not within 0 to %[2]d", "%[1]d 不在 0 到 %[2]d 之间", n, most))
	}
	return int(n)
}

// CaseView reads a view of cases.
func (f *Reader) CaseView(v wanggev1.CaseView) wanggev1.CaseView {
	if _, ok := wanggev1.CaseView_name[int32(v)]; !ok {
		f.Add("view", i18n.F("%d is not a view", "%d 不是视图", v))
	}
	return v
}

// The time between two bookmarks of a watch.
const (
	defaultBookmark = 30 * time.Second
	minBookmark     = 5 * time.Second
	maxBookmark     = 300 * time.Second
)

// BookmarkInterval reads the time between two bookmarks: 5 s to 300 s; unset asks for 30 s.
func (f *Reader) BookmarkInterval(d *durationpb.Duration) time.Duration {
	if d == nil {
		return defaultBookmark
	}
	every := d.AsDuration()
	if d.CheckValid() != nil || every < minBookmark || every > maxBookmark {
		f.Add("bookmark_interval", i18n.F("%[1]v is not within %.0[2]f to %.0[3]f s; leave it out for %.0[4]f s", "%[1]v 不在 %.0[2]f 到 %.0[3]f 秒之间；省略为 %.0[4]f 秒",
			every, minBookmark.Seconds(), maxBookmark.Seconds(), defaultBookmark.Seconds()))
	}
	return every
}

// Limit reads a limit that must be given.
func (f *Reader) Limit(at string, l *wanggev1.Limit) calendar.Limit {
	if n := l.GetCount(); n < 1 || n > calendar.MaxN {
		f.Add(at+".count", i18n.F("%[1]d is not within 1 to %[2]d", "%[1]d 不在 1 到 %[2]d 之间", n, calendar.MaxN))
	}
	if _, ok := wanggev1.LimitUnit_name[int32(l.GetUnit())]; !ok || l.GetUnit() == wanggev1.LimitUnit_LIMIT_UNIT_UNSPECIFIED {
		f.Add(at+".unit", i18n.F("%d is no unit; write LIMIT_UNIT_HOURS, LIMIT_UNIT_WORK_HOURS, LIMIT_UNIT_WORK_DAYS or LIMIT_UNIT_DAYS",
			"%d 不是单位；请填写紧急工作时（LIMIT_UNIT_HOURS）、工作时（LIMIT_UNIT_WORK_HOURS）、工作日（LIMIT_UNIT_WORK_DAYS）或紧急工作日（LIMIT_UNIT_DAYS）", l.GetUnit()))
	}
	return calendar.Limit{N: int(l.GetCount()), Unit: calendar.Unit(l.GetUnit())}
}

// Instants of requests lie between these years: all that calendars and stored records can reckon with.
const (
	firstYear = 1900
	lastYear  = 2200
)

// Instant reads an instant; unset is read where the request has none.
func (f *Reader) Instant(at string, ts *timestamppb.Timestamp, unset time.Time) time.Time {
	if ts == nil {
		return unset
	}
	t := ts.AsTime()
	if ts.CheckValid() != nil || t.Year() < firstYear || t.Year() > lastYear {
		f.Add(at, i18n.F("is no instant of the years %[1]d to %[2]d", "不是 %[1]d 至 %[2]d 年间的有效时间", firstYear, lastYear))
		return unset
	}
	return t
}
