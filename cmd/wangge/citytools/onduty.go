package citytools

import (
	"fmt"
	"time"

	"wangge/cmd/wangge/cli"
	"wangge/dispatch"
	"wangge/dispatch/city/catalog"
	"wangge/dispatch/explain"
	"wangge/dispatch/i18n"
	"wangge/grid"

	"github.com/spf13/cobra"
)

// onDutyJSON is wanggev1.OnDutyResponse and the instant besides.
type onDutyJSON struct {
	Owner        ownerJSON   `json:"owner"`
	Rule         string      `json:"rule"`
	At           time.Time   `json:"at"`
	Time         time.Time   `json:"time"`      // the same as at, by the name of wanggev1.OnDutyRequest
	OnCall       *onCallJSON `json:"on_call"`   // null: nobody is
	OffHours     string      `json:"off_hours"` // empty: on duty at the post
	Considered   []dutyJSON  `json:"considered"`
	CityRevision string      `json:"city_revision"`
}

// OnDutyCommand prints the on-call person for a matter at an instant, with the reasons.
func OnDutyCommand(o *cli.Options) *cobra.Command {
	var dir, at, datum string
	cmd := &cobra.Command{
		Use:     "on-duty LAT LNG CATEGORY",
		Short:   "Name the person on call for a matter at any past or future instant, and the reason",
		Example: "  wangge on-duty 45.755 126.600 E0401 --at 2026-10-01T03:00",
		Args:    cli.Args("LAT", "LNG", "CATEGORY"),
		RunE: func(cmd *cobra.Command, args []string) error {
			d, err := grid.ParseDatum(datum)
			if err != nil {
				return err
			}
			c, err := cli.LoadCity(dir)
			if err != nil {
				return err
			}
			o.NoteAmbiguous(cmd, at, c.Location)
			r := routeOf(o, c, dispatch.SourceInspector, args[0], args[1], args[2], at, d)
			if r.Error != "" {
				return cli.Failure(&i18n.Error{Text: r.said})
			}
			dec, s, ok, err := explain.OnDuty(c, r.place, catalog.Code(r.Category), r.when)
			if err != nil {
				return cli.Failure(err)
			}
			out := onDutyJSON{
				Owner: viewOf(o, c).owner(dec.Owner, r.when), Rule: dec.Rule, At: r.when, Time: r.when, OffHours: s.OffHours,
				Considered: viewOf(o, c).duty(c.Roster.Consider(dec.Owner.Post, r.when)), CityRevision: c.Revision,
			}
			if ok {
				p := viewOf(o, c).onCall(s.Unit, s.Post, s.Person)
				out.OnCall = &p
			}
			w := cmd.OutOrStdout()
			switch {
			case o.JSON:
				err = cli.Encode(w, out)
			case ok:
				fmt.Fprintf(w, "%s (%s) %s\n", out.OnCall.Name, s.Person, s.Post)
			default:
				o.Printer(w, c.Location).Line("nobody", "无人值守")
			}
			if !o.JSON {
				for _, k := range out.Considered {
					fmt.Fprintf(w, "  %s (%s): %s\n", k.Name, k.id, k.Why)
				}
			}
			if err == nil && !ok {
				err = cli.ErrFound
			}
			return err
		},
	}
	cmd.Flags().StringVar(&dir, "city", "harbin", "a built-in city (harbin, boston) or a directory")
	cmd.Flags().StringVar(&at, "at", "", "the instant, past or future (default now)")
	cli.ChoiceFlag(cmd, &datum, "datum", "wgs84", grid.DatumNames(), "wgs84, gcj02, bd09 or cgcs2000")
	cli.LongRunning(cmd)
	return cmd
}
