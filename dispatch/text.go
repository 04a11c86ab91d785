package dispatch

import (
	"cmp"
	"maps"
	"slices"

	"wangge/dispatch/i18n"
)

var stageTexts = map[Stage]i18n.Text{
	Reported:     {En: "reported", Zh: "待受理"},
	Verifying:    {En: "verifying", Zh: "核实中"},
	Accepted:     {En: "accepted", Zh: "待立案"},
	Filed:        {En: "filed", Zh: "待派遣"},
	Dispatched:   {En: "dispatched", Zh: "已派遣"},
	Handling:     {En: "handling", Zh: "处置中"},
	Checking:     {En: "checking", Zh: "待核查"},
	Closed:       {En: "closed", Zh: "已结案"},
	Returned:     {En: "returned", Zh: "已回退（待重派）"},
	Arbitration:  {En: "arbitration", Zh: "待裁定"},
	Suspended:    {En: "suspended", Zh: "挂账"},
	Rejected:     {En: "rejected", Zh: "不予立案"},
	Voided:       {En: "voided", Zh: "作废"},
	Merged:       {En: "merged", Zh: "已合并"},
	SelfResolved: {En: "self_resolved", Zh: "自行处置"},
}

// Text is the stage in both languages; the English word is also its stable text form.
func (s Stage) Text() i18n.Text {
	if t, ok := stageTexts[s]; ok {
		return t
	}
	return i18n.Text{En: "unknown", Zh: "未知"}
}

// stageWords are the stages whose stable English word does not stand in a sentence.
var stageWords = map[Stage]string{
	Verifying: "being verified", Handling: "being handled", Checking: "being checked", Arbitration: "in arbitration",
	SelfResolved: "self-resolved",
}

// Words is the stage for people: the English stands behind "the case is", as in "the case is being handled".
func (s Stage) Words() i18n.Text {
	return i18n.Text{En: cmp.Or(stageWords[s], s.Text().En), Zh: s.Text().Zh}
}

// String is the English word.
func (s Stage) String() string { return s.Text().En }

// actTexts has every act.
var actTexts = map[Act]string{
	ActFile: "上报", ActVerify: "转核实", ActConfirm: "核实结果", ActAccept: "受理立案", ActReject: "不予立案", ActVoid: "作废", ActSelfResolve: "自行处置",
	ActDispatch: "派遣", ActReroute: "改派", ActReturn: "回退", ActRefer: "提请裁定", ActArbitrate: "裁定", ActStart: "开始处置", ActAcknowledge: "签收", ActHandOver: "移交",
	ActExtend: "申请延期", ActDecideExtension: "延期审批", ActSuspend: "申请挂账", ActDecideSuspension: "挂账审批", ActResume: "恢复处置",
	ActCompleteMilestone: "节点完成", ActAssist: "协办完成", ActResolve: "处置反馈", ActCheck: "核查", ActClose: "结案", ActForceClose: "强制结案",
	ActSupervise: "督办", ActAnswer: "督办回复", ActReclassify: "改类", ActMerge: "合并", ActUnmerge: "撤销合并", ActAttach: "关联主案", ActDetach: "移出批量案件",
	ActAppeal: "申诉", ActDecideAppeal: "申诉审批", ActReopen: "重新立案", ActReply: "回访", ActComment: "备注",
	ActEscalate: "手动升级", ActPlan: "预览城市变更", ActApply: "启用城市版本", ActRule: "权属认定", ActDirectory: "读取城市目录", ActTokens: "管理令牌", ActCampaign: "启停专项行动", ActReview: "查阅",
	ActTick: "到时提醒", ActReproject: "重算时限", ActImport: "导入",
}

var eventTexts = map[EventKind]i18n.Text{
	EventReported: {En: "reported", Zh: "上报"}, EventAccepted: {En: "accepted", Zh: "受理"}, EventFiled: {En: "filed", Zh: "立案"}, EventDispatched: {En: "dispatched", Zh: "派遣"},
	EventReturned: {En: "returned", Zh: "回退"}, EventStarted: {En: "started", Zh: "开始处置"}, EventResolved: {En: "resolved", Zh: "处置反馈"}, EventCheckPassed: {En: "check_passed", Zh: "核查通过"},
	EventCheckFailed: {En: "check_failed", Zh: "核查不通过"}, EventClosed: {En: "closed", Zh: "结案"}, EventEscalated: {En: "escalated", Zh: "到期提醒"}, EventStepSkipped: {En: "step_skipped", Zh: "提醒跳过"},
	EventImported: {En: "imported", Zh: "导入"}, EventVerifying: {En: "verifying", Zh: "转核实"}, EventVerified: {En: "verified", Zh: "核实结果"}, EventRejected: {En: "rejected", Zh: "不予立案"},
	EventVoided: {En: "voided", Zh: "作废"}, EventSelfResolved: {En: "self_resolved", Zh: "自行处置"}, EventRerouted: {En: "rerouted", Zh: "改派"}, EventReferred: {En: "referred", Zh: "提请裁定"},
	EventArbitrated: {En: "arbitrated", Zh: "裁定"}, EventRequested: {En: "asked", Zh: "申请"}, EventGranted: {En: "granted", Zh: "初审同意"}, EventDenied: {En: "denied", Zh: "不同意"},
	EventExtended: {En: "extended", Zh: "延期"}, EventSuspended: {En: "suspended", Zh: "挂账"}, EventResumed: {En: "resumed", Zh: "恢复处置"}, EventMilestoneCompleted: {En: "reached", Zh: "节点完成"},
	EventAssisted: {En: "assisted", Zh: "协办完成"}, EventSupervised: {En: "supervised", Zh: "督办"}, EventAnswered: {En: "answered", Zh: "督办回复"}, EventAppealDecided: {En: "appeal_decided", Zh: "申诉结果"},
	EventReopened: {En: "reopened", Zh: "重新立案"}, EventMerged: {En: "merged", Zh: "合并"}, EventUnmerged: {En: "unmerged", Zh: "撤销合并"}, EventAttached: {En: "attached", Zh: "关联主案"},
	EventDetached: {En: "detached", Zh: "移出批量案件"}, EventReplied: {En: "replied", Zh: "回访"}, EventCommented: {En: "commented", Zh: "备注"}, EventReclassified: {En: "reclassified", Zh: "改类"},
	EventProposed: {En: "proposed", Zh: "建议并案"}, EventEscalatedByHand: {En: "raised", Zh: "手动升级"}, EventReminded: {En: "nudged", Zh: "催办"}, EventRevised: {En: "revised", Zh: "版本调整"},
	EventAcknowledged: {En: "acknowledged", Zh: "签收"}, EventReceiptMissed: {En: "receipt_missed", Zh: "逾期未签收"}, EventHandedOver: {En: "handed_over", Zh: "移交"},
	EventLimitSuspended: {En: "limit_suspended", Zh: "暂停计时"}, EventLimitStarted: {En: "limit_started", Zh: "停止后起算"}, EventLimitResumed: {En: "limit_resumed", Zh: "恢复计时"},
	EventSecondDispatched: {En: "second_dispatched", Zh: "二次派遣"}, EventSecondDispatchMissed: {En: "second_dispatch_missed", Zh: "逾期未二次派遣"}, EventPassedUp: {En: "passed_up", Zh: "上报上级平台"},
	EventPartDispatched: {En: "part_dispatched", Zh: "协办二次派遣"},
	EventForceClosed:    {En: "force_closed", Zh: "强制结案"}, EventReprojected: {En: "reprojected", Zh: "时限重算"},
}

// Text is the event in both languages; the English word is also its stable text form.
func (k EventKind) Text() i18n.Text {
	if t, ok := eventTexts[k]; ok {
		return t
	}
	return i18n.Text{En: "unknown", Zh: "未知"}
}

// String is the English word.
func (k EventKind) String() string { return k.Text().En }

// Acts lists every act, by name.
func Acts() []Act { return slices.Sorted(maps.Keys(actTexts)) }

// Text is the act in both languages; the English word is also its stable text form.
func (a Act) Text() i18n.Text { return i18n.Text{En: string(a), Zh: actTexts[a]} }

// SourceNames are the stable text forms of the sources, by value.
var SourceNames = [...]string{"unknown", "inspector", "hotline", "public", "media", "leader", "video", "import"}

// sourceTexts are the sources in Chinese, by value.
var sourceTexts = [...]string{"未知", "监督员", "热线", "公众", "媒体", "领导", "视频", "导入"}

// Text is the source in both languages; the English word is also its stable text form.
func (s Source) Text() i18n.Text {
	if s < 0 || int(s) >= len(sourceTexts) {
		s = SourceUnknown
	}
	return i18n.Text{En: SourceNames[s], Zh: sourceTexts[s]}
}

// String is the source's stable text form.
func (s Source) String() string {
	if s < 0 || int(s) >= len(SourceNames) {
		return SourceNames[0]
	}
	return SourceNames[s]
}

var (
	reasonTexts = map[ReturnReason]i18n.Text{
		NotMyArea: {En: "not my area", Zh: "非本辖区"}, NotMyLine: {En: "not my line", Zh: "非本部门职责"}, NoJurisdiction: {En: "no jurisdiction", Zh: "无管理权限"},
		NeedInformation: {En: "need information", Zh: "信息不全"}, Duplicate: {En: "duplicate", Zh: "重复案件"},
	}
	outcomeTexts = map[Outcome]i18n.Text{OutcomeFixed: {En: "fixed", Zh: "已解决"}, OutcomeNotFixed: {En: "closed without a fix", Zh: "未解决结案"}, OutcomeMisfiled: {En: "filed by mistake", Zh: "误立案"}}
	lightTexts   = map[string]i18n.Text{"green": {En: "green", Zh: "绿灯"}, "yellow": {En: "yellow", Zh: "黄灯"}, "red": {En: "red", Zh: "红灯"}}
	requestTexts = map[string]i18n.Text{
		"extension": {En: "an extension", Zh: "延期"}, "suspension": {En: "a suspension", Zh: "挂账"}, "force_close": {En: "closing by force", Zh: "强制结案"}, "appeal": {En: "an appeal", Zh: "申诉"},
	}
	appealTexts = map[string]i18n.Text{"filed": {En: "filed", Zh: "已提出"}, "upheld": {En: "the overtime counts", Zh: "维持超时"}, "exempted": {En: "the overtime does not count", Zh: "免责"}}
)

// levelTexts are the levels of areas that cities commonly have.
var levelTexts = map[string]i18n.Text{
	"city": {En: "city", Zh: "市"}, "district": {En: "district", Zh: "区"}, "county": {En: "county", Zh: "县"}, "street": {En: "street", Zh: "街道"},
	"town": {En: "town", Zh: "镇"}, "community": {En: "community", Zh: "社区"}, "village": {En: "village", Zh: "村"}, "grid": {En: "grid", Zh: "网格"},
}

// LevelText is a level of areas in both languages, by its word in city.yaml; an uncommon word is returned as it is.
func LevelText(level string) i18n.Text { return textOf(levelTexts, level) }

// Text is the reason in both languages; empty for no reason.
func (r ReturnReason) Text() i18n.Text { return reasonTexts[r] }

// Text is the outcome in both languages; empty for none.
func (o Outcome) Text() i18n.Text { return outcomeTexts[o] }

// LightText is the light of a ladder's step in both languages.
func LightText(light string) i18n.Text { return textOf(lightTexts, light) }

// RequestText is what a request asks for in both languages, by its stable word.
func RequestText(word string) i18n.Text { return textOf(requestTexts, word) }

// requestWords are the stable words of the kinds of requests.
var requestWords = [...]string{
	RequestExtension: "extension", RequestSuspension: "suspension", RequestForceClose: "force_close", RequestAppeal: "appeal",
}

// Text is what a request asks for in both languages; empty for none.
func (k RequestKind) Text() i18n.Text {
	if k <= NoRequest || int(k) >= len(requestWords) {
		return i18n.Text{}
	}
	return RequestText(requestWords[k])
}

// AppealText is the state of an appeal in both languages, by its stable word.
func AppealText(word string) i18n.Text { return textOf(appealTexts, word) }

// textOf is the text of a word, or the word itself.
func textOf(table map[string]i18n.Text, word string) i18n.Text {
	if t, ok := table[word]; ok {
		return t
	}
	return i18n.Text{En: word, Zh: word}
}
