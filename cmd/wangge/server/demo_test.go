package server

import (
	"bytes"
	"net"
	"strings"
	"testing"
	"time"

	"wangge/cmd/wangge/cli"
	"wangge/cmd/wangge/cli/clitest"
	"wangge/dispatch/city"
)

// What to try is said in both languages, and is one object with --json.
func TestDemo_SaysWhatToTry(t *testing.T) {
	t.Parallel()
	c := &city.City{Name: "哈尔滨市", NameEn: "Harbin", Code: "HRB", Revision: "c-1", Location: time.UTC}
	addr, people := &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 7443}, []demoPerson{{"OWNER", "p-1", "secret"}}
	for lang, want := range map[string]string{"en": "\nHarbin serves on 127.0.0.1:7443\n\nTry it", "zh": "\n哈尔滨市服务已启动，监听 127.0.0.1:7443\n\n请在另一终端"} {
		var out bytes.Buffer
		printDemo(&out, &cli.Options{Lang: lang}, c, addr, people)
		if text := out.String(); !strings.HasPrefix(text, want) || !strings.Contains(text, "  export OWNER=secret   # p-1\n") || !strings.Contains(text, "act NUMBER start --server 127.0.0.1:7443") {
			t.Errorf("--lang %s says %s", lang, text)
		}
	}
	var out bytes.Buffer
	printDemo(&out, &cli.Options{JSON: true}, c, addr, people)
	if got := clitest.JSONLines(t, []string{"demo"}, out.String(), time.UTC); len(got) != 1 || got[0]["listen"] != "127.0.0.1:7443" || len(got[0]["people"].([]any)) != 1 {
		t.Errorf("--json says %s", &out)
	}
}
