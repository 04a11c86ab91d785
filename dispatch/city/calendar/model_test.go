package calendar_test

import (
	"compress/gzip"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"testing"
	"time"

	"wangge/dispatch/city/calendar"
)

// model is working time the slow way: every minute of some years, looked at one by one.
type model struct {
	begin   time.Time
	working []bool  // by minute
	before  []int32 // working minutes before each
	at      []int32 // the minute of each working minute
}

// published is what the holiday files say of each date: true is a day off.
func published(t *testing.T) map[string]bool {
	t.Helper()
	days := map[string]bool{}
	for year := 2020; year <= 2026; year++ {
		b, err := os.ReadFile(fmt.Sprintf("testdata/%d.json", year))
		if err != nil {
			t.Fatal(err)
		}
		var f struct {
			Days []struct {
				Date     string
				IsOffDay bool
			}
		}
		if err := json.Unmarshal(b, &f); err != nil {
			t.Fatal(err)
		}
		for _, d := range f.Days {
			if d.Date[:4] == strconv.Itoa(year) {
				days[d.Date] = d.IsOffDay
			}
		}
	}
	return days
}

func slowly(t *testing.T, loc *time.Location, days map[string]bool) *model {
	t.Helper()
	m := &model{begin: time.Date(2020, 1, 1, 0, 0, 0, 0, loc)}
	for at := m.begin; at.Year() < 2027; at = at.Add(time.Minute) {
		off, listed := days[at.Format(time.DateOnly)]
		if !listed {
			off = at.Weekday() == time.Saturday || at.Weekday() == time.Sunday
		}
		hm := at.Hour()*100 + at.Minute()
		open := !off && (hm >= 830 && hm < 1130 || hm >= 1330 && hm < 1700)
		m.before = append(m.before, int32(len(m.at)))
		if open {
			m.at = append(m.at, int32(len(m.working)))
		}
		m.working = append(m.working, open)
	}
	return m
}

// Working-time arithmetic is what a minute-by-minute model says, over seven years of published
// holidays: 20,000 random cases, 1,000,000 with WANGGE_DEEP=1.
func TestDueAt_AgreesWithMinuteModel(t *testing.T) {
	t.Parallel()
	days := published(t)
	files := map[string][]byte{}
	for year := 2020; year <= 2026; year++ {
		name := fmt.Sprintf("%d.json", year)
		b, err := os.ReadFile("testdata/" + name)
		if err != nil {
			t.Fatal(err)
		}
		files[name] = b
	}
	loc, err := time.LoadLocation("Asia/Shanghai")
	if err != nil {
		t.Fatal(err)
	}
	c, faults := calendar.Parse([]byte(harbinYAML), files, loc)
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	m := slowly(t, loc, days)
	worked, off := 0, 0
	for date, isOff := range days {
		at, err := time.ParseInLocation("2006-01-02 15:04", date+" 09:00", loc)
		if err != nil || c.IsWorking(at) == isOff {
			t.Errorf("%s: working %v, published as off %v, %v", date, c.IsWorking(at), isOff, err)
		}
		if isOff {
			off++
		} else {
			worked++
		}
	}
	if off < 180 || worked < 30 {
		t.Errorf("%d days off and %d make-up days were compared: too few", off, worked)
	}
	cases := 20_000
	if os.Getenv("WANGGE_DEEP") == "1" {
		cases = 1_000_000
	}
	rng := rand.New(rand.NewPCG(7, 8131))
	const dayMinutes = 390 // 3 h in the morning, 3 h 30 min in the afternoon
	for i := range cases {
		from := rng.IntN(len(m.working))
		limit := calendar.Limit{N: 1 + rng.IntN(40), Unit: calendar.WorkHours}
		need := limit.N * 60
		if rng.IntN(2) == 0 {
			limit.Unit, need = calendar.WorkDays, limit.N*dayMinutes
		}
		start := m.begin.Add(time.Duration(from) * time.Minute)
		due, err := c.DueAt(start, limit)
		last := int(m.before[from]) + need - 1 // the working minute that uses it up
		if last >= len(m.at) {
			if err == nil {
				t.Fatalf("case %d: %v from %v = %v, beyond the published holidays", i, limit, start, due)
			}
			continue
		}
		want := m.begin.Add(time.Duration(m.at[last]+1) * time.Minute)
		if err != nil || !due.Equal(want) {
			t.Fatalf("case %d: %v from %v = %v, %v, the model says %v", i, limit, start, due, err, want)
		}
		to := from + rng.IntN(len(m.working)-from)
		got, err := c.Consumed(limit, start, m.begin.Add(time.Duration(to)*time.Minute))
		if used := time.Duration(m.before[to]-m.before[from]) * time.Minute; err != nil || got != used {
			t.Fatalf("case %d: consumed from %v for %d minutes = %v, %v, the model says %v", i, start, to-from, got, err, used)
		}
	}
}

// The calendar of a city that nobody here invented, written as any city directory's, gives the due
// times that the city itself recorded, to the minute: testdata/boston-queues.csv names the queues, with
// the limit that fits each best.
func TestDueAt_BostonsRecordedDeadlines(t *testing.T) {
	t.Parallel()
	loc, err := time.LoadLocation("America/New_York")
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile("../cities/boston/calendar.yaml")
	if err != nil {
		t.Fatal(err)
	}
	c, faults := calendar.Parse(text, nil, loc)
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	limits := map[string]calendar.Limit{}
	for _, r := range rowsOf(t, "testdata/boston-queues.csv", false)[1:] {
		u, err1 := calendar.ParseUnit(r[2])
		n, err2 := strconv.Atoi(r[3])
		if err1 != nil || err2 != nil {
			t.Fatal(r, err1, err2)
		}
		limits[r[0]+"\x00"+r[1]] = calendar.Limit{N: n, Unit: u}
	}
	rows := rowsOf(t, "../cities/boston/events/boston311-2011.csv.gz", true)
	column := map[string]int{}
	for i, name := range rows[0] {
		column[name] = i
	}
	compared, exact := 0, 0
	for _, r := range rows[1:] {
		limit, ok := limits[r[column["type"]]+"\x00"+r[column["queue"]]]
		opened, err1 := time.ParseInLocation(time.DateTime, r[column["open_dt"]], loc)
		target, err2 := time.ParseInLocation(time.DateTime, r[column["target_dt"]], loc)
		if !ok || err1 != nil || err2 != nil {
			continue
		}
		compared++
		due, err := c.DueAt(opened, limit)
		if err != nil {
			t.Fatal(err)
		}
		if due.Sub(target).Abs() < time.Minute {
			exact++
		}
	}
	t.Logf("%d of %d rows to the minute: %.2f %%", exact, compared, 100*float64(exact)/float64(max(1, compared)))
	if compared < 10_000 || float64(exact) < 0.985*float64(compared) {
		t.Errorf("%d of %d rows to the minute, want 98.5 %% of at least 10,000", exact, compared)
	}
}

func rowsOf(t *testing.T, file string, zipped bool) [][]string {
	t.Helper()
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rd := csv.NewReader(f)
	if zipped {
		z, err := gzip.NewReader(f)
		if err != nil {
			t.Fatal(err)
		}
		rd = csv.NewReader(z)
	}
	rows, err := rd.ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	return rows
}
