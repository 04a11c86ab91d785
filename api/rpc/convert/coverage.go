package convert

import (
	"strings"

	"wangge/api/resource"
	wanggev1 "wangge/api/wangge/v1"
	"wangge/dispatch/city/coverage"
)

// Gap renders a gap of coverage.
func (v Viewer) Gap(g *coverage.Gap) *wanggev1.CoverageGap {
	out := &wanggev1.CoverageGap{
		Reason: gapReason(g.Reason), Areas: All(g.Areas, resource.Area), BareOf: All(g.BareOf, resource.Area),
		Categories: Names(g.Categories), StartTime: Stamp(g.From), EndTime: Stamp(g.To), IntervalCount: int32(g.Stretches),
		Minutes: g.Minutes, Cells: g.Cells, Unit: resource.Unit(g.Unit), Post: resource.Post(g.Post), Person: resource.Person(g.Person),
		Why: g.Why.In(v.Language), Fix: g.Add(), BareCells: CellNames(g.Bare),
	}
	for _, s := range g.Stages {
		out.Stages = append(out.Stages, wanggev1.CoverageStage(wanggev1.CoverageStage_value["COVERAGE_STAGE_"+strings.ToUpper(string(s))]))
	}
	for _, s := range g.When {
		out.Intervals = append(out.Intervals, &wanggev1.Interval{StartTime: Stamp(s.From), EndTime: Stamp(s.To)})
	}
	return out
}

// gapReason is the value of the wire for what a gap lacks.
func gapReason[T ~string](reason T) wanggev1.GapReason {
	return wanggev1.GapReason(wanggev1.GapReason_value["GAP_REASON_"+strings.ToUpper(string(reason))])
}

// All renders each of a list.
func All[T, R any](list []T, render func(T) R) []R {
	out := make([]R, len(list))
	for i, v := range list {
		out[i] = render(v)
	}
	return out
}

// Names renders ids.
func Names[T ~string](list []T) []string {
	out := make([]string, len(list))
	for i, s := range list {
		out[i] = string(s)
	}
	return out
}

// CellNames renders cells.
func CellNames[T interface{ String() string }](cells []T) []string {
	out := make([]string, len(cells))
	for i, c := range cells {
		out[i] = c.String()
	}
	return out
}
