package sim

import (
	"bytes"
	"context"
	"errors"
	"iter"
	"os"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"wangge/dispatch"
	"wangge/dispatch/city"
	"wangge/dispatch/desk/ledger"
	"wangge/dispatch/desk/record"
	"wangge/storage"
)

// No world of any seed breaks a rule, and each gives the same digest when repeated. WANGGE_DEEP=1 runs 1,000 worlds
// of a year.
func TestRun_NothingIsWrong(t *testing.T) {
	t.Parallel()
	seeds, days := 100, 10
	if testing.Short() {
		seeds = 30
	}
	if os.Getenv("WANGGE_DEEP") == "1" {
		seeds, days = 1000, 365
	}
	worlds := make([]Config, seeds)
	for seed := range worlds {
		worlds[seed] = Config{Seed: uint64(seed), Days: days}
	}
	if seeds == 100 { // what is rare happens in a longer world
		worlds = append(worlds, Config{Seed: 1, Days: 100}, Config{Seed: 10, Days: 100}, Config{Seed: 13, Days: 100})
	}
	var g errgroup.Group
	g.SetLimit(runtime.GOMAXPROCS(0))
	results := make([]Result, len(worlds))
	for i, cfg := range worlds {
		g.Go(func() (err error) {
			results[i], err = Run(t.Context(), cfg)
			return err
		})
	}
	err := g.Wait()
	if v, ok := errors.AsType[*ViolationError](err); ok {
		t.Fatalf("%v\n%s", err, strings.Join(v.Transcript, "\n"))
	}
	if err != nil {
		t.Fatal(err)
	}
	all := Result{Kinds: map[dispatch.EventKind]int{}, Did: map[dispatch.Act]int{}, Marks: map[string]int{}}
	for i, r := range results {
		if r.Cases == 0 || r.Closed != r.Cases || r.Notices == 0 || r.Steps == 0 {
			t.Errorf("seed %d: %+v; want a world in which something happens", worlds[i].Seed, r)
		}
		all.Crashes += r.Crashes
		all.Failures += r.Failures
		all.Repeated += r.Repeated
		all.Revisions += r.Revisions
		for k, n := range r.Kinds {
			all.Kinds[k] += n
		}
		for a, n := range r.Did {
			all.Did[a] += n
		}
		for m, n := range r.Marks {
			all.Marks[m] += n
		}
	}
	if !testing.Short() {
		checkEverythingHappens(t, all)
	}
	if all.Crashes < seeds || all.Failures < seeds || all.Repeated < seeds || all.Revisions < seeds/10 {
		t.Errorf("all worlds together: %+v; want trouble in them", all)
	}
	for _, seed := range []int{0, 1, 3} { // the last with a second service
		again, err := Run(t.Context(), Config{Seed: uint64(seed), Days: days})
		if err != nil || again.Digest != results[seed].Digest {
			t.Errorf("seed %d made again: %s, %v; want %s", seed, again.Digest, err, results[seed].Digest)
		}
	}
}

// Each build that is broken on purpose is caught. The defects are layers between the service and its store, or
// changes to its city: the service itself has no hooks for them.
func TestRun_BrokenBuildsAreCaught(t *testing.T) {
	if testing.Short() {
		t.Skip("a minute of worlds: without -short")
	}
	t.Parallel()
	for _, tt := range []struct {
		name   string
		breaks func(*Config)
		caught string // part of the violation's text
	}{
		{"drops a guard", func(c *Config) { c.Wrap = wrapped(func(b storage.Batch) storage.Batch { b.Guards = nil; return b }) }, ""},
		{"restarts the clock on a comment", func(c *Config) { c.Wrap = wrapped(restart(of(dispatch.EventCommented))) }, "clock"},
		{"forgets a step", func(c *Config) {
			c.Compiled = func(c *city.City) {
				for name, l := range c.Policies {
					l.Steps = slices.Delete(slices.Clone(l.Steps), 1, 2)
					c.Policies[name] = l
				}
			}
		}, "arms a timer at"},
		{"fires before the commit", func(c *Config) { c.Early = true }, ""},
		{"fires in the wrong order after an outage", func(c *Config) { c.Wrap = func(e storage.Engine) storage.Engine { return backwards{e} } }, "after what was due at"},
		{"skips the disarm on close", func(c *Config) { c.Wrap = wrapped(staysArmed) }, "timer"},
		{"loses a timer now and then", func(c *Config) { c.Wrap = wrapped(losesTimers()) }, ""},
		{"gives time with a revision", func(c *Config) { c.Wrap = wrapped(restart(of(dispatch.EventRevised))) }, "revis"},
		{"loses the step of paused work", func(c *Config) { c.Wrap = wrapped(losesStep) }, "paused work"},
		{"forgets the steps fired under a replaced policy", func(c *Config) { c.Days, c.Wrap = 150, wrapped(forgetsFired) }, "step"},
		{"gives an owner a new clock for a case that comes back", func(c *Config) { c.Wrap = wrapped(restart(handedBack)) }, "the clock of"},
		{"gives another owner a new clock", func(c *Config) { c.Wrap = wrapped(restart(of(dispatch.EventRerouted))) }, "the clock of"},
		{"starts a new clock for another category", func(c *Config) { c.Wrap = wrapped(restart(of(dispatch.EventReclassified))) }, "the clock of"},
		{"gives an unmerged case time", func(c *Config) { c.Wrap = wrapped(unmergedLater) }, "the clock of"},
		{"counts the time of a suspension", func(c *Config) { c.Wrap = wrapped(pauseCounts()) }, "the clock of"},
		{"takes a late request for a new one", func(c *Config) { c.Wrap = wrapped(forgetsRequests) }, "request q-"},
		{"lets two schedulers fire the same step", func(c *Config) { c.Replica, c.Wrap = true, wrapped(unguardedScheduler) }, ""},
		{"decides by a revision that is not active", func(c *Config) {
			c.Seed += 28 // in these worlds no consequence is seen before the decision itself
			c.Replica, c.Days, c.Wrap = true, 150, wrapped(anyCity)
		}, "decides"},
		{"lets the scheduler's clock lag behind the cases'", func(c *Config) { c.Wrap = wrapped(laggingScheduler) }, ""},
		{"drops the steps due during a check", func(c *Config) { c.Days, c.Wrap = 150, wrapped(silences) }, "rework continues at step"},
		{"resolves before the due steps fire", func(c *Config) { c.Days, c.Wrap = 150, wrapped(resolvesFirst) }, ""},
		{"asks for receipts an hour too late", func(c *Config) { c.Compiled = func(c *city.City) { c.Defaults.ReceiptMinutes.A += 60 } }, "arms a timer at"},
		{"sends the alarm of a receipt that was given", func(c *Config) { c.Wrap = wrapped(forgetsReceipt) }, ""},
		{"gives a case to an owner who is not told", func(c *Config) { c.Wrap = wrapped(silentDispatch) }, "tells nobody there"},
		{"tells nobody that a co-owner is late", func(c *Config) { c.Wrap = wrapped(deafToCoOwners) }, "of the overrun of"},
		{"leaves a detached case in its mass event", func(c *Config) { c.Wrap = wrapped(partsOnPaper) }, ""},
		{"closes a mass event with open parts", func(c *Config) { c.Wrap = wrapped(looseParts) }, "part"},
		{"lets a former handler check", func(c *Config) { c.Wrap = wrapped(forgetsWorkers) }, "checks their own work"},
		{"reminds without end", func(c *Config) { c.Seed += 4; c.Wrap = wrapped(reminds) }, "arms a timer at"},
		{"decides an appeal twice", func(c *Config) { c.Wrap = wrapped(decidesAgain()) }, ""},
		{"reopens a case without saying as which", func(c *Config) { c.Wrap = wrapped(forgetsSuccessor) }, "reopen"},
		{"tells a person who may not read the case", func(c *Config) { c.Wrap = wrapped(tellsStrangers) }, "may not read"},
		{"forgets that a supervision waits for its answer", func(c *Config) { c.Wrap = wrapped(unheard) }, ""},
		{"starts the clock again with the second dispatch", func(c *Config) { c.Wrap = wrapped(restart(of(dispatch.EventSecondDispatched))) }, "the clock of"},
		{"lets no case follow a campaign", func(c *Config) { c.Wrap = wrapped(forgetsToSweep) }, ""},
		{"counts from a later stop", func(c *Config) { c.Wrap = wrapped(stopsLater) }, "the clock of"},
		{"keeps a part that was given on", func(c *Config) { c.Seed += 4; c.Wrap = wrapped(takesThePart) }, "the co-owners are"},
		{"gives a platform longer for its part", func(c *Config) { c.Seed += 4; c.Wrap = wrapped(latePlatforms) }, "the co-owners are"},
		{"sends notices at night", func(c *Config) { c.Compiled = func(c *city.City) { c.Quiet = city.QuietHours{} } }, "in the quiet hours"},
		{"writes an event twice", func(c *Config) { c.Wrap = wrapped(rewrites()) }, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var caught []string
			asNamed := false
			for seed := range uint64(4) {
				cfg := Config{Seed: seed, Days: 40}
				tt.breaks(&cfg)
				_, err := Run(t.Context(), cfg)
				var v *ViolationError
				if err != nil && !errors.As(err, &v) {
					t.Fatal(err)
				}
				if v == nil {
					continue
				}
				caught = append(caught, err.Error())
				asNamed = asNamed || strings.Contains(v.Rule.Error(), tt.caught)
				if !strings.Contains(err.Error(), "wangge sim --seed") || len(v.Transcript) == 0 {
					t.Errorf("seed %d: caught as %v with %d lines", seed, err, len(v.Transcript))
				}
			}
			if !asNamed { // in some worlds a consequence is seen first
				t.Errorf("no seed of four finds it as %q: %q", tt.caught, caught)
			}
		})
	}
}

// altered is a store that changes each batch before its commit.
type altered struct {
	storage.Engine
	change func(storage.Batch) storage.Batch
}

func wrapped(change func(storage.Batch) storage.Batch) func(storage.Engine) storage.Engine {
	return func(e storage.Engine) storage.Engine { return altered{e, change} }
}

func (a altered) Commit(ctx context.Context, b storage.Batch) (storage.Revision, error) {
	return a.Engine.Commit(ctx, a.change(b.Clone()))
}

// edit changes the first event of an act and the resulting case.
func edit(b storage.Batch, change func(*dispatch.Event, *dispatch.Case) bool) storage.Batch {
	for i, op := range b.Ops {
		if ledger.KindOf(op.Key) != ledger.KindEvents || op.Delete {
			continue
		}
		events, err := record.DecodeEvents(op.Value)
		if err != nil {
			return b
		}
		id, _, _ := ledger.ParseEvent(op.Key)
		for j, c := range b.Ops {
			if !bytes.Equal(c.Key, ledger.CaseKey(id)) {
				continue
			}
			s, err := record.DecodeCase(id, c.Value)
			if err != nil || s.Case.Seq != events[0].Seq || !change(&events[0], s.Case) {
				continue
			}
			if b.Ops[i].Value, err = record.EncodeEvents(events); err != nil {
				return b
			}
			if b.Ops[j].Value, err = record.EncodeCase(s.Case, s.Scopes); err != nil {
				return b
			}
		}
	}
	return b
}

// laggingScheduler fires steps a moment before the last event of their case.
func laggingScheduler(b storage.Batch) storage.Batch {
	return edit(b, func(e *dispatch.Event, cs *dispatch.Case) bool {
		if e.Kind != dispatch.EventEscalated || e.Late < time.Minute {
			return false
		}
		e.At = e.At.Add(-e.Late - 24*time.Hour)
		return true
	})
}

// silences lets rework continue one step too far if that step fell due during the check.
func silences(b storage.Batch) storage.Batch {
	return edit(b, func(e *dispatch.Event, cs *dispatch.Case) bool {
		if e.Kind != dispatch.EventCheckFailed || e.NextAt.IsZero() || e.NextAt.After(e.At) {
			return false
		}
		e.Step++
		cs.NextStep++
		return true
	})
}

// resolvesFirst drops the steps that an act fires before it ends the owner's clock.
func resolvesFirst(b storage.Batch) storage.Batch {
	for i, op := range b.Ops {
		if ledger.KindOf(op.Key) != ledger.KindEvents || op.Delete {
			continue
		}
		events, err := record.DecodeEvents(op.Value)
		if err != nil || len(events) < 2 || events[0].Actor != "" || events[len(events)-1].Kind != dispatch.EventResolved {
			continue
		}
		n := slices.IndexFunc(events, func(e dispatch.Event) bool { return e.Kind == dispatch.EventResolved })
		if b.Ops[i].Value, err = record.EncodeEvents(events[n:]); err != nil {
			return b
		}
	}
	return b
}

// silentDispatch tells nobody of a dispatch.
func silentDispatch(b storage.Batch) storage.Batch {
	return edit(b, func(e *dispatch.Event, _ *dispatch.Case) bool {
		if e.Kind != dispatch.EventDispatched {
			return false
		}
		e.Notified, e.NotifiedPosts, e.NotifiedAs = nil, nil, nil
		return true
	})
}

// losesStep moves work that is paused during a change of the policy one step too far.
func losesStep(b storage.Batch) storage.Batch {
	return edit(b, func(e *dispatch.Event, cs *dispatch.Case) bool {
		if e.Kind != dispatch.EventRevised || e.PausedStep == 0 {
			return false
		}
		e.PausedStep++
		cs.Disposal.Step++
		return true
	})
}

func of(k dispatch.EventKind) func(*dispatch.Event, *dispatch.Case) bool {
	return func(e *dispatch.Event, _ *dispatch.Case) bool { return e.Kind == k }
}

// handedBack matches a dispatch to the owner who has just returned the case.
func handedBack(e *dispatch.Event, cs *dispatch.Case) bool {
	n := len(cs.Refused)
	return e.Kind == dispatch.EventDispatched && n > 0 && cs.Refused[n-1] == e.Owner.Unit
}

// restart starts the clock again at the events that at matches.
func restart(at func(*dispatch.Event, *dispatch.Case) bool) func(storage.Batch) storage.Batch {
	return func(b storage.Batch) storage.Batch {
		return edit(b, func(e *dispatch.Event, cs *dispatch.Case) bool {
			k := cs.Clock
			if !at(e, cs) || !k.Running() || !e.At.After(k.Since) {
				return false
			}
			k.Due, k.Since, k.Step = k.Due.Add(e.At.Sub(k.Since)), e.At, cs.NextStep
			e.Clock, cs.Clock = k, k
			cs.Clock.Step = 0
			return true
		})
	}
}

// anyCity drops the guard of the active revision.
func anyCity(b storage.Batch) storage.Batch {
	b.Guards = slices.DeleteFunc(b.Guards, func(g storage.Guard) bool { return string(g.Key) == "m/head" })
	return b
}

// unmergedLater postpones the deadline of an unmerged case.
func unmergedLater(b storage.Batch) storage.Batch {
	return edit(b, func(e *dispatch.Event, cs *dispatch.Case) bool {
		if e.Kind != dispatch.EventUnmerged || !e.Clock.Running() {
			return false
		}
		e.Clock.Due, cs.Clock.Due = e.Clock.Due.Add(time.Hour), cs.Clock.Due.Add(time.Hour)
		return true
	})
}

// pauseCounts resumes a case with the deadline from before its suspension.
func pauseCounts() func(storage.Batch) storage.Batch {
	due := map[dispatch.CaseID]time.Time{}
	return func(b storage.Batch) storage.Batch {
		return edit(b, func(e *dispatch.Event, cs *dispatch.Case) bool {
			if e.Kind == dispatch.EventSuspended {
				due[cs.ID] = e.Clock.Due
			}
			if e.Kind != dispatch.EventResumed {
				return false
			}
			e.Clock.Due, cs.Clock.Due = due[cs.ID], due[cs.ID]
			return true
		})
	}
}

// forgetsRequests stores no request ids.
func forgetsRequests(b storage.Batch) storage.Batch {
	b.Ops = slices.DeleteFunc(b.Ops, func(op storage.Op) bool { return ledger.KindOf(op.Key) == ledger.KindRequest })
	return b
}

// unguardedScheduler drops the guards of the scheduler's commits.
func unguardedScheduler(b storage.Batch) storage.Batch {
	for _, op := range b.Ops {
		if ledger.KindOf(op.Key) != ledger.KindEvents || op.Delete {
			continue
		}
		if events, err := record.DecodeEvents(op.Value); err == nil && (events[0].Kind == dispatch.EventEscalated || events[0].Kind == dispatch.EventStepSkipped) {
			b.Guards = nil
		}
	}
	return b
}

// rewrites writes the events of an act again some fifty acts later.
func rewrites() func(storage.Batch) storage.Batch {
	var old storage.Op
	n := 0
	return func(b storage.Batch) storage.Batch {
		for _, op := range b.Ops {
			if ledger.KindOf(op.Key) != ledger.KindEvents || op.Delete {
				continue
			}
			again := slices.ContainsFunc(b.Ops, func(op storage.Op) bool { return bytes.Equal(op.Key, old.Key) })
			if n++; n > 50 && !again {
				n = 0
				return storage.Batch{Guards: b.Guards, Ops: append(b.Ops, old)}
			}
			old = op
		}
		return b
	}
}

// staysArmed keeps the timer of a closed case.
func staysArmed(b storage.Batch) storage.Batch {
	sets := slices.ContainsFunc(b.Ops, func(op storage.Op) bool { return ledger.KindOf(op.Key) == ledger.KindTimer && !op.Delete })
	if !sets {
		b.Ops = slices.DeleteFunc(b.Ops, func(op storage.Op) bool { return ledger.KindOf(op.Key) == ledger.KindTimer })
	}
	return b
}

// losesTimers drops every fiftieth timer.
func losesTimers() func(storage.Batch) storage.Batch {
	n := 0
	return func(b storage.Batch) storage.Batch {
		b.Ops = slices.DeleteFunc(b.Ops, func(op storage.Op) bool {
			if ledger.KindOf(op.Key) != ledger.KindTimer || op.Delete {
				return false
			}
			n++
			return n%50 == 0
		})
		return b
	}
}

// backwards is a store that scans timers in descending order.
type backwards struct{ storage.Engine }

func (b backwards) Snapshot(ctx context.Context) (storage.Snapshot, error) {
	s, err := b.Engine.Snapshot(ctx)
	return reversed{s}, err
}

type reversed struct{ storage.Snapshot }

func (r reversed) Scan(rng storage.Range) iter.Seq2[storage.Item, error] {
	rng.Reverse = rng.Reverse != (bytes.HasPrefix(rng.Start, ledger.TimerPrefix) && rng.End != nil && len(rng.End) > 3)
	return r.Snapshot.Scan(rng)
}

// forgetsFired drops the fired steps when a revision changes the policy.
func forgetsFired(b storage.Batch) storage.Batch {
	return edit(b, func(e *dispatch.Event, cs *dispatch.Case) bool {
		if e.Kind != dispatch.EventRevised || e.Fired == "" {
			return false
		}
		e.Fired, e.Clock.Fired, cs.Clock.Fired = "", "", ""
		return true
	})
}

// forgetsReceipt keeps a receipt that was given owed.
func forgetsReceipt(b storage.Batch) storage.Batch {
	return edit(b, func(e *dispatch.Event, cs *dispatch.Case) bool {
		if e.Kind != dispatch.EventAcknowledged {
			return false
		}
		e.Actor, cs.Receipt.At, cs.Receipt.By = "", time.Time{}, ""
		return true
	})
}
