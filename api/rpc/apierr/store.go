package apierr

import (
	"context"
	"errors"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"wangge/dispatch/desk/ledger"
	"wangge/dispatch/desk/view"
	"wangge/dispatch/i18n"
	"wangge/storage"
)

// OtherToken says that a page token was made for another request.
var OtherToken = i18n.F(
	"it was not made for this query: scope, filter, order or another field differs; ask as for the first page, or start again without one",
	"分页令牌与本次查询不符（范围、过滤、排序等有变）；请按首页条件查询，或不带令牌从头开始")

// storeErrors are about the store, the feed and pages of them.
var storeErrors = []mapping{
	is(codes.OutOfRange, "REVISION_AHEAD",
		i18n.F("the store has not reached that revision; begin anew without one", "存储尚未到达该版本，请不带版本重新开始"), 0, view.ErrAhead),
	is(codes.OutOfRange, "REVISION_GONE",
		i18n.F("the feed no longer reaches back to that revision: read the list, then watch without a revision or from a later one",
			"变更流已不含该版本：请重新读取列表，再不带版本或从更新的版本开始订阅"), 0, storage.ErrCompacted),
	is(codes.Unavailable, "STOPPING",
		i18n.F("the service is stopping; try again", "服务正在停止，请稍后重试"), time.Second, storage.ErrClosed, ledger.ErrStopped),
	func(t *telling, err error) error {
		if !errors.Is(err, ledger.ErrBadToken) {
			return nil
		}
		return t.field("page_token", OtherToken)
	},
	is(codes.Unavailable, "WRITE_UNCERTAIN", // before the others: it may hold them as its cause
		i18n.F("the disk of the service failed, and it is not known whether it was written; send it again with the same id",
			"服务磁盘出错，无法确定本次内容是否已写入；请用相同编号重新发送"), 2*time.Second, storage.ErrUncertain),
	is(codes.Unavailable, "STORAGE_REBUILDING", // before ErrFailed, of which it may be the cause
		i18n.F("the service found damage in its index and is making it anew; nothing was written; try again in a moment",
			"服务发现索引损坏，正在重建；本次未写入任何内容；请稍后重试"), 2*time.Second, storage.ErrRebuilding),
	is(codes.ResourceExhausted, "STORAGE_FULL", // logged where it is met, once and not for every call
		i18n.F("the service has no room on its disk, and nothing was written; keep it and send it again later, and tell the operator",
			"服务磁盘已满，本次未写入任何内容；请保留并稍后重发，同时通知系统管理员"), 10*time.Second, storage.ErrFull),
	is(codes.Unavailable, "STORAGE_FAILED",
		i18n.F("the service can't write to its disk at present, and nothing was written; keep it and send it again later, and tell the operator",
			"服务暂时无法写入磁盘，本次未写入任何内容；请保留并稍后重发，同时通知系统管理员"), 10*time.Second, storage.ErrFailed),
	is(codes.ResourceExhausted, "BUSY",
		i18n.F("too many writers at once; try again", "写入繁忙，请稍后重试"), 200*time.Millisecond, storage.ErrBusy, storage.ErrConflict),
	func(_ *telling, err error) error {
		if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
			return status.FromContextError(err).Err()
		}
		return nil
	},
}
