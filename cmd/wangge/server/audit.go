package server

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"wangge/cmd/wangge/cli"
	"wangge/dispatch/desk/auditlog"
	"wangge/dispatch/i18n"
	"wangge/storage"

	"github.com/spf13/cobra"
	"golang.org/x/mod/sumdb/tlog"
)

// AuditCommand prints the head of the audit log, proves an old head, and verifies the whole log.
func AuditCommand(o *cli.Options) *cobra.Command {
	var data string
	parent := &cobra.Command{
		Use: "audit", Short: "Prove that the record was not touched: the head of the audit log, a proof against an old one, the whole verified",
		Long: `The audit log is a transparency log (RFC 6962, as golang.org/x/mod/sumdb/tlog has it) whose leaves are the acts of every case and
the starts and stops of campaigns in the order of their commits, each holding the hash of the one before it in the same case, or
of the campaign change before it. Keep a head elsewhere: with it anybody can prove later that nothing before it was changed or
removed. These commands read a data directory that no server has open; a running server answers AdminService.VerifyAudit.`,
	}
	open := func(f func(storage.Engine) error) (err error) {
		store, err := openReadOnly(data)
		if err != nil {
			return cli.Failure(err)
		}
		defer func() { err = errors.Join(err, store.Close()) }()
		return storeError(f(store))
	}
	head := &cobra.Command{
		Use: "head", Short: "Print the head of the log, to be kept elsewhere", Args: cli.Args(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return open(func(store storage.Engine) error {
				h, err := auditlog.ReadAuditHead(cmd.Context(), store)
				if err != nil {
					return cli.Failure(err)
				}
				if h.Size == 0 {
					return cli.Failure(i18n.Errorf("the store has no audit log yet; a server writes it", "该存储尚无审计日志，服务运行后才有"))
				}
				if o.JSON {
					return json.NewEncoder(cmd.OutOrStdout()).Encode(map[string]any{"head": h.String(), "size": h.Size, "root": h.Root})
				}
				_, err = fmt.Fprintln(cmd.OutOrStdout(), h)
				return err
			})
		},
	}
	var old string
	verify := func(prove bool) func(*cobra.Command, []string) error {
		return func(cmd *cobra.Command, _ []string) error {
			var was auditlog.AuditHead
			if old != "" {
				var err error
				if was, err = auditlog.ParseAuditHead(old); err != nil {
					return err
				}
			}
			return open(func(store storage.Engine) error {
				r, err := auditlog.VerifyAudit(cmd.Context(), store, was)
				if err != nil {
					return cli.Failure(err)
				}
				return printAudit(cmd, o, r, prove)
			})
		}
	}
	proveCmd := &cobra.Command{
		Use: "prove --old HEAD", Short: "Prove that an old head is a beginning of the log: nothing before it was changed or removed", Args: cli.Args(),
		Example: "  wangge audit prove --data ./data --old 1204:1kgPAqJYtKkn3P7Z…",
		RunE:    verify(true),
	}
	proveCmd.Flags().StringVar(&old, "old", "", "SIZE:HASH, as wangge audit head printed it")
	verifyCmd := &cobra.Command{
		Use: "verify", Short: "Read every event anew and name each place that is not what was logged", Args: cli.Args(),
		RunE: verify(false),
	}
	verifyCmd.Flags().StringVar(&old, "old", "", "also against an old head")
	_ = proveCmd.MarkFlagRequired("old") // defined just above
	parent.AddCommand(head, proveCmd, verifyCmd)
	const where = "data directory of a server that does not run"
	parent.PersistentFlags().StringVar(&data, "data", "", where)
	for _, c := range parent.Commands() { // required of each, and not of the group, which prints its help
		c.Flags().StringVar(&data, "data", "", where)
		_ = c.MarkFlagRequired("data") // defined just above
	}
	return parent
}

// auditJSON is the output of audit verify and audit prove with --json.
type auditJSON struct {
	OK         bool               `json:"ok"`
	Head       string             `json:"head"`
	Consistent bool               `json:"consistent"`
	Unlogged   int                `json:"unlogged"`
	Found      int                `json:"found"`
	Findings   []auditFindingJSON `json:"findings"`
	Proof      []tlog.Hash        `json:"proof,omitempty"`
}

type auditFindingJSON struct {
	Leaf  int64  `json:"leaf"`
	Case  string `json:"case,omitempty"`
	First uint64 `json:"first_event,omitempty"`
	Last  uint64 `json:"last_event,omitempty"`

	Change uint64 `json:"campaign_change,omitempty"` // of a campaign of the city
	What   string `json:"what"`
}

// printAudit prints a verification; it returns cli.ErrFound if the log is not whole.
func printAudit(cmd *cobra.Command, o *cli.Options, r auditlog.AuditReport, prove bool) error {
	out := cmd.OutOrStdout()
	rows := []auditFindingJSON{}
	for _, f := range r.Findings {
		row := auditFindingJSON{Leaf: f.Leaf, First: f.First, Last: f.Last, Change: f.Change, What: f.What.In(o.Lang)}
		if f.Case != 0 {
			row.Case = f.Case.String()
		}
		rows = append(rows, row)
	}
	j := auditJSON{OK: r.Whole(), Head: r.Head.String(), Consistent: r.Consistent, Unlogged: r.Unlogged, Found: r.Found, Findings: rows}
	if prove {
		j.Proof = r.Proof
	}
	p := o.Printer(out, time.UTC)
	if o.JSON {
		if err := json.NewEncoder(out).Encode(j); err != nil {
			return err
		}
	} else {
		for _, row := range rows {
			p.Line("leaf %d: %s", "第 %d 项：%s", row.Leaf, row.What)
		}
		for _, h := range j.Proof {
			p.Line("proof %s", "证明 %s", h)
		}
		p.Line("head %s; %d wrong, %d {act|acts} not in the log yet", "日志头 %s；%d 处不符，%d 步尚未入日志", j.Head, j.Found, j.Unlogged)
	}
	if !j.OK {
		return cli.ErrFound
	}
	return nil
}
