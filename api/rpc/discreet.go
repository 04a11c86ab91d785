package rpc

import (
	"context"
	"strings"

	wanggev1 "wangge/api/wangge/v1"
	"wangge/dispatch"
	"wangge/dispatch/desk/outbox"
	"wangge/dispatch/i18n"
	"wangge/dispatch/lifecycle"
)

// changes are the rows of a revision that the caller may read. Rows of files that hold phones, addresses
// and absences are counted, a line a file, for callers outside the grid office.
func (s *server) changes(ctx context.Context, rows []i18n.Text) []i18n.Text {
	if s.govern(ctx, dispatch.ActDirectory) == nil {
		return rows
	}
	var out []i18n.Text
	at := map[string]int{} // index of a file's line in out
	hidden := map[string]int{}
	for _, row := range rows {
		file, _, _ := strings.Cut(row.En, ":")
		if !lifecycle.Discreet(file) {
			out = append(out, row)
			continue
		}
		if hidden[file]++; hidden[file] == 1 {
			at[file], out = len(out), append(out, i18n.Text{})
		}
		out[at[file]] = i18n.F("%[1]s: %[2]d rows, which the grid office may read", "%[1]s：%[2]d 行，仅网格办可查看", file, hidden[file])
	}
	return out
}

// notices are deliveries as a reader may read them: what went wrong may quote an address, which the person
// told and the grid office may know.
func (v viewer) notices(in []outbox.Delivery) []*wanggev1.Notice {
	var out []*wanggev1.Notice
	for _, d := range in {
		n := &wanggev1.Notice{
			Case: "cases/" + d.Case.String(), EventSequence: d.Seq, Channel: d.Channel, Person: string(d.Person), State: wanggev1.NoticeState(d.State),
			Time: stamp(d.At), Attempts: int32(d.Attempts),
		}
		if d.Error != "" && lifecycle.MayKnow(v.city, v.person, d.Person, v.now) {
			n.Error = d.Error
		}
		out = append(out, n)
	}
	return out
}
