package client_test

import (
	"bytes"
	"context"
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	wanggev1 "wangge/api/wangge/v1"
	"wangge/cmd/wangge/citytools"
	"wangge/cmd/wangge/cli"
	"wangge/cmd/wangge/client"
	"wangge/cmd/wangge/client/caseview"

	"github.com/spf13/cobra"
)

// deadline runs wangge deadline --case as the duty chief.
func deadline(o *office, number string, args ...string) string {
	o.t.Helper()
	var stdout, stderr bytes.Buffer
	args = append(append([]string{"deadline", "--case", number}, args...), "--server", o.addr, "--token", o.token("duty"))
	if code := cli.Run(context.WithoutCancel(o.t.Context()), args, &stdout, &stderr, func(opt *cli.Options) []*cobra.Command {
		return []*cobra.Command{citytools.DeadlineCommand(opt, client.NewCaseDeadlines(opt))}
	}); code != 0 {
		o.t.Fatalf("exit %d: %s%s", code, &stdout, &stderr)
	}
	return stdout.String()
}

// The explanation of a deadline tells what runs on a clock of its own: the receipt, each part of a co-owner, each milestone.
func TestDeadline_CaseWithItsParts(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	number := pipe(o)
	for lang, want := range map[string][]string{
		"zh": {"8 个工作日，自 ", "另行计时：", "  签收：2026-03-04 10:10 由 刘洋 签收", "  协办：老城区（陈静）：", "未签收，签收截止 2026-03-04 10:40，已超时", "  节点：围挡警示 供水公司：2026-03-04 11:00 由 刘洋 完成", "  节点：修复通水 供水公司（repair）：8 小时，截止 2026-03-04 19:00，已超时", "  节点：恢复路面 供水公司（restore）：未开始"},
		"en": {"8 work days from ", "clocks beside this one:", "  receipt: signed 2026-03-04 10:10 by 刘洋", "  co-owner: Old Town (陈静): close the road, 8 work days, due 2026-03-16 09:00; receipt owed", "  milestone: 恢复路面 Water (restore): not begun"},
	} {
		said := deadline(o, number, "--lang", lang)
		for _, w := range want {
			if !strings.Contains(said, w) {
				t.Errorf("%s: no %q in\n%s", lang, w, said)
			}
		}
	}
	var got struct {
		Due     string
		Receipt struct {
			Acknowledge string `json:"acknowledge_time"`
		}
		Second     []any `json:"second_dispatches"`
		Milestones []struct{ ID string }
		CoOwners   []struct{ Duty string } `json:"co_owner_work"`
	}
	if err := json.Unmarshal([]byte(deadline(o, number, "--json")), &got); err != nil {
		t.Fatal(err)
	}
	if got.Due == "" || got.Receipt.Acknowledge != "2026-03-04T10:10:00+08:00" || got.Second == nil || len(got.Milestones) != 3 || len(got.CoOwners) != 1 {
		t.Errorf("deadline --case --json is %+v", got)
	}
}

// A platform has a limit of its own within which it gives on what it was given: the case itself, or its part as a co-owner.
func TestWords_ClocksOfPlatforms(t *testing.T) {
	t.Parallel()
	zone := time.FixedZone("CST", 8*3600)
	at := func(hour, minute int) *timestamppb.Timestamp {
		return timestamppb.New(time.Date(2026, 3, 4, hour, minute, 0, 0, zone))
	}
	c := &wanggev1.Case{CoOwnerWork: []*wanggev1.CoOwnerWork{{
		Unit: "areas/230104", Duty: "疏导交通", Clock: &wanggev1.WorkClock{DueTime: at(12, 0), Limit: &wanggev1.Limit{Count: 2, Unit: wanggev1.LimitUnit_LIMIT_UNIT_HOURS}},
		SecondDispatchDueTime: at(10, 15), SecondDispatchMissed: true,
	}}, CoOwners: []*wanggev1.Owner{{Unit: "areas/230104", UnitDisplayName: "道外区", Person: "people/hu", PersonDisplayName: "胡淑芬"}}}
	d := &wanggev1.ExplainDeadlineResponse{SecondDispatches: []*wanggev1.SecondDispatchLimit{
		{Platform: "areas/230102", PlatformDisplayName: "道里区", DueTime: at(10, 0)},
		{Platform: "areas/230104", PlatformDisplayName: "道外区", Duty: "疏导交通", DueTime: at(10, 15), Missed: true},
	}}
	for lang, want := range map[string][]string{
		"zh": {"二次派遣：道里区平台，二次派遣截止 2026-03-04 10:00", "协办：道外区（胡淑芬）：疏导交通，2 小时，截止 2026-03-04 12:00，二次派遣截止 2026-03-04 10:15，已逾期"},
		"en": {"second dispatch: the platform of 道里区, give it on by 2026-03-04 10:00", "co-owner: 道外区 (胡淑芬): 疏导交通, 2 hours, due 2026-03-04 12:00, give it on by 2026-03-04 10:15, which is past"},
	} {
		if got := (caseview.Words{Lang: lang, Zone: zone}).Clocks(caseview.Record{Case: c}, d); !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", lang, got, want)
		}
	}
}
