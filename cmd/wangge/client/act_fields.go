package client

import (
	"slices"
	"strconv"
	"strings"

	"wangge/api/resource"
	"wangge/dispatch"
	"wangge/dispatch/city/roster"
	"wangge/dispatch/i18n"

	"google.golang.org/protobuf/reflect/protoreflect"

	wanggev1 "wangge/api/wangge/v1"
)

// The wire calls one act by another name than people and records do.
const completeMilestone = "complete_milestone"

// actWord is the word of an act for people, by the name of its field of CaseAct.
func actWord(field string) string {
	if field == completeMilestone {
		return string(dispatch.ActCompleteMilestone)
	}
	return field
}

// offerWord is the word for people of an act that a case offers.
func offerWord(o *wanggev1.ActOffer) string {
	return actWord(strings.ToLower(strings.TrimPrefix(o.GetAct().String(), "ACT_")))
}

// actMembers are the fields of CaseAct that hold the message of an act.
func actMembers() protoreflect.FieldDescriptors {
	return (*wanggev1.CaseAct)(nil).ProtoReflect().Descriptor().Oneofs().ByName("act").Fields()
}

// newAct is an act by its word for people, without its fields.
func newAct(word, note string) *wanggev1.CaseAct {
	act := &wanggev1.CaseAct{Note: note}
	for i := range actMembers().Len() {
		if member := actMembers().Get(i); actWord(string(member.Name())) == word {
			act.ProtoReflect().Mutable(member)
		}
	}
	return act
}

// actField is what a flag says about a field of an act.
type actField struct {
	flag   string
	names  []protoreflect.Name // the message of an act has at most one of them
	values []any               // one, or those of a list
}

// put sets the field that a flag is for. An act whose message has none of the flag's fields refuses the flag.
func (f actField) put(act *wanggev1.CaseAct) error {
	m := act.ProtoReflect()
	member := m.WhichOneof(m.Descriptor().Oneofs().ByName("act"))
	field := f.of(member)
	if field == nil {
		return f.refuse(member)
	}
	message := m.Mutable(member).Message()
	for _, v := range f.values {
		if field.IsList() {
			message.Mutable(field).List().Append(protoreflect.ValueOf(v))
		} else {
			message.Set(field, protoreflect.ValueOf(v))
		}
	}
	return nil
}

// of is the field of an act that the flag is for; nil if the act has none.
func (f actField) of(member protoreflect.FieldDescriptor) protoreflect.FieldDescriptor {
	for _, name := range f.names {
		if field := member.Message().Fields().ByName(name); field != nil {
			return field
		}
	}
	return nil
}

// refuse says which acts the flag is for.
func (f actField) refuse(member protoreflect.FieldDescriptor) error {
	var words []string
	for i := range actMembers().Len() {
		if other := actMembers().Get(i); f.of(other) != nil {
			words = append(words, actWord(string(other.Name())))
		}
	}
	return i18n.Errorf("--%[1]s is not for %[2]s; it is for %[3]s", "--%[1]s 不用于 %[2]s；可用于：%[3]s",
		f.flag, actWord(string(member.Name())), strings.Join(words, ", "))
}

// given leaves out what was not given: an empty text, a list without values, an unspecified value of an enum.
func given(fields []actField) []actField {
	return slices.DeleteFunc(fields, func(f actField) bool {
		return len(f.values) == 0 || f.values[0] == "" || f.values[0] == 0.0 || f.values[0] == protoreflect.EnumNumber(0)
	})
}

// flagField is a field with one value, or with those of a list, and the name of its flag.
func flagField(flag string, name protoreflect.Name, values ...any) actField {
	return actField{flag, []protoreflect.Name{name}, values}
}

// list makes the values of a list.
func list(texts []string) []any {
	out := make([]any, len(texts))
	for i, t := range texts {
		out[i] = t
	}
	return out
}

// unitName is the resource name of a unit that is written as area:ID, department:ID, section:ID or point:ID. Any other text stays as
// it is: a resource name, or what the server refuses.
func unitName(text string) string {
	if u, err := roster.ParseUnit(text); err == nil {
		return resource.Unit(u)
	}
	return text
}

// personName is the resource name of a person by id; a resource name stays as it is.
func personName(id string) string {
	if _, ok := resource.ParsePerson(id); ok {
		return id
	}
	return resource.Person(roster.PersonID(id))
}

// recipient reads the text of --to. A text of no other form is a role.
func recipient(text string) *wanggev1.Recipient {
	kind, id, _ := strings.Cut(text, ":")
	levels, above := strings.CutPrefix(text, "superior_")
	switch n, err := strconv.ParseInt(levels, 10, 32); {
	case text == "superior":
		return &wanggev1.Recipient{Recipient: &wanggev1.Recipient_Superior{Superior: 1}}
	case above && err == nil:
		return &wanggev1.Recipient{Recipient: &wanggev1.Recipient_Superior{Superior: int32(n)}}
	case text == "city_leader":
		return &wanggev1.Recipient{Recipient: &wanggev1.Recipient_CityLeader{CityLeader: true}}
	case text == "co_owners":
		return &wanggev1.Recipient{Recipient: &wanggev1.Recipient_CoOwners{CoOwners: true}}
	case kind == "level":
		return &wanggev1.Recipient{Recipient: &wanggev1.Recipient_Level{Level: id}}
	case kind == "post":
		if name := resource.Post(roster.PostID(id)); name != "" {
			id = name
		}
		return &wanggev1.Recipient{Recipient: &wanggev1.Recipient_Post{Post: id}}
	}
	return &wanggev1.Recipient{Recipient: &wanggev1.Recipient_Role{Role: text}}
}
