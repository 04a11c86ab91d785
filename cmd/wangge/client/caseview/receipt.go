package caseview

import (
	wanggev1 "wangge/api/wangge/v1"
)

// receipt says of a receipt when and by whom it was given, or until when it is owed; "" where none is asked.
func (w Words) receipt(r Record, of *wanggev1.Receipt) string {
	if of == nil {
		return ""
	}
	late, alarms := "", ""
	if of.GetOverdue() {
		late = w.In("overdue", "已超时")
	}
	if n := of.GetMissed(); n > 0 {
		alarms = w.In("alarms sent: %d", "已催签 %d 次", n)
	}
	state := w.In("owed", "未签收")
	if of.GetDueTime() != nil {
		state = w.In("owed, due %s", "未签收，签收截止 %s", w.Minute(of.GetDueTime()))
	}
	if of.GetAcknowledgeTime() != nil {
		state = w.In("signed %s by %s", "%s 由 %s 签收", w.Minute(of.GetAcknowledgeTime()), w.actor(r, of.GetAcknowledgedBy()))
	}
	return joined(w.In(", ", "，"), state, late, alarms)
}
