package sheets

import (
	"slices"
	"strings"

	"github.com/xuri/excelize/v2"
)

// formats computes how a spreadsheet displays numbers, with a workbook of one cell and the styles of the clerk's
// workbook. The display depends on value and style alone.
type formats struct {
	one   *excelize.File
	known map[int]format
}

// format is the effect of a style on numbers.
type format struct {
	date    bool // shows a date or a time
	general bool // short whole numbers are displayed unchanged
	usable  bool
}

// maxFormat is the longest number format that spreadsheets allow. Under a longer format a number is read as stored.
const maxFormat = 255

func newFormats(f *excelize.File, is1904 bool) *formats {
	one := excelize.NewFile()
	one.Styles = f.Styles
	_ = one.SetWorkbookProps(&excelize.WorkbookPropsOptions{Date1904: &is1904}) // a new workbook accepts every property
	return &formats{one: one, known: map[int]format{}}
}

// of returns the effect of a style, cached.
func (fs *formats) of(style int) format {
	f, ok := fs.known[style]
	if ok {
		return f
	}
	s, err := fs.one.GetStyle(style)
	if err == nil && s != nil && (s.CustomNumFmt == nil || len(*s.CustomNumFmt) <= maxFormat) {
		f = format{date: isDateFormat(s), general: s.CustomNumFmt == nil && slices.Contains([]int{0, 1, 49}, s.NumFmt), usable: true}
	}
	fs.known[style] = f
	return f
}

// shown returns the display of a number, and whether that is a date or a time. Example: "7" under the format 0000 is
// "0007".
func (fs *formats) shown(number string, style int) (text string, date bool) {
	f := fs.of(style)
	if f.general && len(number) <= 11 && number[0] != '0' && strings.Trim(number, "0123456789") == "" {
		return number, f.date
	}
	if !f.usable {
		style = 0
	}
	const at, sheet = "A1", "Sheet1"
	if fs.one.SetCellDefault(sheet, at, number) != nil || fs.one.SetCellStyle(sheet, at, at, style) != nil {
		return number, f.date
	}
	text, err := fs.one.GetCellValue(sheet, at)
	if err != nil {
		text = number
	}
	return text, f.date
}
