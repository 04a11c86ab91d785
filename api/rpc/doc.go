// Package rpc serves a desk over gRPC: each service of package wangge.v1 parses a request, calls the desk and renders
// the result. It decides nothing.
//
// # Packages
//
//   - auth: authentication of callers.
//   - conn: bounds of connections; intercept: bounds of calls, and the one revision of the city that a call sees.
//   - request, with filter and lookup: from messages to the domain, with everything that is wrong with them.
//   - convert: from the domain to messages, for one caller.
//   - apierr: from errors to statuses.
//
// # Tokens
//
// Every method but health and reflection needs the metadata "authorization: Bearer TOKEN", and so does
// FormService.GetPublicCity unless the city is public. The token is
// checked when the header of a call has come and before any message of the call is received. A call
// ends with its token: when the token is revoked or expires, or the person is no longer active, open
// streams end within a second with UNAUTHENTICATED, reason TOKEN_ENDED; a call that is still sending
// its message ends with CANCELLED.
//
// # One revision of the city
//
// A call reads its request, names everything and words its errors by one revision of the city, whichever comes into
// force meanwhile. A call that writes renders its result by the revision that decides after the write. Each message of
// a watch is rendered by the revision that decides when the message is sent.
//
// # Connections
//
// Package conn and package intercept list all bounds, each with what happens at the bound. The main ones:
//
//   - A connection without a call is closed after 15 minutes (GOAWAY max_idle: a client connects again
//     at its next call). A connection has no greatest age: a watch may last for days.
//   - Clients may ping as often as every 5 seconds, with or without calls open; after three pings that
//     come sooner the connection is closed (GOAWAY too_many_pings). The server pings a connection that
//     was silent for 5 minutes and closes it when no answer comes within 20 seconds.
//   - The metadata of a call is at most 16 KiB. 2,500 calls at once are served on one connection.
//   - The transport and TLS must be set up within 10 seconds.
//   - A message must have come in whole within 2 minutes; an answer waits a minute for its reader, and a
//     whole upload or download of a city directory 10 minutes, the service's own work not counted.
//   - One connection may reset 100 calls a second, 1,000 at once; what comes beyond is read later. The
//     same holds for frames that carry next to nothing.
//   - A connection that has not shown a valid token is read at 16 KiB a second after the first 32 KiB,
//     has at most 16 calls open and ends after 10 minutes; 256 of them are served in all, 128 from one
//     address. A prober of health stays far below.
//   - What such connections ask begins in turns, so that a crowd of them leaves room for others: TLS
//     handshakes, transports and first calls come to 133 connections a second and processor with TLS and
//     666 without, later calls to 500 a second and processor, answers of reflection to 125. What comes
//     beyond waits. A caller with a token waits for no turn once the token of the first call was seen;
//     a new connection waits for those that came before, with 256 in all two seconds on one processor.
//
// A person may have 512 calls, 64 watches and 2 city directories in transfer at once; beyond, a call is
// answered RESOURCE_EXHAUSTED with the bound and after what time to try again.
//
// grpc-go cannot bound resets, small frames, or the bytes of a connection without a token. A net.Conn between TLS and
// the transport does: it parses the frame headers that pass and delays the next read. Answers that a client with a
// token does not read, because its HTTP/2 window is closed, stay in memory until the connection ends; only the number
// of calls bounds them.
//
// GetPublicCity of a city that is public is answered to callers without a token at the pace of reflection: 32 calls at once
// and 128 KiB a second after the first 2 MiB, in all; beyond, RESOURCE_EXHAUSTED. The answer is made once for each
// revision and language. An answer to who sends its etag back is some 60 bytes.
//
// # Compression
//
// Messages may be compressed with gzip (grpc-encoding: gzip), and are answered compressed if the caller
// compresses. The bound on a message, 4 MiB, is that of the uncompressed one. Without a token a
// compressed message is refused, INVALID_ARGUMENT.
//
// # Health
//
// grpc.health.v1.Health answers for the server (the empty name) and for each service by its full name,
// such as wangge.v1.CaseService, and for what cmd/wangge says of its readiness (the names readiness and
// notices); any other name is NOT_FOUND.
package rpc
