package request

import (
	"fmt"
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
			"%d 无效；请填写保持（OPEN_CASES_KEEP）、移交（OPEN_CASES_MOVE）或重新派遣（OPEN_CASES_REROUTE）", p.GetOpenCases()))
	}
	if len(dir) > 0 {
		out.Directory = dir
	}
	out.Successors = f.successors(p.GetSuccessors())
	return out
}

// maxSuccessors bounds the successors of a proposal.
const maxSuccessors = 1000

// successors reads what takes the place of what a proposal removes. The proposed city, which is not compiled yet, must have it.
func (f *Reader) successors(list []*wanggev1.Successor) city.Successors {
	var out city.Successors
	const field = "proposal.successors"
	if len(list) > maxSuccessors {
		f.Add(field, i18n.F("at most %d", "最多 %d 项", maxSuccessors))
		return out
	}
	for i, s := range list {
		at := fmt.Sprintf("%s[%d]", field, i)
		switch former, next := s.GetFormer(), s.GetSuccessor(); {
		case readPair(&out.Units, former, next, resource.ParseUnit), readPair(&out.Categories, former, next, resource.ParseCategory),
			readPair(&out.People, former, next, resource.ParsePerson):
		default:
			f.Add(at, i18n.F("%[1]q and %[2]q: write two units as departments/GREEN, two categories as categories/E03, or two people as people/p-17, each former one once",
				"%[1]q 与 %[2]q：请填写两个单位（如 departments/GREEN）、两个类别（如 categories/E03）或两名人员（如 people/p-17），且每个原对象只填一次",
				apierr.Clip(former), apierr.Clip(next)))
		}
	}
	return out
}

// readPair reads two names of one kind into a map; false when they are not, or the first one is there already.
func readPair[K comparable](to *map[K]K, former, next string, parse func(string) (K, bool)) bool {
	k, ok1 := parse(former)
	v, ok2 := parse(next)
	if _, twice := (*to)[k]; !ok1 || !ok2 || twice {
		return false
	}
	if *to == nil {
		*to = map[K]K{}
	}
	(*to)[k] = v
	return true
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
