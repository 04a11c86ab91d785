package rpc

import (
	"testing"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	"wangge/api/rpc/request"
	wanggev1 "wangge/api/wangge/v1"
)

// A phone whose clock is wrong loses no report: it is taken on every path, its deadline runs from the receipt,
// and the skew is kept as evidence.
func TestReport_WrongClockIsTaken(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	now := w.Now()
	right := w.file(w.light("right"))
	for _, tt := range []struct {
		name            string
		captured, phone time.Time // zero: the phone does not say
		skew            time.Duration
		here            time.Time // zero: nobody can tell
	}{
		{"right", now.Add(-2 * time.Minute), time.Time{}, 0, now.Add(-2 * time.Minute)},
		{"seconds ahead", now.Add(30 * time.Second), time.Time{}, 0, now},
		{"ten minutes ahead", now.Add(10 * time.Minute), time.Time{}, 10 * time.Minute, now},
		{"an hour ahead, in another zone", now.Add(61 * time.Minute), time.Time{}, 61 * time.Minute, now},
		{"a year ahead", now.AddDate(1, 0, 0), time.Time{}, now.AddDate(1, 0, 0).Sub(now), now},
		{"a draft of a week", now.AddDate(0, 0, -7), time.Time{}, 0, now.AddDate(0, 0, -7)},
		{"ten years behind", now.AddDate(-10, 0, 0), time.Time{}, now.AddDate(-10, 0, 0).Sub(now), time.Time{}},
		{"the battery was out", time.Unix(0, 0), time.Time{}, time.Unix(0, 0).Sub(now), time.Time{}},
		{"an hour ahead, measured", now.Add(40 * time.Minute), now.Add(time.Hour), time.Hour, now.Add(-20 * time.Minute)},
		{"years behind, measured", now.AddDate(-10, 0, 0).Add(-5 * time.Minute), now.AddDate(-10, 0, 0), now.AddDate(-10, 0, 0).Sub(now), now.Add(-5 * time.Minute)},
		{"an old draft of a clock that is right", now.AddDate(0, -3, 0), now.Add(time.Second), 0, now.AddDate(0, -3, 0)},
		{"a day old", now.Add(-24 * time.Hour), time.Time{}, 0, now.Add(-24 * time.Hour)},
		{"more than a day old", now.Add(-24*time.Hour - time.Minute), now, 0, now.Add(-24*time.Hour - time.Minute)},
		{"ten years old, by a clock that is right", now.AddDate(-10, 0, 0), now, 0, now.AddDate(-10, 0, 0)},
		{"a week old, by a clock that is an hour ahead", now.AddDate(0, 0, -7).Add(time.Hour), now.Add(time.Hour), time.Hour, now.AddDate(0, 0, -7)},
		{"captured after it was sent", now.Add(2 * time.Hour), now.Add(time.Hour), 2 * time.Hour, now},
		{"as far ahead as an instant goes", time.Date(9999, 12, 31, 0, 0, 0, 0, time.UTC), time.Time{}, request.Latest.Sub(now), now},
		{"the first instant of all", time.Date(1, 1, 1, 0, 0, 0, 0, time.UTC), time.Time{}, request.Earliest.Sub(now), time.Time{}},
	} {
		report := func(id string) *wanggev1.Report {
			r := w.light(id + "-" + time.Duration(tt.captured.Unix()).String() + "-" + time.Duration(tt.phone.Unix()).String())
			r.CaptureTime = timestamppb.New(tt.captured)
			if !tt.phone.IsZero() {
				r.PhoneTime = timestamppb.New(tt.phone)
			}
			return r
		}
		one := report("one")
		alone := w.file(one)
		batch, err := w.reports().BatchCreateReports(w.as(inspector, "en"), &wanggev1.BatchCreateReportsRequest{Reports: []*wanggev1.Report{report("batch")}})
		if err != nil || batch.GetResults()[0].GetStatus() != nil {
			t.Errorf("%s: the batch is refused: %v, %v", tt.name, err, batch.GetResults())
			continue
		}
		if one.PhoneTime != nil { // sent again, later
			one.PhoneTime = timestamppb.New(tt.phone.Add(time.Hour))
		}
		if again := w.file(one); again.GetName() != alone.GetName() {
			t.Errorf("%s: sent again it is case %s, not %s", tt.name, again.GetName(), alone.GetName())
		}
		for _, name := range []string{alone.GetName(), batch.GetResults()[0].GetFiled().GetCase().GetName()} {
			cs, err := w.cases().GetCase(w.as(inspector, "en"), &wanggev1.GetCaseRequest{Name: name})
			if err != nil {
				t.Fatal(err)
			}
			if got := cs.GetClockSkew().AsDuration(); got != tt.skew.Truncate(time.Second) {
				t.Errorf("%s: the skew is %s, want %s", tt.name, got, tt.skew)
			}
			if here := cs.GetCaptureTime(); (here == nil) != tt.here.IsZero() || here != nil && !here.AsTime().Equal(tt.here) {
				t.Errorf("%s: captured at %v by our clock, want %v", tt.name, here.AsTime(), tt.here)
			}
			age := time.Duration(0)
			if !tt.here.IsZero() && now.Sub(tt.here) > 24*time.Hour {
				age = now.Sub(tt.here)
			}
			if got := cs.GetCaptureAge().AsDuration(); got != age.Truncate(time.Second) {
				t.Errorf("%s: it says that it was captured %s before it was received, want %s", tt.name, got, age)
			}
			if !cs.GetDueTime().AsTime().Equal(right.GetDueTime().AsTime()) {
				t.Errorf("%s: due at %v, want %v: from the receipt", tt.name, cs.GetDueTime().AsTime(), right.GetDueTime().AsTime())
			}
		}
	}
}
