package sheets

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/xuri/excelize/v2"

	"wangge/dispatch/city"
	"wangge/dispatch/city/sheets/csvfile"
	"wangge/dispatch/city/tables"
	"wangge/dispatch/diag"
	"wangge/dispatch/i18n"
)

// spareRows is how far below the last row a sheet has its drop-downs.
const spareRows = 1000

// author signs the comments.
const author = "wangge"

// Workbook writes the tables of a directory as an XLSX workbook: one sheet per table, a comment on each column's
// name, drop-downs for columns with closed values, and each diagnostic on its cell.
func Workbook(dir city.Directory, faults []diag.Diagnostic, lang string) ([]byte, error) {
	f := excelize.NewFile()
	defer f.Close()
	w := &workbookWriter{f: f, dir: dir, lang: lang}
	if err := w.styles(); err != nil {
		return nil, err
	}
	for i := range tables.All {
		w.table(&tables.All[i], faults)
	}
	w.do(f.DeleteSheet("Sheet1"))
	f.SetActiveSheet(0)
	var out bytes.Buffer
	if w.err == nil {
		w.err = f.Write(&out)
	}
	return out.Bytes(), w.err
}

type workbookWriter struct {
	f               *excelize.File
	dir             city.Directory
	lang            string
	head, text, bad int
	err             error
}

func (w *workbookWriter) do(err error) {
	if w.err == nil {
		w.err = err
	}
}

func (w *workbookWriter) styles() (err error) {
	const asText = 49 // the format @: input stays as typed
	grey := excelize.Fill{Type: "pattern", Pattern: 1, Color: []string{"DDE7F0"}}
	if w.head, err = w.f.NewStyle(&excelize.Style{NumFmt: asText, Font: &excelize.Font{Bold: true}, Fill: grey}); err != nil {
		return err
	}
	if w.text, err = w.f.NewStyle(&excelize.Style{NumFmt: asText}); err != nil {
		return err
	}
	w.bad, err = w.f.NewStyle(&excelize.Style{NumFmt: asText, Fill: excelize.Fill{Type: "pattern", Pattern: 1, Color: []string{"F8C9C4"}}})
	return err
}

// sheetName returns the sheet of a table: its file without the extension.
func sheetName(file string) string { return strings.TrimSuffix(file, ".csv") }

func (w *workbookWriter) table(t *tables.Table, faults []diag.Diagnostic) {
	name, old := sheetName(t.File), readCSV(w.dir[t.File])
	if _, err := w.f.NewSheet(name); err != nil {
		w.do(err)
		return
	}
	columns := old.head
	if columns == nil {
		for _, c := range t.Columns {
			columns = append(columns, c.Name)
		}
	}
	last := len(old.rows) + spareRows
	w.do(w.f.SetColStyle(name, "A:"+letters(len(columns)-1), w.text))
	for i, c := range columns {
		shown := bothNamesIn(t, c, w.lang)
		w.do(w.f.SetCellStr(name, cellName(0, i), shown))
		wide := len(shown) + 2
		for _, rec := range old.rows[:min(len(old.rows), 200)] {
			if i < len(rec) {
				wide = max(wide, min(2*len([]rune(rec[i])), 40))
			}
		}
		w.do(w.f.SetColWidth(name, letters(i), letters(i), float64(wide)))
		if column, ok := t.Column(c); ok {
			w.help(name, i, column)
			w.choices(name, i, column, last)
		}
	}
	w.do(w.f.SetCellStyle(name, "A1", cellName(0, len(columns)-1), w.head))
	w.do(w.f.SetPanes(name, &excelize.Panes{Freeze: true, YSplit: 1, TopLeftCell: "A2", ActivePane: "bottomLeft"}))
	rowOf := map[int]int{}
	line := 2
	for i, rec := range old.rows {
		rowOf[line] = i + 1
		line++
		for c, v := range rec {
			line += strings.Count(v, "\n")
			if v != "" {
				w.do(w.f.SetCellStr(name, cellName(i+1, c), v))
			}
		}
		w.do(w.f.SetCellStyle(name, cellName(i+1, 0), cellName(i+1, len(columns)-1), w.text))
	}
	notes := comments{}
	for _, f := range faults {
		if f.File != t.File {
			continue
		}
		row := rowOf[f.Line] // 0, the header, for a diagnostic of the whole table
		column := max(slices.Index(columns, f.Column), 0)
		notes.add(cellName(row, column), f.Message.In(w.lang)+"\n"+f.Suggestion.In(w.lang))
		w.do(w.f.SetCellStyle(name, cellName(row, column), cellName(row, column), w.bad))
	}
	w.do(notes.write(w.f, name, w.lang))
}

func (w *workbookWriter) help(sheet string, column int, c *tables.Column) {
	text := c.Help.In(w.lang)
	if c.Must {
		text = i18n.F("(this column must be there) ", "（必须有此列）").In(w.lang) + text
	}
	w.do(w.f.AddComment(sheet, excelize.Comment{Author: author, Cell: cellName(0, column), Text: text, Width: 260, Height: 90}))
}

func (w *workbookWriter) choices(sheet string, column int, c *tables.Column, last int) {
	dv := excelize.NewDataValidation(true)
	dv.SetSqref(cellName(1, column) + ":" + cellName(last, column))
	file, name, refers := strings.Cut(c.Refers, ":")
	switch {
	case c.Choices != nil:
		w.do(dv.SetDropList(c.Choices))
		dv.SetError(excelize.DataValidationErrorStyleStop, c.Name, c.Help.In(w.lang))
	case refers && w.dir[file] != nil:
		at := readCSV(w.dir[file])
		i := slices.Index(at.head, name)
		if i < 0 {
			return
		}
		dv.SetSqrefDropList(fmt.Sprintf("'%s'!$%s$2:$%s$%d", sheetName(file), letters(i), letters(i), len(at.rows)+spareRows))
		// A warning only: a new value may be added to the other table later.
		dv.SetError(excelize.DataValidationErrorStyleWarning, c.Name, c.Help.In(w.lang))
	default:
		return
	}
	w.do(w.f.AddDataValidation(sheet, dv))
}

func letters(column int) string {
	n := name(0, column)
	return n[:len(n)-1]
}

func cellName(row, column int) string { return name(row, column) }

// ReadWorkbook reads the sheets of an XLSX workbook into a copy of a directory. Tables without a sheet stay as they
// are. All diagnostics are returned at once; the directory then holds what could be read, so that the rest can be
// checked, too.
func ReadWorkbook(data []byte, was city.Directory) (*Import, error) {
	if err := checkBook(data); err != nil {
		return nil, err
	}
	f, err := openBook(data)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	b, err := newBook(f)
	if err != nil {
		return nil, err
	}
	im := newImport(was)
	seen := map[string]string{}
	for _, s := range f.GetSheetList() {
		if visible, err := f.GetSheetVisible(s); err != nil || !visible {
			continue
		}
		t, ok := tableNamed(s)
		if !ok {
			g, err := b.sheet(s)
			if errors.Is(err, ErrTooLarge) {
				return nil, fmt.Errorf("sheet %s: %w", s, err)
			}
			if err == nil && slices.ContainsFunc(g.rows, func(r []cell) bool { return !blank(r) }) {
				im.add(g, -1, 0, i18n.F("sheet %q is no table of a city", "工作表 %q 不是城市目录中的表", s), diag.Suggest(s, sheetNames()))
			}
			continue
		}
		g, err := b.sheet(s)
		if err != nil {
			return nil, fmt.Errorf("sheet %s: %w", s, err)
		}
		if first, twice := seen[t.File]; twice {
			im.add(g, -1, 0, i18n.F("sheets %[1]q and %[2]q are both %[3]s", "工作表 %[1]q 与 %[2]q 都对应 %[3]s", first, s, t.File), i18n.F("keep one", "请保留其中一个"))
			continue
		}
		seen[t.File] = s
		g.room = b.room
		if err := im.table(t, g); err != nil {
			return nil, fmt.Errorf("sheet %s: %w", s, err)
		}
		b.room = g.room
	}
	return im.done(), nil
}

func sheetNames() []string {
	var out []string
	for _, t := range tables.All {
		out = append(out, sheetName(t.File))
	}
	return out
}

// tableNamed finds the table of a sheet or file: by its name with or without the extension, in any case, or by its
// noun.
func tableNamed(s string) (*tables.Table, bool) {
	plain := strings.ToLower(csvfile.Trim(halfWidth(s)))
	for i := range tables.All {
		t := &tables.All[i]
		if plain == t.File || plain == sheetName(t.File) || plain == t.Noun.Zh || plain == t.Noun.En {
			return t, true
		}
	}
	return nil, false
}

// isDateFormat reports a number format of dates or times.
func isDateFormat(s *excelize.Style) bool {
	if s.CustomNumFmt != nil {
		plain := strings.ToLower(*s.CustomNumFmt)
		return strings.ContainsAny(plain, "yd年月") || strings.Contains(plain, "h:")
	}
	n := s.NumFmt
	return n >= 14 && n <= 22 || n >= 27 && n <= 36 || n >= 45 && n <= 47 || n >= 50 && n <= 58
}
