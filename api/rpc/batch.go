package rpc

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"regexp"
	"time"

	"google.golang.org/grpc/status"

	"wangge/api/auth"
	"wangge/api/resource"
	"wangge/api/rpc/apierr"
	"wangge/api/rpc/request"
	wanggev1 "wangge/api/wangge/v1"
	"wangge/dispatch"
	"wangge/dispatch/desk"
	"wangge/dispatch/desk/ledger"
	"wangge/dispatch/i18n"
	"wangge/dispatch/rights"
)

// batchID is the pattern of a batch's request id. It leaves room for the case number, which oneOf appends.
var batchID = regexp.MustCompile(`^[A-Za-z0-9._-]{1,40}$`)

// BatchActOnCases implements CaseService.
func (s caseService) BatchActOnCases(ctx context.Context, req *wanggev1.BatchActOnCasesRequest) (*wanggev1.BatchActOnCasesResponse, error) {
	f := s.read(ctx)
	cmd, lacks := f.CaseAct(req.GetAct())
	if !batchID.MatchString(req.GetRequestId()) {
		f.Add("request_id", i18n.F("write 1 to 40 letters, digits, '-', '_' or '.'", "应为 1 至 40 个字母、数字或 - _ ."))
	}
	targets := req.GetTargets()
	if n := len(targets); n > request.MaxBatch || (n == 0) == (req.GetGroup() == "") {
		f.Add("targets", i18n.F("write 1 to %d cases, or else a group", "请填写 1 至 %d 个案件，或填写 group", request.MaxBatch))
	}
	var group dispatch.CaseID
	after := request.After[dispatch.CaseID](f, req)
	if req.GetGroup() != "" {
		group = f.CaseID("group", req.GetGroup())
	}
	if err := f.Err(); err != nil {
		return nil, s.mayAny(ctx, req, cmd.Act, group, err, f.Len() == lacks)
	}
	out := &wanggev1.BatchActOnCasesResponse{}
	if group != 0 {
		parts, err := s.desk.Linked(ctx, auth.PersonOf(ctx), group, ledger.LinkPart, after, request.MaxBatch)
		if err != nil {
			return nil, err
		}
		for _, cs := range parts {
			if cs.Open() {
				targets = append(targets, &wanggev1.ActTarget{Name: resource.Case(cs.ID)})
			}
		}
		if len(parts) == request.MaxBatch {
			if out.NextPageToken, err = request.Next(req, parts[request.MaxBatch-1].ID); err != nil {
				return nil, err
			}
		}
	}
	done := make([]*dispatch.Case, len(targets)) // nil: refused
	for i, t := range targets {
		r := &wanggev1.ActResult{Name: t.GetName()}
		cs, err := s.oneOf(ctx, fmt.Sprintf("targets[%d].", i), t, req.GetRequestId(), cmd)
		if err != nil {
			if ctx.Err() != nil {
				return nil, ctx.Err()
			}
			st := status.Convert(s.calls.Status(ctx, "BatchActOnCases", err))
			r.Outcome = &wanggev1.ActResult_Status{Status: st.Proto()}
		}
		done[i] = cs
		out.Results = append(out.Results, r)
	}
	s.calls.Renew(ctx)
	v := s.full(ctx)
	for i, cs := range done {
		if cs != nil {
			out.Results[i].Outcome = &wanggev1.ActResult_Case{Case: v.Case(cs)}
		}
	}
	return out, nil
}

// mayAny is mayFirst for a batch. If the caller can do the act on none of the cases, the refusal of the last case is
// returned instead of the violations.
func (s caseService) mayAny(ctx context.Context, req *wanggev1.BatchActOnCasesRequest, a dispatch.Act, group dispatch.CaseID,
	wrong error, onlyLacks bool,
) error {
	if err := s.govern(ctx, dispatch.ActReview); err != nil {
		return err
	}
	if group != 0 {
		if _, err := s.desk.Case(ctx, auth.PersonOf(ctx), group); err != nil {
			return err
		}
	}
	if a == "" || len(req.GetTargets()) > request.MaxBatch {
		return wrong
	}
	denied := wrong
	for _, t := range req.GetTargets() {
		f := s.read(ctx)
		if denied = s.mayFirst(ctx, f.CaseID("name", t.GetName()), a, wrong, onlyLacks); errors.Is(denied, wrong) {
			return wrong
		}
	}
	return denied
}

// oneOf does the act of a batch on one of its cases; at is the path of the target in the request.
func (s caseService) oneOf(ctx context.Context, at string, t *wanggev1.ActTarget, requestID string, cmd dispatch.Command,
) (*dispatch.Case, error) {
	f := s.read(ctx)
	id, seq := f.Target(at, t.GetName(), t.GetEtag())
	if err := f.Err(); err != nil {
		return nil, err
	}
	done, err := s.desk.Act(ctx, auth.PersonOf(ctx), id, seq, requestID+"."+id.String(), cmd)
	return done, apierr.Within(request.ActPath(cmd.Act), err)
}

// linkKinds maps the kinds of the wire to those of the ledger.
var linkKinds = map[wanggev1.LinkKind]ledger.LinkKind{
	wanggev1.LinkKind_LINK_KIND_MERGED:   ledger.LinkMerged,
	wanggev1.LinkKind_LINK_KIND_PART:     ledger.LinkPart,
	wanggev1.LinkKind_LINK_KIND_REOPENS:  ledger.LinkReopens,
	wanggev1.LinkKind_LINK_KIND_PROPOSED: ledger.LinkProposed,
}

// ListLinkedCases implements CaseService.
func (s caseService) ListLinkedCases(ctx context.Context, req *wanggev1.ListLinkedCasesRequest) (*wanggev1.ListLinkedCasesResponse, error) {
	f := s.read(ctx)
	id := f.CaseID("parent", req.GetParent())
	kind, ok := linkKinds[req.GetKind()]
	if !ok {
		f.Add("kind", i18n.F("%d is no kind; write LINK_KIND_MERGED, LINK_KIND_PART, LINK_KIND_REOPENS or LINK_KIND_PROPOSED",
			"%d 不是关联类型；请填写已并入（LINK_KIND_MERGED）、批量案件（LINK_KIND_PART）、重新立案（LINK_KIND_REOPENS）或建议并案（LINK_KIND_PROPOSED）", req.GetKind()))
	}
	n := cmp.Or(f.PageSize(req.GetPageSize(), 200), 50)
	after := request.After[dispatch.CaseID](f, req)
	if err := f.Err(); err != nil {
		return nil, err
	}
	list, err := s.desk.Linked(ctx, auth.PersonOf(ctx), id, kind, after, n)
	if err != nil {
		return nil, err
	}
	main, err := s.desk.Case(ctx, auth.PersonOf(ctx), id)
	if err != nil {
		return nil, err
	}
	out := &wanggev1.ListLinkedCasesResponse{}
	v := s.full(ctx)
	works := kind == ledger.LinkMerged && rights.WorksOn(v.City, v.Person, main, v.Now)
	for _, cs := range list {
		if works || rights.MayRead(v.City, v.Person, cs, v.Now) {
			out.Cases = append(out.Cases, v.Case(cs))
		}
	}
	if len(list) == n {
		out.NextPageToken, err = request.Next(req, list[n-1].ID)
	}
	return out, err
}

// ListDuplicates implements CaseService.
func (s caseService) ListDuplicates(ctx context.Context, req *wanggev1.ListDuplicatesRequest) (*wanggev1.ListDuplicatesResponse, error) {
	if err := s.govern(ctx, dispatch.ActReview); err != nil {
		return nil, err
	}
	f := s.read(ctx)
	n := cmp.Or(f.PageSize(req.GetPageSize(), desk.MaxDuplicates), desk.MaxDuplicates)
	last := request.After[likelyPage](f, req)
	seen := s.now()
	if last.Shown > 0 { // every page is as of one instant
		seen = last.Seen
	}
	var not dispatch.CaseID
	r := dispatch.Report{}
	if req.GetName() != "" {
		not = f.CaseID("name", req.GetName())
		if req.GetPosition() != nil || req.GetCategory() != "" || req.GetTime() != nil {
			f.Add("name", i18n.F("write a case, or else position, category and time of a matter", "请填写案件，或改填事项的 position、category 和 time"))
		}
	} else {
		r.Position, r.Category = f.Position("position", req.GetPosition()), f.NeedCategory("category", req.GetCategory())
		if t := req.GetTime(); t != nil {
			if at := f.PhoneTime("time", t); at.Before(seen) { // a phone may be ahead
				seen = at
			}
		}
	}
	if err := f.Err(); err != nil {
		return nil, err
	}
	if not != 0 {
		cs, err := s.desk.Case(ctx, auth.PersonOf(ctx), not)
		if err != nil {
			return nil, err
		}
		r, seen = cs.Report, cs.Report.ReceivedAt
		r.Category = cs.Category
		if !cs.Place.Located() { // nothing can be near
			return &wanggev1.ListDuplicatesResponse{}, nil
		}
	}
	found, err := s.desk.Duplicates(ctx, auth.PersonOf(ctx), r.Position, r.Category, seen, not)
	if err != nil {
		return nil, err
	}
	out := &wanggev1.ListDuplicatesResponse{}
	if found = found[min(max(0, last.Shown), len(found)):]; len(found) > n {
		found = found[:n]
		if out.NextPageToken, err = request.Next(req, likelyPage{Seen: seen, Shown: last.Shown + n}); err != nil {
			return nil, err
		}
	}
	v := s.viewer(ctx, wanggev1.CaseView_CASE_VIEW_BASIC)
	for _, c := range found {
		out.Duplicates = append(out.Duplicates, v.Duplicate(c))
	}
	return out, nil
}

// likelyPage is where a page of likely duplicates ended: after how many, for a matter seen when. It names no case, which
// the caller may not be permitted to read.
type likelyPage struct {
	Seen  time.Time
	Shown int
}
