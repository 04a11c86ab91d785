package convert

import (
	"slices"
	"strings"
	"testing"

	"google.golang.org/genproto/googleapis/api/annotations"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"wangge/api/wangge/v1"
	"wangge/dispatch"
	"wangge/dispatch/lifecycle"
)

// Every act of a person has a value of Act and a member of CaseAct, and the reverse.
func TestAct_EveryActIsOnTheWire(t *testing.T) {
	t.Parallel()
	members, values := oneofAct.Fields(), wanggev1.Act(0).Descriptor().Values()
	acts := lifecycle.PersonsActs()
	if members.Len() != len(acts) || values.Len() != len(acts)+1 {
		t.Errorf("%d acts, %d members of CaseAct, %d values of Act with the unspecified one", len(acts), members.Len(), values.Len())
	}
	seen := map[wanggev1.Act]bool{}
	for _, act := range acts {
		member := members.ByName(protoreflect.Name(ActField(act)))
		if member == nil {
			t.Errorf("CaseAct has no member %s for %s: add it to act.proto", ActField(act), act)
			continue
		}
		value := Act(act)
		if value == 0 || seen[value] || value.String() != "ACT_"+strings.ToUpper(ActField(act)) {
			t.Errorf("%s is %v on the wire: add its value to case.proto", act, value)
		}
		seen[value] = true
		in := &wanggev1.CaseAct{}
		in.ProtoReflect().Mutable(member)
		if got := ActOf(in); got != act {
			t.Errorf("a CaseAct with %s is read as %q", member.Name(), got)
		}
	}
	for _, act := range []dispatch.Act{dispatch.ActFile, dispatch.ActTick, dispatch.ActApply, ""} {
		if Act(act) != wanggev1.Act_ACT_UNSPECIFIED {
			t.Errorf("%q, which no person does to a case, is %v", act, Act(act))
		}
	}
	for _, none := range []*wanggev1.CaseAct{nil, {}, {Note: "n"}} {
		if got := ActOf(none); got != "" {
			t.Errorf("%v is read as %q", none, got)
		}
	}
}

// The message of an act has the fields that the act must and may be given, and no others. Those that it must are marked,
// but for a position, which not every city asks for.
func TestAct_FieldsAreTheNeeds(t *testing.T) {
	t.Parallel()
	for _, act := range lifecycle.PersonsActs() {
		member := oneofAct.Fields().ByName(protoreflect.Name(ActField(act)))
		if member == nil {
			t.Errorf("act %q has no message: add %q to CaseAct of act.proto", act, ActField(act))
			continue
		}
		fields := member.Message().Fields()
		must, may := lifecycle.NeedsOf(act)
		var want, got, marked, required []string
		for _, path := range slices.Concat(fieldPaths(act, must), fieldPaths(act, may)) {
			if path != "note" {
				want = append(want, path)
			}
		}
		for i := range fields.Len() {
			f := fields.Get(i)
			path := ActField(act) + "." + string(f.Name())
			got = append(got, path)
			behaviour, _ := proto.GetExtension(f.Options(), annotations.E_FieldBehavior).([]annotations.FieldBehavior)
			if slices.Contains(behaviour, annotations.FieldBehavior_REQUIRED) {
				marked = append(marked, path)
			}
		}
		for _, path := range fieldPaths(act, must) {
			if path != "note" && path != "check.position" && path != "close.closing" { // these depend on the city or the case
				required = append(required, path)
			}
		}
		for _, list := range [][]string{want, got, marked, required} {
			slices.Sort(list)
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s has the fields %q on the wire and takes %q", act, got, want)
		}
		if !slices.Equal(marked, required) {
			t.Errorf("%s: REQUIRED stands at %q, want it at %q", act, marked, required)
		}
	}
}
