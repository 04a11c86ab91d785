package caseview_test

import (
	"testing"
	"time"

	wanggev1 "wangge/api/wangge/v1"
	"wangge/cmd/wangge/client/caseview"

	"google.golang.org/protobuf/types/known/timestamppb"
)

// A case at a platform waits for the second dispatch by the platform; at a unit for the start of the work. That holds of the basic view
// of a case, which does not tell its waits.
func TestWords_AwaitedFromAPlatform(t *testing.T) {
	t.Parallel()
	hu := func(post string) *wanggev1.Case {
		return &wanggev1.Case{Stage: wanggev1.Stage_STAGE_DISPATCHED, Owner: &wanggev1.Owner{
			Unit: "areas/230102", UnitDisplayName: "道里区", Post: post, Person: "people/hu", PersonDisplayName: "胡淑芬",
		}}
	}
	for _, tc := range []struct{ post, zh, en string }{
		{"areas/230102/posts/dispatcher", "道里区平台 胡淑芬 二次派遣", "the platform of 道里区 胡淑芬 to dispatch again"},
		{"areas/230102/posts/owner", "胡淑芬 开始处置", "胡淑芬 to start"},
	} {
		for lang, want := range map[string]string{"zh": tc.zh, "en": tc.en} {
			if got := (caseview.Words{Lang: lang, Zone: time.UTC}).Awaited(hu(tc.post)); got != want {
				t.Errorf("%s, --lang %s: %q, want %q", tc.post, lang, got, want)
			}
		}
	}
}

// The events of a campaign say what the campaign did to the clocks, and until when the work is due from then on.
func TestWords_CampaignInTheLog(t *testing.T) {
	t.Parallel()
	due := timestamppb.New(time.Date(2026, 11, 29, 13, 50, 0, 0, time.UTC))
	for _, tc := range []struct {
		kind wanggev1.EventKind
		mark string
		due  *timestamppb.Timestamp
		want string
	}{
		{wanggev1.EventKind_EVENT_KIND_LIMIT_STARTED, "从 2026-11-29 05:50 降雪停止起算（大雪）", due, "从 2026-11-29 05:50 降雪停止起算（大雪）；截止 2026-11-29 13:50"},
		{wanggev1.EventKind_EVENT_KIND_LIMIT_SUSPENDED, "自 2026-11-28 20:00 起暂停计时：降雪进行中", nil, "自 2026-11-28 20:00 起暂停计时：降雪进行中"},
		{wanggev1.EventKind_EVENT_KIND_LIMIT_RESUMED, "已解除降雪期间的暂停，恢复计时", due, "已解除降雪期间的暂停，恢复计时；截止 2026-11-29 13:50"},
	} {
		e := &wanggev1.CaseEvent{
			Kind: tc.kind, DueTime: tc.due, Campaign: &wanggev1.CampaignMark{Campaign: "campaigns/snow", DisplayName: "降雪", Text: tc.mark},
		}
		a := caseview.Words{Lang: "zh", Zone: time.UTC}.Account(caseview.Record{Case: &wanggev1.Case{}, Events: []*wanggev1.CaseEvent{e}})
		if len(a.Log) != 1 || a.Log[0].More != tc.want {
			t.Errorf("%s: %+v, want %q", tc.kind, a.Log, tc.want)
		}
	}
}
