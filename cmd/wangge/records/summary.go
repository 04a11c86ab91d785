package records

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"wangge/cmd/wangge/cli"
	"wangge/dispatch/i18n"
)

// monthJSON is the number of overdue records at the end of a month.
type monthJSON struct {
	End     string `json:"end"`
	Overdue int    `json:"overdue"`
}

// months counts the records that were overdue by our deadlines at the end of each month, from the first to the last opening.
func (im *Takeover) months() []monthJSON {
	if len(im.spans) == 0 {
		return nil
	}
	byOpened := func(a, b span) int { return a.opened.Compare(b.opened) }
	first, last := slices.MinFunc(im.spans, byOpened).opened.In(im.city.Location), slices.MaxFunc(im.spans, byOpened).opened
	var out []monthJSON
	for end := time.Date(first.Year(), first.Month()+1, 1, 0, 0, 0, 0, im.city.Location); ; end = end.AddDate(0, 1, 0) {
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

// countJSON is a count of records, as printed with --json.
type countJSON struct {
	What  string `json:"what"`
	Count int    `json:"count"`
	Lines []int  `json:"lines,omitempty"`
}

// ranked lists counts, the largest first.
func ranked(m map[string]int) []countJSON {
	out := []countJSON{}
	for k, n := range m {
		out = append(out, countJSON{What: k, Count: n})
	}
	slices.SortFunc(out, func(a, b countJSON) int { return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.What, b.What)) })
	return out
}

// compared are the columns of the file that are only compared with the decisions of the city, and not stored.
func (im *Takeover) compared() []string {
	out := []string{}
	for _, ours := range []string{"due", "department", "district"} {
		if theirs, ok := im.format.Columns[ours]; ok {
			out = append(out, theirs)
		}
	}
	return out
}

// mostReasons is the most reasons that are printed for people; --json and the file of refused records have all.
const mostReasons = 50

// print prints the counts of a takeover.
func (im *Takeover) print(w io.Writer, o *cli.Options) error {
	refused := 0
	for _, n := range im.refused {
		refused += n.Count
	}
	months, saved := im.months(), im.refusals.saved()
	if o.JSON {
		all := map[string]any{
			"records": im.records, "imported": im.imported, "already": im.already, "refused": refused,
			"reasons": im.refused.json(o.Lang), "flagged": im.flagged.json(o.Lang), "no_address": im.noAddress,
			"unlocated": im.unlocated.Count, "unlocated_lines": append([]int{}, im.unlocated.Lines...),
			"compared_columns": im.compared(), "unread_columns": append([]string{}, im.extra...),
			"owners": ranked(im.owners), "overdue": months, "department_agrees": [2]int{im.agreed.department, im.agreed.ofDepartment},
			"district_agrees": [2]int{im.agreed.district, im.agreed.ofDistrict}, "due_agrees": [2]int{im.agreed.due, im.agreed.ofDue},
		}
		if saved != "" {
			all["refused_file"] = saved
		}
		if err := json.NewEncoder(w).Encode(all); err != nil {
			return cli.Failure(err)
		}
		return nil
	}
	p := o.Printer(w, im.city.Location)
	p.Line("%d {record|records}: %d imported, %d already there, %d refused", "%d 条记录：导入 %d，已存在 %d，未接受 %d", im.records, im.imported, im.already, refused)
	for i, r := range im.refused.ranked() {
		if i == mostReasons {
			p.Line("  and %d other {reason|reasons}", "  另有 %d 种原因", len(im.refused)-mostReasons)
			break
		}
		p.Line("  refused %6d  %s (first on lines %v)", "  未接受 %6d  %s（最先出现于第 %v 行）", r.Count, r.What, r.Lines)
	}
	if saved != "" {
		p.Line("refused records: %s; mend and import it", "未接受的记录：%s，更正后可再次导入", saved)
	}
	for _, r := range im.flagged.ranked() {
		p.Line("  taken, but %6d  %s (first on lines %v)", "  已接受，但 %6d  %s（最先出现于第 %v 行）", r.Count, r.What, r.Lines)
	}
	if names := im.compared(); len(names) > 0 {
		p.Line("columns compared and not kept: %s", "仅比对而不保存的列：%s", strings.Join(names, ", "))
	}
	if len(im.extra) > 0 {
		p.Line("columns not read: %s", "未读取的列：%s", strings.Join(im.extra, ", "))
	}
	p.Line("located %d, of them %d without a known address", "已定位 %d，其中 %d 条没有确切地址", im.imported+im.already-im.unlocated.Count, im.noAddress)
	if n := im.unlocated.Count; n > len(im.unlocated.Lines) {
		p.Line("without a position: %d, the first on lines %v", "没有位置 %d 条，最先出现于第 %v 行", n, im.unlocated.Lines)
	} else if n > 0 {
		p.Line("without a position: %d, on lines %v", "没有位置 %d 条，位于第 %v 行", n, im.unlocated.Lines)
	}
	share := func(what i18n.Text, n, of int) {
		if of > 0 {
			p.Line("%s as recorded: %d of %d, %.2f %%", "%s与记录一致：%d / %d，%.2f %%", what, n, of, 100*float64(n)/float64(of))
		}
	}
	share(i18n.F("owner is the department", "责任部门"), im.agreed.department, im.agreed.ofDepartment)
	share(i18n.F("district (known addresses)", "所属区（有确切地址者）"), im.agreed.district, im.agreed.ofDistrict)
	share(i18n.F("deadline, to the minute,", "时限（精确到分钟）"), im.agreed.due, im.agreed.ofDue)
	p.Line("owners", "责任单位")
	for _, r := range ranked(im.owners) {
		fmt.Fprintf(w, "  %6d  %s\n", r.Count, r.What)
	}
	p.Line("overdue at the end of", "月末超时数")
	for _, m := range months {
		fmt.Fprintf(w, "  %s  %6d\n", m.End, m.Overdue)
	}
	return nil
}
