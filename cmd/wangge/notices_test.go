package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A server without a channel to people says at its start, in the language of the operator, that nobody is told; a server
// with one says nothing. A file of a gateway that can't be used keeps the server from starting.
func TestServe_SaysThatNobodyIsTold(t *testing.T) {
	t.Parallel()
	at := twoDistricts(t, nil)
	says := func(want int, more ...string) string {
		t.Helper()
		out, errs := serveOnce(t, want, append([]string{"serve", "--city", at, "--data", t.TempDir(), "--listen", "127.0.0.1:0"}, more...)...)
		return out + errs
	}
	for _, tt := range []struct {
		words string
		flags []string
		said  bool
	}{
		{"\nnobody is told: this server has no channel to people", nil, true},
		{"nobody is told", []string{"--notify-log=false"}, true},
		{"\n无人会收到通知：", []string{"--lang", "zh"}, true},
		{"nobody is told", []string{"--notify-smtp", "127.0.0.1:1", "--notify-from", "grid@city.example"}, false},
	} {
		if got := "\n" + says(exitOK, tt.flags...); strings.Contains(got, tt.words) != tt.said {
			t.Errorf("serve %v says %s; want %q: %v", tt.flags, got, tt.words, tt.said)
		}
	}
	city := filepath.Join(at, "city.yaml")
	text, err := os.ReadFile(city)
	if err == nil {
		err = os.WriteFile(city, append(text, "channels: [email, sms]\n"...), 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	got := says(exitOK, "--notify-smtp", "127.0.0.1:1", "--notify-from", "grid@city.example")
	for _, want := range []string{"city.yaml names channels that this server has not: sms\n", " posts have no holder whom email reaches, "} {
		if !strings.Contains(got, want) {
			t.Errorf("serve says %s, want %q", got, want)
		}
	}
	file := filepath.Join(t.TempDir(), "sms.yaml")
	if err := os.WriteFile(file, []byte("url: http://sms.example/\nbody: '{{.Phone}}'\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	got = says(exitWrong, "--notify-sms", file)
	for _, want := range []string{file + ":1: the secret would go to sms.example in clear text", file + ":2: the request is the same whatever .Text is"} {
		if !strings.Contains(got, want) {
			t.Errorf("serve says %s, want %q", got, want)
		}
	}
}
