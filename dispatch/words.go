package dispatch

import "wangge/dispatch/say"

var stageTexts = map[Stage]say.Text{
	Reported:     {En: "reported", Zh: "待受理"},
	Verifying:    {En: "verifying", Zh: "核实中"},
	Accepted:     {En: "accepted", Zh: "待立案"},
	Filed:        {En: "filed", Zh: "待派遣"},
	Dispatched:   {En: "dispatched", Zh: "已派遣"},
	Handling:     {En: "handling", Zh: "处置中"},
	Checking:     {En: "checking", Zh: "待核查"},
	Closed:       {En: "closed", Zh: "已结案"},
	Returned:     {En: "returned", Zh: "回退"},
	Arbitration:  {En: "arbitration", Zh: "争议"},
	Suspended:    {En: "suspended", Zh: "挂账"},
	Rejected:     {En: "rejected", Zh: "不予立案"},
	Voided:       {En: "voided", Zh: "作废"},
	Merged:       {En: "merged", Zh: "已合并"},
	SelfResolved: {En: "self_resolved", Zh: "自行处置"},
}

// Text is the stage in both languages; the English word is also its stable text form.
func (s Stage) Text() say.Text {
	if t, ok := stageTexts[s]; ok {
		return t
	}
	return say.Text{En: "unknown", Zh: "未知"}
}

// String is the English word.
func (s Stage) String() string { return s.Text().En }

var actTexts = map[Act]string{
	ActFile: "上报", ActAccept: "受理立案", ActDispatch: "派遣", ActReturn: "回退", ActStart: "开始处置", ActResolve: "处置反馈",
	ActPlan: "预览城市变更", ActApply: "启用城市版本", ActRule: "确权裁定", ActReview: "查阅",
	ActCheck: "核查", ActClose: "结案", ActEscalate: "手动升级", ActTick: "督办", ActImport: "导入",
}

// Text is the act in both languages; the English word is also its stable text form.
func (a Act) Text() say.Text { return say.Text{En: string(a), Zh: actTexts[a]} }
