package main

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"wangge/dispatch/city/citytest/testdir"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/testscript"
)

// The exit codes that scripts rely on.
const (
	exitOK = iota
	exitWrong
	exitUsage
)

// The files of a data directory.
const (
	storeFile = "wangge.db"
	tokenFile = "tokens"
)

// binaries are what this binary does under other names.
var binaries = map[string]func(){"wangge": main}

func TestMain(m *testing.M) {
	testscript.Main(m, binaries)
}

// TestScripts runs the transcripts of testdata: what a person types and what comes back. Each command is a process that
// compiles its city: scripts name the small cities toy, toyinharbin and plain (see cities_test.go) but where a built-in city
// is the subject.
func TestScripts(t *testing.T) {
	cities := map[string]fs.FS{"toy": testdir.Toy(), "toyinharbin": toyInHarbinFiles(t), "plain": testdir.Plain(t)}
	testscript.Run(t, testscript.Params{Dir: "testdata", Setup: func(e *testscript.Env) error {
		e.Setenv("LANG", "en_GB.UTF-8")
		for name, files := range cities {
			if err := os.CopyFS(filepath.Join(e.WorkDir, name), files); err != nil {
				return err
			}
		}
		return nil
	}})
}

// wangge runs a command in this process.
func wangge(t testing.TB, want int, args ...string) (stdout, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	if got := run(t.Context(), args, &out, &errs); got != want {
		t.Fatalf("wangge %v = exit %d, want %d\n%s%s", args, got, want, out.String(), errs.String())
	}
	return out.String(), errs.String()
}

func TestServe_FromTokenToOverdue(t *testing.T) {
	t.Parallel()
	city, data := toyCity(t), t.TempDir()
	ctx, stop := context.WithCancel(t.Context())
	rd, wr := io.Pipe()
	var wg sync.WaitGroup
	var code int
	wg.Go(func() {
		code = run(ctx, []string{"serve", "--city", city, "--data", data, "--listen", "127.0.0.1:0"}, wr, io.Discard)
		_ = wr.Close()
	})
	ready, err := bufio.NewReader(rd).ReadString('\n')
	if err != nil {
		t.Fatalf("serve said %q, %v", ready, err)
	}
	addr := strings.TrimSpace(ready[strings.LastIndex(ready, " ")+1:])
	as := func(person string) []string {
		secret, _ := wangge(t, exitOK, "token", "--city", city, "--data", data, "--person", person)
		return []string{"--server", addr, "--token", strings.TrimSpace(secret)}
	}
	inspector, leader, owner := as("inspector"), as("mayor"), as("grid-e1a")

	filed, _ := wangge(t, exitOK, append([]string{"report", "45.7535", "126.609", "E0101", "--id", "r-1", "--at", time.Now().Add(-time.Minute).Format(time.RFC3339)}, inspector...)...)
	number := strings.Fields(filed)[0]
	if !strings.Contains(filed, "dispatched") || !strings.Contains(filed, "East 1 A") {
		t.Errorf("report printed %q", filed)
	}
	_, refused := wangge(t, exitWrong, append([]string{"report", "45.7535", "126.609", "E010"}, inspector...)...)
	if !strings.Contains(refused, "report.category") || !strings.Contains(refused, "nearest") {
		t.Errorf("an unknown category printed %q", refused)
	}
	_, refused = wangge(t, exitWrong, append([]string{"case", "act", number, "close", "--closing", "x", "--outcome", "fixed"}, inspector...)...)
	if !strings.Contains(refused, "PERMISSION_DENIED") {
		t.Errorf("an inspector's close printed %q", refused)
	}
	wangge(t, exitOK, append([]string{"case", "act", number, "start"}, owner...)...)
	shown, _ := wangge(t, exitOK, append([]string{"case", "show", number}, leader...)...)
	if !strings.Contains(shown, "started") || !strings.Contains(shown, "being handled") {
		t.Errorf("case show printed %q", shown)
	}
	listed, _ := wangge(t, exitOK, append([]string{"case", "list", "--scope", "area:E", "--json"}, leader...)...)
	if !strings.Contains(listed, number) {
		t.Errorf("case list printed %q", listed)
	}
	summary, _ := wangge(t, exitOK, append([]string{"overdue", "--scope", "area:TOY", "--summary"}, leader...)...)
	if !strings.Contains(summary, "area:E                         1 open     0 overdue  worst –  East\n") {
		t.Errorf("overdue --summary printed %q", summary)
	}
	if late, _ := wangge(t, exitOK, append([]string{"overdue", "--scope", "area:TOY", "--json"}, leader...)...); late != "" {
		t.Errorf("overdue printed %q, want nothing yet", late)
	}
	for _, tt := range []struct {
		args      []string
		out, says string
	}{
		{[]string{"case", "list", "--scope", "person:grid-e1a", "--open"}, number, ""},
		{[]string{"case", "list", "--scope", "area:E", "--ground", "--open", "--order", "due_time desc"}, number, ""},
		{[]string{"overdue", "--scope", "area:E"}, "", "none"},
		{[]string{"overdue", "--scope", "area:E", "--lang", "zh"}, "", "没有案件"},
	} {
		out, says := wangge(t, exitOK, append(tt.args, leader...)...)
		if !strings.Contains(out, tt.out) || tt.out == "" && out != "" || !strings.Contains(says, tt.says) {
			t.Errorf("%v printed %q and said %q", tt.args, out, says)
		}
	}
	wangge(t, exitOK, append([]string{"report", "45.7535", "126.609", "E0101", "--id", "r-2", "--at", time.Now().Add(-time.Minute).Format(time.RFC3339)}, inspector...)...)
	one, says := wangge(t, exitOK, append([]string{"case", "list", "--scope", "area:E", "--open", "--limit", "1", "--order", "create_time"}, leader...)...)
	_, token, ok := strings.Cut(strings.TrimSpace(says), "--page ")
	if !strings.Contains(one, number) || !ok || !strings.Contains(says, "stopped at 1, of 2 in all") {
		t.Errorf("the first of two printed %q and said %q", one, says)
	}
	if two, says := wangge(t, exitOK, append([]string{"case", "list", "--scope", "area:E", "--open", "--order", "create_time", "--page", token}, leader...)...); strings.Contains(two, number) || strings.Count(two, "\n") != 2 || says != "" {
		t.Errorf("the second of two printed %q and said %q", two, says)
	}
	for _, tc := range []struct {
		code        int
		flags, want string
	}{
		{exitUsage, "overdue --scope area:E --limit 0", "a whole number from 1 on"},
		{exitUsage, "overdue --scope area:E --summary --sort colour", "one of unit, overdue, worst, open"},
		{exitWrong, "case list --scope person:nobody", "only open cases wait for a person"},
	} {
		if _, says := wangge(t, tc.code, append(strings.Fields(tc.flags), leader...)...); !strings.Contains(says, tc.want) {
			t.Errorf("%s said %q, want %q", tc.flags, says, tc.want)
		}
	}
	// A watch from the beginning sees the report, the start and the escalation, and ends with the server.
	watching, leave := context.WithCancel(t.Context())
	seen, wrote := io.Pipe()
	wg.Go(func() {
		run(watching, append([]string{"watch", "--scope", "area:E", "--after", "0"}, leader...), wrote, io.Discard)
		_ = wrote.Close()
	})
	changes := bufio.NewReader(seen)
	raised, _ := wangge(t, exitOK, append([]string{"case", "act", number, "escalate", "--to", "city_leader", "--note", "press"}, leader...)...)
	if !strings.Contains(raised, number) {
		t.Errorf("escalate printed %q", raised)
	}
	if rows, _ := wangge(t, exitOK, append([]string{"overdue", "--scope", "area:TOY", "--leaders"}, leader...)...); rows != "" {
		t.Errorf("overdue --leaders printed %q, want nothing yet", rows)
	}
	for _, want := range []string{"dispatched", "being handled", "dispatched", "being handled"} {
		if line, err := changes.ReadString('\n'); err != nil || !strings.Contains(line, want) {
			t.Errorf("watch printed %q, %v; want %s", line, err, want)
		}
	}
	leave()
	stop()
	wg.Wait()
	if code != exitOK {
		t.Errorf("serve ended with %d", code)
	}
}

// part writes the first n records of the real Boston file.
func part(t *testing.T, n int) string {
	t.Helper()
	f, err := os.Open("../../dispatch/city/cities/boston/events/boston311-2011.csv.gz")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	rd := csv.NewReader(z)
	name := filepath.Join(t.TempDir(), "part.csv")
	out, err := os.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	w := csv.NewWriter(out)
	for range n + 1 {
		row, err := rd.Read()
		if err != nil {
			t.Fatal(err)
		}
		if err := w.Write(row); err != nil {
			t.Fatal(err)
		}
	}
	if w.Flush(); w.Error() != nil {
		t.Fatal(w.Error())
	}
	if err := out.Close(); err != nil {
		t.Fatal(err)
	}
	return name
}

// kill -9 in the middle of an import and start again: every record is accounted for, and the end
// is the same as without.
func TestImport_SurvivesKill(t *testing.T) {
	t.Parallel()
	file, city := part(t, 3000), plainBoston(t)
	args := func(data string) []string {
		return []string{"import", file, "--city", city, "--format", "boston311", "--data", data, "--json"}
	}
	result := func(data string) map[string]any {
		out, _ := wangge(t, exitOK, args(data)...)
		var m map[string]any
		if err := json.Unmarshal([]byte(out), &m); err != nil {
			t.Fatalf("%v in %s", err, out)
		}
		return m
	}
	whole := result(t.TempDir())
	if whole["records"].(float64) != 3000 || whole["imported"].(float64)+whole["refused"].(float64) != 3000 {
		t.Errorf("records are not accounted for: %v", whole)
	}

	data := t.TempDir()
	cmd := exec.Command(os.Args[0], args(data)...)
	cmd.Path = filepath.Join(t.TempDir(), "wangge")
	if err := os.Symlink(mustExecutable(t), cmd.Path); err != nil {
		t.Fatal(err)
	}
	cmd.Args[0] = cmd.Path
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	size := func() int64 {
		info, err := os.Stat(filepath.Join(data, storeFile))
		if err != nil {
			return 0
		}
		return info.Size()
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	look := time.NewTicker(time.Millisecond)
	defer look.Stop()
	for running := true; running && size() < 4<<20; { // the file grows with the first commits
		select {
		case <-ended:
			running = false
			t.Error("the import ended before it could be killed")
		case <-look.C:
		}
	}
	_ = cmd.Process.Kill()
	<-ended
	resumed := result(data)
	if resumed["already"].(float64) == 0 {
		t.Log("the kill came before the first commit")
	}
	if resumed["already"].(float64)+resumed["imported"].(float64) != whole["imported"].(float64) {
		t.Errorf("resumed %v, want %v records in the end", resumed, whole["imported"])
	}
	for _, m := range []map[string]any{whole, resumed} {
		delete(m, "already")
		delete(m, "imported")
		delete(m, "refused_file") // each is in its own directory
	}
	if diff := cmp.Diff(whole, resumed); diff != "" {
		t.Errorf("the end differs:\n%s", diff)
	}
}

// Slips in a file of past records cost those records alone, and each is named with its line.
func TestImport_RefusesRecordByRecord(t *testing.T) {
	t.Parallel()
	city := plainBoston(t)
	good, err := os.ReadFile(part(t, 2))
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.SplitAfter(strings.TrimRight(string(good), "\n")+"\n", "\n")
	file := filepath.Join(t.TempDir(), "slips.csv")
	slips := "\ufeff" + lines[0] + lines[1] + "\xe9" + lines[1] + strings.Replace(lines[2], "2011-", "2099-", 1) + "a,b\n" + strings.Repeat("9", 5000) + lines[2] + lines[2]
	if err := os.WriteFile(file, []byte(slips), 0o600); err != nil {
		t.Fatal(err)
	}
	out, _ := wangge(t, exitOK, "import", file, "--city", city, "--format", "boston311", "--data", t.TempDir())
	for _, want := range []string{"6 records: 2 imported, 0 already there, 4 refused", "not a row of the table: wrong number of fields (first on lines [5])", "received before now", "id of 1 to 200 bytes"} {
		if !strings.Contains(out, want) {
			t.Errorf("import printed %q, want %q in it", out, want)
		}
	}
	if err := os.WriteFile(file, []byte(lines[0]+"\xe9"+lines[1]), 0o600); err != nil {
		t.Fatal(err)
	}
	wangge(t, exitWrong, "import", file, "--city", city, "--format", "boston311", "--data", t.TempDir())
}

// A western longitude is no flag.
func TestUsage_NegativeDegrees(t *testing.T) {
	t.Parallel()
	out, _ := wangge(t, exitOK, "route", "42.36", "-71.06", "Graffiti Removal", "--city", plainBoston(t), "--json", "--at", "2011-07-01T10:00")
	if !strings.Contains(out, `"lng":-71.06`) {
		t.Errorf("route printed %q", out)
	}
}

// Every phase of a load run measures something and meets no error, on drawn and on real places.
func TestLoad_MeasuresEachPhase(t *testing.T) {
	t.Parallel()
	page := filepath.Join(t.TempDir(), "load.html")
	out, _ := wangge(t, exitOK, "load", "--city", toyCity(t), "--duration", "100ms", "--callers", "8", "--watchers", "5", "--idle", "2", "--rate", "50", "--preload", "300", "--runs", "2", "--json", "--html", page)
	var phases []string
	for line := range strings.Lines(out) {
		var m struct {
			Phase        string
			Seconds      float64
			Done, Errors int64
			P50          float64 `json:"p50_ms"`
			P99          float64 `json:"p99_ms"`
		}
		if err := json.Unmarshal([]byte(line), &m); err != nil {
			t.Fatalf("%v in %s", err, line)
		}
		phases = append(phases, m.Phase)
		if m.Done == 0 || m.Errors > 0 || m.P50 <= 0 || m.P99 < m.P50 || m.Seconds <= 0 {
			t.Errorf("%s: %+v", m.Phase, m)
		}
	}
	if len(phases) != 15 {
		t.Errorf("phases %q, want 15", phases)
	}
	if html, err := os.ReadFile(page); err != nil || bytes.Count(html, []byte("<polyline")) != 15 {
		t.Errorf("the page has %d curves, %v; want 15", bytes.Count(html, []byte("<polyline")), err)
	}
	wangge(t, exitOK, "load", "--duration", "100ms", "--callers", "4", "--phases", "reports", "--city", plainBoston(t), "--events", part(t, 100), "--format", "boston311")
	wangge(t, exitUsage, "load", "--phases", "sleep")
}

func mustExecutable(t *testing.T) string {
	t.Helper()
	name, err := os.Executable()
	if err != nil {
		t.Fatal(fmt.Errorf("where is this test: %w", err))
	}
	return name
}
