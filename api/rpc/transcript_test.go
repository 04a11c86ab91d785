package rpc

import (
	"cmp"
	"context"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/status"
	"google.golang.org/grpc/test/bufconn"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/known/timestamppb"

	"wangge/api/resource"
	wanggev1 "wangge/api/wangge/v1"
	"wangge/dispatch"
	"wangge/dispatch/city"
	"wangge/dispatch/city/catalog"
	"wangge/dispatch/city/cities"
	"wangge/dispatch/city/compile"
	"wangge/dispatch/city/roster"
	"wangge/dispatch/desk"
	"wangge/dispatch/desk/fsck"
	"wangge/dispatch/desk/outbox"
	"wangge/dispatch/notify"
	"wangge/storage/mem"
)

// A transcript is a story of the trade over the wire, in Chinese: what each person does and is answered, the notices that
// each person gets, and the history of each case at the end. It is held by testdata/transcripts/NAME.zh.txt; -update writes
// the file anew. The clock stands still but for at.
type transcript struct {
	*office
	name string
	out  strings.Builder
	read map[string]bool // lines of notices that the transcript has

	category catalog.Code // of the case that is acted on
	calls    int
}

const transcriptTime = "2006-01-02 15:04"

// builtInDirectory is the directory of a built-in city.
func builtInDirectory(t *testing.T, name string) city.Directory {
	t.Helper()
	fsys, err := cities.FS(name)
	if err != nil {
		t.Fatal(err)
	}
	dir, bad := city.Collect(fsys)
	if len(bad) > 0 {
		t.Fatal(bad)
	}
	return dir
}

// newTranscript begins a transcript of the city of a directory at an instant. The transcript is compared at the end of the test.
func newTranscript(t *testing.T, name, title, begin string, dir city.Directory) *transcript {
	t.Helper()
	c, faults := compile.FS(dir.FS())
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	lis := bufconn.Listen(1 << 20)
	dial := grpc.WithContextDialer(func(ctx context.Context, _ string) (net.Conn, error) { return lis.DialContext(ctx) })
	w := newWorldDesk(t, desk.Config{Store: mem.Open(), City: c, Directory: dir, Channels: []string{"log"}}, lis, Config{}, dial)
	box := &inbox{}
	relay := w.desk.Relay(outbox.RelayConfig{Channels: []notify.Channel{box}, Rand: rand.New(rand.NewPCG(1, 2)), Link: "https://grid.example"})
	r := &transcript{office: &office{w, box, relay}, name: name, read: map[string]bool{}}
	r.setNow(r.instant(begin))
	r.line("%s", title)
	t.Cleanup(r.compare)
	return r
}

func (r *transcript) line(format string, args ...any) { fmt.Fprintf(&r.out, format+"\n", args...) }

func (r *transcript) instant(text string) time.Time {
	r.t.Helper()
	at, err := time.ParseInLocation(transcriptTime, text, r.desk.City().Location)
	if err != nil {
		r.t.Fatal(err)
	}
	return at
}

func (r *transcript) clock(t *timestamppb.Timestamp) string {
	return t.AsTime().In(r.desk.City().Location).Format(transcriptTime)
}

// compare holds the transcript against its file, after a check of the store.
func (r *transcript) compare() {
	r.t.Helper()
	if report, err := r.desk.Check(context.Background(), fsck.CheckOptions{}); err != nil || len(report.Findings) > 0 {
		r.t.Errorf("the store check: %v, %v", report.Findings, err)
	}
	file := filepath.Join("testdata", "transcripts", r.name+".zh.txt")
	if *updateGoldens && !r.t.Failed() {
		if err := os.WriteFile(file, []byte(r.out.String()), 0o644); err != nil {
			r.t.Error(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		r.t.Errorf("%v; run the test with -update and review the file", err)
		return
	}
	got, held := strings.Split(r.out.String(), "\n"), strings.Split(string(want), "\n")
	for i := range max(len(got), len(held)) {
		var is, was string
		if i < len(got) {
			is = got[i]
		}
		if i < len(held) {
			was = held[i]
		}
		if is != was {
			r.t.Errorf("%s:%d: got\n%s\nwant\n%s\nreview the difference with -update", file, i+1, is, was)
			return
		}
	}
}

// who returns the name of a person with the posts in the active city.
func (r *transcript) who(person roster.PersonID) string {
	c := r.desk.City()
	p, ok := c.Roster.Person(person)
	if !ok {
		return string(person)
	}
	var posts []string
	for _, h := range c.Roster.PostsOf(person, r.Now()) {
		posts = append(posts, c.UnitName(h.Unit).Zh+h.Role.Text().Zh)
	}
	if posts == nil {
		return p.Name
	}
	return p.Name + "（" + strings.Join(posts, "、") + "）"
}

// tells delivers what is due, and records who reads what. Lines that an earlier notice had, but for the first, are counted only.
func (r *transcript) tells() {
	r.t.Helper()
	r.inbox.got = nil
	if _, _, err := r.relay.DeliverDue(r.t.Context(), r.Now()); err != nil {
		r.t.Fatal(err)
	}
	slices.SortStableFunc(r.inbox.got, func(a, b notify.Message) int {
		return cmp.Or(strings.Compare(string(a.To.ID), string(b.To.ID)), strings.Compare(a.Text.Subject, b.Text.Subject))
	})
	for _, m := range r.inbox.got {
		r.line("  告知 %s：%s", r.who(m.To.ID), m.Text.Subject)
		known := 0
		for i, text := range strings.Split(strings.TrimRight(m.Text.Body, "\n"), "\n") {
			if i > 0 && r.read[text] {
				known++
				continue
			}
			r.read[text] = true
			r.line("      %s", text)
		}
		if known > 0 {
			r.line("      （另 %d 行同前）", known)
		}
	}
}

// at lets the time pass, minute by minute. What falls due is carried out by the service, and recorded when somebody is told.
func (r *transcript) at(text string) {
	r.t.Helper()
	for end := r.instant(text); r.Now().Before(end); {
		r.setNow(r.Now().Add(time.Minute))
		for more := true; more; {
			var err error
			if _, more, err = r.desk.FireDue(r.t.Context(), r.Now()); err != nil {
				r.t.Fatal(err)
			}
		}
		before := r.out.Len()
		r.tells()
		if said := r.out.String()[before:]; said != "" {
			rest := r.out.String()[:before]
			r.out.Reset()
			r.out.WriteString(rest)
			r.line("\n%s 到时", r.Now().Format(transcriptTime))
			r.out.WriteString(said)
		}
	}
}

// remark records a sentence about what comes next.
func (r *transcript) remark(text string) {
	r.line("\n# %s", text)
}

// begins records who does what now.
func (r *transcript) begins(person roster.PersonID, what string) {
	r.line("\n%s %s %s", r.Now().Format(transcriptTime), r.who(person), what)
}

// answers records a case as the answer to a call, and who was told by the call.
func (r *transcript) answers(cs *wanggev1.Case) {
	r.t.Helper()
	r.line("  答复：%s", r.state(cs))
	r.tells()
}

// refused records a refusal, and that nobody was told.
func (r *transcript) refused(err error) {
	r.t.Helper()
	if err == nil {
		r.t.Fatal("want a refusal")
	}
	r.line("  不准：%s", status.Convert(err).Message())
	r.tells()
}

// state is a case in a line.
func (r *transcript) state(cs *wanggev1.Case) string {
	parts := []string{"案件 " + strings.TrimPrefix(cs.GetName(), "cases/"), stageWord(cs.GetStage())}
	add := func(label, value string) {
		if value != "" {
			parts = append(parts, label+value)
		}
	}
	if o := cs.GetOwner(); o.GetPost() != "" {
		add("责任单位 ", o.GetUnitDisplayName())
	}
	if former := cs.GetFormerUnitDisplayNames(); len(former) > 0 {
		parts[len(parts)-1] += "（原 " + strings.Join(former, "、") + "）"
	}
	for _, o := range cs.GetCoOwnerWork() {
		done := ""
		if o.GetCompleteTime() != nil {
			done = "，已完成"
		}
		by := ""
		if o.GetFromPlatform() != "" {
			by = "，" + o.GetFromPlatformDisplayName() + "平台派遣"
		}
		add("协办 ", r.unit(o.GetUnit())+"（"+cmp.Or(o.GetDuty(), "知会")+by+done+"）")
	}
	add("处置人员 ", cs.GetHandlerDisplayName())
	if cs.GetDueTime() != nil {
		add("截止 ", r.clock(cs.GetDueTime()))
	}
	if cs.GetReceipt().GetDueTime() != nil && cs.GetReceipt().GetAcknowledgeTime() == nil {
		add("签收截止 ", r.clock(cs.GetReceipt().GetDueTime()))
	}
	if cs.GetOverdue() {
		add("", "逾期")
	}
	if cs.GetResumeTime() != nil {
		add("恢复 ", r.clock(cs.GetResumeTime()))
	}
	add("并入 ", strings.TrimPrefix(cs.GetMergedInto(), "cases/"))
	var waits []string
	for _, wt := range cs.GetWaits() {
		text := wt.GetDisplayName() + "（" + wt.GetUnitDisplayName()
		if p := wt.GetPeopleDisplayNames(); len(p) > 0 {
			text += " " + strings.Join(p, "、")
		}
		waits = append(waits, text+"）")
	}
	add("待 ", strings.Join(waits, "、"))
	return strings.Join(parts, "，")
}

// unit is the Chinese name of a unit by its resource name.
func (r *transcript) unit(name string) string {
	u, ok := resource.ParseUnit(name)
	if !ok {
		r.t.Fatalf("%q is no unit", name)
	}
	return r.desk.City().UnitName(u).Zh
}

// reports files a report as a person.
func (r *transcript) reports(person roster.PersonID, report *wanggev1.Report) *wanggev1.Case {
	r.t.Helper()
	resp, err := r.triesToReport(person, report)
	if err != nil {
		r.t.Fatalf("CreateReport: %v", err)
	}
	if !resp.GetCreated() {
		r.line("  此前已收到，未另立案件")
	}
	r.answers(resp.GetCase())
	return resp.GetCase()
}

// mayNotReport records that a report is refused.
func (r *transcript) mayNotReport(person roster.PersonID, report *wanggev1.Report) {
	r.t.Helper()
	_, err := r.triesToReport(person, report)
	r.refused(err)
}

func (r *transcript) triesToReport(person roster.PersonID, report *wanggev1.Report) (*wanggev1.CreateReportResponse, error) {
	r.t.Helper()
	r.begins(person, "上报："+r.reportWords(report))
	return r.world.reports().CreateReport(r.as(person, "zh"), &wanggev1.CreateReportRequest{Report: report})
}

// reportWords is a report in a line.
func (r *transcript) reportWords(report *wanggev1.Report) string {
	c := r.desk.City()
	parts := []string{"“" + report.GetText() + "”", "来源 " + dispatch.Source(report.GetSource()).Text().Zh}
	if cat, _ := c.Category(report.GetCategory()); cat != nil {
		parts = append(parts, "类别 "+string(cat.Code)+" "+cat.Name)
	}
	for _, f := range []struct{ label, value string }{
		{"地址 ", report.GetAddress()},
		{"工单 ", report.GetExternalId()},
		{"来电人 ", report.GetCallerName()},
		{"电话 ", report.GetCallerPhone()},
		{"建议并入 ", strings.TrimPrefix(report.GetJoins(), "cases/")},
	} {
		if f.value != "" {
			parts = append(parts, f.label+f.value)
		}
	}
	return strings.Join(parts, "，")
}

// acts lets a person act on a case as it is now, and records the answer.
func (r *transcript) acts(person roster.PersonID, name, note string, act proto.Message) *wanggev1.Case {
	r.t.Helper()
	cs, err := r.tries(person, name, note, act)
	if err != nil {
		r.t.Fatalf("%s: %T: %v", person, act, err)
	}
	r.answers(cs)
	return cs
}

// mayNot records that a person is refused an act.
func (r *transcript) mayNot(person roster.PersonID, name, note string, act proto.Message) {
	r.t.Helper()
	_, err := r.tries(person, name, note, act)
	r.refused(err)
}

func (r *transcript) tries(person roster.PersonID, name, note string, act proto.Message) (*wanggev1.Case, error) {
	r.t.Helper()
	r.calls++
	in := caseAct(note, act)
	if cs, err := r.cases().GetCase(r.as(person, "zh"), &wanggev1.GetCaseRequest{Name: name}); err == nil {
		r.category = catalog.Code(cs.GetCategory())
	}
	what := r.actWords(in, act)
	if note != "" {
		what += "：“" + note + "”"
	}
	r.begins(person, what)
	return r.actOn(r.as(person, "zh"), name, fmt.Sprint("call-", r.calls), in)
}

// sees records a case as a person reads it.
func (r *transcript) sees(person roster.PersonID, name string) *wanggev1.Case {
	r.t.Helper()
	r.begins(person, "查看案件")
	cs, err := r.cases().GetCase(r.as(person, "zh"), &wanggev1.GetCaseRequest{Name: name})
	if err != nil {
		r.t.Fatal(err)
	}
	r.answers(cs)
	return cs
}

// lists records the cases that a person is answered for a question in words.
func (r *transcript) lists(person roster.PersonID, words string, q *wanggev1.ListCasesRequest) {
	r.t.Helper()
	r.begins(person, "列出"+words)
	resp, err := r.cases().ListCases(r.as(person, "zh"), q)
	if err != nil {
		r.t.Fatal(err)
	}
	r.line("  答复：%d 件", len(resp.GetCases()))
	for _, cs := range resp.GetCases() {
		r.line("      %s %s", cs.GetCategoryDisplayName(), r.state(cs))
	}
}

// history records everything that happened to a case, as a person reads it.
func (r *transcript) history(person roster.PersonID, name string) {
	r.t.Helper()
	resp, err := r.cases().ListCaseEvents(r.as(person, "zh"), &wanggev1.ListCaseEventsRequest{Parent: name, PageSize: 1000})
	if err != nil {
		r.t.Fatal(err)
	}
	r.line("\n案件 %s 经过（%s 查看）", strings.TrimPrefix(name, "cases/"), r.who(person))
	for _, e := range resp.GetEvents() {
		r.line("  %s", r.eventWords(e))
	}
}

// milestone is the Chinese name of a milestone by its id. The party is named beside it.
func (r *transcript) milestone(id string) string {
	kind, _, _ := strings.Cut(id, dispatch.MilestoneOf)
	for _, cat := range r.desk.City().Categories {
		for i := range cat.Conditions {
			for _, m := range cat.Conditions[i].Milestones {
				if m.ID == kind && m.Name != "" {
					return m.Name
				}
			}
		}
	}
	return kind
}

// condition is a filing condition in words, of the category of the act, by its id.
func (r *transcript) condition(id string) string {
	if cat := r.desk.City().Categories[r.category]; cat != nil {
		for i := range cat.Conditions {
			if k := &cat.Conditions[i]; k.ID == id && k.Name != "" {
				return k.Name
			}
		}
	}
	return id
}

// eventWords is an event in a line.
func (r *transcript) eventWords(e *wanggev1.CaseEvent) string {
	actor := cmp.Or(e.GetActorDisplayName(), strings.TrimPrefix(e.GetActor(), "people/"), "系统")
	if u := e.GetPostUnitDisplayName(); u != "" {
		_, role, _ := strings.Cut(e.GetPost(), "/posts/")
		actor += "（" + u + roster.Role(role).Text().Zh + "）"
	}
	out := fmt.Sprintf("%2d %s %s %s", e.GetSequence(), r.clock(e.GetTime()), dispatch.EventKind(e.GetKind()).Text().Zh, actor)
	add := func(label, value string) {
		if value != "" {
			out += "，" + label + value
		}
	}
	unit, party := "责任单位 ", ""
	if e.GetKind() == wanggev1.EventKind_EVENT_KIND_PART_DISPATCHED {
		unit, party = "协办单位 ", "派遣平台 "
	}
	add(unit, cmp.Or(e.GetUnitDisplayName(), e.GetUnit()))
	add(party, cmp.Or(e.GetPartyDisplayName(), e.GetParty()))
	add("处置人员 ", cmp.Or(e.GetHandlerDisplayName(), strings.TrimPrefix(e.GetHandler(), "people/")))
	if e.GetCategory() != "" {
		add("改为类别 ", e.GetCategory()+" "+e.GetCategoryDisplayName())
	}
	add("原单位 ", strings.Join(e.GetFormerUnitDisplayNames(), "、"))
	add("节点 ", r.milestone(e.GetMilestone()))
	add("", dispatch.ReturnReason(e.GetReason()).Text().Zh)
	if e.GetRequested() != 0 {
		add("", dispatch.RequestText(strings.ToLower(strings.TrimPrefix(e.GetRequested().String(), "APPROVAL_KIND_"))).Zh)
	}
	if e.GetLight() != 0 {
		add("", dispatch.LightText(strings.ToLower(strings.TrimPrefix(e.GetLight().String(), "LIGHT_"))).Zh)
	}
	add("另案 ", strings.TrimPrefix(e.GetOther(), "cases/"))
	add("结案条件 ", e.GetClosing())
	add("", dispatch.Outcome(e.GetOutcome()).Text().Zh)
	if n := len(e.GetPhotoHashes()); n > 0 {
		add("", fmt.Sprintf("照片 %d 张", n))
	}
	if e.GetDueTime() != nil {
		add("截止 ", r.clock(e.GetDueTime()))
	}
	if e.GetResumeTime() != nil {
		add("至 ", r.clock(e.GetResumeTime()))
	}
	if e.GetReceiptDueTime() != nil {
		add("签收截止 ", r.clock(e.GetReceiptDueTime()))
	}
	if e.GetNote() != "" {
		add("", "“"+e.GetNote()+"”")
	}
	add("告知 ", strings.Join(e.GetNotifiedDisplayNames(), "、"))
	return out
}

// actWords is an act and its fields in words.
func (r *transcript) actWords(in *wanggev1.CaseAct, act proto.Message) string {
	set := in.ProtoReflect().WhichOneof(in.ProtoReflect().Descriptor().Oneofs().ByName("act"))
	out := dispatch.Act(strings.ReplaceAll(string(set.Name()), "complete_milestone", "reach")).Text().Zh
	var parts []string
	fields := act.ProtoReflect().Descriptor().Fields()
	for i := range fields.Len() {
		if f := fields.Get(i); act.ProtoReflect().Has(f) {
			if text := r.fieldWords(f, act.ProtoReflect().Get(f)); text != "" {
				parts = append(parts, text)
			}
		}
	}
	if parts == nil {
		return out
	}
	return out + "（" + strings.Join(parts, "，") + "）"
}

// fieldWords is one field of an act in words.
func (r *transcript) fieldWords(f protoreflect.FieldDescriptor, v protoreflect.Value) string {
	yes := func(is bool, a, b string) string {
		if is {
			return a
		}
		return b
	}
	switch f.Name() {
	case "photo_hashes":
		return fmt.Sprintf("照片 %d 张", v.List().Len())
	case "passed":
		return yes(v.Bool(), "通过", "不通过")
	case "granted":
		return yes(v.Bool(), "同意", "不同意")
	case "reason":
		return dispatch.ReturnReason(v.Enum()).Text().Zh
	case "outcome":
		return dispatch.Outcome(v.Enum()).Text().Zh
	case "satisfaction":
		return satisfactionWords[wanggev1.Satisfaction(v.Enum())]
	case "handler":
		return r.who(roster.PersonID(strings.TrimPrefix(v.String(), "people/")))
	case "unit":
		return r.unit(v.String())
	case "milestone":
		return r.milestone(v.String())
	case "condition":
		return "立案条件 " + r.condition(v.String())
	case "category":
		if cat, _ := r.desk.City().Category(v.String()); cat != nil {
			r.category = cat.Code
			return "类别 " + cat.Name
		}
	case "target":
		return strings.TrimPrefix(v.String(), "cases/")
	}
	switch m := v.Interface().(type) {
	case protoreflect.Message:
		if ts, ok := m.Interface().(*timestamppb.Timestamp); ok {
			return "至 " + r.clock(ts)
		}
		return "" // a position
	default:
		return v.String()
	}
}

var satisfactionWords = map[wanggev1.Satisfaction]string{
	wanggev1.Satisfaction_SATISFACTION_VERY_SATISFIED: "非常满意", wanggev1.Satisfaction_SATISFACTION_SATISFIED: "满意",
	wanggev1.Satisfaction_SATISFACTION_MOSTLY_SATISFIED: "基本满意", wanggev1.Satisfaction_SATISFACTION_DISSATISFIED: "不满意",
	wanggev1.Satisfaction_SATISFACTION_NOT_REACHED: "未联系上",
}

// stageWord is a stage of the wire in Chinese.
func stageWord(s wanggev1.Stage) string { return dispatch.Stage(s).Text().Zh }
