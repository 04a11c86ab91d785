package remote

import (
	wanggev1 "wangge/api/wangge/v1"
	"wangge/dispatch/i18n"
)

// QueueText is a queue as people call it; one that this program does not know is named by its number.
func QueueText(q wanggev1.CaseQueue) i18n.Text {
	if text, ok := queueTexts[q]; ok {
		return text
	}
	return i18n.Text{En: q.String(), Zh: q.String()}
}

var queueTexts = map[wanggev1.CaseQueue]i18n.Text{
	wanggev1.CaseQueue_CASE_QUEUE_TO_VERIFY:   {En: "to verify", Zh: "待核实"},
	wanggev1.CaseQueue_CASE_QUEUE_TO_CHECK:    {En: "to check", Zh: "待核查"},
	wanggev1.CaseQueue_CASE_QUEUE_TO_DECIDE:   {En: "to decide", Zh: "待审批"},
	wanggev1.CaseQueue_CASE_QUEUE_TO_ACCEPT:   {En: "to accept", Zh: "待受理"},
	wanggev1.CaseQueue_CASE_QUEUE_TO_FILE:     {En: "to file", Zh: "待立案"},
	wanggev1.CaseQueue_CASE_QUEUE_TO_DISPATCH: {En: "to dispatch", Zh: "待派遣"},
	wanggev1.CaseQueue_CASE_QUEUE_TO_CLOSE:    {En: "to close", Zh: "待结案"},
	wanggev1.CaseQueue_CASE_QUEUE_SUPERVISED:  {En: "supervised, not answered", Zh: "督办未回复"},
	wanggev1.CaseQueue_CASE_QUEUE_RETURNED:    {En: "returned", Zh: "已回退"},
	wanggev1.CaseQueue_CASE_QUEUE_DISPUTED:    {En: "disputed", Zh: "待裁定"},
	wanggev1.CaseQueue_CASE_QUEUE_REWORK:      {En: "rework", Zh: "返工"},
	wanggev1.CaseQueue_CASE_QUEUE_MASS_EVENTS: {En: "mass events", Zh: "批量案件"},
	wanggev1.CaseQueue_CASE_QUEUE_MY_WORK:     {En: "work in hand", Zh: "在办"},
	wanggev1.CaseQueue_CASE_QUEUE_TO_SIGN:     {En: "to sign for", Zh: "待签收"},
	wanggev1.CaseQueue_CASE_QUEUE_TO_START:    {En: "to start", Zh: "待处置"},
	wanggev1.CaseQueue_CASE_QUEUE_TO_ASSIST:   {En: "co-owner's part to do", Zh: "待协办"},
	wanggev1.CaseQueue_CASE_QUEUE_TO_REACH:    {En: "to go to the place", Zh: "待到场"},
}
