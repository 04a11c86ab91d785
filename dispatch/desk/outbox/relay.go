package outbox

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"wangge/dispatch"
	"wangge/dispatch/city"
	"wangge/dispatch/city/roster"
	"wangge/dispatch/desk/ledger"
	"wangge/dispatch/desk/record"
	"wangge/dispatch/desk/tx"
	"wangge/dispatch/i18n"
	"wangge/dispatch/notify"
	"wangge/storage"
)

const (
	maxScanned       = 100_000         // due notices examined in one round, the rest in the next: many to one person become one message
	sendsAtOnce      = 8               // concurrent sends
	groupsPerRound   = 64              // groups sent before their results are recorded; after a crash they may be sent again
	noticesPerCommit = 1000            // notices moved by one commit
	firstBack        = 5 * time.Second // the first pause after a failure; it doubles
	longestBack      = 30 * time.Minute
	maxAttempts      = 24 // some eight hours of attempts; then the notice is a dead letter
	maxError         = 200
	longestSleep     = 30 * time.Second
)

// Relay delivers the notices of an outbox, each at least once and always under the same id.
type Relay struct {
	outbox *Outbox
	cfg    RelayConfig

	queue queue // used by one round at a time

	mu      sync.Mutex
	next    map[addressed]time.Time // when a person may be notified again by a channel; an entry for each that was notified since the start
	backlog []storage.Batch         // results of sends that could not be recorded yet
}

// RelayConfig configures a Relay.
type RelayConfig struct {
	Channels []notify.Channel
	Rand     *rand.Rand    // of the jitter; used by one goroutine at a time
	Gap      time.Duration // between two messages to one person by one channel; severity A does not wait
	Link     string        // base URL of the service's pages; "" = none
}

type addressed struct {
	channel string
	person  roster.PersonID
}

// NewRelay returns a relay. One is enough; several are safe but may send a notice twice.
func NewRelay(d *Outbox, cfg RelayConfig) *Relay {
	return &Relay{outbox: d, cfg: cfg, next: map[addressed]time.Time{}}
}

// Deliver sends due notices until ctx ends, and returns the error of ctx. Temporary failures of the store are
// retried.
func (p *Relay) Deliver(ctx context.Context) error {
	d := p.outbox
	for {
		now := d.revisions.Now()
		_, next, err := p.DeliverDue(ctx, now)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		sleep := longestSleep
		if !next.IsZero() {
			sleep = min(max(next.Sub(now), tx.Shortest), longestSleep)
		}
		if err != nil {
			sleep = d.tx.Failed("outbox: the store failed; trying again", err)
		}
		if err := d.tx.Sleep(ctx, sleep, d.wake); err != nil {
			return err
		}
	}
}

// waitingNotice is a notice that is due.
type waitingNotice struct {
	Delivery
	rev storage.Revision
}

// DeliverDue sends the notices that are due at now and records the results. It returns the number of notices sent,
// and when to call again.
func (p *Relay) DeliverDue(ctx context.Context, now time.Time) (sent int, next time.Time, err error) {
	now = now.Round(0)
	if err := p.flush(ctx); err != nil {
		return 0, now.Add(tx.StoreRetry), err
	}
	part := p.queue.part(now, p.outbox.takeFirst)
	if sent, next, err = p.round(ctx, now, &part); err != nil {
		p.queue = queue{}
		return sent, next, err
	}
	return sent, p.queue.after(now, part, sent, next), nil
}

// round sends what is due in a part of the queue.
func (p *Relay) round(ctx context.Context, now time.Time, of *part) (sent int, next time.Time, err error) {
	groups, next, err := p.due(ctx, now, of)
	if err != nil {
		return 0, next, err
	}
	for some := range slices.Chunk(groups, groupsPerRound) {
		n, again, err := p.sendAndNote(ctx, now, some)
		if sent += n; !again.IsZero() {
			next = earliest(next, again)
		}
		if err != nil {
			return sent, next, err
		}
	}
	return sent, next, nil
}

// sendAndNote sends messages concurrently and records the results.
func (p *Relay) sendAndNote(ctx context.Context, now time.Time, groups [][]waitingNotice) (sent int, next time.Time, err error) {
	failed := make([][]error, len(groups))
	var g errgroup.Group
	g.SetLimit(sendsAtOnce)
	for i, of := range groups {
		g.Go(func() error {
			failed[i] = p.send(ctx, now, of)
			return nil
		})
	}
	_ = g.Wait()
	var b storage.Batch
	enqueue := func(most int) {
		if len(b.Guards) <= most {
			return
		}
		p.mu.Lock()
		defer p.mu.Unlock()
		p.backlog, b = append(p.backlog, b), storage.Batch{}
	}
	for n, of := range groups {
		retry := now
		for i, w := range of {
			is := p.became(w.Notice, failed[n][i], now)
			if errors.Is(failed[n][i], errEarlier) { // not attempted
				is = w.Notice
				is.At = retry
			} else {
				p.outbox.tried(w.Channel, is.State)
			}
			retry = is.At
			if is.State == record.NoticeSent {
				sent++
			} else if is.State == record.NoticeQueued && (next.IsZero() || is.At.Before(next)) {
				next = is.At
			}
			guard, ops, err := moved(w.NoticeID, w.rev, w.Notice, is)
			if err != nil {
				return sent, next, err
			}
			b.Guards, b.Ops = append(b.Guards, guard), append(b.Ops, ops...)
			enqueue(noticesPerCommit)
		}
	}
	enqueue(0)
	return sent, next, p.flush(ctx)
}

// flush records the results of sends. While the store refuses commits nothing more is sent: a message whose result is
// lost is sent again. So the backlog holds at most the notices of groupsPerRound messages.
func (p *Relay) flush(ctx context.Context) error {
	for {
		b, more := p.oldest()
		if !more {
			return nil
		}
		err := p.outbox.tx.Commit(ctx, b)
		if tx.IsConflict(err) { // another relay recorded some of them; they are read again
			p.queue.again = true
			continue
		}
		if err != nil {
			p.mu.Lock()
			defer p.mu.Unlock()
			p.backlog = append([]storage.Batch{b}, p.backlog...)
			return err
		}
	}
}

// oldest takes the first batch of the backlog; false if the backlog is empty.
func (p *Relay) oldest() (b storage.Batch, ok bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.backlog) == 0 {
		return b, false
	}
	b, p.backlog = p.backlog[0], p.backlog[1:]
	return b, true
}

// became returns the state of a notice after an attempt.
func (p *Relay) became(n record.Notice, failed error, now time.Time) record.Notice {
	n.At = now
	n.Attempts++
	if failed == nil {
		n.State, n.Error = record.NoticeSent, ""
		return n
	}
	text := []rune(strings.ToValidUTF8(failed.Error(), "?"))
	n.Error = string(text[:min(len(text), maxError)])
	if notify.IsPermanent(failed) || n.Attempts >= maxAttempts {
		n.State = record.NoticeDeadLetter
		return n
	}
	back := min(longestBack, firstBack<<min(n.Attempts-1, 20))
	p.mu.Lock()
	defer p.mu.Unlock()
	n.At = now.Add(back/2 + time.Duration(p.cfg.Rand.Int64N(int64(back))))
	return n
}

// due reads the due notices of a part of the queue, grouped into messages: by person for a channel that makes digests;
// otherwise by case, in the order of its events.
func (p *Relay) due(ctx context.Context, now time.Time, of *part) (groups [][]waitingNotice, next time.Time, err error) {
	if of.keys.End == nil {
		return nil, next, nil
	}
	at := map[string]int{}
	err = p.outbox.tx.Read(ctx, func(snap storage.Snapshot) error {
		for it, err := range snap.Scan(of.keys) {
			if err != nil {
				return err
			}
			if due, ok := ledger.QueuedFor(it.Key); ok && due > ledger.SortTime(now) {
				next = earliest(next, time.Unix(0, int64(due)))
				break
			}
			id, ok := ledger.ParseNotice(it.Key)
			if !ok {
				continue // the store check reports the missing case
			}
			ch := p.channel(id.Channel)
			if ch == nil {
				of.passed++ // a channel of another server
				continue
			}
			if of.scanned++; of.scanned > maxScanned {
				next = now
				break
			}
			val, err := snap.Get(id.Key())
			if err != nil {
				if errors.Is(err, storage.ErrNotFound) {
					continue
				}
				return err
			}
			n, err := record.DecodeNotice(val.Value)
			if err != nil || n.State != record.NoticeQueued {
				continue
			}
			if until := heldUntil(p.outbox.revisions.City(), n, id.Person, now); !until.IsZero() {
				next = earliest(next, until)
				continue
			}
			if until, paused := p.paused(id, n, now); paused {
				next = earliest(next, until)
				continue
			}
			group := id.Channel + "\x00" + id.Case.String()
			if ch.Digests() {
				group = id.Channel + "\x00" + string(id.Person)
			}
			if _, ok := at[group]; !ok {
				at[group] = len(groups)
				groups = append(groups, nil)
			}
			groups[at[group]] = append(groups[at[group]], waitingNotice{Delivery{id, n}, val.Revision})
		}
		for _, of := range groups {
			slices.SortStableFunc(of, func(a, b waitingNotice) int { return compareNotice(a.NoticeID, b.NoticeID) })
		}
		groups = slices.DeleteFunc(groups, func(of []waitingNotice) bool {
			until, waits := time.Time{}, false
			if !p.channel(of[0].Channel).Digests() {
				until, waits, err = overtakes(snap, p.outbox.revisions.City(), of[0].NoticeID, now)
			}
			if waits {
				next = earliest(next, until)
			}
			return waits
		})
		return err
	})
	return groups, next, err
}

// overtakes reports whether an earlier notice of the case to the same person by the same channel waits to be tried again,
// and until when: what may leave is delivered in the order of the case's events. A notice that is held, by the quiet hours or
// for working time, never blocks what may leave. So a person may read of a later event before an alarm that was held
// meanwhile; each message says when its event happened.
func overtakes(snap storage.Snapshot, c *city.City, id ledger.NoticeID, now time.Time) (time.Time, bool, error) {
	for it, err := range snap.Scan(storage.Range{Start: ledger.NoticesOf(id.Case), End: id.Key()}) {
		if err != nil {
			return time.Time{}, false, err
		}
		n, err := deliveryOf(it)
		if err != nil || n.Channel != id.Channel || n.Person != id.Person || n.State != record.NoticeQueued {
			continue
		}
		held := n.Attempts == 0 && n.At.After(now) || !heldUntil(c, n.Notice, n.Person, now).IsZero()
		if !held {
			return n.At, true, nil
		}
	}
	return time.Time{}, false, nil
}

func compareNotice(a, b ledger.NoticeID) int { return slices.Compare(a.Key(), b.Key()) }

func earliest(a, b time.Time) time.Time {
	if a.IsZero() || b.Before(a) {
		return b
	}
	return a
}

// paused reports whether a person was notified by a channel within the gap, and until when to wait.
func (p *Relay) paused(id ledger.NoticeID, n record.Notice, now time.Time) (time.Time, bool) {
	if p.cfg.Gap <= 0 || n.Urgent || id.Person == "" {
		return time.Time{}, false
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	until := p.next[addressed{id.Channel, id.Person}]
	return until, until.After(now) && until.Sub(now) <= p.cfg.Gap // otherwise a clock was set back
}

func (p *Relay) channel(name string) notify.Channel {
	for _, ch := range p.cfg.Channels {
		if ch.Name() == name {
			return ch
		}
	}
	return nil
}

// errEarlier postpones a notice that would overtake an earlier one.
var errEarlier = errors.New("waits for an earlier notice of the case")

// send sends one group and returns the result of each notice.
func (p *Relay) send(ctx context.Context, now time.Time, of []waitingNotice) []error {
	errs := make([]error, len(of))
	all := func(err error) []error {
		for i := range errs {
			errs[i] = err
		}
		return errs
	}
	ch, c := p.channel(of[0].Channel), p.outbox.revisions.City()
	to, ok := c.Roster.Person(of[0].Person)
	if !ok && of[0].Person != "" {
		return all(notify.Permanent(fmt.Errorf("%s is not a person of the city any more", of[0].Person)))
	}
	if ch.Digests() {
		shown, err := p.highest(ctx, c, of)
		if err != nil {
			return all(err)
		}
		items, err := p.items(ctx, c, shown[:min(len(shown), notify.MaxListed)])
		if err != nil {
			return all(err)
		}
		m := notify.Message{
			ID: idOf(of), City: c.Code, To: to, At: now.In(c.Location), Items: items, Count: len(shown),
			Text: notify.Words(items, len(shown), cmp.Or(to.Language, c.Language), p.cfg.Link),
			Link: notify.Page(items, len(shown), p.cfg.Link),
		}
		err = ch.Send(ctx, m)
		if err == nil {
			p.mu.Lock()
			p.next[addressed{of[0].Channel, of[0].Person}] = now.Add(p.cfg.Gap)
			p.mu.Unlock()
		}
		return all(err)
	}
	for i := range of {
		items, err := p.items(ctx, c, of[i:i+1])
		if err == nil {
			err = ch.Send(ctx, notify.Message{
				ID: of[i].Item(), City: c.Code, To: to, At: now.In(c.Location), Items: items, Count: 1, Link: notify.Page(items, 1, p.cfg.Link),
			})
		}
		if errs[i] = err; err != nil && !notify.IsPermanent(err) {
			for j := i + 1; j < len(of); j++ {
				errs[j] = errEarlier
			}
			break
		}
	}
	return errs
}

// idOf returns the id of a message: of a single notice its own, of a digest the hash of all ids.
func idOf(of []waitingNotice) string {
	if len(of) == 1 {
		return of[0].Item()
	}
	h := sha256.New()
	for _, w := range of {
		h.Write([]byte(w.Item() + "\n"))
	}
	return "digest-" + hex.EncodeToString(h.Sum(nil))[:24]
}

// items reads the events that notices are about.
func (p *Relay) items(ctx context.Context, c *city.City, of []waitingNotice) (out []notify.Item, err error) {
	err = p.outbox.tx.Read(ctx, func(snap storage.Snapshot) error {
		for _, w := range of {
			l, err := ledger.Load(snap, w.Case)
			if err != nil {
				return err
			}
			e, err := eventAt(snap, l, w.Seq)
			if err != nil {
				return fmt.Errorf("case %s: %w", w.Case, err)
			}
			item := itemOf(c, l.Cs, &e, w.Person)
			if item.Unreached, err = unreached(snap, c, w.NoticeID, &e); err != nil {
				return err
			}
			out = append(out, item)
		}
		return nil
	})
	return out, err
}

// unreached are the recipients of an alarm of whom no channel has an address, by name.
func unreached(snap storage.Snapshot, c *city.City, id ledger.NoticeID, e *dispatch.Event) (out []i18n.Text, err error) {
	if e.Actor != "" { // the news of an act
		return nil, nil
	}
	none := ledger.NoticeID{Case: id.Case, Seq: id.Seq, Channel: city.ChannelNone}
	for it, err := range snap.Scan(storage.Prefix(none.Key())) {
		if err != nil {
			return nil, err
		}
		if n, ok := ledger.ParseNotice(it.Key); ok {
			name := c.PersonName(n.Person)
			out = append(out, i18n.Text{En: name, Zh: name})
		}
	}
	return out, nil
}
