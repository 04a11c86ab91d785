package desk_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf8"

	"wangge/dispatch/city/roster"
	"wangge/dispatch/desk/ledger"
	"wangge/dispatch/notify"
	"wangge/storage/mem"
)

// gateways is WeCom and a gateway for short messages on this machine, and what arrived there by receiver.
type gateways struct {
	mu     sync.Mutex
	wecom  map[string][]string // texts by user id
	sms    map[string][]string // texts by phone
	refuse string              // a phone that is none
}

// newGateways returns both receivers and channels to them.
func newGateways(t *testing.T) (*gateways, []notify.Channel) {
	t.Helper()
	g := &gateways{wecom: map[string][]string{}, sms: map[string][]string{}}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /cgi-bin/gettoken", func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprint(w, `{"errcode":0,"errmsg":"ok","access_token":"t","expires_in":7200}`)
	})
	mux.HandleFunc("POST /cgi-bin/message/send", func(w http.ResponseWriter, r *http.Request) {
		var m struct {
			To   string                   `json:"touser"`
			Text struct{ Content string } `json:"text"`
		}
		if err := json.NewDecoder(r.Body).Decode(&m); err != nil {
			t.Error(err)
		}
		g.mu.Lock()
		defer g.mu.Unlock()
		g.wecom[m.To] = append(g.wecom[m.To], m.Text.Content)
		fmt.Fprint(w, `{"errcode":0,"errmsg":"ok"}`)
	})
	mux.HandleFunc("POST /sms", func(w http.ResponseWriter, r *http.Request) {
		g.mu.Lock()
		defer g.mu.Unlock()
		to := r.PostFormValue("to")
		if to == g.refuse {
			fmt.Fprint(w, "107,no such number")
			return
		}
		g.sms[to] = append(g.sms[to], r.PostFormValue("text"))
		fmt.Fprint(w, "0")
	})
	srv := httptest.NewServer(mux)
	t.Cleanup(srv.Close)
	dir := t.TempDir()
	for name, text := range map[string]string{
		"key":        "k",
		"wecom.yaml": "url: " + srv.URL + "\ncorp: ww1\nagent: 1\nsecret_file: key\n",
		"sms.yaml": "url: " + srv.URL + "/sms\nheaders: {Content-Type: application/x-www-form-urlencoded}\n" +
			"body: '{{form \"to\" .Phone \"text\" .Text}}'\nsuccess: {body: ^0$}\npermanent: {body: ^107}\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	wecom, faults := notify.LoadWeCom(filepath.Join(dir, "wecom.yaml"))
	sms, more := notify.LoadSMS(filepath.Join(dir, "sms.yaml"))
	if len(faults)+len(more) > 0 {
		t.Fatal(faults, more)
	}
	return g, []notify.Channel{wecom, sms}
}

// forget empties what arrived.
func (g *gateways) forget() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.wecom, g.sms = map[string][]string{}, map[string][]string{}
}

// arrived fails unless a person got one message by each channel, which begins with the words for the channel and fits the channel.
func (g *gateways) arrived(t *testing.T, person, byWeCom, bySMS string) {
	t.Helper()
	g.mu.Lock()
	defer g.mu.Unlock()
	wecom, sms := g.wecom[person], g.sms[phoneOf(t, roster.PersonID(person))]
	if len(wecom) != 1 || len(sms) != 1 {
		t.Fatalf("%s got %q by WeCom, %q by SMS; want one message by each channel", person, wecom, sms)
	}
	for text, begins := range map[string]string{wecom[0]: byWeCom, sms[0]: bySMS} {
		if !strings.HasPrefix(text, begins) || !strings.Contains(text, "https://grid.example/overdue") {
			t.Errorf("the message is %s; want one that begins with %s", text, begins)
		}
	}
	if len(wecom[0]) > 2048 || utf8.RuneCountInString(sms[0]) > 201 || !strings.Contains(sms[0], "[…]") {
		t.Errorf("%d bytes by WeCom, %d characters by SMS: %s", len(wecom[0]), utf8.RuneCountInString(sms[0]), sms[0])
	}
}

// phoneOf is a person's phone as a gateway gets the number.
func phoneOf(t *testing.T, person roster.PersonID) string {
	t.Helper()
	p, ok := small(t, twoSteps).Roster.Person(person)
	if !ok {
		t.Fatalf("no person %s", person)
	}
	return strings.ReplaceAll(p.Phone, "-", "")
}

// A storm of cases is one application message and one short message to each person, short enough for both; a phone that
// is none is a dead letter at once, and the other channel carries on.
func TestRelay_WeComAndSMS(t *testing.T) {
	t.Parallel()
	g, channels := newGateways(t)
	o := newOffice(t, mem.Open(), twoSteps, channels...)
	const storm = 40
	cases := o.file(t, storm)
	// Each dispatch notifies the owner and the co-owner.
	if n, _ := o.deliver(t); n != 2*2*storm {
		t.Errorf("%d notices of dispatches sent, want %d to each of two people by each of two channels", n, storm)
	}
	g.arrived(t, "b-pwdx-owner", "40 notices about cases\n- [Dispatch]", "40 notices about cases / - [Dispatch]")
	g.arrived(t, "b-e5-owner", "40 notices about cases\n- [Assist]", "40 notices about cases / - [Assist]")
	g.forget()
	o.fire(t, cases[0].NextAt)
	if n, _ := o.deliver(t); n != 2*storm {
		t.Errorf("%d notices sent, want %d by each of two channels", n, storm)
	}
	g.arrived(t, "b-pwdx-owner", "40 notices about cases\n- [Deadline near: yellow light]", "40 notices about cases / - [Deadline near: yellow light]")
	if len(g.wecom) != 1 || len(g.sms) != 1 {
		t.Errorf("arrived %v, %v; want messages to the owner alone", g.wecom, g.sms)
	}
	o.late(t, g)
}

// late files another case; the phone of the owner is none by then.
func (o *office) late(t *testing.T, g *gateways) {
	t.Helper()
	g.forget()
	g.refuse = phoneOf(t, "b-pwdx-owner")
	o.clock.add(2 * time.Minute) // after the pause between two messages to one person
	late := o.file(t, 1)
	o.deliver(t)
	dead, err := o.DeadLetters(t.Context(), ledger.NoticeID{})
	if err != nil || len(dead) != 1 || dead[0].Channel != "sms" || dead[0].Person != "b-pwdx-owner" || dead[0].Attempts != 1 {
		t.Errorf("DeadLetters = %+v, %v; want the short message to the owner after one try", dead, err)
	}
	g.refuse = ""
	o.fire(t, late[0].NextAt)
	o.deliver(t)
	if n := len(g.wecom["b-pwdx-owner"]); n != 2 {
		t.Errorf("%d messages by WeCom, want 2", n)
	}
	o.whole(t)
}

// A step that names a channel is told by this channel; on a server without the channel the step is told by what there is.
func TestRelay_StepNamesAChannel(t *testing.T) {
	t.Parallel()
	ladder := strings.Replace(twoSteps, "whom: owner}", "whom: owner, by: wecom}", 1)
	g, channels := newGateways(t)
	o := newOffice(t, mem.Open(), ladder, channels...)
	cases := o.file(t, 1)
	o.deliver(t) // of the dispatch, by both channels
	g.forget()
	o.fire(t, cases[0].NextAt)
	if n, _ := o.deliver(t); n != 1 || len(g.wecom["b-pwdx-owner"]) != 1 || len(g.sms) != 0 {
		t.Errorf("%d notices, by WeCom %v, by SMS %v; want one by WeCom", n, g.wecom, g.sms)
	}
	box, e := post(t)
	o = newOffice(t, mem.Open(), ladder, e)
	cases = o.file(t, 1)
	o.deliver(t)
	box.mail = nil
	o.fire(t, cases[0].NextAt)
	if n, _ := o.deliver(t); n != 1 || len(box.mail) != 1 {
		t.Errorf("%d notices, mail %v; want the owner told by mail", n, box.mail)
	}
}
