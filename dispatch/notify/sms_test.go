package notify_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf16"

	"wangge/dispatch/city"
	"wangge/dispatch/i18n"
	"wangge/dispatch/notify"
)

// jsonGateway describes an interface that takes JSON and a bearer token, as in the README.
const jsonGateway = `url: %s/v1/messages
headers:
  Content-Type: application/json
  Authorization: Bearer {{.Secret}}
body: |
  {"mobile": {{json (trimprefix "+86" .Phone)}}, "content": {{json .Text}}, "out_id": {{json .ID}}, "batch": "{{.City}}-{{.Case}}"}
secret_file: sms.secret
success: {status: [200, 202], json: {path: data.0.code, equals: [OK, 0]}}
permanent: {status: [404], json: {path: data.0.code, equals: [MOBILE_ILLEGAL, 1016]}, body: blacklist}
`

// formGateway describes an interface that takes a form, as in the README.
const formGateway = `url: %s/sms
headers: {Content-Type: application/x-www-form-urlencoded}
body: |
  {{form "account" "grid" "key" .Secret "mobile" .Phone "content" .Text "extno" .ID}}
secret_file: sms.secret
characters: 140
timeout: 3s
success: {body: '^0,'}
permanent: {body: '^(107|116),'}
`

// smsChannel is a channel by a description in a file; %s is the address of the receiver.
func smsChannel(t *testing.T, description, address string) *notify.SMS {
	t.Helper()
	dir := t.TempDir()
	write(t, filepath.Join(dir, "sms.secret"), corpSecret+"\n")
	write(t, filepath.Join(dir, "sms.yaml"), fmt.Sprintf(description, address))
	ch, faults := notify.LoadSMS(filepath.Join(dir, "sms.yaml"))
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	return ch
}

// A gateway that takes JSON gets what the file describes, whatever people wrote.
func TestSMS_JSON(t *testing.T) {
	t.Parallel()
	var got map[string]string
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodPost || r.URL.Path != "/v1/messages" || r.Header.Get("Authorization") != "Bearer "+corpSecret || r.Header.Get("Content-Type") != "application/json" {
			t.Errorf("%s %s %v", r.Method, r.URL, r.Header)
		}
		if err := json.NewDecoder(r.Body).Decode(&got); err != nil {
			t.Error(err)
		}
		fmt.Fprint(w, `{"data":[{"code":0}]}`)
	}))
	defer srv.Close()
	ch := smsChannel(t, jsonGateway, srv.URL)
	m := letter("")
	m.Text.Body = "案件已超过办理时限。\n原因：\"a\\b\"\t<c>\n查看：https://grid.example/cases/20260304-000001"
	if err := ch.Send(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	want := map[string]string{
		"mobile": "13900000000", "out_id": "20260304-000001-5", "batch": "HRB-20260304-000001",
		"content": "[超时提醒（红灯）]杆塔倾倒，案件 20260304-000001 / 案件已超过办理时限。 / 原因：\"a\\b\"\t<c> / 查看：https://grid.example/cases/20260304-000001",
	}
	for k, v := range want {
		if got[k] != v {
			t.Errorf("%s is %q, want %q", k, got[k], v)
		}
	}
	m.Count, m.ID = 7, "digest-1"
	if err := ch.Send(t.Context(), m); err != nil || got["batch"] != "HRB-" || got["out_id"] != "digest-1" {
		t.Errorf("a digest: %v, %v", err, got)
	}
}

// A gateway that takes a form gets the text whole, and cut to the bound between two characters with the way to the case.
func TestSMS_FormAndCut(t *testing.T) {
	t.Parallel()
	var content string
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := r.ParseForm(); err != nil {
			t.Error(err)
		}
		if r.PostForm.Get("key") != corpSecret || r.PostForm.Get("mobile") != "+8613900000000" || r.PostForm.Get("account") != "grid" || r.PostForm.Get("extno") != "20260304-000001-5" {
			t.Errorf("form %v", r.PostForm)
		}
		content = r.PostForm.Get("content")
		fmt.Fprint(w, "0,提交成功")
	}))
	defer srv.Close()
	ch := smsChannel(t, formGateway, srv.URL)
	for n := range 3 {
		m := letter("")
		m.Text.Body = "a&b=c%+" + strings.Repeat("x", n) + strings.Repeat("😀", 200) + "\n查看：https://g.example/1"
		if err := ch.Send(t.Context(), m); err != nil {
			t.Fatal(err)
		}
		units := len(utf16.Encode([]rune(content)))
		if units > 140 || units < 138 || !strings.Contains(content, "a&b=c%+") || !strings.HasSuffix(content, "😀[…] / 查看：https://g.example/1") {
			t.Errorf("%d units: %s", units, content)
		}
	}
}

// Status, JSON and body decide between a success, a failure that is tried again and a failure for good.
func TestSMS_Outcomes(t *testing.T) {
	t.Parallel()
	const good, again, forGood = "taken", "tried again", "given up"
	for _, tt := range []struct {
		name, gateway string
		status        int
		answer, want  string
	}{
		{"ok", jsonGateway, 200, `{"data":[{"code":"OK"}]}`, good},
		{"a number", jsonGateway, 202, `{"data":[{"code":0}]}`, good},
		{"another code", jsonGateway, 200, `{"data":[{"code":"BUSY"}]}`, again},
		{"another status of success", jsonGateway, 201, `{"data":[{"code":"OK"}]}`, again},
		{"a phone that is none", jsonGateway, 200, `{"data":[{"code":"MOBILE_ILLEGAL"}]}`, forGood},
		{"a number for good", jsonGateway, 400, `{"data":[{"code":1016}]}`, forGood},
		{"a status for good", jsonGateway, 404, ``, forGood},
		{"a text for good", jsonGateway, 200, `{"data":[{"code":"X"}],"m":"blacklist"}`, forGood},
		{"no such path", jsonGateway, 200, `{"data":[]}`, again},
		{"an object at the path", jsonGateway, 200, `{"data":[{"code":{}}]}`, again},
		{"no JSON", jsonGateway, 200, `OK`, again},
		{"a failure of the server", jsonGateway, 503, `{"data":[{"code":"OK"}]}`, again},
		{"too many", jsonGateway, 429, ``, again},
		{"an answer without an end", jsonGateway, 200, `{"data":[{"code":"OK"}]` + strings.Repeat(" ", 100<<10) + `}`, again},
		{"ok by text", formGateway, 200, "0,ok", good},
		{"for good by text", formGateway, 200, "107,mobile", forGood},
		{"a text of success with a status of failure", formGateway, 500, "0,ok", again},
		{"another text", formGateway, 200, "105,limit", again},
		{"any text", "url: '%s/?key={{urlquery .Secret}}&to={{.Phone}}&text={{urlquery .Text}}'\nmethod: GET\nsecret_file: sms.secret\n", 204, "", good},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				_, _ = io.Copy(io.Discard, r.Body)
				w.WriteHeader(tt.status)
				fmt.Fprint(w, tt.answer)
			}))
			defer srv.Close()
			got, err := good, smsChannel(t, tt.gateway, srv.URL).Send(t.Context(), letter(""))
			if err != nil {
				if got = again; notify.IsPermanent(err) {
					got = forGood
				}
			}
			if got != tt.want {
				t.Errorf("%d %s: %v is %s, want %s", tt.status, tt.answer, err, got, tt.want)
			}
		})
	}
}

// A person without a phone is refused for good; a gateway that is down, says nothing or sends elsewhere is tried again.
func TestSMS_NoAnswer(t *testing.T) {
	t.Parallel()
	elsewhere := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { t.Errorf("the secret went to %s", r.URL) }))
	defer elsewhere.Close()
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		if r.Header.Get("Authorization") != "" { // the gateway of JSON
			http.Redirect(w, r, elsewhere.URL, http.StatusPermanentRedirect)
			return
		}
		<-r.Context().Done()
	}))
	defer srv.Close()
	m := letter("")
	m.To.Phone = ""
	if err := smsChannel(t, jsonGateway, srv.URL).Send(t.Context(), m); !notify.IsPermanent(err) {
		t.Errorf("no phone: %v, want it refused for good", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	slow := smsChannel(t, formGateway, srv.URL)
	done := make(chan error, 1)
	go func() { done <- slow.Send(ctx, letter("")) }()
	cancel()
	for name, err := range map[string]error{
		"a redirect": smsChannel(t, jsonGateway, srv.URL).Send(t.Context(), letter("")),
		"no answer":  <-done,
		"down":       smsChannel(t, jsonGateway, "http://127.0.0.1:1").Send(t.Context(), letter("")),
	} {
		if err == nil || notify.IsPermanent(err) {
			t.Errorf("%s: %v, want to try again", name, err)
		}
	}
}

// What can't work is refused at the start, with every fault, its line, and what to write instead in both languages.
func TestGateway_RefusesBadSettings(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write(t, filepath.Join(dir, "key"), corpSecret)
	write(t, filepath.Join(dir, "empty"), " \n")
	write(t, filepath.Join(dir, "two"), "a\nb\n")
	const ok = "body: '{{json .Phone}} {{json .Text}}'\n"
	for _, tt := range []struct {
		name, channel, text string
		want                []string // LINE: a part of the message
	}{
		{"an empty file", city.ChannelSMS, "", []string{"0: empty"}},
		{"no YAML", city.ChannelSMS, "url: [", []string{"2: YAML"}},
		{
			"everything at once", city.ChannelSMS, "url: http://sms.example/\nmethod: SEND\nheader: {}\nbody: '{{.Phone}}{{.Text}}'\ncharacters: 5\ntimeout: 1h\ntls: none\nsecret_file: key\nsuccess: {status: [99], body: '('}\npermanent: {json: {path: a}}\n",
			[]string{"1: clear text", "2: method", "3: unknown key", "5: characters", "6: timeout", "7: tls", "8: secret is in no request", "9: status 99", "9: regular expression", "10: json compares nothing"},
		},
		{"a template", city.ChannelSMS, "url: https://sms.example/\nbody: '{{.Phone}} {{.Text'\n", []string{"2: can't be read"}},
		{"a function", city.ChannelSMS, "url: https://sms.example/\nbody: '{{jsonn .Text}}{{.Phone}}'\n", []string{"2: jsonn"}},
		{"a field", city.ChannelSMS, "url: https://sms.example/\nbody: '{{.Txt}} {{.Phone}}'\n", []string{"2: Txt"}},
		{"a template of a header", city.ChannelSMS, "url: https://sms.example/\nheaders:\n  A: b\n  B: '{{.Nope}}'\n" + ok, []string{"4: Nope"}},
		{"headers", city.ChannelSMS, "url: https://sms.example/\nheaders:\n  Host: b\n  'a b': c\n  C: \"a\\nb\"\n" + ok, []string{"3: Host", "4: a b", "5: control character"}},
		{"no phone and no text", city.ChannelSMS, "url: https://sms.example/\nbody: x\n", []string{"2: .Phone", "2: .Text"}},
		{"a host of the message", city.ChannelSMS, "url: 'https://{{.Phone}}.example/'\n" + ok, []string{"1: host"}},
		{"no host", city.ChannelSMS, "url: '/send'\n" + ok, []string{"1: URL"}},
		{"a user in the URL", city.ChannelSMS, "url: 'https://a:b@sms.example/'\n" + ok, []string{"1: URL"}},
		{"no JSON", city.ChannelSMS, "url: https://sms.example/\nheaders: {Content-Type: application/json; charset=utf-8}\nbody: '{\"a\": \"{{.Text}}\", \"b\": {{json .Phone}}}'\n", []string{"3: no JSON"}},
		{"no form", city.ChannelSMS, "url: https://sms.example/\nheaders: {content-type: application/x-www-form-urlencoded}\nbody: 'a={{.Text}}&b={{urlquery .Phone}}'\n", []string{"3: not whole"}},
		{"a secret without a file", city.ChannelSMS, "url: https://sms.example/{{.Secret}}\n" + ok, []string{"1: wants a secret"}},
		{"a secret that is not there", city.ChannelSMS, "url: https://sms.example/{{.Secret}}\n" + ok + "secret_file: nope\n", []string{"3: can't be read"}},
		{"a secret that is empty", city.ChannelSMS, "url: https://sms.example/{{.Secret}}\n" + ok + "secret_file: empty\n", []string{"3: empty"}},
		{"a type", city.ChannelSMS, "url: https://sms.example/\n" + ok + "characters: many\n", []string{"3: wrong type"}},
		{"nothing of WeCom", city.ChannelWeCom, "tls: required\n", []string{"1: corp", "1: agent", "1: secret"}},
		{"everything of WeCom", city.ChannelWeCom, "url: http://qyapi.example/?a=b\ncorp: a b\nagent: -1\nsecret_file: two\nmessage: card\nagnt: 1\n", []string{"1: clear text", "1: query", "2: corp", "3: agent", "4: one line", "5: message", "6: unknown key"}},
	} {
		file := filepath.Join(dir, "settings.yaml")
		write(t, file, tt.text)
		_, faults := notify.LoadSMS(file)
		if tt.channel == city.ChannelWeCom {
			_, faults = notify.LoadWeCom(file)
		}
		var got []string
		for _, f := range faults {
			got = append(got, fmt.Sprintf("%d: %s; %s", f.Line, f.Message.En, f.Suggestion.En))
			if f.File != file || f.Message.Zh == "" || f.Suggestion.Zh == "" || i18n.OneLine(f.Message.En) == "" {
				t.Errorf("%s: fault %+v", tt.name, f)
			}
			if strings.Contains(f.String(), "s3cr3t") {
				t.Errorf("%s: the secret is in %s", tt.name, f)
			}
		}
		if len(got) != len(tt.want) {
			t.Errorf("%s: %d faults, want %d:\n%s", tt.name, len(got), len(tt.want), strings.Join(got, "\n"))
			continue
		}
		for i, want := range tt.want {
			line, part, _ := strings.Cut(want, ": ")
			if !strings.HasPrefix(got[i], line+": ") || !strings.Contains(got[i], part) {
				t.Errorf("%s: fault %q, want %q", tt.name, got[i], want)
			}
		}
	}
	if _, faults := notify.LoadSMS(filepath.Join(dir, "nothing.yaml")); len(faults) != 1 {
		t.Errorf("no file: %v", faults)
	}
}
