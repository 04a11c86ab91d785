package rpc

import (
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/reflect/protoreflect"

	wanggev1 "wangge/api/wangge/v1"
)

// By hand, with a reason, and seen by the supervisor in the leader's list when the case is overdue.
func TestAct_Escalate(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	cs := w.file(w.light("r-1"))
	chief := w.as("p-leader", "en")
	_, err := w.act(chief, cs, "e-1", caseAct("", escalateTo("role", "the mayor")))
	w.want(err, codes.InvalidArgument, "act.escalate.recipient.role:", "duty_chief", "act.note")
	_, err = w.act(w.as(inspector, "en"), cs, "e-2", caseAct("a child was hurt", escalateTo("superior", int32(1))))
	w.want(err, codes.PermissionDenied, "leader")
	if _, err = w.act(chief, cs, "e-2", caseAct("a child was hurt", escalateTo("level", "district"))); err != nil {
		t.Fatal(err)
	}
	events, err := w.cases().ListCaseEvents(chief, &wanggev1.ListCaseEventsRequest{Parent: cs.GetName()})
	if err != nil {
		t.Fatal(err)
	}
	last := events.GetEvents()[len(events.GetEvents())-1]
	if last.GetKind() != wanggev1.EventKind_EVENT_KIND_ESCALATED_BY_HAND || len(last.GetNotified()) != 1 || last.GetNotified()[0] != "people/p-230102-leader" || last.GetNote() == "" {
		t.Errorf("the last event is %v, want the district's leader told and why", last)
	}
	w.setNow(cs.GetDueTime().AsTime().Add(1e9))
	got, err := wanggev1.NewSupervisionServiceClient(w.conn).ListEscalations(w.as("p-leader", "en"), &wanggev1.ListEscalationsRequest{Scope: "areas/230100"})
	if err != nil || len(got.GetRows()) != 1 || got.GetRows()[0].GetPost() != "areas/230102/posts/leader" || got.GetRows()[0].GetCases()[0] != cs.GetName() || got.GetRows()[0].GetPersonDisplayName() == "" {
		t.Errorf("ListEscalations = %v, %v; want the case on the district leader's step", got, err)
	}
}

// escalateTo is an escalation by hand to a recipient: a member of Recipient and its value.
func escalateTo(member protoreflect.Name, value any) *wanggev1.EscalateAct {
	r := &wanggev1.Recipient{}
	m := r.ProtoReflect()
	m.Set(m.Descriptor().Fields().ByName(member), protoreflect.ValueOf(value))
	return &wanggev1.EscalateAct{Recipient: r}
}
