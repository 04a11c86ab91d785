package sheets

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"maps"
	"path"
	"slices"
	"strings"

	"wangge/dispatch/city"
	"wangge/dispatch/city/sheets/csvfile"
	"wangge/dispatch/diag"
	"wangge/dispatch/i18n"
)

// Import is the content of a clerk's file.
type Import struct {
	tableReader
	read []string // tables
}

func newImport(was city.Directory) *Import {
	return &Import{tableReader: tableReader{was: was, is: maps.Clone(was), places: map[string][]place{}}}
}

func (im *Import) done() *Import {
	im.read = slices.Sorted(maps.Keys(im.places))
	return im
}

// Directory returns the directory with the tables of the file.
func (im *Import) Directory() city.Directory { return im.is }

// Tables returns the names of the tables in the file.
func (im *Import) Tables() []string { return im.read }

// Faults returns the diagnostics of cells, at most MaxFaults. Rows after the last of them are not read.
func (im *Import) Faults() []Diagnostic { return im.faults }

// Place returns a diagnostic of the city at its place in the file: its sheet, and the cell of its column, or of the
// first column if the diagnostic has none. A diagnostic that no row of the file caused is returned as it is.
func (im *Import) Place(d diag.Diagnostic) Diagnostic {
	rows := im.places[d.File]
	i, ok := slices.BinarySearchFunc(rows, d.Line, func(p place, line int) int { return cmp.Compare(p.line, line) })
	if !ok {
		return Diagnostic{Diagnostic: d}
	}
	p := rows[i]
	out := Diagnostic{Sheet: p.sheet, Cell: name(p.row, p.at[d.Column]), Diagnostic: d}
	out.File, out.Line = p.sheet+"!"+out.Cell, p.row+1
	return out
}

// ReadTable reads a clerk's CSV file into a copy of a directory. The file name selects the table. UTF-8, UTF-16 and
// GBK are detected, and so are commas, semicolons and tabs.
func ReadTable(file string, data []byte, was city.Directory) (*Import, error) {
	if len(data) > MaxBytes {
		return nil, TooLong()
	}
	t, ok := tableNamed(strings.TrimSuffix(path.Base(strings.ReplaceAll(file, "\\", "/")), path.Ext(file)))
	if !ok {
		return nil, i18n.Errorf("%s: which table is it? Name it as one of %s", "%s：无法判断是哪张表，请将文件命名为以下之一：%s", file, strings.Join(sheetNames(), ".csv, ")+".csv")
	}
	im := newImport(was)
	s := &sheet{name: path.Base(file), room: MaxText}
	open := func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(data)), nil }
	w, err := csvfile.Survey(open)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	rd := w.Rows(bytes.NewReader(data))
	err = rd.Choose(func(cells []string) int {
		n := 0
		for _, c := range cells {
			if _, ok := columnNamed(t, c); ok {
				n++
			}
		}
		return n
	})
	garbled := false
	for err == nil {
		var row csvfile.Row
		if row, err = rd.Next(); err != nil {
			break
		}
		if len(s.rows) == MaxRows || len(row.Cells) > MaxColumns {
			return nil, sheetBoundError(file)
		}
		garbled = garbled || row.Garbled
		if row.Fault != (i18n.Text{}) {
			im.add(s, len(s.rows), 0, row.Fault, i18n.F("save it as CSV UTF-8, or mend the row", "请另存为 CSV UTF-8，或更正该行"))
		}
		cells := make([]cell, len(row.Cells))
		for i, v := range row.Cells {
			if tooLong(v) {
				return nil, fmt.Errorf("%s: %w", file, cellBoundError(name(len(s.rows), i)))
			}
			cells[i] = cell{text: csvfile.Plain(v)}
			if wasNumber(csvfile.Trim(v)) {
				cells[i].kind = isNumber
			}
		}
		s.rows = append(s.rows, cells)
	}
	if !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	if !garbled { // further errors of garbled text are consequences
		if err := im.table(t, s); err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
	}
	return im.done(), nil
}

// wasNumber reports whether a spreadsheet may have held the value as a number: digits without a leading zero, or a
// long number. Examples: "451", "2.30102E+14".
func wasNumber(v string) bool {
	if v != "" && v[0] != '0' && strings.Trim(v, "0123456789") == "" {
		return true
	}
	m, e, ok := strings.Cut(strings.ToUpper(v), "E+")
	return ok && m != "" && e != "" && strings.Trim(m, "0123456789.") == "" && strings.Trim(e, "0123456789") == ""
}
