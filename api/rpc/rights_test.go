package rpc

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"

	"wangge/api/rpc/convert"
	wanggev1 "wangge/api/wangge/v1"
	"wangge/dispatch"
	"wangge/dispatch/city"
	"wangge/dispatch/city/compile"
	"wangge/dispatch/city/roster"
	"wangge/dispatch/desk"
	"wangge/dispatch/desk/ledger"
	"wangge/dispatch/desk/outbox"
	"wangge/dispatch/desk/revision"
	"wangge/dispatch/desk/rollout"
	"wangge/dispatch/duplicate"
	"wangge/dispatch/lifecycle"
	"wangge/storage/mem"
)

// Secrets of the directory of rightsWorld.
const (
	oldPhone, newPhone = "0451-9990001", "0451-9990002"
	address            = "pipe@private.example"
	reason, reasonWas  = "住院手术", "陪护家人"
)

// rightsWorld is a town whose pipe is absent, whose phone and absence have changed in the revision that
// decides, and where some people hold no post, have left, or were removed from the city.
func rightsWorld(t *testing.T) (w *world, was, is string) {
	t.Helper()
	files := townFiles(t)
	add := func(file, rows string) { files[file] = append(slices.Clone(files[file]), rows...) }
	add("people.csv", "nobody,无岗人员,0451-9990008\noffice,网格办,0451-9990009\nextra,原协管员,0451-9990010\n")
	files["people.csv"] = withColumns(files["people.csv"], "email,active_from,active_to", map[string]string{"pipe": address + ",,"}, ",,")
	add("people.csv", "left,离任人员,0451-9990011,,,2026-03-04\ngone,调离人员,0451-9990012,,,\n")
	add("posts.csv", "area:town,grid_office,office,1,,,\narea:town,inspector,left,2,,,\narea:town,inspector,gone,3,,,\narea:town,inspector,extra,4,,,2026-03-01\ndepartment:WATER,owner,newo,2,,,\n")
	files["absences.csv"] = []byte("person,from,to,reason\npipe,2026-03-01,2026-03-22," + reasonWas + "\n")
	files["people.csv"] = []byte(strings.Replace(string(files["people.csv"]), "0451-1000007", oldPhone, 1))
	next := maps.Clone(files)
	next["people.csv"] = []byte(strings.Replace(strings.Replace(string(files["people.csv"]), oldPhone, newPhone, 1), "gone,调离人员,0451-9990012,,,\n", "", 1))
	next["posts.csv"] = []byte(strings.Replace(string(files["posts.csv"]), "area:town,inspector,gone,3,,,\n", "", 1))
	next["absences.csv"] = []byte("person,from,to,reason\npipe,2026-03-01,2026-03-29," + reason + "\n")
	c := loaded(t, files)
	store := mem.Open()
	d, err := desk.Open(t.Context(), desk.Config{Store: store, City: c, Directory: files, Clock: &world{now: time.Date(2026, 3, 4, 8, 0, 0, 0, c.Location)}})
	if err != nil {
		t.Fatal(err)
	}
	a, err := d.Apply(t.Context(), "office", rollout.Proposal{Directory: next, Against: d.City().Base(), Policy: revision.Keep, Waive: "test"})
	d.Close()
	if err != nil {
		t.Fatal(err)
	}
	return newWorldOf(t, loaded(t, next), store), a.Against, a.Base
}

func townFiles(t *testing.T) city.Directory {
	t.Helper()
	files := city.Directory{}
	for name, f := range townFS(t) {
		files[name] = f.Data
	}
	return files
}

func loaded(t *testing.T, files city.Directory) *city.City {
	t.Helper()
	m := fstest.MapFS{}
	for name, data := range files {
		m[name] = &fstest.MapFile{Data: data}
	}
	c, faults := compile.FS(m)
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	return c
}

// withColumns adds columns to a table: cells by the first cell of a row, else rest.
func withColumns(table []byte, names string, cells map[string]string, rest string) []byte {
	lines := strings.Split(strings.TrimSpace(string(table)), "\n")
	for i, line := range lines {
		id, _, _ := strings.Cut(line, ",")
		more, ok := cells[id]
		switch {
		case i == 0:
			more = names
		case !ok:
			more = rest
		}
		lines[i] = line + "," + more
	}
	return []byte(strings.Join(lines, "\n") + "\n")
}

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
		case f.Kind() == protoreflect.EnumKind && (f.Name() == "reason" || f.Name() == "outcome" || f.Name() == "satisfaction" || f.Name() == "kind"):
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
		"position": pos, "report": &wanggev1.Report{ClientId: request, Category: "E01", Source: wanggev1.Source_SOURCE_HOTLINE, Position: pos, CaptureTime: cs.GetCreateTime()},
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

// The table of who may see what of people. Every method is in it or shows nothing of the kind: phones and
// addresses come from the directory alone, to the grid office; why and until when somebody is absent is
// told to the absent person and the grid office; a reporter is seen by those who may read the case.
func TestRights_PhonesAbsencesAndReporters(t *testing.T) {
	t.Parallel()
	const office, self, readers = "the grid office", "the absent person", "who may read the case"
	phones := map[string][]string{ // and e-mail addresses
		"DownloadCity": {office}, "GetRevision": {office}, "ListRevisions": {office}, "PlanCity": {office}, "ApplyCity": {office},
	}
	absences := map[string][]string{
		"DownloadCity": {office}, "GetRevision": {office}, "ListRevisions": {office}, "PlanCity": {office}, "ApplyCity": {office}, "OnDuty": {office, self}, "ExplainRoute": {office, self},
	}
	w, was, is := rightsWorld(t)
	tw := &townWorld{w, w.desk.City().Location}
	cs := tw.report("seen", "C01", "1", oldTown)
	all := methods(t)
	names := slices.Sorted(maps.Keys(all))
	names = append(slices.DeleteFunc(names, func(n string) bool { return n == "ApplyCity" }), "ApplyCity") // it moves the city
	for _, who := range []struct {
		person roster.PersonID
		is     string
	}{{"eyes", ""}, {"desk", ""}, {"pipe", self}, {"office", office}} {
		ctx := w.as(who.person, "zh")
		for _, n := range names {
			fill, words := plausible(cs, string(who.person)+"-"+n, was, is)
			text, err := w.call(ctx, asking(all[n], fill, words))
			if c := status.Code(err); c == codes.Internal || c == codes.Unauthenticated || c == codes.DeadlineExceeded {
				t.Errorf("%s as %s: %v", n, who.person, err)
			}
			has := func(secrets ...string) bool {
				return slices.ContainsFunc(secrets, func(s string) bool { return strings.Contains(text, s) })
			}
			if got, want := has("0451-", address), slices.Contains(phones[n], who.is); got != want {
				t.Errorf("%s tells %s a phone or an address: %v, want %v: %s", n, who.person, got, want, text)
			}
			if got, want := has(reason, reasonWas, "2026-03-29", "2026-03-22"), slices.Contains(absences[n], who.is); got != want {
				t.Errorf("%s tells %s why or until when pipe is absent: %v, want %v: %s", n, who.person, got, want, text)
			}
		}
	}
	t.Run("reporters", func(t *testing.T) {
		w.t = t
		seen := tw.report("other", "E01", "", newTown)
		for _, n := range names {
			fill, words := plausible(seen, "reporter-"+n, was, is)
			delete(words, "scope")
			words["scope"] = "areas/old"
			text, err := w.call(w.as("oldo", "en"), asking(all[n], fill, words))
			if strings.Contains(text, seen.GetName()) && !strings.Contains(fmt.Sprint(words["name"], words["parent"]), seen.GetName()) {
				t.Errorf("%s tells oldo of a case that is not %s: %s (%v)", n, readers, text, err)
			}
			if strings.Contains(text, `"people/eyes"`) && strings.Contains(text, seen.GetName()) {
				t.Errorf("%s tells oldo the reporter of a case of the new town: %s", n, text)
			}
		}
	})
}

// What went wrong with a notice may quote an address: the person told and the grid office read it.
func TestRights_ErrorOfANotice(t *testing.T) {
	t.Parallel()
	w, _, _ := rightsWorld(t)
	in := []outbox.Delivery{{NoticeID: ledger.NoticeID{Person: "pipe", Channel: "email"}}, {NoticeID: ledger.NoticeID{Channel: "webhook"}}}
	in[0].Error, in[1].Error = "550 "+address, "webhook: https://secret.example"
	for _, tt := range []struct {
		person roster.PersonID
		want   []bool
	}{{"pipe", []bool{true, false}}, {"office", []bool{true, true}}, {"boss", []bool{true, true}}, {"eyes", []bool{false, false}}, {"left", []bool{false, false}}, {"", []bool{false, false}}} {
		out := convert.Viewer{City: w.desk.City(), Person: tt.person, Now: w.now}.Notices(in)
		for i, n := range out {
			if got := n.GetError() != ""; got != tt.want[i] {
				t.Errorf("%s reads the error of notice %d: %v, want %v", tt.person, i, got, tt.want[i])
			}
		}
	}
}

// A person without a post, one who has left and one whom the city does not have get nothing from any
// method, whatever the request lacks.
func TestRights_PersonWithoutAPost(t *testing.T) {
	t.Parallel()
	w, was, is := rightsWorld(t)
	tw := &townWorld{w, w.desk.City().Location}
	cs := tw.report("seen", "C01", "1", oldTown)
	all := methods(t)
	for _, who := range []struct {
		person roster.PersonID
		codes  []codes.Code
	}{
		{"nobody", []codes.Code{codes.PermissionDenied, codes.NotFound}},
		{"extra", []codes.Code{codes.PermissionDenied, codes.NotFound}}, // the post ended
		{"left", []codes.Code{codes.Unauthenticated, codes.PermissionDenied}},
		{"gone", []codes.Code{codes.Unauthenticated, codes.PermissionDenied}}, // removed by the revision that decides
		{"import", []codes.Code{codes.Unauthenticated, codes.PermissionDenied}},
	} {
		ctx := w.as(who.person, "en")
		for n, m := range all {
			fill, words := plausible(cs, string(who.person)+"-"+n, was, is)
			for what, req := range map[string]*dynamicMessage{"whole": asking(m, fill, words), "without arguments": asking(m, nil, map[string]string{"name": words["name"], "parent": words["parent"], "request_id": words["request_id"], "note": words["note"]}), "empty": asking(m, nil, nil)} {
				text, err := w.call(ctx, req)
				code := status.Code(err)
				named := req.req.ProtoReflect().Descriptor().Fields().ByName("act") != nil || slices.Contains([]string{"GetCase", "ListCaseEvents", "ListCaseNotices", "ListLinkedCases", "WatchCases", "WatchOverview"}, n)
				switch {
				case slices.Contains(who.codes, code):
				case what != "whole" && named && code == codes.InvalidArgument: // no case is named
				case n == "BatchActOnCases" && err == nil && strings.Contains(text, fmt.Sprintf(`"code":%d`, codes.NotFound)) && !strings.Contains(text, `"case":`):
				default:
					t.Errorf("%s of %s, %s: %v %s; want one of %v", n, who.person, what, err, text, who.codes)
				}
				if strings.Contains(text, "eyes") {
					t.Errorf("%s tells %s of a case: %s", n, who.person, text)
				}
			}
		}
	}
}

// The five calls about the city that a person without a post was answered say which right is missing.
func TestRights_CityCallsNeedAPost(t *testing.T) {
	t.Parallel()
	w, was, is := rightsWorld(t)
	tw := &townWorld{w, w.desk.City().Location}
	cs := tw.report("seen", "C01", "1", oldTown)
	all := methods(t)
	for _, n := range []string{"GetCity", "Locate", "ExplainRoute", "OnDuty", "ProveCoverage", "ListRevisions", "ListPrecedents", "GetRevision", "DownloadCity", "ListDuplicates", "CreateReport", "ListCases", "SummarizeOverdue", "ListEscalations"} {
		fill, words := plausible(cs, "x-"+n, was, is)
		if n == "ListDuplicates" {
			delete(words, "name")
		}
		req := asking(all[n], fill, words)
		_, err := w.call(w.as("nobody", "en"), req)
		w.want(err, codes.PermissionDenied, "no post")
		_, err = w.call(w.as("nobody", "zh"), req)
		w.want(err, codes.PermissionDenied, "没有任何岗位")
		for _, person := range []roster.PersonID{"eyes", "office"} {
			if _, err := w.call(w.as(person, "en"), req); err != nil && (n != "DownloadCity" || person != "eyes") {
				t.Errorf("%s of %s: %v", n, person, err)
			}
		}
	}
}

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
	w.want(err, codes.NotFound, "areas/old")
	_, err = w.cases().ListCases(w.as("oldo", "en"), &wanggev1.ListCasesRequest{Scope: "areas/new", OrderBy: "size"})
	w.want(err, codes.NotFound, "areas/old")
	_, err = wanggev1.NewPrecedentServiceClient(w.conn).CreatePrecedent(w.as("oldo", "en"), &wanggev1.CreatePrecedentRequest{})
	w.want(err, codes.PermissionDenied, "grid_office")
	_, err = w.cases().ReprojectDeadlines(w.as("oldo", "en"), &wanggev1.ReprojectDeadlinesRequest{})
	w.want(err, codes.PermissionDenied, "grid_office")
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
	w.want(again, codes.FailedPrecondition, "handling, by pipe; possible now: "+strings.Join(convert.Names(actsOf(got)), ", "))
	hotline := tw.reportAs("eyes", &wanggev1.Report{ClientId: "h", Category: "E01", Source: wanggev1.Source_SOURCE_HOTLINE, Text: "x", CaptureTime: cs.GetCreateTime(), Position: cs.GetReport().GetPosition()})
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
					if want = codes.PermissionDenied; !lifecycle.MayRead(c, p, is, w.Now()) {
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
			_, err := w.actOn(w.as("desk", "en"), cs.GetName(), "t-4", caseAct("n", &wanggev1.CloseAct{Closing: "repaired", Outcome: wanggev1.Outcome_OUTCOME_FIXED}))
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

func (w *townWorld) reportAs(person roster.PersonID, r *wanggev1.Report) *wanggev1.Case {
	w.t.Helper()
	resp, err := w.reports().CreateReport(w.as(person, "en"), &wanggev1.CreateReportRequest{Report: r})
	if err != nil {
		w.t.Fatal(err)
	}
	return resp.GetCase()
}

// To a caller who may not read a case, a duplicate is only that there is one, of this kind, this far away.
func TestDuplicates_OfAnotherDistrict(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	r := w.light("theirs")
	r.Text, r.PhotoHashes = "王女士 13912345678 反映", []string{strings.Repeat("ab", 32)}
	cs := w.file(r)
	hotline := w.light("hotline")
	hotline.Source, hotline.Text = wanggev1.Source_SOURCE_HOTLINE, "来电人 13912345678"
	open := w.file(hotline)
	ask := func(person roster.PersonID, north float64) []*wanggev1.Duplicate {
		t.Helper()
		resp, err := w.cases().ListDuplicates(w.as(person, "en"), &wanggev1.ListDuplicatesRequest{Category: "C0106", Position: &wanggev1.Position{Latitude: 45.755 + north, Longitude: 126.600, Datum: wanggev1.Datum_DATUM_WGS84}})
		if err != nil {
			t.Fatal(err)
		}
		return resp.GetDuplicates()
	}
	for _, person := range []roster.PersonID{otherInspector, "p-230110-leader", "p-green-owner", "p-230104001007-owner"} {
		got := ask(person, 0.0001)
		if len(got) != 2 {
			t.Errorf("%s is told of %v, want two", person, got)
		}
		for _, d := range got {
			want := &wanggev1.Duplicate{Category: "C0106", CategoryDisplayName: "street-light manhole cover", DistanceM: d.GetDistanceM()}
			if !proto.Equal(d, want) || d.GetDistanceM() < 10 || d.GetDistanceM() > 13 {
				t.Errorf("%s is told %v, want only %v", person, d, want)
			}
		}
		if got := ask(person, 0.01); len(got) != 0 {
			t.Errorf("%s is told of %v a kilometre away", person, got)
		}
		_, err := w.cases().ListDuplicates(w.as(person, "en"), &wanggev1.ListDuplicatesRequest{Name: cs.GetName()})
		w.want(err, codes.NotFound)
	}
	for _, person := range []roster.PersonID{inspector, "p-acceptor-3", "p-leader"} {
		got := ask(person, 0)
		names := []string{}
		for _, d := range got {
			if names = append(names, d.GetName()); d.GetText() == "" || d.GetScore() == 0 {
				t.Errorf("%s is told %v, want what the case says", person, d)
			}
		}
		if slices.Sort(names); !slices.Equal(names, []string{cs.GetName(), open.GetName()}) {
			t.Errorf("%s is told of %v", person, names)
		}
	}
	// From a case of one's own, a look-alike across the border is only there as well.
	c := w.desk.City()
	own := &dispatch.Case{Report: dispatch.Report{Text: "secret", PhotoHashes: []string{"x"}}, Category: "C0106"}
	v := convert.Viewer{City: c, Person: otherInspector, Now: w.now}
	if d := v.Duplicate(desk.Candidate{Case: own, Likeness: duplicate.Likeness{DistanceM: 7, Apart: time.Hour, Score: 1}}); d.GetText() != "" || d.GetName() != "" || d.GetScore() != 0 || d.GetApart() != nil || d.GetPhotoHashes() != nil || d.GetDistanceM() != 7 {
		t.Errorf("a look-alike of another's: %v", d)
	}
}
