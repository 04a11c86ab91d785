package rulings

import (
	"context"
	"errors"
	"time"

	"wangge/cmd/wangge/cli"
	"wangge/cmd/wangge/client/remote"
	"wangge/dispatch/i18n"

	"github.com/spf13/cobra"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/types/known/timestamppb"

	wanggev1 "wangge/api/wangge/v1"
)

// filter are the flags of list and export that select rulings.
type filter struct {
	inForce  bool
	from, to string
}

func (a *filter) flags(cmd *cobra.Command) {
	cmd.Flags().BoolVar(&a.inForce, "in-force", false, "only those that hold now")
	cmd.Flags().StringVar(&a.from, "from", "", "only what was decided, ended or revoked from this day on")
	cmd.Flags().StringVar(&a.to, "to", "", "only what was decided, ended or revoked before this day")
}

// within returns a predicate: was the ruling decided, ended or revoked in the days that the flags name?
func (a *filter) within(zone *time.Location) (func(*wanggev1.Precedent) bool, error) {
	if a.from == "" && a.to == "" {
		return func(*wanggev1.Precedent) bool { return true }, nil
	}
	day := func(name, text string, open time.Time) (time.Time, error) {
		if text == "" {
			return open, nil
		}
		t, err := cli.DayOrTime(text, zone)
		if err != nil {
			return t, i18n.Errorf("--%s %q: write 2026-04-01", "--%s %q：应写作 2026-04-01", name, text)
		}
		return t, nil
	}
	from, err1 := day("from", a.from, time.Time{})
	to, err2 := day("to", a.to, time.Unix(1<<40, 0))
	if err := errors.Join(err1, err2); err != nil {
		return nil, err
	}
	return func(p *wanggev1.Precedent) bool {
		for _, t := range []*timestamppb.Timestamp{p.GetDecideTime(), p.GetEndTime(), p.GetRevokeTime()} {
			if t != nil && !t.AsTime().Before(from) && t.AsTime().Before(to) {
				return true
			}
		}
		return false
	}, nil
}

// each calls take with every ruling that the filter selects, page by page.
func each(c *remote.Server, cmd *cobra.Command, asked *filter, take func(*wanggev1.Precedent, *time.Location) error) error {
	return c.Call(cmd, func(ctx context.Context, conn *grpc.ClientConn) error {
		zone, err := c.CityZone(ctx, conn)
		if err != nil {
			return err
		}
		within, err := asked.within(zone)
		if err != nil {
			return cli.Failure(err)
		}
		for token := ""; ; {
			r, err := wanggev1.NewPrecedentServiceClient(conn).ListPrecedents(ctx, &wanggev1.ListPrecedentsRequest{
				PageSize: 200, PageToken: token, InForce: asked.inForce,
			})
			if err != nil {
				return err
			}
			for _, p := range r.GetPrecedents() {
				if !within(p) {
					continue
				}
				if err := take(p, zone); err != nil {
					return err
				}
			}
			if token = r.GetNextPageToken(); token == "" {
				return nil
			}
		}
	})
}
