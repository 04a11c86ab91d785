package request

import (
	"strings"
	"time"

	"wangge/api/resource"
	"wangge/api/rpc/apierr"
	wanggev1 "wangge/api/wangge/v1"
	"wangge/dispatch/city"
	"wangge/dispatch/desk/revision"
	"wangge/dispatch/desk/rollout"
	"wangge/dispatch/i18n"
)

// Proposal reads what a caller proposes for the city; the files of the proposal have been received.
func (f *Reader) Proposal(p *wanggev1.Proposal, dir city.Directory) rollout.Proposal {
	if p == nil {
		f.Add("proposal", i18n.F("is missing in the first message", "首条消息中缺失"))
		return rollout.Proposal{}
	}
	out := rollout.Proposal{
		Revision: Base(p.GetCityRevision()), Against: Base(p.GetBaseRevision()), Policy: revision.Policy(p.GetOpenCases()),
		Waive: f.Words("proposal.waiver", p.GetWaiver()), Note: f.Words("proposal.note", p.GetNote()),
		From: f.Instant("proposal.schedule_time", p.GetScheduleTime(), time.Time{}),
	}
	if _, ok := wanggev1.OpenCases_name[int32(p.GetOpenCases())]; !ok {
		f.Add("proposal.open_cases", i18n.F("%d is none; write OPEN_CASES_KEEP, OPEN_CASES_MOVE or OPEN_CASES_REROUTE",
			"%d 无效；请填写 OPEN_CASES_KEEP、OPEN_CASES_MOVE 或 OPEN_CASES_REROUTE", p.GetOpenCases()))
	}
	if len(dir) > 0 {
		out.Directory = dir
	}
	return out
}

// RevisionNumber reads the name of an apply of a city directory.
func (f *Reader) RevisionNumber(at, name string) uint64 {
	number, ok := resource.ParseRevision(name)
	if !ok {
		f.Add(at, i18n.F("%q: write revisions/17; city log prints the numbers", "%q：请写成 revisions/17，编号见 city log", apierr.Clip(name)))
	}
	return number
}

// Base is the revision of a city directory without the edition of its precedents.
func Base(revision string) string {
	b, _, _ := strings.Cut(revision, "+")
	return b
}
