package rpc

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"

	wanggev1 "wangge/api/wangge/v1"
	"wangge/dispatch"
	"wangge/dispatch/city"
	"wangge/dispatch/city/compile"
	"wangge/dispatch/desk/ledger"
	"wangge/dispatch/desk/revision"
	"wangge/dispatch/desk/rollout"
	"wangge/dispatch/diag"
	"wangge/dispatch/i18n"
	"wangge/dispatch/lifecycle"
)

const (
	maxUploads       = 8       // city directories in memory at once, each at most city.MaxDirectoryBytes,
	maxPersonUploads = 2       // and of one person
	maxPart          = 1 << 20 // bytes of a file in one message
	planPage         = 200     // rows of one message of a plan
	holePage         = 20      // holes of one message: each may list a thousand cells and areas
)

// uploading counts a directory that comes in or goes out, in all and of its person; an error when
// there are too many. All waits for the caller together may last as long as Limits.Transfer, so that
// one who stalls gives the place back.
func (s *server) uploading(ctx context.Context) (done func(), err error) {
	mine, ok := s.calls.hold(caller(ctx), func(l *load) *int { return &l.uploads }, maxPersonUploads)
	if !ok {
		return nil, tooMany(ctx, "TOO_MANY_UPLOADS", i18n.F("%d city directories of one person at once is the most; wait for an answer or end a call", "每人同时最多处理 %d 个城市目录，请等待应答或结束一个调用", maxPersonUploads))
	}
	if s.uploads.Add(1) > maxUploads {
		s.uploads.Add(-1)
		mine()
		return nil, tooMany(ctx, "TOO_MANY_UPLOADS", i18n.F("%d city directories are being looked at; try again in a moment", "正在处理 %d 个城市目录，请稍后重试", maxUploads))
	}
	callOf(ctx).transfer = s.limits.Transfer
	return func() { s.uploads.Add(-1); mine() }, nil
}

// upload is a message of a stream that brings files.
type upload interface{ GetPart() *wanggev1.FilePart }

// receive reads the files of a stream, bounded before they are held.
func receive[T upload](ctx context.Context, first T, next func() (T, error)) (city.Directory, error) {
	dir := city.Directory{}
	total := 0 // GetPart of a nil message is nil
	for m, err := first, error(nil); ; m, err = next() {
		if errors.Is(err, io.EOF) {
			return dir, nil
		}
		if err != nil {
			return nil, err
		}
		p := m.GetPart()
		if p == nil {
			continue
		}
		var f faults
		total += len(p.GetData())
		if len(p.GetData()) > maxPart {
			f.add(ctx, "part.data", i18n.F("a part has at most %d bytes", "每个分块最多 %d 字节", maxPart))
		}
		if len(p.GetName()) > city.MaxFileName {
			f.add(ctx, "part.name", i18n.F("at most %d bytes", "最多 %d 字节", city.MaxFileName))
		}
		if _, known := dir[p.GetName()]; total > city.MaxDirectoryBytes || !known && len(dir) == city.MaxDirectoryFiles {
			f.add(ctx, "part", i18n.F("a city directory has at most %[1]d files and %[2]d bytes", "城市目录最多 %[1]d 个文件、%[2]d 字节", city.MaxDirectoryFiles, city.MaxDirectoryBytes))
		}
		if err := f.err(ctx); err != nil {
			return nil, err
		}
		dir[p.GetName()] = append(dir[p.GetName()], p.GetData()...)
	}
}

// CheckCity implements CityService.
func (s ground) CheckCity(stream grpc.ClientStreamingServer[wanggev1.CheckCityRequest, wanggev1.CheckCityResponse]) error {
	ctx := stream.Context()
	if _, err := lifecycle.Govern(s.desk.City(), caller(ctx), dispatch.ActPlan, s.now()); err != nil {
		return err
	}
	done, err := s.uploading(ctx)
	if err != nil {
		return err
	}
	defer done()
	dir, err := receive(ctx, &wanggev1.CheckCityRequest{}, stream.Recv)
	if err != nil {
		return err
	}
	_, bad := compile.Directory(dir)
	out := &wanggev1.CheckCityResponse{Ok: len(bad) == 0, Revision: dir.Revision()}
	out.Faults = cityFaults(bad, language(ctx))
	return stream.SendAndClose(out)
}

// maxFaultBytes bounds the faults of an answer, which is one message.
const maxFaultBytes = MaxMessageBytes / 2

// cityFaults are the faults of a directory in a language. Those beyond maxFaultBytes are counted.
func cityFaults(bad []diag.Diagnostic, lang string) []*wanggev1.CityFault {
	out, size := make([]*wanggev1.CityFault, 0, len(bad)), 0
	for i, f := range bad {
		one := &wanggev1.CityFault{File: f.File, Line: int32(f.Line), Message: f.Message.In(lang), Suggestion: f.Suggestion.In(lang)}
		if size += proto.Size(one) + 4; size > maxFaultBytes { // with its tag and length
			return append(out, &wanggev1.CityFault{File: ".", Message: i18n.F("%d more faults are not listed", "另有 %d 处错误未列出", len(bad)-i).In(lang), Suggestion: i18n.F("mend these first", "请先修正以上各处").In(lang)})
		}
		out = append(out, one)
	}
	return out
}

// proposal reads what a caller proposes; its files have been received.
func proposal(ctx context.Context, p *wanggev1.Proposal, dir city.Directory) (rollout.Proposal, error) {
	var f faults
	if p == nil {
		f.add(ctx, "proposal", i18n.F("is missing in the first message", "首条消息中缺失"))
		return rollout.Proposal{}, f.err(ctx)
	}
	out := rollout.Proposal{Revision: base(p.GetRevision()), Against: base(p.GetAgainst()), Policy: revision.Policy(p.GetOpenCases()), Waive: words(ctx, &f, "proposal.waive", p.GetWaive()), Note: words(ctx, &f, "proposal.note", p.GetNote())}
	if p.GetEffectiveFrom() != nil {
		out.From = instant(ctx, &f, "proposal.effective_from", p.GetEffectiveFrom(), time.Time{})
	}
	if len(dir) > 0 {
		out.Directory = dir
	}
	return out, f.err(ctx)
}

// base is a revision without the edition of its precedents.
func base(revision string) string {
	b, _, _ := strings.Cut(revision, "+")
	return b
}

// PlanCity implements CityService.
func (s ground) PlanCity(stream grpc.BidiStreamingServer[wanggev1.PlanCityRequest, wanggev1.PlanCityResponse]) error {
	ctx := stream.Context()
	if _, err := lifecycle.Govern(s.desk.City(), caller(ctx), dispatch.ActPlan, s.now()); err != nil {
		return err
	}
	done, err := s.uploading(ctx)
	if err != nil {
		return err
	}
	defer done()
	first, err := stream.Recv()
	if err != nil && !errors.Is(err, io.EOF) { // a stream of nothing lacks a proposal
		return err
	}
	dir, err := receive(ctx, first, stream.Recv)
	if err != nil {
		return err
	}
	prop, err := proposal(ctx, first.GetProposal(), dir)
	if err != nil {
		return err
	}
	plan, err := s.desk.Plan(ctx, caller(ctx), prop)
	if err != nil {
		return err
	}
	return s.sendPlan(ctx, plan, stream.Send)
}

func (s ground) sendPlan(ctx context.Context, p *rollout.Plan, send func(*wanggev1.PlanCityResponse) error) error {
	lang := language(ctx)
	out := &wanggev1.PlanCityResponse{Before: p.Was, After: p.Is}
	if p.Stale != nil {
		for _, r := range p.Stale.Since {
			out.Missed = append(out.Missed, s.revision(ctx, r))
		}
	}
	if err := send(out); err != nil {
		return err
	}
	t := &wanggev1.PlanTotals{Changes: int64(len(p.Changes)), Opened: int64(len(p.Opened)), Closed: int64(len(p.Closed)), Idle: int64(len(p.Idle)), Expectations: int64(len(p.Checks.Checked)), Unmet: int64(p.Checks.Failed), Fallback: int64(p.Checks.Fallback), Lost: int64(p.LostCount)}
	for page := range slices.Chunk(p.Changes, planPage) {
		m := &wanggev1.PlanCityResponse{}
		for _, c := range page {
			m.Changes = append(m.Changes, &wanggev1.CityChange{File: c.File, Line: int32(c.Line), Key: c.Key, What: c.What.String(), Text: c.Text.In(lang)})
		}
		if err := send(m); err != nil {
			return err
		}
	}
	for page := range slices.Chunk(p.Ground, planPage) {
		m := &wanggev1.PlanCityResponse{}
		for _, g := range page {
			m.Ground = append(m.Ground, &wanggev1.GroundMove{Level: g.Level, From: string(g.From), To: string(g.To), SquareKm: g.KM2, Text: p.GroundText(g).In(lang)})
		}
		if err := send(m); err != nil {
			return err
		}
	}
	for page := range slices.Chunk(p.Opened, holePage) {
		if err := send(&wanggev1.PlanCityResponse{Opened: gaps(ctx, page)}); err != nil {
			return err
		}
	}
	for page := range slices.Chunk(p.Closed, holePage) {
		if err := send(&wanggev1.PlanCityResponse{Closed: gaps(ctx, page)}); err != nil {
			return err
		}
	}
	for page := range slices.Chunk(p.Idle, planPage) {
		m := &wanggev1.PlanCityResponse{}
		for _, i := range page {
			person := &wanggev1.IdlePerson{Person: string(i.Person), DisplayName: i.Name}
			for _, post := range i.Had {
				person.HadPosts = append(person.HadPosts, string(post))
			}
			m.Idle = append(m.Idle, person)
		}
		if err := send(m); err != nil {
			return err
		}
	}
	return s.sendMoves(ctx, p, t, send)
}

func (s ground) sendMoves(ctx context.Context, p *rollout.Plan, t *wanggev1.PlanTotals, send func(*wanggev1.PlanCityResponse) error) error {
	var page []*wanggev1.CaseMove
	now := s.now()
	for m, err := range s.desk.Moves(ctx, p, 0) {
		if err != nil {
			return err
		}
		t.Cases++
		add := func(n *int64, yes bool) {
			if yes {
				*n++
			}
		}
		stuck := m.Stuck != (i18n.Text{})
		add(&t.OwnerMoves, m.Owner())
		add(&t.DeadlineMoves, m.Deadline())
		add(&t.LadderMoves, m.Chain)
		add(&t.Stuck, stuck)
		page = append(page, &wanggev1.CaseMove{
			Case: "cases/" + m.Case.String(), Stage: wanggev1.Stage(m.Stage), OwnerBefore: s.owner(ctx, m.Was, now), OwnerAfter: s.ownerIn(ctx, p.City(), m.Is, now), Rule: m.Rule,
			DueBefore: stamp(m.DueWas), DueAfter: stamp(m.DueIs), OwnerMoves: m.Owner(), DeadlineMoves: m.Deadline(), LadderMoves: m.Chain, Stuck: m.Stuck.In(language(ctx)), Lost: texts(m.Lost, language(ctx)),
		})
		if len(page) == planPage {
			if err := send(&wanggev1.PlanCityResponse{Moves: page}); err != nil {
				return err
			}
			page = nil
		}
	}
	return send(&wanggev1.PlanCityResponse{Moves: page, Totals: t})
}

// ownerIn is owner as another revision of the city names it.
func (s *server) ownerIn(ctx context.Context, c *city.City, o dispatch.Owner, at time.Time) *wanggev1.Owner {
	if o.Post == "" {
		return nil
	}
	id, _ := c.Roster.OnDuty(o.Post, at)
	person, _ := c.Roster.Person(id)
	return &wanggev1.Owner{Kind: wanggev1.OwnerKind(o.Kind), Unit: o.Unit.String(), UnitDisplayName: c.UnitName(o.Unit).In(language(ctx)), Post: string(o.Post), Person: string(id), PersonDisplayName: person.Name}
}

func gaps(ctx context.Context, list []rollout.Gap) []*wanggev1.PlanGap {
	var out []*wanggev1.PlanGap
	for _, g := range list {
		row := &wanggev1.PlanGap{Reason: g.Reason, Text: g.Text.In(language(ctx)), Add: g.Add.In(language(ctx))}
		if g.Hole != nil {
			row.Hole = gapOf(ctx, g.Hole)
		}
		out = append(out, row)
	}
	return out
}

// ApplyCity implements CityService.
func (s ground) ApplyCity(stream grpc.ClientStreamingServer[wanggev1.ApplyCityRequest, wanggev1.ApplyCityResponse]) error {
	ctx := stream.Context()
	if _, err := lifecycle.Govern(s.desk.City(), caller(ctx), dispatch.ActApply, s.now()); err != nil {
		return err
	}
	done, err := s.uploading(ctx)
	if err != nil {
		return err
	}
	defer done()
	first, err := stream.Recv()
	if err != nil && !errors.Is(err, io.EOF) { // a stream of nothing lacks a proposal
		return err
	}
	dir, err := receive(ctx, first, stream.Recv)
	if err != nil {
		return err
	}
	prop, err := proposal(ctx, first.GetProposal(), dir)
	if err != nil {
		return err
	}
	a, err := s.desk.Apply(ctx, caller(ctx), prop)
	if err != nil {
		return err
	}
	return stream.SendAndClose(&wanggev1.ApplyCityResponse{Revision: s.revision(ctx, a)})
}

// WithdrawRevision implements CityService.
func (s ground) WithdrawRevision(ctx context.Context, req *wanggev1.WithdrawRevisionRequest) (*wanggev1.WithdrawRevisionResponse, error) {
	a, err := s.desk.Withdraw(ctx, caller(ctx), req.GetNumber())
	if err != nil {
		return nil, err
	}
	return &wanggev1.WithdrawRevisionResponse{Revision: s.revision(ctx, a)}, nil
}

// rowsAPage is how many rows a page has: 0 = 50, at most 200.
func rowsAPage(n int32) int {
	if n <= 0 {
		return 50
	}
	return min(int(n), 200)
}

// ListRevisions implements CityService.
func (s ground) ListRevisions(ctx context.Context, req *wanggev1.ListRevisionsRequest) (*wanggev1.ListRevisionsResponse, error) {
	if _, err := lifecycle.Govern(s.desk.City(), caller(ctx), dispatch.ActReview, s.now()); err != nil {
		return nil, err
	}
	before, err := uint64(0), error(nil)
	if t := req.GetPageToken(); t != "" {
		if before, err = strconv.ParseUint(t, 10, 64); err != nil || before == 0 {
			return nil, ledger.ErrBadToken
		}
	}
	n := rowsAPage(req.GetPageSize())
	list, err := s.desk.Revisions(ctx, before, n)
	if err != nil {
		return nil, err
	}
	out := &wanggev1.ListRevisionsResponse{}
	for _, r := range list {
		out.Revisions = append(out.Revisions, s.revision(ctx, r))
	}
	if len(list) == n && list[n-1].Number > 1 {
		out.NextPageToken = strconv.FormatUint(list[n-1].Number, 10)
	}
	return out, nil
}

// GetRevision implements CityService.
func (s ground) GetRevision(req *wanggev1.GetRevisionRequest, stream grpc.ServerStreamingServer[wanggev1.GetRevisionResponse]) error {
	ctx := stream.Context()
	if err := s.govern(ctx, dispatch.ActDirectory); err != nil {
		return err
	}
	done, err := s.uploading(ctx)
	if err != nil {
		return err
	}
	defer done()
	revision := base(req.GetRevision())
	if revision == "" {
		revision = s.desk.City().Base()
	}
	dir, err := s.desk.Directory(ctx, revision)
	if err != nil {
		return err
	}
	if err := stream.Send(&wanggev1.GetRevisionResponse{Revision: revision}); err != nil {
		return err
	}
	for _, name := range slices.Sorted(maps.Keys(dir)) {
		data := dir[name]
		for from := 0; from == 0 || from < len(data); from += maxPart {
			part := &wanggev1.FilePart{Name: name, Data: data[from:min(len(data), from+maxPart)]}
			if err := stream.Send(&wanggev1.GetRevisionResponse{Part: part}); err != nil {
				return err
			}
		}
	}
	return nil
}

func (s ground) revision(ctx context.Context, r *revision.Revision) *wanggev1.Revision {
	c := s.desk.City()
	person, _ := c.Roster.Person(r.Person)
	out := &wanggev1.Revision{
		Number: r.Number, Revision: r.Base, Against: r.Against, Person: string(r.Person), PersonDisplayName: person.Name, Post: string(r.Post), ApplyTime: stamp(r.At), EffectiveFrom: stamp(r.EffectiveFrom),
		EffectiveTime: stamp(r.EffectiveAt), Withdrawn: r.Withdrawn, WithdrawnBy: string(r.WithdrawnBy), Note: r.Note, Waive: r.Waiver, OpenCases: wanggev1.OpenCases(r.Policy),
		CasesSeen: int64(r.Sweep.Seen), CasesMoved: int64(r.Sweep.Moved), CasesKept: int64(r.Sweep.Kept), CasesStuck: int64(r.Sweep.Stuck), CasesDone: r.Sweep.Done,
		Deciding: !r.EffectiveAt.IsZero() && c.Base() == r.Base,
	}
	for _, c := range s.changes(ctx, r.Changes) {
		out.Changes = append(out.Changes, c.In(language(ctx)))
	}
	for _, w := range r.Waived {
		out.Waived = append(out.Waived, w.In(language(ctx)))
	}
	return out
}

// maxNamed bounds the cases that a refusal names in its sentence; its details name more.
const maxNamed = 5

func texts(list []i18n.Text, lang string) []string {
	out := make([]string, len(list))
	for i, t := range list {
		out[i] = t.In(lang)
	}
	return out
}

// cityRefusal words the errors of revisions and precedents.
func (s *server) cityRefusal(ctx context.Context, err error) (error, bool) {
	var (
		bad    *revision.FaultsError
		moved  *rollout.MovedOnError
		waits  *rollout.WaitsError
		opens  *rollout.GapsError
		lost   *rollout.LostError
		wrong  *rollout.ProposalError
		ruling *rollout.BadPrecedentError
	)
	zone, lang := s.desk.City().Location, language(ctx)
	switch {
	case errors.As(err, &bad):
		var f faults
		for _, b := range bad.Faults {
			f.add(ctx, fmt.Sprintf("%s:%d", b.File, b.Line), i18n.Text{En: b.Message.En + "; " + b.Suggestion.En, Zh: b.Message.Zh + "；" + b.Suggestion.Zh})
		}
		return f.err(ctx), true
	case errors.As(err, &wrong):
		var f faults
		for i, text := range wrong.Faults {
			f.add(ctx, "proposal."+wrong.Fields[i], text)
		}
		return f.err(ctx), true
	case errors.As(err, &ruling):
		var f faults
		for _, text := range ruling.Faults {
			f.add(ctx, cmp.Or(ruling.Field, "precedent"), text)
		}
		return f.err(ctx), true
	case errors.As(err, &moved):
		var who []string
		for _, r := range moved.Since[:min(len(moved.Since), maxFaults)] {
			var rows []string
			for _, c := range r.Changes[:min(len(r.Changes), 5)] {
				rows = append(rows, c.In(lang))
			}
			if more := len(r.Changes) - len(rows); more > 0 {
				rows = append(rows, fmt.Sprintf("… %d", more))
			}
			who = append(who, fmt.Sprintf("%s %s %s [%s]", r.At.In(zone).Format("2006-01-02 15:04"), r.Person, r.Base, strings.Join(rows, "; ")))
		}
		list := strings.Join(who, " / ")
		return fail(ctx, codes.Aborted, "CITY_MOVED_ON", i18n.F("the city is at %[1]s, not at %[2]s; applied meanwhile: %[3]s; plan again", "城市已是版本 %[1]s，而非 %[2]s；其间启用：%[3]s；请重新预览", moved.Have, clip(moved.Want), list), map[string]string{"revision": moved.Have}), true
	case errors.As(err, &waits):
		r := waits.Revision
		return fail(ctx, codes.FailedPrecondition, "REVISION_WAITS", i18n.F("revision %[1]s of %[2]s waits for %[3]s (number %[4]d); withdraw it first, or apply from a later instant", "%[2]s 提交的版本 %[1]s 将于 %[3]s 生效（第 %[4]d 号）；请先撤回，或选择更晚的生效时间", r.Base, r.Person, r.EffectiveFrom.In(zone).Format("2006-01-02 15:04"), r.Number), nil), true
	case errors.As(err, &opens):
		var v []*errdetails.PreconditionFailure_Violation
		var lines []string
		for _, g := range opens.Gaps[:min(len(opens.Gaps), maxFaults)] {
			v = append(v, &errdetails.PreconditionFailure_Violation{Type: "GAP", Description: g.Text.In(lang) + " → " + g.Add.In(lang)})
			lines = append(lines, g.Text.In(lang))
		}
		list := strings.Join(lines, "; ")
		return fail(ctx, codes.FailedPrecondition, "OPENS_GAPS", i18n.F("it opens %[1]d gaps: %[2]s; close them, or waive them with a reason", "将出现 %[1]d 处责任空白：%[2]s；请补齐，或说明理由予以豁免", len(opens.Gaps), list), nil, &errdetails.PreconditionFailure{Violations: v}), true
	case errors.As(err, &lost):
		var v []*errdetails.PreconditionFailure_Violation
		var lines []string
		for _, l := range lost.Cases[:min(len(lost.Cases), maxFaults)] {
			line := l.Case.String() + ": " + strings.Join(texts(l.Why, lang), "; ")
			v = append(v, &errdetails.PreconditionFailure_Violation{Type: "LOST_CASE", Subject: "cases/" + l.Case.String(), Description: line})
			lines = append(lines, line)
		}
		list := strings.Join(lines[:min(len(lines), maxNamed)], " / ")
		return fail(ctx, codes.FailedPrecondition, "LEAVES_OPEN_CASES", i18n.F("it leaves %[1]d open cases to nobody: %[2]s; say that these are moved (open_cases move) or all by the new rules (reroute)", "将有 %[1]d 件未结案件无人负责：%[2]s；请选择移交这些案件（open_cases 填 move），或全部按新规则重新派遣（reroute）", lost.Count, list), nil, &errdetails.PreconditionFailure{Violations: v}), true
	case errors.Is(err, revision.ErrNoRevision):
		return fail(ctx, codes.NotFound, "NO_REVISION", i18n.F("no such revision is kept, or it does not wait; city log lists them", "没有该版本或其不在等待中，可用 city log 查看"), nil), true
	case errors.Is(err, rollout.ErrNoPrecedent):
		return fail(ctx, codes.NotFound, "NO_PRECEDENT", i18n.F("there is no such precedent", "没有该确权裁定"), nil), true
	}
	return nil, false
}
