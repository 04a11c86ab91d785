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

	"wangge/cmd/wangge/cli"
	"wangge/cmd/wangge/server"
	"wangge/dispatch/i18n"

	"github.com/spf13/cobra"

	wanggev1 "wangge/api/wangge/v1"
)

// Settings are what the flags of a load run say to its phases.
type Settings struct {
	City     string        // a built-in city or a directory
	Duration time.Duration // of a phase
	Callers  int           // at once
	Preload  int           // cases in the store before the phases begin
}

// load is a load run: its flags.
type load struct {
	Settings
	data, html, profile  string
	phases               []string
	writes               time.Duration
	rate                 float64
	watchers, idle, runs int
	seed                 uint64
	events, format, view string
	extra                []ExtraPhase
	extraFlags           map[string]string // by name of the phase
}

// phase measures one thing.
type phase func(context.Context, *World, *ceilings) ([]Measure, error)

// An ExtraPhase is a phase besides those of every load run. It runs last, and only when --phases names it.
type ExtraPhase struct {
	Name  string // of the phase, and of a flag
	Usage string // of the flag
	// Run measures; flag is what the flag of the phase says.
	Run func(ctx context.Context, w *World, s Settings, flag string) ([]Measure, error)
}

// phaseOrder is the order in which the phases run. Ceilings come first: the others are stated as shares.
var phaseOrder = []string{"ceilings", "lone", "reports", "batches", "mixed", "pages", "watch"}

var caseViews = map[string]wanggev1.CaseView{"basic": wanggev1.CaseView_CASE_VIEW_BASIC, "full": wanggev1.CaseView_CASE_VIEW_FULL}

// Command measures a server under load, with extra phases besides its own.
func Command(o *cli.Options, extra ...ExtraPhase) *cobra.Command {
	l := load{extra: extra, extraFlags: map[string]string{}}
	cmd := &cobra.Command{
		Use:   "load",
		Short: "Measure a server under load, each figure beside its ceiling in the same run",
		//nolint:lll // lines of the help
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
		Args:    cli.Args(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			names := l.names()
			for _, p := range l.phases {
				if !slices.Contains(names, p) {
					return i18n.Errorf("phase %[1]q is none of %[2]s", "阶段 %[1]q 无效，可选：%[2]s", p, strings.Join(names, ", "))
				}
			}
			l.writes = cmp.Or(l.writes, l.Duration)
			ms, err := l.profiled(cmd, o)
			if err != nil {
				return cli.Failure(err)
			}
			if l.html != "" {
				if err := writePage(l.html, ms); err != nil {
					return cli.Failure(err)
				}
			}
			return report(cmd.OutOrStdout(), o, ms)
		},
	}
	l.flags(cmd)
	return cmd
}

// flags adds the flags of a load run.
func (l *load) flags(cmd *cobra.Command) {
	f := cmd.Flags()
	for _, e := range l.extra {
		f.Func(e.Name, e.Usage, func(v string) error { l.extraFlags[e.Name] = v; return nil })
	}
	f.StringVar(&l.City, "city", "harbin", "a built-in city (harbin, boston) or a directory")
	f.StringVar(&l.data, "data", "", "keep the store here (default a directory that goes with the run)")
	f.StringVar(&l.html, "html", "", "write a page with latency curves")
	f.StringVar(&l.profile, "cpuprofile", "", "write a CPU profile of the phases, for go tool pprof")
	f.StringSliceVar(&l.phases, "phases", phaseOrder, "what to measure")
	cli.SpanFlag(f, &l.Duration, "duration", 5*time.Second, time.Millisecond, "of each phase")
	cli.SpanFlag(f, &l.writes, "writes", 0, 0, "of the phases reports and batches, and of the bare commits beside them (default as --duration)")
	cli.CountFlag(f, &l.Callers, "callers", 256, 1, "callers at once")
	cli.CountFlag(f, &l.Preload, "preload", 0, 0, "cases in the store before the phases begin")
	cli.RateFlag(f, &l.rate, "rate", 500, "calls a second of the open loops")
	cli.CountFlag(f, &l.watchers, "watchers", 1000, 1, "streams on one district")
	cli.CountFlag(f, &l.idle, "idle", 1000, 0, "idle streams whose memory is measured")
	cli.CountFlag(f, &l.runs, "runs", 1, 1, "repeat all and print medians")
	f.StringVar(&l.events, "events", "", "take places and categories from a CSV of real records (see wangge import)")
	f.StringVar(&l.format, "format", "", "of --events: a name in the city's imports.yaml")
	cli.ChoiceFlag(cmd, &l.view, "view", "basic", []string{"basic", "full"}, "how much of each case an answer carries: basic (what a list or a phone shows) or full")
	f.Uint64Var(&l.seed, "seed", 1, "of places and categories")
}

// names are the names of all phases, in the order in which they run.
func (l *load) names() []string {
	names := slices.Clone(phaseOrder)
	for _, e := range l.extra {
		names = append(names, e.Name)
	}
	return names
}

// profiled makes all runs, and a CPU profile of them when one was asked for, and returns the medians.
func (l *load) profiled(cmd *cobra.Command, o *cli.Options) (_ []Measure, err error) {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(server.GCPercent)
	}
	if l.profile != "" {
		f, err := os.Create(l.profile)
		if err != nil {
			return nil, err
		}
		defer f.Close()
		if err := pprof.StartCPUProfile(f); err != nil {
			return nil, err
		}
		defer pprof.StopCPUProfile()
	}
	var runs [][]Measure
	for run := range l.runs {
		ms, err := l.run(cmd, o, run)
		if err != nil {
			return nil, err
		}
		runs = append(runs, ms)
	}
	return medians(runs), nil
}

// run fills a store of its own and measures each phase that was asked for.
func (l *load) run(cmd *cobra.Command, o *cli.Options, run int) (out []Measure, err error) {
	ctx := cmd.Context()
	c, err := cli.LoadCity(l.City)
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
	w, err := openWorld(ctx, c, data, l.seed+uint64(run))
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, w.close()) }()
	w.View = caseViews[l.view]
	if l.events != "" {
		if err := w.readPlaces(l.events, l.format); err != nil {
			return nil, err
		}
	}
	if l.Preload > 0 {
		if err := w.preload(ctx, l.Preload, cli.NewProgress(cmd.ErrOrStderr())); err != nil {
			return nil, err
		}
	}
	ceil, err := l.warm(ctx, w)
	if err != nil {
		return nil, err
	}
	phases := map[string]phase{
		"ceilings": func(ctx context.Context, w *World, ceil *ceilings) ([]Measure, error) {
			return l.ceilings(ctx, w, dir, ceil)
		},
		"lone": l.lone, "reports": l.reports, "batches": l.batches, "mixed": l.mixed, "pages": l.pages, "watch": l.watch,
	}
	for _, e := range l.extra {
		phases[e.Name] = func(ctx context.Context, w *World, _ *ceilings) ([]Measure, error) {
			return e.Run(ctx, w, l.Settings, l.extraFlags[e.Name])
		}
	}
	for _, p := range l.names() {
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

// warm files the first reports, which warm the code and tell what a report costs the feed, for the ceiling.
func (l *load) warm(ctx context.Context, w *World) (ceilings, error) {
	file := func() error {
		for n := range int64(200) {
			if _, err := w.File(ctx, w.Conn(n), n); err != nil {
				return err
			}
		}
		return nil
	}
	if err := file(); err != nil {
		return ceilings{}, err
	}
	s := w.store.Stats()
	ceil := ceilings{bytes: s.Recorded / max(s.Batches, 1)}
	if l.Preload > 0 { // the feed holds other records besides
		if err := file(); err != nil {
			return ceilings{}, err
		}
		ceil.bytes = (w.store.Stats().Recorded - s.Recorded) / 200
	}
	return ceil, nil
}
