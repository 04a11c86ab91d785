// Package sim makes a world from one seed: a city, its people, phones that are offline, clocks that are
// wrong, machines that stop at any commit. It runs the service's own code in that world, over a store
// that fails, and holds what happens against rules that are written down here a second time. First
// faults: nothing may ever be wrong. Then the faults stop: everything must be finished in a stated time.
package sim

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"log/slog"
	"math/rand/v2"
	"slices"
	"time"
	"wangge/dispatch"
	"wangge/dispatch/catalog"
	"wangge/dispatch/city"
	"wangge/dispatch/desk"
	"wangge/dispatch/notice"
	"wangge/dispatch/roster"
	"wangge/grid"
	"wangge/storage"
	"wangge/storage/fault"
	"wangge/storage/mem"
)

// Finish is how long after the faults stop everything must be finished: every case closed, every notice
// received.
const Finish = 60 * 24 * time.Hour

// Config says which world is made.
type Config struct {
	Seed uint64
	Days int // of faults; then they stop
	// Wrap puts something between the service and its store: a defect that a test wants caught.
	Wrap func(storage.Engine) storage.Engine
	// Compiled changes the city that the service works with, but not what the rules know of it.
	Compiled func(*city.City)
	// Early makes the postman send what a commit holds before it is durable.
	Early bool
}

// Result is what a world came to.
type Result struct {
	Reports, Cases, Closed, Steps, Acts  int
	Notices, Repeated, Crashes, Failures int
	Digest                               string // of every event: the same seed, the same digest
	Transcript                           []string
}

// ViolationError is a rule that was broken, with the last that happened before it.
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

// maxTranscript is how many lines are kept of what happened last.
const maxTranscript = 40

// Run makes a world and lets it run to its end.
func Run(ctx context.Context, cfg Config) (Result, error) {
	w, err := newWorld(ctx, cfg)
	if err != nil {
		return Result{}, err
	}
	defer w.close()
	if err := w.run(ctx); err != nil {
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
	town  *town
	city  *city.City
	begin time.Time
	now   time.Time     // true time
	skew  time.Duration // the service's clock is wrong by so much
	calm  bool          // the faults have stopped

	base  *mem.Engine
	store *fault.Engine
	desk  *desk.Desk
	post  *desk.Postman

	phones   []phone
	acked    map[string]dispatch.CaseID // reports that were acknowledged, by client id
	sent     map[string]dispatch.Report // every report that ever left a phone
	received map[string]int             // notices by id
	refused  int                        // sends that failed after they were taken
	open     map[dispatch.CaseID]*history
	closed   int
	busy     bool // the keeper rests: an outage
}

// phone is an inspector's; it holds what could not be sent.
type phone struct {
	person roster.PersonID
	online time.Time // offline until then
	queue  []dispatch.Report
	n      int
}

// Clock of the service.
type clock struct{ w *world }

func (c clock) Now() time.Time { return c.w.service() }

func (c clock) NewTimer(time.Duration) (<-chan time.Time, func() bool) {
	return make(chan time.Time), func() bool { return true }
}

func (w *world) service() time.Time { return w.now.Add(w.skew) }

func newWorld(ctx context.Context, cfg Config) (*world, error) {
	zone, err := time.LoadLocation("Asia/Shanghai")
	if err != nil {
		return nil, err
	}
	w := &world{
		cfg: cfg, rng: rand.New(rand.NewPCG(cfg.Seed, 0x77616e67676500)), begin: time.Date(2026, 1, 5, 7, 0, 0, 0, zone), base: mem.Open(),
		acked: map[string]dispatch.CaseID{}, sent: map[string]dispatch.Report{}, received: map[string]int{}, open: map[dispatch.CaseID]*history{},
	}
	w.now = w.begin
	w.town = newTown(w.rng, w.begin, cfg.Days+int(Finish/(24*time.Hour)))
	c, faults := city.LoadDirectory(w.town.files)
	if len(faults) > 0 {
		return nil, fmt.Errorf("the town of seed %d can't be: %s", cfg.Seed, faults[0])
	}
	if cfg.Compiled != nil {
		cfg.Compiled(c)
	}
	w.city = c
	for _, p := range w.town.people {
		if len(p) > 9 && p[len(p)-9:] == "inspector" {
			w.phones = append(w.phones, phone{person: roster.PersonID(p)})
		}
	}
	w.store = fault.Wrap(w.base, w.plan)
	return w, w.restart(ctx)
}

// restart starts the machine, as often as it stops again while it does so.
func (w *world) restart(ctx context.Context) error {
	for {
		w.store.Restart()
		err := w.start(ctx)
		if err == nil || !w.store.Crashed() && !errors.Is(err, fault.ErrInjected) {
			return err
		}
	}
}

// start opens the desk, as a machine does that has just come up.
func (w *world) start(ctx context.Context) error {
	var store storage.Engine = w.store
	if w.cfg.Wrap != nil {
		store = w.cfg.Wrap(store)
	}
	var err error
	w.desk, err = desk.Open(ctx, desk.Config{Store: store, City: w.city, Clock: clock{w}, Channels: []string{"webhook"}, Log: slog.New(slog.NewTextHandler(io.Discard, nil))})
	if err != nil {
		return fmt.Errorf("open: %w", err)
	}
	w.post = desk.NewPostman(w.desk, desk.PostConfig{Channels: []notice.Channel{box{w}}, Rand: rand.New(rand.NewPCG(w.rng.Uint64(), 1))})
	return nil
}

func (w *world) close() {
	if w.desk != nil {
		w.desk.Close()
	}
	_ = w.base.Close()
}

// plan draws what happens to a commit.
func (w *world) plan(b storage.Batch) fault.Fault {
	if w.cfg.Early {
		for _, op := range b.Ops {
			if string(op.Key[:2]) == "d/" && len(op.Key) > 14 {
				id := desk.NoticeID{}
				if n, err := desk.NoticeOf(op.Key); err == nil {
					id = n
				}
				if w.received[id.Item()] == 0 {
					w.received[id.Item()]++
				}
			}
		}
	}
	if w.calm {
		return fault.None
	}
	switch n := w.rng.IntN(1000); {
	case n < 10:
		w.Failures++
		return fault.Fails
	case n < 16:
		w.Failures++
		return fault.AnswerLost
	case n < 21:
		return fault.CrashBefore
	case n < 26:
		return fault.CrashAfter
	}
	return fault.None
}

// survive starts the machine again when it has stopped. It reports whether err is one of a world that
// fails: then the caller goes on.
func (w *world) survive(ctx context.Context, err error) (bool, error) {
	if w.store.Crashed() {
		w.Crashes++
		w.note("the machine stops and starts again")
		w.desk.Close()
		err := w.restart(ctx)
		return err == nil, err
	}
	return errors.Is(err, fault.ErrInjected), nil
}

func (w *world) note(format string, args ...any) {
	line := w.now.Format("01-02 15:04:05 ") + fmt.Sprintf(format, args...)
	if w.Transcript = append(w.Transcript, line); len(w.Transcript) > maxTranscript {
		w.Transcript = slices.Delete(w.Transcript, 0, 1)
	}
}

// box is where notices arrive. It fails as the seed says, whoever asks first.
type box struct{ w *world }

func (box) Name() string  { return "webhook" }
func (box) Digests() bool { return false }

func (b box) Send(_ context.Context, m notice.Message) error {
	h := fnv.New64a()
	fmt.Fprint(h, b.w.cfg.Seed, m.ID, m.At.UnixNano())
	kind := h.Sum64() % 10
	b.w.mailbox(m.ID, !b.w.calm && kind < 2, !b.w.calm && kind == 2)
	if !b.w.calm && kind < 3 {
		return fault.ErrInjected
	}
	return nil
}

// run is the world's life: an hour at a time, with all that comes in between.
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
	for w.now.Before(end) && (len(w.open) > 0 || w.waiting()) {
		if err := w.hour(ctx); err != nil {
			return err
		}
	}
	return w.finished(ctx)
}

func (w *world) waiting() bool {
	return slices.ContainsFunc(w.phones, func(p phone) bool { return len(p.queue) > 0 })
}

// hour lets an hour pass.
func (w *world) hour(ctx context.Context) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	w.now = w.now.Add(time.Hour)
	if !w.calm {
		w.trouble()
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
		return w.look(ctx)
	}
	return nil
}

// trouble changes what is wrong with the world.
func (w *world) trouble() {
	switch w.rng.IntN(200) {
	case 0:
		w.skew = time.Duration(w.rng.IntN(7)-3) * time.Hour
		w.note("the service's clock is wrong by %s", w.skew)
	case 1:
		w.busy = true
		w.note("the keeper rests")
	case 2, 3, 4, 5, 6, 7, 8, 9:
		if w.busy {
			w.busy = false
			w.note("the keeper is back")
		}
	case 10, 11, 12, 13:
		p := &w.phones[w.rng.IntN(len(w.phones))]
		p.online = w.now.Add(time.Duration(1+w.rng.IntN(72)) * time.Hour)
		w.note("%s is offline until %s", p.person, p.online.Format("01-02 15:04"))
	}
}

// phone lets an inspector report something, or a phone send what it has: late, twice, out of order.
func (w *world) phone(ctx context.Context) error {
	p := &w.phones[w.rng.IntN(len(w.phones))]
	if !w.calm && w.rng.IntN(6) == 0 {
		t := w.town
		p.n++
		r := dispatch.Report{
			ClientID: fmt.Sprintf("%s-%d", p.person, p.n), Source: dispatch.SourceInspector, Category: catalog.Code(t.categories[w.rng.IntN(len(t.categories))]),
			Position:   grid.Position{Lat: t.north + t.width*(0.05+0.9*w.rng.Float64()), Lng: t.west + t.width*(0.05+0.9*w.rng.Float64()), Datum: grid.WGS84, AccuracyM: 5},
			CapturedAt: w.now.Add(time.Duration(w.rng.IntN(300)-150) * time.Minute), // the phone's clock is wrong too
		}
		if w.rng.IntN(3) == 0 {
			r.Source = dispatch.SourceHotline
		}
		w.sent[r.ClientID] = r
		p.queue = append(p.queue, r)
		w.Reports++
	}
	if w.now.Before(p.online) && !w.calm || len(p.queue) == 0 {
		return nil
	}
	i := w.rng.IntN(len(p.queue))
	r := p.queue[i]
	cs, created, err := w.desk.File(ctx, p.person, r)
	if err != nil {
		if ok, err := w.survive(ctx, err); err != nil || ok {
			return err
		}
		return fmt.Errorf("report %s is refused: %w", r.ClientID, err)
	}
	w.note("%s reports %s: case %s, %s, new %v", p.person, r.ClientID, cs.ID, r.Category, created)
	if was, ok := w.acked[r.ClientID]; ok && was != cs.ID {
		return fmt.Errorf("report %s is case %s and case %s", r.ClientID, was, cs.ID)
	}
	if w.acked[r.ClientID] = cs.ID; w.open[cs.ID] == nil && cs.Open() {
		w.open[cs.ID] = &history{}
	}
	if w.rng.IntN(5) != 0 { // else the phone did not hear the answer, and sends it again
		p.queue = slices.Delete(p.queue, i, i+1)
	}
	return nil
}

// roads are the acts of this world and who does them.
var acts = []dispatch.Act{
	dispatch.ActAccept, dispatch.ActDispatch, dispatch.ActStart, dispatch.ActResolve, dispatch.ActCheck, dispatch.ActClose, dispatch.ActComment, dispatch.ActEscalate,
}

// act lets somebody do something to a case, or everybody when the faults have stopped.
func (w *world) act(ctx context.Context) error {
	ids := make([]dispatch.CaseID, 0, len(w.open))
	for id := range w.open {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	if len(ids) == 0 {
		return nil
	}
	if !w.calm {
		ids = ids[w.rng.IntN(len(ids)):][:1]
	}
	for _, id := range ids {
		cs, err := w.desk.Case(ctx, roster.PersonID(w.town.leader), id)
		if err != nil {
			if ok, err := w.survive(ctx, err); err != nil || ok {
				return err
			}
			return fmt.Errorf("case %s can't be read: %w", id, err)
		}
		people := []roster.PersonID{"boss", "acceptor", "acceptor-2", "dispatcher", "dispatcher-2", "checker", "checker-2"}
		if owner, ok := w.city.Roster.OnDuty(cs.Owner.Post, w.service()); ok {
			people = append(people, owner, owner)
		}
		w.rng.Shuffle(len(people), func(i, j int) { people[i], people[j] = people[j], people[i] })
		for _, who := range people {
			may := slices.DeleteFunc(dispatch.Acts(w.city, who, cs, w.service()), func(a dispatch.Act) bool {
				return !slices.Contains(acts, a) || w.calm && (a == dispatch.ActComment || a == dispatch.ActEscalate)
			})
			if len(may) == 0 {
				continue
			}
			if err := w.do(ctx, who, cs, may[w.rng.IntN(len(may))]); err != nil {
				return err
			}
			break
		}
	}
	return nil
}

func (w *world) do(ctx context.Context, who roster.PersonID, of *dispatch.Case, a dispatch.Act) error {
	w.Acts++
	id, stand := of.ID, of.Report.Position
	cmd := dispatch.Command{
		Act: a, Passed: w.calm || w.rng.IntN(3) > 0, Closing: "done", Outcome: dispatch.OutcomeFixed, Photos: []string{"photo"}, To: "city_leader", Note: "because", Position: &stand,
	}
	request := fmt.Sprint("q-", w.Acts)
	for range 1 + w.rng.IntN(2) { // now and then the same request twice
		cs, err := w.desk.Act(ctx, who, id, 0, request, cmd)
		var refused *dispatch.RefusedError
		switch {
		case err == nil:
			w.note("%s by %s on %s: %s", a, who, id, cs.Stage)
		case errors.As(err, &refused):
			w.note("%s by %s on %s is refused: %s", a, who, id, refused.Why.En)
		default:
			if ok, err := w.survive(ctx, err); err != nil || ok {
				return err
			}
			return fmt.Errorf("%s by %s on %s: %w", a, who, id, err)
		}
	}
	return nil
}

// keep lets the keeper fire all that is due.
func (w *world) keep(ctx context.Context) error {
	before, err := w.revision(ctx)
	if err != nil {
		return err
	}
	for {
		n, more, err := w.desk.FireDue(ctx, w.service())
		if err != nil {
			ok, err := w.survive(ctx, err)
			if err != nil {
				return err
			}
			if ok {
				continue
			}
		}
		if err != nil {
			return fmt.Errorf("the keeper: %w", err)
		}
		if n > 0 {
			w.note("the keeper fires %d", n)
			w.Steps += n
		}
		if !more {
			break
		}
	}
	return w.inOrder(ctx, before)
}

// mail lets the postman go once.
func (w *world) mail(ctx context.Context) error {
	_, _, err := w.post.DeliverDue(ctx, w.service())
	if err != nil {
		if ok, err := w.survive(ctx, err); err != nil || ok {
			return err
		}
		return fmt.Errorf("the postman: %w", err)
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
