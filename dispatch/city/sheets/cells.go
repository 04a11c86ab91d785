package sheets

import (
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/xuri/excelize/v2"
	"golang.org/x/text/width"

	"wangge/dispatch/city/sheets/csvfile"
	"wangge/dispatch/city/tables"
	"wangge/dispatch/i18n"
)

// normalizer normalizes the cells of one column.
type normalizer struct {
	column    *tables.Column
	values    map[string]bool // present values of the column
	elsewhere map[string]bool // values that the column may refer to; nil = the column has no references
	is1904    bool
	formats   *formats            // nil = none
	bare      map[string][]string // known values without their leading zeros -> the full values
	padded    int                 // length of the longest known value with a leading zero
}

// newNormalizer returns the normalizer of a column of a sheet. values are the present values of the column; elsewhere are
// the values that the column may refer to, nil for none.
func newNormalizer(column *tables.Column, values, elsewhere map[string]bool, s *sheet) normalizer {
	n := normalizer{column: column, values: values, elsewhere: elsewhere, is1904: s.is1904, formats: s.formats}
	if column.Kind != tables.Code {
		return n
	}
	n.bare = map[string][]string{}
	for v := range n.known() {
		if v == "" {
			continue
		}
		bare := strings.TrimLeft(v, "0")
		n.bare[bare] = append(n.bare[bare], v)
		if v[0] == '0' {
			n.padded = max(n.padded, len(v))
		}
	}
	return n
}

// known returns the values that a code may stand for.
func (n normalizer) known() map[string]bool {
	if n.elsewhere != nil {
		return n.elsewhere
	}
	return n.values
}

// displayed returns a number as displayed by the spreadsheet, or "" if unknown; date is true for formats of dates and
// times.
func (n normalizer) displayed(c cell) (text string, date bool) {
	if n.formats == nil || c.kind != isNumber {
		return "", false
	}
	return n.formats.shown(c.text, c.style)
}

var nothing i18n.Text

// shortened shortens a text for messages.
func shortened(text string) string {
	const most = 100
	if utf8.RuneCountInString(text) <= most {
		return text
	}
	return string([]rune(text)[:most]) + "…"
}

// halfWidth converts full-width letters, digits and signs to ASCII. Chinese punctuation without such a form, as 、, stays.
func halfWidth(s string) string { return width.Fold.String(s) }

// read returns the value of a cell, or why the value is unclear and what to write instead.
func (n normalizer) read(c cell) (text string, message, suggestion i18n.Text) {
	if n.values[c.text] && c.kind == isText {
		return c.text, nothing, nothing // unchanged
	}
	text = csvfile.Trim(c.text)
	if text == "" {
		return "", nothing, nothing
	}
	if c.kind == isError || slices.Contains(excelErrors, text) {
		return "", i18n.F("the formula failed: %s", "公式出错：%s", shortened(text)), i18n.F("write the value itself", "请直接填写值")
	}
	if n.column.Choices != nil {
		return n.choice(text)
	}
	if n.column.Name == "weekdays" {
		return chineseWeekdays(halfWidth(text)), nothing, nothing
	}
	switch n.column.Kind {
	case tables.Day:
		return n.day(c, text)
	case tables.Clock:
		return n.clock(c, text)
	case tables.Moment:
		return n.instant(c, text)
	case tables.Whole:
		return n.number(text, true)
	case tables.Number:
		return n.number(text, false)
	case tables.Code:
		return n.code(c, text)
	case tables.Words:
	}
	if shown, _ := n.displayed(c); shown != "" {
		return csvfile.Trim(shown), nothing, nothing
	}
	return text, nothing, nothing
}

// excelErrors are the results of failed formulas.
var excelErrors = []string{"#DIV/0!", "#N/A", "#NAME?", "#NULL!", "#NUM!", "#REF!", "#VALUE!", "#SPILL!", "#CALC!"}

// choice finds the intended word, ignoring case and width.
func (n normalizer) choice(text string) (string, i18n.Text, i18n.Text) {
	plain := strings.ToLower(halfWidth(text))
	for _, c := range n.column.Choices {
		if strings.ToLower(c) == plain {
			return c, nothing, nothing
		}
	}
	if c := chineseChoice(halfWidth(text), n.column.Choices); c != "" {
		return c, nothing, nothing
	}
	return text, i18n.F("%[1]q can't stand in %[2]s", "%[3]s 不能填写 %[1]q", shortened(text), n.column.Name, bothNames(n.column, "zh")), suggestChoice(text, n.column.Choices)
}

// The serial numbers of days that a table may hold: 1954 to 2118.
const firstSerial, lastSerial = 20_000, 80_000

// dayLayouts are unambiguous forms of a day: the year comes first.
var dayLayouts = []string{"2006-01-02", "2006-1-2", "2006/1/2", "2006.1.2", "2006年1月2日", "20060102", "2006-1-2 15:04:05", "2006/1/2 15:04:05", "2006-01-02T15:04:05Z07:00"}

func (n normalizer) day(c cell, text string) (string, i18n.Text, i18n.Text) {
	write := i18n.F("write 2026-11-23", "请写成 2026-11-23")
	if c.kind == isNumber {
		f, err := strconv.ParseFloat(text, 64)
		if text == strconv.Itoa(int(f)) && len(text) == 8 { // 20261123, typed as a number
			if t, err := time.Parse("20060102", text); err == nil {
				return t.Format(time.DateOnly), nothing, nothing
			}
		}
		if err != nil || f != math.Trunc(f) || f < firstSerial || f > lastSerial {
			return text, i18n.F("%q is a number, not a day", "%q 是数字而不是日期", shortened(text)), write
		}
		t, err := excelize.ExcelDateToTime(f, n.is1904)
		if err != nil {
			return text, i18n.F("%q is not a day", "%q 不是日期", shortened(text)), write
		}
		return t.Format(time.DateOnly), nothing, nothing
	}
	plain := strings.Join(strings.Fields(halfWidth(strings.ReplaceAll(text, "\u3000", " "))), " ")
	if strings.Contains(plain, "年") {
		plain = strings.ReplaceAll(plain, " ", "")
	}
	for _, layout := range dayLayouts {
		t, err := time.Parse(layout, plain)
		if err != nil {
			continue
		}
		if h, m, s := t.Clock(); h+m+s != 0 {
			return text, i18n.F("%q is an instant; a whole day is wanted", "%q 含有时刻，此处只需日期", shortened(text)), write
		}
		return t.Format(time.DateOnly), nothing, nothing
	}
	return text, i18n.F("%q can be read in more than one way, or is no day", "%q 有歧义或不是日期", shortened(text)), write
}

// clockLayouts are forms of the time of day after a day.
var clockLayouts = []string{" 15:04", " 15:04:05", "T15:04", "T15:04:05"}

// instant reads a day, or an instant to the minute or second. An instant with a zone is unchanged.
func (n normalizer) instant(c cell, text string) (string, i18n.Text, i18n.Text) {
	if c.kind == isNumber {
		f, err := strconv.ParseFloat(text, 64)
		if err == nil && f != math.Trunc(f) && f > firstSerial && f < lastSerial {
			if t, err := excelize.ExcelDateToTime(f, n.is1904); err == nil {
				return stamp(t.Round(time.Second)), nothing, nothing
			}
		}
		return n.day(c, text)
	}
	plain := strings.Join(strings.Fields(halfWidth(strings.ReplaceAll(text, "\u3000", " "))), " ")
	if _, err := time.Parse(time.RFC3339, plain); err == nil {
		return plain, nothing, nothing
	}
	for _, layout := range dayLayouts {
		for _, clock := range clockLayouts {
			if t, err := time.Parse(layout+clock, plain); err == nil {
				return stamp(t), nothing, nothing
			}
		}
	}
	return n.day(c, text)
}

// stamp formats a day or an instant.
func stamp(t time.Time) string {
	switch h, m, s := t.Clock(); {
	case h+m+s == 0:
		return t.Format(time.DateOnly)
	case s == 0:
		return t.Format("2006-01-02 15:04")
	default:
		return t.Format(time.DateTime)
	}
}

func (n normalizer) clock(c cell, text string) (string, i18n.Text, i18n.Text) {
	write := i18n.F("write 08:00; the end of a day is 24:00", "请写成 08:00；一天结束为 24:00")
	if c.kind == isNumber {
		f, err := strconv.ParseFloat(text, 64)
		minutes := int(math.Round(f * 24 * 60))
		if err != nil || f < 0 || f > 1 || math.Abs(f*24*60-float64(minutes)) > 0.01 {
			return text, i18n.F("%q is a number, not a time of day", "%q 是数字而不是时刻", shortened(text)), write
		}
		return hhmm(minutes), nothing, nothing
	}
	plain := strings.ReplaceAll(halfWidth(text), " ", "")
	h, rest, ok := strings.Cut(plain, ":")
	m, sec, seconds := strings.Cut(rest, ":")
	hours, err1 := strconv.Atoi(h)
	minutes, err2 := strconv.Atoi(m)
	if !ok || err1 != nil || err2 != nil || len(m) != 2 || seconds && sec != "00" || hours < 0 ||
		minutes < 0 || minutes > 59 || hours*60+minutes > 24*60 {
		return text, i18n.F("%q is not a time of day", "%q 不是时刻", shortened(text)), write
	}
	return hhmm(hours*60 + minutes), nothing, nothing
}

func hhmm(minutes int) string {
	two := func(n int) string { return strconv.Itoa(n/10) + strconv.Itoa(n%10) }
	return two(minutes/60) + ":" + two(minutes%60)
}

func (n normalizer) number(text string, whole bool) (string, i18n.Text, i18n.Text) {
	plain := strings.ReplaceAll(halfWidth(text), " ", "")
	f, err := strconv.ParseFloat(plain, 64)
	if err != nil || math.IsInf(f, 0) || math.IsNaN(f) || whole && f != math.Trunc(f) {
		what := i18n.F("%q is not a number", "%q 不是数字", shortened(text))
		if whole {
			what = i18n.F("%q is not a whole number", "%q 不是整数", shortened(text))
		}
		return text, what, i18n.F("write digits alone, without a unit", "请只填写数字，不带单位")
	}
	return strconv.FormatFloat(f, 'f', -1, 64), nothing, nothing
}

// mostDigits is how many digits of a number a spreadsheet keeps.
const mostDigits = 15

// code reads an id, a code or a phone number. A number may have lost its leading zeros: code takes the known value
// that matches, if there is only one.
func (n normalizer) code(c cell, text string) (string, i18n.Text, i18n.Text) {
	plain := csvfile.Trim(halfWidth(text))
	if c.kind != isNumber {
		return plain, nothing, nothing
	}
	asText := i18n.F("set the cell's format to text and write it again", "请将单元格格式设为文本后重新填写")
	f, err := strconv.ParseFloat(plain, 64)
	if err != nil {
		return plain, nothing, nothing
	}
	digits := strconv.FormatFloat(f, 'f', -1, 64)
	asShown, date := n.displayed(c)
	if date {
		return digits, i18n.F("the spreadsheet took it for a date; it can't be told what was written (now %s)", "表格软件将其识别为日期，无法得知原内容（现为 %s）", asShown), asText
	}
	if len(strings.Trim(digits, "-.")) > mostDigits || strings.ContainsAny(plain, "eE") && asShown == "" {
		return digits, i18n.F("a number of more than %d digits: its last ones may be lost", "超过 %d 位的数字，末位可能已丢失", mostDigits), asText
	}
	if shown := csvfile.Trim(asShown); shown != "" && strings.Trim(shown, "0123456789") == "" { // a format such as 0000
		digits = shown
	}
	if n.known()[digits] {
		return digits, nothing, nothing
	}
	could := n.bare[strings.TrimLeft(digits, "0")]
	switch {
	case len(could) == 1:
		return could[0], nothing, nothing
	case len(digits) == 11 && digits[0] == '1': // mobile phone numbers begin with 1
	case len(could) > 1 || n.padded > len(digits):
		return digits, i18n.F("a number that may have lost zeros at its beginning: %s", "数字可能丢失了开头的 0：%s", digits), asText
	}
	return digits, nothing, nothing
}
