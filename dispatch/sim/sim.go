// Package sim simulates a world from one seed: a city, its people, offline phones, wrong clocks, machines that stop
// at any commit. The service's own code runs in this world, over a store that fails, and every result is compared
// with a second implementation of the rules. In the phase with faults no rule may ever be broken. Then the faults
// stop, and everything must be finished within a stated time.
package sim

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"wangge/dispatch"
	"wangge/dispatch/city"
	"wangge/dispatch/city/compile"
	"wangge/dispatch/city/roster"
	"wangge/dispatch/desk"
	"wangge/dispatch/desk/outbox"
	"wangge/dispatch/sim/rules"
	"wangge/grid"
	"wangge/storage"
	"wangge/storage/faultinject"
	"wangge/storage/mem"
)

// Finish is the time after the end of the faults within which every case must be closed and every notice received.
const Finish = 60 * 24 * time.Hour

// Config configures a world.
type Config struct {
	Seed uint64
	Days int // with faults
	// Wrap inserts a layer between the service and its store, such as a defect that a test expects to be caught.
	Wrap func(storage.Engine) storage.Engine
	// Compiled changes the city of the service without the knowledge of the rules.
	Compiled func(*city.City)
	// Early makes the dispatcher of notices send a commit's notices before the commit is durable.
	Early bool
	// Replica adds a second service on the same store, which acts in turn with the first and between its reads and
	// commits. Every eighth seed has one anyway.
	Replica bool
}

// Result is the result of a world.
type Result struct {
	Reports, Cases, Closed, Steps, Acts  int
	Notices, Repeated, Crashes, Failures int
	Revisions                            int // revisions of the city that took effect
	Kinds                                map[dispatch.EventKind]int
	Did                                  map[dispatch.Act]int // acts of people that were carried out
	Marks                                map[string]int       // turns of cases that no event kind tells apart; see rules.History
	Digest                               string               // hash of every event: the same seed gives the same digest
	Transcript                           []string
}

// ViolationError is a broken rule, with the last steps before it.
type ViolationError struct {
	Seed       uint64
	Days       int
	At         time.Time
	Rule       error
	Transcript []string
}

// Error implements error.
func (e *ViolationError) Error() string {
	return fmt.Sprintf("at %s: %v; repeat it: wangge sim --seed %d --days %d", e.At.Format(time.RFC3339), e.Rule, e.Seed, e.Days)
}

// Unwrap returns the rule that was broken.
func (e *ViolationError) Unwrap() error { return e.Rule }

// maxTranscript is the number of steps that are kept.
const maxTranscript = 40

// Run creates a world and runs it to its end.
func Run(ctx context.Context, cfg Config) (Result, error) {
	w, err := newWorld(ctx, cfg)
	if err != nil {
		return Result{}, err
	}
	defer w.close()
	err = w.run(ctx)
	w.Transcript = w.transcript()
	if err != nil {
		if ctx.Err() != nil {
			return w.Result, ctx.Err()
		}
		return w.Result, &ViolationError{Seed: cfg.Seed, Days: cfg.Days, At: w.now, Rule: err, Transcript: w.Transcript}
	}
	return w.Result, nil
}

type world struct {
	Result
	cfg   Config
	rng   *rand.Rand
	model *rules.City
	city  *city.City     // the active one
	files city.Directory // with which the service was first started
	begin time.Time
	now   time.Time     // true time
	skew  time.Duration // error of the service's clock
	calm  bool          // the faults have stopped

	base    *mem.Engine
	store   *faultinject.Engine
	desk    *desk.Desk
	replica *desk.Desk // a second service on the same store; nil = none
	feed    *gate      // of the replica
	race    bool       // the first scheduler fires before the replica's next commit
	post    *outbox.Relay

	phones      []phone
	acked       map[string]dispatch.CaseID // acknowledged reports by client id
	sent        map[string]dispatch.Report // every report that ever left a phone
	received    map[string]int             // notices by id
	night       []string                   // notices sent in the quiet hours, since the last check
	alarms      map[string]bool            // notices that wait for the end of the quiet hours
	refused     int                        // sends that failed after they were received
	open        map[dispatch.CaseID]*rules.History
	ids         []dispatch.CaseID // open cases, in order
	merged      []dispatch.CaseID // in order
	lately      []dispatch.CaseID // closed or rejected last
	appealed    []dispatch.CaseID // closed, and an appeal waits for its decision
	asking      []dispatch.CaseID // for which something was asked a short while ago
	ruling      string            // the precedent that the office made last
	ties        ties
	lines       [maxTranscript]line                // what happened last, a ring
	noted       int                                // lines in all
	fed         storage.Revision                   // how far the feed has been read
	written     map[dispatch.CaseID]uint64         // the last event of each case in the feed
	active      string                             // the active revision by the feed
	ended       map[dispatch.CaseID]*rules.History // histories of ended cases
	closedParts map[dispatch.CaseID]bool           // main cases of which a part was closed
	touched     map[dispatch.CaseID]bool           // cases of commits since the last check
	late        []sentRequest                      // requests on their way
	done        map[string]bool                    // answered requests
	busy        bool                               // the scheduler is stopped: an outage
}

func newWorld(ctx context.Context, cfg Config) (*world, error) {
	zone, err := time.LoadLocation("Asia/Shanghai")
	if err != nil {
		return nil, err
	}
	w := &world{
		cfg: cfg, rng: rand.New(rand.NewPCG(cfg.Seed, 0x77616e67676500)), begin: time.Date(2026, 1, 5, 7, 0, 0, 0, zone), base: mem.Open(),
		acked: map[string]dispatch.CaseID{}, sent: map[string]dispatch.Report{}, received: map[string]int{}, alarms: map[string]bool{},
		open: map[dispatch.CaseID]*rules.History{}, ended: map[dispatch.CaseID]*rules.History{}, touched: map[dispatch.CaseID]bool{},
		closedParts: map[dispatch.CaseID]bool{},
		done:        map[string]bool{}, written: map[dispatch.CaseID]uint64{},
	}
	w.now, w.Kinds, w.Did, w.Marks = w.begin, map[dispatch.EventKind]int{}, map[dispatch.Act]int{}, map[string]int{}
	w.model = rules.NewCity(w.rng, w.begin, cfg.Days+int(Finish/(24*time.Hour)), cfg.Seed)
	w.ties = newTies(w.model)
	c, faults := compile.Directory(w.model.Files)
	if len(faults) > 0 {
		return nil, fmt.Errorf("the city of seed %d does not compile: %s", cfg.Seed, faults[0])
	}
	if cfg.Compiled != nil {
		cfg.Compiled(c)
	}
	w.city, w.files = c, w.model.Files
	for _, p := range w.model.People {
		if len(p) > 9 && p[len(p)-9:] == "inspector" {
			w.phones = append(w.phones, phone{person: roster.PersonID(p), area: grid.AreaID(p[:len(p)-10])})
		}
	}
	w.store = faultinject.Wrap(w.base, w.plan)
	return w, w.restart(ctx)
}

// line is a step of the transcript. Few are ever printed, so they are formatted last.
type line struct {
	at     time.Time
	format string
	args   []any // values that nobody changes
}

func (w *world) note(format string, args ...any) {
	w.lines[w.noted%maxTranscript] = line{w.now, format, args}
	w.noted++
}

// transcript returns the last steps.
func (w *world) transcript() []string {
	var out []string
	for n := max(0, w.noted-maxTranscript); n < w.noted; n++ {
		l := w.lines[n%maxTranscript]
		out = append(out, l.at.Format("01-02 15:04:05 ")+fmt.Sprintf(l.format, l.args...))
	}
	return out
}

// run runs the world, an hour at a time.
func (w *world) run(ctx context.Context) error {
	end := w.begin.AddDate(0, 0, w.cfg.Days)
	for w.now.Before(end) {
		if err := w.hour(ctx); err != nil {
			return err
		}
	}
	w.note("the faults stop")
	w.calm, w.skew, w.busy = true, 0, false
	end = w.now.Add(Finish)
	for w.now.Before(end) && (len(w.open) > 0 || len(w.appealed) > 0 || w.waiting() || len(w.late) > 0 || len(w.touched) > 0) {
		if err := w.hour(ctx); err != nil {
			return err
		}
	}
	return w.checkFinished(ctx)
}

func (w *world) waiting() bool {
	return slices.ContainsFunc(w.phones, func(p phone) bool { return len(p.queue) > 0 })
}

// hour simulates an hour.
func (w *world) hour(ctx context.Context) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	w.now = w.now.Add(time.Hour)
	if !w.calm {
		w.changeFaults()
	}
	for range w.rng.IntN(3) {
		if err := w.phone(ctx); err != nil {
			return err
		}
	}
	for range 1 + w.rng.IntN(2) {
		if err := w.act(ctx); err != nil {
			return err
		}
	}
	if !w.calm {
		var err error
		switch w.rng.IntN(6) {
		case 0, 1:
			err = w.actOnEnded(ctx)
		case 2, 3:
			err = w.negotiate(ctx)
		}
		if err != nil {
			return err
		}
	}
	if err := w.deliverLate(ctx); err != nil {
		return err
	}
	if !w.calm {
		if err := w.office(ctx); err != nil {
			return err
		}
	}
	if w.busy {
		return nil
	}
	if err := w.keep(ctx); err != nil {
		return err
	}
	if err := w.mail(ctx); err != nil {
		return err
	}
	if h := w.now.Hour(); h == 12 || w.calm && h%6 == 0 {
		return w.checkCases(ctx)
	}
	return nil
}

// changeFaults changes the faults of the world.
func (w *world) changeFaults() {
	switch w.rng.IntN(200) {
	case 0:
		w.skew = time.Duration(w.rng.IntN(7)-3) * time.Hour
		w.note("the service's clock is wrong by %s", w.skew)
	case 1:
		w.busy = true
		w.note("the scheduler stops")
	case 2, 3, 4, 5, 6, 7, 8, 9:
		if w.busy {
			w.busy = false
			w.note("the scheduler runs again")
		}
	case 10, 11, 12, 13:
		p := &w.phones[w.rng.IntN(len(w.phones))]
		p.online = w.now.Add(time.Duration(1+w.rng.IntN(72)) * time.Hour)
		w.note("%s is offline until %s", p.person, p.online)
	}
}

// keep runs the scheduler until nothing is due. What fires may bring what was due before: the limit of work that goes on
// counts from the stop of a campaign. So the order is that of a round.
func (w *world) keep(ctx context.Context) error {
	if err := w.tend(ctx); err != nil {
		return err
	}
	for {
		before, err := w.revision(ctx)
		if err != nil {
			return err
		}
		fired, err := w.fire(ctx)
		if err == nil {
			err = w.checkOrder(ctx, before)
		}
		if err != nil || fired == 0 {
			return err
		}
	}
}

// fire runs the schedulers in turn, until nothing is left of what was due, and returns how many timers fired.
func (w *world) fire(ctx context.Context) (fired int, err error) {
	for {
		d, err := w.machine(ctx)
		if err == nil && d == w.replica { // a replica that lags may fire the newer first
			err = w.catchUp(ctx, d)
		}
		if err != nil {
			return fired, err
		}
		w.race = d == w.replica && w.rng.IntN(2) == 0
		n, more, err := d.FireDue(ctx, w.service())
		w.race = false
		if err != nil {
			ok, err := w.survive(ctx, err)
			if err != nil {
				return fired, err
			}
			if ok {
				continue
			}
		}
		if err != nil {
			return fired, fmt.Errorf("scheduler: %w", err)
		}
		if n > 0 {
			w.note("the scheduler fires %d", n)
			fired += n
			w.Steps += n
			w.Did[dispatch.ActTick] += n
		}
		if !more {
			return fired, nil
		}
	}
}

// mail runs the dispatcher of notices once.
func (w *world) mail(ctx context.Context) error {
	_, _, err := w.post.DeliverDue(ctx, w.service())
	if err != nil {
		if ok, err := w.survive(ctx, err); err != nil || ok {
			return err
		}
		return fmt.Errorf("dispatcher of notices: %w", err)
	}
	return nil
}

func digest(lines []string) string {
	h := sha256.New()
	for _, l := range lines {
		fmt.Fprintln(h, l)
	}
	return hex.EncodeToString(h.Sum(nil))[:16]
}
