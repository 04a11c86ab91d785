package dispatch

import (
	"fmt"
	"time"

	"wangge/dispatch/city/catalog"
	"wangge/dispatch/city/roster"
	"wangge/dispatch/i18n"
	"wangge/grid"
)

// Act is what a person, or the service itself, does to a case or to the city. The text is stable: it is on the wire
// and in records.
type Act string

// Acts. Package lifecycle says who may do each of them, and when.
const (
	ActFile              Act = "file"              // a report arrives (inspector: filed and dispatched at once)
	ActVerify            Act = "verify"            // 转核实
	ActConfirm           Act = "confirm"           // 核实结果
	ActAccept            Act = "accept"            // 受理并立案
	ActReject            Act = "reject"            // 不予立案
	ActVoid              Act = "void"              // 作废
	ActSelfResolve       Act = "self_resolve"      // 自行处置
	ActDispatch          Act = "dispatch"          // 派遣
	ActReroute           Act = "reroute"           // 改派
	ActReturn            Act = "return"            // 回退
	ActRefer             Act = "refer"             // 提请裁定
	ActArbitrate         Act = "arbitrate"         // 裁定
	ActAcknowledge       Act = "acknowledge"       // 签收
	ActStart             Act = "start"             // 开始处置
	ActHandOver          Act = "hand_over"         // 移交
	ActExtend            Act = "extend"            // 申请延期
	ActDecideExtension   Act = "decide_extension"  // 延期审批
	ActSuspend           Act = "suspend"           // 申请挂账
	ActDecideSuspension  Act = "decide_suspension" // 挂账审批
	ActResume            Act = "resume"            // 恢复处置
	ActCompleteMilestone Act = "reach"             // 节点完成
	ActAssist            Act = "assist"            // 协办完成
	ActResolve           Act = "resolve"           // 处置反馈
	ActCheck             Act = "check"             // 核查
	ActClose             Act = "close"             // 结案
	ActForceClose        Act = "force_close"       // 强制结案
	ActEscalate          Act = "escalate"          // 手动升级
	ActSupervise         Act = "supervise"         // 督办
	ActAnswer            Act = "answer"            // 督办回复
	ActReclassify        Act = "reclassify"        // 改类
	ActMerge             Act = "merge"             // 合并
	ActUnmerge           Act = "unmerge"           // 撤销合并
	ActAttach            Act = "attach"            // 关联主案
	ActDetach            Act = "detach"            // 移出批量案件
	ActAppeal            Act = "appeal"            // 申诉
	ActDecideAppeal      Act = "decide_appeal"     // 申诉审批
	ActReopen            Act = "reopen"            // 重新立案
	ActReply             Act = "reply"             // 回访
	ActComment           Act = "comment"           // 备注
	ActTick              Act = "tick"              // the timer loop's: fire what is due
	ActReproject         Act = "reproject"         // the calendar changed: move open deadlines
	ActImport            Act = "import"            // take over how a past record ended
)

// Command is one request against one case. Only the fields of its act are read. A report on its way to become a case,
// and what the desk looks up for an act, are no part of it: see lifecycle.Facts.
type Command struct {
	Act   Act
	At    time.Time // the service's clock when the command was taken
	Actor roster.PersonID
	Post  roster.PostID
	Note  string // the reason or the answer in words, where the act needs one

	Condition string           // Accept, Reclassify
	Severity  catalog.Severity // Accept, Reclassify: as the desk judges it; zero = that of the condition
	Owner     *Owner           // Dispatch, Reroute, Arbitrate: by hand; nil = by rule
	Reason    ReturnReason     // Return
	Handler   roster.PersonID  // Start: "" = the actor; HandOver
	Photos    []string         // Confirm, SelfResolve, CompleteMilestone, Assist, Resolve, Check
	Passed    bool             // Confirm, Check, the three Decide…: the decision
	To        string           // Escalate: the recipients, in the words of a ladder's step
	Closing   string           // Close, ForceClose
	Outcome   Outcome          // Close, ForceClose, Import

	Category  catalog.Code   // Reclassify
	Until     time.Time      // Suspend: when the work resumes; Arbitrate: when the precedent ends
	Position  *grid.Position // Check: where the checker is
	Milestone string         // CompleteMilestone
	Party     roster.Unit    // Assist, Acknowledge; zero = the one co-owner that the actor speaks for
	Target    CaseID         // Merge, Attach
	Satisfied Satisfaction   // Reply
	RadiusM   float64        // Arbitrate: the radius around the place in which the ruling holds
	Patterns  []string       // Arbitrate: the categories for which it holds; none = that of the case
	Denied    bool           // ForceClose: no to the request of the other; the acts that decide and nothing else have Passed
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
	ActPlan      Act = "plan"           // preview what a city directory would change
	ActApply     Act = "apply"          // activate another revision
	ActRule      Act = "rule"           // make or revoke a precedent
	ActDirectory Act = "read_directory" // read the files of the directory, with phones, addresses and absences
	ActCampaign  Act = "run_campaign"   // start and stop a campaign of the city
	ActTokens    Act = "keep_tokens"    // make, renew, list and revoke the tokens of other people
	ActReview    Act = "review"         // ask about places, owners, revisions and precedents
)
