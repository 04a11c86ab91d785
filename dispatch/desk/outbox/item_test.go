package outbox

import (
	"regexp"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"wangge/dispatch"
	"wangge/dispatch/casetest"
	"wangge/dispatch/city/citytest"
	"wangge/dispatch/city/roster"
	"wangge/dispatch/notify"
)

// gap is a word of a notice without its value.
var gap = regexp.MustCompile(`【】|\[\]|（）|\(\)|：(，|$)|: ?(,|$)|，，|, ,|  |%!|<nil>|0001-01-01|unknown|未知`)

// silent are the events of which nobody is ever notified.
var silent = map[dispatch.EventKind]bool{
	dispatch.EventAccepted: true, dispatch.EventArbitrated: true, dispatch.EventReopened: true, dispatch.EventMilestoneCompleted: true,
	dispatch.EventAssisted: true, dispatch.EventAttached: true, dispatch.EventDetached: true, dispatch.EventCommented: true,
	dispatch.EventImported: true, dispatch.EventReprojected: true, dispatch.EventStepSkipped: true,
	dispatch.EventAcknowledged: true,
}

// The notice of every kind of event, to whomever, says in both languages what it is about, and has no empty word.
func TestItem_EveryKindHasItsWords(t *testing.T) {
	t.Parallel()
	c := citytest.Toy(t)
	start := casetest.At(c, "2026-03-04 09:00")
	filed := casetest.FileToy(t, c, citytest.Rubbish, dispatch.SourceInspector, start)
	var kinds []dispatch.EventKind
	for k := dispatch.EventUnknown + 1; k < 200; k++ {
		if k.Known() && !silent[k] {
			kinds = append(kinds, k)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		cs := *filed
		e := dispatch.Event{
			Kind: rapid.SampledFrom(kinds).Draw(t, "kind"), Seq: 4, At: start.Add(time.Hour),
			Notified: []roster.PersonID{citytest.OwnerW1}, NotifiedPosts: []roster.PostID{cs.Owner.Post},
			NotifiedAs: []dispatch.NotifiedAs{dispatch.NotifiedAs(rapid.IntRange(0, int(dispatch.AsSent)).Draw(t, "as"))},
			Granted:    rapid.Bool().Draw(t, "granted"), Other: 20260301_000000001,
			Request: dispatch.RequestKind(rapid.IntRange(1, 4).Draw(t, "request")),
			Light:   rapid.SampledFrom([]string{"", "green", "yellow", "red"}).Draw(t, "light"),
		}
		if e.Kind == dispatch.EventGranted { // by the first of two people
			e.Request = rapid.SampledFrom([]dispatch.RequestKind{dispatch.RequestExtension, dispatch.RequestAppeal}).Draw(t, "granted request")
		}
		if e.Kind == dispatch.EventDenied {
			e.Request = rapid.SampledFrom([]dispatch.RequestKind{dispatch.RequestExtension, dispatch.RequestSuspension}).Draw(t, "denied request")
		}
		for what, set := range map[string]func(){
			"actor":     func() { e.Actor, e.Post = citytest.Mayor, "leader@area:T" },
			"note":      func() { e.Note = "请尽快" },
			"no owner":  func() { cs.Owner = dispatch.Owner{} },
			"ended":     func() { cs.Clock, cs.Stage = dispatch.Clock{}, dispatch.Closed },
			"no place":  func() { cs.Place = dispatch.Place{} },
			"no cell":   func() { cs.Place.Cell = 0 },
			"until":     func() { e.Until = start.AddDate(0, 0, 3) },
			"condition": func() { cs.Condition = "that is gone" },
			"reopens":   func() { cs.Reopens = 20260301_000000002 },
			"old":       func() { e.NotifiedAs, e.NotifiedPosts = nil, nil },
			"co-owner": func() {
				cs.CoOwners = []dispatch.CoOwner{{Owner: dispatch.Owner{Unit: filed.Owner.Unit, Duty: "围挡现场"}}}
			},
		} {
			if rapid.Bool().Draw(t, what) {
				set()
			}
		}
		item := itemOf(c, &cs, &e, citytest.OwnerW1)
		for _, lang := range []string{"zh", "en"} {
			text := notify.Words([]notify.Item{item}, 1, lang, "")
			for line := range strings.SplitSeq(text.Subject+"\n"+text.Body, "\n") {
				if gap.MatchString(line) || line == "" {
					t.Fatalf("%s: %q in\n%s\n%s", lang, line, text.Subject, text.Body)
				}
			}
			if strings.HasPrefix(text.Subject, "【案件通知】") || strings.HasPrefix(text.Subject, "[Notice]") {
				t.Fatalf("%s has no words of its own: %s", e.Kind, text.Subject)
			}
		}
	})
}

// The notice of an alarm, and of whatever happens while a receipt is overdue, names every unit that has not signed: a person is told
// once of several. A unit that has signed meanwhile is left out, and the reporter reads nothing of it.
func TestItem_UnitsThatHaveNotSigned(t *testing.T) {
	t.Parallel()
	c := citytest.Toy(t)
	at := casetest.At(c, "2026-03-04 09:00")
	cs := *casetest.FileToy(t, c, citytest.Rubbish, dispatch.SourceInspector, at)
	late := dispatch.Receipt{Since: at, Due: at.Add(10 * time.Minute), Missed: 1}
	water := roster.Unit{Kind: roster.UnitDepartment, ID: "WATER"}
	cs.Stage, cs.Receipt = dispatch.Dispatched, late
	cs.CoOwners = []dispatch.CoOwner{{Owner: dispatch.Owner{Unit: water, Duty: "关阀"}, Receipt: late}}
	e := dispatch.Event{
		Kind: dispatch.EventReceiptMissed, Seq: 5, At: at.Add(time.Hour), Party: water,
		Notified: []roster.PersonID{citytest.DutyChief}, NotifiedPosts: []roster.PostID{"duty_chief@area:T"},
		NotifiedAs: []dispatch.NotifiedAs{dispatch.AsRecipient},
	}
	says := func() string {
		text := notify.Words([]notify.Item{itemOf(c, &cs, &e, citytest.DutyChief)}, 1, "zh", "")
		_, line, _ := strings.Cut(text.Body, "未签收单位：")
		line, _, _ = strings.Cut(line, "\n")
		return line
	}
	owner, helper := c.UnitName(cs.Owner.Unit).Zh, c.UnitName(water).Zh
	if got, want := says(), owner+"、"+helper; got != want {
		t.Errorf("nobody has signed: the notice names %q, want %q", got, want)
	}
	cs.Receipt.At = at.Add(30 * time.Minute)
	if got := says(); got != helper {
		t.Errorf("the owner has signed: the notice names %q, want %q", got, helper)
	}
	e.NotifiedAs[0] = dispatch.AsReporter
	if got := says(); got != "" {
		t.Errorf("a reporter reads that %q has not signed", got)
	}
	e.NotifiedAs[0], cs.Stage = dispatch.AsRecipient, dispatch.Suspended
	if got := says(); got != "" {
		t.Errorf("the work is suspended, the notice names %q", got)
	}
}

// A notice says where the matter is, and names neither the caller nor a reporter who is to stay unknown.
func TestItem_AddressAndNames(t *testing.T) {
	t.Parallel()
	c := citytest.Toy(t)
	at := casetest.At(c, "2026-03-04 09:00")
	inspector, ok := c.Roster.Person(citytest.Inspector)
	if !ok {
		t.Fatal("no inspector")
	}
	for _, tt := range []struct {
		name         string
		source       dispatch.Source
		confidential bool
		actor, want  roster.PersonID
	}{
		{"an inspector reports", dispatch.SourceInspector, false, citytest.Inspector, citytest.Inspector},
		{"an inspector reports in confidence", dispatch.SourceInspector, true, citytest.Inspector, ""},
		{"somebody else reports", dispatch.SourceHotline, false, citytest.Inspector, ""},
		{"somebody else reports in confidence", dispatch.SourceHotline, true, citytest.Inspector, ""},
		{"the office acts in a confidential case", dispatch.SourceHotline, true, citytest.Mayor, citytest.Mayor},
	} {
		cs := *casetest.FileToy(t, c, citytest.Rubbish, dispatch.SourceInspector, at)
		cs.Report.Source, cs.Report.Reporter, cs.Report.Address = tt.source, inspector.ID, "中山路7号"
		cs.Report.Caller = dispatch.Caller{Name: "赵来电", Phone: "0451-5555", Confidential: tt.confidential}
		e := dispatch.Event{Kind: dispatch.EventReported, Seq: 1, At: at, Actor: tt.actor, Post: "leader@area:T", Notified: []roster.PersonID{citytest.OwnerW1}}
		want := ""
		if p, ok := c.Roster.Person(tt.want); ok {
			want = p.Name
		}
		for _, to := range []roster.PersonID{citytest.OwnerW1, ""} { // "" is a webhook
			item := itemOf(c, &cs, &e, to)
			if item.Actor != want || want == "" && item.ActorPost.En != "" {
				t.Errorf("%s: to %q the actor is %q, %q; want %q", tt.name, to, item.Actor, item.ActorPost.En, want)
			}
			text := notify.Words([]notify.Item{item}, 1, "zh", "")
			if !strings.Contains(text.Body, "地址：中山路7号") || strings.Contains(text.Body, "赵来电") || strings.Contains(text.Body, "5555") {
				t.Errorf("%s: the notice is\n%s", tt.name, text.Body)
			}
			if hidden := tt.actor == inspector.ID && want == ""; hidden && strings.Contains(text.Body, inspector.Name) {
				t.Errorf("%s: the notice names the reporter\n%s", tt.name, text.Body)
			}
		}
	}
}
