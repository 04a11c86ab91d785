package rpc

import (
	"context"
	"errors"
	"regexp"
	"slices"
	"strings"

	"google.golang.org/grpc/status"

	"wangge/api/auth"
	wanggev1 "wangge/api/wangge/v1"
	"wangge/dispatch"
	"wangge/dispatch/desk"
	"wangge/dispatch/desk/ledger"
	"wangge/dispatch/i18n"
	"wangge/dispatch/lifecycle"
)

// batchID leaves room for the number of the case behind it.
var batchID = regexp.MustCompile(`^[A-Za-z0-9._-]{1,40}$`)

// BatchActCases implements CaseService.
func (s cases) BatchActCases(ctx context.Context, req *wanggev1.BatchActCasesRequest) (*wanggev1.BatchActCasesResponse, error) {
	var f faults
	lacks := 0
	cmd := dispatch.Command{Act: dispatch.Act(req.GetAct()), Note: short(ctx, &f, "note", req.GetNote(), maxText)}
	if !slices.Contains(lifecycle.PersonsActs(), cmd.Act) {
		f.add(ctx, "act", i18n.F("%[1]q is no act; write one of %[2]s", "%[1]q 不是有效操作；可填写：%[2]s", clip(req.GetAct()), strings.Join(names(lifecycle.PersonsActs()), ", ")))
	} else {
		lacks = s.arguments(ctx, &f, "arguments.", "note", req.GetArguments(), &cmd)
	}
	if !batchID.MatchString(req.GetRequestId()) {
		f.add(ctx, "request_id", i18n.F("write 1 to 40 letters, digits, '-', '_' or '.'", "应为 1 至 40 个字母、数字或 - _ ."))
	}
	targets := req.GetTargets()
	if n := len(targets); n > maxBatch || (n == 0) == (req.GetGroup() == "") {
		f.add(ctx, "targets", i18n.F("write 1 to %d cases, or else a group", "请填写 1 至 %d 个案件，或填写 group", maxBatch))
	}
	var group, after dispatch.CaseID
	if req.GetGroup() != "" {
		group = caseID(ctx, &f, "group", req.GetGroup())
	}
	if req.GetPageToken() != "" {
		after = caseID(ctx, &f, "page_token", req.GetPageToken())
	}
	if err := f.err(ctx); err != nil {
		return nil, s.mayAny(ctx, req, cmd.Act, group, err, len(f) == lacks)
	}
	out := &wanggev1.BatchActCasesResponse{}
	if group != 0 {
		parts, err := s.desk.Linked(ctx, auth.PersonOf(ctx), group, ledger.LinkPart, after, maxBatch)
		if err != nil {
			return nil, err
		}
		for _, cs := range parts {
			if cs.Open() {
				targets = append(targets, &wanggev1.ActTarget{Name: "cases/" + cs.ID.String()})
			}
		}
		if len(parts) == maxBatch {
			out.NextPageToken = "cases/" + parts[maxBatch-1].ID.String()
		}
	}
	for _, t := range targets {
		v := &wanggev1.ActVerdict{Name: t.GetName()}
		cs, err := s.oneOf(ctx, t, req.GetRequestId(), cmd)
		if err != nil {
			if ctx.Err() != nil {
				return nil, ctx.Err()
			}
			st, _ := status.FromError(s.outward(ctx, "BatchActCases", err))
			v.Code, v.Message = codeName(st), st.Message()
		} else {
			v.Case = s.wire(ctx, cs)
		}
		out.Verdicts = append(out.Verdicts, v)
	}
	return out, nil
}

// mayAny is mayFirst for a batch: when none of its cases takes the act from this caller, why the last one does not is
// told instead of what the request lacks.
func (s cases) mayAny(ctx context.Context, req *wanggev1.BatchActCasesRequest, a dispatch.Act, group dispatch.CaseID, wrong error, onlyLacks bool) error {
	if err := s.govern(ctx, dispatch.ActReview); err != nil {
		return err
	}
	if group != 0 {
		if _, err := s.desk.Case(ctx, auth.PersonOf(ctx), group); err != nil {
			return err
		}
	}
	if !slices.Contains(lifecycle.PersonsActs(), a) || len(req.GetTargets()) > maxBatch {
		return wrong
	}
	denied := wrong
	for _, t := range req.GetTargets() {
		var f faults
		if denied = s.mayFirst(ctx, caseID(ctx, &f, "name", t.GetName()), a, wrong, onlyLacks); errors.Is(denied, wrong) {
			return wrong
		}
	}
	return denied
}

func (s cases) oneOf(ctx context.Context, t *wanggev1.ActTarget, requestID string, cmd dispatch.Command) (*dispatch.Case, error) {
	var f faults
	id, seq, _ := act(ctx, &f, &wanggev1.ActContext{Name: t.GetName(), Etag: t.GetEtag(), RequestId: requestID})
	if err := f.err(ctx); err != nil {
		return nil, err
	}
	done, err := s.desk.Act(ctx, auth.PersonOf(ctx), id, seq, requestID+"."+id.String(), cmd)
	return done, within("arguments.", err)
}

// linkKinds are the kinds of ListLinkedCases.
var linkKinds = map[string]ledger.LinkKind{"merged": ledger.LinkMerged, "part": ledger.LinkPart, "reopens": ledger.LinkReopens, "proposed": ledger.LinkProposed}

// ListLinkedCases implements CaseService.
func (s cases) ListLinkedCases(ctx context.Context, req *wanggev1.ListLinkedCasesRequest) (*wanggev1.ListLinkedCasesResponse, error) {
	var f faults
	id := caseID(ctx, &f, "name", req.GetName())
	kind, ok := linkKinds[req.GetKind()]
	if !ok {
		f.add(ctx, "kind", i18n.F("%q: write merged, part, reopens or proposed", "%q：请填写 merged、part、reopens 或 proposed", clip(req.GetKind())))
	}
	n := pageSize(ctx, &f, req.GetPageSize(), 200)
	var after dispatch.CaseID
	if req.GetPageToken() != "" {
		after = caseID(ctx, &f, "page_token", req.GetPageToken())
	}
	if err := f.err(ctx); err != nil {
		return nil, err
	}
	if n == 0 {
		n = 50
	}
	list, err := s.desk.Linked(ctx, auth.PersonOf(ctx), id, kind, after, n)
	if err != nil {
		return nil, err
	}
	out := &wanggev1.ListLinkedCasesResponse{}
	v := s.viewer(ctx, wanggev1.CaseView_CASE_VIEW_FULL)
	for _, cs := range list {
		if lifecycle.MayRead(v.city, v.person, cs, v.now) {
			out.Cases = append(out.Cases, v.show(cs))
		}
	}
	if len(list) == n {
		out.NextPageToken = "cases/" + list[n-1].ID.String()
	}
	return out, nil
}

// ListDuplicates implements CaseService.
func (s cases) ListDuplicates(ctx context.Context, req *wanggev1.ListDuplicatesRequest) (*wanggev1.ListDuplicatesResponse, error) {
	if err := s.govern(ctx, dispatch.ActReview); err != nil {
		return nil, err
	}
	var f faults
	seen := s.now()
	var not dispatch.CaseID
	r := dispatch.Report{}
	if req.GetName() != "" {
		not = caseID(ctx, &f, "name", req.GetName())
	} else {
		r.Position, r.Category = s.position(ctx, &f, "position", req.GetPosition()), s.needCategory(ctx, &f, "category", req.GetCategory())
		if t := req.GetTime(); t != nil {
			if at := phoneTime(ctx, &f, "time", t); at.Before(seen) { // a phone may be ahead
				seen = at
			}
		}
	}
	if err := f.err(ctx); err != nil {
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
	v := s.viewer(ctx, wanggev1.CaseView_CASE_VIEW_BASIC)
	for _, c := range found {
		out.Duplicates = append(out.Duplicates, v.duplicate(c))
	}
	return out, nil
}

// duplicate is a case that may be the same matter. A caller who may not read the case is told that there is one,
// of which category and how far away.
func (v viewer) duplicate(c desk.Candidate) *wanggev1.Duplicate {
	shown := v.show(c.Case)
	out := &wanggev1.Duplicate{Category: shown.GetCategory(), CategoryDisplayName: shown.GetCategoryDisplayName(), DistanceM: c.DistanceM}
	if !lifecycle.MayRead(v.city, v.person, c.Case, v.now) {
		return out
	}
	out.Name, out.Stage, out.SecondsApart, out.Score = shown.GetName(), shown.GetStage(), int64(c.Apart.Seconds()), c.Score
	out.Text, out.PhotoHashes = c.Case.Report.Text, c.Case.Report.PhotoHashes
	return out
}
