package record

import (
	"encoding/hex"
	"flag"
	"os"
	"reflect"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"wangge/dispatch"
	"wangge/dispatch/city/roster"
	pb "wangge/dispatch/desk/record/recordv1"
)

// fill gives every field of a value something other than zero, always the same: lists have two entries, numbers and
// instants count up.
func fill(v reflect.Value, n *int) {
	*n++
	switch {
	case v.Type() == reflect.TypeFor[time.Time]():
		v.Set(reflect.ValueOf(time.Unix(1_700_000_000, int64(*n)).UTC()))
	case v.Kind() == reflect.Struct:
		for _, field := range v.Fields() {
			fill(field, n)
		}
	case v.Kind() == reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		for i := range 2 {
			fill(v.Index(i), n)
		}
	case v.Kind() == reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(v.Elem(), n)
	case v.Kind() == reflect.String:
		v.SetString("字" + strings.Repeat("x", *n%7))
	case v.Kind() == reflect.Bool:
		v.SetBool(true)
	case v.CanInt():
		v.SetInt(int64(*n%100 + 1))
	case v.CanUint():
		v.SetUint(uint64(*n) << 20)
	case v.CanFloat():
		v.SetFloat(float64(*n) / 8)
	default:
		panic("fill: a " + v.Type().String())
	}
}

func filledWith[T any](n int) (v T) {
	fill(reflect.ValueOf(&v).Elem(), &n)
	return v
}

// sample is one stored value with the message of its schema.
type sample struct {
	name   string
	schema proto.Message
	encode func() ([]byte, error)
}

// samples are one value of each kind of record in which every field is set, and one in which none is.
func samples() []sample {
	cs, scopes := filledWith[dispatch.Case](0), filledWith[[]roster.Unit](500)
	cs.Stage = dispatch.Handling
	events := filledWith[[]dispatch.Event](1000)
	filing := filledWith[[]dispatch.Event](2000)
	for i := range events {
		events[i].Kind, events[i].Late = dispatch.EventEscalated, -time.Second // a negative number has ten bytes
		filing[i].Kind, filing[i].Seq = dispatch.EventFiled, uint64(i)+1
	}
	filing[0].Kind = dispatch.EventReported
	notice := filledWith[Notice](4000)
	notice.State = NoticeDeadLetter
	return []sample{
		{"case", &pb.CaseRecord{}, func() ([]byte, error) { return EncodeCase(&cs, scopes) }},
		{"empty case", &pb.CaseRecord{}, func() ([]byte, error) { return EncodeCase(&dispatch.Case{}, nil) }},
		{"filing", &pb.FilingRecord{}, func() ([]byte, error) { return EncodeFiling(filing, scopes) }},
		{"events", &pb.EventsRecord{}, func() ([]byte, error) { return EncodeEvents(events) }},
		{"empty event", &pb.EventsRecord{}, func() ([]byte, error) { return EncodeEvents([]dispatch.Event{{}}) }},
		{"filed", &pb.ReportRecord{}, func() ([]byte, error) { return EncodeFiled(filledWith[Filed](3000)) }},
		{"acted", &pb.ActRecord{}, func() ([]byte, error) { return EncodeActed(filledWith[Acted](3100)) }},
		{"access", &pb.AccessRecord{}, func() ([]byte, error) { return EncodeAccess(filledWith[Access](5000)) }},
		{"notice", &pb.NoticeRecord{}, func() ([]byte, error) { return EncodeNotice(notice) }},
	}
}

const bytesFile = "testdata/bytes.txt"

var updateBytes = flag.Bool("update-bytes", false, "write testdata/bytes.txt anew: only when a field is added, never to make a test pass")

// The audit log hashes stored bytes: a program that writes the same values in other bytes contradicts the log.
func TestBytes_AreStable(t *testing.T) {
	t.Parallel()
	var got strings.Builder
	for _, s := range samples() {
		first, err := s.encode()
		if err != nil {
			t.Fatalf("%s: %v", s.name, err)
		}
		for range 20 {
			again, err := s.encode()
			if err != nil || string(again) != string(first) {
				t.Fatalf("%s: %x and then %x (%v)", s.name, first, again, err)
			}
		}
		got.WriteString(s.name + " " + hex.EncodeToString(first) + "\n")
	}
	if *updateBytes {
		if err := os.WriteFile(bytesFile, []byte(got.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(bytesFile)
	if err != nil {
		t.Fatal(err)
	}
	if got.String() != string(want) {
		t.Errorf("records are written in other bytes than before; got\n%s", got.String())
	}
}

// Every field of the schema is written from the domain's types, and nothing else is.
func TestSchema_EveryFieldIsWritten(t *testing.T) {
	t.Parallel()
	written, all := map[protoreflect.FullName]bool{}, map[protoreflect.FullName]bool{}
	for _, s := range samples() {
		b, err := s.encode()
		if err != nil {
			t.Fatalf("%s: %v", s.name, err)
		}
		if err := proto.Unmarshal(b[1:], s.schema); err != nil {
			t.Fatalf("%s: %v", s.name, err)
		}
		if at := unknownIn(s.schema.ProtoReflect()); at != "" {
			t.Errorf("%s has a field that the schema does not know", at)
		}
		fieldsIn(s.schema.ProtoReflect(), written)
		fieldsOf(s.schema.ProtoReflect().Descriptor(), all)
	}
	if len(all) < 150 {
		t.Fatalf("the schemas have %d fields: the test does not reach all of them", len(all))
	}
	for name := range all {
		if !written[name] {
			t.Errorf("%s is written from nothing", name)
		}
	}
}

// fieldsIn adds the fields that are set in a message.
func fieldsIn(m protoreflect.Message, out map[protoreflect.FullName]bool) {
	m.Range(func(f protoreflect.FieldDescriptor, v protoreflect.Value) bool {
		out[f.FullName()] = true
		switch {
		case f.Message() == nil:
		case f.IsList():
			for i := range v.List().Len() {
				fieldsIn(v.List().Get(i).Message(), out)
			}
		default:
			fieldsIn(v.Message(), out)
		}
		return true
	})
}

// fieldsOf adds the fields that a message can have, with those of the messages inside.
func fieldsOf(d protoreflect.MessageDescriptor, out map[protoreflect.FullName]bool) {
	for i := range d.Fields().Len() {
		f := d.Fields().Get(i)
		out[f.FullName()] = true
		if f.Message() != nil {
			fieldsOf(f.Message(), out)
		}
	}
}
