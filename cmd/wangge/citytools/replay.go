package citytools

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"time"

	"wangge/cmd/wangge/cli"
	"wangge/cmd/wangge/records"
	"wangge/dispatch/city"
	"wangge/dispatch/city/roster"
	"wangge/dispatch/explain"
	"wangge/dispatch/i18n"

	"github.com/spf13/cobra"
)

// cityReplay compares what two city directories decide for past records.
func cityReplay(o *cli.Options) *cobra.Command {
	var format, from, to string
	cmd := &cobra.Command{
		Use: "replay WAS IS FILE", Short: "Say which units would have gained and lost how many past cases under another city directory",
		Long: `Asks two city directories about every past record of a CSV (or .csv.gz), each as if it had decided then, and says who would
have gained and lost how many cases, by owner and by ground, and how many deadlines would have been others. The format is
one of WAS's imports.yaml. Nothing is written.`,
		Example: "  wangge city replay boston ./boston-new dispatch/city/cities/boston/events/boston311-2011.csv.gz --format boston311 --from 2011-07-01 --to 2011-08-01",
		Args:    cli.Args("WAS", "IS", "FILE"),
		RunE: func(cmd *cobra.Command, args []string) error {
			was, err := cli.LoadCity(args[0])
			if err != nil {
				return err
			}
			is, err := cli.LoadCity(args[1])
			if err != nil {
				return err
			}
			f, err := records.FormatOf(was, args[0], format)
			if err != nil {
				return err
			}
			begin, end := time.Time{}, time.Time{}
			if from != "" {
				if begin, err = cli.DayOrTime(from, was.Location); err != nil {
					return err
				}
			}
			if to != "" {
				if end, err = cli.DayOrTime(to, was.Location); err != nil {
					return err
				}
			}
			r := &explain.Replay{Was: was, Is: is}
			bad, unlocated := 0, 0
			rows := records.NewReader(was, f, o.Lang, cli.NewProgress(cmd.ErrOrStderr()))
			err = rows.Read(args[2], func(batch []records.Record) error {
				for _, p := range batch {
					at := p.Import.Report.ReceivedAt
					switch {
					case p.Unreadable != (i18n.Text{}):
						bad++
					case !begin.IsZero() && at.Before(begin) || !end.IsZero() && !at.Before(end):
					case p.Unlocated:
						unlocated++
					default:
						r.Add(p.Import.Report.Position, p.Import.Report.Category, "", at)
					}
				}
				return cmd.Context().Err()
			})
			if err != nil {
				return cli.Failure(err)
			}
			return printReplay(cmd.OutOrStdout(), o, r, bad, unlocated)
		},
	}
	cmd.Flags().StringVar(&format, "format", "", "name of a format in the imports.yaml of WAS")
	cmd.Flags().StringVar(&from, "from", "", "records from here on")
	cmd.Flags().StringVar(&to, "to", "", "records before this")
	_ = cmd.MarkFlagRequired("format") // it is defined just above
	return cmd
}

type shiftJSON struct {
	From  string `json:"from"`
	To    string `json:"to"`
	Cases int    `json:"cases"`
}

type balanceJSON struct {
	Unit   string `json:"unit"`
	Name   string `json:"name"`
	Gained int    `json:"gained"`
	Lost   int    `json:"lost"`
}

// printReplay prints who gains and who loses cases.
func printReplay(w io.Writer, o *cli.Options, r *explain.Replay, bad, unlocated int) error {
	text := func(list []explain.Shift) []shiftJSON {
		out := []shiftJSON{}
		for _, s := range list {
			out = append(out, shiftJSON{s.From.String(), s.To.String(), s.Cases})
		}
		return out
	}
	balance := func(list []explain.Shift) []balanceJSON {
		out := []balanceJSON{}
		for _, b := range explain.Balances(list) {
			out = append(out, balanceJSON{b.Unit.String(), nameIn(o, b.Unit, r.Is, r.Was), b.Gained, b.Lost})
		}
		return out
	}
	owners, grounds := r.OwnerShifts(), r.GroundShifts()
	if o.JSON {
		err := json.NewEncoder(w).Encode(map[string]any{
			"was": r.Was.Revision, "is": r.Is.Revision, "records": r.Records, "unreadable": bad, "unlocated": unlocated,
			"refused": r.Refused, "owners": r.Owners, "grounds": r.Grounds, "deadlines": r.Deadlines, "later": r.Later,
			"owner_shifts": text(owners), "owner_balances": balance(owners), "ground_shifts": text(grounds), "ground_balances": balance(grounds),
		})
		if err != nil {
			return fmt.Errorf("print: %w", err)
		}
		return nil
	}
	fmt.Fprintf(w, "%s -> %s\n", r.Was.Revision, r.Is.Revision)
	fmt.Fprintln(w, i18n.F("%[1]d {record|records} (%[2]d unreadable, %[3]d not routed by one of the two): %[4]d {changes|change} owner, %[5]d {changes|change} ground, %[6]d {deadline changes|deadlines change} (%[7]d later)",
		"%[1]d 条记录（无法读取 %[2]d，其中一版无法派遣 %[3]d）：责任单位变动 %[4]d，区域变动 %[5]d，时限变动 %[6]d（推迟 %[7]d）", r.Records, bad, r.Refused, r.Owners, r.Grounds, r.Deadlines, r.Later).In(o.Lang))
	if unlocated > 0 {
		fmt.Fprintln(w, i18n.F("%d {record|records} without a position left out", "未计入没有位置的 %d 条记录", unlocated).In(o.Lang))
	}
	for _, part := range []struct {
		title i18n.Text
		list  []explain.Shift
	}{{i18n.F("owners", "责任单位"), owners}, {i18n.F("ground", "区域"), grounds}} {
		for i, b := range balance(part.list) {
			if i == 0 {
				fmt.Fprintln(w, part.title.In(o.Lang))
			}
			fmt.Fprintf(w, "  %-24s +%-6d -%-6d %s\n", b.Unit, b.Gained, b.Lost, b.Name)
		}
		for _, s := range text(part.list)[:min(len(part.list), 10)] {
			fmt.Fprintf(w, "    %s -> %s  %d\n", s.From, s.To, s.Cases)
		}
	}
	return nil
}

// nameIn is the name of a unit in the first city that knows the unit.
func nameIn(o *cli.Options, u roster.Unit, in ...*city.City) string {
	i := slices.IndexFunc(in, func(c *city.City) bool { return c.UnitName(u).En != u.ID })
	if i < 0 || u == (roster.Unit{}) {
		return i18n.F("nobody", "无人").In(o.Lang)
	}
	return in[i].UnitName(u).In(o.Lang)
}
