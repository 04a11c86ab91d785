package sheets

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"io"
	"maps"
	"path"
	"slices"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
	"wangge/dispatch/city"
	"wangge/dispatch/say"

	"golang.org/x/text/encoding/simplifiedchinese"
)

// Import is what a file of a clerk's says.
type Import struct {
	reading
	read []string // tables
}

func newImport(was city.Directory) *Import {
	return &Import{reading: reading{was: was, is: maps.Clone(was), places: map[string][]place{}}}
}

func (im *Import) done() *Import {
	im.read = slices.Sorted(maps.Keys(im.places))
	return im
}

// Directory is the directory as the file would make it.
func (im *Import) Directory() city.Directory { return im.is }

// Tables are the tables that the file has rows for.
func (im *Import) Tables() []string { return im.read }

// Faults are those of the cells.
func (im *Import) Faults() []Fault { return im.faults }

// Place says where in the file a fault of the city stands: its sheet and cell. A fault that no row of
// the file caused is returned as it is.
func (im *Import) Place(f city.Fault) Fault {
	for _, p := range im.places[f.File] {
		if p.line != f.Line {
			continue
		}
		old := readCSV(im.is[f.File])
		var rec []string
		for i, q := range im.places[f.File] {
			if q.line == f.Line && i < len(old.rows) {
				rec = old.rows[i]
			}
		}
		column := 0
		if rec != nil {
			column = p.at[old.head[blamed(f, old.head, rec)]]
		}
		out := Fault{Sheet: p.sheet, Cell: name(p.row, column), Fault: f}
		out.File, out.Line = p.sheet+"!"+out.Cell, p.row+1
		return out
	}
	return Fault{Fault: f}
}

// ReadTable reads a CSV file of a clerk's into a copy of a directory. The file's name says which table
// it is. UTF-8, UTF-16 and GBK are told apart; commas, semicolons and tabs, too.
func ReadTable(file string, data []byte, was city.Directory) (*Import, error) {
	if len(data) > MaxBytes {
		return nil, ErrTooLarge
	}
	t, ok := tableNamed(strings.TrimSuffix(path.Base(strings.ReplaceAll(file, "\\", "/")), path.Ext(file)))
	if !ok {
		return nil, fmt.Errorf("%s: which table is it? Name it as one of %s", file, strings.Join(sheetNames(), ".csv, ")+".csv")
	}
	im := newImport(was)
	s := &sheet{name: path.Base(file)}
	text, ok := decode(data)
	if !ok {
		im.add(s, -1, 0, say.F("it is neither UTF-8 nor GBK nor UTF-16", "编码既不是 UTF-8，也不是 GBK 或 UTF-16"), say.F("save it as CSV UTF-8", "请另存为 CSV UTF-8"))
		return im.done(), nil
	}
	rd := csv.NewReader(strings.NewReader(text))
	rd.FieldsPerRecord = -1
	rd.LazyQuotes = true
	first, _, _ := strings.Cut(text, "\n")
	for _, comma := range []rune{'\t', ';'} {
		if strings.Count(first, string(comma)) > strings.Count(first, string(rd.Comma)) {
			rd.Comma = comma
		}
	}
	for {
		rec, err := rd.Read()
		if err == io.EOF {
			break
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
		if len(s.rows) == MaxRows || len(rec) > MaxColumns {
			return nil, ErrTooLarge
		}
		row := make([]cell, len(rec))
		for i, v := range rec {
			row[i] = cell{text: v}
			if wasNumber(trim(v)) {
				row[i].kind = isNumber
			}
		}
		s.rows = append(s.rows, row)
	}
	im.table(t, s)
	return im.done(), nil
}

// wasNumber reports what a spreadsheet may have held as a number when it wrote the file: digits
// without a zero before them, or a long number. Examples: "451", "2.30102E+14".
func wasNumber(v string) bool {
	if v != "" && v[0] != '0' && strings.Trim(v, "0123456789") == "" {
		return true
	}
	m, e, ok := strings.Cut(strings.ToUpper(v), "E+")
	return ok && m != "" && e != "" && strings.Trim(m, "0123456789.") == "" && strings.Trim(e, "0123456789") == ""
}

// decode turns a file into text: UTF-8 when it is that, or else UTF-16 by its mark, or else GBK.
func decode(data []byte) (string, bool) {
	switch {
	case bytes.HasPrefix(data, []byte("\xff\xfe")) || bytes.HasPrefix(data, []byte("\xfe\xff")):
		if len(data)%2 != 0 {
			return "", false
		}
		u := make([]uint16, 0, len(data)/2)
		for i := 2; i < len(data); i += 2 {
			if data[0] == 0xff {
				u = append(u, uint16(data[i])|uint16(data[i+1])<<8)
			} else {
				u = append(u, uint16(data[i+1])|uint16(data[i])<<8)
			}
		}
		return string(utf16.Decode(u)), true
	case utf8.Valid(data):
		return strings.TrimPrefix(string(data), "\ufeff"), true
	default:
		text, err := simplifiedchinese.GB18030.NewDecoder().Bytes(data)
		return string(text), err == nil && !bytes.ContainsRune(text, utf8.RuneError)
	}
}
