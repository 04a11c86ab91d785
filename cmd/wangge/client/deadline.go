package client

import (
	"context"
	"time"

	"wangge/cmd/wangge/cli"
	"wangge/cmd/wangge/client/caseview"
	"wangge/cmd/wangge/client/remote"
	"wangge/dispatch/city/calendar"
	"wangge/dispatch/i18n"
	"wangge/dispatch/sla"

	"github.com/spf13/cobra"
	"google.golang.org/grpc"

	wanggev1 "wangge/api/wangge/v1"
)

// CaseDeadlines reads the deadlines of cases from a server.
type CaseDeadlines struct{ c *client }

// NewCaseDeadlines returns a source that Flags must be called on before the flags are parsed.
func NewCaseDeadlines(o *cli.Options) CaseDeadlines { return CaseDeadlines{newClient(o)} }

// Flags adds the flags that name the server and the caller.
func (s CaseDeadlines) Flags(cmd *cobra.Command) { s.c.Flags(cmd) }

// Deadline asks the server for the deadline of a case, by its number, with its parts, and for the clocks beside it. Times are in
// the zone of the server's city. It is a Failure if no clock of the case has run.
func (s CaseDeadlines) Deadline(cmd *cobra.Command, number string) (d sla.Deadline, beside cli.Beside, err error) {
	c := s.c
	err = c.Call(cmd, func(ctx context.Context, conn *grpc.ClientConn) error {
		zone, err := c.CityZone(ctx, conn)
		if err != nil {
			return err
		}
		r, err := wanggev1.NewCaseServiceClient(conn).ExplainDeadline(ctx, &wanggev1.ExplainDeadlineRequest{
			Question: &wanggev1.ExplainDeadlineRequest_Name{Name: remote.CaseName(number)},
		})
		if err != nil {
			return err
		}
		if r.GetStartTime() == nil {
			return cli.Failure(i18n.Errorf("no clock of the case has run", "案件尚未开始计时"))
		}
		d = sla.Deadline{
			Start: r.GetStartTime().AsTime().In(zone), Limit: caseview.LimitOf(r.GetLimit()),
			Extended: int(r.GetExtensions()), Paused: r.GetPaused(), Provisional: r.GetProvisional(), LimitRule: r.GetLimitRule(),
			Used: r.GetCountedTotal().AsDuration(),
		}
		if r.GetDueTime() != nil { // there is none while a campaign pauses the clock
			d.Due = r.GetDueTime().AsTime().In(zone)
		}
		d.Why = i18n.Text{En: r.GetCampaign().GetText(), Zh: r.GetCampaign().GetText()}
		for _, p := range r.GetCounted() {
			d.Counted = append(d.Counted, calendar.Interval{From: p.GetStartTime().AsTime().In(zone), To: p.GetEndTime().AsTime().In(zone)})
		}
		for _, p := range r.GetSkipped() {
			d.Skipped = append(d.Skipped, calendar.Skip{
				From: p.GetStartTime().AsTime().In(zone), To: p.GetEndTime().AsTime().In(zone), Why: p.GetReason(), WhyZh: p.GetReason(),
				Counts: p.GetCounted().AsDuration(),
			})
		}
		beside, err = c.beside(ctx, conn, number, r, zone)
		return err
	})
	return d, beside, err
}

// beside are the clocks of a case beside the owner's.
func (c *client) beside(
	ctx context.Context, conn *grpc.ClientConn, number string, r *wanggev1.ExplainDeadlineResponse, zone *time.Location,
) (b cli.Beside, err error) {
	record, err := readRecord(ctx, conn, number)
	if err != nil {
		return b, err
	}
	b.Lines, b.Fields = c.words(zone).Clocks(record, r), map[string]any{}
	explained, err := remote.Object(r, zone)
	if err != nil {
		return b, err
	}
	parts, err := remote.Object(record.Case, zone)
	if err != nil {
		return b, err
	}
	for _, name := range []string{"receipt", "second_dispatches"} {
		b.Fields[name] = explained[name]
	}
	for _, name := range []string{"milestones", "co_owner_work"} { // of the case: no fields of the answer
		b.Fields[name] = parts[name]
	}
	return b, nil
}
