package rpc

import (
	"context"
	"fmt"
	"iter"
	"net"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/test/bufconn"

	wanggev1 "wangge/api/wangge/v1"
	"wangge/dispatch/city"
	"wangge/dispatch/city/roster"
	"wangge/storage"
	"wangge/storage/bolt"
)

// overBolt serves a city over a file until the scope ends; opened again it is a restart.
func overBolt(t testing.TB, c *city.City, path string, cfg Config) *world {
	t.Helper()
	store, err := bolt.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	lis := bufconn.Listen(1 << 20)
	return newWorldWith(t, c, store, lis, cfg, grpc.WithContextDialer(func(ctx context.Context, _ string) (net.Conn, error) { return lis.DialContext(ctx) }))
}

// told flattens what a stream says into "revision case@etag", and checks that revisions rise and that a
// bookmark never lies before a change.
func told(t testing.TB, messages []*wanggev1.WatchCasesResponse) (out []string) {
	t.Helper()
	var last uint64
	for _, m := range messages {
		changes := len(m.GetCases()) + len(m.GetRemoved())
		if m.GetRevision() < last || m.GetRevision() == last && changes > 0 {
			t.Errorf("revision %d with %d changes after %d", m.GetRevision(), changes, last)
		}
		last = m.GetRevision()
		for _, cs := range m.GetCases() {
			out = append(out, fmt.Sprintf("%d %s@%s", m.GetRevision(), cs.GetName(), cs.GetEtag()))
		}
		for _, n := range m.GetRemoved() {
			out = append(out, fmt.Sprintf("%d %s left", m.GetRevision(), n))
		}
	}
	return out
}

// recv takes messages until enough changes have come.
func recv(t testing.TB, stream grpc.ServerStreamingClient[wanggev1.WatchCasesResponse], changes int) (out []*wanggev1.WatchCasesResponse) {
	t.Helper()
	for changes > 0 {
		m, err := stream.Recv()
		if err != nil {
			t.Fatalf("%d changes before the end: %v", changes, err)
		}
		out = append(out, m)
		changes -= len(m.GetCases()) + len(m.GetRemoved())
	}
	return out
}

func (w *world) watch(who roster.PersonID, scope string, after *uint64) grpc.ServerStreamingClient[wanggev1.WatchCasesResponse] {
	w.t.Helper()
	ctx, cancel := context.WithCancel(w.as(who, "en"))
	w.t.Cleanup(cancel)
	stream, err := w.cases().WatchCases(ctx, &wanggev1.WatchCasesRequest{Scope: scope, AfterRevision: after})
	if err != nil {
		w.t.Fatal(err)
	}
	return stream
}

// ending reads a stream to its end and returns the error with which it ends.
func ending(stream grpc.ServerStreamingClient[wanggev1.WatchCasesResponse]) error {
	for {
		if _, err := stream.Recv(); err != nil {
			return err
		}
	}
}

// forgetful is an engine whose feed begins later.
type forgetful struct {
	storage.Engine
	from storage.Revision
}

func (f forgetful) Watch(ctx context.Context, after storage.Revision) iter.Seq2[storage.Committed, error] {
	if after < f.from {
		return func(yield func(storage.Committed, error) bool) { yield(storage.Committed{}, storage.ErrCompacted) }
	}
	return f.Engine.Watch(ctx, after)
}
