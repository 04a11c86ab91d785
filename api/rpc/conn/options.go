package conn

import (
	"net"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/keepalive"
)

// Options are the options of a server whose connections are bounded by limits. Calls without a token
// take the turns of turns.
func Options(limits Limits, creds credentials.TransportCredentials, turns Pacers) []grpc.ServerOption {
	return []grpc.ServerOption{
		grpc.Creds(guarded{creds, limits.Send, turns}),
		grpc.MaxHeaderListSize(maxHeaderBytes),
		grpc.MaxConcurrentStreams(uint32(limits.Streams)),
		grpc.ConnectionTimeout(handshakeTime),
		grpc.ReadBufferSize(readBuffer),
		grpc.KeepaliveParams(keepalive.ServerParameters{MaxConnectionIdle: idleTime, Time: aliveTime, Timeout: aliveTimeout}),
		grpc.KeepaliveEnforcementPolicy(keepalive.EnforcementPolicy{MinTime: pingTime, PermitWithoutStream: true}),
	}
}

// Listen hands out the connections of lis as seats, and closes those for which there is no seat.
func (s *Seats) Listen(lis net.Listener) net.Listener { return listener{lis, s} }
