package notify_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
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
	"wangge/dispatch/notify"
)

const (
	corp       = "ww0123456789abcdef"
	corpSecret = "s3cr3t/of+the&app=拾"
)

// weCom is a receiver that behaves as WeCom documents for gettoken and message/send.
type weCom struct {
	*httptest.Server
	t *testing.T

	mu      sync.Mutex
	tokens  int             // issued
	valid   string          // the only token that is taken
	life    int             // seconds
	users   map[string]bool // known, in lower case; false = without a licence
	answer  string          // instead of the answer to message/send; "" = as documented
	refuses string          // instead of the answer to gettoken
	sent    []map[string]any
	calls   int // of message/send
}

func newWeCom(t *testing.T) *weCom {
	t.Helper()
	w := &weCom{t: t, life: 7200, users: map[string]bool{"wang.yi": true, "li": true, "novice": false}}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /cgi-bin/gettoken", w.gettoken)
	mux.HandleFunc("POST /cgi-bin/message/send", w.send)
	w.Server = httptest.NewServer(mux)
	t.Cleanup(w.Close)
	return w
}

func (w *weCom) gettoken(out http.ResponseWriter, req *http.Request) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.tokens++
	q := req.URL.Query()
	switch {
	case w.refuses != "":
		fmt.Fprint(out, w.refuses)
	case q.Get("corpid") != corp:
		fmt.Fprint(out, `{"errcode":40013,"errmsg":"invalid corpid"}`)
	case q.Get("corpsecret") != corpSecret:
		fmt.Fprintf(out, `{"errcode":40001,"errmsg":"invalid credential %s"}`, q.Get("corpsecret"))
	default:
		w.valid = fmt.Sprintf("token-%d/+=", w.tokens)
		fmt.Fprintf(out, `{"errcode":0,"errmsg":"ok","access_token":%q,"expires_in":%d}`, w.valid, w.life)
	}
}

func (w *weCom) send(out http.ResponseWriter, req *http.Request) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.calls++
	var m map[string]any
	if err := json.NewDecoder(req.Body).Decode(&m); err != nil {
		w.t.Errorf("the body: %v", err)
	}
	if token := req.URL.Query().Get("access_token"); token != w.valid {
		fmt.Fprintf(out, `{"errcode":40014,"errmsg":"invalid access_token %s, hint: [1]"}`, token)
		return
	}
	if w.answer != "" {
		fmt.Fprint(out, w.answer)
		return
	}
	to, _ := m["touser"].(string)
	licensed, known := w.users[strings.ToLower(to)]
	switch {
	case !known:
		fmt.Fprint(out, `{"errcode":81013,"errmsg":"user & party & tag all invalid"}`)
	case !licensed:
		fmt.Fprintf(out, `{"errcode":0,"errmsg":"ok","unlicenseduser":%q,"msgid":"m"}`, strings.ToLower(to))
	default:
		w.sent = append(w.sent, m)
		fmt.Fprint(out, `{"errcode":0,"errmsg":"ok","invaliduser":"","msgid":"m"}`)
	}
}

// set changes how the receiver behaves.
func (w *weCom) set(change func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	change()
}

// counts are the tokens issued and the messages that were posted.
func (w *weCom) counts() (tokens, calls int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.tokens, w.calls
}

// messages are the messages that arrived.
func (w *weCom) messages() []map[string]any {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.sent
}

// channel is a channel to the receiver, by settings in a file.
func (w *weCom) channel(more ...string) *notify.WeCom {
	w.t.Helper()
	dir := w.t.TempDir()
	write(w.t, filepath.Join(dir, "wecom.secret"), corpSecret+"\n")
	file := filepath.Join(dir, "wecom.yaml")
	write(w.t, file, strings.Join(append([]string{"url: " + w.URL, "corp: " + corp, "agent: 1000002", "secret_file: wecom.secret"}, more...), "\n"))
	ch, faults := notify.LoadWeCom(file)
	if len(faults) > 0 {
		w.t.Fatal(faults)
	}
	return ch
}

func write(t *testing.T, file, text string) {
	t.Helper()
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// letter is a message to a person with a user id.
func letter(user string) notify.Message {
	items := []notify.Item{item("escalated")}
	return notify.Message{
		ID: items[0].ID, City: "HRB", To: roster.Person{ID: "p-1", WeCom: user, Phone: "+86 139-0000 0000"}, At: time.Unix(1_800_000_000, 0),
		Items: items, Count: 1, Text: notify.Words(items, 1, "zh", "https://grid.example"), Link: "https://grid.example/cases/20260304-000001",
	}
}

// A person gets a message in a form that WeCom takes, under one token for all messages until the token expires.
func TestWeCom_Sends(t *testing.T) {
	t.Parallel()
	w := newWeCom(t)
	ch := w.channel()
	m := letter("Wang.Yi")
	m.Text.Body += "\n<a href=\"https://elsewhere.example\">看这里</a>"
	for range 3 {
		if err := ch.Send(t.Context(), m); err != nil {
			t.Fatal(err)
		}
	}
	if tokens, calls := w.counts(); tokens != 1 || calls != 3 {
		t.Errorf("%d tokens for %d messages, want one for 3", tokens, calls)
	}
	text, _ := w.messages()[0]["text"].(map[string]any)
	content, _ := text["content"].(string)
	if w.messages()[0]["touser"] != "Wang.Yi" || w.messages()[0]["msgtype"] != "text" || w.messages()[0]["agentid"] != 1000002.0 || w.messages()[0]["enable_duplicate_check"] != 1.0 {
		t.Errorf("sent %v", w.messages()[0])
	}
	for _, want := range []string{"【超时提醒（红灯）】杆塔倾倒，案件 20260304-000001", "地点：向阳社区", "https://grid.example/cases/20260304-000001"} {
		if strings.Count(content, want) != 1 {
			t.Errorf("the text has %q %d times, want once:\n%s", want, strings.Count(content, want), content)
		}
	}
	if strings.Contains(content, "<") {
		t.Errorf("what people wrote is a link:\n%s", content)
	}
	m.At = m.At.Add(2*time.Hour - 4*time.Minute) // in the margin before the end of the token
	if err := ch.Send(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	if tokens, _ := w.counts(); tokens != 2 {
		t.Errorf("%d tokens shortly before the first expires, want 2", tokens)
	}
}

// A card leads to the page of the case, within the bounds of WeCom; without a page a text is sent.
func TestWeCom_Card(t *testing.T) {
	t.Parallel()
	w := newWeCom(t)
	ch := w.channel("message: textcard")
	m := letter("li")
	m.Text.Subject, m.Text.Body = strings.Repeat("题", 100), strings.Repeat("很长的一行\n", 400)+"查看：https://grid.example"
	if err := ch.Send(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	m.Link = ""
	if err := ch.Send(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	card, _ := w.messages()[0]["textcard"].(map[string]any)
	title, _ := card["title"].(string)
	detail, _ := card["description"].(string)
	if len(title) > 128 || len(title) < 120 || len(detail) > 512 || len(detail) < 500 || card["url"] != "https://grid.example/cases/20260304-000001" {
		t.Errorf("title of %d bytes, description of %d, to %v", len(title), len(detail), card["url"])
	}
	if !strings.HasSuffix(title, "[…]") || !strings.HasSuffix(detail, "[…]") || !utf8.ValidString(title) || !utf8.ValidString(detail) {
		t.Errorf("cut without a mark or inside a character: %q, %q", title, detail)
	}
	if w.messages()[1]["msgtype"] != "text" {
		t.Errorf("without a page: %v, want a text", w.messages()[1]["msgtype"])
	}
}

// A text is cut between two characters, visibly, and says at its end where to read more.
func TestWeCom_CutsText(t *testing.T) {
	t.Parallel()
	w := newWeCom(t)
	ch := w.channel()
	m := letter("li")
	for n := range 4 { // the cut falls on each byte of a character
		m.Text.Body = strings.Repeat("a", n) + strings.Repeat("字", 2000) + "\n查看：https://grid.example/cases/1"
		if err := ch.Send(t.Context(), m); err != nil {
			t.Fatal(err)
		}
		body, _ := w.messages()[n]["text"].(map[string]any)
		text, _ := body["content"].(string)
		if len(text) > 2048 || len(text) < 2040 || !utf8.ValidString(text) || !strings.HasSuffix(text, "字[…]\n查看：https://grid.example/cases/1") {
			t.Errorf("%d bytes: …%s", len(text), text[len(text)-60:])
		}
	}
}

// An answer is a success, a failure that is tried again, or a failure for good.
func TestWeCom_Outcomes(t *testing.T) {
	t.Parallel()
	const good, again, forGood = "taken", "tried again", "given up"
	for _, tt := range []struct{ name, user, answer, want string }{
		{"a known user", "wang.yi", "", good},
		{"an unknown user", "nobody", "", forGood},
		{"nobody", "", "", forGood},
		{"everybody", "@all", "", forGood},
		{"several", "wang.yi|li", "", forGood},
		{"a user without a licence", "Novice", "", forGood},
		{"a user who is invalid in an answer that is ok", "Wang.Yi", `{"errcode":0,"errmsg":"ok","invaliduser":"li|wang.yi"}`, forGood},
		{"another user is invalid", "wang.yi", `{"errcode":0,"errmsg":"ok","invaliduser":"li|wang.yi2"}`, good},
		{"a user who is gone", "wang.yi", `{"errcode":60111,"errmsg":"userid not found"}`, forGood},
		{"an empty text", "wang.yi", `{"errcode":44004,"errmsg":"empty content"}`, forGood},
		{"busy", "wang.yi", `{"errcode":-1,"errmsg":"system error"}`, again},
		{"a rate", "wang.yi", `{"errcode":45009,"errmsg":"reach max api daily quota limit"}`, again},
		{"a rate at once", "wang.yi", `{"errcode":45033,"errmsg":"concurrent limit"}`, again},
		{"an address that may not call", "wang.yi", `{"errcode":60020,"errmsg":"not allow to access from your ip"}`, again},
		{"a code that is not known", "wang.yi", `{"errcode":999999,"errmsg":"?"}`, again},
		{"a page", "wang.yi", "<html>sign in</html>", again},
		{"no code", "wang.yi", `{"errmsg":"ok"}`, again},
		{"an answer without an end", "wang.yi", `{"errcode":0,"errmsg":"` + strings.Repeat("x", 100<<10) + `"}`, again},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := newWeCom(t)
			w.answer = tt.answer
			got, err := good, w.channel().Send(t.Context(), letter(tt.user))
			if err != nil {
				if got = again; notify.IsPermanent(err) {
					got = forGood
				}
			}
			if got != tt.want {
				t.Errorf("%s: %v is %s, want %s", tt.answer, err, got, tt.want)
			}
		})
	}
}

// A token that WeCom refuses is renewed once, and the message goes at once; a token that is refused again is a failure.
func TestWeCom_RenewsToken(t *testing.T) {
	t.Parallel()
	w := newWeCom(t)
	ch := w.channel()
	if err := ch.Send(t.Context(), letter("li")); err != nil {
		t.Fatal(err)
	}
	w.set(func() { w.valid = "another" })
	if err := ch.Send(t.Context(), letter("li")); err != nil {
		t.Fatal(err)
	}
	if tokens, calls := w.counts(); tokens != 2 || calls != 3 {
		t.Errorf("%d tokens, %d calls; want 2, 3", tokens, calls)
	}
	w.set(func() { w.answer = `{"errcode":42001,"errmsg":"access_token expired"}` })
	if err := ch.Send(t.Context(), letter("li")); err == nil || notify.IsPermanent(err) {
		t.Errorf("a token that is refused again: %v, want to try again", err)
	}
	if tokens, calls := w.counts(); tokens != 3 || calls != 5 {
		t.Errorf("%d tokens, %d calls; want 3, 5", tokens, calls)
	}
}

// Messages that are sent at the same time renew a refused token once, and all arrive.
func TestWeCom_RenewsTokenOnceForAll(t *testing.T) {
	t.Parallel()
	w := newWeCom(t)
	ch := w.channel()
	all := func() {
		var g sync.WaitGroup
		for range 16 {
			g.Go(func() {
				if err := ch.Send(t.Context(), letter("li")); err != nil {
					t.Error(err)
				}
			})
		}
		g.Wait()
	}
	all()
	if tokens, _ := w.counts(); tokens != 1 {
		t.Errorf("%d tokens for the first messages, want 1", tokens)
	}
	w.set(func() { w.valid = "another" })
	all()
	if tokens, _ := w.counts(); tokens != 2 || len(w.messages()) != 32 {
		t.Errorf("%d tokens, %d messages arrived; want 2, 32", tokens, len(w.messages()))
	}
}

// While WeCom gives no token, one request is made in five seconds, whatever waits; afterwards messages go.
func TestWeCom_RestsWithoutToken(t *testing.T) {
	t.Parallel()
	w := newWeCom(t)
	w.refuses = `{"errcode":-1,"errmsg":"system error"}`
	ch := w.channel()
	m := letter("li")
	for range 5 {
		if err := ch.Send(t.Context(), m); err == nil || notify.IsPermanent(err) {
			t.Fatalf("Send = %v, want to try again", err)
		}
	}
	if tokens, calls := w.counts(); tokens != 1 || calls != 0 {
		t.Errorf("%d requests for a token, %d messages; want 1, 0", tokens, calls)
	}
	w.set(func() { w.refuses = "" })
	m.At = m.At.Add(5 * time.Second)
	if err := ch.Send(t.Context(), m); err != nil {
		t.Error(err)
	}
}

// A secret is in no error and in no form in which a channel is printed, whatever the other side answers.
func TestGateway_HidesSecrets(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write(t, filepath.Join(dir, "key"), corpSecret)
	token := "t0ken+/="
	echo := func(r *http.Request) string {
		body, _ := io.ReadAll(r.Body)
		return r.URL.String() + " " + r.URL.RawQuery + " " + r.Header.Get("Authorization") + " " + string(body) + " " + corpSecret + " " + token
	}
	issue := func(w http.ResponseWriter, r *http.Request) bool {
		if strings.HasSuffix(r.URL.Path, "/gettoken") {
			fmt.Fprintf(w, `{"errcode":0,"access_token":%q,"expires_in":7200}`, token)
			return true
		}
		return false
	}
	replies := map[string]func(http.ResponseWriter, *http.Request){
		"a refusal that quotes the request": func(w http.ResponseWriter, r *http.Request) {
			text, _ := json.Marshal(echo(r))
			fmt.Fprintf(w, `{"errcode":40001,"errmsg":%s}`, text)
		},
		"a refusal after a token": func(w http.ResponseWriter, r *http.Request) {
			if !issue(w, r) {
				text, _ := json.Marshal(echo(r))
				fmt.Fprintf(w, `{"errcode":81013,"errmsg":%s}`, text)
			}
		},
		"a page that quotes the request": func(w http.ResponseWriter, r *http.Request) {
			w.WriteHeader(http.StatusBadGateway)
			fmt.Fprint(w, echo(r))
		},
		"text instead of JSON": func(w http.ResponseWriter, r *http.Request) {
			if !issue(w, r) {
				fmt.Fprint(w, echo(r))
			}
		},
		"a redirect": func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "http://127.0.0.1:1/?"+r.URL.RawQuery, http.StatusTemporaryRedirect)
		},
		"an answer that breaks off": func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Length", "1000000")
			fmt.Fprint(w, echo(r))
		},
		"no answer": func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
	}
	for name, r := range replies {
		srv := httptest.NewServer(http.HandlerFunc(r))
		write(t, filepath.Join(dir, "wecom.yaml"), "url: "+srv.URL+"\ncorp: "+corp+"\nagent: 1\nsecret_file: key\n")
		write(t, filepath.Join(dir, "sms.yaml"), "url: '"+srv.URL+"/send?key={{urlquery .Secret}}'\nheaders: {Content-Type: application/json, Authorization: 'Bearer {{urlquery .Secret}}'}\n"+
			"body: '{\"to\": {{json .Phone}}, \"text\": {{json .Text}}, \"key\": {{json .Secret}}}'\nsecret_file: key\n")
		wecom, faults := notify.LoadWeCom(filepath.Join(dir, "wecom.yaml"))
		sms, more := notify.LoadSMS(filepath.Join(dir, "sms.yaml"))
		if len(faults)+len(more) > 0 {
			t.Fatal(faults, more)
		}
		for _, ch := range []notify.Channel{wecom, sms} {
			gone, cancel := context.WithCancel(t.Context())
			cancel()
			for _, ctx := range []context.Context{t.Context(), gone} {
				err := ch.Send(ctx, letter("li"))
				if err == nil {
					if ch.Name() == "wecom" || name != "text instead of JSON" && name != "a refusal that quotes the request" && name != "a refusal after a token" {
						t.Errorf("%s by %s: no error", name, ch.Name())
					}
					continue
				}
				for _, said := range []string{err.Error(), fmt.Sprintf("%+v %#v", err, err)} {
					for _, bad := range []string{corpSecret, "s3cr3t", "t0ken"} {
						if strings.Contains(said, bad) {
							t.Errorf("%s by %s: %q is in the error %s", name, ch.Name(), bad, said)
						}
					}
				}
			}
			if said := fmt.Sprintf("%v %+v %#v", ch, ch, ch); strings.Contains(said, "s3cr3t") {
				t.Errorf("%s prints its secret: %s", ch.Name(), said)
			}
		}
		srv.Close()
	}
}

// A redirect takes the secret nowhere.
func TestWeCom_FollowsNoRedirect(t *testing.T) {
	t.Parallel()
	elsewhere := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { t.Errorf("the secret went to %s", r.URL) }))
	defer elsewhere.Close()
	w := newWeCom(t)
	w.Config.Handler = http.RedirectHandler(elsewhere.URL, http.StatusFound)
	if err := w.channel().Send(t.Context(), letter("li")); err == nil || notify.IsPermanent(err) {
		t.Errorf("a redirect: %v, want to try again", err)
	}
}
