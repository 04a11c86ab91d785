package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"wangge/cmd/wangge/cli"
	"wangge/cmd/wangge/cli/clitest"
	"wangge/dispatch/city"

	"github.com/spf13/cobra"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	wanggev1 "wangge/api/wangge/v1"
)

// printedElsewhere are commands whose JSON other tests read, and those that print text.
var printedElsewhere = map[string]string{
	"wangge demo": "TestScripts/demo", "wangge load": "TestLoad_MeasuresEachPhase", "wangge city replay": "TestReplay_MonthUnderTwoRevisions",
	"wangge help": "text", "wangge case print": "HTML; refuses --json", "wangge completion bash": "text", "wangge completion zsh": "text", "wangge completion fish": "text", "wangge completion powershell": "text",
}

// Every command that prints prints objects of one dialect: the names of the wire in snake case, none empty, times in the
// city's zone; and the keys that are promised to scripts.
func TestJSON_EveryCommandPrintsOneDialect(t *testing.T) {
	t.Parallel()
	zone, err := time.LoadLocation("Asia/Shanghai")
	if err != nil {
		t.Fatal(err)
	}
	snow := []byte("id,name,categories,after_days\nsnow,降雪,E1,10\n")
	dir, data := twoDistricts(t, city.Directory{"campaigns.csv": snow}), filepath.Join(t.TempDir(), "data")
	bad := twoDistricts(t, city.Directory{"people.csv": []byte("id,name,fon\n,x,1\n"), "posts.csv": []byte("id,unit,role,person,rank,shift,from,to\n,area:T,leader,lead,1,,,\n")})
	changed := twoDistricts(t, city.Directory{"campaigns.csv": snow, "departments.csv": []byte("id,name,name_en,parent,phone\nD1,环卫处,Sanitation,,0571-2\n")})
	file := func(name, text string) string {
		t.Helper()
		at := filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(at, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return at
	}
	covered := map[string]bool{}
	seen := func(args []string) {
		t.Helper()
		c, _, err := cli.Tree("en", commands).Find(args)
		if err != nil {
			t.Fatal(err)
		}
		covered[c.CommandPath()] = true
	}
	says := func(want int, args ...string) []map[string]any {
		t.Helper()
		seen(args)
		out, errs := wangge(t, want, append(args, "--json")...)
		clitest.JSONLines(t, args, errs, zone)
		got := clitest.JSONLines(t, args, out, zone)
		if len(got) == 0 {
			t.Errorf("wangge %.3v printed nothing and said %q", args, errs)
			got = []map[string]any{{}}
		}
		return got
	}
	says(exitOK, "import", file("past.csv", pastHeader+"1,2026-10-12 09:00:00,,,暴露垃圾,30.02,120.03,热线,未结\n2,x,,,暴露垃圾,30.02,120.03,热线,未结\n"), "--city", dir, "--format", "f", "--data", data)

	addr, stop := served(t, "--city", dir, "--data", data)
	flags := map[string][]string{}
	as := func(person string, args ...string) []string {
		if flags[person] == nil {
			secret := says(exitOK, "token", "--city", dir, "--data", data, "--person", person)[0]["token"]
			flags[person] = []string{"--server", addr, "--token", fmt.Sprint(secret)}
		}
		return append(args, flags[person]...)
	}
	filed := says(exitOK, as("acc", "report", "30.02", "120.03", "E1", "--source", "hotline")...)[0]
	number := strings.TrimPrefix(filed["case"].(map[string]any)["name"].(string), "cases/")
	says(exitOK, as("lead", "case", "list", "--scope", "area:T", "--limit", "1")...)
	says(exitOK, as("lead", "case", "list", "--scope", "area:T", "--queue", "to_accept")...)
	says(exitOK, as("lead", "case", "queues", "--scope", "area:T")...)
	says(exitOK, as("lead", "case", "show", number)...)
	says(exitOK, as("acc", "case", "show", number)...) // sees the reporter's phone, which is recorded
	says(exitOK, as("lead", "access", "--case", number)...)
	says(exitWrong, as("lead", "case", "act", number, "start")...)
	says(exitOK, as("acc", "case", "act", number, "accept")...)
	says(exitOK, as("lead", "case", "reproject", "--reason", "x")...)
	says(exitOK, as("acc", "report", "30.0201", "120.0301", "E1", "--source", "public")...)
	says(exitOK, as("lead", "case", "duplicates", number)...)
	late := says(exitOK, as("lead", "overdue", "--scope", "area:T")...)[0]
	says(exitOK, as("lead", "overdue", "--scope", "area:T", "--summary")...)
	says(exitOK, as("lead", "overdue", "--scope", "area:T", "--leaders")...)
	says(exitOK, as("lead", "deadline", "--case", number)...)
	says(exitOK, as("lead", "campaign", "list")...)
	says(exitOK, as("lead", "campaign", "start", "snow")...)
	says(exitOK, as("lead", "deadline", "--case", number)...)
	says(exitOK, as("lead", "campaign", "stop", "snow")...)
	says(exitOK, as("lead", "campaign", "show", "snow")...)
	ruling := says(exitOK, as("lead", "precedent", "create", "--unit", "area:B", "--categories", "E1", "--area", "A", "--text", "x")...)[0]
	says(exitOK, as("lead", "precedent", "list")...)
	says(exitOK, as("lead", "precedent", "export", filepath.Join(t.TempDir(), "rulings.csv"))...)
	says(exitOK, as("lead", "precedent", "revoke", fmt.Sprint(ruling["name"]), "--reason", "x")...)
	phone := says(exitOK, as("lead", "token", "create", "--person", "acc", "--device", "phone")...)[0]
	says(exitOK, as("lead", "token", "list", "--person", "acc")...)
	name := fmt.Sprint(phone["token"].(map[string]any)["name"])
	again := says(exitOK, as("lead", "token", "renew", name)...)[0]
	says(exitOK, as("lead", "token", "revoke", name)...)
	says(exitOK, as("lead", "outbox", "replay")...)
	says(exitOK, as("lead", "me")...)
	says(exitOK, as("lead", "categories", "E1")...)
	says(exitOK, as("lead", "units", "--kind", "area", "--limit", "1")...)
	says(exitOK, as("lead", "areas", "--position", "30.02,120.03")...)
	says(exitOK, as("lead", "city", "public")...)
	covered["wangge outbox list"] = true // no notice was given up: nothing is printed
	says(exitOK, as("lead", "city", "plan", changed)...)
	applied := says(exitOK, as("lead", "city", "apply", changed, "--against", revisionOf(t, dir), "--open-cases", "keep", "--from", time.Now().AddDate(0, 1, 0).Format(time.DateOnly))...)[0]
	says(exitOK, as("lead", "city", "withdraw", "--number", strings.TrimPrefix(fmt.Sprint(applied["name"]), "revisions/"))...)
	says(exitOK, as("lead", "city", "log")...)
	says(exitOK, as("lead", "city", "get", filepath.Join(t.TempDir(), "now"))...)
	for _, more := range [][]string{{"--after", "0"}, {"--overview"}} {
		watched(t, zone, as("lead", append([]string{"watch", "--scope", "area:T", "--json"}, more...)...), seen)
	}
	stop()
	says(exitOK, "check", "--data", data, "--city", dir)
	head := says(exitOK, "audit", "head", "--data", data)[0]
	says(exitOK, "audit", "verify", "--data", data)
	says(exitOK, "audit", "prove", "--data", data, "--old", fmt.Sprint(head["head"]))
	watched(t, zone, []string{"serve", "--city", changed, "--data", data, "--listen", "127.0.0.1:0", "--json"}, seen)

	routed := says(exitOK, "route", "30.02", "120.03", "E1", "--city", dir, "--at", "2026-03-02T09:00")[0]
	lost := says(exitWrong, "route", "50.02", "120.03", "E1", "--city", dir, "--lang", "zh")[0]
	says(exitWrong, "route", "--city", dir, "--points", file("points.csv", "lat,lng,category\n30.02,120.03,E1\nx,120.03,E1\n30.02,120.03\n"))
	says(exitWrong, "route", "test", file("expectations.csv", "lat,lng,category,at,owner\n30.02,120.03,E1,2026-03-04 09:00,area:B\n"), "--city", dir)
	located := says(exitOK, "locate", "30.02", "120.03", "--city", dir)[0]
	says(exitWrong, "locate", "120.03", "30.02", "--city", dir)
	duty := says(exitOK, "on-duty", "30.02", "120.03", "E1", "--city", dir)[0]
	ends := says(exitOK, "deadline", dir, "--from", "2026-03-02T16:00", "--limit", "2", "--unit", "work_hours")[0]
	whole := says(exitOK, "city", "check", dir)[0]
	faulty := says(exitWrong, "city", "check", bad)[0]
	proof := says(exitOK, "city", "prove", townDirectory(t), "--from", "2026-03-02", "--to", "2026-03-09")[0]
	gaps := says(exitWrong, "city", "prove", dir, "--from", "2026-03-02", "--to", "2026-03-09")[0]
	says(exitOK, "city", "grid", dir, "--csv", filepath.Join(t.TempDir(), "grid.csv"))
	book := filepath.Join(t.TempDir(), "book.xlsx")
	says(exitOK, "city", "export", dir, "--xlsx", book)
	says(exitOK, "city", "import", book, twoDistricts(t, nil))
	says(exitOK, "sim", "--days", "1")

	for _, p := range []struct {
		what string
		of   map[string]any
		keys string
	}{
		{"route", routed, "lat lng cell areas.level areas.id areas.name owner.kind owner.unit owner.post owner.person co_owners rule category limit unit due border_m neighbour"},
		{"route to nowhere", lost, "lat lng category error"},
		{"deadline", ends, "start limit unit due counted.from counted.to skipped.from skipped.to skipped.why"},
		{"city check", faulty, "ok faults.file faults.line faults.message faults.suggestion"},
		{"city check of a whole city", whole, "ok faults"},
		{"city prove", proof, "proved open gaps"},
		{"city prove of an open city", gaps, "proved open gaps.areas gaps.categories gaps.from gaps.to gaps.why gaps.add"},
		{"overdue", late, "case category areas owner due late_seconds stage ladder_step"},
	} {
		for key := range strings.FieldsSeq(p.keys) {
			if !hasKey(p.of, strings.Split(key, ".")) {
				t.Errorf("%s has no %s: %v", p.what, key, p.of)
			}
		}
	}
	for _, gap := range gaps["gaps"].([]any) {
		if reason := fmt.Sprint(gap.(map[string]any)["reason"]); wanggev1.GapReason_value[reason] == 0 {
			t.Errorf("a gap has the reason %q, which the wire has not", reason)
		}
	}
	if text := fmt.Sprint(lost["error"]); strings.Contains(text, "outside") || !strings.Contains(text, "城市之外") {
		t.Errorf("route --lang zh says %q", text)
	}
	for _, p := range []struct {
		what  string
		of    map[string]any
		as    proto.Message
		other []string // of another kind here: see JSON.md
	}{
		{"route", routed, &wanggev1.ExplainRouteResponse{}, nil},
		{"locate", located, &wanggev1.LocateResponse{}, []string{"borders.area", "borders.neighbour"}},
		{"on-duty", duty, &wanggev1.OnDutyResponse{}, nil},
		{"deadline", ends, &wanggev1.ExplainDeadlineResponse{}, []string{"limit", "campaign", "second_dispatches"}}, // campaign: when there is one; second dispatches: of a case alone
		{"city check", whole, &wanggev1.CheckCityResponse{}, []string{"diagnostics"}},
		{"city prove", gaps, &wanggev1.CoverageSummary{}, nil},
		{"a gap", gaps["gaps"].([]any)[0].(map[string]any), &wanggev1.CoverageGap{}, nil},
		{"overdue", late, &wanggev1.Case{}, nil},
		{"token create", phone, &wanggev1.CreateTokenResponse{}, nil},
		{"token renew", again, &wanggev1.RenewTokenResponse{}, nil},
	} {
		for _, name := range lacks(p.of, p.as.ProtoReflect().Descriptor(), "", p.other) {
			t.Errorf("%s has no %s", p.what, name)
		}
	}
	var each func(*cobra.Command)
	each = func(c *cobra.Command) {
		for _, below := range c.Commands() {
			each(below)
		}
		if c.Runnable() && c.Annotations["groups"] == "" && !covered[c.CommandPath()] && printedElsewhere[c.CommandPath()] == "" {
			t.Errorf("no JSON of %s was read", c.CommandPath())
		}
	}
	each(cli.Tree("en", commands))
}

// hasKey looks for a key below others; of a list the first item counts.
func hasKey(of map[string]any, path []string) bool {
	v, ok := of[path[0]]
	if !ok || len(path) == 1 {
		return ok
	}
	if items, list := v.([]any); list && len(items) > 0 {
		v = items[0]
	}
	inner, ok := v.(map[string]any)
	return ok && hasKey(inner, path[1:])
}

// lacks names the fields of a message that an object has no key for, and those of the messages in it.
func lacks(object map[string]any, of protoreflect.MessageDescriptor, at string, other []string) []string {
	var out []string
	for i := range of.Fields().Len() {
		field := of.Fields().Get(i)
		path := at + string(field.Name())
		v, ok := object[string(field.Name())]
		if slices.Contains(other, path) {
			continue
		}
		if !ok {
			if field.ContainingOneof() == nil && (field.Message() == nil || field.IsList()) { // a message, and all but one of a oneof, may be unset
				out = append(out, path)
			}
			continue
		}
		if field.Message() == nil {
			continue
		}
		items, list := v.([]any)
		if !list {
			items = []any{v}
		}
		for _, item := range items {
			if inner, ok := item.(map[string]any); ok {
				out = append(out, lacks(inner, field.Message(), path+".", other)...)
			}
		}
	}
	return out
}

func revisionOf(t *testing.T, dir string) string {
	t.Helper()
	out, _ := wangge(t, exitOK, "city", "check", dir, "--json")
	return fmt.Sprint(clitest.JSONLines(t, nil, out, time.UTC)[0]["revision"])
}

// watched reads the first line of a command that goes on until it is stopped, and the note with which the command ends.
func watched(t *testing.T, zone *time.Location, args []string, seen func([]string)) {
	t.Helper()
	seen(args)
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	out, errs := &firstLine{stop: stop}, &firstLine{stop: func() {}}
	if code := run(ctx, args, out, errs); code != exitOK {
		t.Errorf("wangge %.4v = exit %d: %s", args, code, errs.text())
	}
	clitest.JSONLines(t, args, errs.text(), zone)
	if got := clitest.JSONLines(t, args, out.text(), zone); len(got) == 0 {
		t.Errorf("wangge %.4v printed nothing", args)
	}
}

// firstLine keeps what is written and calls stop once a line is whole. Safe for concurrent use.
type firstLine struct {
	mu   sync.Mutex
	all  strings.Builder
	stop func()
}

func (f *firstLine) Write(b []byte) (int, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.all.Write(b)
	if bytes.Contains(b, []byte("\n")) {
		f.stop()
	}
	return len(b), nil
}

func (f *firstLine) text() string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.all.String()
}
