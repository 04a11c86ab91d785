package rpc

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/protoadapt"
	"google.golang.org/protobuf/types/known/durationpb"

	"wangge/api/auth"
	"wangge/dispatch"
	"wangge/dispatch/city/calendar"
	"wangge/dispatch/city/roster"
	"wangge/dispatch/desk/ledger"
	"wangge/dispatch/desk/view"
	"wangge/dispatch/i18n"
	"wangge/dispatch/routing"
	"wangge/grid"
	"wangge/storage"
)

// fail builds a status with an ErrorInfo in the caller's language.
func fail(ctx context.Context, code codes.Code, reason string, text i18n.Text, meta map[string]string, details ...protoadapt.MessageV1) error {
	st := status.New(code, text.In(auth.LanguageOf(ctx)))
	all := append([]protoadapt.MessageV1{&errdetails.ErrorInfo{Reason: reason, Domain: "wangge", Metadata: meta}}, details...)
	if rich, err := st.WithDetails(all...); err == nil {
		st = rich
	}
	return st.Err()
}

// An error stays below what a client takes as metadata (commonly 8 KiB, where a Chinese character
// costs nine bytes): what is quoted is clipped, and after this many faults the rest is counted.
const (
	maxQuoted = 60 // characters
	maxFaults = 16
)

// clip shortens what a caller sent before it is quoted back.
func clip(text string) string {
	n := 0
	for i := range text {
		if n++; n > maxQuoted {
			return text[:i] + "…"
		}
	}
	return text
}

type violation = errdetails.BadRequest_FieldViolation

// faults collects every field that is wrong with a request.
type faults []*violation

func (f *faults) add(ctx context.Context, field string, text i18n.Text) {
	*f = append(*f, &errdetails.BadRequest_FieldViolation{Field: field, Description: text.In(auth.LanguageOf(ctx))})
}

// err is InvalidArgument that lists all of them, in its message and as details, or nil.
func (f faults) err(ctx context.Context) error {
	if len(f) == 0 {
		return nil
	}
	if more := len(f) - maxFaults; more > 0 {
		f = f[:maxFaults:maxFaults]
		f.add(ctx, "…", i18n.F("and %d more", "另有 %d 处", more))
	}
	lines := make([]string, len(f))
	for i, v := range f {
		lines[i] = v.Field + ": " + v.Description
	}
	all := strings.Join(lines, "; ")
	return fail(ctx, codes.InvalidArgument, "BAD_REQUEST", i18n.Text{En: all, Zh: all}, nil, &errdetails.BadRequest{FieldViolations: f})
}

// outward is the one table from domain errors to status codes. An error that it does not know is
// Internal, and its text goes to the log alone.
func (s *server) outward(ctx context.Context, method string, err error) error {
	if err == nil {
		return nil
	}
	if _, ok := status.FromError(err); ok {
		return err
	}
	var (
		outside   *grid.OutsideError
		position  *grid.PositionError
		category  *dispatch.UnknownCategoryError
		condition *dispatch.UnknownConditionError
		refused   *dispatch.RefusedError
		denied    *dispatch.NotAllowedError
		stale     *ledger.StaleError
		reused    *ledger.ReusedIDError
		year      *calendar.YearError
	)
	prefix := ""
	if part := (*withinError)(nil); errors.As(err, &part) {
		prefix = part.prefix
	}
	field := func(name string, text i18n.Text) error {
		var f faults
		f.add(ctx, prefix+name, text)
		return f.err(ctx)
	}
	switch {
	case errors.As(err, &outside):
		near := s.desk.City().UnitName(roster.Unit{Kind: roster.UnitArea, ID: string(outside.NearestArea)})
		far := i18n.Metres(outside.DistanceM)
		text := i18n.F("outside the city: %[1]s is %[3]s away, bearing %.0[5]f°", "位于城市之外：距%[2]s %[4]s，方位 %.0[5]f°", near.En, near.Zh, far.En, far.Zh, outside.BearingDeg)
		if g := routing.GuessWords(outside.Guess); g.En != "" {
			text = i18n.Text{En: text.En + "; " + g.En, Zh: text.Zh + "；" + g.Zh}
		}
		return field("position", text)
	case errors.As(err, &position):
		return field("position", routing.PositionErrorText(position))
	case errors.As(err, &category):
		return field("category", i18n.F("%[1]q is not in the table; nearest: %[2]s", "类别 %[1]q 不存在；相近的有：%[3]s", clip(string(category.Code)), category.Names.En, category.Names.Zh))
	case errors.As(err, &condition):
		return field("condition", i18n.F("%[1]s has no filing condition %[2]q; it has %[3]s", "%[1]s 没有立案条件 %[2]q；可选：%[3]s", condition.Code, clip(condition.Condition), strings.Join(condition.Have, ", ")))
	case errors.As(err, &refused):
		instead := fmt.Sprint(refused.Instead)
		return fail(ctx, codes.FailedPrecondition, "ACT_REFUSED", refused.Why, map[string]string{"case": refused.Case.String(), "stage": refused.Stage.String(), "possible": instead},
			&errdetails.PreconditionFailure{Violations: []*errdetails.PreconditionFailure_Violation{{Type: "STAGE", Subject: "cases/" + refused.Case.String(), Description: refused.Why.In(auth.LanguageOf(ctx))}}})
	case errors.As(err, &denied):
		return fail(ctx, codes.PermissionDenied, "NOT_ALLOWED", denied.Why, map[string]string{"act": string(denied.Act)})
	case errors.As(err, &stale):
		who := s.called(stale.Last.Actor)
		return fail(ctx, codes.Aborted, "STALE_ETAG", i18n.F("the case has moved on by %[6]d events: last %[5]s, %[1]s at %[3]s; read it again", "案件已有 %[6]d 条新动态：最近一条由%[5]s于 %[3]s %[2]s；请重新读取",
			stale.Last.Kind.Text().En, stale.Last.Kind.Text().Zh, stale.Last.At.In(s.desk.City().Location).Format(time.RFC3339), "", who, stale.Since),
			map[string]string{"etag": etag(stale.Have), "actor": string(stale.Last.Actor), "event": stale.Last.Kind.String()})
	case errors.As(err, &reused):
		names := make([]string, len(reused.Differs))
		for i, d := range reused.Differs {
			if names[i] = d; reused.Report {
				names[i] = prefix + d
			}
		}
		differs := strings.Join(names, ", ")
		return fail(ctx, codes.AlreadyExists, "ID_REUSED", i18n.F("id %[1]q was used before with other content; different: %[2]s", "编号 %[1]q 已用于其他内容；不同之处：%[2]s", reused.ID, differs), map[string]string{"case": reused.Case.String(), "differs": differs})
	case errors.As(err, &year):
		return fail(ctx, codes.FailedPrecondition, "HOLIDAYS_MISSING", i18n.F("no holidays are loaded for %[1]d; the grid office must add holidays/%[1]d.json", "尚未载入 %[1]d 年节假日，请网格办添加 holidays/%[1]d.json", year.Year), nil)
	case errors.Is(err, ledger.ErrNoScope):
		return fail(ctx, codes.NotFound, "NOT_FOUND", s.yours(auth.PersonOf(ctx)), nil)
	case errors.Is(err, ledger.ErrNoCase):
		return fail(ctx, codes.NotFound, "NOT_FOUND", i18n.F("no such case, or it is not yours to see", "案件不存在或无权查看"), nil)
	case errors.Is(err, view.ErrAhead):
		return fail(ctx, codes.OutOfRange, "REVISION_AHEAD", i18n.F("the store has not reached that revision; begin anew without one", "存储尚未到达该版本，请不带版本重新开始"), nil)
	case errors.Is(err, storage.ErrCompacted):
		return fail(ctx, codes.OutOfRange, "REVISION_GONE", i18n.F("the feed no longer reaches back to that revision: read the list, then watch without a revision or from a later one", "变更流已不含该版本：请重新读取列表，再不带版本或从更新的版本开始订阅"), nil)
	case errors.Is(err, storage.ErrClosed), errors.Is(err, ledger.ErrStopped):
		return fail(ctx, codes.Unavailable, "STOPPING", i18n.F("the service is stopping; try again", "服务正在停止，请稍后重试"), nil, &errdetails.RetryInfo{RetryDelay: durationpb.New(time.Second)})
	case errors.Is(err, ledger.ErrBadToken):
		return field("page_token", i18n.F("it was not made for this query: scope, filter, order or another field differs; ask as for the first page, or start again without one", "分页令牌与本次查询不符（范围、过滤、排序等有变）；请按首页条件查询，或不带令牌从头开始"))
	case errors.Is(err, storage.ErrUncertain): // before the others: it may hold them as its cause
		return fail(ctx, codes.Unavailable, "WRITE_UNCERTAIN", i18n.F("the disk of the service failed, and it is not known whether it was written; send it again with the same id", "服务磁盘出错，无法确定本次内容是否已写入；请用相同编号重新发送"), nil, &errdetails.RetryInfo{RetryDelay: durationpb.New(2 * time.Second)})
	case errors.Is(err, storage.ErrRebuilding): // before ErrFailed, of which it may be the cause
		return fail(ctx, codes.Unavailable, "STORAGE_REBUILDING", i18n.F("the service found damage in its index and is making it anew; nothing was written; try again in a moment", "服务发现索引损坏，正在重建；本次未写入任何内容；请稍后重试"), nil, &errdetails.RetryInfo{RetryDelay: durationpb.New(2 * time.Second)})
	case errors.Is(err, storage.ErrFull): // logged where it is met, once and not for every call
		return fail(ctx, codes.ResourceExhausted, "STORAGE_FULL", i18n.F("the service has no room on its disk, and nothing was written; keep it and send it again later, and tell the operator", "服务磁盘已满，本次未写入任何内容；请保留并稍后重发，同时通知系统管理员"), nil, &errdetails.RetryInfo{RetryDelay: durationpb.New(10 * time.Second)})
	case errors.Is(err, storage.ErrFailed):
		return fail(ctx, codes.Unavailable, "STORAGE_FAILED", i18n.F("the service can't write to its disk at present, and nothing was written; keep it and send it again later, and tell the operator", "服务暂时无法写入磁盘，本次未写入任何内容；请保留并稍后重发，同时通知系统管理员"), nil, &errdetails.RetryInfo{RetryDelay: durationpb.New(10 * time.Second)})
	case errors.Is(err, storage.ErrBusy), errors.Is(err, storage.ErrConflict):
		return fail(ctx, codes.ResourceExhausted, "BUSY", i18n.F("too many writers at once; try again", "写入繁忙，请稍后重试"), nil, &errdetails.RetryInfo{RetryDelay: durationpb.New(200 * time.Millisecond)})
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return status.FromContextError(err).Err()
	default:
		if out, ok := s.cityRefusal(ctx, err); ok {
			return out
		}
		s.log.ErrorContext(ctx, "call failed", "method", method, "err", err)
		return fail(ctx, codes.Internal, "INTERNAL", i18n.F("something went wrong on our side; it has been logged", "服务内部错误，已记录"), nil)
	}
}

// yours names the units that a person may ask for, where the unit asked for is out of reach.
func (s *server) yours(person roster.PersonID) i18n.Text {
	var units []string
	for _, h := range s.desk.City().Roster.PostsOf(person, s.now()) {
		if u := h.Unit.String(); !slices.Contains(units, u) {
			units = append(units, u)
		}
	}
	if units == nil {
		return i18n.F("this scope is not yours to see: you hold no post today", "无权查看该范围：您当前没有任何岗位")
	}
	list := strings.Join(units[:min(len(units), maxOffered)], ", ")
	return i18n.F("this scope is not yours to see; ask for a unit at or below one where you hold a post: %s", "无权查看该范围；请查询您任职的单位或其下级：%s", list)
}

// called is the name of the person who acted, or of the service where no person did.
func (s *server) called(id roster.PersonID) string {
	if p, ok := s.desk.City().Roster.Person(id); ok {
		return p.Name + " (" + string(id) + ")"
	}
	if id == "" {
		return "wangge"
	}
	return string(id)
}

// recovered turns a panic into Internal and logs its stack: one bad call does not end the service.
func (s *server) recovered(ctx context.Context, method string, err *error) {
	if p := recover(); p != nil {
		s.log.ErrorContext(ctx, "panic", "method", method, "panic", p, "stack", string(debug.Stack()))
		*err = fail(ctx, codes.Internal, "INTERNAL", i18n.F("something went wrong on our side; it has been logged", "服务内部错误，已记录"), nil)
	}
}
