package desk_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"mime"
	"net"
	"net/http"
	"net/http/httptest"
	"net/mail"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/emersion/go-smtp"
	"github.com/standard-webhooks/standard-webhooks/libraries/go"

	"wangge/dispatch"
	"wangge/dispatch/city"
	"wangge/dispatch/city/citytest/testdir"
	"wangge/dispatch/city/compile"
	"wangge/dispatch/desk"
	"wangge/dispatch/desk/fsck"
	"wangge/dispatch/desk/ledger"
	"wangge/dispatch/desk/outbox"
	"wangge/dispatch/desk/record"
	"wangge/dispatch/notify"
	"wangge/storage"
	"wangge/storage/mem"
)

const secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"

// small is Boston with a square for each district, with other ladders and with addresses. It is compiled once for each
// text of ladders, and shared: a city does not change.
func small(t testing.TB, ladders string) *city.City {
	t.Helper()
	smalls.Lock()
	defer smalls.Unlock()
	if c := smalls.built[ladders]; c != nil {
		return c
	}
	m := testdir.Plain(t)
	var people bytes.Buffer
	for i, line := range strings.Split(strings.TrimSpace(string(m["people.csv"].Data)), "\n") {
		id, _, _ := strings.Cut(line, ",")
		cols := strings.Split(line, ",")
		mail, wecom := id+"@city.example", id
		if i == 0 {
			mail, wecom = "email", "wecom"
		}
		if id == "b-leader" {
			cols[3] = "zh"
		}
		fmt.Fprintln(&people, strings.Join(slices.Insert(cols, 4, mail, wecom), ","))
	}
	m["people.csv"] = &fstest.MapFile{Data: people.Bytes()}
	m["ladders.yaml"] = &fstest.MapFile{Data: []byte(ladders)}
	c, faults := compile.FS(m)
	for _, f := range faults {
		t.Fatal(f)
	}
	smalls.built[ladders] = c
	return c
}

var smalls = struct {
	sync.Mutex
	built map[string]*city.City // by ladders
}{built: map[string]*city.City{}}

// twoSteps is a ladder whose second step may not disturb.
const twoSteps = `ladders:
  - name: default
    steps:
      - {at_percent: 50, light: yellow, whom: owner}
      - {at_percent: 100, light: red, whom: city_leader, hold: working_time}
`

// office is a desk of a small city with some channels, and its relay.
type office struct {
	*desk.Desk
	clock *fakeClock
	store storage.Engine
	post  *outbox.Relay
}

func newOffice(t *testing.T, store storage.Engine, ladders string, channels ...notify.Channel) *office {
	t.Helper()
	c := small(t, ladders)
	o := &office{clock: &fakeClock{now: time.Date(2011, 7, 11, 9, 0, 0, 0, c.Location)}, store: store}
	var names []string
	for _, ch := range channels {
		names = append(names, ch.Name())
	}
	var err error
	if o.Desk, err = desk.Open(t.Context(), desk.Config{Store: free(t, store), City: c, Clock: o.clock, Channels: names}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(o.Close)
	o.hire(channels...)
	return o
}

// hire is a relay that remembers nothing, as after a start.
func (o *office) hire(channels ...notify.Channel) {
	o.post = o.Desk.Relay(outbox.RelayConfig{Channels: channels, Rand: rand.New(rand.NewPCG(1, 2)), Gap: time.Minute, Link: "https://grid.example"})
}

// file files n bicycles of one owner; their deadline is the same.
func (o *office) file(t *testing.T, n int) []*dispatch.Case {
	t.Helper()
	reports := make([]dispatch.Report, n)
	for i := range reports {
		reports[i] = bicycle(fmt.Sprint("r-", o.clock.Now().Unix(), "-", i))
	}
	cases := make([]*dispatch.Case, 0, n)
	for batch := range slices.Chunk(reports, desk.MaxFileBatch) {
		for _, r := range o.FileBatch(t.Context(), "b-leader", batch) {
			if r.Err != nil {
				t.Fatal(r.Err)
			}
			cases = append(cases, r.Case)
		}
	}
	return cases
}

// fire moves the clock and fires what is due.
func (o *office) fire(t *testing.T, at time.Time) {
	t.Helper()
	o.clock.add(at.Sub(o.clock.Now()))
	for more := true; more; {
		var err error
		if _, more, err = o.FireDue(t.Context(), at); err != nil {
			t.Fatal(err)
		}
	}
}

// deliver lets the relay deliver once, now.
func (o *office) deliver(t *testing.T) (sent int, next time.Time) {
	t.Helper()
	sent, next, err := o.post.DeliverDue(t.Context(), o.clock.Now())
	if err != nil {
		t.Fatal(err)
	}
	return sent, next
}

func (o *office) whole(t *testing.T) {
	t.Helper()
	if r := checked(t, o.Desk, fsck.CheckOptions{}); !r.Whole() {
		t.Errorf("the check finds %+v", r.Findings)
	}
}

// receiver takes webhooks, checks each signature, and fails as it is told.
type receiver struct {
	t    *testing.T
	mu   sync.Mutex
	fail func(n int) string // of the n-th call: "", "500", "hang up", "take and 500"
	n    int
	got  []string // ids taken, in order
}

func (r *receiver) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	body, err := io.ReadAll(req.Body)
	if err != nil {
		r.t.Error(err)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.n++
	check, err := standardwebhooks.NewWebhook(secret)
	if err != nil {
		r.t.Fatal(err)
	}
	var e notify.CloudEvent
	if err := errors.Join(check.VerifyIgnoringTimestamp(body, req.Header), json.Unmarshal(body, &e)); err != nil {
		r.t.Errorf("%v in %s", err, body)
	}
	if e.ID != req.Header.Get("webhook-id") || e.SpecVersion != "1.0" || e.Source != "/cities/BOS" || !strings.HasPrefix(e.ID, e.Data.Case) || len(e.Data.Told) == 0 ||
		e.Data.Link != "https://grid.example/cases/"+e.Data.Case {
		r.t.Errorf("event %+v under id %s", e, req.Header.Get("webhook-id"))
	}
	switch r.fail(r.n) {
	case "500":
		w.WriteHeader(http.StatusInternalServerError)
	case "hang up":
		conn, _, err := w.(http.Hijacker).Hijack()
		if err == nil {
			conn.Close()
		}
	case "take and 500":
		r.got = append(r.got, e.ID)
		w.WriteHeader(http.StatusInternalServerError)
	default:
		r.got = append(r.got, e.ID)
	}
}

func hook(t *testing.T, fail func(n int) string) (*receiver, *notify.Webhook) {
	t.Helper()
	r := &receiver{t: t, fail: fail}
	srv := httptest.NewServer(r)
	t.Cleanup(srv.Close)
	w, err := notify.NewWebhook(srv.URL, secret)
	if err != nil {
		t.Fatal(err)
	}
	return r, w
}

// A receiver that is down for an hour, answers 500, hangs up, or takes a message and says that it
// did not: every message arrives, in the order of its case, and an id comes twice only where the
// receiver had said that it failed.
func TestRelay_EveryMessageArrives(t *testing.T) {
	t.Parallel()
	var o *office
	var start time.Time
	rng := rand.New(rand.NewPCG(7, 7))
	took := 0
	r, w := hook(t, func(int) string {
		if o.clock.Now().Sub(start) < time.Hour {
			return "hang up"
		}
		answer := []string{"", "", "", "500", "hang up", "take and 500"}[rng.IntN(6)]
		if answer == "take and 500" {
			took++
		}
		return answer
	})
	o = newOffice(t, mem.Open(), twoSteps, w)
	cases := o.file(t, 40)
	start = cases[0].Clock.Due
	o.fire(t, start)
	o.whole(t)
	for o.clock.Now().Sub(start) < 24*time.Hour {
		_, next := o.deliver(t)
		if next.IsZero() {
			break
		}
		o.clock.add(max(next.Sub(o.clock.Now()), time.Second))
	}
	times := map[string]int{}
	last := map[string]int{}
	for _, id := range r.got {
		times[id]++
		i := strings.LastIndex(id, "-")
		var seq int
		if _, err := fmt.Sscan(id[i+1:], &seq); err != nil {
			t.Fatal(err)
		}
		if seq < last[id[:i]] {
			t.Errorf("%s came after event %d of its case", id, last[id[:i]])
		}
		last[id[:i]] = seq
	}
	twice := 0
	for _, n := range times {
		twice += n - 1
	}
	if len(times) != 3*len(cases) || twice != took {
		t.Errorf("%d messages arrived, %d of them again; want %d, and again only the %d that were refused after they were taken", len(times), twice, 3*len(cases), took)
	}
	for _, cs := range cases {
		ds, err := o.Deliveries(t.Context(), "b-leader", cs.ID, ledger.NoticeID{})
		if err != nil || len(ds) != 3 || ds[0].State != record.NoticeSent || ds[1].State != record.NoticeSent || ds[2].State != record.NoticeSent || ds[0].Attempts < 2 {
			t.Errorf("the case shows %+v, %v; want three notices, of its dispatch and of two steps, sent after some tries", ds, err)
		}
	}
	if state, err := o.Outbox(t.Context()); err != nil || state != (outbox.State{}) {
		t.Errorf("Outbox = %+v, %v; want nothing left", state, err)
	}
	o.whole(t)
}

// The machine stops after the message went and before that was noted: it goes again under the same id, and no other does.
func TestRelay_CrashRepeatsTheID(t *testing.T) {
	t.Parallel()
	r, w := hook(t, func(int) string { return "" })
	store := &breaking{Engine: mem.Open()}
	o := newOffice(t, store, twoSteps, w)
	cases := o.file(t, 3)
	o.deliver(t) // who was told of the dispatch
	r.got = nil
	o.fire(t, cases[0].NextAt)
	store.broken = true
	if _, _, err := o.post.DeliverDue(t.Context(), o.clock.Now()); !errors.Is(err, errBroken) {
		t.Fatalf("DeliverDue over a broken store = %v", err)
	}
	store.broken = false
	o.hire(w)
	o.deliver(t)
	if n, next := o.deliver(t); n != 0 || !next.IsZero() {
		t.Errorf("a third round sent %d, and looks again at %v", n, next)
	}
	slices.Sort(r.got)
	if len(r.got) != 6 || len(slices.Compact(r.got)) != 3 {
		t.Errorf("received %v, want each of three ids twice", r.got)
	}
}

// A machine that stops while many messages go repeats the last few of them, not all.
func TestRelay_CrashRepeatsFew(t *testing.T) {
	t.Parallel()
	r, w := hook(t, func(int) string { return "" })
	store := &breaking{Engine: mem.Open()}
	o := newOffice(t, store, twoSteps, w)
	cases := o.file(t, 200)
	o.deliver(t) // who was told of the dispatch
	r.got = nil
	o.fire(t, cases[0].NextAt)
	store.broken = true
	if _, _, err := o.post.DeliverDue(t.Context(), o.clock.Now()); !errors.Is(err, errBroken) {
		t.Fatalf("DeliverDue over a broken store = %v", err)
	}
	repeated := len(r.got)
	store.broken = false
	o.hire(w)
	o.deliver(t)
	slices.Sort(r.got)
	if all := len(r.got); repeated == 0 || repeated > 64 || all != len(cases)+repeated || len(slices.Compact(r.got)) != len(cases) {
		t.Errorf("%d messages went before the crash, %d in all; want at most 64 of %d again", repeated, all, len(cases))
	}
	o.whole(t)
}

// A clock that is set forward by hours and back again: nothing that fired fires again, nothing is
// lost, each step says how late it came, and what was filed meanwhile has its steps as well.
func TestFireDue_ClockSetForwardAndBack(t *testing.T) {
	t.Parallel()
	r, w := hook(t, func(int) string { return "" })
	o := newOffice(t, mem.Open(), twoSteps, w)
	cases := o.file(t, 5)
	first := cases[0].NextAt
	o.fire(t, first.Add(5*time.Hour)) // wrong by hours
	o.deliver(t)
	fired := func() (steps int) {
		for _, cs := range cases {
			events, err := o.Events(t.Context(), "b-leader", cs.ID, 0, 0)
			if err != nil {
				t.Fatal(err)
			}
			next := 0
			for _, e := range events {
				if e.Kind != dispatch.EventEscalated && e.Kind != dispatch.EventStepSkipped {
					continue
				}
				if e.Step != next {
					t.Errorf("case %s: step %d where %d is next", cs.ID, e.Step, next)
				}
				if due := []time.Time{cs.NextAt, cs.Clock.Due}[next]; e.Late != e.At.Sub(due) {
					t.Errorf("case %s: step %d fires at %s, late by %s, and was due at %s", cs.ID, e.Step, e.At, e.Late, due)
				}
				next, steps = next+1, steps+1
			}
		}
		return steps
	}
	early := fired()
	if early < len(cases) {
		t.Fatalf("%d steps fired, want at least the first of %d cases", early, len(cases))
	}
	o.fire(t, first.Add(-3*time.Hour)) // put right, and too far
	if again := fired(); again != early {
		t.Errorf("after the clock went back %d steps have fired, want %d", again, early)
	}
	cases = append(cases, o.file(t, 5)...)
	o.fire(t, cases[9].Clock.Due.Add(96*time.Hour))
	if all := fired(); all != 2*len(cases) {
		t.Errorf("%d steps in all, want two for each of %d cases", all, len(cases))
	}
	for range 6 { // by day too: the quiet hours hold the steps
		o.deliver(t)
		o.clock.add(12 * time.Hour)
	}
	slices.Sort(r.got)
	if all := len(r.got); all != 3*len(cases) || len(slices.Compact(r.got)) != all {
		t.Errorf("%d messages arrived, want each of %d once: of the dispatch and of two steps", all, 3*len(cases))
	}
	o.whole(t)
}

var errBroken = errors.New("broken on purpose")

// breaking is a store whose commits fail for a while.
type breaking struct {
	storage.Engine
	broken bool
}

func (b *breaking) Commit(ctx context.Context, batch storage.Batch) (storage.Revision, error) {
	if b.broken {
		return 0, errBroken
	}
	return b.Engine.Commit(ctx, batch)
}

// mailbox is a real SMTP server.
type mailbox struct {
	mu   sync.Mutex
	mail []letter
	deny string // a recipient that there is not
}

type letter struct {
	to, id, subject, body string
}

func (m *mailbox) NewSession(*smtp.Conn) (smtp.Session, error) { return &mailSession{m: m}, nil }

type mailSession struct {
	m  *mailbox
	to string
}

func (s *mailSession) Reset()                               {}
func (s *mailSession) Logout() error                        { return nil }
func (s *mailSession) Mail(string, *smtp.MailOptions) error { return nil }

func (s *mailSession) Rcpt(to string, _ *smtp.RcptOptions) error {
	if s.to = to; to == s.m.deny {
		return &smtp.SMTPError{Code: 550, EnhancedCode: smtp.EnhancedCode{5, 1, 1}, Message: "no such mailbox"}
	}
	return nil
}

func (s *mailSession) Data(r io.Reader) error {
	m, err := mail.ReadMessage(r)
	if err != nil {
		return err
	}
	body, err := io.ReadAll(base64.NewDecoder(base64.StdEncoding, m.Body))
	if err != nil {
		return err
	}
	subject, err := new(mime.WordDecoder).DecodeHeader(m.Header.Get("Subject"))
	if err != nil {
		return err
	}
	s.m.mu.Lock()
	defer s.m.mu.Unlock()
	s.m.mail = append(s.m.mail, letter{s.to, m.Header.Get("Message-ID"), subject, string(body)})
	return nil
}

func post(t *testing.T) (*mailbox, *notify.Email) {
	t.Helper()
	box := &mailbox{}
	srv := smtp.NewServer(box)
	lis, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- srv.Serve(lis) }()
	t.Cleanup(func() {
		srv.Close()
		<-done
	})
	e, err := notify.NewEmail(notify.EmailConfig{Server: lis.Addr().String(), From: "grid@city.example", TLS: notify.TLSOptional})
	if err != nil {
		t.Fatal(err)
	}
	return box, e
}

// A storm of 10,000 cases is one message with a link; the next one waits for its time, and what may
// not disturb for the morning. Each person reads their own language.
func TestRelay_StormIsOneMessage(t *testing.T) {
	t.Parallel()
	box, e := post(t)
	o := newOffice(t, mem.Open(), twoSteps, e)
	const storm = 10_000
	cases := o.file(t, storm)
	if n, _ := o.deliver(t); n != 2*storm || len(box.mail) != 2 {
		t.Fatalf("of the dispatch %d notices in %d messages, want %d: one to the owner and one to the district beside it", n, len(box.mail), 2*storm)
	}
	box.mail = nil
	o.fire(t, cases[0].NextAt)
	if n, _ := o.deliver(t); n != storm || len(box.mail) != 1 {
		t.Fatalf("%d notices in %d messages, want %d in one", n, len(box.mail), storm)
	}
	if m := box.mail[0]; m.to != "b-pwdx-owner@city.example" || m.subject != "10000 notices about cases" || !strings.Contains(m.body, "and 9980 more") || !strings.Contains(m.body, "https://grid.example/overdue") {
		t.Errorf("the message is %+v", m)
	}
	late := o.file(t, 1)
	o.fire(t, late[0].NextAt) // as it happens a few working days later, after the others' deadline
	box.mail = nil
	o.deliver(t)
	o.deliver(t)
	if len(box.mail) != 3 {
		t.Fatalf("%d messages, want one to the owner, one to the leader, and one to the district of the last case", len(box.mail))
	}
	for _, m := range box.mail {
		if leader := m.to == "b-leader@city.example"; leader != strings.Contains(m.body, "案件") {
			t.Errorf("%s reads %q", m.to, m.subject)
		}
	}
	o.whole(t)
}

// What may not disturb waits until working time; a second message to a person waits for the gap.
func TestRelay_HeldAndRateLimited(t *testing.T) {
	t.Parallel()
	box, e := post(t)
	o := newOffice(t, mem.Open(), strings.ReplaceAll(twoSteps, "at_percent: 50", "after: 9h"), e)
	first := o.file(t, 1)[0]
	o.clock.add(30 * time.Second)
	second := o.file(t, 1)[0]
	o.clock.add(2 * time.Minute)
	o.deliver(t) // who was told of the dispatch
	box.mail = nil
	o.fire(t, first.NextAt)
	o.deliver(t)
	o.fire(t, second.NextAt)
	n, next := o.deliver(t)
	if n != 0 || !next.Equal(first.NextAt.Add(time.Minute)) || len(box.mail) != 1 {
		t.Errorf("30 seconds after the first message: %d sent, next at %v; want to wait for the minute", n, next)
	}
	o.clock.add(30 * time.Second)
	if n, _ := o.deliver(t); n != 1 || len(box.mail) != 2 {
		t.Errorf("after a minute %d were sent", n)
	}
	o.fire(t, time.Date(2011, 7, 25, 20, 0, 0, 0, o.City().Location)) // an evening after the deadline
	box.mail = nil
	n, next = o.deliver(t)
	if want := time.Date(2011, 7, 26, 8, 30, 0, 0, o.City().Location); n != 0 || !next.Equal(want) {
		t.Errorf("in the evening %d were sent, next at %v; want to wait for %v", n, next, want)
	}
	o.clock.add(next.Sub(o.clock.Now()))
	if n, _ := o.deliver(t); n != 2 || len(box.mail) != 1 || !strings.Contains(box.mail[0].subject, "2 条") {
		t.Errorf("in the morning %d were sent: %+v", n, box.mail)
	}
}

// A notice for an address that does not exist is a dead letter at once, one for a server that is down after a bound; both are
// listed, and replayed when somebody has mended it.
func TestRelay_DeadLettersAreReplayed(t *testing.T) {
	t.Parallel()
	box, e := post(t)
	box.deny = "b-pwdx-owner@city.example"
	down, err := notify.NewWebhook("http://127.0.0.1:1", secret)
	if err != nil {
		t.Fatal(err)
	}
	o := newOffice(t, mem.Open(), twoSteps, e, down)
	cs := o.file(t, 1)[0]
	o.deliver(t)
	box.mail = nil // to the district beside the owner
	dead, err := o.DeadLetters(t.Context(), ledger.NoticeID{})
	if err != nil || len(dead) != 1 || !strings.Contains(dead[0].Error, "no such mailbox") || dead[0].Channel != "email" {
		t.Errorf("DeadLetters = %+v, %v; want the denied address", dead, err)
	}
	tries := 1
	for begin := o.clock.Now(); ; tries++ {
		_, next := o.deliver(t)
		if next.IsZero() {
			if took := o.clock.Now().Sub(begin); took < 3*time.Hour || took > 16*time.Hour {
				t.Errorf("given up after %v", took)
			}
			break
		}
		o.clock.add(max(next.Sub(o.clock.Now()), time.Second))
	}
	dead, err = o.DeadLetters(t.Context(), ledger.NoticeID{})
	if err != nil || len(dead) != 2 || dead[1].Attempts != 24 {
		t.Errorf("DeadLetters = %+v, %v; want both, one after 24 tries", dead, err)
	}
	if page, err := o.DeadLetters(t.Context(), dead[0].NoticeID); err != nil || len(page) != 1 {
		t.Errorf("the page after the first is %+v, %v", page, err)
	}
	o.whole(t)
	box.deny = ""
	if n, err := o.Replay(t.Context(), cs.ID); n != 2 || err != nil {
		t.Fatalf("Replay = %d, %v", n, err)
	}
	if n, _ := o.deliver(t); n != 1 || len(box.mail) != 1 {
		t.Errorf("after the replay %d were sent; want the one whose address is there now", n)
	}
	if n, err := o.Replay(t.Context(), 0); n != 0 || err != nil {
		t.Errorf("Replay of no dead letter = %d, %v", n, err)
	}
	o.whole(t)
}

// A damaged outbox is found and mended.
func TestCheck_Outbox(t *testing.T) {
	t.Parallel()
	_, w := hook(t, func(int) string { return "" })
	o := newOffice(t, mem.Open(), twoSteps, w)
	o.file(t, 2)
	queue := entries(t, o.store, "n/")
	if len(queue) != 2 {
		t.Fatalf("%d queued, want 2", len(queue))
	}
	stray := slices.Clone(queue[1].Key)
	stray[3]++
	write(t, o.store, storage.Op{Key: queue[0].Key, Delete: true}, storage.Op{Key: stray})
	r := checked(t, o.Desk, fsck.CheckOptions{Repair: true})
	if r.ByKind[fsck.NoticeUnqueued] != 1 || r.ByKind[fsck.NoticeStray] != 1 || !r.Whole() {
		t.Errorf("found %+v, want the missing and the stray entry mended", r.Findings)
	}
	if n, _ := o.deliver(t); n != 2 {
		t.Errorf("%d sent after the repair, want 2", n)
	}
}
