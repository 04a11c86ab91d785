package tables

import (
	"encoding/csv"
	"errors"
	"io"
	"io/fs"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"wangge/dispatch/diag"
	"wangge/dispatch/i18n"
)

// Bounds of one table.
const (
	MaxRows    = 200_000
	MaxColumns = 64
	MaxCell    = 32_767 // characters of a cell, as many as a spreadsheet cell may have
)

// Reader reads the tables of one city directory and collects diagnostics. The zero Reader reads dates in UTC. A
// Reader is not safe for concurrent use.
type Reader struct {
	diag.List
	Location *time.Location      // time zone of dates and times without a zone; nil = UTC
	Accepted bool                // the revision was accepted before: checks that later versions added are skipped
	Headers  map[string][]string // header row of each table read so far, by file
}

// Row is one line of a table.
type Row struct {
	File  string
	Line  int // 1-based, in the file
	r     *Reader
	cells map[string]string
}

// Get returns the cell of a column without surrounding white space; "" if the table has no such column.
func (r Row) Get(column string) string { return r.cells[column] }

// Report adds a diagnostic of the row's cell in a column; "" means the whole row.
func (r Row) Report(column string, message, suggestion i18n.Text) {
	r.r.Report(diag.Diagnostic{File: r.File, Line: r.Line, Column: column, Message: message, Suggestion: suggestion})
}

// Read reads a table of the directory: UTF-8 with or without a byte order mark, with a header line. Unknown and
// missing columns are diagnostics. A missing file has no rows, and gives a diagnostic if the table is required.
func (rd *Reader) Read(fsys fs.FS, t *Table) []Row {
	data, err := fs.ReadFile(fsys, t.File)
	if errors.Is(err, fs.ErrNotExist) && !t.Required {
		return nil
	}
	if err != nil {
		rd.Add(t.File, 0, i18n.F("can't be read: %v", "无法读取：%v", err), i18n.F("add the file; its columns are %s", "请添加该文件，列为 %s", t.list()))
		return nil
	}
	return rd.Parse(t.File, data, t)
}

// Parse reads the text of a table; file is its name in diagnostics.
func (rd *Reader) Parse(file string, data []byte, t *Table) []Row {
	text := strings.TrimPrefix(string(data), "\ufeff")
	if !utf8.ValidString(text) {
		rd.Add(file, 1+strings.Count(text[:firstInvalid(text)], "\n"), i18n.F("is not UTF-8; a spreadsheet may have saved it as GBK", "不是 UTF-8 编码，可能由表格软件以 GBK 保存"), i18n.F("save it as CSV UTF-8", "请另存为 CSV UTF-8"))
		return nil
	}
	lines := csv.NewReader(strings.NewReader(text))
	lines.FieldsPerRecord = -1
	head, err := lines.Read()
	if err != nil {
		rd.Add(file, 1, i18n.F("has no header row", "缺少表头"), i18n.F("begin with %s", "首行应为 %s", t.list()))
		return nil
	}
	if len(head) > MaxColumns && !rd.Accepted {
		rd.Add(file, 1, i18n.F("has %[1]d columns; at most %[2]d are read", "有 %[1]d 列，最多 %[2]d 列", len(head), MaxColumns), i18n.F("the columns are %s", "列为 %s", t.list()))
		return nil
	}
	if rd.Headers == nil {
		rd.Headers = map[string][]string{}
	}
	rd.Headers[file] = head
	rd.checkHeader(file, head, t)
	var rows []Row
	for {
		rec, err := lines.Read()
		if err == io.EOF {
			return rows
		}
		if err != nil {
			line := 0
			if bad, ok := errors.AsType[*csv.ParseError](err); ok {
				line = bad.StartLine
			}
			rd.Add(file, line, i18n.F("can't be read as CSV: %v", "不是有效的 CSV：%v", err), i18n.F("close every quote", "请检查引号是否成对"))
			return rows
		}
		line, _ := lines.FieldPos(0)
		if len(rows) == MaxRows && !rd.Accepted {
			rd.Add(file, line, i18n.F("has more than %d rows, which are all that are read", "超过 %d 行，多出的不会读取", MaxRows), i18n.F("remove rows that no city needs", "请删除不需要的行"))
			return nil
		}
		if len(rec) != len(head) {
			rd.Add(file, line, i18n.F("has %[1]d {cell|cells}, the header has %[2]d", "有 %[1]d 个单元格，表头为 %[2]d 个", len(rec), len(head)), i18n.F("quote cells that contain a comma", "含逗号的单元格请加引号"))
			continue
		}
		r := Row{file, line, rd, make(map[string]string, len(head))}
		for i, c := range rec {
			rd.checkCell(r, head[i], c)
			r.cells[head[i]] = strings.TrimSpace(c)
		}
		rows = append(rows, r)
	}
}

// checkHeader reports columns that are missing, unknown or repeated.
func (rd *Reader) checkHeader(file string, head []string, t *Table) {
	known := t.Names()
	for _, c := range t.Columns {
		if c.Must && !slices.Contains(head, c.Name) {
			rd.Add(file, 1, i18n.F("column %q is missing", "缺少列 %q", c.Name), i18n.F("add it; the columns are %s", "请补充，列为 %s", t.list()))
		}
	}
	for i, h := range head {
		at := diag.Diagnostic{File: file, Line: 1, Column: h}
		if !slices.Contains(known, h) {
			at.Message, at.Suggestion = i18n.F("column %[1]d is called %[2]q, which is unknown", "第 %[1]d 列 %[2]q 未知", i+1, h), diag.Suggest(h, known)
			rd.Report(at)
		} else if first := slices.Index(head, h); first < i && !rd.Accepted {
			at.Message, at.Suggestion = i18n.F("columns %[1]d and %[2]d are both called %[3]q", "第 %[1]d 列与第 %[2]d 列都叫 %[3]q", first+1, i+1, h), i18n.F("keep one of them", "请只保留一列")
			rd.Report(at)
		}
	}
}

// checkCell reports a cell that is too long, and control and invisible characters.
func (rd *Reader) checkCell(r Row, column, text string) {
	if rd.Accepted {
		return
	}
	if n := utf8.RuneCountInString(text); n > MaxCell {
		r.Report(column, i18n.F("%[1]s has %[2]d characters; a cell may have %[3]d", "%[1]s 有 %[2]d 个字符，一个单元格最多 %[3]d 个", column, n, MaxCell), i18n.F("shorten it, or close the quote before it", "请缩短，或检查引号是否成对"))
	}
	rd.Stray(r.File, r.Line, column, i18n.F("%s", "%s ", column), text)
	rd.Invisible(r.File, r.Line, column, strings.TrimSpace(text))
}

// firstInvalid returns the offset of the first byte that is not UTF-8.
func firstInvalid(s string) int {
	for i, r := range s {
		if r == utf8.RuneError {
			if _, n := utf8.DecodeRuneInString(s[i:]); n == 1 {
				return i
			}
		}
	}
	return len(s)
}

// list formats the columns of a table for people.
func (t *Table) list() string { return strings.Join(t.Names(), ",") }
