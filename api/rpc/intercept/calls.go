package intercept

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"wangge/api/auth"
	"wangge/api/rpc/apierr"
	"wangge/api/rpc/conn"
	"wangge/dispatch/city"
	"wangge/dispatch/city/roster"
	"wangge/dispatch/i18n"
)

// Bounds that no deployment needs to change.
const (
	anonymousReceive                = 10 * time.Second   // for one message of a call without a token, or for reading one answer
	anonymousCalls                  = 64                 // of health and reflection at once, in all
	reflectionBurst, reflectionRate = 2 << 20, 8 << 10   // bytes of reflection without a token, in all
	openCalls                       = 32                 // of open methods without a token at once, in all
	openBurst, openRate             = 2 << 20, 128 << 10 // bytes of their answers, in all

	slowReceives = 16 // messages of one person that take longer than a sweep to come in
	sweepEvery   = 500 * time.Millisecond

	maxTransfers = 8 // city directories in memory at once, each at most city.MaxDirectoryBytes
)

// Config is what the calls of a server need.
type Config struct {
	Limits conn.Limits
	Auth   auth.Authenticator
	Clock  func() time.Time
	City   func() *city.City // the revision of the city that decides now
	Log    *slog.Logger
	Turns  conn.Pacers // of callers without a token

	// Open reports whether a method is answered without a token, which depends on the city; nil = none is. Health and
	// reflection always are.
	Open func(method string, c *city.City) bool
}

// Calls are the calls that are open. Safe for concurrent use.
type Calls struct {
	cfg Config

	// Of calls without a token.
	anonymous, opened  atomic.Int64 // calls of health and reflection, of open methods
	reflection, answer allowance    // of reflection, of open methods

	watches   atomic.Int64
	transfers atomic.Int64

	mu       sync.Mutex
	open     map[*call]struct{}
	people   map[roster.PersonID]*load
	sweeping bool
	stop     chan struct{} // closed by Close
	sweeps   sync.WaitGroup
}

// New returns the calls of a server: none yet.
func New(cfg Config) *Calls {
	return &Calls{
		cfg: cfg, open: map[*call]struct{}{}, people: map[roster.PersonID]*load{}, stop: make(chan struct{}),
		reflection: allowance{
			conn.NewMeter(reflectionBurst, reflectionRate), cfg.Turns, "TOO_MUCH_REFLECTION",
			i18n.F("reflection without a token answers %d KiB a second; try again later, or send a token", "无令牌的反射查询限 %d KiB/秒；请稍后重试或携带令牌",
				reflectionRate>>10),
		},
		answer: allowance{
			conn.NewMeter(openBurst, openRate), cfg.Turns, "TOO_MANY_PUBLIC_ANSWERS",
			i18n.F("callers without a token are answered %d KiB a second; try again later, or send the etag of the last answer",
				"无令牌的查询限 %d KiB/秒；请稍后重试，或附上次应答的 etag", openRate>>10),
		},
	}
}

// Close ends the goroutine that looks after open calls, waits for its end, and has the last uses of tokens written. The
// transport has been stopped before: calls that are still open are no longer ended for their token or their time. Close
// may be called more than once.
func (s *Calls) Close() {
	s.mu.Lock()
	if !s.stopped() {
		close(s.stop)
	}
	s.mu.Unlock()
	s.sweeps.Wait()
	s.cfg.Auth.Tokens.WriteUse(time.Now(), true)
}

// stopped reports whether Close was called.
func (s *Calls) stopped() bool {
	select {
	case <-s.stop:
		return true
	default:
		return false
	}
}

// load is what one person has open.
type load struct{ calls, watches, transfers int }

func (s *Calls) enter(ctx context.Context, c *call) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if p := c.caller.Person; p != "" {
		l := s.people[p]
		if l == nil {
			l = &load{}
			s.people[p] = l
		}
		if l.calls >= s.cfg.Limits.PersonCalls {
			return apierr.TooMany(ctx, "TOO_MANY_CALLS",
				i18n.F("%d calls of one person at once is the most; wait for answers, or send several things in one batch",
					"每人同时最多 %d 个调用；请等待应答，或合并为批量请求", s.cfg.Limits.PersonCalls))
		}
		l.calls++
	}
	s.open[c] = struct{}{}
	if !s.sweeping && !s.stopped() {
		s.sweeping = true
		s.sweeps.Go(s.sweep)
	}
	return nil
}

func (s *Calls) leave(c *call) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.open, c)
	if l := s.people[c.caller.Person]; l != nil {
		if l.calls--; l.calls == 0 {
			delete(s.people, c.caller.Person)
		}
	}
}

// sweep ends calls whose time is over or whose token is no longer valid, until no call is open or Close is called. It also
// has the last uses of tokens written: a sweep follows every call.
func (s *Calls) sweep() {
	tick := time.NewTicker(sweepEvery) //nolint:forbidigo // calls end by the time of the machine
	defer tick.Stop()
	for {
		select {
		case <-s.stop:
			return
		case <-tick.C:
			wall := time.Now()
			more := s.sweepOnce(wall)
			s.cfg.Auth.Tokens.WriteUse(wall, false)
			if !more {
				return
			}
		}
	}
}

func (s *Calls) sweepOnce(wall time.Time) (more bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	valid, slow := s.cfg.Auth.Checker(), map[roster.PersonID]int{}
	for c := range s.open {
		age := wall.Sub(c.wall)
		if c.caller.Person != "" && !valid(c.token, c.began.Add(age)) {
			c.end(&endedByToken)
			continue
		}
		if due := c.due.Load(); due != 0 && int64(age) > due {
			c.end(&endedByTime)
		}
		if at := c.receives.Load(); at != 0 && int64(age)-at > int64(sweepEvery) {
			if slow[c.caller.Person]++; slow[c.caller.Person] > slowReceives && c.caller.Person != "" {
				c.end(&endedByMany)
			}
		}
	}
	s.sweeping = len(s.open) > 0
	return s.sweeping
}
