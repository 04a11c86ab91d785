// Package sheets exchanges the tables of a city directory with spreadsheets: XLSX workbooks and CSV files edited by
// clerks. What a spreadsheet program did to a value is undone if only one original is possible; otherwise the cell is
// reported. The package is pure: bytes in, bytes out. Whether the city is consistent is checked by package compile
// afterwards.
package sheets

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"slices"
	"strings"

	"wangge/dispatch/city"
	"wangge/dispatch/city/sheets/csvfile"
	"wangge/dispatch/city/tables"
	"wangge/dispatch/diag"
	"wangge/dispatch/i18n"
)

// cell is one cell as the file holds it.
type cell struct {
	text  string // as stored
	style int    // of the workbook, for numbers: see formats
	kind  cellKind
}

type cellKind uint8

const (
	isText cellKind = iota
	isNumber
	isBool
	isError
)

// sheet is a sheet of cells, from row 1.
type sheet struct {
	name   string
	rows   [][]cell
	merged []merge
	is1904 bool // dates count from 1904

	room    int      // bytes of text that filling merged cells may add
	formats *formats // nil for a file without formats, such as CSV
}

// merge is a merged range, counted from 0, both ends inclusive.
type merge struct{ top, left, bottom, right int }

func (s *sheet) at(row, column int) cell {
	if row < len(s.rows) && column < len(s.rows[row]) {
		return s.rows[row][column]
	}
	return cell{}
}

// name returns the name of a cell in spreadsheets. Example: "AB12".
func name(row, column int) string {
	letters := ""
	for n := column + 1; n > 0; n = (n - 1) / 26 {
		letters = string(rune('A'+(n-1)%26)) + letters
	}
	return fmt.Sprintf("%s%d", letters, row+1)
}

// Diagnostic is one thing that is wrong with a sheet, and where. Cell is empty for the sheet as a whole.
type Diagnostic struct {
	Sheet, Cell string
	diag.Diagnostic
}

// tableReader reads the sheets of one file into a directory.
type tableReader struct {
	was    city.Directory // the present directory, which restores values
	is     city.Directory
	places map[string][]place // table -> origin of each line
	faults []Diagnostic
}

// place is the place of a table's row in its sheet.
type place struct {
	line  int // in the CSV
	sheet string
	row   int
	at    map[string]int // column -> column of the sheet
}

func (r *tableReader) add(s *sheet, row, column int, message, suggestion i18n.Text) {
	if len(r.faults) == MaxFaults {
		return
	}
	f := Diagnostic{Sheet: s.name, Diagnostic: diag.Diagnostic{File: s.name, Message: message, Suggestion: suggestion}}
	if row >= 0 {
		f.Cell, f.Line = name(row, column), row+1
		f.File = s.name + "!" + f.Cell
	}
	r.faults = append(r.faults, f)
}

// table reads one sheet into a table. Errors: ErrTooLarge.
func (r *tableReader) table(t *tables.Table, s *sheet) error {
	head, at := r.head(t, s)
	if at == nil {
		return nil
	}
	if err := fillMerged(s, head+1); err != nil {
		return err
	}
	for _, m := range s.merged {
		if m.bottom > head && m.right > m.left {
			r.add(s, max(m.top, head+1), m.left, i18n.F("cells %[1]s to %[2]s are merged across columns", "单元格 %[1]s 至 %[2]s 跨列合并", name(m.top, m.left), name(m.bottom, m.right)), i18n.F("split them, and write each column's value", "请取消合并并分别填写各列"))
		}
	}
	old := readCSV(r.was[t.File])
	columns := r.columns(t, old, at)
	values := r.values(old)
	for _, c := range old.head {
		if column, ok := t.Column(c); ok && !column.Must && !has(at, c) && (len(values[c]) > 1 || len(values[c]) == 1 && !values[c][""]) {
			r.add(s, head, 0, i18n.F("column %[1]s is not there, and the city has values in it", "缺少列 %[2]s，而现有城市目录中该列有内容", c, bothNamesIn(t, c, "zh")), i18n.F("add it; leave its cells empty to clear them", "请补充该列；如需清除请保留列并清空单元格"))
		}
	}
	columnsOf := make([]normalizer, len(columns))
	for i, name := range columns {
		if column, ok := t.Column(name); ok {
			columnsOf[i] = newNormalizer(column, values[name], r.referred(column), s)
		}
	}
	var out bytes.Buffer
	w := csv.NewWriter(&out)
	w.UseCRLF = old.crlf
	if old.mark {
		out.WriteString("\ufeff")
	}
	_ = w.Write(columns) // writes to a buffer do not fail
	line := 2
	for row := head + 1; row < len(s.rows) && len(r.faults) < MaxFaults; row++ {
		if blank(s.rows[row]) {
			continue
		}
		rec := make([]string, len(columns))
		for i, name := range columns {
			c, known := at[name]
			if !known {
				continue
			}
			text, message, suggestion := columnsOf[i].read(s.at(row, c))
			if message != (i18n.Text{}) {
				r.add(s, row, c, message, suggestion)
			}
			rec[i] = text
		}
		_ = w.Write(rec)
		r.places[t.File] = append(r.places[t.File], place{line, s.name, row, at})
		line++
		for _, text := range rec {
			line += strings.Count(text, "\n")
		}
	}
	w.Flush()
	if len(r.places[t.File]) == 0 && r.was[t.File] == nil {
		return nil // an empty sheet of a table that the city does not have
	}
	if r.is[t.File] = out.Bytes(); old.same(columns, out.Bytes()) {
		r.is[t.File] = r.was[t.File] // however it was quoted
	}
	return nil
}

// head finds the header row and the column of each name.
func (r *tableReader) head(t *tables.Table, s *sheet) (int, map[string]int) {
	best, found := -1, 0
	for row := range min(len(s.rows), csvfile.HeadRows) {
		n := 0
		for c := range s.rows[row] {
			if _, ok := columnNamed(t, s.at(row, c).text); ok {
				n++
			}
		}
		if n > found {
			best, found = row, n
		}
	}
	var names, both []string
	for _, c := range t.Columns {
		names, both = append(names, c.Name), append(both, bothNamesIn(t, c.Name, "zh"))
	}
	if best < 0 {
		r.add(s, -1, 0, i18n.F("sheet %s has no row of column names", "工作表 %s 缺少表头", s.name), i18n.F("begin with %[1]s", "首行应为 %[2]s", strings.Join(names, ", "), strings.Join(both, ", ")))
		return 0, nil
	}
	at := map[string]int{}
	wide := 0 // values may lie to the right of all names
	for _, row := range s.rows[best:] {
		wide = max(wide, len(row))
	}
	for c := range wide {
		text := title(s.at(best, c).text)
		column, ok := columnNamed(t, s.at(best, c).text)
		switch {
		case text == "" && !used(s, best+1, c):
		case text == "":
			r.add(s, best, c, i18n.F("the column has values but no name", "该列有内容但没有列名"), i18n.F("name it, or clear it; columns are %[1]s", "请填写列名或清空；可用列名为 %[2]s", strings.Join(names, ", "), strings.Join(both, ", ")))
		case !ok:
			r.add(s, best, c, i18n.F("column %q is unknown", "列名 %q 未知", text), suggestColumn(t, text))
		default:
			if first, twice := at[column.Name]; twice {
				r.add(s, best, c, i18n.F("column %[1]s occurs twice, also in %[2]s", "列 %[3]s 重复，另见 %[2]s", column.Name, name(best, first), bothNamesIn(t, column.Name, "zh")), i18n.F("remove one", "请删除其中一列"))
				continue
			}
			at[column.Name] = c
		}
	}
	for _, c := range t.Columns {
		if _, ok := at[c.Name]; !ok && c.Must {
			r.add(s, best, 0, i18n.F("column %[1]s is missing", "缺少列 %[2]s", c.Name, bothNamesIn(t, c.Name, "zh")), i18n.F("add it: %[1]s", "请补充：%[2]s", c.Help.En, c.Help.Zh))
		}
	}
	return best, at
}

// title strips a column's name of what a clerk added: line breaks, blanks, full-width letters, an explanation in
// brackets or on a second line.
func title(text string) string {
	text = strings.TrimSpace(halfWidth(strings.NewReplacer("\r\n", "\n", "\u3000", " ").Replace(text)))
	text = strings.ToLower(text)
	if i := strings.IndexAny(text, "(/"); i > 0 {
		text = text[:i]
	}
	joined := strings.Join(strings.Fields(strings.ReplaceAll(text, "_\n", "_")), "_")
	for _, t := range tables.All { // a name split over two lines, or followed by other words
		if _, ok := t.Column(joined); ok {
			return joined
		}
	}
	first, _, _ := strings.Cut(text, "\n")
	return strings.Join(strings.Fields(first), "_")
}

func used(s *sheet, from, column int) bool {
	for row := from; row < len(s.rows); row++ {
		if strings.TrimSpace(s.at(row, column).text) != "" {
			return true
		}
	}
	return false
}

func blank(row []cell) bool {
	return !slices.ContainsFunc(row, func(c cell) bool { return strings.Trim(c.text, " \t\r\n\u3000\u00a0") != "" })
}

// fillMerged copies the value of a vertically merged cell to its rows: no other value is possible. Each copy takes its
// length and one byte from the room of the sheet. Errors: ErrTooLarge.
func fillMerged(s *sheet, from int) error {
	for _, m := range s.merged {
		if m.left != m.right || m.top < from || m.left >= MaxColumns {
			continue
		}
		value := s.at(m.top, m.left)
		for row := m.top + 1; row <= m.bottom && row < len(s.rows); row++ {
			if s.room -= len(value.text) + 1; s.room < 0 {
				return textBoundError()
			}
			for len(s.rows[row]) <= m.left {
				s.rows[row] = append(s.rows[row], cell{})
			}
			s.rows[row][m.left] = value
		}
	}
	return nil
}

func has(at map[string]int, name string) bool {
	_, ok := at[name]
	return ok
}

// columns returns the columns of the present table, followed by those that the sheet adds.
func (r *tableReader) columns(t *tables.Table, old oldTable, at map[string]int) []string {
	out := slices.Clone(old.head)
	if out == nil {
		for _, c := range t.Columns {
			out = append(out, c.Name)
		}
		return out
	}
	for _, c := range t.Columns {
		if _, ok := at[c.Name]; ok && !slices.Contains(out, c.Name) {
			out = append(out, c.Name)
		}
	}
	return out
}

// values returns the present values of each column.
func (r *tableReader) values(old oldTable) map[string]map[string]bool {
	out := map[string]map[string]bool{}
	for i, name := range old.head {
		out[name] = map[string]bool{}
		for _, rec := range old.rows {
			if i < len(rec) {
				out[name][rec[i]] = true
			}
		}
	}
	return out
}

// referred returns the values that a column may refer to.
func (r *tableReader) referred(c *tables.Column) map[string]bool {
	file, name, ok := strings.Cut(c.Refers, ":")
	if !ok {
		return nil
	}
	if _, known := tables.Of(file); !known {
		return nil
	}
	return r.values(readCSV(r.was[file]))[name]
}

// oldTable is a table of the present directory.
type oldTable struct {
	head       []string
	rows       [][]string
	mark, crlf bool
}

func readCSV(data []byte) oldTable {
	var o oldTable
	o.mark = bytes.HasPrefix(data, []byte("\ufeff"))
	o.crlf = bytes.Contains(data, []byte("\r\n"))
	rd := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(data, []byte("\ufeff"))))
	rd.FieldsPerRecord = -1
	all, err := rd.ReadAll()
	if err != nil || len(all) == 0 {
		return o
	}
	o.head, o.rows = all[0], all[1:]
	return o
}

// same reports whether a new table has the same content as the present one.
func (o oldTable) same(columns []string, data []byte) bool {
	n := readCSV(data)
	return slices.Equal(o.head, columns) && slices.EqualFunc(o.rows, n.rows, slices.Equal[[]string])
}
