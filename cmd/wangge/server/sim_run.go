package server

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"wangge/cmd/wangge/cli"
	"wangge/dispatch"
	"wangge/dispatch/i18n"
	"wangge/dispatch/sim"
)

// simJSON is the last line of `sim --json`.
type simJSON struct {
	Seeds      int            `json:"seeds"`
	Days       int            `json:"days"`
	Violations int            `json:"violations"`
	Reports    int            `json:"reports"`
	Cases      int            `json:"cases"`
	Acts       int            `json:"acts"`
	Steps      int            `json:"steps"`
	Notices    int            `json:"notices"`
	Repeated   int            `json:"repeated"`
	Crashes    int            `json:"crashes"`
	Failures   int            `json:"failures"`
	Revisions  int            `json:"revisions"`
	Seconds    float64        `json:"seconds"`
	ActsBy     map[string]int `json:"acts_by_kind"`
	EventsBy   map[string]int `json:"events_by_kind"`
	Turns      map[string]int `json:"turns,omitempty"`
}

// simRun sums up worlds as they end, in any order. Safe for concurrent use.
type simRun struct {
	o        *cli.Options
	out, err io.Writer
	seed     uint64
	now      func() time.Time

	mu     sync.Mutex
	sum    simJSON
	acts   map[dispatch.Act]int
	kinds  map[dispatch.EventKind]int
	ended  []bool // by seed
	ends   int
	begin  time.Time
	spoken time.Time // when a line of progress was printed last
}

// progressEvery is the time between two lines of progress.
const progressEvery = 30 * time.Second

func newSimRun(o *cli.Options, out, err io.Writer, seed uint64, seeds, days int, now func() time.Time) *simRun {
	begin := now()
	return &simRun{
		o: o, out: out, err: err, seed: seed, now: now, begin: begin, spoken: begin, ended: make([]bool, seeds),
		sum:  simJSON{Seeds: seeds, Days: days, Turns: map[string]int{}},
		acts: map[dispatch.Act]int{}, kinds: map[dispatch.EventKind]int{},
	}
}

// done adds a world that has ended.
func (r *simRun) done(i int, w sim.Result) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.add(i, w)
}

// violated adds a world that ended with a broken rule, and prints the rule.
func (r *simRun) violated(i int, w sim.Result, v *sim.ViolationError) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.sum.Violations++
	r.add(i, w)
	return printViolation(r.out, r.o, v)
}

func (r *simRun) add(i int, w sim.Result) {
	r.ended[i] = true
	r.ends++
	s := &r.sum
	s.Reports += w.Reports
	s.Cases += w.Cases
	s.Acts += w.Acts
	s.Steps += w.Steps
	s.Notices += w.Notices
	s.Repeated += w.Repeated
	s.Crashes += w.Crashes
	s.Failures += w.Failures
	s.Revisions += w.Revisions
	addCounts(r.acts, w.Did)
	addCounts(r.kinds, w.Kinds)
	for turn, n := range w.Marks { // Example: "a co-owner is overdue"
		s.Turns[strings.NewReplacer(" ", "_", "-", "_").Replace(turn)] += n
	}
	now := r.now()
	if now.Sub(r.spoken) < progressEvery || r.ends == len(r.ended) {
		return
	}
	r.spoken = now
	spent := now.Sub(r.begin)
	left := spent / time.Duration(r.ends) * time.Duration(len(r.ended)-r.ends)
	r.printer(r.err).Line("%d of %d {world|worlds}, %d {violation|violations}, %s; some %s left", "已完成 %d/%d 个世界，违反规则 %d 处，用时 %s，约剩 %s",
		r.ends, len(r.ended), r.sum.Violations, spent.Round(time.Second), left.Round(time.Second))
}

func addCounts[K comparable](to, n map[K]int) {
	for k := range n {
		to[k] += n[k]
	}
}

// interrupted prints which seeds are left.
func (r *simRun) interrupted() {
	r.mu.Lock()
	defer r.mu.Unlock()
	first := slices.Index(r.ended, false)
	if first < 0 || len(r.ended) == 1 {
		return
	}
	r.printer(r.err).Line("%d of %d {world is|worlds are} done, %d {violation|violations}; go on with: wangge sim --seed %d --seeds %d --days %d",
		"已完成 %d/%d 个世界，违反规则 %d 处；继续执行：wangge sim --seed %d --seeds %d --days %d",
		r.ends, len(r.ended), r.sum.Violations, r.seed+uint64(first), len(r.ended)-first, r.sum.Days)
}

func (r *simRun) printer(w io.Writer) cli.Printer { return r.o.Printer(w, time.UTC) }

// summary prints what happened in all worlds. It returns cli.ErrFound if a rule was broken.
func (r *simRun) summary() error {
	s := &r.sum
	s.Seconds = r.now().Sub(r.begin).Seconds()
	if r.o.JSON {
		s.ActsBy, s.EventsBy = map[string]int{}, map[string]int{}
		for act, n := range r.acts {
			s.ActsBy[string(act)] = n
		}
		for kind, n := range r.kinds {
			s.EventsBy[kind.String()] = n
		}
		if err := cli.Encode(r.out, s); err != nil {
			return err
		}
	} else {
		p := r.printer(r.out)
		p.Line("%d {world|worlds} of %d {day|days}: %d {violation|violations}; %d {report|reports}, %d {case|cases}, %d {act|acts}, %d {timer|timers} fired, %d {notice|notices} (%d again), %d {crash|crashes}, %d failed {commit|commits}, %d {revision|revisions} of the city; %.1f s",
			"%d 个世界、各 %d 天：违反规则 %d 处；上报 %d、案件 %d、操作 %d、计时器触发 %d、通知 %d（重发 %d）、崩溃 %d、提交失败 %d、城市版本 %d；%.1f 秒",
			s.Seeds, s.Days, s.Violations, s.Reports, s.Cases, s.Acts, s.Steps, s.Notices, s.Repeated, s.Crashes, s.Failures, s.Revisions, s.Seconds)
		p.Line("acts carried out: %s", "已执行操作：%s", counted(p, r.acts, dispatch.Act.Text))
		p.Line("events: %s", "事件：%s", counted(p, r.kinds, dispatch.EventKind.Text))
	}
	if s.Violations > 0 {
		return cli.ErrFound
	}
	return nil
}

// counted lists counts by name, in the order of their kinds.
func counted[K cmp.Ordered](p cli.Printer, n map[K]int, text func(K) i18n.Text) string {
	var out []string
	for _, k := range slices.Sorted(maps.Keys(n)) {
		t := text(k)
		out = append(out, p.In("%[1]s %[3]d", "%[2]s %[3]d", t.En, t.Zh, n[k]))
	}
	return strings.Join(out, p.In(", ", "、"))
}

// violationJSON is a broken rule of a world, with what happened last in it.
type violationJSON struct {
	Seed       uint64    `json:"seed"`
	Days       int       `json:"days"`
	At         time.Time `json:"at"`
	Message    string    `json:"message"`
	Transcript []string  `json:"transcript"`
}

// printViolation prints what happened last, then the broken rule; with --json both are on one line.
func printViolation(w io.Writer, o *cli.Options, v *sim.ViolationError) error {
	if o.JSON {
		return cli.Encode(w, violationJSON{v.Seed, v.Days, v.At, v.Error(), append([]string{}, v.Transcript...)})
	}
	for _, line := range append(slices.Clone(v.Transcript), v.Error()) {
		if _, err := fmt.Fprintln(w, line); err != nil {
			return err
		}
	}
	return nil
}
