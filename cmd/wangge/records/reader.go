package records

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

	"wangge/cmd/wangge/cli"
	"wangge/dispatch"
	"wangge/dispatch/city"
	"wangge/dispatch/city/sheets/csvfile"
	"wangge/dispatch/desk"
	"wangge/dispatch/i18n"
	"wangge/grid"
)

// Record is one record of a file.
type Record struct {
	line       int               // of the file
	cells      []string          // as they stand under the header, without the column of reasons
	Import     desk.ImportRecord // what the desk is asked to take over
	department string
	district   string
	due        time.Time
	noAddress  bool        // it lies at a no_address of the format
	Unlocated  bool        // it has no position
	Unreadable i18n.Text   // why it can't be read, the same for all records with this fault; the zero text when it can
	detail     i18n.Text   // unreadable, with what stands in the record
	flags      []i18n.Text // what was put right or left out; the record is taken
}

// A Reader reads the past records of a file by a format of a city's imports.yaml. It is for one goroutine.
type Reader struct {
	city   *city.City
	format city.ImportFormat
	lang   string        // of the notes that are stored with a record
	bar    *cli.Progress // how much of the file is read

	head     []string       // of the file
	columnOf map[string]int // field -> column of the file
	reason   int            // column of an earlier file of refused records; -1 = none
	extra    []string       // columns that no field of the format reads
	handedOn int            // records
}

// NewReader returns a reader of one format. lang is the language of the notes that are stored with a record.
func NewReader(c *city.City, f city.ImportFormat, lang string, bar *cli.Progress) *Reader {
	return &Reader{city: c, format: f, lang: lang, bar: bar}
}

// recordsAtOnce is the most records in one batch.
const recordsAtOnce = 200

// refusedColumn is the column of reasons in a file of refused records. It is ignored when such a file is read again.
var refusedColumn = i18n.F("refused_reason", "未接受原因")

// titleRows is the most rows above the header.
const titleRows = 6

// textFile is a text file, decompressed if it is gzip.
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

// rowsOf is OpenTable, with the encoding and the separator that were found.
func rowsOf(name string, score func(cells []string) int) (csvfile.Format, *csvfile.Rows, *textFile, error) {
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

// OpenTable opens a text file of rows and detects encoding, separator and gzip. score rates how well a row fits as the first one. The
// caller closes the file.
func OpenTable(name string, score func(cells []string) int) (*csvfile.Rows, io.Closer, error) {
	_, rows, in, err := rowsOf(name, score)
	return rows, in, err
}

// Read reads the records of a file and passes them to take in batches of at most recordsAtOnce, in the order of the file.
// take must not keep the batch. Errors name the file: it can't be read, has no header, or lacks or repeats columns of the
// format.
func (rd *Reader) Read(name string, take func([]Record) error) error {
	w, rows, in, err := rowsOf(name, rd.namedColumns)
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	defer func() { _ = in.Close() }() // it was only read
	if err := rd.header(name, w, rows); err != nil {
		return err
	}
	var batch []Record
	for {
		row, err := rows.Next()
		if err != nil && !errors.Is(err, io.EOF) {
			return fmt.Errorf("%s: %w", name, err)
		}
		if err == nil && !row.Blank() {
			batch = append(batch, rd.row(row))
		}
		if len(batch) == recordsAtOnce || err != nil {
			if err := take(batch); err != nil {
				return err
			}
			rd.handedOn += len(batch)
			batch = batch[:0]
			rd.bar.Show(rd.handedOn, in.share())
		}
		if err != nil {
			rd.bar.Done()
			return nil
		}
	}
}

// namedColumns is the number of columns of the format that a row names.
func (rd *Reader) namedColumns(cells []string) int {
	n := 0
	for _, theirs := range rd.format.Columns {
		if slices.ContainsFunc(cells, func(c string) bool { return trim(c) == theirs }) {
			n++
		}
	}
	return n
}

// header finds the header: of the first rows the one that names most columns of the format, each exactly once.
func (rd *Reader) header(name string, w csvfile.Format, rows *csvfile.Rows) error {
	var first, head []string
	for n, best := 0, 0; n < titleRows && best < len(rd.format.Columns); n++ {
		row, err := rows.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		for i := range row.Cells {
			row.Cells[i] = trim(row.Cells[i])
		}
		if first == nil && !row.Blank() {
			first = row.Cells
		}
		if k := rd.namedColumns(row.Cells); k > best {
			head, best = row.Cells, k
		}
	}
	if first == nil {
		return i18n.Errorf("%s: no header row: the file is empty", "%s：没有表头行：文件为空", name)
	}
	if head == nil {
		head = first
	}
	rd.head, rd.columnOf, rd.extra, rd.reason = head, map[string]int{}, nil, -1
	var missing, twice []string
	for ours, theirs := range rd.format.Columns {
		i := slices.Index(head, theirs)
		if rd.columnOf[ours] = i; i < 0 {
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
			"%[1]s：表头缺少列 %[2]v（格式 %[3]s）；按 %[4]s 编码、%[6]s分隔读取，首行为 %[7]s", name, slices.Compact(missing), rd.format.Name, w.Encoding, comma.En, comma.Zh, clipped(first))
	}
	if twice != nil {
		return i18n.Errorf("%[1]s: columns %[2]v stand twice in the header; keep one of each", "%[1]s：表头中列 %[2]v 重复，请各保留一个", name, slices.Compact(twice))
	}
	for i, h := range head {
		if h == refusedColumn.En || h == refusedColumn.Zh {
			rd.reason = i
		}
	}
	for i, h := range head {
		read := i == rd.reason || h == ""
		for _, at := range rd.columnOf {
			read = read || at == i
		}
		if !read {
			rd.extra = append(rd.extra, h)
		}
	}
	return nil
}

// row parses one row of the file.
func (rd *Reader) row(row csvfile.Row) Record {
	if row.Fault != (i18n.Text{}) {
		return Record{line: row.Line, cells: []string{strings.ToValidUTF8(row.Raw, "\ufffd")}, Unreadable: i18n.F("not a row of the table: %[1]s", "不是表中的一行：%[2]s", row.Fault.En, row.Fault.Zh)}
	}
	row.Cells = rd.evenRow(row.Cells)
	cells := slices.Clone(row.Cells)
	if rd.reason >= 0 && rd.reason < len(cells) && (rd.reason == 0 || len(cells) == len(rd.head)) {
		cells = slices.Delete(cells, rd.reason, rd.reason+1)
	}
	if len(row.Cells) != len(rd.head) {
		return Record{
			line: row.Line, cells: cells, Unreadable: i18n.F("not a row of the table: wrong number of fields", "不是表中的一行：单元格数不符"),
			detail: i18n.F("not a row of the table: %[1]d {field|fields}, the header has %[2]d", "不是表中的一行：有 %[1]d 个单元格，表头为 %[2]d 个", len(row.Cells), len(rd.head)),
		}
	}
	p := rd.record(row.Line, func(field string) string {
		i, ok := rd.columnOf[field]
		switch {
		case !ok || i < 0:
			return ""
		case field == "id" || field == "text" || field == "source":
			return displayed(row.Cells[i])
		default:
			return trim(displayed(row.Cells[i]))
		}
	})
	p.cells = cells
	for i, h := range rd.head {
		if h == "" && i != rd.reason && trim(row.Cells[i]) != "" {
			p.flags = append(p.flags, i18n.F("a value in a column without a name: not read", "无名列中有内容：未读取"))
			break
		}
	}
	return p
}

// evenRow gives a row the length of the header if the two differ only in separators at the end.
func (rd *Reader) evenRow(cells []string) []string {
	for n := len(rd.head); len(cells) > n && trim(cells[len(cells)-1]) == ""; {
		cells = cells[:len(cells)-1]
	}
	for n := len(rd.head); len(cells) < n && strings.Join(rd.head[len(cells):], "") == ""; {
		cells = append(cells, "")
	}
	return cells
}

// record parses the fields of a row. What prevents that is in unreadable.
func (rd *Reader) record(line int, get func(string) string) Record {
	p := Record{line: line, department: get("department"), district: get("district")}
	get = rd.readEmpty(&p, get)
	refuse := func(kind, detail i18n.Text) {
		if p.Unreadable == (i18n.Text{}) {
			p.Unreadable, p.detail = kind, detail
		}
	}
	when := func(field string) time.Time {
		s := get(field)
		if s == "" {
			return time.Time{}
		}
		t, flag, ok := rd.parseTime(s)
		switch {
		case ok && flag != (i18n.Text{}):
			p.flags = append(p.flags, i18n.F("%[1]s: %[2]s", "%[1]s：%[3]s", field, flag.En, flag.Zh))
		case !ok && field == "due":
			p.flags = append(p.flags, i18n.F("unreadable due: left out", "due 无法读取：未采用"))
		case !ok:
			refuse(i18n.F("unreadable %s", "%s 无法读取", field), i18n.F("unreadable %[1]s %[2]q: write it as %[3]s, or add its layout to time_layout in imports.yaml", "%[1]s %[2]q 无法读取：请写成 %[3]s，或在 imports.yaml 的 time_layout 中增加其格式", field, s, rd.example()))
		}
		return t
	}
	opened := when("opened")
	p.Import.ClosedAt, p.due = when("closed"), when("due")
	p.Import.Outcome = dispatch.OutcomeFixed
	var notes []string
	if source := get("source"); source != "" {
		notes = append(notes, source)
	}
	if !opened.IsZero() && !p.Import.ClosedAt.IsZero() && p.Import.ClosedAt.Before(opened) {
		p.flags = append(p.flags, i18n.F("closed before opened: closing set to the opening", "结案早于受理：结案时间按受理时间计"))
		p.Import.CloseNote = i18n.F("recorded as closed at %s", "原记录结案时间：%s", p.Import.ClosedAt.Format("2006-01-02 15:04:05")).In(rd.lang)
	}
	pos, found := rd.position(&p, get, refuse)
	switch {
	case found:
	case len(rd.format.NoAddress) > 0:
		pos = grid.Position{Lat: rd.format.NoAddress[0].Lat, Lng: rd.format.NoAddress[0].Lng, Datum: rd.format.Datum}
		p.flags = append(p.flags, i18n.F("no position: placed at the first no_address of the format", "没有位置：置于该格式 no_address 的第一个位置"))
		notes = append(notes, i18n.F("no position was recorded", "原记录没有位置").In(rd.lang))
	default:
		p.Unlocated = true
		p.flags = append(p.flags, i18n.F("no position: kept without one", "没有位置：按无位置接受"))
		rd.assignUnlocated(&p)
	}
	if id := get("id"); roundedID.MatchString(id) {
		refuse(i18n.F("an id that a spreadsheet rounded", "编号已被电子表格舍入"), i18n.F("id %q was rounded by a spreadsheet: export the column as text", "编号 %q 已被电子表格舍入：请将该列按文本导出", id))
	}
	text := get("text")
	p.Import.Note = strings.Join(notes, "; ")
	if clean := i18n.Without(text); clean != text || i18n.Without(p.Import.Note) != p.Import.Note {
		text, p.Import.Note = clean, i18n.Without(p.Import.Note)
		p.flags = append(p.flags, i18n.F("control characters: removed", "控制字符：已删除"))
	}
	p.noAddress = !p.Unlocated && slices.Contains(rd.format.NoAddress, grid.Point{Lat: pos.Lat, Lng: pos.Lng})
	p.Import.Report = dispatch.Report{ClientID: get("id"), Text: text, Position: pos, CapturedAt: opened, ReceivedAt: opened}
	p.details(get, refuse)
	if cat, near := rd.city.Category(get("category")); cat != nil {
		p.Import.Report.Category = cat.Code
	} else {
		unknown, names := i18n.F("unknown category %q", "没有类别 %q", get("category")), rd.city.CategoryNames(near)
		refuse(unknown, i18n.F("%[1]s; nearest: %[2]s", "%[3]s；相近的有：%[4]s", unknown.En, names.En, unknown.Zh, names.Zh))
	}
	return p
}

// roundedID matches a long number that a spreadsheet has rounded to scientific notation.
var roundedID = regexp.MustCompile(`^[0-9](\.[0-9]+)?[eE]\+[0-9]+$`)

// readEmpty makes cells of times and positions empty if they hold what another system writes for an empty value, and flags them.
func (rd *Reader) readEmpty(p *Record, get func(string) string) func(string) string {
	var empty []string
	for _, field := range []string{"opened", "closed", "due", "lat", "lng"} {
		if s := get(field); isEmpty(s) {
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

// invisible removes invisible characters, which copying from other programs leaves in cells.
var invisible = strings.NewReplacer("\u200b", "", "\u200e", "", "\u200f", "", "\u2060", "", "\ufeff", "")

// trim is a cell without surrounding spaces and without invisible characters. It is not for free text.
func trim(cell string) string { return strings.TrimSpace(invisible.Replace(cell)) }

// displayed is a cell as a spreadsheet displays it: some programs write ="0012" to keep a number as text.
func displayed(cell string) string {
	cell = csvfile.Plain(strings.TrimSpace(cell))
	if text, ok := strings.CutPrefix(cell, `="`); ok && strings.HasSuffix(text, `"`) && !strings.Contains(text[:len(text)-1], `"`) {
		return text[:len(text)-1]
	}
	return cell
}

// mostShown is the most bytes of an unexpected row in a message.
const mostShown = 300

// clipped is a row for a message, cut at mostShown.
func clipped(cells []string) string {
	text := fmt.Sprintf("%q", cells)
	if len(text) > mostShown {
		text = strings.ToValidUTF8(text[:mostShown], "") + "…"
	}
	return text
}
