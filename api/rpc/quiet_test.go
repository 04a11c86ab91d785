package rpc

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	wanggev1 "wangge/api/wangge/v1"
)

// night sets the clock to an hour and minute of the night from 4 to 5 March 2026.
func (o *office) night(hour, minute int) {
	day := 4
	if hour < 12 {
		day = 5
	}
	o.setNow(time.Date(2026, 3, day, hour, minute, 0, 0, o.Now().Location()))
}

// messages delivers what may leave, and returns a line for each message: the person, the number of notices and the subject.
func (o *office) messages() []string {
	o.t.Helper()
	o.inbox.got = nil
	if _, _, err := o.relay.DeliverDue(o.t.Context(), o.Now()); err != nil {
		o.t.Fatal(err)
	}
	var out []string
	for _, m := range o.inbox.got {
		label, _, _ := strings.Cut(m.Text.Subject, "】")
		out = append(out, string(m.To.ID)+" "+strings.TrimPrefix(label, "【"))
	}
	slices.Sort(out)
	return out
}

// waits are the notices of a case that wait, each with the person and the time until which it waits.
func (o *office) waits(name string) []string {
	o.t.Helper()
	list, err := o.cases().ListCaseNotices(o.as("p-leader", "zh"), &wanggev1.ListCaseNoticesRequest{Parent: name})
	if err != nil {
		o.t.Fatal(err)
	}
	var out []string
	for _, n := range list.GetNotices() {
		if n.GetState() == wanggev1.NoticeState_NOTICE_STATE_QUEUED {
			out = append(out, strings.TrimPrefix(n.GetPerson(), "people/")+" "+n.GetTime().AsTime().In(o.Now().Location()).Format("15:04"))
		}
	}
	slices.Sort(out)
	return out
}

// fires moves the clock on to an hour and minute of the night, minute by minute, and fires what falls due.
func (o *office) fires(hour, minute int) {
	o.t.Helper()
	from := o.Now()
	o.night(hour, minute)
	for at := from; !at.After(o.Now()); at = at.Add(time.Minute) {
		for more := true; more; {
			var err error
			if _, more, err = o.desk.FireDue(context.Background(), at); err != nil {
				o.t.Fatal(err)
			}
		}
	}
}

func (o *office) wantLines(what string, got []string, want ...string) {
	o.t.Helper()
	if slices.Sort(want); !slices.Equal(got, want) {
		o.t.Errorf("%s: %q, want %q", what, got, want)
	}
}

// A lid that rattles is reported at 23:00, severity C: the owner and the co-owner are off shift and sleep until
// 06:30, the dispatcher of the night shift is told at once that the case is returned. In the morning each reads one message, in which
// nothing is missing: neither the first dispatch nor the second.
func TestQuiet_NewsWaitsForTheMorningUnlessOnShift(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.night(23, 0)
	rattles := func(id string) *wanggev1.Report {
		r := o.light(id)
		r.Category, r.Condition, r.Text = "C0101", "3", "井盖异响"
		return r
	}
	lid := o.file(rattles("r-1")).GetName()
	o.wantLines("at 23:00", o.messages())
	o.wantLines("until the morning", o.waits(lid), "p-230102-owner 06:30", "p-water-owner 06:30")
	other := o.file(rattles("r-2")).GetName()
	o.night(23, 5)
	if _, err := o.actOn(o.as("p-water-owner", "zh"), lid, "q-1", caseAct("", &wanggev1.ReturnAct{Reason: wanggev1.ReturnReason_RETURN_REASON_NOT_MY_LINE})); err != nil {
		t.Fatal(err)
	}
	o.wantLines("the return at 23:05", o.messages(), "p-dispatcher-2 回退")
	o.night(23, 10)
	if _, err := o.actOn(o.as("p-dispatcher-2", "zh"), lid, "q-2", caseAct("", &wanggev1.DispatchAct{Unit: "departments/WATER"})); err != nil {
		t.Fatal(err)
	}
	o.wantLines("the dispatch at 23:10", o.messages())
	o.wantLines("of the first", o.waits(lid), "p-230102-owner 06:30", "p-230102-owner 06:30", "p-230102-owner 06:30", "p-water-owner 06:30", "p-water-owner 06:30")
	o.wantLines("of the second", o.waits(other), "p-230102-owner 06:30", "p-water-owner 06:30")
	o.night(6, 29)
	o.wantLines("at 06:29", o.messages())
	o.night(6, 30)
	o.wantLines("at 06:30", o.messages(), "p-230102-owner 您有 4 条案件通知", "p-water-owner 您有 3 条案件通知")
	o.wantLines("afterwards", append(o.waits(lid), o.waits(other)...))
}

// A lid that is missing at 23:00 is of severity A: its owner is woken, though on no shift, and so is everybody whom its alarms
// reach in that night, on shift or off. Nothing of the case waits.
func TestQuiet_SeverityAGoesOutAtNight(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.night(23, 0)
	lid := o.light("r-1")
	lid.Category = "C0101"
	name := o.file(lid).GetName()
	o.wantLines("the dispatch", o.messages(), "p-230102-owner 协办", "p-water-owner 派遣")
	told := map[string]bool{}
	for minute := 11; minute < 60; minute += 10 {
		o.fires(23, minute)
		for _, m := range o.messages() {
			person, _, _ := strings.Cut(m, " ")
			told[person] = true
		}
		o.wantLines("what waits", o.waits(name))
	}
	for _, person := range []string{"p-water-owner", "p-water-leader", "p-chief-night"} {
		if !told[person] {
			t.Errorf("%s is told of no alarm between 23:00 and midnight; told: %v", person, told)
		}
	}
	if _, err := o.actOn(o.as("p-water-owner", "zh"), name, "q-1", caseAct("", &wanggev1.ReturnAct{Reason: wanggev1.ReturnReason_RETURN_REASON_NOT_MY_LINE})); err != nil {
		t.Fatal(err)
	}
	o.wantLines("the return", o.messages(), "p-230102-owner 协办终止", "p-dispatcher-2 回退")
}
