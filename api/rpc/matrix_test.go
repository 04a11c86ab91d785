package rpc

import (
	"context"
	"flag"
	"fmt"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/encoding/prototext"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"

	wanggev1 "wangge/api/wangge/v1"
	"wangge/dispatch/city/roster"
)

// The matrix of rights is a table of every method by the role of the caller: testdata/matrix.golden. Methods and acts
// are found by reflection; a method without a sample in matrix_samples_test.go, and an act without one in
// matrix_acts_test.go, fails the test. After a change that is meant:
//
//	go test ./api/rpc -run TestMatrix -update
var updateGoldens = flag.Bool("update", false, "write testdata/matrix.golden and testdata/transcripts anew; review the difference")

const matrixFile = "testdata/matrix.golden"

// column is one kind of caller.
type column struct {
	name   string
	person roster.PersonID // "" = no token
	ended  bool            // the token was revoked
}

// matrixColumns are the callers. The case of a row lies in the old town; other district leads the new town. A city whose
// program knows no role of arbiter has the leader rule.
func matrixColumns() []column {
	arbiter := roster.PersonID("boss")
	if hasArbiter() {
		arbiter = "arbiter"
	}
	return []column{
		{name: "inspector", person: "eyes"},
		{name: "checker", person: "look"},
		{name: "acceptor", person: "desk"},
		{name: "dispatcher", person: "send"},
		{name: "owner", person: "pipe"},
		{name: "handler", person: "crew"},
		{name: "duty chief", person: "duty"},
		{name: "leader", person: "boss"},
		{name: "arbiter", person: arbiter},
		{name: "grid office", person: "office"},
		{name: "other district", person: "far"},
		{name: "no post", person: "nobody"},
		{name: "no token"},
		{name: "revoked token", person: "boss", ended: true},
	}
}

func hasArbiter() bool { return slices.Contains(roster.Roles, "arbiter") }

// row is one line of the matrix: a method or an act, on a case at one stage.
type row struct {
	name   string
	method method
	alone  bool // each caller has a city of its own: the call changes it
	turned bool // the city has two revisions
	sample func(*cell) proto.Message
	fits   bool // somebody may do it: no row that fits is without an ok
}

// cell is one call of the matrix.
type cell struct {
	*matrixWorld
	caller column
}

// outcome is the answer to a caller: "ok", or the reason of the refusal.
type outcome struct {
	word string
	code codes.Code
}

// TestMatrix_EveryMethodByRole holds every method and every act, for every kind of caller, to the table.
func TestMatrix_EveryMethodByRole(t *testing.T) {
	if testing.Short() {
		t.Skip("a world for each of two thousand calls: without -short")
	}
	t.Parallel()
	rows := append(methodRows(t), actRows(t)...)
	cells := make([][]outcome, len(rows))
	t.Run("rows", func(t *testing.T) {
		for i, r := range rows {
			t.Run(r.name, func(t *testing.T) {
				t.Parallel()
				cells[i] = r.outcomes(t)
			})
		}
	})
	if slices.ContainsFunc(cells, func(line []outcome) bool { return line == nil }) {
		return // -run chose some rows, or a row failed
	}
	got := matrixText(rows, cells)
	if *updateGoldens {
		if err := os.WriteFile(matrixFile, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	data, err := os.ReadFile(matrixFile)
	if err != nil {
		t.Fatal(err)
	}
	was, is := strings.Split(string(data), "\n"), strings.Split(got, "\n")
	for _, line := range was {
		if !slices.Contains(is, line) {
			t.Errorf("no longer so: %s", line)
		}
	}
	for _, line := range is {
		if !slices.Contains(was, line) {
			t.Errorf("now so:       %s", line)
		}
	}
	if !t.Failed() && string(data) != got {
		t.Error("the rows have another order")
	}
}

// outcomes calls the method of a row as every caller.
func (r row) outcomes(t *testing.T) []outcome {
	t.Helper()
	var out []outcome
	var w *matrixWorld
	for _, caller := range matrixColumns() {
		if w == nil || r.alone {
			w = newMatrixWorld(t, r.turned)
		}
		c := &cell{w, caller}
		req := r.sample(c)
		text, err := w.call(w.caller(caller), &dynamicMessage{req, r.method})
		o := outcomeOf(text, err)
		if leaked := r.leaked(caller, text, req); leaked != "" {
			t.Errorf("%s tells %s %s: %s", r.name, caller.name, leaked, text)
		}
		if slices.Contains([]codes.Code{codes.Internal, codes.Unknown, codes.DeadlineExceeded, codes.Unimplemented}, o.code) {
			t.Errorf("%s as %s: %v", r.name, caller.name, err)
		}
		out = append(out, o)
	}
	for i, c := range matrixColumns() {
		if why := r.wrong(c, out[i].word); why != "" {
			t.Errorf("%s as %s is answered %s: %s", r.name, c.name, out[i].word, why)
		}
	}
	if r.fits && !slices.ContainsFunc(out, func(o outcome) bool { return o.word == "ok" }) {
		t.Errorf("%s: no caller is answered ok, so the sample shows nothing: %v", r.name, out)
	}
	return out
}

// wrong says why an answer is wrong whatever the table says; "" = it is not.
func (r row) wrong(c column, word string) string {
	ok, act := word == "ok", strings.HasPrefix(r.name, "act ")
	switch {
	case c.person == "" && word != "token-missing":
		return "without a token nothing is answered"
	case c.ended && word != "token-unknown":
		return "a revoked token is no token"
	case c.name == "no post" && ok:
		return "a person without a post may call nothing"
	case c.name == "grid office" && ok && act && !strings.HasPrefix(r.name, "act comment "):
		return "the grid office does no act on a case"
	case c.name == "grid office" && ok && slices.Contains([]string{"PrecedentService.CreatePrecedent", "PrecedentService.RevokePrecedent"}, r.name):
		return "the grid office rules nothing"
	case c.name != "grid office" && ok && r.keeps():
		return "only the grid office keeps the directory"
	case c.name == "other district" && ok && (act || r.asksOfCase()):
		return "the case is another district's"
	}
	return ""
}

// asksOfCase reports whether the request of the row names a case, and the answer tells of it.
func (r row) asksOfCase() bool {
	return r.name == "CaseService.GetCase" || strings.HasPrefix(r.name, "CaseService.") && r.method.Input().Fields().ByName("parent") != nil
}

// leaked lists the facts in an answer to a caller of another district, or without a post or a token, that the caller may not know:
// a case of the old town, its reporter, or a phone; "" = nothing. What the request names is no news, and a report is
// answered with its own case.
func (r row) leaked(c column, text string, req proto.Message) string {
	if !slices.Contains([]string{"other district", "no post", "no token", "revoked token"}, c.name) {
		return ""
	}
	asked := prototext.Format(req)
	for _, secret := range secrets.FindAllString(text, -1) {
		if !strings.Contains(asked, secret) && !(strings.HasPrefix(r.name, "ReportService.") && strings.HasPrefix(secret, "cases/")) {
			return secret
		}
	}
	return ""
}

var secrets = regexp.MustCompile(`0451-[0-9]+|cases/[0-9-]+|people/eyes`)

// keeps reports whether the method is the grid office's alone.
func (r row) keeps() bool {
	return slices.Contains([]string{
		"CaseService.ReprojectDeadlines", "CityService.CheckCity", "CityService.PlanCity", "CityService.ApplyCity",
		"CityService.WithdrawRevision", "CityService.DownloadCity", "TokenService.CreateToken",
	}, r.name)
}

// outcomeOf is the answer of a call. A batch is answered OK as a whole; its one item counts.
func outcomeOf(text string, err error) outcome {
	if err == nil {
		if _, item, ok := strings.Cut(text, `"status":`); ok {
			_, reason, _ := strings.Cut(item, `"reason":"`)
			reason, _, _ = strings.Cut(reason, `"`)
			return outcome{"*" + wordOf(reason), codes.OK}
		}
		return outcome{"ok", codes.OK}
	}
	code := status.Code(err)
	for _, d := range status.Convert(err).Details() {
		if info, ok := d.(*errdetails.ErrorInfo); ok && info.GetReason() != "" {
			return outcome{wordOf(info.GetReason()), code}
		}
	}
	return outcome{wordOf(code.String()), code}
}

func wordOf(reason string) string { return strings.ToLower(strings.ReplaceAll(reason, "_", "-")) }

// matrixText renders the table: a legend of the words, then a line a row.
func matrixText(rows []row, cells [][]outcome) string {
	columns, legend := matrixColumns(), map[string]map[string]bool{}
	widths := make([]int, len(columns)+1)
	for i, r := range rows {
		widths[0] = max(widths[0], len(r.name))
		for j, o := range cells[i] {
			widths[j+1] = max(widths[j+1], len(columns[j].name), len(o.word))
			if legend[o.word] == nil {
				legend[o.word] = map[string]bool{}
			}
			legend[o.word][o.code.String()] = true
		}
	}
	var b strings.Builder
	b.WriteString("# Who may call what: every method, and every act at a stage where it fits and at one where it doesn't.\n" +
		"# Written by: go test ./api/rpc -run TestMatrix -update\n#\n# A cell is ok, or the reason of the refusal, with * that of the one item of a batch; its code:\n")
	for _, word := range slices.Sorted(maps.Keys(legend)) {
		fmt.Fprintf(&b, "#   %-24s %s\n", word, strings.Join(slices.Sorted(maps.Keys(legend[word])), ", "))
	}
	line := func(words []string) {
		var l strings.Builder
		for i, word := range words {
			l.WriteString(word + strings.Repeat(" ", widths[i]-utf8.RuneCountInString(word)+2))
		}
		b.WriteString(strings.TrimRight(l.String(), " ") + "\n")
	}
	head := []string{""}
	for _, c := range columns {
		head = append(head, c.name)
	}
	b.WriteString("\n")
	line(head)
	for i, r := range rows {
		words := []string{r.name}
		for _, o := range cells[i] {
			words = append(words, o.word)
		}
		line(words)
	}
	return b.String()
}

// methodRows are the methods that do no act, in the order of the services' names.
func methodRows(t *testing.T) []row {
	t.Helper()
	samples, known := matrixSamples(), map[string]bool{}
	var rows []row
	for _, m := range serviceMethods() {
		name := string(m.Parent().Name()) + "." + string(m.Name())
		if m.Name() == "ActOnCase" {
			continue
		}
		known[name] = true
		s, ok := samples[name]
		if !ok {
			t.Errorf("%s has no sample request: add one to matrixSamples in matrix_samples_test.go, then run with -update", name)
			continue
		}
		rows = append(rows, row{name: name, method: method{m, nil}, alone: s.alone, turned: s.turned, sample: s.request, fits: true})
	}
	for name := range samples {
		if !known[name] {
			t.Errorf("matrixSamples has %s, which no service has; remove it", name)
		}
	}
	return rows
}

// actRows are two rows an act: at the stage where it fits, and at one where it does not.
func actRows(t *testing.T) []row {
	t.Helper()
	var on protoreflect.MethodDescriptor
	for _, m := range serviceMethods() {
		if m.Name() == "ActOnCase" {
			on = m
		}
	}
	var rows []row
	members := (&wanggev1.CaseAct{}).ProtoReflect().Descriptor().Oneofs().ByName("act").Fields()
	samples := actSamples()
	for i := range members.Len() {
		name := string(members.Get(i).Name())
		s, ok := samples[name]
		if !ok {
			t.Errorf("act %s has no sample: add one to actSamples in matrix_acts_test.go, then run with -update", name)
			continue
		}
		for _, stage := range []string{s.fits, s.elsewhere()} {
			rows = append(rows, row{
				name: "act " + name + " @" + stage, method: method{on, members.Get(i)}, fits: stage == s.fits,
				sample: func(c *cell) proto.Message {
					cs := c.at(stage)
					act := caseAct("n", s.act(c, cs))
					return &wanggev1.ActOnCaseRequest{Name: cs.GetName(), RequestId: c.id(), Act: act}
				},
			})
		}
		delete(samples, name)
	}
	for name := range samples {
		t.Errorf("actSamples has %s, which is no act; remove it", name)
	}
	return rows
}

// serviceMethods are the methods of the services of package wangge.v1, by service, then as the service lists them.
func serviceMethods() []protoreflect.MethodDescriptor {
	var services []protoreflect.ServiceDescriptor
	protoregistry.GlobalFiles.RangeFilesByPackage("wangge.v1", func(f protoreflect.FileDescriptor) bool {
		for i := range f.Services().Len() {
			services = append(services, f.Services().Get(i))
		}
		return true
	})
	slices.SortFunc(services, func(a, b protoreflect.ServiceDescriptor) int {
		return strings.Compare(string(a.Name()), string(b.Name()))
	})
	var out []protoreflect.MethodDescriptor
	for _, s := range services {
		for i := range s.Methods().Len() {
			out = append(out, s.Methods().Get(i))
		}
	}
	return out
}

// caller is the context of a caller.
func (w *matrixWorld) caller(c column) context.Context {
	switch {
	case c.person == "":
		return context.Background()
	case c.ended:
		return w.revoked
	}
	return w.of(c.person)
}
