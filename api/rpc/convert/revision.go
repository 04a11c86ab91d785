package convert

import (
	"slices"
	"strings"

	"google.golang.org/protobuf/proto"

	"wangge/api/resource"
	"wangge/api/wangge/v1"
	"wangge/dispatch"
	"wangge/dispatch/desk/revision"
	"wangge/dispatch/desk/rollout"
	"wangge/dispatch/diag"
	"wangge/dispatch/i18n"
	"wangge/dispatch/rights"
)

// Revision renders an applied revision of the city.
func (v Viewer) Revision(r *revision.Revision) *wanggev1.Revision {
	out := &wanggev1.Revision{
		Name: resource.Revision(r.Number), CityRevision: r.Base, BaseRevision: r.Against,
		Person: resource.Person(r.Person), PersonDisplayName: v.personName(r.Person), Post: resource.Post(r.Post),
		ApplyTime: Stamp(r.At), ScheduleTime: Stamp(r.EffectiveFrom), ActivateTime: Stamp(r.EffectiveAt),
		Withdrawn: r.Withdrawn, WithdrawnBy: resource.Person(r.WithdrawnBy), Note: r.Note, Waiver: r.Waiver,
		OpenCases: wanggev1.OpenCases(r.Policy),
		Backfill: &wanggev1.Revision_Backfill{
			CasesSeen: int64(r.Backfill.Seen), CasesMoved: int64(r.Backfill.Moved), CasesKept: int64(r.Backfill.Kept),
			CasesStuck: int64(r.Backfill.Stuck), Done: r.Backfill.Done,
		},
		Active: !r.EffectiveAt.IsZero() && v.City.Base() == r.Base,
	}
	for _, c := range v.changes(r.Changes) {
		out.Changes = append(out.Changes, c.In(v.Language))
	}
	for _, w := range r.Waived {
		out.WaivedGaps = append(out.WaivedGaps, w.In(v.Language))
	}
	return out
}

// ShowsPeople reports whether changed rows, as they are rendered for the caller, hold phones, addresses or absences.
func (v Viewer) ShowsPeople(rows []i18n.Text) bool {
	_, err := rights.Govern(v.City, v.Person, dispatch.ActDirectory, v.Now)
	return err == nil && slices.ContainsFunc(rows, func(row i18n.Text) bool {
		file, _, _ := strings.Cut(row.En, ":")
		return rights.Confidential(file)
	})
}

// changes are the rows of a revision that the caller may read. Rows of files that hold phones, addresses
// and absences are counted, a line a file, for callers outside the grid office.
func (v Viewer) changes(rows []i18n.Text) []i18n.Text {
	if _, err := rights.Govern(v.City, v.Person, dispatch.ActDirectory, v.Now); err == nil {
		return rows
	}
	var out []i18n.Text
	at := map[string]int{} // index of a file's line in out
	hidden := map[string]int{}
	for _, row := range rows {
		file, _, _ := strings.Cut(row.En, ":")
		if !rights.Confidential(file) {
			out = append(out, row)
			continue
		}
		if hidden[file]++; hidden[file] == 1 {
			at[file], out = len(out), append(out, i18n.Text{})
		}
		out[at[file]] = i18n.F("%[1]s: %[2]d {row|rows}, which the grid office may read", "%[1]s：%[2]d 行，仅网格办可查看", file, hidden[file])
	}
	return out
}

// Gaps renders the gaps that a plan opens or closes.
func (v Viewer) Gaps(list []rollout.Gap) []*wanggev1.PlanGap {
	var out []*wanggev1.PlanGap
	for _, g := range list {
		row := &wanggev1.PlanGap{Reason: gapReason(g.Reason), Text: g.Text.In(v.Language), Fix: g.Add.In(v.Language)}
		if g.Hole != nil {
			row.Gap = v.Gap(g.Hole)
		}
		out = append(out, row)
	}
	return out
}

// MaxDiagnosticBytes bounds the diagnostics of an answer, which is one message.
const MaxDiagnosticBytes = 2 << 20

// Diagnostics renders the diagnostics of a directory in a language. Those beyond MaxDiagnosticBytes are counted.
func Diagnostics(bad []diag.Diagnostic, lang string) []*wanggev1.Diagnostic {
	out, size := make([]*wanggev1.Diagnostic, 0, len(bad)), 0
	for i, f := range bad {
		one := &wanggev1.Diagnostic{
			File: f.File, Line: int32(f.Line), Column: f.Column, Message: f.Message.In(lang), Suggestion: f.Suggestion.In(lang),
		}
		if size += proto.Size(one) + 4; size > MaxDiagnosticBytes { // with its tag and length
			return append(out, &wanggev1.Diagnostic{File: ".", Message: i18n.F("%d more {fault is|faults are} not listed", "另有 %d 处错误未列出",
				len(bad)-i).In(lang), Suggestion: i18n.F("mend these first", "请先修正以上各处").In(lang)})
		}
		out = append(out, one)
	}
	return out
}
