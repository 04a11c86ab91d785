package server

import (
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"time"

	"wangge/cmd/wangge/cli"
	"wangge/dispatch/city"
	"wangge/dispatch/desk/fsck"
	"wangge/dispatch/i18n"
	"wangge/storage"
	"wangge/storage/bolt"

	"github.com/spf13/cobra"
)

// checkJSON is the last line of check --json, after one line for each finding. Its names are those of wanggev1.CheckStoreResponse.
type checkJSON struct {
	OK       bool   `json:"ok"`
	Revision uint64 `json:"revision"`
	Keys     int    `json:"keys"`
	Cases    int    `json:"cases"`
	Open     int    `json:"open"`
	Timers   int    `json:"timers"`
	Events   int    `json:"events"`
	Pages    int    `json:"pages"`   // read of both files
	Records  int    `json:"records"` // batches in the feed
	Sealed   int    `json:"sealed"`  // of those, with a checksum, which was compared
	Blocks   int    `json:"blocks"`  // of keys, whose checksums were compared
	Damaged  int    `json:"damaged"` // places of the files
	Found    int    `json:"found"`
	Repaired int    `json:"repaired"`
	Remarked int    `json:"remarked"`
}

// findingJSON is an inconsistency.
type findingJSON struct {
	Kind     string `json:"kind"`
	Key      string `json:"key"` // quoted as Go does: bytes that are no text are \x..
	Case     string `json:"case,omitempty"`
	What     string `json:"what"`
	Mend     string `json:"mend"`
	Derived  bool   `json:"derived"`
	Repaired bool   `json:"repaired"`
}

// CheckCommand checks a store for consistency, and repairs what is derived.
func CheckCommand(o *cli.Options) *cobra.Command {
	var data, dir string
	var repair bool
	var most int
	cmd := &cobra.Command{
		Use:   "check --data DIR",
		Short: "Check a data directory that no server has open: every timer, case, event and index entry",
		Long: `Reads a whole store, compares every page and checksum of its files, and says what does not fit together: each open case has
exactly one timer, each case is the fold of its events, each index entry has its case and each case its entries. Nothing is
written without --repair, which rebuilds what is derived from something else, and nothing more. A running server checks
itself, at start and on a schedule: AdminService.CheckStore.`,
		Example: "  wangge check --data ./data\n  wangge check --data ./data --city harbin --repair",
		Args:    cli.Args(),
		RunE: func(cmd *cobra.Command, _ []string) (err error) {
			if repair && dir == "" {
				return i18n.Errorf("--repair needs --city: a rebuilt case stands in the lists of its city", "--repair 须与 --city 同用：重建的案件要列入所属城市的清单")
			}
			var c *city.City
			if dir != "" {
				if c, err = cli.LoadCity(dir); err != nil {
					return err
				}
			}
			open := openReadOnly
			if repair {
				open = openForRepair
			}
			store, err := open(data)
			if d, ok := errors.AsType[*storage.DamageError](err); ok && d.Offset >= 0 {
				return listDamage(cmd, o, data, most, err)
			}
			if err != nil {
				return cli.Failure(err)
			}
			defer func() { err = errors.Join(err, store.Close()) }()
			r, err := fsck.Check(cmd.Context(), store, c, fsck.CheckOptions{Repair: repair, Most: most})
			if err != nil {
				return cli.Failure(storeError(err))
			}
			if err := store.Remade(); err != nil && repair {
				addRebuilt(&r, err)
			}
			return printStoreCheck(cmd, o, r)
		},
	}
	cmd.Flags().StringVar(&data, "data", "", "data directory of a server that does not run")
	cmd.Flags().StringVar(&dir, "city", "", "the city of the store; with it the ladders are checked too")
	cmd.Flags().BoolVar(&repair, "repair", false, "rebuild what is derived")
	cli.CountFlag(cmd.Flags(), &most, "most", 1000, 0, "list at most so many; all are counted")
	_ = cmd.MarkFlagRequired("data") // defined just above
	return cmd
}

// listDamage lists every damage of a feed that can't be opened, and returns why.
func listDamage(cmd *cobra.Command, o *cli.Options, data string, most int, why error) error {
	r := fsck.CheckReport{}
	files, err := bolt.Examine(filepath.Join(data, storeName), func(d *storage.DamageError) error {
		if r.Found++; r.Found <= most {
			r.Findings = append(r.Findings, fsck.DamageFinding(d))
		}
		return nil
	})
	if err != nil || r.Found == 0 {
		return cli.Failure(errors.Join(why, err))
	}
	r.Files = files
	if err := printStoreCheck(cmd, o, r); !errors.Is(err, cli.ErrFound) {
		return err
	}
	return cli.Failure(why)
}

// addRebuilt adds to a report that damaged keys were rebuilt when the store was opened.
func addRebuilt(r *fsck.CheckReport, err error) {
	d, ok := errors.AsType[*storage.DamageError](err)
	if !ok {
		return
	}
	f := fsck.Finding{Kind: fsck.FindingKind(d.Kind), Key: []byte(d.Path), What: fsck.DamageText(d), Mend: i18n.F("it was made anew; look at the disk", "已重建；请检查磁盘"), Derived: true, Repaired: true}
	r.Findings = append([]fsck.Finding{f}, r.Findings...)
	r.ByKind[f.Kind]++
	r.Files.Damaged++
	r.Found++
	r.Repaired++
}

// printStoreCheck prints a report; it returns cli.ErrFound if the store is not whole.
func printStoreCheck(cmd *cobra.Command, o *cli.Options, r fsck.CheckReport) error {
	out := cmd.OutOrStdout()
	enc := json.NewEncoder(out)
	p := o.Printer(out, time.UTC)
	for i, f := range slices.Concat(r.Findings, r.Remarks) {
		row := findingJSON{
			Kind: string(f.Kind), Key: fmt.Sprintf("%q", f.Key), What: f.What.In(o.Lang), Mend: f.Mend.In(o.Lang), Derived: f.Derived,
			Repaired: f.Repaired,
		}
		if f.Case != 0 {
			row.Case = f.Case.String()
		}
		if o.JSON {
			if err := enc.Encode(row); err != nil {
				return err
			}
			continue
		}
		done := ""
		if i >= len(r.Findings) {
			done = i18n.F(" [remark]", "【提示】").In(o.Lang)
		}
		if f.Repaired {
			done = i18n.F(" [repaired]", "【已修复】").In(o.Lang)
		}
		p.Line("%s %s: %s; %s%s", "%s %s：%s；%s%s", row.Kind, row.Key, row.What, row.Mend, done)
	}
	if o.JSON {
		if err := enc.Encode(checkJSON{
			r.Whole(), uint64(r.Revision), r.Keys, r.Cases, r.Open, r.Timers, r.Events,
			r.Files.Pages, r.Files.Records, r.Files.Sealed, r.Files.Blocks, r.Files.Damaged, r.Found, r.Repaired, r.Remarked,
		}); err != nil {
			return err
		}
	} else {
		p.Line("%d {page|pages} read; checksums compared: %d of %d {record|records}, %d {block|blocks} of keys; %d {place|places} damaged", "已读 %d 页；已核对校验和：记录 %d / %d 条，键块 %d 个；损坏 %d 处", r.Files.Pages, r.Files.Sealed, r.Files.Records, r.Files.Blocks, r.Files.Damaged)
		p.Line("revision %d: %d {key|keys}, %d {case|cases}, %d open with %d {timer|timers}, %d {event|events}; %d wrong, %d repaired",
			"版本 %d：%d 个键、%d 件案件（未结 %d 件，计时器 %d 个）、%d 个事件；不符 %d 处，修复 %d 处", r.Revision, r.Keys, r.Cases, r.Open, r.Timers, r.Events, r.Found, r.Repaired)
		if r.Remarked > 0 {
			p.Line("%d open {case names|cases name} what the city does not have", "%d 件未结案件涉及城市中已不存在的单位、人员或类别", r.Remarked)
		}
	}
	if !r.Whole() {
		return cli.ErrFound
	}
	return nil
}
