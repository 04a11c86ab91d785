package convert

import (
	"strings"

	"google.golang.org/protobuf/reflect/protoreflect"

	"wangge/api/resource"
	"wangge/api/wangge/v1"
	"wangge/dispatch"
	"wangge/dispatch/lifecycle"
)

// wireAct is an act on the wire.
type wireAct struct {
	field protoreflect.Name // the member of CaseAct; the name of the value in lower case
	value wanggev1.Act
}

// wireActs has every act of a person on a case. A member of CaseAct and a value of Act have the act's name on the wire.
var wireActs = func() map[dispatch.Act]wireAct {
	out := map[dispatch.Act]wireAct{}
	for _, act := range lifecycle.PersonsActs() {
		field := resource.Act(act)
		out[act] = wireAct{protoreflect.Name(field), wanggev1.Act(wanggev1.Act_value["ACT_"+strings.ToUpper(field)])}
	}
	return out
}()

// oneofAct is the member that is set in a CaseAct.
var oneofAct = (*wanggev1.CaseAct)(nil).ProtoReflect().Descriptor().Oneofs().ByName("act")

// actsByField is wireActs by the field of CaseAct.
var actsByField = func() map[protoreflect.Name]dispatch.Act {
	out := map[protoreflect.Name]dispatch.Act{}
	for act, w := range wireActs {
		out[w.field] = act
	}
	return out
}()

// Act is the value of an act on the wire; ACT_UNSPECIFIED for an act that no person does to a case.
func Act(act dispatch.Act) wanggev1.Act { return wireActs[act].value }

// ActField is the name of the field of CaseAct that holds the message of an act.
func ActField(act dispatch.Act) string { return string(wireActs[act].field) }

// ActFields lists the fields of CaseAct that hold the message of an act, in the order of a case's way.
func ActFields() []string {
	acts := lifecycle.PersonsActs()
	out := make([]string, len(acts))
	for i, act := range acts {
		out[i] = ActField(act)
	}
	return out
}

// ActOf is the act of which a CaseAct holds the message; "" if there is none.
func ActOf(in *wanggev1.CaseAct) dispatch.Act {
	set := in.ProtoReflect().WhichOneof(oneofAct)
	if set == nil {
		return ""
	}
	return actsByField[set.Name()]
}

// offer is an act that the caller may do, with the paths in CaseAct of its fields.
func (v Viewer) offer(o lifecycle.Offer) *wanggev1.ActOffer {
	return &wanggev1.ActOffer{
		Act: Act(o.Act), DisplayName: v.words(o.Act.Text()),
		RequiredFields: fieldPaths(o.Act, o.Needs), OptionalFields: fieldPaths(o.Act, o.May), Choices: v.choices(o),
	}
}

// maxChoices bounds the choices of a field of an offer.
const maxChoices = 64

// choices renders the values from which the fields of an offer are chosen.
func (v Viewer) choices(o lifecycle.Offer) []*wanggev1.Choices {
	var out []*wanggev1.Choices
	for _, ch := range o.Choices {
		if len(ch.List) == 0 {
			continue
		}
		list := ch.List[:min(len(ch.List), maxChoices)]
		out = append(out, &wanggev1.Choices{
			Field: ActField(o.Act) + "." + ch.Need.Field(), Required: ch.Required,
			TotalSize: int32(len(ch.List)), Choices: Choices(list, v.Language),
		})
	}
	return out
}

// Choices renders values that can be chosen, in a language.
func Choices(list []dispatch.Choice, lang string) []*wanggev1.Choice {
	out := make([]*wanggev1.Choice, len(list))
	for i, c := range list {
		out[i] = &wanggev1.Choice{Value: c.Value, DisplayName: c.Text.In(lang), Severity: wanggev1.Severity(c.Severity), Limit: Limit(c.Limit)}
	}
	return out
}

// fieldPaths are the paths in CaseAct of what an act is given.
func fieldPaths(act dispatch.Act, needs []dispatch.Need) []string {
	out := make([]string, len(needs))
	for i, n := range needs {
		out[i] = n.Field()
		if n != dispatch.NeedNote { // the note is a field of CaseAct itself
			out[i] = ActField(act) + "." + out[i]
		}
	}
	return out
}
