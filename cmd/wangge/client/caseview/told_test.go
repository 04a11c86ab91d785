package caseview_test

import (
	"slices"
	"testing"
	"time"

	wanggev1 "wangge/api/wangge/v1"
	"wangge/cmd/wangge/client/caseview"
)

// Of each person who was to be told of an event there is one statement, from all channels. What the interface to another system took over
// is not at the same time said to be only logged.
func TestWords_OneStatementForEachPerson(t *testing.T) {
	t.Parallel()
	const sent, dead = wanggev1.NoticeState_NOTICE_STATE_SENT, wanggev1.NoticeState_NOTICE_STATE_DEAD_LETTER
	const log, mail, hook = wanggev1.NoticeChannel_NOTICE_CHANNEL_LOG, wanggev1.NoticeChannel_NOTICE_CHANNEL_EMAIL, wanggev1.NoticeChannel_NOTICE_CHANNEL_WEBHOOK
	notice := func(person, name string, channel wanggev1.NoticeChannel, state wanggev1.NoticeState, tries int32) *wanggev1.Notice {
		return &wanggev1.Notice{EventSequence: 1, Person: person, PersonDisplayName: name, Channel: channel, State: state, Attempts: tries}
	}
	for _, tc := range []struct {
		what    string
		notices []*wanggev1.Notice
		want    []string
	}{
		{"logged only", []*wanggev1.Notice{notice("people/a", "西区派遣员", log, sent, 1)}, []string{"仅记入日志，未发出：西区派遣员"}},
		{
			"logged and pushed",
			[]*wanggev1.Notice{notice("people/a", "西区派遣员", log, sent, 1), notice("people/b", "值班长", log, sent, 1), notice("", "", hook, sent, 1)},
			[]string{"已通知 西区派遣员（推送接口，1 次）", "已通知 值班长（推送接口，1 次）"},
		},
		{
			"the mail failed, the push did not",
			[]*wanggev1.Notice{notice("people/a", "西区派遣员", mail, dead, 5), notice("", "", hook, sent, 1)},
			[]string{"已通知 西区派遣员（推送接口，1 次）；未能通知 西区派遣员（邮件，5 次）"},
		},
		{"pushed for nobody in particular", []*wanggev1.Notice{notice("", "", hook, sent, 1)}, []string{"已通知 推送接口（1 次）"}},
	} {
		account := caseview.Words{Lang: "zh", Zone: time.UTC}.Account(caseview.Record{
			Case: &wanggev1.Case{}, Events: []*wanggev1.CaseEvent{{Sequence: 1}}, Notices: tc.notices,
		})
		if got := account.Log[0].Told; !slices.Equal(got, tc.want) {
			t.Errorf("%s: %q, want %q", tc.what, got, tc.want)
		}
	}
}

// The history says of a verification whether the matter was found, and of a decision on an appeal whether the overtime counts. What the
// rules did with the report of an inspector is not told as the inspector's act.
func TestWords_WhatTheHistorySays(t *testing.T) {
	t.Parallel()
	const inspector = "areas/230102/posts/inspector"
	for _, tc := range []struct {
		e         *wanggev1.CaseEvent
		what, who string
	}{
		{&wanggev1.CaseEvent{Kind: wanggev1.EventKind_EVENT_KIND_VERIFIED, Granted: new(true), ActorDisplayName: "郭桂芝", Post: inspector}, "核实属实", "郭桂芝"},
		{&wanggev1.CaseEvent{Kind: wanggev1.EventKind_EVENT_KIND_VERIFIED, Granted: new(false), ActorDisplayName: "郭桂芝", Post: inspector}, "核实不属实", "郭桂芝"},
		{&wanggev1.CaseEvent{Kind: wanggev1.EventKind_EVENT_KIND_APPEAL_DECIDED, Granted: new(true), ActorDisplayName: "周涛"}, "申诉结果：免责", "周涛"},
		{&wanggev1.CaseEvent{Kind: wanggev1.EventKind_EVENT_KIND_VERIFIED, ActorDisplayName: "郭桂芝", Post: inspector}, "核实结果", "郭桂芝"}, // of an older server
		{&wanggev1.CaseEvent{Kind: wanggev1.EventKind_EVENT_KIND_FILED, ActorDisplayName: "郭桂芝", Post: inspector}, "自动立案", "系统"},
		{&wanggev1.CaseEvent{Kind: wanggev1.EventKind_EVENT_KIND_DISPATCHED, ActorDisplayName: "郭桂芝", Post: inspector}, "自动派遣", "系统"},
		{&wanggev1.CaseEvent{Kind: wanggev1.EventKind_EVENT_KIND_DISPATCHED, ActorDisplayName: "周涛", Post: "areas/230100/posts/dispatcher"}, "派遣", "周涛"},
	} {
		account := caseview.Words{Lang: "zh", Zone: time.UTC}.Account(caseview.Record{Case: &wanggev1.Case{}, Events: []*wanggev1.CaseEvent{tc.e}})
		if got := account.Log[0]; got.What != tc.what || got.Who != tc.who {
			t.Errorf("%v: %q by %q, want %q by %q", tc.e, got.What, got.Who, tc.what, tc.who)
		}
	}
}
