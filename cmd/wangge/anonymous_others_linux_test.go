package main

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sys/unix"
	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"
	"google.golang.org/protobuf/types/known/timestamppb"

	wanggev1 "wangge/api/wangge/v1"
)

// attackCommand is the name under which this binary throws one load; see attack.
const attackCommand = "wangge-anonymous-load"

func init() { binaries[attackCommand] = attack }

// BenchmarkOthersUnderAnonymousLoad measures what callers with a token notice of callers without one.
//
// The server is a process of its own and has one processor for itself. Those with a token are in this
// process, on another processor, and call at a fixed rate whatever the answers take: othersReads reads
// and othersReports reports a second. The load comes from a third process on that same processor, one
// class of scheduling below, so that the delay of an answer is the server's and not that of the caller.
// A load is as much as what is left of one processor can throw: a caller that is cut off comes back at
// once. Connections of the load come from 127.1.0.0 and up, those of others from 127.0.0.1.
//
// Quiet windows and windows under the load alternate in one run. Reported are the medians over the
// windows of the p99 of reads and reports, quiet and under the load, and the median of the ratios of
// neighbouring windows; how much more resident memory the server has at most in a window under the load
// than in the quiet one before; the processor time that the server takes under the load and the load
// itself, in percent of one processor; and connections tried a second. The load "nothing" shows the noise:
// what a server does by itself, such as growing with the reports of others, is in all figures, and the
// more so the longer a window lasts. In a short window the p99 of reports is the slowest of 40.
//
// Not shown is what a network does that is full, what a load from more than one processor costs, and how
// long newcomers wait: others are connected before. Programs that run besides take part in the figures,
// unless the real-time class keeps them out, which needs root:
//
//	go test -exec 'nice -n -20 chrt -r 1' ./cmd/wangge -run '^$' -bench OthersUnder -benchtime 1x
//
// WANGGE_DEEP=1 makes a window last 30 s instead of one.
func BenchmarkOthersUnderAnonymousLoad(b *testing.B) {
	if runtime.NumCPU() < 2 {
		b.Skip("the server and those who call it need a processor each")
	}
	window := time.Second
	if os.Getenv("WANGGE_DEEP") == "1" {
		window = 30 * time.Second
	}
	for _, secure := range []bool{false, true} {
		b.Run(map[bool]string{false: "plain", true: "tls"}[secure], func(b *testing.B) {
			for i, load := range anonymousLoads {
				if load.tlsOnly && !secure {
					continue
				}
				b.Run(load.name, func(b *testing.B) { othersUnder(b, i, secure, window) })
			}
		})
	}
}

// Windows of one load, and what callers with a token do in them a second.
const othersWindows, othersReads, othersReports = 5, 400, 40

func othersUnder(b *testing.B, load int, secure bool, window time.Duration) {
	b.Helper()
	s := startBounded(b, shippedBinary(b), secure, "GOMAXPROCS=1")
	o := &others{s: s}
	pin(b, os.Getpid(), 1)
	b.Cleanup(func() { pin(b, os.Getpid(), 0, 1) })
	pin(b, s.pid, 0)
	o.call(b, window) // the first calls connect
	peak := func() float64 {
		defer s.resetPeak(b)
		return float64(s.resident(b, "VmHWM")) / (1 << 20)
	}
	peak()
	var more float64
	var quiet, attacked, ratios [2][]float64
	var worked time.Duration
	var thrown attackReport
	for b.Loop() {
		for range othersWindows {
			calm := o.call(b, window)
			most := peak()
			end := startAttack(b, s, load)
			worked -= s.worked(b)
			busy := o.call(b, window)
			worked += s.worked(b)
			thrown.add(end())
			more = max(more, peak()-most)
			for i := range calm {
				quiet[i], attacked[i], ratios[i] = append(quiet[i], calm[i]), append(attacked[i], busy[i]), append(ratios[i], busy[i]/calm[i])
			}
		}
	}
	for i, what := range []string{"read", "report"} {
		b.ReportMetric(median(quiet[i]), what+"-quiet-ms")
		b.ReportMetric(median(attacked[i]), what+"-attacked-ms")
		b.ReportMetric(median(ratios[i]), what+"-ratio")
	}
	under := window.Seconds() * float64(len(quiet[0]))
	b.ReportMetric(more, "MiB")
	b.ReportMetric(100*worked.Seconds()/under, "server-%")
	b.ReportMetric(100*thrown.Worked.Seconds()/under, "load-%")
	b.ReportMetric(float64(thrown.Conns)/under, "conns/s")
	b.ReportMetric(0, "ns/op")
}

func median(v []float64) float64 {
	v = slices.Sorted(slices.Values(v))
	return v[len(v)/2]
}

// others are callers with a token.
type others struct {
	s     *bounded
	filed atomic.Int64
	name  atomic.Pointer[string] // of a case
}

// call calls for a while at a fixed rate and returns the p99 of reads and of reports in milliseconds.
func (o *others) call(b *testing.B, long time.Duration) [2]float64 {
	b.Helper()
	var mu sync.Mutex
	var took [2][]float64
	var wg sync.WaitGroup
	do := func(kind int, f func(context.Context) error) {
		wg.Go(func() {
			ctx := metadata.AppendToOutgoingContext(b.Context(), "authorization", "Bearer "+o.s.token)
			began := time.Now()
			err := f(ctx)
			d := float64(time.Since(began)) / float64(time.Millisecond)
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				b.Errorf("a call with a token: %v", err)
			}
			took[kind] = append(took[kind], d)
		})
	}
	tick := time.NewTicker(time.Second / othersReads)
	defer tick.Stop()
	n := 0
	for began := time.Now(); time.Since(began) < long; n++ {
		<-tick.C
		if n%(othersReads/othersReports) == 0 {
			do(1, o.report)
		}
		do(0, o.read(n))
	}
	wg.Wait()
	var out [2]float64
	for i, t := range took {
		slices.Sort(t)
		out[i] = t[len(t)*99/100]
	}
	return out
}

// read is the nth read: a case, a page of open cases or the city.
func (o *others) read(n int) func(context.Context) error {
	name := o.name.Load()
	switch {
	case n%4 == 0 || name == nil:
		return func(ctx context.Context) error {
			_, err := wanggev1.NewCityServiceClient(o.s.conn).GetCity(ctx, &wanggev1.GetCityRequest{}, grpc.WaitForReady(true))
			return err
		}
	case n%4 == 1:
		return func(ctx context.Context) error {
			_, err := wanggev1.NewCaseServiceClient(o.s.conn).ListCases(ctx, &wanggev1.ListCasesRequest{Scope: "people/b-leader", State: wanggev1.CaseState_CASE_STATE_OPEN, PageSize: 20})
			return err
		}
	}
	return func(ctx context.Context) error {
		_, err := wanggev1.NewCaseServiceClient(o.s.conn).GetCase(ctx, &wanggev1.GetCaseRequest{Name: *name})
		return err
	}
}

// report files a report, each at a place of its own.
func (o *others) report(ctx context.Context) error {
	n := o.filed.Add(1)
	_, x := math.Modf(float64(n) * math.Phi)
	_, y := math.Modf(float64(n) * math.Sqrt2)
	r, err := wanggev1.NewReportServiceClient(o.s.conn).CreateReport(ctx, &wanggev1.CreateReportRequest{Report: &wanggev1.Report{
		ClientId: fmt.Sprint("r-", n), Category: "abandoned-bicycle/abandoned-bicycle", Source: wanggev1.Source_SOURCE_HOTLINE, CaptureTime: timestamppb.Now(),
		Position: &wanggev1.Position{Latitude: 42.21 + 0.23*y, Longitude: -71.19 + 0.15*x, Datum: wanggev1.Datum_DATUM_WGS84, AccuracyM: 5},
	}})
	if name := r.GetCase().GetName(); name != "" {
		o.name.CompareAndSwap(nil, &name)
	}
	return err
}

// attackOrder is what attack reads from its input, and attackReport what it prints at the end.
type attackOrder struct {
	Load int
	Addr string
	CA   string // file; "" = plain text
}

type attackReport struct {
	Conns, Sent int64
	Worked      time.Duration
}

func (r *attackReport) add(o attackReport) {
	r.Conns, r.Sent, r.Worked = r.Conns+o.Conns, r.Sent+o.Sent, r.Worked+o.Worked
}

// startAttack starts a process that throws a load, and returns when it begins. end stops the process.
func startAttack(b *testing.B, s *bounded, load int) (end func() attackReport) {
	b.Helper()
	binary, err := exec.LookPath(attackCommand)
	if err != nil {
		b.Fatal(err)
	}
	cmd := exec.Command(binary)
	cmd.Env = append(os.Environ(), "GOMAXPROCS=1")
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		b.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err == nil {
		err = json.NewEncoder(in).Encode(attackOrder{load, s.addr, s.cert})
	}
	lines := bufio.NewReader(out)
	if err == nil {
		_, err = lines.ReadString('\n')
	}
	if err != nil {
		b.Fatal(err)
	}
	return func() attackReport {
		var r attackReport
		err := in.Close()
		if err == nil {
			err = json.NewDecoder(lines).Decode(&r)
		}
		if err := errors.Join(err, cmd.Wait()); err != nil {
			b.Fatal(err)
		}
		return r
	}
}

// attack is the process that throws a load until its input ends.
func attack() {
	report, err := attackUntil(os.Stdin, os.Stdout)
	if err == nil {
		err = json.NewEncoder(os.Stdout).Encode(report)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func attackUntil(in io.Reader, out io.Writer) (attackReport, error) {
	var o attackOrder
	lines := bufio.NewReader(in)
	line, err := lines.ReadBytes('\n')
	if err == nil {
		err = json.Unmarshal(line, &o)
	}
	if err == nil {
		err = giveWay()
	}
	if err != nil {
		return attackReport{}, err
	}
	a := &attacker{addr: o.Addr}
	if o.CA != "" {
		pem, err := os.ReadFile(o.CA)
		if err != nil {
			return attackReport{}, err
		}
		pool := x509.NewCertPool()
		pool.AppendCertsFromPEM(pem)
		a.secure = &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS13, NextProtos: []string{"h2"}}
	}
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	if _, err := fmt.Fprintln(out, "begins"); err != nil {
		return attackReport{}, err
	}
	ended := make(chan struct{})
	go func() { defer close(ended); a.run(ctx, anonymousLoads[o.Load]) }()
	_, err = io.Copy(io.Discard, lines)
	stop()
	<-ended
	var used unix.Rusage
	err = errors.Join(err, unix.Getrusage(unix.RUSAGE_SELF, &used))
	return attackReport{Conns: a.conns.Load(), Sent: a.sent.Load(), Worked: time.Duration(used.Utime.Nano() + used.Stime.Nano())}, err
}

// giveWay puts this process one class below that in which it was started, so that others who want the
// processor have it at once.
func giveWay() error {
	was, err := unix.SchedGetAttr(0, 0)
	if err != nil {
		return err
	}
	below := unix.SchedAttr{Size: unix.SizeofSchedAttr, Policy: unix.SCHED_IDLE}
	if was.Policy == unix.SCHED_RR || was.Policy == unix.SCHED_FIFO {
		below.Policy = unix.SCHED_NORMAL
		nice, err := unix.Getpriority(unix.PRIO_PROCESS, 0)
		if err != nil {
			return err
		}
		below.Nice = int32(20 - nice) // the system call, unlike the library, tells 20 less the figure
	}
	return everyThread(os.Getpid(), func(tid int) error { return unix.SchedSetAttr(tid, &below, 0) })
}

// pin lets a process run on some processors only.
func pin(b *testing.B, pid int, processors ...int) {
	b.Helper()
	var set unix.CPUSet
	for _, p := range processors {
		set.Set(p)
	}
	if err := everyThread(pid, func(tid int) error { return unix.SchedSetaffinity(tid, &set) }); err != nil {
		b.Fatal(err)
	}
}

// everyThread does something to all threads of a process, twice: a thread that began meanwhile may be a
// child of one that had not been reached.
func everyThread(pid int, f func(tid int) error) error {
	for range 2 {
		threads, err := os.ReadDir(filepath.Join("/proc", strconv.Itoa(pid), "task"))
		if err != nil {
			return err
		}
		for _, t := range threads {
			tid, err := strconv.Atoi(t.Name())
			if err == nil {
				err = f(tid)
			}
			if err != nil && !errors.Is(err, unix.ESRCH) {
				return fmt.Errorf("thread %s: %w", t.Name(), err)
			}
		}
	}
	return nil
}
