package rpc

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/reflect/protoreflect"

	"wangge/api/rpc/convert"
	wanggev1 "wangge/api/wangge/v1"
	"wangge/dispatch"
	"wangge/dispatch/city/roster"
	"wangge/dispatch/lifecycle"
	"wangge/dispatch/rights"
)

// Who has no right to an act is told so whatever the request lacks and wherever the case stands; who has it
// is told of the stage, or of what is missing.
func TestRefusal_RightBeforeWhatIsMissing(t *testing.T) {
	t.Parallel()
	w, _, _ := rightsWorld(t)
	tw := &townWorld{w, w.desk.City().Location}
	cs := tw.report("seen", "C01", "1", oldTown)
	far := tw.report("far", "E01", "", newTown)
	for _, act := range lifecycle.PersonsActs() {
		if act == dispatch.ActComment {
			continue
		}
		for _, note := range []string{"", strings.Repeat("x", 5000)} {
			_, err := w.actOn(w.as("office", "en"), cs.GetName(), "bad id!", bareAct(act, note))
			if code := status.Code(err); code != codes.PermissionDenied {
				t.Errorf("%s of the grid office, which has no right to it: %v", act, err)
			}
			_, err = w.actOn(w.as("oldo", "en"), far.GetName(), "bad id!", bareAct(act, note))
			if code := status.Code(err); code != codes.NotFound {
				t.Errorf("%s of a case of another district, with faults: %v", act, err)
			}
		}
	}
	batch := &wanggev1.BatchActOnCasesRequest{Act: bareAct(dispatch.ActClose, ""), Targets: targets([]*wanggev1.Case{cs, far}), RequestId: "b-1"}
	_, err := w.cases().BatchActOnCases(w.as("office", "en"), batch)
	w.want(err, codes.PermissionDenied, "acceptor")
	_, err = w.cases().BatchActOnCases(w.as("desk", "en"), batch)
	w.want(err, codes.FailedPrecondition, "possible now")
	batch.Act = bareAct(dispatch.ActReclassify, "")
	_, err = w.cases().BatchActOnCases(w.as("desk", "en"), batch)
	w.want(err, codes.InvalidArgument, "note")
	_, err = w.cases().ListCases(w.as("oldo", "en"), &wanggev1.ListCasesRequest{Scope: "areas/new", State: wanggev1.CaseState_CASE_STATE_OVERDUE, Filter: "(("})
	w.want(err, codes.NotFound, "Old Town (area:old)")
	_, err = w.cases().ListCases(w.as("oldo", "en"), &wanggev1.ListCasesRequest{Scope: "areas/new", OrderBy: "size"})
	w.want(err, codes.NotFound, "Old Town (area:old)")
	_, err = wanggev1.NewPrecedentServiceClient(w.conn).CreatePrecedent(w.as("oldo", "en"), &wanggev1.CreatePrecedentRequest{})
	w.want(err, codes.PermissionDenied, "a ruling needs", "leader, duty chief")
	_, err = w.cases().ReprojectDeadlines(w.as("oldo", "en"), &wanggev1.ReprojectDeadlinesRequest{})
	w.want(err, codes.PermissionDenied, "grid office")
}

// A caller who has a right to the act at another stage is told that the stage is the reason. The acts listed as
// possible now are those of this caller.
func TestRefusal_StageForAPersonWhoMayActLater(t *testing.T) {
	t.Parallel()
	w, _, _ := rightsWorld(t)
	tw := &townWorld{w, w.desk.City().Location}
	cs := tw.report("seen", "C01", "1", oldTown) // dispatched to WATER
	photo := []string{strings.Repeat("ab", 32)}
	for _, tt := range []struct {
		name   string
		person roster.PersonID
		call   func(ctx context.Context) error
		code   codes.Code
		words  string
	}{
		{"the leader rules before a dispute", "boss", func(ctx context.Context) error {
			_, err := w.actOn(ctx, cs.GetName(), "s-1", caseAct("n", &wanggev1.ArbitrateAct{Unit: "departments/WATER"}))
			return err
		}, codes.FailedPrecondition, "dispatched; possible now"},
		{"an acceptor never rules", "desk", func(ctx context.Context) error {
			_, err := w.actOn(ctx, cs.GetName(), "s-1", caseAct("n", &wanggev1.ArbitrateAct{Unit: "departments/WATER"}))
			return err
		}, codes.PermissionDenied, "leader"},
		{"the dispatcher grants what nobody asked for", "send", func(ctx context.Context) error {
			_, err := w.actOn(ctx, cs.GetName(), "s-1", caseAct("n", &wanggev1.DecideExtensionAct{Granted: new(true)}))
			return err
		}, codes.FailedPrecondition, "nobody has asked"},
		{"an inspector never grants", "eyes", func(ctx context.Context) error {
			_, err := w.actOn(ctx, cs.GetName(), "s-1", caseAct("n", &wanggev1.DecideExtensionAct{Granted: new(true)}))
			return err
		}, codes.PermissionDenied, "leader"},
		{"the acceptor decides no appeal of an open case", "desk", func(ctx context.Context) error {
			_, err := w.actOn(ctx, cs.GetName(), "s-1", caseAct("n", &wanggev1.DecideAppealAct{Granted: new(true)}))
			return err
		}, codes.FailedPrecondition, "possible now"},
		{"the owner resolves before the start", "pipe", func(ctx context.Context) error {
			_, err := w.actOn(ctx, cs.GetName(), "s-1", caseAct("n", &wanggev1.ResolveAct{PhotoHashes: photo}))
			return err
		}, codes.FailedPrecondition, "possible now: return, start"},
		{"the checker checks before it is resolved", "look", func(ctx context.Context) error {
			_, err := w.actOn(ctx, cs.GetName(), "s-1", caseAct("n", &wanggev1.CheckAct{Passed: new(true), Position: cs.GetReport().GetPosition()}))
			return err
		}, codes.FailedPrecondition, "possible now: comment"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w.t = t
			err := tt.call(w.as(tt.person, "en"))
			w.want(err, tt.code, tt.words)
			if tt.code == codes.FailedPrecondition {
				got, err2 := w.cases().GetCase(w.as(tt.person, "en"), &wanggev1.GetCaseRequest{Name: cs.GetName()})
				if err2 != nil {
					t.Fatal(err2)
				}
				if have, want := possibleOf(err), wireNames(actsOf(got)); have != want {
					t.Errorf("possible is %s, %s may %s", have, tt.person, want)
				}
			}
		})
	}
	w.t = t
	// A start of what is started is told in words, too, what this caller may do.
	start := func(id string) error {
		_, err := w.actOn(w.as("pipe", "en"), cs.GetName(), id, caseAct("", &wanggev1.StartAct{}))
		return err
	}
	if err := start("s-3"); err != nil {
		t.Fatal(err)
	}
	again := start("s-4")
	got, err := w.cases().GetCase(w.as("pipe", "en"), &wanggev1.GetCaseRequest{Name: cs.GetName()})
	if err != nil {
		t.Fatal(err)
	}
	w.want(again, codes.FailedPrecondition, "being handled by 供水负责人 (pipe); possible now: "+strings.Join(convert.Names(actsOf(got)), ", "))
	hotline := tw.reportAs("desk", &wanggev1.Report{ClientId: "h", Category: "E01", Source: wanggev1.Source_SOURCE_HOTLINE, Text: "x", CaptureTime: cs.GetCreateTime(), Position: cs.GetReport().GetPosition()})
	// Before there is an owner, a person with a post above the place is told of the stage.
	_, err = w.actOn(w.as("oldo", "en"), hotline.GetName(), "s-2", caseAct("", &wanggev1.StartAct{}))
	w.want(err, codes.FailedPrecondition, "reported; possible now")
	_, err = w.actOn(w.as("eyes", "en"), hotline.GetName(), "s-2", caseAct("", &wanggev1.StartAct{}))
	w.want(err, codes.PermissionDenied, "owner")
}

// Every act, at every stage that a case comes to, of every person of the town, with a request that lacks everything:
// first whether the caller has a right to it, then whether the case takes it now, and only then all that it lacks.
func TestRefusal_RightThenStageThenWhatIsMissing(t *testing.T) {
	t.Parallel()
	w, _, _ := rightsWorld(t)
	tw := &townWorld{w, w.desk.City().Location}
	cs := tw.report("seen", "C01", "1", oldTown) // dispatched to WATER
	told, seen := map[codes.Code]int{}, dispatch.Stage(0)
	sweep := func() {
		is, err := w.desk.Case(t.Context(), "boss", caseOf(t, cs))
		if err != nil {
			t.Fatal(err)
		}
		if is.Stage == seen {
			return
		}
		seen = is.Stage
		c := w.desk.City()
		for _, act := range lifecycle.PersonsActs() {
			for _, p := range []roster.PersonID{"eyes", "desk", "send", "look", "boss", "oldo", "pipe", "office"} {
				needs, _ := lifecycle.NeedsOf(act)
				id := "good-id"
				if len(needs) == 0 { // nothing is missing: a wrong value keeps the act from being done
					id = "bad id!"
				}
				_, err := w.actOn(w.as(p, "en"), cs.GetName(), id, bareAct(act, ""))
				want := codes.InvalidArgument
				if _, no := lifecycle.Authorize(c, p, act, is, w.Now()); no != nil {
					if want = codes.PermissionDenied; !rights.MayRead(c, p, is, w.Now()) {
						want = codes.NotFound
					}
					if refused := (*dispatch.RefusedError)(nil); errors.As(no, &refused) {
						want = codes.FailedPrecondition
					}
				} else if len(needs) > 0 && lifecycle.Refusal(c, p, act, is, w.Now()) != nil {
					want = codes.FailedPrecondition
				}
				if told[want]++; status.Code(err) != want {
					t.Errorf("%s of %s while the case is %s: %v, want %v", act, p, is.Stage, err, want)
				}
				if want == codes.InvalidArgument {
					for _, n := range needs {
						if !strings.Contains(err.Error(), n.Field()) && c.Defaults.CheckWithinM > 0 {
							t.Errorf("%s of %s is not asked for %s: %v", act, p, n.Field(), err)
						}
					}
				}
			}
		}
	}
	photo := []string{strings.Repeat("ab", 32)}
	reach := func(milestone string) func() error {
		return func() error {
			_, err := w.actOn(w.as("pipe", "en"), cs.GetName(), "t-"+milestone, caseAct("n", &wanggev1.CompleteMilestoneAct{Milestone: milestone, PhotoHashes: photo}))
			return err
		}
	}
	sweep()
	for _, step := range []func() error{
		func() error {
			_, err := w.actOn(w.as("pipe", "en"), cs.GetName(), "t-1", caseAct("n", &wanggev1.StartAct{}))
			return err
		},
		reach("safe"), reach("repair"), reach("restore"),
		func() error {
			_, err := w.actOn(w.as("pipe", "en"), cs.GetName(), "t-2", caseAct("n", &wanggev1.ResolveAct{PhotoHashes: photo}))
			return err
		},
		func() error {
			_, err := w.actOn(w.as("look", "en"), cs.GetName(), "t-3", caseAct("n", &wanggev1.CheckAct{Passed: new(true), PhotoHashes: photo, Position: cs.GetReport().GetPosition()}))
			return err
		},
		func() error {
			_, err := w.actOn(w.as("desk", "en"), cs.GetName(), "t-4", caseAct("n", &wanggev1.CloseAct{Closing: "路面恢复", Outcome: wanggev1.Outcome_OUTCOME_FIXED}))
			return err
		},
	} {
		if err := step(); err != nil {
			t.Fatal(err)
		}
		sweep()
	}
	for _, code := range []codes.Code{codes.PermissionDenied, codes.FailedPrecondition, codes.InvalidArgument} {
		if told[code] < 20 {
			t.Errorf("%s is told %d times only", code, told[code])
		}
	}
}

// bareAct is an act without its fields.
func bareAct(act dispatch.Act, note string) *wanggev1.CaseAct {
	out := &wanggev1.CaseAct{Note: note}
	m := out.ProtoReflect()
	member := m.Descriptor().Fields().ByName(protoreflect.Name(convert.ActField(act)))
	if member == nil {
		panic(fmt.Sprintf("act %q has no message: add %q to CaseAct of act.proto", act, convert.ActField(act)))
	}
	m.Mutable(member)
	return out
}

func caseOf(t *testing.T, cs *wanggev1.Case) dispatch.CaseID {
	t.Helper()
	id, err := dispatch.ParseCaseID(strings.TrimPrefix(cs.GetName(), "cases/"))
	if err != nil {
		t.Fatal(err)
	}
	return id
}

// wireNames are the names of acts on the wire, divided by commas.
func wireNames(acts []dispatch.Act) string {
	names := make([]string, len(acts))
	for i, act := range acts {
		names[i] = convert.ActField(act)
	}
	return strings.Join(names, ", ")
}

// possibleOf is what an error says is possible.
func possibleOf(err error) string {
	for _, d := range status.Convert(err).Details() {
		if info, ok := d.(*errdetails.ErrorInfo); ok {
			return info.GetMetadata()["possible"]
		}
	}
	return ""
}
