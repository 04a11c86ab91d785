package conn

import (
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"
)

// Seats bounds the connections of a server: in all, from one address, and those that have not shown a
// valid token. Safe for concurrent use.
type Seats struct {
	limits Limits

	mu        sync.Mutex
	taken     int
	addresses map[string]*taken
	anonymous []*seat   // the oldest first
	given     time.Time // when a seat was last given to a newcomer
}

// taken counts the seats of one address. An address is one IPv4 address or the /64 of an IPv6 one,
// which is what one host commonly has.
type taken struct {
	all, anonymous int
	comes          bucket // connections that have not shown a token
}

// NewSeats returns the seats of a server.
func NewSeats(l Limits) *Seats { return &Seats{limits: l, addresses: map[string]*taken{}} }

// listener hands out accepted connections as seats and closes those for which there is none.
type listener struct {
	net.Listener
	seats *Seats
}

func (l listener) Accept() (net.Conn, error) {
	for {
		conn, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		if s := l.seats.take(conn, time.Now()); s != nil {
			return s, nil
		}
		_ = conn.Close() // refused: there is no call yet that could be answered
	}
}

// seat is one accepted connection. Close gives the seat back.
type seat struct {
	net.Conn
	of      *Seats
	address string
	since   time.Time
	end     *time.Timer // of an anonymous connection

	proven atomic.Bool  // a valid token has come over the connection
	armed  atomic.Int64 // when a guard last set the write deadline; see guard.Write
	once   sync.Once
	closed chan struct{}
}

// take returns a seat for a connection, or nil if a bound is reached.
func (s *Seats) take(conn net.Conn, now time.Time) *seat {
	address := addressOf(conn.RemoteAddr())
	s.mu.Lock()
	of := s.addresses[address]
	if of == nil {
		s.forget(now)
		of = &taken{comes: bucket{burst: anonymousComes, rate: anonymousComesRate}}
		s.addresses[address] = of
	}
	if of.comes.spend(0, now) > 0 || s.taken >= s.limits.Connections || of.all >= s.limits.AddressConnections {
		s.mu.Unlock()
		return nil
	}
	var gives *seat
	if full := of.anonymous >= s.limits.AddressAnonymous; full || len(s.anonymous) >= s.limits.Anonymous {
		for _, o := range s.anonymous {
			if !full || o.address == address {
				gives = o
				break
			}
		}
		if gives == nil || now.Sub(gives.since) < anonymousGrace || now.Sub(s.given) < givesEvery {
			s.mu.Unlock()
			return nil
		}
		s.given = now
	}
	n := &seat{Conn: conn, of: s, address: address, since: now, closed: make(chan struct{})}
	n.end = time.AfterFunc(anonymousLife, func() { //nolint:forbidigo // connections live by the time of the machine
		if !n.proven.Load() {
			_ = n.Close()
		}
	})
	s.taken++
	of.all++
	of.anonymous++
	of.comes.spend(1, now)
	s.anonymous = append(s.anonymous, n)
	s.mu.Unlock()
	if gives != nil {
		_ = gives.Close()
	}
	return n
}

// prove records that a valid token has come over the connection.
func (n *seat) prove() {
	if n.proven.Swap(true) {
		return
	}
	n.end.Stop()
	n.of.mu.Lock()
	defer n.of.mu.Unlock()
	if of := n.of.addresses[n.address]; of != nil {
		of.comes.spent = max(0, of.comes.spent-1)
	}
	n.of.known(n)
}

// forget drops the addresses without a connection and without a debt once there are maxAddresses. The caller holds mu.
func (s *Seats) forget(now time.Time) {
	if len(s.addresses) < maxAddresses {
		return
	}
	for a, t := range s.addresses {
		if t.comes.spend(0, now); t.all == 0 && t.comes.spent < 1 {
			delete(s.addresses, a)
		}
	}
}

func addressOf(a net.Addr) string {
	p, err := netip.ParseAddrPort(a.String())
	if err != nil {
		return a.String()
	}
	ip := p.Addr().Unmap().WithZone("")
	if ip.Is6() {
		if prefix, err := ip.Prefix(64); err == nil {
			return prefix.String()
		}
	}
	return ip.String()
}

// known removes a seat from the list of anonymous ones. The caller holds mu.
func (s *Seats) known(n *seat) {
	for i, o := range s.anonymous {
		if o == n {
			s.anonymous = append(s.anonymous[:i], s.anonymous[i+1:]...)
			s.addresses[n.address].anonymous--
			return
		}
	}
}

func (n *seat) Close() error {
	n.once.Do(func() {
		n.end.Stop()
		close(n.closed)
		s := n.of
		s.mu.Lock()
		defer s.mu.Unlock()
		s.known(n)
		s.taken--
		s.addresses[n.address].all--
	})
	return n.Conn.Close()
}

// SetDeadline also forgets the deadline that a guard has set.
func (n *seat) SetDeadline(t time.Time) error {
	n.armed.Store(0)
	return n.Conn.SetDeadline(t)
}
