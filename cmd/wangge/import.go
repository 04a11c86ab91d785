package main

import (
	"bufio"
	"cmp"
	"compress/gzip"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
	"wangge/dispatch"
	"wangge/dispatch/city"
	"wangge/dispatch/desk"
	"wangge/dispatch/say"
	"wangge/grid"
	"wangge/storage/bolt"

	"github.com/spf13/cobra"
)

// storeFile is the store's name inside a data directory.
const storeFile = "wangge.db"

func importCommand(o *options) *cobra.Command {
	var dir, format, data string
	cmd := &cobra.Command{
		Use:   "import FILE",
		Short: "Take over past records from a CSV (or .csv.gz): every one is imported, already there, or refused with a reason",
		Long: `Takes over past records with their own times. The format, from the city's imports.yaml, says which column is what.
Records keep their id: starting again after an interruption ends in the same state. The server must not be running on the
same data directory.`,
		Example: "  wangge import dispatch/city/cities/boston/events/boston311-2011.csv.gz --city boston --format boston311 --data ./boston-data",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) (err error) {
			c, err := loadCity(cmd, o, dir)
			if err != nil {
				return err
			}
			f, ok := c.Formats[format]
			if !ok {
				var names []string
				for n := range c.Formats {
					names = append(names, n)
				}
				slices.Sort(names)
				return say.Errorf("format %q is not in the city's imports.yaml; it has %v", "该城市的 imports.yaml 中没有格式 %q，现有 %v", format, names)
			}
			if err := os.MkdirAll(data, 0o700); err != nil {
				return wrongError{err}
			}
			store, err := bolt.Open(filepath.Join(data, storeFile))
			if err != nil {
				return wrongError{err}
			}
			defer func() { err = errors.Join(err, store.Close()) }()
			d, err := desk.Open(cmd.Context(), desk.Config{Store: store, City: c})
			if err != nil {
				return wrongError{err}
			}
			defer d.Close()
			im := &importing{c: c, f: f, d: d, bar: newBar(cmd.ErrOrStderr())}
			if err := im.file(cmd.Context(), args[0]); err != nil {
				return wrongError{err}
			}
			if err := im.print(cmd.OutOrStdout(), o); err != nil {
				return err
			}
			if im.imported+im.already == 0 && im.records > 0 {
				return errFound // not one record could be taken
			}
			return nil
		},
	}
	cmd.Flags().StringVar(&dir, "city", "", "a built-in city (harbin, boston) or a directory")
	cmd.Flags().StringVar(&format, "format", "", "name of a format in the city's imports.yaml")
	cmd.Flags().StringVar(&data, "data", "", "data directory; it is made if it is not there")
	for _, f := range []string{"city", "format", "data"} {
		_ = cmd.MarkFlagRequired(f) // the flags are defined just above
	}
	return cmd
}

// past is one record of the file.
type past struct {
	line       int
	rec        desk.ImportRecord
	department string
	district   string
	due        time.Time
	noAddress  bool
	bad        say.Text // why it can't be read
}

// importing counts what became of every record.
type importing struct {
	c   *city.City
	f   city.ImportFormat
	d   *desk.Desk
	bar *bar

	records, imported, already, noAddress int
	refused                               map[string]int // by the English words of the reason
	why                                   map[string]say.Text
	lines                                 map[string][]int // of the first few refused for each reason
	owners                                map[string]int
	agreed                                struct{ department, ofDepartment, district, ofDistrict, due, ofDue int }
	spans                                 []span
}

// span is how long a record was somebody's: for the count of overdue ones at a month's end.
type span struct{ opened, due, closed time.Time }

// chunk is how many records go to the desk at once.
const chunk = 200

func (im *importing) file(ctx context.Context, name string) error {
	im.refused, im.why, im.lines, im.owners = map[string]int{}, map[string]say.Text{}, map[string][]int{}, map[string]int{}
	return im.rows(name, func(batch []past) error { return im.take(ctx, batch) })
}

// rows reads the records of a file and hands them on, some at a time.
func (im *importing) rows(name string, take func([]past) error) error {
	f, err := os.Open(name)
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	counted := &countingReader{r: f}
	var in io.Reader = counted
	if strings.HasSuffix(name, ".gz") {
		z, err := gzip.NewReader(counted)
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		in = z
	}
	rd := csv.NewReader(withoutMark(in))
	rd.ReuseRecord = true
	head, err := rd.Read()
	if err != nil {
		return say.Errorf("%s: no header row: %v", "%s：没有表头行：%v", name, err)
	}
	at := map[string]int{}
	var missing []string
	for ours, theirs := range im.f.Columns {
		i := slices.Index(head, theirs)
		if at[ours] = i; i < 0 {
			missing = append(missing, theirs)
		}
	}
	if missing != nil {
		slices.Sort(missing)
		return say.Errorf("%s: columns %v of format %s are not in the header", "%s：表头缺少列 %v（格式 %s）", name, missing, im.f.Name)
	}
	var batch []past
	for {
		row, err := rd.Read()
		var torn *csv.ParseError
		switch {
		case errors.As(err, &torn):
			batch, err = append(batch, past{line: torn.StartLine, bad: say.F("not a row of the table: %v", "不是表中的一行：%v", torn.Err)}), nil
		case err != nil && err != io.EOF:
			return fmt.Errorf("%s: %w", name, err)
		case err == nil:
			line, _ := rd.FieldPos(0)
			batch = append(batch, im.read(line, func(field string) string {
				if i, ok := at[field]; ok {
					return strings.TrimSpace(row[i])
				}
				return ""
			}))
		}
		if len(batch) == chunk || err == io.EOF {
			if err := take(batch); err != nil {
				return err
			}
			batch = batch[:0]
			im.bar.show(im.records, float64(counted.n)/float64(max(info.Size(), 1)))
		}
		if err == io.EOF {
			im.bar.done()
			return nil
		}
	}
}

// read turns a row into a record; what can't be read is said in bad.
func (im *importing) read(line int, get func(string) string) past {
	p := past{line: line, department: get("department"), district: get("district")}
	when := func(field string) time.Time {
		s := get(field)
		if s == "" {
			return time.Time{}
		}
		t, err := time.ParseInLocation(im.f.TimeLayout, s, im.c.Location)
		if err != nil && p.bad == (say.Text{}) {
			p.bad = say.F("unreadable %s", "%s 无法读取", field)
		}
		return t
	}
	number := func(field string) float64 {
		n, err := strconv.ParseFloat(get(field), 64)
		if err != nil && p.bad == (say.Text{}) {
			p.bad = say.F("unreadable %s", "%s 无法读取", field)
		}
		return n
	}
	pos := grid.Position{Lat: number("lat"), Lng: number("lng"), Datum: im.f.Datum}
	opened := when("opened")
	p.rec.ClosedAt, p.due = when("closed"), when("due")
	p.rec.Outcome = dispatch.OutcomeFixed
	p.noAddress = slices.Contains(im.f.NoAddress, grid.Point{Lat: pos.Lat, Lng: pos.Lng})
	p.rec.Report = dispatch.Report{ClientID: get("id"), Text: get("text"), Position: pos, CapturedAt: opened, ReceivedAt: opened}
	if cat, _ := im.c.Category(get("category")); cat != nil {
		p.rec.Report.Category = cat.Code
	} else if p.bad == (say.Text{}) {
		p.bad = say.F("unknown category %q", "没有类别 %q", get("category"))
	}
	return p
}

func (im *importing) take(ctx context.Context, batch []past) error {
	var good []past
	var recs []desk.ImportRecord
	for _, p := range batch {
		im.records++
		if p.bad != (say.Text{}) {
			im.refuse(p, p.bad)
			continue
		}
		good, recs = append(good, p), append(recs, p.rec)
	}
	results, err := im.d.ImportBatch(ctx, recs)
	if err != nil {
		return err
	}
	for i, r := range results {
		im.count(good[i], r)
	}
	return nil
}

// refuse counts a record that was not taken, and names the line of the first few of a kind.
func (im *importing) refuse(p past, why say.Text) {
	im.why[why.En] = why
	if im.refused[why.En]++; im.refused[why.En] <= 3 {
		im.lines[why.En] = append(im.lines[why.En], p.line)
	}
}

func (im *importing) count(p past, r desk.ImportResult) {
	if r.Err != nil {
		im.refuse(p, reason(r.Err))
		return
	}
	if r.Created {
		im.imported++
	} else {
		im.already++
	}
	cs := r.Case
	if p.noAddress {
		im.noAddress++
	}
	unit := cs.Owner.Unit.String()
	im.owners[unit]++
	if want := im.f.Owners[p.department]; want != "" {
		im.agreed.ofDepartment++
		if want == unit {
			im.agreed.department++
		}
	}
	if !p.noAddress && p.district != "" && len(cs.Place.Areas) > 1 {
		im.agreed.ofDistrict++
		if p.district == string(cs.Place.Areas[1]) {
			im.agreed.district++
		}
	}
	clock := cs.Clock
	if !cs.Open() {
		clock = cs.Disposal
	}
	if !p.due.IsZero() {
		im.agreed.ofDue++
		if d := p.due.Sub(clock.Due); d.Abs() < time.Minute {
			im.agreed.due++
		}
	}
	im.spans = append(im.spans, span{cs.Report.ReceivedAt, clock.Due, p.rec.ClosedAt})
}

// reason names a refusal without the figures of the single record, so that equal ones are counted.
func reason(err error) say.Text {
	var outside *grid.OutsideError
	var position *grid.PositionError
	var reused *desk.ReusedIDError
	switch {
	case errors.As(err, &outside):
		return say.F("outside the city", "位于城市之外")
	case errors.As(err, &position):
		return say.F("impossible position", "位置不可能")
	case errors.As(err, &reused):
		return say.F("id used before with other content: %s", "编号已用于内容不同的记录：%s", strings.Join(reused.Differs, ", "))
	default:
		return say.Of(err)
	}
}

type monthJSON struct {
	End     string `json:"end"`
	Overdue int    `json:"overdue"`
}

// months counts, at the end of each month in which a record was opened, those that were overdue
// by our deadlines.
func (im *importing) months() []monthJSON {
	if len(im.spans) == 0 {
		return nil
	}
	byOpened := func(a, b span) int { return a.opened.Compare(b.opened) }
	first, last := slices.MinFunc(im.spans, byOpened).opened.In(im.c.Location), slices.MaxFunc(im.spans, byOpened).opened
	var out []monthJSON
	for end := time.Date(first.Year(), first.Month()+1, 1, 0, 0, 0, 0, im.c.Location); ; end = end.AddDate(0, 1, 0) {
		m := monthJSON{End: end.AddDate(0, 0, -1).Format(time.DateOnly)}
		for _, s := range im.spans {
			if s.due.Before(end) && (s.closed.IsZero() || !s.closed.Before(end)) {
				m.Overdue++
			}
		}
		if out = append(out, m); end.After(last) {
			return out
		}
	}
}

type countJSON struct {
	What  string `json:"what"`
	Count int    `json:"count"`
}

func ranked(m map[string]int) []countJSON {
	out := []countJSON{}
	for k, n := range m {
		out = append(out, countJSON{k, n})
	}
	slices.SortFunc(out, func(a, b countJSON) int { return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.What, b.What)) })
	return out
}

func (im *importing) print(w io.Writer, o *options) error {
	refused := 0
	for _, n := range im.refused {
		refused += n
	}
	months := im.months()
	if o.json {
		err := json.NewEncoder(w).Encode(map[string]any{
			"records": im.records, "imported": im.imported, "already": im.already, "refused": refused, "reasons": ranked(im.refused), "no_address": im.noAddress,
			"owners": ranked(im.owners), "overdue": months, "department_agrees": [2]int{im.agreed.department, im.agreed.ofDepartment},
			"district_agrees": [2]int{im.agreed.district, im.agreed.ofDistrict}, "due_agrees": [2]int{im.agreed.due, im.agreed.ofDue},
		})
		if err != nil {
			return wrongError{err}
		}
		return nil
	}
	p := o.printer(w, im.c.Location)
	p.line("%d records: %d imported, %d already there, %d refused", "%d 条记录：导入 %d，已存在 %d，未接受 %d", im.records, im.imported, im.already, refused)
	for _, r := range ranked(im.refused) {
		p.line("  refused %6d  %s (first on lines %v)", "  未接受 %6d  %s（最先出现于第 %v 行）", r.Count, im.why[r.What], im.lines[r.What])
	}
	p.line("located %d, of them %d without a known address", "已定位 %d，其中 %d 条没有确切地址", im.imported+im.already, im.noAddress)
	share := func(what say.Text, n, of int) {
		if of > 0 {
			p.line("%s as recorded: %d of %d, %.2f %%", "%s与记录一致：%d / %d，%.2f %%", what, n, of, 100*float64(n)/float64(of))
		}
	}
	share(say.F("owner is the department", "责任部门"), im.agreed.department, im.agreed.ofDepartment)
	share(say.F("district (known addresses)", "所属区（有确切地址者）"), im.agreed.district, im.agreed.ofDistrict)
	share(say.F("deadline, to the minute,", "时限（精确到分钟）"), im.agreed.due, im.agreed.ofDue)
	p.line("owners", "责任单位")
	for _, r := range ranked(im.owners) {
		fmt.Fprintf(w, "  %6d  %s\n", r.Count, r.What)
	}
	p.line("overdue at the end of", "月末超期数")
	for _, m := range months {
		fmt.Fprintf(w, "  %s  %6d\n", m.End, m.Overdue)
	}
	return nil
}

// withoutMark skips a byte order mark, which spreadsheets like to write.
func withoutMark(r io.Reader) io.Reader {
	b := bufio.NewReader(r)
	if mark, err := b.Peek(3); err == nil && string(mark) == "\ufeff" {
		_, _ = b.Discard(3)
	}
	return b
}

// countingReader knows how far the file has been read.
type countingReader struct {
	r io.Reader
	n int64
}

func (c *countingReader) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n += int64(n)
	return n, err
}

// bar draws progress on a terminal and is silent elsewhere.
type bar struct{ w io.Writer }

func newBar(w io.Writer) *bar {
	if f, ok := w.(*os.File); ok {
		if info, err := f.Stat(); err == nil && info.Mode()&os.ModeCharDevice != 0 {
			return &bar{w}
		}
	}
	return &bar{io.Discard}
}

func (b *bar) show(records int, share float64) {
	const width = 30
	full := min(int(share*width), width)
	fmt.Fprintf(b.w, "\r[%s%s] %3.0f %%  %d records", strings.Repeat("#", full), strings.Repeat(".", width-full), share*100, records)
}

func (b *bar) done() { fmt.Fprintln(b.w) }
