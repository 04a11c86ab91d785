package main

import (
	"encoding/json"
	"strings"
	"testing"
)

// The grid office makes a token for a phone and ends it; the phone lists and renews its own. Only the secret is on
// standard output, so that a script can take it.
func TestToken_OverTheWire(t *testing.T) {
	t.Parallel()
	city, data := toyCity(t), t.TempDir()
	addr, _ := served(t, "--city", city, "--data", data)
	secret, _ := wangge(t, exitOK, "token", "--city", city, "--data", data, "--person", "office", "--device", "网格办电脑 1")
	_, long := wangge(t, exitUsage, "token", "--city", city, "--data", data, "--person", "office", "--device", strings.Repeat("机", 65))
	with := func(secret string, args ...string) []string {
		return append(args, "--server", addr, "--token", strings.TrimSpace(secret))
	}
	wants := func(got string, want ...string) {
		t.Helper()
		for _, w := range want {
			if !strings.Contains(got, w) {
				t.Errorf("printed %q, want %q in it", got, w)
			}
		}
	}
	wants(long, "--device", "at most 64 characters")
	own, _ := wangge(t, exitOK, with(secret, "token", "list")...)
	wants(own, "网格办电脑 1", "at the server", "(this one)")
	phone, says := wangge(t, exitOK, with(secret, "token", "create", "--person", "inspector", "--device", "巡查终端 7", "--ttl", "720h")...)
	wants(says, "tk-", "inspector", "巡查终端 7", "by 网格办", "no use known")
	if len(strings.TrimSpace(phone)) != 43 {
		t.Errorf("standard output is %q, want the secret alone", phone)
	}
	mine, _ := wangge(t, exitOK, with(phone, "token", "list")...)
	wants(mine, "(this one)", "last used")
	id := strings.Fields(mine)[0]
	zh, _ := wangge(t, exitOK, with(secret, "token", "list", "--person", "inspector", "--lang", "zh")...)
	wants(zh, id, "由 网格办 制作", "有效至", "最近使用")
	renewed, says := wangge(t, exitOK, with(phone, "token", "renew")...)
	wants(says, id, "renewed")
	if renewed == phone || len(strings.TrimSpace(renewed)) != 43 {
		t.Errorf("renewed to %q", renewed)
	}
	_, says = wangge(t, exitWrong, with(renewed, "token", "renew", "--ttl", "721h")...)
	wants(says, "--ttl", "720h")
	_, says = wangge(t, exitWrong, with(renewed, "token", "create", "--person", "inspector")...)
	wants(says, "PERMISSION_DENIED", "grid office")
	_, says = wangge(t, exitWrong, with(renewed, "token", "list", "--all")...)
	wants(says, "PERMISSION_DENIED", "grid office")
	all, _ := wangge(t, exitOK, with(secret, "token", "list", "--all", "--json")...)
	people := map[string]bool{}
	for line := range strings.Lines(all) {
		var one struct{ Name, Person, Secret, Creator string }
		if err := json.Unmarshal([]byte(line), &one); err != nil || one.Name == "" || one.Secret != "" || one.Person == "people/inspector" && one.Creator != "people/office" {
			t.Errorf("a line of --json is %q, %v", line, err)
		}
		people[one.Person] = true
	}
	if !people["people/inspector"] || !people["people/office"] {
		t.Errorf("everybody's tokens are of %v", people)
	}
	wangge(t, exitUsage, with(secret, "token", "revoke", id, "--person", "inspector")...)
	over, _ := wangge(t, exitOK, with(secret, "token", "revoke", "--person", "inspector")...)
	wants(over, id, "revoked")
	_, says = wangge(t, exitWrong, with(renewed, "token", "list")...)
	wants(says, "UNAUTHENTICATED")
	_, says = wangge(t, exitOK, with(secret, "token", "revoke", "--person", "inspector")...)
	wants(says, "none")
	ended, _ := wangge(t, exitOK, with(secret, "token", "list", "--person", "inspector", "--ended")...)
	wants(ended, id, "revoked")
	_, says = wangge(t, exitWrong, with(secret, "token", "revoke", "tk-000000000000")...)
	wants(says, "NOT_FOUND", "there is no token")
}
