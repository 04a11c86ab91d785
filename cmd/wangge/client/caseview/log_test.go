package caseview_test

import (
	"testing"
	"time"

	wanggev1 "wangge/api/wangge/v1"
	"wangge/cmd/wangge/client/caseview"
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
