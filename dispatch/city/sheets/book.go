package sheets

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/xuri/excelize/v2"
	"golang.org/x/text/encoding/htmlindex"
)

// book is an open workbook. Each sheet is read once, as a stream. Package excelize provides the list of sheets and
// the number formats; its own model of a sheet has an entry for every cell of a row, used or not, and looks up each
// by name.
type book struct {
	file    *excelize.File
	formats *formats
	is1904  bool
	parts   map[string]string // sheet -> name of its part
	texts   []string          // shared texts of cells
	room    int               // bytes of text that cells may still use
}

// newBook reads the list of sheets and the shared texts of an open workbook.
func newBook(f *excelize.File) (*book, error) {
	b := &book{file: f, parts: map[string]string{}, room: MaxText}
	p, err := f.GetWorkbookProps()
	if err != nil {
		return nil, fmt.Errorf("not an XLSX workbook: %w", err)
	}
	b.is1904 = p.Date1904 != nil && *p.Date1904
	b.formats = newFormats(f, b.is1904)
	if err := b.locate(); err != nil {
		return nil, err
	}
	return b, b.shared()
}

// part returns the text of a packed file; nil if there is none.
func (b *book) part(name string) []byte {
	data, _ := b.file.Pkg.Load(name)
	text, _ := data.([]byte)
	return text
}

// links returns the relationships of a packed file.
func (b *book) links(of string) ([]relationship, error) {
	dir, base := path.Split(of)
	text := b.part(dir + "_rels/" + base + ".rels")
	if text == nil {
		return nil, nil
	}
	var links relationships
	if err := newDecoder(bytes.NewReader(text)).Decode(&links); err != nil {
		return nil, fmt.Errorf("not an XLSX workbook: links of %s: %w", of, err)
	}
	for i, l := range links.List {
		if links.List[i].Target = path.Join(path.Dir(of), l.Target); strings.HasPrefix(l.Target, "/") {
			links.List[i].Target = strings.TrimPrefix(path.Clean(l.Target), "/")
		}
	}
	return links.List, nil
}

// locate finds the part of each sheet.
func (b *book) locate() error {
	top, err := b.links("")
	if err != nil {
		return err
	}
	at := slices.IndexFunc(top, func(l relationship) bool { return strings.HasSuffix(l.Type, "/officeDocument") })
	if at < 0 {
		return errors.New("not an XLSX workbook: it names no workbook part")
	}
	links, err := b.links(top[at].Target)
	if err != nil {
		return err
	}
	target := map[string]string{}
	for _, l := range links {
		target[l.ID] = l.Target
	}
	for _, s := range b.file.WorkBook.Sheets.Sheet {
		b.parts[s.Name] = target[s.ID]
	}
	return nil
}

// sharedPart is where all spreadsheet programs store the shared texts.
const sharedPart = "xl/sharedStrings.xml"

// shared reads the shared texts of cells, without phonetic guides.
func (b *book) shared() error {
	text := b.part(sharedPart)
	if text == nil {
		return nil
	}
	var one []byte
	guide := false
	return tokens(sharedPart, text, func(begin string, _ []xml.Attr) error {
		switch begin {
		case "si":
			one = one[:0]
		case "rPh":
			guide = true
		}
		return nil
	}, func(in string, chars []byte) {
		if in == "t" && !guide {
			one = append(one, chars...)
		}
	}, func(end string) error {
		switch end {
		case "si":
			b.texts = append(b.texts, unescaped(string(one)))
		case "rPh":
			guide = false
		}
		return nil
	})
}

// tokens streams the XML of a part. Names come without name space.
func tokens(
	part string, text []byte, begin func(name string, attributes []xml.Attr) error,
	chars func(in string, chars []byte), end func(name string) error,
) error {
	if text != nil && !isXML(part, text[:min(len(text), 64)]) {
		return fmt.Errorf("not an XLSX workbook: %s is no XML", part)
	}
	dec := newDecoder(bytes.NewReader(text))
	in := ""
	for {
		token, err := dec.Token()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err == nil {
			switch x := token.(type) {
			case xml.StartElement:
				in = x.Name.Local
				err = begin(in, x.Attr)
			case xml.CharData:
				chars(in, x)
				continue
			case xml.EndElement:
				in = ""
				err = end(x.Name.Local)
			}
		} else {
			err = fmt.Errorf("not an XLSX workbook: %s: %w", part, err)
		}
		if err != nil {
			return err
		}
	}
}

// newDecoder reads XML in the encoding of its first line.
func newDecoder(r io.Reader) *xml.Decoder {
	dec := xml.NewDecoder(r)
	dec.CharsetReader = func(label string, r io.Reader) (io.Reader, error) {
		e, err := htmlindex.Get(label)
		if err != nil {
			return nil, err
		}
		return e.NewDecoder().Reader(r), nil
	}
	return dec
}

var escaped = regexp.MustCompile(`_x[0-9A-Fa-f]{4}_`)

// unescaped decodes _x000D_ and the like, which stand for characters that XML cannot hold.
func unescaped(text string) string {
	if !strings.Contains(text, "_x") {
		return text
	}
	return escaped.ReplaceAllStringFunc(text, func(s string) string {
		r, err := strconv.ParseUint(s[2:6], 16, 16)
		if err != nil {
			return s
		}
		return string(rune(r))
	})
}

// sheet reads the cells and the merged ranges of a sheet; a row ends at its last cell with a value. Errors:
// ErrTooLarge, or a description of the damage.
func (b *book) sheet(sheetName string) (*sheet, error) {
	s := &sheet{name: sheetName, is1904: b.is1904, formats: b.formats}
	part := b.parts[sheetName]
	r := sheetReader{book: b, sheet: s, row: -1}
	err := tokens(part, b.part(part), r.begin, r.chars, r.end)
	return s, err
}

// sheetReader is the state of reading a sheet. Rows and columns count from 0.
type sheetReader struct {
	book        *book
	sheet       *sheet
	row, column int
	cells       []cell // of the row
	kind        string // of the cell: its attribute t
	style       int
	value       []byte // of the cell
	guide       bool
}

func (r *sheetReader) begin(name string, attributes []xml.Attr) error {
	switch name {
	case "row":
		r.row, r.column, r.cells = r.row+1, -1, r.cells[:0]
		if at := attribute(attributes, "r"); at != "" {
			r.row = digits(at) - 1
		}
		if r.row < 0 || r.row >= MaxRows {
			return sheetBoundError(r.sheet.name)
		}
	case "c":
		r.column++
		r.value = r.value[:0]
		r.kind, r.style = attribute(attributes, "t"), 0
		if at := attribute(attributes, "r"); at != "" {
			column, _, err := excelize.CellNameToCoordinates(at)
			if err != nil {
				return fmt.Errorf("not an XLSX workbook: sheet %s: %w", r.sheet.name, err)
			}
			r.column = column - 1
		}
		if s := attribute(attributes, "s"); s != "" {
			style, err := strconv.Atoi(s)
			if err != nil {
				return fmt.Errorf("not an XLSX workbook: sheet %s: style: %w", r.sheet.name, err)
			}
			r.style = style
		}
	case "rPh":
		r.guide = true
	case "mergeCell":
		r.merge(attribute(attributes, "ref"))
	}
	return nil
}

func (r *sheetReader) chars(in string, chars []byte) {
	if in == "v" || in == "t" && !r.guide {
		r.value = append(r.value, chars...)
	}
}

func (r *sheetReader) end(name string) error {
	switch name {
	case "rPh":
		r.guide = false
	case "c":
		return r.cell()
	case "row":
		if len(r.cells) == 0 {
			return nil
		}
		if more := r.row + 1 - len(r.sheet.rows); more > 0 {
			r.sheet.rows = append(r.sheet.rows, make([][]cell, more)...)
		}
		r.sheet.rows[r.row] = slices.Clone(r.cells)
	}
	return nil
}

// cell adds the cell that has just ended.
func (r *sheetReader) cell() error {
	c := cell{text: string(r.value), style: r.style}
	switch r.kind {
	case "s":
		i, err := strconv.Atoi(strings.TrimSpace(c.text))
		if err != nil || i < 0 || i >= len(r.book.texts) {
			c.text = ""
			break
		}
		c.text = r.book.texts[i]
	case "inlineStr":
		c.text = unescaped(c.text)
	case "b":
		c.kind = isBool
	case "e":
		c.kind = isError
	default: // a number, or the result of a formula
		if _, err := strconv.ParseFloat(c.text, 64); err == nil {
			c.kind = isNumber
		} else if strings.HasPrefix(c.text, "#") {
			c.kind = isError
		}
	}
	if c.text == "" {
		return nil
	}
	if r.column >= MaxColumns {
		return sheetBoundError(r.sheet.name)
	}
	if tooLong(c.text) {
		return cellBoundError(name(r.row, r.column))
	}
	if r.book.room -= len(c.text); r.book.room < 0 {
		return textBoundError()
	}
	if more := r.column + 1 - len(r.cells); more > 0 {
		r.cells = append(r.cells, make([]cell, more)...)
	}
	r.cells[r.column] = c
	return nil
}

func (r *sheetReader) merge(ref string) {
	first, last, ok := strings.Cut(ref, ":")
	left, top, err1 := excelize.CellNameToCoordinates(first)
	right, bottom, err2 := excelize.CellNameToCoordinates(last)
	if ok && err1 == nil && err2 == nil {
		r.sheet.merged = append(r.sheet.merged, merge{min(top, bottom) - 1, min(left, right) - 1, max(top, bottom) - 1, max(left, right) - 1})
	}
}

// merges returns the merged ranges of a sheet.
func (b *book) merges(sheetName string) ([]merge, error) {
	s := &sheet{name: sheetName}
	r := sheetReader{sheet: s}
	part := b.parts[sheetName]
	err := tokens(part, b.part(part), func(name string, attributes []xml.Attr) error {
		if name == "mergeCell" {
			r.merge(attribute(attributes, "ref"))
		}
		return nil
	}, func(string, []byte) {}, func(string) error { return nil })
	return s.merged, err
}
