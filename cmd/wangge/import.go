package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"wangge/dispatch/city"
	"wangge/dispatch/city/calendar"
	"wangge/dispatch/desk"
	"wangge/dispatch/desk/ledger"
	"wangge/dispatch/diag"
	"wangge/dispatch/i18n"
	"wangge/grid"
)

func importCommand(o *options) *cobra.Command {
	var dir, format, data, refused string
	var dry bool
	cmd := &cobra.Command{
		Use:   "import FILE",
		Short: "Take over past records from a CSV (or .csv.gz): every one is imported, already there, or refused with a reason",
		Long: `Takes over past records with their own times. The format, from the city's imports.yaml, says which column is what.
Records keep their id: starting again after an interruption ends in the same state. The server must not be running on the
same data directory.
UTF-8, UTF-16 and GBK are told apart; commas, semicolons and tabs, too. A record that was closed before it was opened is
taken as closed when it was opened. One without a position is kept without one: it belongs to the unit that the format
names for its department, or else to the recorded district or the city, and case list --unlocated lists it. A format with
no_address places it there instead. What had to be assumed is counted, with lines. Refused records go to a CSV with the reason of each, to be mended and imported again.`,
		Example: "  wangge import dispatch/city/cities/boston/events/boston311-2011.csv.gz --city boston --format boston311 --data ./boston-data",
		Args:    takes("FILE"),
		RunE: func(cmd *cobra.Command, args []string) (err error) {
			c, err := loadCity(dir)
			if err != nil {
				return err
			}
			f, ok := c.Formats[format]
			if !ok {
				return noFormat(c, dir, format)
			}
			if at, err := os.Open(args[0]); err != nil { // before a store is made for it
				return wrongError{err}
			} else if err := at.Close(); err != nil {
				return wrongError{err}
			}
			im := &importing{c: c, f: f, bar: newBar(cmd.ErrOrStderr()), lang: o.lang}
			if !dry || refused != "" {
				im.out = newRefusedFile(refused, data, args[0], o.lang)
			}
			if dry {
				r, err := newRehearsal(cmd.Context(), c, data)
				if err != nil {
					return wrongError{err}
				}
				defer func() { err = errors.Join(err, r.Close()) }()
				im.d = r
				return im.whole(cmd, o, args[0])
			}
			if err := prepareStore(data, false); err != nil {
				return wrongError{err}
			}
			store, err := openStore(data)
			if err != nil {
				return wrongError{err}
			}
			defer func() { err = errors.Join(err, store.Close()) }()
			d, err := desk.Open(cmd.Context(), desk.Config{Store: store, City: c})
			if err != nil {
				return wrongError{err}
			}
			defer d.Close()
			im.d = d
			return im.whole(cmd, o, args[0])
		},
	}
	cmd.Flags().StringVar(&dir, "city", "", "a built-in city (harbin, boston) or a directory")
	cmd.Flags().StringVar(&format, "format", "", "name of a format in the city's imports.yaml")
	cmd.Flags().StringVar(&data, "data", "", "data directory; it is made if it is not there")
	cmd.Flags().BoolVar(&dry, "dry-run", false, "say what would become of each record, and write nothing but the file of --refused")
	cmd.Flags().StringVar(&refused, "refused", "", "CSV to write refused records to (default NAME-refused.csv in the data directory)")
	for _, f := range []string{"city", "format", "data"} {
		_ = cmd.MarkFlagRequired(f) // the flags are defined just above
	}
	return cmd
}

// noFormat refuses the name of a format that a city lacks.
func noFormat(c *city.City, dir, format string) error {
	names := slices.Sorted(maps.Keys(c.Formats))
	if len(names) == 0 {
		return i18n.Errorf("city %s has no formats: add imports.yaml with the format %q", "城市 %s 没有格式：请添加 imports.yaml，并写入格式 %q", dir, format)
	}
	near := diag.Meant(format, names)
	return i18n.Errorf("format %[1]q is not in imports.yaml of %[2]s; %[3]v", "%[2]s 的 imports.yaml 中没有格式 %[1]q，%[3]v", format, dir, near)
}

// whole takes a file over and prints what became of its records.
func (im *importing) whole(cmd *cobra.Command, o *options, name string) error {
	if err := im.file(cmd.Context(), name); err != nil {
		return wrongError{errors.Join(err, im.out.drop())}
	}
	if err := im.out.save(im.columns()); err != nil {
		return wrongError{err}
	}
	if err := im.print(cmd.OutOrStdout(), o); err != nil {
		return err
	}
	if im.imported+im.already == 0 && im.records > 0 {
		return errFound // not one record could be taken
	}
	return nil
}

// importing counts what became of every record.
type importing struct {
	c    *city.City
	f    city.ImportFormat
	d    taker
	bar  *bar
	lang string       // of the notes that are stored, and of reasons in the file of refused records
	out  *refusedFile // nil = refused records are only counted

	head   []string       // of the file
	at     map[string]int // field -> column of the file
	reason int            // column of an earlier file of refused records; -1 = none
	extra  []string       // columns that no field of the format reads

	records, imported, already, noAddress int
	unlocated                             tallied // records without a position
	refused, flagged                      tally
	owners                                map[string]int
	agreed                                struct{ department, ofDepartment, district, ofDistrict, due, ofDue int }
	spans                                 []span
}

// span is how long a record was somebody's: for the count of overdue ones at a month's end.
type span struct{ opened, due, closed time.Time }

// chunk is how many records go to the desk at once.
const chunk = 200

// tally counts records by what is said of them.
type tally map[string]*tallied // by the English words

// tallied is how many records have one thing said of them, and the lines of the first few.
type tallied struct {
	What  i18n.Text
	Count int
	Lines []int
}

// firstLines is how many lines are named for each thing that is said of records, and unlocatedLines of those without a
// position.
const (
	firstLines     = 3
	unlocatedLines = 100
)

func (t tally) add(what i18n.Text, line int) {
	e := t[what.En]
	if e == nil {
		e = &tallied{What: what}
		t[what.En] = e
	}
	e.add(line, firstLines)
}

// add counts a record, and keeps its line while there are fewer than so many.
func (e *tallied) add(line, most int) {
	if e.Count++; len(e.Lines) < most {
		e.Lines = append(e.Lines, line)
	}
}

// ranked lists the most frequent first, equal ones by their words.
func (t tally) ranked() []*tallied {
	return slices.SortedFunc(maps.Values(t), func(a, b *tallied) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.What.En, b.What.En))
	})
}

// rows of the tally for --json.
func (t tally) json(lang string) []countJSON {
	out := []countJSON{}
	for _, e := range t.ranked() {
		out = append(out, countJSON{e.What.In(lang), e.Count, e.Lines})
	}
	return out
}

func (im *importing) file(ctx context.Context, name string) error {
	im.refused, im.flagged, im.owners = tally{}, tally{}, map[string]int{}
	return im.rows(name, func(batch []past) error { return im.take(ctx, batch) })
}

// take hands the readable records of a batch to the desk and counts what became of each, in the order
// of the file.
func (im *importing) take(ctx context.Context, batch []past) error {
	var recs []desk.ImportRecord
	for _, p := range batch {
		if p.bad == (i18n.Text{}) {
			recs = append(recs, p.rec)
		}
	}
	results, err := im.d.ImportBatch(ctx, recs)
	if err != nil {
		return err
	}
	for _, p := range batch {
		im.records++
		why, detail := p.bad, p.detail
		if why == (i18n.Text{}) {
			r := results[0]
			if results = results[1:]; r.Err == nil {
				im.count(p, r)
				continue
			}
			why, detail = reason(r.Err), wrongPlace(im.c, r.Err)
			if _, ok := errors.AsType[*calendar.YearError](r.Err); ok {
				detail = why
			}
		}
		if err := im.refuse(p, why, detail); err != nil {
			return err
		}
	}
	return nil
}

// refuse counts a record that was not taken, and writes it to the file of refused records.
func (im *importing) refuse(p past, why, detail i18n.Text) error {
	im.refused.add(why, p.line)
	if im.out == nil {
		return nil
	}
	if detail == (i18n.Text{}) {
		detail = why
	}
	return im.out.add(im.columns(), p.cells, detail.In(im.lang))
}

// columns are the names of the file's columns without the one of reasons.
func (im *importing) columns() []string {
	if im.reason < 0 {
		return im.head
	}
	return slices.Delete(slices.Clone(im.head), im.reason, im.reason+1)
}

func (im *importing) count(p past, r desk.ImportResult) {
	for _, f := range p.flags {
		im.flagged.add(f, p.line)
	}
	cs := r.Case
	if r.Created {
		im.imported++
	} else {
		im.already++
		if closed := p.rec.ClosedAt; !closed.IsZero() && !cs.ClosedAt.Equal(closed) && (cs.Open() || closed.After(cs.Report.ReceivedAt)) {
			im.flagged.add(i18n.F("already there with another closing: left as it is", "已存在但结案时间不同：保持原样"), p.line)
		}
	}
	if p.noAddress {
		im.noAddress++
	}
	if p.unlocated {
		im.unlocated.add(p.line, unlocatedLines)
	}
	unit := cs.Owner.Unit.String()
	im.owners[unit]++
	if want := im.f.Owners[p.department]; want != "" && !p.unlocated {
		im.agreed.ofDepartment++
		if want == unit {
			im.agreed.department++
		}
	}
	if !p.noAddress && !p.unlocated && p.district != "" && len(cs.Place.Areas) > 1 {
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
func reason(err error) i18n.Text {
	var outside *grid.OutsideError
	var position *grid.PositionError
	var reused *ledger.ReusedIDError
	var year *calendar.YearError
	switch {
	case errors.As(err, &year):
		return i18n.F("the deadline can't be counted: the city has no calendar of the year %d", "无法计算时限：本市没有 %d 年的日历", year.Year)
	case errors.As(err, &outside):
		return i18n.F("outside the city", "位于城市之外")
	case errors.As(err, &position):
		return i18n.F("impossible position", "位置不可能")
	case errors.As(err, &reused):
		return i18n.F("id used before with other content: %s", "编号已用于内容不同的记录：%s", strings.Join(reused.Differs, ", "))
	default:
		return i18n.Of(err)
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
	Lines []int  `json:"lines,omitempty"`
}

func ranked(m map[string]int) []countJSON {
	out := []countJSON{}
	for k, n := range m {
		out = append(out, countJSON{What: k, Count: n})
	}
	slices.SortFunc(out, func(a, b countJSON) int { return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.What, b.What)) })
	return out
}

// compared are the columns of the file that are compared with what the city decides, and not kept.
func (im *importing) compared() []string {
	out := []string{}
	for _, ours := range []string{"due", "department", "district"} {
		if theirs, ok := im.f.Columns[ours]; ok {
			out = append(out, theirs)
		}
	}
	return out
}

// mostReasons is how many different reasons are printed for people; --json and the file of refused
// records have all.
const mostReasons = 50

func (im *importing) print(w io.Writer, o *options) error {
	refused := 0
	for _, n := range im.refused {
		refused += n.Count
	}
	months, saved := im.months(), im.out.saved()
	if o.json {
		all := map[string]any{
			"records": im.records, "imported": im.imported, "already": im.already, "refused": refused, "reasons": im.refused.json(o.lang), "flagged": im.flagged.json(o.lang), "no_address": im.noAddress,
			"unlocated": im.unlocated.Count, "unlocated_lines": append([]int{}, im.unlocated.Lines...),
			"compared_columns": im.compared(), "unread_columns": append([]string{}, im.extra...),
			"owners": ranked(im.owners), "overdue": months, "department_agrees": [2]int{im.agreed.department, im.agreed.ofDepartment},
			"district_agrees": [2]int{im.agreed.district, im.agreed.ofDistrict}, "due_agrees": [2]int{im.agreed.due, im.agreed.ofDue},
		}
		if saved != "" {
			all["refused_file"] = saved
		}
		if err := json.NewEncoder(w).Encode(all); err != nil {
			return wrongError{err}
		}
		return nil
	}
	p := o.printer(w, im.c.Location)
	p.line("%d records: %d imported, %d already there, %d refused", "%d 条记录：导入 %d，已存在 %d，未接受 %d", im.records, im.imported, im.already, refused)
	for i, r := range im.refused.ranked() {
		if i == mostReasons {
			p.line("  and %d other reasons", "  另有 %d 种原因", len(im.refused)-mostReasons)
			break
		}
		p.line("  refused %6d  %s (first on lines %v)", "  未接受 %6d  %s（最先出现于第 %v 行）", r.Count, r.What, r.Lines)
	}
	if saved != "" {
		p.line("refused records: %s; mend and import it", "未接受的记录：%s，更正后可再次导入", saved)
	}
	for _, r := range im.flagged.ranked() {
		p.line("  taken, but %6d  %s (first on lines %v)", "  已接受，但 %6d  %s（最先出现于第 %v 行）", r.Count, r.What, r.Lines)
	}
	if names := im.compared(); len(names) > 0 {
		p.line("columns compared and not kept: %s", "仅比对而不保存的列：%s", strings.Join(names, ", "))
	}
	if len(im.extra) > 0 {
		p.line("columns not read: %s", "未读取的列：%s", strings.Join(im.extra, ", "))
	}
	p.line("located %d, of them %d without a known address", "已定位 %d，其中 %d 条没有确切地址", im.imported+im.already-im.unlocated.Count, im.noAddress)
	if n := im.unlocated.Count; n > len(im.unlocated.Lines) {
		p.line("without a position: %d, the first on lines %v", "没有位置 %d 条，最先出现于第 %v 行", n, im.unlocated.Lines)
	} else if n > 0 {
		p.line("without a position: %d, on lines %v", "没有位置 %d 条，位于第 %v 行", n, im.unlocated.Lines)
	}
	share := func(what i18n.Text, n, of int) {
		if of > 0 {
			p.line("%s as recorded: %d of %d, %.2f %%", "%s与记录一致：%d / %d，%.2f %%", what, n, of, 100*float64(n)/float64(of))
		}
	}
	share(i18n.F("owner is the department", "责任部门"), im.agreed.department, im.agreed.ofDepartment)
	share(i18n.F("district (known addresses)", "所属区（有确切地址者）"), im.agreed.district, im.agreed.ofDistrict)
	share(i18n.F("deadline, to the minute,", "时限（精确到分钟）"), im.agreed.due, im.agreed.ofDue)
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

// bar draws progress on a terminal and is silent elsewhere.
type bar struct{ w io.Writer }

func newBar(w io.Writer) *bar {
	if p, ok := w.(*plainWriter); ok {
		w = p.to // a bar is drawn over itself
	}
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
