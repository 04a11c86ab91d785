package city

import (
	"encoding/csv"
	"errors"
	"io"
	"io/fs"
	"slices"
	"strings"
	"unicode/utf8"

	"wangge/dispatch/diag"
	"wangge/dispatch/i18n"
)

// row is one line of a table, by column name.
type row struct {
	file string
	line int
	cell map[string]string
}

func (r row) get(column string) string { return r.cell[column] }

// table reads a CSV file: UTF-8, a byte order mark is tolerated, the first line names the columns.
// Columns that begin with "!" in want must be there; unknown columns are faults. A file that is
// missing gives no rows, and a fault when it is required.
func (l *loader) table(file string, required bool, want ...string) []row {
	data, err := fs.ReadFile(l.fsys, file)
	if errors.Is(err, fs.ErrNotExist) && !required {
		return nil
	}
	if err != nil {
		l.Add(file, 0, i18n.F("can't be read: %v", "无法读取：%v", err), i18n.F("add the file; its columns are %s", "请添加该文件，列为 %s", columns(want)))
		return nil
	}
	return l.parse(file, data, want...)
}

// parse reads the text of a table.
func (l *loader) parse(file string, data []byte, want ...string) []row {
	text := strings.TrimPrefix(string(data), "\ufeff")
	if !utf8.ValidString(text) {
		l.Add(file, 1+strings.Count(text[:firstInvalid(text)], "\n"), i18n.F("is not UTF-8; a spreadsheet may have saved it as GBK", "不是 UTF-8 编码，可能由表格软件以 GBK 保存"), i18n.F("save it as CSV UTF-8", "请另存为 CSV UTF-8"))
		return nil
	}
	rd := csv.NewReader(strings.NewReader(text))
	rd.FieldsPerRecord = -1
	head, err := rd.Read()
	if err != nil {
		l.Add(file, 1, i18n.F("has no header row", "缺少表头"), i18n.F("begin with %s", "首行应为 %s", columns(want)))
		return nil
	}
	if len(head) > MaxColumns && !l.kept {
		l.Add(file, 1, i18n.F("has %[1]d columns; at most %[2]d are read", "有 %[1]d 列，最多 %[2]d 列", len(head), MaxColumns), i18n.F("the columns are %s", "列为 %s", columns(want)))
		return nil
	}
	l.c.Columns[file] = head
	known := make([]string, 0, len(want))
	for _, w := range want {
		name := strings.TrimPrefix(w, "!")
		known = append(known, name)
		if name != w && !slices.Contains(head, name) {
			l.Add(file, 1, i18n.F("column %q is missing", "缺少列 %q", name), i18n.F("add it; the columns are %s", "请补充，列为 %s", columns(want)))
		}
	}
	for i, h := range head {
		if !slices.Contains(known, h) {
			l.Add(file, 1, i18n.F("column %[1]d is called %[2]q, which is unknown", "第 %[1]d 列 %[2]q 未知", i+1, h), diag.Meant(h, known))
		} else if first := slices.Index(head, h); first < i && !l.kept {
			l.Add(file, 1, i18n.F("columns %[1]d and %[2]d are both called %[3]q", "第 %[1]d 列与第 %[2]d 列都叫 %[3]q", first+1, i+1, h), i18n.F("keep one of them", "请只保留一列"))
		}
	}
	var rows []row
	for {
		rec, err := rd.Read()
		if err == io.EOF {
			return rows
		}
		if err != nil {
			line := 0
			if bad, ok := errors.AsType[*csv.ParseError](err); ok {
				line = bad.StartLine
			}
			l.Add(file, line, i18n.F("can't be read as CSV: %v", "不是有效的 CSV：%v", err), i18n.F("close every quote", "请检查引号是否成对"))
			return rows
		}
		line, _ := rd.FieldPos(0)
		if len(rows) == MaxRows && !l.kept {
			l.Add(file, line, i18n.F("has more than %d rows, which are all that are read", "超过 %d 行，多出的不会读取", MaxRows), i18n.F("remove rows that no city needs", "请删除不需要的行"))
			return nil
		}
		if len(rec) != len(head) {
			l.Add(file, line, i18n.F("has %[1]d cells, the header has %[2]d", "有 %[1]d 个单元格，表头为 %[2]d 个", len(rec), len(head)), i18n.F("quote cells that contain a comma", "含逗号的单元格请加引号"))
			continue
		}
		r := row{file, line, make(map[string]string, len(head))}
		for i, c := range rec {
			if !l.kept {
				if n := utf8.RuneCountInString(c); n > MaxCell {
					l.Add(file, line, i18n.F("%[1]s has %[2]d characters; a cell may have %[3]d", "%[1]s 有 %[2]d 个字符，一个单元格最多 %[3]d 个", head[i], n, MaxCell), i18n.F("shorten it, or close the quote before it", "请缩短，或检查引号是否成对"))
				}
				l.Stray(file, line, i18n.F("%s", "%s ", head[i]), c)
				l.seen(file, line, head[i], strings.TrimSpace(c))
			}
			r.cell[head[i]] = strings.TrimSpace(c)
		}
		rows = append(rows, r)
	}
}

// firstInvalid is where a text stops being UTF-8.
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

func columns(want []string) string {
	return strings.ReplaceAll(strings.Join(want, ","), "!", "")
}
