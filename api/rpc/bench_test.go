package rpc

import (
	"encoding/binary"
	"net"
	"path/filepath"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"

	bbolt "go.etcd.io/bbolt"
	healthv1 "google.golang.org/grpc/health/grpc_health_v1"

	wanggev1 "wangge/api/wangge/v1"
	"wangge/storage/bolt"
)

// callers is how many callers file at once; they share commits.
const callers = 256

// many runs f b.N times, from as many callers at once.
func many(b *testing.B, callers int, f func(n int64) error) {
	b.Helper()
	var next atomic.Int64
	var wg sync.WaitGroup
	b.ResetTimer()
	for range callers {
		wg.Go(func() {
			for n := next.Add(1); n <= int64(b.N); n = next.Add(1) {
				if err := f(n); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
}

func onLoopback(b *testing.B) (*world, *bolt.Engine) {
	b.Helper()
	store, err := bolt.Open(filepath.Join(b.TempDir(), "desk.db"))
	if err != nil {
		b.Fatal(err)
	}
	lis, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	c, err := harbin()
	if err != nil {
		b.Fatal(err)
	}
	return newWorldOn(b, c, store, lis), store
}

// BenchmarkCreateReport files over loopback into bbolt. Its ceilings, in the same run: an empty
// call over the same loopback, and a bare bbolt transaction of as many records as there are callers.
func BenchmarkCreateReport(b *testing.B) {
	for _, callers := range []int{1, callers} {
		b.Run(strconv.Itoa(callers), func(b *testing.B) {
			w, store := onLoopback(b)
			ctx := w.as(inspector, "en")
			many(b, callers, func(n int64) error {
				_, err := w.reports().CreateReport(ctx, &wanggev1.CreateReportRequest{Report: w.light("r-" + strconv.FormatInt(n, 10))})
				return err
			})
			s := store.Stats()
			b.ReportMetric(float64(s.Batches)/float64(s.Groups), "reports/sync")
		})
	}
}

// BenchmarkCreateReportCeilingEmptyRPC carries a token, as every caller that comes often does.
func BenchmarkCreateReportCeilingEmptyRPC(b *testing.B) {
	for _, callers := range []int{1, callers} {
		b.Run(strconv.Itoa(callers), func(b *testing.B) {
			w, _ := onLoopback(b)
			ctx := w.as(inspector, "en")
			h := healthv1.NewHealthClient(w.conn)
			many(b, callers, func(int64) error {
				_, err := h.Check(ctx, &healthv1.HealthCheckRequest{})
				return err
			})
		})
	}
}

// BenchmarkCall is what a call costs besides its work: the city's name for a person with a token.
func BenchmarkCall(b *testing.B) {
	for _, callers := range []int{1, callers} {
		b.Run(strconv.Itoa(callers), func(b *testing.B) {
			w, _ := onLoopback(b)
			ctx, c := w.as(inspector, "en"), wanggev1.NewCityServiceClient(w.conn)
			many(b, callers, func(int64) error {
				_, err := c.GetCity(ctx, &wanggev1.GetCityRequest{})
				return err
			})
		})
	}
}

func BenchmarkCreateReportCeilingBareBolt(b *testing.B) {
	for _, group := range []int{1, callers} {
		b.Run(strconv.Itoa(group), func(b *testing.B) {
			db, err := bbolt.Open(filepath.Join(b.TempDir(), "bare.db"), 0o600, &bbolt.Options{InitialMmapSize: 1 << 30})
			if err != nil {
				b.Fatal(err)
			}
			defer db.Close()
			value := make([]byte, 1200) // about what one report puts into the feed
			b.ResetTimer()
			for n := 0; n < b.N; n += group {
				if err := db.Update(func(tx *bbolt.Tx) error {
					bucket, err := tx.CreateBucketIfNotExists([]byte("feed"))
					for i := n; err == nil && i < min(n+group, b.N); i++ {
						err = bucket.Put(binary.BigEndian.AppendUint64(nil, uint64(i)), value)
					}
					return err
				}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
