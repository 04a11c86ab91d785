package conn

import (
	"cmp"
	"time"
)

// Limits bounds what callers may hold of a server. A field that is zero has the default named beside
// the field. Each bound says what happens at the bound.
type Limits struct {
	// Connections in all, 10,000, and from one address, 5,000 (a whole city may stand behind one
	// gateway). A connection beyond is closed as soon as it is accepted.
	Connections, AddressConnections int
	// Anonymous bounds connections that have not yet carried a valid token, in all, 256, and from one
	// address, 128. A new connection replaces the oldest one if the oldest is older than 5 s, at most 50 times
	// a second; otherwise the new connection is closed. Such a connection ends after 10 minutes.
	Anonymous, AddressAnonymous int
	// Streams of one connection at once, 2,500. A client is told the number and waits with further calls.
	Streams int
	// PersonCalls bounds calls of one person at once, 512, watches included; beyond: RESOURCE_EXHAUSTED.
	PersonCalls int
	// Watches at once in all, 50,000, and of one person, 64; beyond: RESOURCE_EXHAUSTED.
	Watches, PersonWatches int
	// Receive bounds the time in which one message must have come in whole, 2 minutes, and Transfer
	// that of a whole upload, 10 minutes; beyond: DEADLINE_EXCEEDED.
	Receive, Transfer time.Duration
	// Send bounds the time for which one answer may wait for a reader, 1 minute; beyond: the call
	// ends. A connection that takes no byte at all for that long is closed.
	Send time.Duration
}

// WithDefaults returns the limits with the default in place of each field that is zero.
func (l Limits) WithDefaults() Limits {
	return Limits{
		Connections: cmp.Or(l.Connections, 10_000), AddressConnections: cmp.Or(l.AddressConnections, 5_000),
		Anonymous: cmp.Or(l.Anonymous, 256), AddressAnonymous: cmp.Or(l.AddressAnonymous, 128),
		Streams: cmp.Or(l.Streams, 2_500), PersonCalls: cmp.Or(l.PersonCalls, 512),
		Watches: cmp.Or(l.Watches, 50_000), PersonWatches: cmp.Or(l.PersonWatches, 64),
		Receive: cmp.Or(l.Receive, 2*time.Minute), Transfer: cmp.Or(l.Transfer, 10*time.Minute), Send: cmp.Or(l.Send, time.Minute),
	}
}

// Bounds that no deployment needs to change.
const (
	maxHeaderBytes = 16 << 10 // of one call's metadata; larger: the call is reset
	readBuffer     = 16 << 10 // of a connection, also one that is silent
	handshakeTime  = 10 * time.Second
	idleTime       = 15 * time.Minute // a connection without a call is closed (GOAWAY: a client connects again at its next call)
	aliveTime      = 5 * time.Minute  // a connection that was silent for so long is pinged,
	aliveTimeout   = 20 * time.Second // and closed when no answer comes
	pingTime       = 5 * time.Second  // between pings of a client, with or without calls; three sooner: GOAWAY too_many_pings

	anonymousGrace = 5 * time.Second       // how long an anonymous connection keeps its place when others want it
	anonymousLife  = 10 * time.Minute      // and at all
	givesEvery     = 20 * time.Millisecond // between two newcomers that take such places: closing a connection is work too
	// Connections of one address that come and show no token: so many at once and so many a second;
	// beyond, a connection is closed as soon as it is accepted.
	anonymousComes, anonymousComesRate = 200, 20
	maxAddresses                       = 10_000 // remembered; beyond, those that owe nothing are forgotten
	// What an anonymous connection may send: each frame costs its bytes and frameCost. Reading waits
	// for the rest.
	anonymousBurst, anonymousRate, frameCost = 32 << 10, 16 << 10, 128
	anonymousConnCalls                       = 16 // asked and not yet answered whole, of one connection; beyond, it is closed

	// Turns of callers without a token. What they make the server do begins at a turn, on one processor
	// so long after the turn before, and waits until then. Connections come up to their first call in
	// turns of their own: with TLS 133 a second and processor, in plain text 666. All further calls without
	// a token are 500 a second and processor, and reflection answers a quarter of that.
	helloTurn, setUpTurn, firstCallTurn = 2 * time.Millisecond, time.Millisecond, 500 * time.Microsecond
	callTurn, frameTurn, reflectionTurn = 2 * time.Millisecond, 125 * time.Microsecond, 8 * time.Millisecond
	maxGreetings                        = 8 // frames of a connection before its first call that need no turn

	// Resets of calls by one connection; beyond, reading waits.
	resetBurst, resetRate = 1_000, 100
	// Frames of less than smallFrame bytes inside a message: each costs more memory than it carries.
	// A call brings smallPerCall with it; beyond the burst and the rate, reading waits.
	smallFrame, smallPerCall, smallBurst, smallRate = 256, 4, 4_096, 100
)
