package loadtest

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime/debug"
	"runtime/pprof"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	wanggev1 "wangge/api/wangge/v1"
	"wangge/cmd/wangge/cli"
	"wangge/cmd/wangge/server"
	"wangge/dispatch/i18n"
)

// loadOptions say what a load run does.
type loadOptions struct {
	city, data, html string
	profile          string
	extra            map[string]string // what the flags of extra phases say
	phases           []string
	duration, writes time.Duration
	callers, preload int
	rate             float64
	watchers, idle   int
	runs             int
	seed             uint64
	events, format   string
	view             string
}

// phase measures one thing.
type phase func(context.Context, *loadWorld, *ceilings) ([]measure, error)

// extraPhase is a phase that a build tag adds, with the flag of its name.
type extraPhase struct {
	usage string
	run   func(*loadOptions) phase
}

var extra = map[string]extraPhase{}

// loadPhases in the order in which they run. Ceilings come first: the others are stated as shares.
var loadPhases = []string{"ceilings", "lone", "reports", "batches", "mixed", "pages", "watch"}

var caseViews = map[string]wanggev1.CaseView{"basic": wanggev1.CaseView_CASE_VIEW_BASIC, "full": wanggev1.CaseView_CASE_VIEW_FULL}

func Command(o *cli.Options) *cobra.Command {
	var l loadOptions
	cmd := &cobra.Command{
		Use:   "load",
		Short: "Measure a server under load, each figure beside its ceiling in the same run",
		Long: `Starts a server in this process over loopback and a fresh store, and measures it:
  ceilings  empty calls a second (G), bare bbolt group commits of the same bytes (S), calls of the same messages with nothing behind them (E)
  lone      one caller files reports, beside one bare commit
  reports   --callers callers file reports one by one: share of 1/(1/G + 1/S)
  batches   16 callers file batches of 100: share of S
  mixed     an open loop at --rate: 7 of 10 calls file, 2 act, 1 lists what is overdue
  pages     the first overdue page of any scope and the city's summary, in process and, at --rate reports, over the wire
  watch     --watchers streams on one district: from the call to the last of them; memory of --idle idle ones
Answers carry what a phone or a list shows (--view full: all of a case). Latencies count from the instant at which a call was due. --preload fills the store first; --runs gives medians.`,
		Example: "  wangge load\n  wangge load --preload 1000000 --writes 60s --phases ceilings,lone,reports,batches,pages\n  wangge load --runs 5 --json --html load.html",
		Args:    cli.Takes(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			for _, p := range l.phases {
				if _, more := extra[p]; !slices.Contains(loadPhases, p) && !more {
					return i18n.Errorf("phase %[1]q is none of %[2]s", "阶段 %[1]q 无效，可选：%[2]s", p, strings.Join(loadPhases, ", "))
				}
			}
			l.writes = cmp.Or(l.writes, l.duration)
			if os.Getenv("GOGC") == "" {
				debug.SetGCPercent(server.GCPercent)
			}
			if l.profile != "" {
				f, err := os.Create(l.profile)
				if err != nil {
					return cli.Failure(err)
				}
				defer f.Close()
				if err := pprof.StartCPUProfile(f); err != nil {
					return cli.Failure(err)
				}
				defer pprof.StopCPUProfile()
			}
			var runs [][]measure
			for run := range l.runs {
				ms, err := l.run(cmd, o, run)
				if err != nil {
					return cli.Failure(err)
				}
				runs = append(runs, ms)
			}
			out := medians(runs)
			if l.html != "" {
				if err := writeLoadPage(l.html, out); err != nil {
					return cli.Failure(err)
				}
			}
			return printLoad(cmd.OutOrStdout(), o, out)
		},
	}
	f := cmd.Flags()
	l.extra = map[string]string{}
	for name, e := range extra {
		f.Func(name, e.usage, func(v string) error { l.extra[name] = v; return nil })
	}
	f.StringVar(&l.city, "city", "harbin", "a built-in city (harbin, boston) or a directory")
	f.StringVar(&l.data, "data", "", "keep the store here (default a directory that goes with the run)")
	f.StringVar(&l.html, "html", "", "write a page with latency curves")
	f.StringVar(&l.profile, "cpuprofile", "", "write a CPU profile of the phases, for go tool pprof")
	f.StringSliceVar(&l.phases, "phases", loadPhases, "what to measure")
	cli.SpanFlag(f, &l.duration, "duration", 5*time.Second, time.Millisecond, "of each phase")
	cli.SpanFlag(f, &l.writes, "writes", 0, 0, "of the phases reports and batches, and of the bare commits beside them (default as --duration)")
	cli.CountFlag(f, &l.callers, "callers", 256, 1, "callers at once")
	cli.CountFlag(f, &l.preload, "preload", 0, 0, "cases in the store before the phases begin")
	cli.RateFlag(f, &l.rate, "rate", 500, "calls a second of the open loops")
	cli.CountFlag(f, &l.watchers, "watchers", 1000, 1, "streams on one district")
	cli.CountFlag(f, &l.idle, "idle", 1000, 0, "idle streams whose memory is measured")
	cli.CountFlag(f, &l.runs, "runs", 1, 1, "repeat all and print medians")
	f.StringVar(&l.events, "events", "", "take places and categories from a CSV of real records (see wangge import)")
	f.StringVar(&l.format, "format", "", "of --events: a name in the city's imports.yaml")
	cli.ChoiceFlag(cmd, &l.view, "view", "basic", []string{"basic", "full"}, "how much of each case an answer carries: basic (what a list or a phone shows) or full")
	f.Uint64Var(&l.seed, "seed", 1, "of places and categories")
	return cmd
}

func (l *loadOptions) run(cmd *cobra.Command, o *cli.Options, run int) (out []measure, err error) {
	ctx := cmd.Context()
	c, err := cli.LoadCity(l.city)
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "wangge-load-")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	data := filepath.Join(dir, "data")
	if l.data != "" {
		data = filepath.Join(l.data, fmt.Sprint("run-", run+1))
	}
	if err := os.MkdirAll(data, 0o700); err != nil {
		return nil, err
	}
	w, err := openLoad(ctx, c, data, l.seed+uint64(run))
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, w.close()) }()
	w.view = caseViews[l.view]
	if l.events != "" {
		if err := w.takeFrom(l.events, l.format); err != nil {
			return nil, err
		}
	}
	if l.preload > 0 {
		if err := w.preload(ctx, l.preload, cli.NewProgress(cmd.ErrOrStderr())); err != nil {
			return nil, err
		}
	}
	for n := range int64(200) { // what a report costs the feed, for the ceiling; and warm code
		if _, err := w.file(ctx, w.conn(n), n); err != nil {
			return nil, err
		}
	}
	s := w.store.Stats()
	ceil := ceilings{bytes: s.Recorded / max(s.Batches, 1)}
	if l.preload > 0 {
		before := w.store.Stats().Recorded
		for n := range int64(200) {
			if _, err := w.file(ctx, w.conn(n), n); err != nil {
				return nil, err
			}
		}
		ceil.bytes = (w.store.Stats().Recorded - before) / 200
	}
	phases := map[string]phase{
		"ceilings": func(ctx context.Context, w *loadWorld, ceil *ceilings) ([]measure, error) {
			return l.ceilings(ctx, w, dir, ceil)
		},
		"lone": l.lone, "reports": l.reports, "batches": l.batches, "mixed": l.mixed, "pages": l.pages, "watch": l.watch,
	}
	order := loadPhases
	for name, e := range extra {
		order = append(slices.Clone(order), name)
		phases[name] = e.run(l)
	}
	for _, p := range order {
		if !slices.Contains(l.phases, p) {
			continue
		}
		o.Note(cmd, map[string]any{"phase": p}, i18n.F("load: run %d of %d, %s", "压测：第 %d 轮，共 %d 轮，阶段 %s", run+1, l.runs, p))
		ms, err := phases[p](ctx, w, &ceil)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", p, err)
		}
		out = append(out, ms...)
	}
	return out, nil
}
