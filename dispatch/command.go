package dispatch

import (
	"fmt"
	"time"

	"wangge/dispatch/city/catalog"
	"wangge/dispatch/city/roster"
	"wangge/dispatch/i18n"
	"wangge/grid"
)

// Act is what a person asks of a case. Text form is the glossary's word.
type Act string

// Acts. What each may do, when and by whom is in the table of transitions.
const (
	ActFile             Act = "file"              // a report arrives (inspector: filed and dispatched at once)
	ActVerify           Act = "verify"            // 转核实
	ActConfirm          Act = "confirm"           // 核实结果
	ActAccept           Act = "accept"            // 受理并立案
	ActReject           Act = "reject"            // 不予立案
	ActVoid             Act = "void"              // 作废
	ActSelfResolve      Act = "self_resolve"      // 自行处置
	ActDispatch         Act = "dispatch"          // 派遣
	ActReroute          Act = "reroute"           // 改派
	ActReturn           Act = "return"            // 回退
	ActRefer            Act = "refer"             // 提请裁定
	ActArbitrate        Act = "arbitrate"         // 裁定
	ActStart            Act = "start"             // 开始处置
	ActExtend           Act = "extend"            // 申请延期
	ActDecideExtension  Act = "decide_extension"  // 延期审批
	ActSuspend          Act = "suspend"           // 申请挂账
	ActDecideSuspension Act = "decide_suspension" // 挂账审批
	ActResume           Act = "resume"            // 恢复处置
	ActReach            Act = "reach"             // 节点完成
	ActAssist           Act = "assist"            // 协办完成
	ActResolve          Act = "resolve"           // 处置反馈
	ActCheck            Act = "check"             // 核查
	ActClose            Act = "close"             // 结案
	ActForceClose       Act = "force_close"       // 强制结案
	ActEscalate         Act = "escalate"          // 手动升级
	ActSupervise        Act = "supervise"         // 督办
	ActAnswer           Act = "answer"            // 督办回复
	ActReclassify       Act = "reclassify"        // 改类
	ActMerge            Act = "merge"             // 合并
	ActUnmerge          Act = "unmerge"           // 撤销合并
	ActAttach           Act = "attach"            // 并入专案
	ActDetach           Act = "detach"            // 移出专案
	ActAppeal           Act = "appeal"            // 申诉
	ActDecideAppeal     Act = "decide_appeal"     // 申诉审批
	ActReopen           Act = "reopen"            // 重新立案
	ActReply            Act = "reply"             // 回访
	ActComment          Act = "comment"           // 备注
	ActTick             Act = "tick"              // the keeper's: fire what is due
	ActReproject        Act = "reproject"         // the calendar changed: move open deadlines
	ActImport           Act = "import"            // take over a past record's end
)

// Command is one request against one case. Only the fields of its act are read. A report on its way to become a case,
// and what the desk looks up for an act, are no part of it: see lifecycle.Facts.
type Command struct {
	Act   Act
	At    time.Time // the service's clock when the command was taken
	Actor roster.PersonID
	Post  roster.PostID
	Note  string // the reason or the answer in words, where the act needs one

	Condition string          // Accept, Reclassify
	Owner     *Owner          // Dispatch, Reroute, Arbitrate: by hand; nil = by rule
	Reason    ReturnReason    // Return
	Handler   roster.PersonID // Start; "" = the actor
	Photos    []string        // Confirm, SelfResolve, Reach, Assist, Resolve, Check
	Passed    bool            // Confirm, Check, the three Decide…: the word that is given
	To        string          // Escalate: whom, as a step of a ladder says it
	Closing   string          // Close, ForceClose
	Outcome   Outcome         // Close, ForceClose, Import

	Category  catalog.Code   // Reclassify
	Until     time.Time      // Suspend: when the work goes on; Arbitrate: when the precedent ends
	Position  *grid.Position // Check: where the checker stands
	Milestone string         // Reach
	Party     roster.Unit    // Assist; zero = the one co-owner that the actor speaks for
	Target    CaseID         // Merge, Attach
	Satisfied Satisfaction   // Reply
	RadiusM   float64        // Arbitrate: how far around the place the ruling holds
	Patterns  []string       // Arbitrate: the categories that it holds for; none = the case's own
}

// RefusedError says why an act is not possible now and what to do instead. Nothing was changed.
type RefusedError struct {
	Case    CaseID
	Act     Act
	Stage   Stage
	Why     i18n.Text
	Instead []Act // acts that this stage allows; after Narrow, those that the actor may do

	ByStage bool // the stage is the reason, and Why lists Instead
}

// Error implements error.
func (e *RefusedError) Error() string {
	return fmt.Sprintf("case %s: %s: %s", e.Case, e.Act, e.Why.En)
}

// Acts of the grid office: they concern no case but the city itself.
const (
	ActPlan      Act = "plan"           // see what a city directory would change
	ActApply     Act = "apply"          // let another revision decide
	ActRule      Act = "rule"           // make or revoke a precedent
	ActDirectory Act = "read_directory" // read the files of the directory: phones, addresses, absences
	ActReview    Act = "review"         // ask the city: where, whose, revisions, precedents
)
