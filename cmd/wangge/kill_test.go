package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"wangge/dispatch/city/cities"
	"wangge/dispatch/desk/fsck"
	"wangge/dispatch/notify"
	"wangge/storage"
	"wangge/storage/bolt"

	"golang.org/x/sync/errgroup"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
	"google.golang.org/protobuf/types/known/timestamppb"

	wanggev1 "wangge/api/wangge/v1"
)

// outside is what is known without asking the server: what it acknowledged, and what it told others.
type outside struct {
	t        testing.TB
	dir      string // of the city
	data     string
	token    string
	hook     *httptest.Server
	mu       sync.Mutex
	acked    map[string]string // client id -> case
	received map[string]int    // notice id -> times
	arrived  chan struct{}     // size 1: something was received
	asked    int               // reports that were sent
	rng      *rand.Rand
}

const killSteps = 5

// newOutside is a city whose ladder is over within seconds: five steps at 1 to 5 % of a minute. Its
// districts are squares, so that a server is up again at once: what is killed is the store at work, not
// the reading of a map.
func newOutside(t testing.TB, seed uint64, data string) *outside {
	t.Helper()
	o := &outside{t: t, dir: t.TempDir(), data: data, acked: map[string]string{}, received: map[string]int{}, arrived: make(chan struct{}, 1), rng: rand.New(rand.NewPCG(9, seed))}
	fsys, err := cities.FS("boston")
	if err != nil {
		t.Fatal(err)
	}
	ladder := "ladders:\n  - name: default\n    steps:\n"
	for i := range killSteps { // nobody is notified of the same light twice
		light, whom := []string{"green", "yellow", "red"}[i/2], []string{"city_leader", "post:checker@area:BOS"}[i%2]
		ladder += fmt.Sprintf("      - {at_percent: %d, light: %s, whom: %q}\n", i+1, light, whom)
	}
	err = fs.WalkDir(fsys, ".", func(p string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() || strings.HasPrefix(p, "events/") {
			return err
		}
		text, err := fs.ReadFile(fsys, p)
		if p == "city.yaml" {
			text = regexp.MustCompile(`accept_minutes: \d+`).ReplaceAll(text, []byte("accept_minutes: 1"))
			text, _, _ = bytes.Cut(text, []byte("accept:")) // the published map's slivers
			text = append(text, "quiet_hours: none\n"...)   // at any time of day the steps are told at once
		}
		if p == "areas.geojson" {
			text = squares(text)
		}
		if err != nil {
			return err
		}
		return os.WriteFile(filepath.Join(o.dir, p), text, 0o600)
	})
	if err == nil {
		err = os.WriteFile(filepath.Join(o.dir, "ladders.yaml"), []byte(ladder), 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	secret, _ := wangge(t, exitOK, "token", "--city", o.dir, "--data", o.data, "--person", "b-leader")
	o.token = strings.TrimSpace(secret)
	o.hook = httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		var e notify.CloudEvent
		if err := json.NewDecoder(r.Body).Decode(&e); err != nil {
			t.Error(err)
		}
		o.mu.Lock()
		defer o.mu.Unlock()
		o.received[e.ID]++
		select {
		case o.arrived <- struct{}{}:
		default:
		}
	}))
	t.Cleanup(o.hook.Close)
	return o
}

// squares gives each area of a map, one a line, a square of its own.
func squares(text []byte) []byte {
	west := -71.2
	return regexp.MustCompile(`(?m)"geometry":\{.*\}(\},?)$`).ReplaceAllFunc(text, func(line []byte) []byte {
		east := west + 0.02
		end := bytes.TrimLeft(line[bytes.LastIndex(line, []byte("]")):], "]}")
		square := fmt.Sprintf(`"geometry":{"type":"Polygon","coordinates":[[[%[1]f,42.2],[%[2]f,42.2],[%[2]f,42.45],[%[1]f,42.45],[%[1]f,42.2]]]}}%[3]s`, west, east, end)
		west = east
		return []byte(square)
	})
}

// process is the real binary, serving.
type process struct {
	cmd  *exec.Cmd
	conn *grpc.ClientConn
	log  *strings.Builder
}

func (o *outside) serve(binary string) *process {
	o.t.Helper()
	p := &process{log: &strings.Builder{}}
	p.cmd = exec.Command(binary, "serve", "--city", o.dir, "--data", o.data, "--listen", "127.0.0.1:0", "--notify-log=false", "--notify-webhook", o.hook.URL)
	p.cmd.Env = append(os.Environ(), "WANGGE_WEBHOOK_SECRET=whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
	p.cmd.Stderr = p.log
	out, err := p.cmd.StdoutPipe()
	if err == nil {
		err = p.cmd.Start()
	}
	if err != nil {
		o.t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		_ = p.cmd.Wait()
		o.t.Fatalf("the server says %q, %v\n%s", line, err, p.log)
	}
	go func() { _, _ = io.Copy(io.Discard, out) }()
	addr := strings.TrimSpace(line[strings.LastIndex(line, " ")+1:])
	if p.conn, err = grpc.NewClient(addr, grpc.WithTransportCredentials(insecure.NewCredentials())); err != nil {
		o.t.Fatal(err)
	}
	return p
}

func (p *process) kill() {
	_ = p.cmd.Process.Kill()
	_ = p.cmd.Wait()
	_ = p.conn.Close()
}

func (o *outside) ctx() (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	return metadata.AppendToOutgoingContext(ctx, "authorization", "Bearer "+o.token), cancel
}

// file sends one report and, when it is acknowledged, writes that down.
func (o *outside) file(p *process, id string) (*wanggev1.Case, error) {
	ctx, cancel := o.ctx()
	defer cancel()
	r, err := wanggev1.NewReportServiceClient(p.conn).CreateReport(ctx, &wanggev1.CreateReportRequest{Report: &wanggev1.Report{
		ClientId: id, Category: "abandoned-bicycle/abandoned-bicycle", Source: wanggev1.Source_SOURCE_HOTLINE, CaptureTime: timestamppb.New(time.Unix(1_700_000_000, 0)),
		Position: &wanggev1.Position{Latitude: 42.36, Longitude: -71.06, Datum: wanggev1.Datum_DATUM_WGS84, AccuracyM: 5},
	}})
	if err != nil {
		return nil, err
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	o.acked[id] = r.GetCase().GetName()
	return r.GetCase(), nil
}

// cycle lets eight phones report at once and kills the server in the middle of it.
func (o *outside) cycle(binary string) {
	p := o.serve(binary)
	enough := 3 + o.rng.IntN(20)
	first := o.asked
	o.asked += 200
	acks := make(chan struct{}, 200)
	var wg sync.WaitGroup
	for phone := range 8 {
		wg.Go(func() {
			for i := phone; i < 200; i += 8 {
				if _, err := o.file(p, fmt.Sprint("r-", first+i)); err != nil {
					return // the server is gone: the phone does not know what became of it
				}
				acks <- struct{}{}
			}
		})
	}
	for range enough {
		<-acks
	}
	p.kill()
	wg.Wait()
}

// verify asks the server about everything that is known outside, and says what is wrong.
func (o *outside) verify(p *process) (wrong []string) {
	o.mu.Lock()
	acked := maps.Clone(o.acked)
	o.mu.Unlock()
	var mu sync.Mutex
	var g errgroup.Group
	g.SetLimit(8)
	for _, id := range slices.Sorted(maps.Keys(acked)) {
		g.Go(func() error {
			found := o.wrongWith(p, id, acked[id])
			mu.Lock()
			defer mu.Unlock()
			wrong = append(wrong, found...)
			return nil
		})
	}
	_ = g.Wait() // nobody returns an error
	slices.Sort(wrong)
	return wrong
}

// wrongWith sends an acknowledged report again, which must be the same case, and looks through its
// events and what was received of them.
func (o *outside) wrongWith(p *process, id, name string) (wrong []string) {
	say := func(format string, args ...any) { wrong = append(wrong, fmt.Sprintf(format, args...)) }
	cs, err := o.file(p, id)
	if err != nil || cs.GetName() != name {
		say("acknowledged report %s was %s and is %s, %v", id, name, cs.GetName(), err)
		return wrong
	}
	ctx, cancel := o.ctx()
	defer cancel()
	r, err := wanggev1.NewCaseServiceClient(p.conn).ListCaseEvents(ctx, &wanggev1.ListCaseEventsRequest{Parent: name})
	if err != nil {
		say("%s: %v", name, err)
		return wrong
	}
	steps := 0
	for i, e := range r.GetEvents() {
		if e.GetSequence() != uint64(i)+1 {
			say("%s: event %d is numbered %d", name, i+1, e.GetSequence())
		}
		if e.GetKind() != wanggev1.EventKind_EVENT_KIND_ESCALATED {
			continue
		}
		if int(e.GetStep()) != steps {
			say("%s: step %d where %d is next", name, e.GetStep(), steps)
		}
		steps++
		item := fmt.Sprintf("%s-%d", strings.TrimPrefix(name, "cases/"), e.GetSequence())
		o.mu.Lock()
		n := o.received[item]
		o.mu.Unlock()
		if n == 0 {
			say("nobody received %s", item)
		}
	}
	if steps != killSteps {
		say("%s: %d steps, want %d", name, steps, killSteps)
	}
	return wrong
}

// settle waits until every acknowledged case's last step was received, or until time is up.
func (o *outside) settle(most time.Duration) {
	ctx, cancel := context.WithTimeout(o.t.Context(), most)
	defer cancel()
	for {
		o.mu.Lock()
		cases := map[string]int{}
		for id := range o.received {
			cases[id[:strings.LastIndex(id, "-")]]++
		}
		missing := 0
		for _, name := range o.acked {
			if cases[strings.TrimPrefix(name, "cases/")] < 1+killSteps { // its acceptor was told, too
				missing++
			}
		}
		o.mu.Unlock()
		if missing == 0 {
			return
		}
		select {
		case <-o.arrived:
		case <-ctx.Done():
			return
		}
	}
}

func realBinary(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "wangge")
	if err := os.Symlink(mustExecutable(t), path); err != nil {
		t.Fatal(err)
	}
	return path
}

// killsAStore is how often one store is killed: one that stays small is up again at once, and several
// are killed side by side.
const killsAStore = 50

// The real binary is killed again and again under load, while its timers fire: no acknowledged report
// is lost or doubled, no step is lost or doubled, every notice arrives. WANGGE_DEEP=1 kills 1,000
// times, any other number so often.
func TestKill_UnderLoad(t *testing.T) {
	kills := 4
	if deep, err := strconv.Atoi(os.Getenv("WANGGE_DEEP")); err == nil && deep > 0 {
		if kills = deep; deep == 1 {
			kills = 1000
		}
	}
	binary := realBinary(t)
	var mu sync.Mutex
	reports, all, again := 0, 0, 0
	t.Run("stores", func(t *testing.T) {
		for n, left := uint64(0), kills; left > 0; n, left = n+1, left-killsAStore {
			t.Run(fmt.Sprint(n), func(t *testing.T) {
				t.Parallel()
				o := killed(t, n, binary, min(left, killsAStore))
				mu.Lock()
				defer mu.Unlock()
				reports += len(o.acked)
				for _, n := range o.received {
					all += n
					again += n - 1
				}
			})
		}
	})
	t.Logf("%d kills, %d reports acknowledged, %d notices received, %d of them again", kills, reports, all, again)
	if reports < 3*kills || all < reports*killSteps {
		t.Errorf("%d reports and %d notices in %d cycles: nothing was proved", reports, all, kills)
	}
}

// killed is a store that was killed so often, looked through by what is known outside. The first is
// then damaged on purpose, and the harness must say so.
func killed(t *testing.T, n uint64, binary string, kills int) *outside {
	t.Helper()
	o := newOutside(t, n, t.TempDir())
	for range kills {
		o.cycle(binary)
	}
	p := o.serve(binary)
	defer func() { p.kill() }()
	o.settle(time.Minute)
	for _, w := range o.verify(p) {
		t.Error(w)
	}
	p.kill()
	o.audit()
	if n == 0 {
		sabotage(t, o.data)
		p = o.serve(binary)
		if wrong := strings.Join(o.verify(p), "\n"); !strings.Contains(wrong, "acknowledged report") {
			t.Errorf("a store that forgot a report is not noticed: %q", wrong)
		}
	}
	return o
}

// audit wants the log that the killed servers wrote to be whole, and to prove each of its beginnings.
func (o *outside) audit() {
	head, _ := wangge(o.t, exitOK, "audit", "head", "--data", o.data)
	out, _ := wangge(o.t, exitOK, "audit", "prove", "--data", o.data, "--old", strings.TrimSpace(head), "--json")
	if !strings.Contains(out, `"ok":true`) || !strings.Contains(out, `"found":0`) {
		o.t.Errorf("audit prove printed %s", out)
	}
	size, root, _ := strings.Cut(strings.TrimSpace(head), ":")
	other := "A"
	if root[0] == 'A' {
		other = "B"
	}
	wangge(o.t, exitWrong, "audit", "verify", "--data", o.data, "--old", size+":"+other+root[1:])
	wangge(o.t, exitUsage, "audit", "prove", "--data", o.data)
}

// TestKill_LostTimerIsNoticed kills once, takes the timers away, and wants the harness to miss the steps.
func TestKill_LostTimerIsNoticed(t *testing.T) {
	o, binary := newOutside(t, 0, t.TempDir()), realBinary(t)
	o.cycle(binary)
	alter(t, o.data, func(snap storage.Snapshot) (ops []storage.Op) {
		for it, err := range snap.Scan(storage.Prefix([]byte("t/"))) {
			if err != nil {
				t.Fatal(err)
			}
			ops = append(ops, storage.Op{Key: it.Key, Delete: true})
		}
		return ops
	})
	p := o.serve(binary)
	defer p.kill()
	if wrong := strings.Join(o.verify(p), "\n"); !strings.Contains(wrong, "steps, want 5") {
		t.Errorf("a store that lost its timers is not noticed: %q", wrong)
	}
}

// sabotage takes away that a report was filed: sent again it becomes another case.
func sabotage(t *testing.T, data string) {
	t.Helper()
	alter(t, data, func(snap storage.Snapshot) (ops []storage.Op) {
		for it, err := range snap.Scan(storage.Prefix([]byte("r/b-leader"))) {
			if err != nil {
				t.Fatal(err)
			}
			return []storage.Op{{Key: it.Key, Delete: true}}
		}
		return nil
	})
}

func alter(t *testing.T, data string, change func(storage.Snapshot) []storage.Op) {
	t.Helper()
	store, err := bolt.Open(filepath.Join(data, storeFile))
	if err != nil {
		t.Fatal(err)
	}
	snap, err := store.Snapshot(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	ops := change(snap)
	snap.Close()
	if len(ops) == 0 {
		t.Fatal("there is nothing to take away")
	}
	_, err = store.Commit(t.Context(), storage.Batch{Ops: ops})
	if closing := store.Close(); err != nil || closing != nil {
		t.Fatal(err, closing)
	}
	if r, err := checkedStore(t, data); err != nil || r.Whole() {
		t.Errorf("the self-check finds nothing wrong with it: %+v, %v", r, err)
	}
}

func checkedStore(t *testing.T, data string) (r fsck.CheckReport, err error) {
	t.Helper()
	store, err := bolt.Open(filepath.Join(data, storeFile))
	if err != nil {
		return r, err
	}
	defer func() { _ = store.Close() }()
	return fsck.Check(t.Context(), store, nil, fsck.CheckOptions{})
}
