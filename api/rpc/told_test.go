package rpc

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/test/bufconn"
	"google.golang.org/protobuf/proto"

	wanggev1 "wangge/api/wangge/v1"
	"wangge/dispatch/city"
	"wangge/dispatch/city/roster"
	"wangge/dispatch/desk"
	"wangge/dispatch/desk/outbox"
	"wangge/dispatch/notify"
	"wangge/storage/mem"
)

// inbox is a channel that keeps the messages.
type inbox struct {
	mu  sync.Mutex
	got []notify.Message
}

func (b *inbox) Name() string  { return "log" }
func (b *inbox) Digests() bool { return true }

func (b *inbox) Send(_ context.Context, m notify.Message) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.got = append(b.got, m)
	return nil
}

// of is the text of the message to a person; "" when there is none.
func (b *inbox) of(person roster.PersonID) string {
	for i := range b.got {
		if b.got[i].To.ID == person {
			return b.got[i].Text.Body
		}
	}
	return ""
}

// office is a world in which notices are delivered.
type office struct {
	*world
	inbox *inbox
	relay *outbox.Relay
}

func newOffice(t *testing.T) *office {
	t.Helper()
	c, err := harbin()
	if err != nil {
		t.Fatal(err)
	}
	return newOfficeOf(t, c)
}

// newOfficeOf is newOffice in a city.
func newOfficeOf(t *testing.T, c *city.City) *office {
	t.Helper()
	lis := bufconn.Listen(1 << 20)
	dial := grpc.WithContextDialer(func(ctx context.Context, _ string) (net.Conn, error) { return lis.DialContext(ctx) })
	w := newWorldDesk(t, desk.Config{Store: mem.Open(), City: c, Channels: []string{"log"}}, lis, Config{}, dial)
	box := &inbox{}
	relay := w.desk.Relay(outbox.RelayConfig{Channels: []notify.Channel{box}, Rand: rand.New(rand.NewPCG(1, 2)), Link: "https://grid.example"})
	return &office{w, box, relay}
}

// told delivers what is queued, and returns who reads which subject, by person. It fails when somebody gets more than one
// message of one act.
func (o *office) told() map[string]string {
	o.t.Helper()
	o.inbox.got = nil
	if _, _, err := o.relay.DeliverDue(o.t.Context(), o.Now()); err != nil {
		o.t.Fatal(err)
	}
	out := map[string]string{}
	for _, m := range o.inbox.got {
		if m.Count != 1 {
			o.t.Errorf("%s gets %d notices of one act", m.To.ID, m.Count)
		}
		label, _, _ := strings.Cut(m.Text.Subject, "】")
		out[string(m.To.ID)] = strings.TrimPrefix(label, "【")
	}
	return out
}

// does lets a person act, ten minutes later, and returns the recipients.
func (o *office) does(person, name, note string, act proto.Message) map[string]string {
	o.t.Helper()
	o.setNow(o.Now().Add(2 * time.Minute))
	if _, err := o.actOn(o.as(roster.PersonID(person), "zh"), name, fmt.Sprint("q-", o.Now().Unix()), caseAct(note, act)); err != nil {
		o.t.Fatalf("%s: %T: %v", person, act, err)
	}
	return o.told()
}

func (o *office) want(got map[string]string, want ...string) {
	o.t.Helper()
	var is []string
	for person, label := range got {
		is = append(is, person+" "+label)
	}
	slices.Sort(is)
	slices.Sort(want)
	if !slices.Equal(is, want) {
		o.t.Errorf("told: %q, want %q", is, want)
	}
}

// A lid is missing: everybody who gets work, must decide or waits for the answer is told in the moment of the act, in
// Chinese, and nobody else.
func TestTold_InTheMomentOfTheAct(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	lid := o.light("r-1")
	lid.Category, lid.Text = "C0101", "井盖缺失，行人绕行"
	cs := o.file(lid)
	name, passed := cs.GetName(), new(true)
	o.want(o.told(), "p-water-owner 派遣", "p-230102-owner 协办")
	body := o.inbox.of("p-water-owner")
	number := strings.TrimPrefix(name, "cases/")
	for _, words := range []string{"问题描述：井盖缺失，行人绕行", "坐标：45.75500, 126.60000", "地点：", "截止时间：2026-03-04 11:00", "A 级", "https://grid.example/cases/" + number} {
		if !strings.Contains(body, words) {
			t.Errorf("the notice lacks %q:\n%s", words, body)
		}
	}
	o.want(o.does("p-water-owner", name, "", &wanggev1.ReturnAct{Reason: wanggev1.ReturnReason_RETURN_REASON_NOT_MY_LINE}), "p-dispatcher-1 回退", "p-230102-owner 协办终止")
	if body := o.inbox.of("p-dispatcher-1"); !strings.Contains(body, "回退原因：非本部门职责") {
		t.Errorf("the dispatcher does not read why:\n%s", body)
	}
	o.want(o.does("p-dispatcher-1", name, "", &wanggev1.DispatchAct{Unit: "departments/WATER"}), "p-water-owner 派遣", "p-230102-owner 协办")
	o.want(o.does("p-water-leader", name, "", &wanggev1.StartAct{Handler: "people/p-water-owner"}), "p-water-owner 交办")
	o.want(o.does("p-water-owner", name, "配件周五到货", &wanggev1.ExtendAct{}), "p-water-leader 延期审批")
	o.want(o.does("p-water-leader", name, "同意", &wanggev1.DecideExtensionAct{Granted: passed}), "p-dispatcher-1 延期审批")
	o.want(o.does("p-dispatcher-1", name, "同意", &wanggev1.DecideExtensionAct{Granted: passed}), "p-water-owner 延期批准")
	o.want(o.does("p-chief-day", name, "中午前回复", &wanggev1.SuperviseAct{}), "p-water-owner 督办")
	if body := o.inbox.got[0].Text.Body; !strings.Contains(body, "要求：中午前回复") || !strings.Contains(body, "值班长") {
		t.Errorf("a supervision without its instruction or its author:\n%s", body)
	}
	o.want(o.does("p-water-owner", name, "正在更换", &wanggev1.AnswerAct{}), "p-chief-day 督办回复")
	photo := strings.Repeat("ab", 32)
	here := &wanggev1.Position{Latitude: 45.755, Longitude: 126.600, Datum: wanggev1.Datum_DATUM_WGS84, AccuracyM: 8}
	done := &wanggev1.ResolveAct{PhotoHashes: []string{photo}}
	o.want(o.does("p-water-owner", name, "", done), inspector+" 核查任务")
	o.want(o.does(inspector, name, "缝隙过大", &wanggev1.CheckAct{Passed: new(false), Position: here}), "p-water-owner 返工")
	o.want(o.does("p-water-owner", name, "", done), inspector+" 核查任务")
	o.want(o.does(inspector, name, "", &wanggev1.CheckAct{Passed: passed, Position: here}), "p-acceptor-1 待结案")
	o.want(o.does("p-acceptor-1", name, "", &wanggev1.CloseAct{Closing: "已更换", Outcome: wanggev1.Outcome_OUTCOME_FIXED}), inspector+" 结案")
	list, err := o.cases().ListCaseNotices(o.as("p-leader", "zh"), &wanggev1.ListCaseNoticesRequest{Parent: name})
	if err != nil || len(list.GetNotices()) != 17 {
		t.Errorf("the case shows %d notices, %v; want 17", len(list.GetNotices()), err)
	}
}
