package main

import (
	"bufio"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"os"
	"regexp"
	"slices"
	"strings"
	"time"

	"wangge/dispatch"
	"wangge/dispatch/city/sheets/csvfile"
	"wangge/dispatch/desk"
	"wangge/dispatch/i18n"
	"wangge/grid"
)

// past is one record of the file.
type past struct {
	line       int
	cells      []string // as they stand under the header, without the column of reasons
	rec        desk.ImportRecord
	department string
	district   string
	due        time.Time
	noAddress  bool        // it lies at a no_address of the format
	unlocated  bool        // it has no position
	bad        i18n.Text   // why it can't be read; the same for all records with this fault
	detail     i18n.Text   // bad, with what stands in the record
	flags      []i18n.Text // what was put right or left out; the record is taken
}

// refusedColumn is the column that the file of refused records adds. It is ignored when the file is read again.
var refusedColumn = i18n.F("refused_reason", "未接受原因")

// titleRows is how many rows may stand above the names of the columns.
const titleRows = 6

// textFile is a text file that is read from its beginning, packed with gzip or not.
type textFile struct {
	io.Reader
	f *os.File
}

// openText opens a text file. The caller closes it.
func openText(name string) (*textFile, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	in := bufio.NewReader(f)
	switch magic, _ := in.Peek(4); { // a shorter file gives what there is
	case strings.HasPrefix(string(magic), "PK\x03\x04"), strings.HasPrefix(string(magic), "\xd0\xcf\x11\xe0"): // .xlsx, .xls
		err = i18n.Errorf("it is a workbook; save its sheet as CSV UTF-8", "这是工作簿，请将其工作表另存为 CSV UTF-8")
	case strings.HasPrefix(string(magic), "\x1f\x8b"):
		var z *gzip.Reader
		if z, err = gzip.NewReader(in); err == nil {
			return &textFile{z, f}, nil
		}
	default:
		return &textFile{in, f}, nil
	}
	return nil, errors.Join(err, f.Close())
}

// Close implements io.Closer.
func (t *textFile) Close() error { return t.f.Close() }

// share is how much of the file has been read, from 0 to 1.
func (t *textFile) share() float64 {
	at, err := t.f.Seek(0, io.SeekCurrent)
	info, statErr := t.f.Stat()
	if err != nil || statErr != nil || info.Size() == 0 {
		return 0
	}
	return float64(at) / float64(info.Size())
}

// rowsOf opens the rows of a text file, in whatever encoding and with whatever separator; score says
// how well a row fits as the first. The caller closes the file.
func rowsOf(name string, score func(cells []string) int) (csvfile.Writing, *csvfile.Rows, *textFile, error) {
	w, err := csvfile.Survey(func() (io.ReadCloser, error) { return openText(name) })
	if err != nil {
		return w, nil, nil, err
	}
	in, err := openText(name)
	if err != nil {
		return w, nil, nil, err
	}
	rows := w.Rows(in)
	if err := rows.Choose(score); err != nil {
		return w, nil, nil, errors.Join(err, in.Close())
	}
	return w, rows, in, nil
}

// rows reads the records of a file and hands them on, some at a time. It sets the header first.
func (im *importing) rows(name string, take func([]past) error) error {
	w, rows, in, err := rowsOf(name, im.named)
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	defer func() { _ = in.Close() }() // it was only read
	if err := im.header(name, w, rows); err != nil {
		return err
	}
	var batch []past
	for {
		row, err := rows.Next()
		if err != nil && !errors.Is(err, io.EOF) {
			return fmt.Errorf("%s: %w", name, err)
		}
		if err == nil && !row.Blank() {
			batch = append(batch, im.row(row))
		}
		if len(batch) == chunk || err != nil {
			if err := take(batch); err != nil {
				return err
			}
			batch = batch[:0]
			im.bar.show(im.records, in.share())
		}
		if err != nil {
			im.bar.done()
			return nil
		}
	}
}

// named is how many columns of the format a row names.
func (im *importing) named(cells []string) int {
	n := 0
	for _, theirs := range im.f.Columns {
		if slices.ContainsFunc(cells, func(c string) bool { return trimmed(c) == theirs }) {
			n++
		}
	}
	return n
}

// header finds the row of column names among the first rows: the one that names most columns of the
// format. Each column of the format must be there once.
func (im *importing) header(name string, w csvfile.Writing, rows *csvfile.Rows) error {
	var first, head []string
	for n, best := 0, 0; n < titleRows && best < len(im.f.Columns); n++ {
		row, err := rows.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		for i := range row.Cells {
			row.Cells[i] = trimmed(row.Cells[i])
		}
		if first == nil && !row.Blank() {
			first = row.Cells
		}
		if k := im.named(row.Cells); k > best {
			head, best = row.Cells, k
		}
	}
	if first == nil {
		return i18n.Errorf("%s: no header row: the file is empty", "%s：没有表头行：文件为空", name)
	}
	if head == nil {
		head = first
	}
	im.head, im.at, im.extra, im.reason = head, map[string]int{}, nil, -1
	var missing, twice []string
	for ours, theirs := range im.f.Columns {
		i := slices.Index(head, theirs)
		if im.at[ours] = i; i < 0 {
			missing = append(missing, theirs)
		} else if slices.Contains(head[i+1:], theirs) {
			twice = append(twice, theirs)
		}
	}
	slices.Sort(missing)
	slices.Sort(twice)
	if missing != nil {
		comma := rows.SeparatorName()
		return i18n.Errorf("%[1]s: columns %[2]v of format %[3]s are not in the header; read as %[4]s with %[5]s, the first row is %[7]s",
			"%[1]s：表头缺少列 %[2]v（格式 %[3]s）；按 %[4]s 编码、%[6]s分隔读取，首行为 %[7]s", name, slices.Compact(missing), im.f.Name, w.Encoding, comma.En, comma.Zh, clipped(first))
	}
	if twice != nil {
		return i18n.Errorf("%[1]s: columns %[2]v stand twice in the header; keep one of each", "%[1]s：表头中列 %[2]v 重复，请各保留一个", name, slices.Compact(twice))
	}
	for i, h := range head {
		if h == refusedColumn.En || h == refusedColumn.Zh {
			im.reason = i
		}
	}
	for i, h := range head {
		read := i == im.reason || h == ""
		for _, at := range im.at {
			read = read || at == i
		}
		if !read {
			im.extra = append(im.extra, h)
		}
	}
	return nil
}

// row reads one row of the file.
func (im *importing) row(row csvfile.Row) past {
	if row.Fault != (i18n.Text{}) {
		return past{line: row.Line, cells: []string{strings.ToValidUTF8(row.Raw, "\ufffd")}, bad: i18n.F("not a row of the table: %[1]s", "不是表中的一行：%[2]s", row.Fault.En, row.Fault.Zh)}
	}
	row.Cells = im.even(row.Cells)
	cells := slices.Clone(row.Cells)
	if im.reason >= 0 && im.reason < len(cells) && (im.reason == 0 || len(cells) == len(im.head)) {
		cells = slices.Delete(cells, im.reason, im.reason+1)
	}
	if len(row.Cells) != len(im.head) {
		return past{
			line: row.Line, cells: cells, bad: i18n.F("not a row of the table: wrong number of fields", "不是表中的一行：单元格数不符"),
			detail: i18n.F("not a row of the table: %[1]d fields, the header has %[2]d", "不是表中的一行：有 %[1]d 个单元格，表头为 %[2]d 个", len(row.Cells), len(im.head)),
		}
	}
	p := im.read(row.Line, func(field string) string {
		i, ok := im.at[field]
		switch {
		case !ok || i < 0:
			return ""
		case field == "id" || field == "text" || field == "source":
			return shown(row.Cells[i])
		default:
			return trimmed(shown(row.Cells[i]))
		}
	})
	p.cells = cells
	for i, h := range im.head {
		if h == "" && i != im.reason && trimmed(row.Cells[i]) != "" {
			p.flags = append(p.flags, i18n.F("a value in a column without a name: not read", "无名列中有内容：未读取"))
			break
		}
	}
	return p
}

// even makes a row as long as the header where only separators at the end of one of them differ.
func (im *importing) even(cells []string) []string {
	for n := len(im.head); len(cells) > n && trimmed(cells[len(cells)-1]) == ""; {
		cells = cells[:len(cells)-1]
	}
	for n := len(im.head); len(cells) < n && strings.Join(im.head[len(cells):], "") == ""; {
		cells = append(cells, "")
	}
	return cells
}

// read turns a row into a record; what can't be read is said in bad.
func (im *importing) read(line int, get func(string) string) past {
	p := past{line: line, department: get("department"), district: get("district")}
	get = im.unsaid(&p, get)
	refuse := func(kind, detail i18n.Text) {
		if p.bad == (i18n.Text{}) {
			p.bad, p.detail = kind, detail
		}
	}
	when := func(field string) time.Time {
		s := get(field)
		if s == "" {
			return time.Time{}
		}
		t, flag, ok := im.instant(s)
		switch {
		case ok && flag != (i18n.Text{}):
			p.flags = append(p.flags, i18n.F("%[1]s: %[2]s", "%[1]s：%[3]s", field, flag.En, flag.Zh))
		case !ok && field == "due":
			p.flags = append(p.flags, i18n.F("unreadable due: left out", "due 无法读取：未采用"))
		case !ok:
			refuse(i18n.F("unreadable %s", "%s 无法读取", field), i18n.F("unreadable %[1]s %[2]q: write it as %[3]s, or add its layout to time_layout in imports.yaml", "%[1]s %[2]q 无法读取：请写成 %[3]s，或在 imports.yaml 的 time_layout 中增加其格式", field, s, im.example()))
		}
		return t
	}
	opened := when("opened")
	p.rec.ClosedAt, p.due = when("closed"), when("due")
	p.rec.Outcome = dispatch.OutcomeFixed
	var notes []string
	if source := get("source"); source != "" {
		notes = append(notes, source)
	}
	if !opened.IsZero() && !p.rec.ClosedAt.IsZero() && p.rec.ClosedAt.Before(opened) {
		p.flags = append(p.flags, i18n.F("closed before opened: closing set to the opening", "结案早于受理：结案时间按受理时间计"))
		p.rec.CloseNote = i18n.F("recorded as closed at %s", "原记录结案时间：%s", p.rec.ClosedAt.Format("2006-01-02 15:04:05")).In(im.lang)
	}
	pos, found := im.position(&p, get, refuse)
	switch {
	case found:
	case len(im.f.NoAddress) > 0:
		pos = grid.Position{Lat: im.f.NoAddress[0].Lat, Lng: im.f.NoAddress[0].Lng, Datum: im.f.Datum}
		p.flags = append(p.flags, i18n.F("no position: placed at the first no_address of the format", "没有位置：置于该格式 no_address 的第一个位置"))
		notes = append(notes, i18n.F("no position was recorded", "原记录没有位置").In(im.lang))
	default:
		p.unlocated = true
		p.flags = append(p.flags, i18n.F("no position: kept without one", "没有位置：按无位置接受"))
		im.ground(&p)
	}
	if id := get("id"); roundedID.MatchString(id) {
		refuse(i18n.F("an id that a spreadsheet rounded", "编号已被电子表格舍入"), i18n.F("id %q was rounded by a spreadsheet: export the column as text", "编号 %q 已被电子表格舍入：请将该列按文本导出", id))
	}
	text := get("text")
	p.rec.Note = strings.Join(notes, "; ")
	if clean := i18n.Without(text); clean != text || i18n.Without(p.rec.Note) != p.rec.Note {
		text, p.rec.Note = clean, i18n.Without(p.rec.Note)
		p.flags = append(p.flags, i18n.F("control characters: removed", "控制字符：已删除"))
	}
	p.noAddress = !p.unlocated && slices.Contains(im.f.NoAddress, grid.Point{Lat: pos.Lat, Lng: pos.Lng})
	p.rec.Report = dispatch.Report{ClientID: get("id"), Text: text, Position: pos, CapturedAt: opened, ReceivedAt: opened}
	if cat, near := im.c.Category(get("category")); cat != nil {
		p.rec.Report.Category = cat.Code
	} else {
		unknown, names := i18n.F("unknown category %q", "没有类别 %q", get("category")), im.c.CategoryNames(near)
		refuse(unknown, i18n.F("%[1]s; nearest: %[2]s", "%[3]s；相近的有：%[4]s", unknown.En, names.En, unknown.Zh, names.Zh))
	}
	return p
}

// roundedID is a number as spreadsheets write long ones: its last digits are lost.
var roundedID = regexp.MustCompile(`^[0-9](\.[0-9]+)?[eE]\+[0-9]+$`)

// unsaid reads the cells of times and of the position in which another system wrote that they are empty, and flags
// them.
func (im *importing) unsaid(p *past, get func(string) string) func(string) string {
	var empty []string
	for _, field := range []string{"opened", "closed", "due", "lat", "lng"} {
		if s := get(field); saysNothing(s) {
			empty = append(empty, field)
			p.flags = append(p.flags, i18n.F("%[1]s %[2]q: read as empty", "%[1]s %[2]q：按空值计", field, s))
		}
	}
	return func(field string) string {
		if slices.Contains(empty, field) {
			return ""
		}
		return get(field)
	}
}

// unseen are characters that nobody sees, which copying from other programs leaves in cells.
var unseen = strings.NewReplacer("\u200b", "", "\u200e", "", "\u200f", "", "\u2060", "", "\ufeff", "")

// trimmed is a cell that is no text of people, without spaces around and characters that nobody sees.
func trimmed(cell string) string { return strings.TrimSpace(unseen.Replace(cell)) }

// shown is what a spreadsheet shows of a cell: ="0012" is how other programs keep a number as it is written.
func shown(cell string) string {
	cell = csvfile.Words(strings.TrimSpace(cell))
	if text, ok := strings.CutPrefix(cell, `="`); ok && strings.HasSuffix(text, `"`) && !strings.Contains(text[:len(text)-1], `"`) {
		return text[:len(text)-1]
	}
	return cell
}

// mostShown is how many bytes of a row are shown that is not what was asked for.
const mostShown = 300

// clipped is a row for people, cut off where it is long.
func clipped(cells []string) string {
	text := fmt.Sprintf("%q", cells)
	if len(text) > mostShown {
		text = strings.ToValidUTF8(text[:mostShown], "") + "…"
	}
	return text
}
