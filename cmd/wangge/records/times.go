package records

import (
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"wangge/dispatch/i18n"

	"golang.org/x/text/width"
)

// Notations of a day and of a time of day that have only one meaning, besides the layouts of the format: the year is
// first, or the month is a name.
var (
	dayLayouts   = []string{"2006-1-2", "2006/1/2", "2006.1.2", "2006年1月2日", "20060102", "2 Jan 2006", "2-Jan-2006", "Jan 2, 2006", "Jan 2 2006", "2006-Jan-2", "2 January 2006", "January 2, 2006", "Mon, 2 Jan 2006"}
	clockLayouts = []string{" 15:04:05", " 15:04", " 15:04:05Z07:00", " 15:04Z07:00", " 15:04:05Z0700", " 15:04:05Z07", " 3:04:05 PM", " 3:04 PM", " 15时4分5秒", " 15时4分", " 15时"}
)

// Parts of a time that normalizeTime rewrites.
var (
	between   = regexp.MustCompile(`([0-9])T([0-9])`)
	beforeDay = regexp.MustCompile(`(上午|下午|AM|PM) ?([0-9][0-9:时分秒.]*)$`)
	afterDay  = regexp.MustCompile(`([0-9时分秒]) ?(上午|下午|AM|PM)$`)
	zoneAfter = regexp.MustCompile(` (UTC|GMT|Z|[+-][0-9:]+)$`)
	midnight  = regexp.MustCompile(` 24:00(:00(\.0+)?)?$`)
	aNumber   = regexp.MustCompile(`^[0-9]+(\.[0-9]+)?$`)
)

// normalizeTime rewrites a time with the signs of the layouts: it folds full-width digits, the T of ISO 8601, Chinese words for morning and
// afternoon, and a zone after a space.
func normalizeTime(s string) string {
	s = strings.ToUpper(width.Fold.String(s))
	if strings.Contains(s, "年") {
		s = strings.NewReplacer("日", "日 ", "号", "日 ", "点", "时").Replace(s)
	}
	s = strings.Join(strings.Fields(s), " ")
	s = between.ReplaceAllString(s, "$1 $2")
	s = beforeDay.ReplaceAllString(s, "$2 $1")
	s = afterDay.ReplaceAllString(s, "$1 $2")
	s = strings.NewReplacer("上午", "AM", "下午", "PM").Replace(s)
	if z := zoneAfter.FindStringSubmatchIndex(s); z != nil {
		at := s[z[2]:z[3]]
		if at == "UTC" || at == "GMT" {
			at = "Z"
		}
		s = s[:z[0]] + at
	}
	return s
}

// parseTime parses a time by the layouts of the format, or else by one of the notations that have only one meaning. flag says what was
// assumed; it is zero if nothing was.
func (rd *Reader) parseTime(s string) (t time.Time, flag i18n.Text, ok bool) {
	read := func(layout string) bool {
		var err error
		if t, err = time.ParseInLocation(layout, s, rd.city.Location); err != nil {
			return false
		}
		wall, err := time.Parse(layout, s)
		if err == nil && t.Location() == rd.city.Location && t.Format(time.DateTime) != wall.Format(time.DateTime) {
			flag = i18n.F("a time that the clocks skipped: moved by the hour that they skipped", "该时刻因时钟调整而不存在：已按跳过的时长移动")
		}
		return true
	}
	if slices.ContainsFunc(rd.format.TimeLayouts, read) {
		return t, flag, true
	}
	s = normalizeTime(s)
	if aNumber.MatchString(s) {
		return rd.parseNumber(s)
	}
	dayMore := 0
	if midnight.MatchString(s) { // the end of the day, by ISO 8601
		s, dayMore = midnight.ReplaceAllString(s, " 00:00"), 1
	}
	for _, day := range dayLayouts {
		if slices.ContainsFunc(clockLayouts, func(clock string) bool { return read(day + clock) }) {
			return t.AddDate(0, 0, dayMore), flag, true
		}
		if read(day) {
			return t, dateAlone, true
		}
	}
	return time.Time{}, i18n.Text{}, false
}

// dateAlone flags a date without a time.
var dateAlone = i18n.F("a date without a time: taken as 00:00", "只有日期没有时刻：按 00:00 计")

// The day numbers of spreadsheets that are accepted: 1954 to 2119.
const (
	firstDayNumber = 20_000
	lastDayNumber  = 80_000
)

// parseNumber parses a time that is a number: seconds or milliseconds since 1970, digits without separators, or the day number of a
// spreadsheet. They differ in their number of digits.
func (rd *Reader) parseNumber(s string) (t time.Time, flag i18n.Text, ok bool) {
	whole, fraction, _ := strings.Cut(s, ".")
	n, err := strconv.ParseInt(whole, 10, 64)
	if err != nil {
		return t, flag, false
	}
	share, err := strconv.ParseFloat("0."+fraction+"0", 64)
	if err != nil {
		return t, flag, false
	}
	switch len(whole) {
	case 5:
		if n < firstDayNumber || n >= lastDayNumber {
			return t, flag, false
		}
		t = time.Date(1899, 12, 30+int(n), 0, 0, int(math.Round(share*24*60*60)), 0, rd.city.Location)
		return t, i18n.F("a number: taken as a spreadsheet's day number", "为数字：按电子表格的日期序号计"), true
	case 10:
		return time.Unix(n, int64(share*1e9)).In(rd.city.Location), i18n.F("a number: taken as seconds since 1970", "为数字：按 1970 年起的秒数计"), true
	case 13:
		return time.UnixMilli(n).In(rd.city.Location), i18n.F("a number: taken as milliseconds since 1970", "为数字：按 1970 年起的毫秒数计"), true
	case 8, 12, 14:
		if len(whole) == 8 {
			flag = dateAlone
		}
		t, err := time.ParseInLocation("20060102150405"[:len(whole)], whole, rd.city.Location)
		return t, flag, err == nil && fraction == "" && t.Year() >= 1900
	default:
		return t, flag, false
	}
}

// example is an instant in the first layout of the format.
func (rd *Reader) example() string {
	return time.Date(2026, 11, 23, 16, 5, 9, 0, rd.city.Location).Format(rd.format.TimeLayouts[0])
}

// emptyValues are what other systems write for an empty time or position.
var emptyValues = []string{"NULL", `\N`, "N/A", "NA", "NIL", "NONE", "NAN", "-", "--", "—", "/", "无", "空", "0000-00-00", "0000-00-00 00:00:00", "0000/00/00"}

// isEmpty reports whether a cell of a time or position holds one of emptyValues.
func isEmpty(s string) bool {
	return s != "" && !strings.ContainsAny(s, "123456789") && slices.Contains(emptyValues, strings.ToUpper(width.Fold.String(s)))
}
