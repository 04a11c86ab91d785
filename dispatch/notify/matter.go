package notify

import (
	"time"

	"wangge/dispatch/i18n"
)

// matter is what a notice is about: the word in front of its subject, what happened or is to be done in one sentence, and
// what the words of the person who acted are.
type matter struct{ label, what, reason i18n.Text }

// What the words of the person who acted are.
var (
	instruction = i18n.Text{En: "Instruction", Zh: "要求"}
	reason      = i18n.Text{En: "Reason", Zh: "原因"}
	opinion     = i18n.Text{En: "Opinion", Zh: "意见"}
	response    = i18n.Text{En: "Answer", Zh: "回复"}
	remark      = i18n.Text{En: "Remark", Zh: "说明"}
)

func about(en, zh, whatEn, whatZh string, reason i18n.Text) matter {
	return matter{i18n.Text{En: en, Zh: zh}, i18n.Text{En: whatEn, Zh: whatZh}, reason}
}

// matters are the matters of notices by the words of an item: kind, then why the person is notified, or what is asked
// for. The more particular key wins: see matterOf.
var matters = map[string]matter{
	"reported":           about("To accept", "待受理", "A report has arrived. Please accept or reject it.", "有新上报问题，请受理。", remark),
	"proposed":           about("Possible duplicate", "疑似重复", "The case may repeat another. Please decide whether the two are one matter.", "本案可能与另一案件重复，请判定是否并案。", remark),
	"verifying":          about("Go and verify", "核实任务", "Please go to the place and verify the report.", "请到现场核实上报问题。", instruction),
	"verified":           about("Verified: found", "核实属实", "The matter was found at the place. Please file the report.", "现场核实属实，请立案。", remark),
	"verified/not_found": about("Verified: not found", "核实不属实", "The matter was not found at the place. Please decide on the report.", "现场核实不属实，请作出受理决定。", remark),
	"filed":              about("To dispatch", "待派遣", "The case is filed. Please dispatch it.", "案件已立案，请派遣。", remark),
	"dispatched":         about("Dispatch", "派遣", "The case is dispatched to your unit. Please do the work by the deadline.", "案件已派遣至贵单位，请按时处置。", instruction),
	"dispatched/again":   about("Reopened", "重新立案", "The matter has come back: the case is filed again and dispatched to your unit. Please do the work by the deadline.", "问题复发，已重新立案并派遣至贵单位，请按时处置。", instruction),
	"co_owner":           about("Assist", "协办", "Your unit is co-owner of the case. Please support its owner.", "贵单位为本案协办单位，请配合责任单位。", instruction),
	"dispatched/sent":    about("Go there", "到场任务", "Please go to the place at once and guard it until the units arrive.", "请立即赶赴现场查看并看护，等待处置力量到场。", instruction),
	"sent":               about("Go there", "到场任务", "Please go to the place and guard it until the units arrive.", "请赶赴现场查看并看护，等待处置力量到场。", remark),
	"recalled":           about("No need to go", "取消到场", "You need not go to the place any more: the case has ended, or goes on without you there.", "案件已终结或不再需要您到场，请勿再赶赴现场。", remark),
	"rerouted":           about("Rerouted to you", "改派", "The case is given to your unit. Please do the work; the deadline stays.", "案件改派至贵单位，时限连续计算，请按时处置。", reason),
	"rerouted/former":    about("Taken from you", "已改派", "The case is given to another unit. Your unit's work on it ends.", "案件已改派其他单位，贵单位不再处置。", reason),
	"returned":           about("Returned", "回退", "The owner has returned the case. Please dispatch it again.", "责任单位已回退案件，请重新派遣。", remark),
	"returned/former":    about("Taken from you", "协办终止", "The owner has returned the case. Your unit's part in it ends.", "责任单位已回退案件，贵单位不再协办。", remark),
	"referred":           about("To rule", "待裁定", "It is disputed which unit is accountable. Please rule.", "责任归属有争议，请裁定。", reason),
	"arbitrated":         about("Ruled", "裁定结果", "The dispute is ruled: the case goes to the unit named below.", "责任归属已裁定，案件由下列责任单位办理。", reason),
	"started":            about("Assigned to you", "交办", "You are named to do the work. Please finish it by the deadline.", "本案由您负责处置，请按时完成。", instruction),
	"resolved":           about("Go and check", "核查任务", "The work is reported done. Please go to the place and check it.", "责任单位已反馈处置完成，请到现场核查。", remark),
	"check_passed":       about("To close", "待结案", "The check has passed. Please close the case.", "案件核查通过，请结案。", remark),
	"check_failed":       about("Rework", "返工", "The check has failed. Please do the work again; the deadline stays.", "核查不通过，请返工，原时限不变。", reason),
	"reclassified":       about("Reclassified", "改类", "The case has another category or condition, and another limit.", "案件类别或立案条件已变更，时限随之调整。", reason),
	"resumed":            about("Work resumes", "恢复处置", "The suspension has ended. Please continue the work.", "挂账结束，请继续处置。", reason),
	"merged":             about("Merged", "已并案", "The case repeats another and is merged into it. Your unit's work on it ends.", "本案与在办案件重复，已并案，贵单位不再单独处置。", reason),
	"unmerged":           about("Unmerged", "撤销合并", "The merge is undone: the case goes on as a matter of its own.", "本案撤销合并，恢复办理。", reason),

	"dispatched/platform": about("Dispatch again", "二次派遣", "The case is dispatched to your platform. Please dispatch it to a unit of your area.", "案件已派遣至贵平台，请及时二次派遣到责任单位。", instruction),
	"rerouted/platform":   about("Dispatch again", "二次派遣", "The case is given to your platform. Please dispatch it to a unit of your area; its deadline continues.", "案件改派至贵平台，时限连续计算，请及时二次派遣到责任单位。", reason),
	"second_dispatched":   about("Dispatch", "二次派遣", "The platform of your area has dispatched the case to your unit. Its deadline runs from the first dispatch.", "案件由本区域平台二次派遣至贵单位，时限自首次派遣起算，请按时处置。", instruction),
	"passed_up":           about("To dispatch", "待派遣", "The platform below has passed the case up. Please dispatch it.", "下级平台已上报案件，请派遣。", reason),

	"second_dispatched/platform": about("Dispatch again", "二次派遣", "The platform above has dispatched the case to your platform. Please dispatch it to a unit of your area.", "上级平台已将案件派遣至贵平台，请及时派遣到责任单位。", instruction),
	"co_owner/platform":          about("Assist", "协办", "Your platform is co-owner of the case. Please give the part to a unit of your area.", "贵平台为本案协办单位，请及时派遣本区域单位办理。", instruction),
	"part_dispatched":            about("Assist", "协办二次派遣", "The platform of your area has given its part in the case to your unit. The deadline runs from the first dispatch.", "本区域平台将协办任务派遣至贵单位，时限自首次派遣起算，请按时办理。", instruction),
	"assisted":                   about("Part done", "协办完成", "A co-owner has reported its part done.", "协办单位已完成协办任务。", remark),
	"second_dispatch_missed":     about("Not dispatched again", "逾期未二次派遣", "The platform has not dispatched the case, or its part in the case, in time. Please dispatch it to a unit.", "平台逾期未二次派遣本案或其协办任务，请立即派遣到责任单位。", remark),

	"asked/extension":     about("Extension requested", "延期审批", "The owner asks for an extension. Please decide.", "责任单位申请延期，请审批。", reason),
	"asked/suspension":    about("Suspension requested", "挂账审批", "The owner asks for a suspension. Please decide.", "责任单位申请挂账，请审批。", reason),
	"asked/force_close":   about("Closing by force", "强制结案审批", "Closing by force is asked for. It needs your decision, too.", "有人申请强制结案，须由您共同决定。", reason),
	"asked/appeal":        about("Appeal", "申诉审批", "The owner appeals that the case counts as overdue. Please decide.", "责任单位就超时提出申诉，请审批。", reason),
	"granted/extension":   about("Extension: second decision", "延期审批", "The extension has been granted once. Please take the second decision.", "延期申请初审同意，请复审。", opinion),
	"granted/appeal":      about("Appeal: second decision", "申诉审批", "The appeal has been granted once. Please take the second decision.", "申诉初审同意，请复审。", opinion),
	"denied/extension":    about("Extension denied", "延期未批准", "The extension is denied; the deadline stays.", "延期申请未获批准，原时限不变。", opinion),
	"denied/suspension":   about("Suspension denied", "挂账未批准", "The suspension is denied. Please continue the work.", "挂账申请未获批准，请继续处置。", opinion),
	"denied/force_close":  about("Closing by force denied", "强制结案未批准", "The closing by force is denied. The case goes on.", "强制结案未获批准，案件继续办理。", opinion),
	"extended":            about("Extension granted", "延期批准", "The extension is granted. Please keep the new deadline.", "延期申请已批准，请按新的截止时间处置。", opinion),
	"suspended":           about("Suspension granted", "挂账批准", "The suspension is granted: the clock is paused until the date below.", "挂账申请已批准，挂账期间暂停计时。", opinion),
	"appeal_decided":      about("Appeal refused", "申诉未成立", "The appeal is refused: the case counts as overdue.", "申诉未成立，维持超时。", opinion),
	"appeal_decided/true": about("Appeal granted", "申诉成立", "The appeal is granted: the case does not count as overdue.", "申诉成立，超时免责。", opinion),

	"receipt_missed":     about("Not signed for", "逾期未签收", "Nobody has signed for the case in time. Please sign at once, or start the work.", "案件逾期未签收，请立即签收并处置。", remark),
	"handed_over":        about("Handed over to you", "移交", "The work on the case is handed over to you. Please finish it by the deadline.", "案件已移交由您处置，请按时完成。", reason),
	"handed_over/owner":  about("Back to the post", "处置人离岗", "The person who did the work has left, and the case is back at your post. Please arrange the work.", "原处置人员已离岗，案件退回本岗位，请安排处置。", remark),
	"handed_over/former": about("Handed over", "已移交", "The work on the case is handed over to a colleague; yours ends.", "案件已移交其他人员，您不再处置。", reason),

	"limit_suspended": about("Clock paused", "暂停计时", "A campaign of the city is under way: the clock is paused until it stops.", "专项行动进行中，案件暂停计时，停止后重新起算。", remark),
	"limit_started":   about("New deadline", "重新起算", "A campaign of the city has stopped and the limit counts anew from there. Please keep the new deadline.", "专项行动已停止，案件时限重新起算，请按新的截止时间处置。", remark),
	"limit_resumed":   about("Clock runs again", "恢复计时", "The pause is lifted: the clock runs again.", "专项行动的暂停已解除，案件恢复计时，请按时处置。", remark),

	"supervised": about("Supervision", "督办", "The case is supervised. Please do the work and answer.", "案件被督办，请抓紧处置并回复。", instruction),
	"answered":   about("Supervision answered", "督办回复", "Your supervision is answered.", "您督办的案件已回复。", response),

	"rejected":            about("Rejected", "不予立案", "The matter that you reported is not filed as a case.", "您上报的问题不予立案。", reason),
	"voided":              about("Voided", "作废", "Your report is cancelled.", "您上报的问题已作废。", reason),
	"voided/former":       about("Voided", "作废", "The case is void: it was filed by mistake. Your unit's work on it ends.", "案件作废（误立案），贵单位不再处置。", reason),
	"self_resolved":       about("Put right", "自行处置", "The matter that you reported was put right on the spot.", "您上报的问题已现场处置。", remark),
	"closed":              about("Closed", "结案", "The matter that you reported is closed.", "您上报的问题已结案。", opinion),
	"closed/former":       about("Closed", "结案", "The case is closed. Your unit's part in the case ends.", "案件已结案，贵单位的协办任务终止。", opinion),
	"force_closed":        about("Closed by force", "强制结案", "The case is closed by force.", "案件已强制结案。", reason),
	"force_closed/former": about("Closed by force", "强制结案", "The case is closed by force. Your unit's work on it ends.", "案件已强制结案，贵单位不再处置。", reason),
	"replied":             about("Reply", "回访", "The office has called back about the matter that you reported.", "已就您上报的问题进行回访。", response),

	"raised":         about("Escalated to you", "手动升级", "The case is escalated to you. Please see that it is done.", "案件已手动升级至您，请关注督促。", reason),
	"nudged":         about("Reminder", "催办", "Nobody has acted on the case. Please do the work soon.", "案件无人处理，请尽快处置。", remark),
	"revised":        about("Now yours", "责任调整", "Under a new revision of the city the case is your unit's. Please do the work by the deadline.", "城市版本调整，本案改由贵单位负责，请按时处置。", remark),
	"revised/freed":  about("Back to the post", "处置人离岗", "The person who did the work has left, and the case is back at your post. Please arrange the work.", "原处置人员已离岗，案件退回本岗位，请安排处置。", remark),
	"revised/former": about("No longer yours", "责任移出", "Under a new revision of the city the case is another unit's. Your unit's work on it ends.", "城市版本调整，本案改由其他单位负责，贵单位不再处置。", remark),
	"revised/next":   about("Waits for you", "转由您办理", "Under a new revision of the city the present stage of the case is yours. Please see to it.", "城市版本调整，本案现阶段转由您办理，请及时处理。", remark),

	"revised/decider": about("To decide", "待审批", "Under a new revision of the city a request waits for your decision. Please decide.", "城市版本调整，有申请转由您审批，请审批。", remark),
	"revised/lapsed":  about("Request lapsed", "申请失效", "Under a new revision of the city the case is no longer the work of the unit that asked. The request has lapsed; no decision is needed.", "城市版本调整，提出申请的单位不再负责本案，原申请失效，无须审批。", remark),
	"revised/sent":    about("Go there", "到场任务", "Under a new revision of the city you are sent to the place. Please go there at once.", "城市版本调整，改由您赶赴现场查看并看护，请立即到场。", remark),
}

// alarms are the matters of the ladder by light, before the deadline and after it.
var alarms = map[string][2]matter{
	"green":  {alarm("green", "绿灯", false), alarm("green", "绿灯", true)},
	"yellow": {alarm("yellow", "黄灯", false), alarm("yellow", "黄灯", true)},
	"red":    {alarm("red", "红灯", false), alarm("red", "红灯", true)},
	"":       {alarm("", "", false), alarm("", "", true)},
}

func alarm(en, zh string, overdue bool) matter {
	m := about("Deadline near", "到期提醒", "The deadline draws near. Please finish in time.", "案件临近办理时限，请抓紧办理。", remark)
	if overdue {
		m = about("Overdue", "超时提醒", "The deadline has passed. Please act at once.", "案件已超过办理时限，请立即办理。", remark)
	}
	if en != "" {
		m.label = i18n.F("%[1]s: %[2]s light", "%[3]s（%[4]s）", m.label.En, en, m.label.Zh, zh)
	}
	return m
}

// unknown is the matter of a kind that this program does not know.
var unknown = about("Notice", "案件通知", "The case has news.", "案件有新动态，请查看。", remark)

// matterOf is the matter of an item: the first of its keys that there is.
func matterOf(i *Item) matter {
	if i.Kind == "escalated" {
		late := 0
		if !i.Due.IsZero() && !i.At.Before(i.Due) {
			late = 1
		}
		if m, ok := alarms[i.Light]; ok {
			return m[late]
		}
		return alarms[""][late]
	}
	var keys []string
	switch {
	case i.As == "co_owner" && i.Kind != "part_dispatched" && i.Kind != "reclassified" && i.Kind != "resumed" && i.Kind != "unmerged":
		if i.Platform {
			keys = append(keys, "co_owner/platform")
		}
		keys = append(keys, "co_owner")
	case i.As == "sent" && i.Kind != "dispatched" && i.Kind != "revised":
		keys = append(keys, "sent")
	case i.As == "former" && i.Sent:
		keys = append(keys, "recalled")
	case i.Kind == "verified" && !i.Granted:
		keys = append(keys, "verified/not_found")
	case i.Kind == "appeal_decided" && i.Granted:
		keys = append(keys, "appeal_decided/true")
	case i.Kind == "revised" && i.Request != "" && !i.Granted && (i.As == "asker" || i.As == "decider"):
		keys = append(keys, "revised/lapsed")
	case i.Kind == "dispatched" && i.Reopens != "":
		keys = append(keys, "dispatched/again")
	}
	if i.Freed && i.As == "owner" {
		keys = append(keys, i.Kind+"/freed")
	}
	if i.Platform && i.As == "owner" {
		keys = append(keys, i.Kind+"/platform")
	}
	for _, key := range append(keys, i.Kind+"/"+i.As, i.Kind+"/"+i.Request, i.Kind) {
		if m, ok := matters[key]; ok {
			return m
		}
	}
	return unknown
}

// overdue is by how much the deadline had passed when the event happened; negative before.
func overdue(i *Item) time.Duration {
	if i.Due.IsZero() {
		return 0
	}
	return i.At.Sub(i.Due)
}
