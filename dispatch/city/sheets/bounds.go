package sheets

import (
	"archive/zip"
	"bufio"
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"path"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/xuri/excelize/v2"

	"wangge/dispatch/i18n"
)

// Bounds of a workbook. A file beyond a bound is refused before any content is kept in memory. The error wraps
// ErrTooLarge and names the bound and the offending part. A city of 50,000 people with one post each, twenty times a
// large city, stays below all bounds.
const (
	MaxBytes    = 16 << 20  // of the file
	MaxUnpacked = 64 << 20  // of all packed files together
	MaxParts    = 2_000     // packed files
	MaxSheets   = 200       // even if several refer to one part
	MaxRun      = 512 << 10 // of one text or one tag of XML
	MaxFormats  = 2_000     // number formats
	MaxTags     = 3_500_000 // of its XML, opening and closing
	MaxRows     = 100_000   // of a sheet: the number of its last row, even if only formatted
	MaxColumns  = 64        // with a value
	MaxCells    = 1_000_000 // of all sheets, each row counted to its last cell, even if only formatted
	MaxCell     = 32_767    // characters of a cell, as many as spreadsheets allow
	MaxText     = 64 << 20  // bytes of text of all cells; a shared text counts for each cell
	MaxMerges   = 2_000     // merged ranges of all sheets
	MaxFaults   = 5_000
)

// ErrTooLarge is returned for a file beyond the bounds of this package.
var ErrTooLarge = errors.New("the file is larger than a workbook of a city may be")

// boundError is ErrTooLarge with the broken bound.
type boundError struct{ text i18n.Text }

// Error implements error, in English.
func (e *boundError) Error() string { return e.text.En }

// Localized returns the sentence in both languages.
func (e *boundError) Localized() i18n.Text { return e.text }

// Is reports that a boundError is ErrTooLarge.
func (e *boundError) Is(target error) bool { return target == ErrTooLarge }

func beyond(en, zh string, args ...any) error { return &boundError{i18n.F(en, zh, args...)} }

// TooLong returns the error for a file of more than MaxBytes.
func TooLong() error {
	return beyond("the file has more than %d MiB; remove what is no table of a city", "文件超过 %d MiB；请删除与城市目录无关的内容", MaxBytes>>20)
}

// sheetBoundError returns the error for a sheet of too many rows or columns.
func sheetBoundError(sheet string) error {
	return beyond("%[1]s has more than %[2]d rows or %[3]d columns with values; remove what is no entry", "%[1]s 超过 %[2]d 行或 %[3]d 列有内容；请删除无关内容", sheet, MaxRows, MaxColumns)
}

func tooLong(cell string) bool {
	return len(cell) > MaxCell && utf8.RuneCountInString(cell) > MaxCell
}

// cellBoundError returns the error for a cell of more than MaxCell characters. Example of at: "B2".
func cellBoundError(at string) error {
	return beyond("cell %[1]s has more than %[2]d characters; shorten it, or check its quotes", "单元格 %[1]s 超过 %[2]d 个字符；请缩短，或检查引号是否成对", at, MaxCell)
}

// textBoundError returns the error for a workbook whose cells hold more text than MaxText.
func textBoundError() error {
	return beyond("the cells hold more than %d MiB of text; remove what is no table of a city", "单元格文本合计超过 %d MiB；请删除与城市目录无关的内容", MaxText>>20)
}

// checkBook refuses a workbook beyond the bounds.
func checkBook(data []byte) error {
	if len(data) > MaxBytes {
		return TooLong()
	}
	z, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return fmt.Errorf("not an XLSX workbook: %w", err)
	}
	return measure(z)
}

// openBook opens a workbook within the bounds.
func openBook(data []byte) (*excelize.File, error) {
	f, err := excelize.OpenReader(bytes.NewReader(data), excelize.Options{
		RawCellValue: true, UnzipSizeLimit: MaxUnpacked, UnzipXMLSizeLimit: MaxUnpacked,
	})
	if err != nil {
		return nil, fmt.Errorf("not an XLSX workbook: %w", err)
	}
	return f, nil
}

// size holds the counts of measure.
type size struct {
	bytes                                int64
	sheets, tags, cells, merges, formats int
}

// measure reads everything in a workbook once, without keeping it, and returns the broken bound, if any.
func measure(z *zip.Reader) error {
	if len(z.File) > MaxParts {
		return beyond("the workbook is packed from %[1]d files; at most %[2]d are read", "工作簿由 %[1]d 个文件打包，最多读取 %[2]d 个", len(z.File), MaxParts)
	}
	var n size
	for _, f := range z.File {
		part, err := f.Open()
		if err != nil {
			return fmt.Errorf("not an XLSX workbook: %s: %w", f.Name, err)
		}
		err = n.part(f.Name, part)
		if err = errors.Join(err, part.Close()); err != nil {
			return err
		}
	}
	return nil
}

// countingReader counts the bytes read from a part.
type countingReader struct {
	name string
	r    io.Reader
	n    *size
	run  int // bytes since the last tag or text; < 0 = not counted
}

// Read implements io.Reader. The error is the broken bound.
func (c *countingReader) Read(p []byte) (int, error) {
	k, err := c.r.Read(p)
	c.n.bytes += int64(k)
	if c.n.bytes > MaxUnpacked {
		return 0, beyond("the workbook unpacks to more than %d MiB; remove pictures, copies and empty formatted rows", "工作簿解压后超过 %d MiB；请删除图片、副本和仅有格式的空行", MaxUnpacked>>20)
	}
	if c.run < 0 {
		return k, err
	}
	c.run += k
	c.n.tags += bytes.Count(p[:k], []byte("<"))
	switch {
	case c.run > MaxRun:
		return 0, beyond("%[1]s in the workbook holds a text or a tag of more than %[2]d KiB; remove it, or copy the cells to a new workbook", "工作簿中的 %[1]s 含有超过 %[2]d KiB 的文本或标签；请删除，或将单元格复制到新工作簿", c.name, MaxRun>>10)
	case c.n.tags > MaxTags:
		return 0, beyond("the workbook has more than %d XML tags; remove empty formatted cells and unused styles", "工作簿的 XML 标签超过 %d 个；请删除仅有格式的空单元格和未使用的样式", MaxTags)
	}
	return k, err
}

// isXML reports a part whose XML is bounded: one that begins like XML or has such a name. Data of programs in
// customXml, and pictures, are never read by this package.
func isXML(name string, first []byte) bool {
	if strings.HasPrefix(name, "customXml/") || strings.HasPrefix(name, "xl/media/") {
		return false
	}
	return bytes.HasPrefix(bytes.TrimLeft(bytes.TrimPrefix(first, []byte("\ufeff")), " \t\r\n"), []byte("<")) ||
		slices.Contains([]string{".xml", ".rels", ".vml"}, path.Ext(name))
}

// part reads one packed file. Of a sheet, wherever packed, part counts rows, cells and merged ranges.
func (n *size) part(name string, r io.Reader) error {
	c := &countingReader{name: name, r: r, n: n}
	in := bufio.NewReader(c)
	first, err := in.Peek(64)
	if err != nil && !errors.Is(err, io.EOF) {
		return unreadable(name, err)
	}
	if isXML(name, first) {
		if err := n.xml(c, in); err == nil || errors.Is(err, ErrTooLarge) {
			return err
		}
	}
	// Whether the part had to be XML is checked by its reader.
	c.run = -1
	_, err = io.Copy(io.Discard, in)
	return unreadable(name, err)
}

// unreadable returns the error for a packed file that cannot be unpacked, or its broken bound.
func unreadable(name string, err error) error {
	if err == nil || errors.Is(err, ErrTooLarge) {
		return err
	}
	return fmt.Errorf("not an XLSX workbook: %s: %w", name, err)
}

func (n *size) xml(c *countingReader, in io.Reader) error {
	dec := xml.NewDecoder(in)
	dec.CharsetReader = func(_ string, r io.Reader) (io.Reader, error) { return r, nil } // names of tags are ASCII
	sheet := strings.TrimSuffix(path.Base(c.name), ".xml")
	row, column := 0, 0
	for {
		token, err := dec.RawToken()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		c.run = 0
		begin, ok := token.(xml.StartElement)
		if !ok {
			continue
		}
		switch begin.Name.Local {
		case "row":
			row, column = row+1, 0
			if at := attribute(begin.Attr, "r"); at != "" {
				row = digits(at)
			}
			if row > MaxRows {
				return beyond("%[1]s has rows down to %[2]d, if only formatted ones; at most %[3]d are read: delete the empty rows below the last entry", "%[1]s 的行直到第 %[2]d 行（可能仅有格式），最多读取 %[3]d 行：请删除最后一条数据以下的空行", sheet, row, MaxRows)
			}
		case "c":
			was := column
			column++
			if at := attribute(begin.Attr, "r"); at != "" {
				if column, _, err = excelize.CellNameToCoordinates(at); err != nil {
					return err
				}
			}
			n.cells += max(1, column-was)
			if n.cells > MaxCells {
				return beyond("the workbook has more than %d cells, each row counted to its last one, if only formatted; delete the empty columns and rows beside the entries", "工作簿超过 %d 个单元格（每行计至最后一个，含仅有格式者）；请删除数据旁的空列和空行", MaxCells)
			}
		case "sheet":
			if n.sheets++; n.sheets > MaxSheets {
				return beyond("the workbook has more than %d sheets; remove those that are no table of a city", "工作簿的工作表超过 %d 个；请删除与城市目录无关的工作表", MaxSheets)
			}
		case "numFmt":
			if n.formats++; n.formats > MaxFormats {
				return beyond("the workbook has more than %d number formats; copy the cells to a new workbook", "工作簿的数字格式超过 %d 种；请将单元格复制到新工作簿", MaxFormats)
			}
		case "mergeCell":
			if n.merges++; n.merges > MaxMerges {
				return beyond("the workbook has more than %d merged ranges; split them", "工作簿的合并单元格超过 %d 处；请取消合并", MaxMerges)
			}
		}
	}
}

func attribute(attributes []xml.Attr, name string) string {
	for _, a := range attributes {
		if a.Name.Local == name {
			return a.Value
		}
	}
	return ""
}

// digits parses a row number; an invalid one is beyond every bound.
func digits(text string) int {
	n := 0
	for _, c := range text {
		if c < '0' || c > '9' || n > 1<<30 {
			return MaxRows + 1
		}
		n = n*10 + int(c-'0')
	}
	return n
}
