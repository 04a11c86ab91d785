package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	wanggev1 "wangge/api/wangge/v1"
	"wangge/dispatch/city"
	"wangge/dispatch/desk/revision"
	"wangge/dispatch/i18n"
)

// revisionCommands compare a city directory with the server's, apply it, and read those applied.
func revisionCommands(o *options) []*cobra.Command {
	return []*cobra.Command{cityPlan(&client{o: o}), cityApply(&client{o: o}), cityLog(&client{o: o}), cityWithdraw(&client{o: o}), cityGet(&client{o: o})}
}

// filePartBytes is how much of a file one message brings.
const filePartBytes = 1 << 20

// proposed are the flags of plan and apply.
type proposed struct {
	against, revision, from, cases, waive, note string
}

// files reads the tables of a directory, or nothing when a kept revision is named.
func (p *proposed) files(args []string) (city.Directory, error) {
	if (len(args) == 1) == (p.revision != "") {
		return nil, i18n.Errorf("name a directory, or --revision to go back to one that is kept", "请给出城市目录；要退回已保存的版本，请用 --revision")
	}
	if p.revision != "" {
		return nil, nil
	}
	fsys, err := directory(args[0])
	if err != nil {
		return nil, err
	}
	dir, faults := city.Collect(fsys)
	if faults != nil {
		return nil, wrongError{&faultsError{faults}}
	}
	return dir, nil
}

func (p *proposed) message(zone *time.Location) (*wanggev1.Proposal, error) {
	m := &wanggev1.Proposal{Against: p.against, Revision: p.revision, Waive: p.waive, Note: p.note}
	switch p.cases {
	case "":
	case "keep":
		m.OpenCases = wanggev1.OpenCases_OPEN_CASES_KEEP
	case "reroute":
		m.OpenCases = wanggev1.OpenCases_OPEN_CASES_REROUTE
	case "move":
		m.OpenCases = wanggev1.OpenCases_OPEN_CASES_MOVE
	}
	if p.from != "" {
		at, err := dayOrTime(p.from, zone)
		if err != nil {
			return nil, err
		}
		m.EffectiveFrom = timestamppb.New(at)
	}
	return m, nil
}

// send sends the parts of a directory.
func send(dir city.Directory, each func(*wanggev1.FilePart) error) error {
	for _, name := range slices.Sorted(maps.Keys(dir)) {
		data := dir[name]
		for at := 0; at == 0 || at < len(data); at += filePartBytes {
			if err := each(&wanggev1.FilePart{Name: name, Data: data[at:min(len(data), at+filePartBytes)]}); err != nil && !errors.Is(err, io.EOF) { // EOF: the answer says why
				return err
			}
		}
	}
	return nil
}

func cityPlan(c *client) *cobra.Command {
	var p proposed
	var limit int
	cmd := &cobra.Command{
		Use: "plan [DIR]", Short: "Say what a city directory would change on a running server; nothing is written",
		Long: `Says what a city directory would change: rows, ground in km², people left without duty, gaps in responsibility that
open or close, and each open case whose owner, ladder or deadline would move or that would be left to nobody. Exit 1 when
it opens a gap, leaves a case to nobody or was planned against a revision that no longer stands.`,
		Example: "  wangge city plan ./our-city\n  wangge city plan --revision c-5f3a9c21d0b4   # what going back would change",
		Args:    takes("[DIR]"),
		RunE: func(cmd *cobra.Command, args []string) error {
			dir, err := p.files(args)
			if err != nil {
				return err
			}
			return c.call(cmd, func(ctx context.Context, conn *grpc.ClientConn) error {
				zone, err := c.zone(ctx, conn)
				if err != nil {
					return err
				}
				head, err := p.message(zone)
				if err != nil {
					return err
				}
				stream, err := wanggev1.NewCityServiceClient(conn).PlanCity(ctx)
				if err != nil {
					return err
				}
				if err := stream.Send(&wanggev1.PlanCityRequest{Proposal: head}); err != nil && !errors.Is(err, io.EOF) {
					return err
				}
				if err := send(dir, func(part *wanggev1.FilePart) error { return stream.Send(&wanggev1.PlanCityRequest{Part: part}) }); err != nil {
					return err
				}
				if err := stream.CloseSend(); err != nil {
					return err
				}
				return c.printPlan(cmd.OutOrStdout(), stream.Recv, zone, limit)
			})
		},
	}
	c.flags(cmd)
	cmd.Flags().StringVar(&p.against, "against", "", "the revision that you planned against before: says what was applied meanwhile")
	cmd.Flags().StringVar(&p.revision, "revision", "", "a kept revision instead of a directory")
	cmd.Flags().StringVar(&p.from, "from", "", "when it would take effect (default now)")
	countFlag(cmd.Flags(), &limit, "limit", 50, 1, "most rows of each list that are printed; --json prints all")
	return cmd
}

// printPlan prints a plan as it comes.
func (c *client) printPlan(w io.Writer, next func() (*wanggev1.PlanCityResponse, error), zone *time.Location, limit int) error {
	lang := c.o.lang
	counts := map[string]int{}
	stale := false
	moves := i18n.F("open cases that would move", "将变动的未结案件")
	var held []string // the first of the moves, which come between lost cases and are printed after these
	row := func(list i18n.Text, format string, args ...any) {
		if counts[list.En]++; counts[list.En] == 1 {
			fmt.Fprintln(w, list.In(lang))
		}
		if counts[list.En] <= limit {
			for i, a := range args {
				if text, ok := a.(string); ok {
					args[i] = i18n.OneLine(text)
				}
			}
			fmt.Fprintf(w, "  "+format+"\n", args...)
		}
	}
	for {
		m, err := next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		stale = stale || len(m.GetMissed()) > 0
		if c.o.json {
			if err := message(w, m, zone); err != nil {
				return err
			}
		} else {
			if m.GetBefore() != "" {
				fmt.Fprintf(w, "%s -> %s\n", m.GetBefore(), m.GetAfter())
			}
			for _, r := range m.GetMissed() {
				row(i18n.F("applied since you planned", "您预览之后已启用"), "%s", revisionLine(r, zone, lang))
			}
			for _, x := range m.GetChanges() {
				row(i18n.F("changes", "变更"), "%s:%d: %s", x.GetFile(), x.GetLine(), x.GetText())
			}
			for _, x := range m.GetGround() {
				row(i18n.F("ground", "地界"), "%s", x.GetText())
			}
			for _, x := range m.GetOpened() {
				list := i18n.F("gaps that open", "新出现的责任空白")
				if x.GetReason() == "expectation" {
					list = i18n.F("expectations that are not met", "未达到的预期")
				}
				row(list, "%s -> %s", x.GetText(), x.GetAdd())
			}
			for _, x := range m.GetClosed() {
				row(i18n.F("gaps that close", "消除的责任空白"), "%s", x.GetText())
			}
			for _, x := range m.GetIdle() {
				row(i18n.F("people left without duty", "不再有职责的人员"), "%s (%s) %s", x.GetDisplayName(), x.GetPerson(), strings.Join(x.GetHadPosts(), " "))
			}
			for _, x := range m.GetMoves() {
				if len(x.GetLost()) > 0 {
					row(i18n.F("open cases that would be left to nobody", "将无人负责的未结案件"), "%s  %s", x.GetCase(), strings.Join(x.GetLost(), "; "))
				}
				if line := moveLine(x, zone, lang); line != "" {
					if counts[moves.En]++; counts[moves.En] <= limit {
						held = append(held, line)
					}
				}
			}
		}
		if t := m.GetTotals(); t != nil {
			if !c.o.json {
				if len(held) > 0 {
					fmt.Fprintln(w, moves.In(lang))
				}
				for _, line := range held {
					fmt.Fprintln(w, " ", i18n.OneLine(line))
				}
				for _, list := range slices.Sorted(maps.Keys(counts)) {
					if more := counts[list] - limit; more > 0 {
						fmt.Fprintf(w, "%s: +%d (--limit)\n", list, more)
					}
				}
				fmt.Fprintln(w, i18n.F("%[1]d changes; %[2]d gaps open, %[3]d close; %[4]d people without duty; %[5]d open cases move (%[6]d owners, %[7]d deadlines, %[8]d ladders, %[9]d stuck)",
					"%[1]d 处变更；新增空白 %[2]d、消除 %[3]d；%[4]d 人无职责；%[5]d 件未结案件变动（责任单位 %[6]d、时限 %[7]d、阶梯 %[8]d、无法派遣 %[9]d）",
					t.GetChanges(), t.GetOpened(), t.GetClosed(), t.GetIdle(), t.GetCases(), t.GetOwnerMoves(), t.GetDeadlineMoves(), t.GetLadderMoves(), t.GetStuck()).In(lang))
				if n := t.GetLost(); n > 0 {
					fmt.Fprintln(w, i18n.F("%d open cases would be left to nobody: apply with --open-cases move or reroute", "%d 件未结案件将无人负责：启用时请用 --open-cases move 或 reroute", n).In(lang))
				}
			}
			if n := t.GetExpectations(); n > 0 && !c.o.json {
				fmt.Fprintln(w, i18n.F("%[1]d expectations, %[2]d not met; the last rule takes %[3]d (%.1[4]f %%)", "%[1]d 条预期，%[2]d 条未达到；兜底规则承接 %[3]d 条（%.1[4]f %%）", n, t.GetUnmet(), t.GetFallback(), 100*float64(t.GetFallback())/float64(n)).In(lang))
			}
			if t.GetOpened() > 0 || t.GetLost() > 0 || stale {
				return errFound
			}
		}
	}
}

// moveLine is what would change of a case; "" when nothing does, as of a case that is only lost.
func moveLine(m *wanggev1.CaseMove, zone *time.Location, lang string) string {
	name := func(o *wanggev1.Owner) string {
		if o == nil {
			return "-"
		}
		return o.GetUnitDisplayName()
	}
	if m.GetStuck() != "" {
		return m.GetCase() + "  " + m.GetStuck()
	}
	out := ""
	if m.GetOwnerMoves() {
		out += fmt.Sprintf("  %s -> %s (%s)", name(m.GetOwnerBefore()), name(m.GetOwnerAfter()), m.GetRule())
	}
	if m.GetDeadlineMoves() {
		const short = "2006-01-02 15:04"
		out += i18n.F("  due %s -> %s", "  时限 %s -> %s", m.GetDueBefore().AsTime().In(zone).Format(short), m.GetDueAfter().AsTime().In(zone).Format(short)).In(lang)
	}
	if m.GetLadderMoves() {
		out += i18n.F("  ladder", "  阶梯").In(lang)
	}
	if out == "" {
		return ""
	}
	return m.GetCase() + out
}

func cityApply(c *client) *cobra.Command {
	var p proposed
	cmd := &cobra.Command{
		Use: "apply [DIR]", Short: "Let another revision of the city decide, now or from an instant on",
		Long: `Lets a city directory decide: all or nothing, now or at --from. It is refused when it opens a gap in responsibility
unless --waive says why that is accepted, and when the city has moved on since you planned (--against, as city plan
prints it). Open cases move only as --open-cases says: keep leaves them as they are and is refused when some would be left
to nobody, move gives those to somebody, reroute decides all anew. Going back is --revision with an older one.`,
		Example: "  wangge city apply ./our-city --against c-5f3a9c21d0b4 --open-cases keep --note 'new winter roster'\n  wangge city apply --revision c-5f3a9c21d0b4 --against c-77aa01b2c3d4 --open-cases reroute --note 'back'",
		Args:    takes("[DIR]"),
		RunE: func(cmd *cobra.Command, args []string) error {
			dir, err := p.files(args)
			if err != nil {
				return err
			}
			return c.call(cmd, func(ctx context.Context, conn *grpc.ClientConn) error {
				zone, err := c.zone(ctx, conn)
				if err != nil {
					return err
				}
				head, err := p.message(zone)
				if err != nil {
					return err
				}
				stream, err := wanggev1.NewCityServiceClient(conn).ApplyCity(ctx)
				if err != nil {
					return err
				}
				if err := stream.Send(&wanggev1.ApplyCityRequest{Proposal: head}); err != nil && !errors.Is(err, io.EOF) {
					return err
				}
				if err := send(dir, func(part *wanggev1.FilePart) error { return stream.Send(&wanggev1.ApplyCityRequest{Part: part}) }); err != nil {
					return err
				}
				r, err := stream.CloseAndRecv()
				if err != nil {
					return err
				}
				return c.printRevision(cmd.OutOrStdout(), r.GetRevision(), r, zone)
			})
		},
	}
	c.flags(cmd)
	cmd.Flags().StringVar(&p.against, "against", "", "the revision that you planned against (city plan prints it)")
	cmd.Flags().StringVar(&p.revision, "revision", "", "a kept revision instead of a directory")
	cmd.Flags().StringVar(&p.from, "from", "", "when it takes effect (default now)")
	choiceFlag(cmd, &p.cases, "open-cases", "", []string{"keep", "move", "reroute"}, "what becomes of open cases: keep, move or reroute")
	cmd.Flags().StringVar(&p.waive, "waive", "", "why the gaps that it opens are accepted; kept and shown")
	cmd.Flags().StringVar(&p.note, "note", "", "for people")
	return cmd
}

func (c *client) printRevision(w io.Writer, r *wanggev1.Revision, whole proto.Message, zone *time.Location) error {
	if c.o.json {
		return message(w, whole, zone)
	}
	_, err := fmt.Fprintln(w, revisionLine(r, zone, c.o.lang))
	return err
}

// revisionLine is an apply for people.
func revisionLine(r *wanggev1.Revision, zone *time.Location, lang string) string {
	at := func(t *timestamppb.Timestamp) string { return t.AsTime().In(zone).Format("2006-01-02 15:04") }
	state := i18n.F("decided", "曾启用")
	switch {
	case r.GetDeciding():
		state = i18n.F("decides", "现行")
	case r.GetWithdrawn():
		state = i18n.F("withdrawn by %s", "由 %s 撤回", r.GetWithdrawnBy())
	case r.GetEffectiveTime() == nil:
		state = i18n.F("waits", "待启用")
	}
	open := i18n.F("keep", "未结案件不动")
	switch r.GetOpenCases() {
	case wanggev1.OpenCases_OPEN_CASES_REROUTE:
		open = i18n.F("reroute", "未结案件重新派遣")
	case wanggev1.OpenCases_OPEN_CASES_MOVE:
		open = i18n.F("move", "仅移交无人负责的未结案件")
	default:
	}
	by, note := i18n.F("%s", "%s", named(r.GetPersonDisplayName(), r.GetPerson())), i18n.F("%s", "%s", i18n.OneLine(r.GetNote()))
	if r.GetPerson() == "" {
		by = i18n.F("the service", "系统")
	}
	if r.GetNote() == revision.FirstNote {
		note.Zh = "服务首次启动时的目录"
	}
	out := i18n.F("%[1]d  %[2]s  %[3]s  applied %[5]s by %[6]s, from %[7]s, %[8]s", "%[1]d  %[2]s  %[4]s  %[5]s 由%[10]s提交，自 %[7]s 起，%[9]s",
		r.GetNumber(), r.GetRevision(), state.En, state.Zh, at(r.GetApplyTime()), by.En, at(r.GetEffectiveFrom()), open.En, open.Zh, by.Zh).In(lang)
	if r.GetCasesSeen() > 0 {
		out += i18n.F(": %d open cases seen, %d moved, %d kept, %d stuck", "：核对未结案件 %d 件，变动 %d、不动 %d、无法派遣 %d", r.GetCasesSeen(), r.GetCasesMoved(), r.GetCasesKept(), r.GetCasesStuck()).In(lang)
	}
	if r.GetEffectiveTime() != nil && !r.GetCasesDone() {
		out += i18n.F(" so far", "（进行中）").In(lang)
	}
	if r.GetWaive() != "" {
		out += i18n.F("; %[1]d gaps waived: %[2]s", "；豁免空白 %[1]d 处：%[2]s", len(r.GetWaived()), r.GetWaive()).In(lang)
	}
	if r.GetNote() != "" {
		out += i18n.F("; %[1]s", "；%[2]s", note.En, note.Zh).In(lang)
	}
	return out
}

func cityLog(c *client) *cobra.Command {
	var limit int
	var rows bool
	cmd := &cobra.Command{
		Use: "log", Short: "List the revisions that were applied, the latest first: who, when, what, which gaps were waived", Args: takes(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return c.call(cmd, func(ctx context.Context, conn *grpc.ClientConn) error {
				zone, err := c.zone(ctx, conn)
				if err != nil {
					return err
				}
				token := ""
				for n := 0; ; {
					r, err := wanggev1.NewCityServiceClient(conn).ListRevisions(ctx, &wanggev1.ListRevisionsRequest{PageToken: token})
					if err != nil {
						return err
					}
					for _, a := range r.GetRevisions() {
						if n++; n > limit {
							return nil
						}
						if err := c.printRevision(cmd.OutOrStdout(), a, a, zone); err != nil {
							return err
						}
						if !rows || c.o.json {
							continue
						}
						for _, text := range append(slices.Clone(a.GetWaived()), a.GetChanges()...) {
							fmt.Fprintln(cmd.OutOrStdout(), "     "+i18n.OneLine(text))
						}
					}
					if token = r.GetNextPageToken(); token == "" {
						return c.none(cmd, n)
					}
				}
			})
		},
	}
	c.flags(cmd)
	countFlag(cmd.Flags(), &limit, "limit", 50, 1, "most revisions")
	cmd.Flags().BoolVar(&rows, "rows", false, "also what each one changed and waived")
	return cmd
}

func cityWithdraw(c *client) *cobra.Command {
	var number uint64
	cmd := &cobra.Command{
		Use: "withdraw --number N", Short: "Take back a revision that waits for its instant", Args: takes(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return c.call(cmd, func(ctx context.Context, conn *grpc.ClientConn) error {
				zone, err := c.zone(ctx, conn)
				if err != nil {
					return err
				}
				r, err := wanggev1.NewCityServiceClient(conn).WithdrawRevision(ctx, &wanggev1.WithdrawRevisionRequest{Number: number})
				if err != nil {
					return err
				}
				return c.printRevision(cmd.OutOrStdout(), r.GetRevision(), r, zone)
			})
		},
	}
	c.flags(cmd)
	cmd.Flags().Uint64Var(&number, "number", 0, "of the apply, as city log prints it")
	_ = cmd.MarkFlagRequired("number") // it is defined just above
	return cmd
}

func cityGet(c *client) *cobra.Command {
	var revision string
	cmd := &cobra.Command{
		Use: "get DIR", Short: "Write a kept revision of the city into a new directory (default: the one that decides)", Args: takes("DIR"),
		Example: "  wangge city get ./now\n  wangge city get ./then --revision c-5f3a9c21d0b4",
		RunE: func(cmd *cobra.Command, args []string) error {
			if entries, err := os.ReadDir(args[0]); err == nil && len(entries) > 0 {
				return wrongError{i18n.Errorf("%s is not empty; name a new directory", "%s 不是空目录，请另指定一个新目录", args[0])}
			}
			return c.call(cmd, func(ctx context.Context, conn *grpc.ClientConn) error {
				stream, err := wanggev1.NewCityServiceClient(conn).GetRevision(ctx, &wanggev1.GetRevisionRequest{Revision: revision})
				if err != nil {
					return err
				}
				dir, kept := city.Directory{}, ""
				for {
					m, err := stream.Recv()
					if errors.Is(err, io.EOF) {
						break
					}
					if err != nil {
						return err
					}
					if m.GetRevision() != "" {
						kept = m.GetRevision()
					}
					if p := m.GetPart(); p != nil {
						dir[p.GetName()] = append(dir[p.GetName()], p.GetData()...)
					}
				}
				if err := writeDirectory(args[0], dir); err != nil {
					return err
				}
				if c.o.json {
					return encode(cmd.OutOrStdout(), map[string]any{"revision": kept, "directory": args[0], "files": slices.Sorted(maps.Keys(dir))})
				}
				_, err = fmt.Fprintln(cmd.OutOrStdout(), kept)
				return err
			})
		},
	}
	c.flags(cmd)
	cmd.Flags().StringVar(&revision, "revision", "", "a kept revision, as city log prints it")
	return cmd
}

// writeDirectory writes the files of a city directory.
func writeDirectory(at string, dir city.Directory) error {
	if bad := dir.Check(); len(bad) > 0 {
		return wrongError{errors.New(bad[0].String())}
	}
	files := make(map[string][]byte, len(dir))
	for name, data := range dir {
		path := filepath.Join(at, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return wrongError{err}
		}
		files[path] = data
	}
	if err := writeFiles(files); err != nil {
		return wrongError{err}
	}
	return nil
}
