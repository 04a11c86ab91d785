package rpc

import (
	"slices"
	"strings"
	"testing"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/known/timestamppb"

	"wangge/api/rpc/convert"
	"wangge/api/rpc/request"
	wanggev1 "wangge/api/wangge/v1"
	"wangge/dispatch"
	"wangge/dispatch/city/roster"
	"wangge/dispatch/lifecycle"
)

var autumn = time.Date(2026, 10, 12, 0, 0, 0, 0, time.UTC)

// Every field of every act of the wire reaches the command.
func TestAct_EveryFieldReachesTheCommand(t *testing.T) {
	t.Parallel()
	c := town(t)
	fill, words := plausible(&wanggev1.Case{Name: "cases/20260304-000001"}, "r", "", "")
	for _, field := range []string{"resume_time", "end_time", "due_time"} {
		fill[field] = timestamppb.New(autumn)
	}
	words["categories"], words["condition"], words["handler"] = "E*", "1", "people/pipe"
	for _, act := range lifecycle.PersonsActs() {
		m, ok := methods(t)["ActOnCase."+convert.ActField(act)]
		if !ok {
			t.Errorf("act %q has no message: add %q to CaseAct of act.proto", act, convert.ActField(act))
			continue
		}
		req := asking(m, fill, words).req.(*wanggev1.ActOnCaseRequest)
		if a := req.GetAct().GetArbitrate(); a != nil {
			a.RadiusM = 50
		}
		f := request.New(t.Context(), c, autumn)
		cmd, lacks := f.CaseAct(req.GetAct())
		if err := f.Err(); err != nil || lacks != 0 || cmd.Act != act {
			t.Errorf("%s is read as %q, lacks %d: %v", act, cmd.Act, lacks, err)
		}
		must, may := lifecycle.NeedsOf(act)
		for _, n := range slices.Concat(must, may) {
			if !n.Given(&cmd) {
				t.Errorf("%s: %s of %v does not reach the command %+v", act, n.Field(), req.GetAct(), cmd)
			}
		}
		if decides := slices.Contains(must, dispatch.NeedVerdict) || slices.Contains(must, dispatch.NeedGrant); cmd.Passed != decides {
			t.Errorf("%s: the decision is %v", act, cmd.Passed)
		}
	}
}

// A recipient is stored in the words of a step of an escalation policy. What names nobody of the city is refused.
func TestAct_Recipient(t *testing.T) {
	t.Parallel()
	c := town(t)
	for _, tt := range []struct {
		member protoreflect.Name
		value  any
		want   string // "": refused
	}{
		{"superior", int32(1), "superior"},
		{"superior", int32(2), "superior_2"},
		{"superior", int32(9), "superior_9"},
		{"superior", int32(0), ""},
		{"superior", int32(10), ""},
		{"superior", int32(-1), ""},
		{"level", c.Levels[1], "level:" + c.Levels[1]},
		{"level", "moon", ""},
		{"city_leader", true, "city_leader"},
		{"city_leader", false, ""},
		{"co_owners", true, "co_owners"},
		{"co_owners", false, ""},
		{"role", "duty_chief", "duty_chief"},
		{"role", "owner", "owner"},
		{"role", "superior", ""},
		{"role", "", ""},
		{"post", "departments/WATER/posts/owner", "post:owner@department:WATER"},
		{"post", "owner@department:WATER", ""},
		{"post", "departments/WATER/posts/patron", ""},
	} {
		f := request.New(t.Context(), c, autumn)
		cmd, lacks := f.CaseAct(caseAct("n", escalateTo(tt.member, tt.value)))
		if tt.want != "" {
			if err := f.Err(); err != nil || cmd.To != tt.want || !c.ValidRecipient(cmd.To) {
				t.Errorf("%s %v is read as %q, %v; want %q", tt.member, tt.value, cmd.To, err, tt.want)
			}
			continue
		}
		if err := f.Err(); !slices.Equal(fieldsOf(err), []string{"act.escalate.recipient." + string(tt.member)}) || lacks != 0 {
			t.Errorf("%s %v: %v, lacks %d", tt.member, tt.value, err, lacks)
		}
	}
	for _, none := range []*wanggev1.EscalateAct{{}, {Recipient: &wanggev1.Recipient{}}} {
		f := request.New(t.Context(), c, autumn)
		if _, lacks := f.CaseAct(caseAct("n", none)); lacks != 1 || !f.Has("act.escalate.recipient") {
			t.Errorf("no recipient: lacks %d, %v", lacks, f.Err())
		}
	}
}

// A request without an act says which acts there are, whatever else is wrong with it.
func TestAct_None(t *testing.T) {
	t.Parallel()
	w, _, _ := rightsWorld(t)
	cs := (&townWorld{w, w.desk.City().Location}).report("seen", "C01", "1", oldTown)
	for _, act := range []*wanggev1.CaseAct{nil, {}, {Note: "\x00"}} {
		_, single := w.actOn(w.as("pipe", "en"), cs.GetName(), "bad id!", act)
		_, batch := w.cases().BatchActOnCases(w.as("pipe", "en"), &wanggev1.BatchActOnCasesRequest{Targets: targets([]*wanggev1.Case{cs}), RequestId: "bad id!", Act: act})
		for _, err := range []error{single, batch} {
			w.want(err, codes.InvalidArgument, "act: is required", "complete_milestone", "request_id")
			if got := fieldsOf(err); slices.Contains(got, "act.note") != (act.GetNote() != "") {
				t.Errorf("the fields %q are wrong", got)
			}
		}
	}
}

// Fields of an act are named by their paths in the request, all at once. Units and people are named as resources.
func TestAct_FieldsAreNamedByPath(t *testing.T) {
	t.Parallel()
	w, _, _ := rightsWorld(t)
	cs := (&townWorld{w, w.desk.City().Location}).report("seen", "C01", "1", oldTown)
	for _, tt := range []struct {
		person roster.PersonID
		act    *wanggev1.CaseAct
		want   []string
	}{
		{"send", caseAct("", &wanggev1.RerouteAct{Unit: "department:WATER"}), []string{"act.reroute.unit", "act.note"}},
		{"pipe", caseAct("", &wanggev1.StartAct{Handler: "pipe"}), []string{"act.start.handler"}},
		{"pipe", caseAct("", &wanggev1.StartAct{Handler: "people/stranger"}), []string{"act.start.handler"}},
		{"pipe", caseAct("", &wanggev1.CompleteMilestoneAct{PhotoHashes: []string{"x"}}), []string{"act.complete_milestone.photo_hashes[0]", "act.complete_milestone.milestone"}},
		{"pipe", caseAct(strings.Repeat("x", 5000), &wanggev1.ReturnAct{Reason: 99}), []string{"act.note", "act.return.reason"}},
	} {
		who := w.as(tt.person, "en")
		_, single := w.actOn(who, cs.GetName(), "p-1", tt.act)
		_, batch := w.cases().BatchActOnCases(who, &wanggev1.BatchActOnCasesRequest{Targets: targets([]*wanggev1.Case{cs}), RequestId: "p-1", Act: tt.act})
		for _, err := range []error{single, batch} {
			if got := fieldsOf(err); status.Code(err) != codes.InvalidArgument || !slices.Equal(got, tt.want) {
				t.Errorf("%v of %s: %v names %q, want %q", tt.act, tt.person, err, got, tt.want)
			}
		}
	}
}

// What is wrong with one case of a batch comes as the status of the single act, with its details, and names the target.
func TestAct_BatchTellsAStatus(t *testing.T) {
	t.Parallel()
	w, _, _ := rightsWorld(t)
	cs := (&townWorld{w, w.desk.City().Location}).report("seen", "C01", "1", oldTown)
	start := caseAct("", &wanggev1.StartAct{})
	resp, err := w.cases().BatchActOnCases(w.as("pipe", "en"), &wanggev1.BatchActOnCasesRequest{RequestId: "b", Act: start, Targets: []*wanggev1.ActTarget{
		{Name: cs.GetName(), Etag: "1"}, {Name: "area:old"}, {Name: cs.GetName(), Etag: "x"}, {Name: "cases/20260101-999999"}, {Name: cs.GetName()},
	}})
	if err != nil {
		t.Fatal(err)
	}
	list := resp.GetResults()
	_, stale := w.act(w.as("pipe", "en"), &wanggev1.Case{Name: cs.GetName(), Etag: "1"}, "s", start)
	if len(list) != 5 || list[4].GetCase().GetStage() != wanggev1.Stage_STAGE_HANDLING {
		t.Fatalf("the results are %v", list)
	}
	for i, want := range []codes.Code{codes.Aborted, codes.InvalidArgument, codes.InvalidArgument, codes.NotFound, codes.OK} {
		if st := status.FromProto(list[i].GetStatus()); st.Code() != want {
			t.Errorf("target %d: %v, want %v", i, st, want)
		}
	}
	if info := infoOf(status.FromProto(list[0].GetStatus()).Err()); info.GetReason() != "STALE_ETAG" || info.GetReason() != infoOf(stale).GetReason() {
		t.Errorf("a stale target says %v, a stale act %v", info, infoOf(stale))
	}
	for i, want := range map[int]string{1: "targets[1].name", 2: "targets[2].etag"} {
		if got := fieldsOf(status.FromProto(list[i].GetStatus()).Err()); !slices.Equal(got, []string{want}) {
			t.Errorf("target %d: %q are wrong, want %s", i, got, want)
		}
	}
}

// What the desk finds wrong with a field is named by its path in the request.
func TestAct_TheDeskNamesPathsToo(t *testing.T) {
	t.Parallel()
	w, _, _ := rightsWorld(t)
	tw := &townWorld{w, w.desk.City().Location}
	cs := tw.report("seen", "C01", "1", oldTown)
	reclassify := caseAct("n", &wanggev1.ReclassifyAct{Condition: "77"})
	_, single := w.actOn(w.as("desk", "en"), cs.GetName(), "c-1", reclassify)
	batch, err := w.cases().BatchActOnCases(w.as("desk", "en"), &wanggev1.BatchActOnCasesRequest{RequestId: "c-1", Act: reclassify, Targets: targets([]*wanggev1.Case{cs})})
	if err != nil {
		t.Fatal(err)
	}
	for _, err := range []error{single, status.FromProto(batch.GetResults()[0].GetStatus()).Err()} {
		if got := fieldsOf(err); !slices.Equal(got, []string{"act.reclassify.condition"}) {
			t.Errorf("an unknown condition: %v names %q", err, got)
		}
	}
}

// The offers of a case name the fields of each act by their paths in CaseAct, and those that it requires are what a bare
// act is found to lack.
func TestAct_OffersNamePaths(t *testing.T) {
	t.Parallel()
	w, _, _ := rightsWorld(t)
	tw := &townWorld{w, w.desk.City().Location}
	cs := tw.report("seen", "C01", "1", oldTown)
	asked := 0
	for _, who := range []roster.PersonID{"pipe", "desk", "send", "boss", "eyes"} {
		got, err := w.cases().GetCase(w.as(who, "en"), &wanggev1.GetCaseRequest{Name: cs.GetName()})
		if err != nil {
			t.Fatal(err)
		}
		for i, act := range actsOf(got) {
			offer := got.GetOffers()[i]
			for _, path := range slices.Concat(offer.GetRequiredFields(), offer.GetOptionalFields()) {
				if !fieldOfRequest((&wanggev1.CaseAct{}).ProtoReflect().Descriptor(), path) {
					t.Errorf("%s is offered with %q, which is no field", act, path)
				}
			}
			if len(offer.GetRequiredFields()) == 0 {
				continue
			}
			asked++
			_, err := w.actOn(w.as(who, "en"), cs.GetName(), "o-1", bareAct(act, ""))
			var want []string
			for _, path := range offer.GetRequiredFields() {
				want = append(want, "act."+path)
			}
			if lacks := fieldsOf(err); !slices.Equal(lacks, want) {
				t.Errorf("%s lacks %q, and is offered with %q", act, lacks, want)
			}
		}
	}
	if asked < 10 {
		t.Errorf("only %d acts were offered", asked)
	}
}

func infoOf(err error) *errdetails.ErrorInfo {
	for _, d := range status.Convert(err).Details() {
		if info, ok := d.(*errdetails.ErrorInfo); ok {
			return proto.CloneOf(info)
		}
	}
	return nil
}
