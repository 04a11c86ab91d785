package request

import (
	"strings"
	"time"

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
		Revision: Base(p.GetRevision()), Against: Base(p.GetAgainst()), Policy: revision.Policy(p.GetOpenCases()),
		Waive: f.Words("proposal.waive", p.GetWaive()), Note: f.Words("proposal.note", p.GetNote()),
		From: f.Instant("proposal.effective_from", p.GetEffectiveFrom(), time.Time{}),
	}
	if len(dir) > 0 {
		out.Directory = dir
	}
	return out
}

// Base is the name of a revision without the edition of its precedents.
func Base(revision string) string {
	b, _, _ := strings.Cut(revision, "+")
	return b
}
