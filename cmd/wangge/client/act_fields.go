package client

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"wangge/api/resource"
	"wangge/cmd/wangge/cli"
	"wangge/cmd/wangge/client/caseview"
	"wangge/cmd/wangge/client/remote"
	"wangge/dispatch/city/roster"
	"wangge/dispatch/i18n"

	"google.golang.org/protobuf/reflect/protoreflect"

	wanggev1 "wangge/api/wangge/v1"
)

// actMembers are the fields of CaseAct that hold the message of an act.
func actMembers() protoreflect.FieldDescriptors {
	return (*wanggev1.CaseAct)(nil).ProtoReflect().Descriptor().Oneofs().ByName("act").Fields()
}

// newAct is an act by its word for people, without its fields.
func newAct(word, note string) *wanggev1.CaseAct {
	act := &wanggev1.CaseAct{Note: note}
	for i := range actMembers().Len() {
		if member := actMembers().Get(i); caseview.ActWord(string(member.Name())) == word {
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
	wrong  error               // why the flag cannot be read
}

// put sets the field that a flag is for. An act whose message has none of the flag's fields refuses the flag.
func (f actField) put(act *wanggev1.CaseAct) error {
	if f.wrong != nil {
		return f.wrong
	}
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
	var words []i18n.Text
	for i := range actMembers().Len() {
		if other := actMembers().Get(i); f.of(other) != nil {
			words = append(words, cli.ActText(caseview.ActWord(string(other.Name()))))
		}
	}
	en, zh := make([]string, len(words)), make([]string, len(words))
	for i, w := range words {
		en[i], zh[i] = w.En, w.Zh
	}
	return i18n.Errorf("--%[1]s is not for %[2]s; it is for %[3]s", "--%[1]s 不用于 %[2]s；可用于：%[3]s",
		f.flag, cli.ActText(caseview.ActWord(string(member.Name()))), i18n.Text{En: i18n.List(en...).En, Zh: i18n.List(zh...).Zh})
}

// given leaves out the flags that were not given: no value, an empty text, a zero, an unspecified value of an enum.
func given(fields []actField) []actField {
	return slices.DeleteFunc(fields, func(f actField) bool {
		if f.wrong != nil {
			return false
		}
		return len(f.values) == 0 || f.values[0] == "" || f.values[0] == 0.0 || f.values[0] == protoreflect.EnumNumber(0)
	})
}

// flagField is a field with one value, or with those of a list, and the name of its flag.
func flagField(flag string, name protoreflect.Name, values ...any) actField {
	return actField{flag: flag, names: []protoreflect.Name{name}, values: values}
}

// decision reads a pair of flags that exclude each other; none may be given.
func decision(name protoreflect.Name, yesName string, yes bool, noName string, no bool) actField {
	switch {
	case yes && no:
		return actField{wrong: i18n.Errorf("--%s and --%s exclude each other", "--%s 与 --%s 不能同时使用", yesName, noName)}
	case yes:
		return flagField(yesName, name, true)
	case no:
		return flagField(noName, name, false)
	}
	return actField{}
}

// choice reads the value of an enum by its short name.
func choice(flag string, values map[string]int32, prefix, text string) actField {
	if text == "" {
		return actField{}
	}
	n, err := remote.ParseEnum(values, prefix, text)
	if err != nil {
		return actField{wrong: fmt.Errorf("--%s %w", flag, err)}
	}
	return flagField(flag, protoreflect.Name(flag), protoreflect.EnumNumber(n))
}

// position reads LAT,LNG in WGS-84, the value of --at.
func position(text string) actField {
	if text == "" {
		return actField{}
	}
	p := &wanggev1.Position{Datum: wanggev1.Datum_DATUM_WGS84}
	if n, err := fmt.Sscanf(text, "%g,%g", &p.Latitude, &p.Longitude); n != 2 || err != nil {
		return actField{wrong: i18n.Errorf("--at %q: write LAT,LNG as in 45.755,126.600", "--at %q：请写 纬度,经度，如 45.755,126.600", text)}
	}
	return flagField("at", "position", p.ProtoReflect())
}

// target reads the number of a case, the value of --target.
func target(number string) actField {
	if number == "" {
		return actField{}
	}
	return flagField("target", "target", remote.CaseName(number))
}

// untilField is the field of --until. Without a value, putting it only checks that the act takes it.
func untilField(at ...any) actField {
	return actField{flag: "until", names: []protoreflect.Name{"resume_time", "due_time", "end_time"}, values: at}
}

// list makes the values of a list.
func list(texts []string) []any {
	out := make([]any, len(texts))
	for i, t := range texts {
		out[i] = t
	}
	return out
}

// recipient reads whom an escalation notifies, the value of --to.
func recipient(text string) actField {
	if text == "" {
		return actField{}
	}
	return flagField("to", "recipient", parseRecipient(text).ProtoReflect())
}

// parseRecipient reads a recipient as a step of an escalation policy has it. A text of no other form is a role.
func parseRecipient(text string) *wanggev1.Recipient {
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
