// Package rpc is the gRPC face of a desk: the caller, what is wrong with a request, and the
// services of package wangge.v1. It decides nothing.
//
// # Tokens
//
// Every method but health and reflection needs the metadata "authorization: Bearer TOKEN". The token is
// checked when the header of a call has come and before any message of the call is received. A call
// ends with its token: when the token is revoked or expires, or the person is no longer active, open
// streams end within a second with UNAUTHENTICATED, reason TOKEN_ENDED; a call that is still sending
// its message ends with CANCELLED.
//
// # Connections
//
// All bounds stand in [Limits] and beside it, each with what happens at the bound. The main ones:
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
// What grpc-go gives no handle for (the number of resets, of small frames, of what a connection without
// a token sends) is kept by a net.Conn between TLS and the transport, which reads frame headers as they
// pass and reads on later. What a client with a token has been sent whole and does not take, because its
// HTTP/2 window is closed, is held until the connection ends; only the number of calls bounds it.
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
// such as wangge.v1.CaseService, and for what cmd/wangge says of its readiness; any other name is
// NOT_FOUND.
package rpc
