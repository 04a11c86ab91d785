package client

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"google.golang.org/genproto/googleapis/rpc/code"
	"google.golang.org/grpc"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/timestamppb"

	wanggev1 "wangge/api/wangge/v1"
	"wangge/cmd/wangge/cli"
	"wangge/cmd/wangge/client/caseview"
	"wangge/cmd/wangge/client/photos"
	"wangge/cmd/wangge/client/remote"
	"wangge/dispatch"
	"wangge/dispatch/diag"
	"wangge/dispatch/i18n"
	"wangge/dispatch/lifecycle"
)

// actFlags are the flags of case act.
type actFlags struct {
	etag, request, note, group      string
	unit, condition, category       string
	severity                        string
	handler, milestone, closing     string
	target, to, until, at           string
	reason, outcome, satisfaction   string
	passed, failed, granted, denied bool
	radius                          float64
	photos, categories              []string
}

// caseAct does an act on one case or many, each with its own verdict.
func caseAct(c *client) *cobra.Command {
	var a actFlags
	acts := make([]string, 0, len(lifecycle.PersonsActs()))
	for _, act := range lifecycle.PersonsActs() {
		acts = append(acts, string(act))
	}
	cmd := &cobra.Command{
		Use: "act NUMBER... ACT", Short: "Do an act as the person of the token, on one case or up to 100",
		Long:    "Do an act as the person of the token. ACT is one of:\n  " + strings.Join(acts, " ") + "\nA case says which of them you may do now and what each needs: wangge case show NUMBER.",
		Example: "  wangge case act 20261123-000417 start\n  wangge case act 20261123-000417 return --reason not_my_line\n  wangge case act 20261123-000417 resolve --photo after.jpg\n  wangge case act 20261123-000417 check --passed --at 45.755,126.600\n  wangge case act 20261123-000417 suspend --until 2026-10-12T08:30 --note 'road works next door'\n  wangge case act --group 20261123-000001 start",
		Args:    caseActArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			shown := photos.Flag{Name: "photo", Values: a.photos}
			var bad error
			a.photos, bad = photos.Digests(shown)
			req, err := a.message(args)
			if err := errors.Join(bad, err); err != nil {
				return err
			}
			return c.Call(cmd, func(ctx context.Context, conn *grpc.ClientConn) error {
				zone, err := c.CityZone(ctx, conn)
				if err != nil {
					return err
				}
				if a.until != "" {
					t, err := cli.DayOrTime(a.until, zone)
					if err != nil {
						return fmt.Errorf("--until %w", err)
					}
					if err := untilField(timestamppb.New(t).ProtoReflect()).put(req.GetAct()); err != nil {
						return err
					}
				}
				if err := c.actAll(ctx, conn, cmd, req, zone); err != nil {
					return err
				}
				photos.Note(c.Options, cmd, shown)
				return nil
			})
		},
	}
	a.add(cmd)
	return cmd
}

// add adds the flags.
func (a *actFlags) add(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringVar(&a.etag, "etag", "", "the etag you read; the act is refused if the case has moved on (default any)")
	f.StringVar(&a.request, "request-id", "", "the same id again acts once on each case (default random)")
	f.StringVar(&a.note, "note", "", "the reason or the answer in words; kept with the act")
	f.StringVar(&a.group, "group", "", "instead of numbers: the open parts of this mass event")
	f.StringVar(&a.unit, "unit", "", "dispatch, reroute, arbitrate: the accountable unit; assist, acknowledge: the co-owner")
	cli.ChoiceFlag(cmd, &a.reason, "reason", "", remote.EnumNames(wanggev1.ReturnReason_name, "RETURN_REASON_"), "return: not_my_area, not_my_line, no_jurisdiction, need_information or duplicate")
	f.StringVar(&a.condition, "condition", "", "accept, reclassify: filing condition; case show lists them")
	cli.ChoiceFlag(cmd, &a.severity, "severity", "", []string{"A", "B", "C"}, "accept, reclassify: severity, judged by the danger (default that of the condition)")
	f.StringVar(&a.category, "category", "", "reclassify: code or name")
	f.StringVar(&a.handler, "handler", "", "start: who does the work (default you); hand_over: who takes it over")
	f.StringArrayVar(&a.photos, "photo", nil, "a picture, or the SHA-256 of one; once for each of up to 20. The SHA-256 is sent, the picture is not: keep the file")
	f.StringVar(&a.at, "at", "", "check: where you stand, LAT,LNG in WGS-84")
	f.BoolVar(&a.passed, "passed", false, "confirm, check: it is so")
	f.BoolVar(&a.failed, "failed", false, "confirm, check: it is not")
	f.BoolVar(&a.granted, "granted", false, "decide_…, force_close: yes")
	f.BoolVar(&a.denied, "denied", false, "decide_…, force_close: no")
	f.StringVar(&a.until, "until", "", "suspend: when the work goes on; extend: the deadline asked for; arbitrate: when the precedent ends")
	f.StringVar(&a.milestone, "milestone", "", "reach: which")
	cli.ChoiceFlag(cmd, &a.outcome, "outcome", "", []string{"fixed", "not_fixed"}, "close: fixed or not_fixed")
	f.StringVar(&a.closing, "closing", "", "close: the closing condition that was met, one of those that case show lists (default the only one)")
	f.StringVar(&a.target, "target", "", "merge, attach: the other case")
	cli.ChoiceFlag(cmd, &a.satisfaction, "satisfaction", "", remote.EnumNames(wanggev1.Satisfaction_name, "SATISFACTION_"),
		"reply: very_satisfied, satisfied, mostly_satisfied, dissatisfied or not_reached")
	f.Float64Var(&a.radius, "radius", 0, "arbitrate: metres around the case in which the ruling holds (default 100)")
	f.StringSliceVar(&a.categories, "categories", nil, "arbitrate: patterns that the ruling holds for (default the case's own)")
	f.StringVar(&a.to, "to", "", "escalate: superior, superior_2 …, level:district, city_leader, a role, or post:ROLE@UNIT")
}

// message is the request for an act on the cases that args name before the act. The time of --until is left out: it is read in the
// zone of the server's city.
func (a *actFlags) message(args []string) (*wanggev1.BatchActOnCasesRequest, error) {
	word := args[len(args)-1]
	req := &wanggev1.BatchActOnCasesRequest{RequestId: a.request, Act: newAct(word, a.note)}
	if a.request == "" {
		req.RequestId = rand.Text()
	}
	for _, n := range args[:len(args)-1] {
		req.Targets = append(req.Targets, &wanggev1.ActTarget{Name: remote.CaseName(n), Etag: a.etag})
	}
	if a.group != "" {
		req.Group = remote.CaseName(a.group)
	}
	if len(req.Targets) == 0 && a.group == "" {
		return nil, i18n.Errorf("write NUMBER... ACT, as in: wangge case act 20261123-000417 %s", "请写明案件号与操作，如 wangge case act 20261123-000417 %s", word)
	}
	var wrong []error
	for _, f := range a.fields() {
		wrong = append(wrong, f.put(req.GetAct()))
	}
	if a.until != "" {
		wrong = append(wrong, untilField().put(req.GetAct()))
	}
	return req, errors.Join(wrong...)
}

// fields are what the flags that were given say about the act.
func (a *actFlags) fields() []actField {
	return given([]actField{
		flagField("unit", "unit", remote.UnitName(a.unit)),
		choice("reason", wanggev1.ReturnReason_value, "RETURN_REASON_", a.reason),
		flagField("condition", "condition", a.condition),
		choice("severity", wanggev1.Severity_value, "SEVERITY_", a.severity),
		flagField("category", "category", a.category),
		flagField("handler", "handler", remote.PersonName(a.handler)),
		flagField("photo", "photo_hashes", list(a.photos)...),
		position(a.at),
		decision("passed", "passed", a.passed, "failed", a.failed),
		decision("granted", "granted", a.granted, "denied", a.denied),
		flagField("milestone", "milestone", a.milestone),
		choice("outcome", wanggev1.Outcome_value, "OUTCOME_", a.outcome),
		flagField("closing", "closing", a.closing),
		target(a.target),
		choice("satisfaction", wanggev1.Satisfaction_value, "SATISFACTION_", a.satisfaction),
		flagField("radius", "radius_m", a.radius),
		flagField("categories", "categories", list(a.categories)...),
		recipient(a.to),
	})
}

// actAll sends the act, for a group page by page, and prints each result. It is a Failure if the act failed on any case.
func (c *client) actAll(
	ctx context.Context, conn *grpc.ClientConn, cmd *cobra.Command, req *wanggev1.BatchActOnCasesRequest, zone *time.Location,
) error {
	w, failed, last := cmd.OutOrStdout(), 0, (*wanggev1.ActResult)(nil)
	for {
		resp, err := wanggev1.NewCaseServiceClient(conn).BatchActOnCases(ctx, req)
		if err != nil {
			return err
		}
		for _, r := range resp.GetResults() {
			if r.GetStatus() != nil {
				failed++
				last = r
			}
			switch {
			case c.Options.JSON:
				err = printResult(w, r, zone)
			case r.GetStatus() == nil:
				err = c.show(ctx, conn, w, r.GetCase())
			case len(req.GetTargets()) != 1:
				c.Options.Printer(w, zone).Line("%[1]s  %[2]s: %[3]s", "%[1]s  %[3]s（%[2]s）",
					caseview.Number(r.GetName()), code.Code(r.GetStatus().GetCode()).String(), r.GetStatus().GetMessage())
			}
			if err != nil {
				return err
			}
		}
		if req.PageToken = resp.GetNextPageToken(); req.PageToken == "" {
			break
		}
	}
	switch {
	case failed == 1 && len(req.GetTargets()) == 1:
		return cli.Failure(cli.ServerError(cmd, status.FromProto(last.GetStatus())))
	case failed > 0:
		return cli.Failure(i18n.Errorf("%d {case was|cases were} not acted on", "%d 件案件未能执行", failed))
	}
	return nil
}

// printResult prints what became of one case as a line of JSON, with the code and the message of its status as a failure has them;
// both are empty if the act was done.
func printResult(w io.Writer, r *wanggev1.ActResult, zone *time.Location) error {
	line, err := remote.Object(&wanggev1.ActResult{Name: r.GetName(), Outcome: &wanggev1.ActResult_Case{Case: r.GetCase()}}, zone)
	if err != nil {
		return err
	}
	line["code"], line["message"] = "", r.GetStatus().GetMessage()
	if st := r.GetStatus(); st != nil {
		delete(line, "case")
		line["code"] = code.Code(st.GetCode()).String()
	}
	return cli.Encode(w, line)
}

// caseDuplicates lists the cases that may be about the same matter.
func caseDuplicates(c *client) *cobra.Command {
	return &cobra.Command{
		Use: "duplicates NUMBER", Short: "List cases that may be the same matter, the likeliest first", Args: cli.Args("NUMBER"),
		Example: "  wangge case duplicates 20261123-000417",
		RunE: func(cmd *cobra.Command, args []string) error {
			return c.Call(cmd, func(ctx context.Context, conn *grpc.ClientConn) error {
				resp, err := wanggev1.NewCaseServiceClient(conn).ListDuplicates(ctx, &wanggev1.ListDuplicatesRequest{Name: remote.CaseName(args[0])})
				if err != nil {
					return err
				}
				for _, d := range resp.GetDuplicates() {
					switch {
					case c.Options.JSON:
						err = c.Print(ctx, conn, cmd.OutOrStdout(), d)
					case d.GetName() == "":
						c.Options.Printer(cmd.OutOrStdout(), nil).Line("(not yours to see)  %s  %s", "（无权查看）  %s  %s", i18n.Metres(d.GetDistanceM()), d.GetCategoryDisplayName())
					default:
						apart := i18n.Lasting(d.GetApart().AsDuration())
						c.Options.Printer(cmd.OutOrStdout(), nil).Line("%s  %.2f  %s  %s  %s  %s", "%s  %.2f  %s  %s  %s  %s",
							caseview.Number(d.GetName()), d.GetScore(), i18n.Metres(d.GetDistanceM()), apart,
							caseview.Stage(d.GetStage()), d.GetCategoryDisplayName())
					}
					if err != nil {
						return err
					}
				}
				return c.NoteEmpty(cmd, len(resp.GetDuplicates()))
			})
		},
	}
}

// caseReproject recomputes the open deadlines by the calendar of today.
func caseReproject(c *client) *cobra.Command {
	var reason string
	cmd := &cobra.Command{
		Use: "reproject --reason TEXT", Short: "Move open deadlines to where the present calendar puts them", Args: cli.Args(),
		Example: "  wangge case reproject --reason 'notice of 4 November: 2 January is a day off'",
		RunE: func(cmd *cobra.Command, _ []string) error {
			return c.Call(cmd, func(ctx context.Context, conn *grpc.ClientConn) error {
				req := &wanggev1.ReprojectDeadlinesRequest{Reason: reason}
				var evaluated, moved int32
				for {
					resp, err := wanggev1.NewCaseServiceClient(conn).ReprojectDeadlines(ctx, req)
					if err != nil {
						return err
					}
					evaluated, moved = evaluated+resp.GetEvaluated(), moved+resp.GetMoved()
					if req.PageToken = resp.GetNextPageToken(); req.PageToken == "" {
						break
					}
				}
				if c.Options.JSON {
					return cli.Encode(cmd.OutOrStdout(), map[string]any{"evaluated": evaluated, "moved": moved})
				}
				c.Options.Printer(cmd.OutOrStdout(), nil).Line("%d open {case|cases}, %d {deadline|deadlines} moved", "未结案件 %d 件，时限调整 %d 件", evaluated, moved)
				return nil
			})
		},
	}
	cmd.Flags().StringVar(&reason, "reason", "", "kept with each case that moves")
	_ = cmd.MarkFlagRequired("reason") // defined just above
	return cmd
}

// caseActArgs checks that the last argument is an act. Numbers of cases come before it, or --group says which cases.
func caseActArgs(c *cobra.Command, args []string) error {
	if len(args) == 0 {
		return cli.Args("NUMBER...", "ACT")(c, args)
	}
	act, known := args[len(args)-1], make([]string, 0, len(lifecycle.PersonsActs()))
	for _, a := range lifecycle.PersonsActs() {
		known = append(known, string(a))
	}
	switch _, err := dispatch.ParseCaseID(strings.TrimPrefix(act, "cases/")); {
	case slices.Contains(known, act):
		return nil
	case err == nil:
		return i18n.Errorf("missing ACT after %[1]s; write wangge case act NUMBER... ACT", "%[1]s 之后缺少 ACT；用法：wangge case act NUMBER... ACT", act)
	}
	near := diag.Suggest(act, known)
	return i18n.Errorf("%[1]q is no act; %[2]v", "%[1]q 不是有效操作，%[2]v", act, near)
}
