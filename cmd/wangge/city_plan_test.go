package main

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// served runs a server until the test ends or stop is called; it returns its address and what it
// said on its error output by then.
func served(t *testing.T, args ...string) (addr string, stop func() (said string)) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	rd, wr := io.Pipe()
	var wg sync.WaitGroup
	var errs bytes.Buffer
	code := exitOK
	wg.Go(func() {
		code = run(ctx, append([]string{"serve", "--listen", "127.0.0.1:0"}, args...), wr, &errs)
		_ = wr.Close()
	})
	ready, err := bufio.NewReader(rd).ReadString('\n')
	if err != nil {
		cancel()
		wg.Wait()
		t.Fatalf("serve said %q, %v: %s", ready, err, errs.String())
	}
	var once sync.Once
	stop = func() string {
		once.Do(func() {
			cancel()
			wg.Wait()
			if code != exitOK {
				t.Errorf("serve ended with %d: %s", code, errs.String())
			}
		})
		return errs.String()
	}
	t.Cleanup(func() { stop() })
	return strings.TrimSpace(ready[strings.LastIndex(ready, " ")+1:]), stop
}

// replace edits a file of a directory.
func replace(t *testing.T, file, old, is string) {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Contains(data, []byte(old)) {
		t.Fatalf("%s does not hold %q", file, old)
	}
	if err := os.WriteFile(file, bytes.Replace(data, []byte(old), []byte(is), 1), 0o644); err != nil {
		t.Fatal(err)
	}
}

// A clerk gets the city, edits it, plans, applies, is told when somebody was faster, and goes back.
func TestCity_FromPlanToRollback(t *testing.T) {
	t.Parallel()
	city, data := toyCity(t), t.TempDir()
	replace(t, filepath.Join(city, "calendar.yaml"), "require_holidays: false", "require_holidays: true")
	if err := os.WriteFile(filepath.Join(city, "holidays", "2025.json"), []byte(`{"year": 2025, "days": [{"name": "元旦", "date": "2025-01-01", "isOffDay": true}]}`), 0o600); err != nil {
		t.Fatal(err)
	}
	addr, stop := served(t, "--city", city, "--data", data)
	as := func(person string) []string {
		secret, _ := wangge(t, exitOK, "token", "--city", city, "--data", data, "--person", person)
		return []string{"--server", addr, "--token", strings.TrimSpace(secret)}
	}
	office, leader, inspector := as("office"), as("mayor"), as("inspector")
	call := func(want int, who []string, args ...string) string {
		t.Helper()
		out, errs := wangge(t, want, append(args, who...)...)
		return out + errs
	}
	wants := func(got string, want ...string) {
		t.Helper()
		for _, w := range want {
			if !strings.Contains(got, w) {
				t.Errorf("printed %q, want %q in it", got, w)
			}
		}
	}
	report := func(id string) string {
		return call(exitOK, inspector, "report", "45.752", "126.602", "C0101", "--condition", "1", "--id", id, "--at", time.Now().Add(-time.Minute).Format(time.RFC3339))
	}
	wants(report("r-1"), "Water")
	dir := filepath.Join(t.TempDir(), "city")
	first := strings.TrimSpace(call(exitOK, office, "city", "get", dir))
	wants(call(exitWrong, office, "city", "get", dir), "not empty")
	wants(call(exitOK, office, "city", "plan", dir), "0 changes")

	replace(t, filepath.Join(dir, "rules.csv"), "40,C0101,,,,,,,,line:WATER", "40,C0101,,,,,,,,line:GREEN")
	plan := call(exitOK, office, "city", "plan", dir)
	wants(plan, "rule 40: owner line:WATER becomes line:GREEN", "Water -> Parks", "1 open case moves (1 owner,")
	wants(call(exitOK, office, "city", "plan", dir, "--lang", "zh"), "责任规则 40", "水务局 → 园林局")
	wants(call(exitWrong, office, "city", "apply", dir), "proposal.open_cases", "--against (proposal.base_revision)")
	wants(call(exitWrong, leader, "city", "apply", dir, "--against", first, "--open-cases", "keep"), "PERMISSION_DENIED", "grid office")
	wants(call(exitWrong, inspector, "city", "apply", dir, "--against", first, "--open-cases", "keep"), "PERMISSION_DENIED")
	wants(call(exitOK, office, "city", "apply", dir, "--against", first, "--open-cases", "keep", "--note", "winter"), "decides", "1 open case seen, 0 moved, 1 kept", "winter")
	wants(report("r-2"), "Parks")
	wants(call(exitWrong, office, "city", "apply", dir, "--against", first, "--open-cases", "keep"), "decides already")

	// Somebody else planned against the first revision, too.
	replace(t, filepath.Join(dir, "rules.csv"), "40,C0101,,,,,,,,line:GREEN", "40,C0101,,,,,,,,block:community")
	wants(call(exitWrong, office, "city", "apply", dir, "--against", first, "--open-cases", "keep"), "ABORTED", "office", "rules.csv:5", "plan again")
	wants(call(exitWrong, office, "city", "plan", dir, "--against", first), "applied since you planned", "winter")

	// A gap is refused, and named with what closes it.
	second := strings.Fields(plan)[2]
	if err := os.Remove(filepath.Join(dir, "holidays", "2026.json")); err != nil {
		t.Fatal(err)
	}
	wants(call(exitWrong, office, "city", "plan", dir), "gaps that open", "holidays/2026.json")
	wants(call(exitWrong, office, "city", "apply", dir, "--against", second, "--open-cases", "keep"), "2026")

	// So is what the city itself expects; both are waived with a reason, which the log shows.
	if err := os.WriteFile(filepath.Join(dir, "expectations.csv"), []byte("lat,lng,category,at,owner\n45.752,126.602,C0101,2026-03-04 09:00,department:WATER\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	wants(call(exitWrong, office, "city", "plan", dir), "expectations that are not met", "expectations.csv:2: owner is area:W1, expected department:WATER", "1 expectation, 1 not met")
	waived := call(exitOK, office, "city", "apply", dir, "--against", second, "--open-cases", "keep", "--from", time.Now().Add(time.Hour).Format(time.RFC3339), "--waive", "the decree is late")
	wants(waived, "waits", "gaps waived: the decree is late")
	wants(call(exitOK, office, "city", "log", "--rows"), "the decree is late", "reach 2026", "expectations.csv:2")
	wants(call(exitOK, office, "city", "withdraw", "--number", "3"), "withdrawn by office")
	wants(call(exitWrong, office, "city", "withdraw", "--number", "0"), "--number (name)", "revisions/17")

	// Back, with every open case by the old rules again.
	wants(call(exitOK, office, "city", "apply", "--revision", first, "--against", second, "--open-cases", "reroute"), first, "2 open cases seen, 1 moved")
	wants(call(exitOK, office, "city", "log", "--rows"), "4  "+first+"  decides", "2  "+second, "1  "+first, "rules.csv:5: rule 40")
	later := call(exitOK, office, "city", "apply", "--revision", second, "--against", first, "--open-cases", "keep", "--from", time.Now().Add(time.Hour).Format(time.RFC3339))
	wants(later, "waits")
	wants(call(exitOK, office, "city", "withdraw", "--number", "5"), "withdrawn by office")

	// A ruling routes the next case and says so.
	wants(call(exitWrong, office, "precedent", "create", "--unit", "department:GREEN", "--categories", "C0101", "--at", "45.752,126.602", "--radius", "100", "--text", "归市政"),
		"PERMISSION_DENIED", "a ruling needs")
	made := call(exitOK, leader, "precedent", "create", "--unit", "department:GREEN", "--categories", "C0101", "--at", "45.752,126.602", "--radius", "100", "--text", "归市政")
	id := strings.Fields(made)[0]
	wants(report("r-3"), "Parks")
	csv := filepath.Join(t.TempDir(), "rulings.csv")
	call(exitOK, leader, "precedent", "export", csv)
	if b, err := os.ReadFile(csv); err != nil || !strings.Contains(string(b), id+",in force,department:GREEN") {
		t.Errorf("export = %q, %v", b, err)
	}
	wants(call(exitOK, leader, "precedent", "export", "-", "--from", "2020-01-01", "--to", "2999-01-01"), id) // a quarter's
	if later := call(exitOK, leader, "precedent", "list", "--from", "2999-01-01"); strings.Contains(later, id) {
		t.Errorf("list of what is decided later = %q", later)
	}
	wants(call(exitWrong, leader, "precedent", "list", "--from", "soon"), "2026-04-01")
	wants(call(exitWrong, leader, "precedent", "create", "--unit", "department:X", "--categories", "Z9", "--area", "9", "--text", "x"), `unit "department:X" does not exist`, `"Z9" covers no category`, `area "9"`)
	for _, places := range [][]string{nil, {"--area", "9", "--section", "7"}} {
		more := append([]string{"precedent", "create", "--unit", "department:ROADS", "--categories", "C0101", "--text", "x"}, places...)
		wants(call(exitUsage, leader, more...), "name one place")
	}
	wants(call(exitWrong, leader, "precedent", "revoke", "x/y", "--reason", "x"), "ID (name)", "precedents/pr-")
	wants(call(exitOK, leader, "precedent", "revoke", id, "--reason", "expired contract"), "revoked")
	wants(report("r-4"), "Water")

	// The store's revision decides at the next start; another directory is said, not applied.
	if said := stop(); !strings.HasPrefix(said, "nobody is told: ") || strings.Count(said, "\n") != 1 { // it serves without a channel
		t.Errorf("serve said %q, want nothing but that nobody is told", said)
	}
	_, stop = served(t, "--data", data)
	stop()
	_, stop = served(t, "--city", dir, "--data", data)
	wants(stop(), dir, "is not used", first, "city plan")
}
