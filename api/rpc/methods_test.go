package rpc

import (
	"context"
	"fmt"
	"maps"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"

	wanggev1 "wangge/api/wangge/v1"
)

// method is a method of a service, and the act for which it is called.
type method struct {
	protoreflect.MethodDescriptor
	act protoreflect.FieldDescriptor // of CaseAct; nil for a method that does no act
}

// methods are all methods of the services of package wangge.v1, by name: ActOnCase once for each act, as in
// "ActOnCase.start".
func methods(t testing.TB) map[string]method {
	t.Helper()
	out := map[string]method{}
	acts := (&wanggev1.CaseAct{}).ProtoReflect().Descriptor().Oneofs().ByName("act").Fields()
	protoregistry.GlobalFiles.RangeFilesByPackage("wangge.v1", func(f protoreflect.FileDescriptor) bool {
		for i := range f.Services().Len() {
			ms := f.Services().Get(i).Methods()
			for j := range ms.Len() {
				switch m := ms.Get(j); m.Name() {
				case "ActOnCase":
					for k := range acts.Len() {
						out["ActOnCase."+string(acts.Get(k).Name())] = method{m, acts.Get(k)}
					}
				case "BatchActOnCases":
					out["BatchActOnCases"] = method{m, acts.ByName("comment")}
				default:
					out[string(m.Name())] = method{m, nil}
				}
			}
		}
		return true
	})
	if len(out) < 60 {
		t.Fatalf("only %d methods", len(out))
	}
	return out
}

// asking is a request of a method: a plausible value for every field, by its name, or by the name of the method and its
// own. With words, a request for an act has the act.
func asking(m method, fill map[string]proto.Message, words map[string]string) *dynamicMessage {
	req, err := protoregistry.GlobalTypes.FindMessageByName(m.Input().FullName())
	if err != nil {
		panic(err)
	}
	msg := req.New()
	own := maps.Clone(words) // a word of this method comes before that of all methods
	for name, word := range words {
		if field, ok := strings.CutPrefix(name, string(m.Name())+"."); ok {
			own[field] = word
		}
	}
	filled(msg, fill, own)
	if m.act != nil && words != nil {
		act := msg.Mutable(m.Input().Fields().ByName("act")).Message()
		filled(act, fill, own)
		filled(act.Mutable(m.act).Message(), fill, own)
		if f := m.Input().Fields().ByName("targets"); f != nil {
			filled(msg.Mutable(f).List().AppendMutable().Message(), fill, own)
		}
	}
	return &dynamicMessage{msg.Interface(), m}
}

// filled sets the fields of a message by their names.
func filled(msg protoreflect.Message, fill map[string]proto.Message, words map[string]string) {
	fields := msg.Descriptor().Fields()
	for i := range fields.Len() {
		f := fields.Get(i)
		switch value, ok := fill[string(f.Name())]; {
		case f.ContainingOneof() != nil && msg.WhichOneof(f.ContainingOneof()) != nil: // another field of it is set
		case f.IsList() || f.IsMap():
			if f.Kind() == protoreflect.StringKind && words[string(f.Name())] != "" {
				msg.Mutable(f).List().Append(protoreflect.ValueOfString(words[string(f.Name())]))
			}
		case f.Kind() == protoreflect.MessageKind && ok && f.Message().FullName() == value.ProtoReflect().Descriptor().FullName():
			msg.Set(f, protoreflect.ValueOfMessage(value.ProtoReflect()))
		case f.Kind() == protoreflect.StringKind && words[string(f.Name())] != "":
			msg.Set(f, protoreflect.ValueOfString(words[string(f.Name())]))
		case f.Kind() == protoreflect.BoolKind && f.HasOptionalKeyword():
			msg.Set(f, protoreflect.ValueOfBool(true))
		case f.Kind() == protoreflect.EnumKind && (f.Name() == "reason" || f.Name() == "outcome" || f.Name() == "satisfaction" || f.Name() == "kind" || f.Name() == "severity"):
			msg.Set(f, protoreflect.ValueOfEnum(1))
		}
	}
}

type dynamicMessage struct {
	req proto.Message
	m   method
}

// call sends the request and returns everything that comes back, as text, and how it ended. Of a stream
// without an end it returns what comes in its first moment.
func (w *world) call(ctx context.Context, d *dynamicMessage) (string, error) {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	answer, err := protoregistry.GlobalTypes.FindMessageByName(d.m.Output().FullName())
	if err != nil {
		w.t.Fatal(err)
	}
	name := fmt.Sprintf("/%s/%s", d.m.Parent().FullName(), d.m.Name())
	stream, err := w.conn.NewStream(ctx, &grpc.StreamDesc{ServerStreams: d.m.IsStreamingServer(), ClientStreams: d.m.IsStreamingClient()}, name)
	if err != nil {
		return "", err
	}
	_ = stream.SendMsg(d.req) // what is wrong comes with the answer
	_ = stream.CloseSend()
	var all strings.Builder
	for {
		out := answer.New().Interface()
		if err := stream.RecvMsg(out); err != nil {
			st := status.Convert(err)
			text := st.Message() + fmt.Sprint(st.Details())
			if err.Error() == "EOF" {
				return all.String(), nil
			}
			return all.String() + text, err
		}
		text, err := protojson.Marshal(out)
		if err != nil {
			w.t.Errorf("%s answers what is no message: %v", name, err)
		}
		all.Write(text)
		if part, ok := out.(*wanggev1.DownloadCityResponse); ok {
			all.Write(part.GetPart().GetData()) // bytes are base64 in JSON
		}
		if !d.m.IsStreamingServer() || strings.HasPrefix(string(d.m.Name()), "Watch") {
			return all.String(), nil
		}
	}
}

// plausible fills requests about a case of the town.
func plausible(cs *wanggev1.Case, request, was, is string) (map[string]proto.Message, map[string]string) {
	pos := &wanggev1.Position{Latitude: 45.706, Longitude: oldTown, Datum: wanggev1.Datum_DATUM_WGS84, AccuracyM: 5}
	fill := map[string]proto.Message{
		"position": pos, "report": &wanggev1.Report{ClientId: request, Category: "E01", Source: wanggev1.Source_SOURCE_INSPECTOR, Position: pos, CaptureTime: cs.GetCreateTime()},
		"proposal":  &wanggev1.Proposal{CityRevision: was, BaseRevision: is, OpenCases: wanggev1.OpenCases_OPEN_CASES_KEEP, Waiver: "test"},
		"precedent": &wanggev1.Precedent{Unit: "departments/WATER", Categories: []string{"E01"}, Place: &wanggev1.Precedent_Area{Area: "areas/old"}, Text: "x"},
		"limit_question": &wanggev1.ExplainDeadlineRequest_LimitQuestion{
			StartTime: cs.GetCreateTime(), Limit: &wanggev1.Limit{Count: 2, Unit: wanggev1.LimitUnit_LIMIT_UNIT_WORK_HOURS}, CalendarUnit: "departments/WATER",
		},
		"resume_time": cs.GetDueTime(), "end_time": cs.GetDueTime(), "recipient": escalateTo("role", "duty_chief").GetRecipient(),
	}
	words := map[string]string{
		"name": cs.GetName(), "parent": cs.GetName(), "scope": "areas/town", "category": "C01", "unit": "departments/WATER", "note": "n", "target": cs.GetName(),
		"photo_hashes": strings.Repeat("ab", 32), "closing": "x", "milestone": "safe", "reason": "x", "RevokePrecedent.name": "precedents/pr-20260304-000001", "GetRevision.name": "revisions/2", "WithdrawRevision.name": "revisions/2", "request_id": request,
	}
	return fill, words
}
