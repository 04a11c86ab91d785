package caseview_test

import (
	"testing"
	"time"

	wanggev1 "wangge/api/wangge/v1"
	"wangge/cmd/wangge/client/caseview"

	"google.golang.org/protobuf/types/known/timestamppb"
)

// A notice says to whom and how: sent to a person, waiting, given up, or only written to the log of the service.
func TestWords_Notice(t *testing.T) {
	t.Parallel()
	liu := func(channel wanggev1.NoticeChannel, state wanggev1.NoticeState, attempts int32, wrong string) *wanggev1.Notice {
		return &wanggev1.Notice{Person: "people/liu", PersonDisplayName: "刘洋", Channel: channel, State: state, Attempts: attempts, Error: wrong}
	}
	for _, tc := range []struct {
		notice *wanggev1.Notice
		zh, en string
	}{
		{liu(wanggev1.NoticeChannel_NOTICE_CHANNEL_WECOM, wanggev1.NoticeState_NOTICE_STATE_SENT, 1, ""), "已通知 刘洋（企业微信，1 次）", "told 刘洋 (WeCom, 1 try)"},
		{liu(wanggev1.NoticeChannel_NOTICE_CHANNEL_SMS, wanggev1.NoticeState_NOTICE_STATE_SENT, 3, ""), "已通知 刘洋（短信，3 次）", "told 刘洋 (SMS, 3 tries)"},
		{liu(wanggev1.NoticeChannel_NOTICE_CHANNEL_EMAIL, wanggev1.NoticeState_NOTICE_STATE_QUEUED, 0, ""), "待通知 刘洋（邮件）", "to be told: 刘洋 (mail)"},
		{liu(wanggev1.NoticeChannel_NOTICE_CHANNEL_SMS, wanggev1.NoticeState_NOTICE_STATE_DEAD_LETTER, 8, "no phone"), "未能通知 刘洋（短信，8 次）：no phone", "could not be told: 刘洋 (SMS, 8 tries): no phone"},
		{liu(wanggev1.NoticeChannel_NOTICE_CHANNEL_LOG, wanggev1.NoticeState_NOTICE_STATE_SENT, 1, ""), "仅记入日志，未发出：刘洋", "only logged, not sent: 刘洋"},
		{
			&wanggev1.Notice{Channel: wanggev1.NoticeChannel_NOTICE_CHANNEL_WEBHOOK, State: wanggev1.NoticeState_NOTICE_STATE_SENT, Attempts: 1},
			"已通知 推送接口（1 次）", "told webhook (1 try)",
		},
	} {
		for lang, want := range map[string]string{"zh": tc.zh, "en": tc.en} {
			if got := (caseview.Words{Lang: lang, Zone: time.UTC}).Notice(tc.notice); got != want {
				t.Errorf("--lang %s: %q, want %q", lang, got, want)
			}
		}
	}
}

// A handing over names the person who goes on with the work, or the post where nobody does.
func TestWords_HandedOver(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ handler, name, zh, en string }{
		{"people/liu", "刘洋", "处置人 刘洋；离岗", "handler 刘洋; 离岗"},
		{"", "", "退回岗位；离岗", "back to the post; 离岗"},
	} {
		e := &wanggev1.CaseEvent{
			Kind: wanggev1.EventKind_EVENT_KIND_HANDED_OVER, Actor: "people/boss", Handler: tc.handler, HandlerDisplayName: tc.name, Note: "离岗",
		}
		for lang, want := range map[string]string{"zh": tc.zh, "en": tc.en} {
			a := caseview.Words{Lang: lang, Zone: time.UTC}.Account(caseview.Record{Case: &wanggev1.Case{}, Events: []*wanggev1.CaseEvent{e}})
			if len(a.Log) != 1 || a.Log[0].More != want {
				t.Errorf("--lang %s: %+v, want %q", lang, a.Log, want)
			}
		}
	}
}

// A receipt that was given late says so, with its signer by the name of the event; one that is owed says until when.
func TestWords_Receipt(t *testing.T) {
	t.Parallel()
	at := func(minute int) *timestamppb.Timestamp {
		return timestamppb.New(time.Date(2026, 3, 4, 9, minute, 0, 0, time.UTC))
	}
	signed := &wanggev1.CaseEvent{Kind: wanggev1.EventKind_EVENT_KIND_ACKNOWLEDGED, Actor: "people/liu", ActorDisplayName: "刘洋"}
	for _, tc := range []struct {
		receipt *wanggev1.Receipt
		zh, en  string
	}{
		{&wanggev1.Receipt{DueTime: at(10)}, "未签收，签收截止 2026-03-04 09:10", "owed, due 2026-03-04 09:10"},
		{&wanggev1.Receipt{DueTime: at(10), Overdue: true, Missed: 2}, "未签收，签收截止 2026-03-04 09:10，已超时，已催签 2 次", "owed, due 2026-03-04 09:10, overdue, alarms sent: 2"},
		{
			&wanggev1.Receipt{DueTime: at(10), AcknowledgeTime: at(12), AcknowledgedBy: "people/liu", Overdue: true, Missed: 1},
			"2026-03-04 09:12 由 刘洋 签收，已超时，已催签 1 次", "signed 2026-03-04 09:12 by 刘洋, overdue, alarms sent: 1",
		},
	} {
		for lang, want := range map[string]string{"zh": tc.zh, "en": tc.en} {
			a := caseview.Words{Lang: lang, Zone: time.UTC}.Account(caseview.Record{Case: &wanggev1.Case{Receipt: tc.receipt}, Events: []*wanggev1.CaseEvent{signed}})
			got := ""
			for _, s := range a.Sections {
				for _, row := range s.Rows {
					if row.Key == "receipt" {
						got = row.Values[0]
					}
				}
			}
			if got != want {
				t.Errorf("--lang %s: %q, want %q", lang, got, want)
			}
		}
	}
}
