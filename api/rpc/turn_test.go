package rpc

import (
	"bytes"
	"context"
	"maps"
	"net"
	"sync"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/status"
	"google.golang.org/grpc/test/bufconn"
	"google.golang.org/protobuf/encoding/prototext"
	"google.golang.org/protobuf/proto"

	wanggev1 "wangge/api/wangge/v1"
	"wangge/dispatch/desk"
	"wangge/dispatch/desk/revision"
	"wangge/dispatch/desk/rollout"
	"wangge/storage/mem"
)

// turner applies a revision of the city at one reading of the server's clock, which is in the middle of a call.
type turner struct {
	mu    sync.Mutex
	left  int // readings to the one at which the city turns; 0 = none
	apply func()
}

func (u *turner) read() {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.left > 0 {
		if u.left--; u.left == 0 {
			u.apply()
		}
	}
}

// arm lets the city turn at the nth reading from now; 0 disarms. It reports whether the city had yet to turn.
func (u *turner) arm(n int) (pending bool) {
	u.mu.Lock()
	defer u.mu.Unlock()
	pending = u.left > 0
	u.left = n
	return pending
}

// A call sees one revision of the city, whichever comes into force in the middle of the call: every answer and
// every refusal is in whole as the revision before or in whole as the revision after names things.
func TestRevision_TurnsInTheMiddleOfACall(t *testing.T) {
	files := townFiles(t)
	files["people.csv"] = append(bytes.Clone(files["people.csv"]), "office,网格办,0451-9990009\n"...)
	files["posts.csv"] = append(bytes.Clone(files["posts.csv"]), "area:town,grid_office,office,1,,,\n"...)
	renamed := maps.Clone(files)
	for _, file := range []string{"areas.geojson", "people.csv", "categories.csv", "departments.csv", "city.yaml"} {
		data := renamed[file]
		for old, name := range map[string]string{
			"城市领导": "改名领导", "Old Town": "Renamed Old", "New Town": "Renamed New", "Small Town": "Renamed Town", "老城负责人": "改名老城",
			"新城负责人": "改名新城", "供水负责人": "改名供水", "Water main": "Renamed main", "Litter": "Renamed litter", "采集员": "改名采集", "派遣员": "改名派遣", "受理员": "改名受理",
		} {
			data = bytes.ReplaceAll(data, []byte(old), []byte(name))
		}
		renamed[file] = data
	}
	was := loaded(t, files)
	turns := &turner{}
	var w *world
	store := mem.Open()
	first, err := desk.Open(t.Context(), desk.Config{Store: store, City: was, Directory: files, Clock: &world{now: time.Date(2026, 3, 4, 8, 0, 0, 0, was.Location)}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := first.Apply(t.Context(), "office", rollout.Proposal{Directory: renamed, Against: first.City().Base(), Policy: revision.Keep, Waive: "test"}); err != nil {
		t.Fatal(err)
	}
	first.Close()
	lis := bufconn.Listen(1 << 20)
	w = newWorldWith(t, loaded(t, renamed), store, lis, Config{Clock: func() time.Time { turns.read(); return w.Now() }},
		grpc.WithContextDialer(func(ctx context.Context, _ string) (net.Conn, error) { return lis.DialContext(ctx) }))
	next := files
	turn := func() {
		if _, err := w.desk.Apply(context.Background(), "office", rollout.Proposal{Directory: next, Against: w.desk.City().Base(), Policy: revision.Keep, Waive: "test"}); err != nil {
			t.Errorf("apply: %v", err)
		}
		if next = files; w.desk.City().Base() == files.Revision() {
			next = renamed
		}
	}
	turns.apply = turn
	tw := &townWorld{w, was.Location}
	cs := tw.report("r-1", "E01", "", oldTown)
	boss, eyes, oldo := w.as("boss", "en"), w.as("eyes", "en"), w.as("oldo", "en")
	at := func(lng float64) *wanggev1.Position {
		return &wanggev1.Position{Latitude: 45.706, Longitude: lng, Datum: wanggev1.Datum_DATUM_WGS84, AccuracyM: 5}
	}
	for _, tt := range []struct {
		name string
		ask  func() (proto.Message, error)
	}{
		{"GetCity", func() (proto.Message, error) {
			return w.city().GetCity(boss, &wanggev1.GetCityRequest{})
		}},
		{"Locate", func() (proto.Message, error) {
			return w.city().Locate(boss, &wanggev1.LocateRequest{Position: at(126.50399)})
		}},
		{"Locate outside", func() (proto.Message, error) {
			return w.city().Locate(boss, &wanggev1.LocateRequest{Position: at(126.6)})
		}},
		{"ExplainRoute", func() (proto.Message, error) {
			return w.city().ExplainRoute(boss, &wanggev1.ExplainRouteRequest{Position: at(oldTown), Category: "E01"})
		}},
		{"ExplainRoute of no category", func() (proto.Message, error) {
			return w.city().ExplainRoute(boss, &wanggev1.ExplainRouteRequest{Position: at(oldTown), Category: "E0"})
		}},
		{"OnDuty", func() (proto.Message, error) {
			return w.city().OnDuty(boss, &wanggev1.OnDutyRequest{Position: at(newTown), Category: "E01"})
		}},
		{"GetCase", func() (proto.Message, error) {
			return w.cases().GetCase(boss, &wanggev1.GetCaseRequest{Name: cs.GetName()})
		}},
		{"ListCases", func() (proto.Message, error) {
			return w.cases().ListCases(boss, &wanggev1.ListCasesRequest{Scope: "areas/town"})
		}},
		{"ListCaseEvents", func() (proto.Message, error) {
			return w.cases().ListCaseEvents(boss, &wanggev1.ListCaseEventsRequest{Parent: cs.GetName()})
		}},
		{"ListDuplicates", func() (proto.Message, error) {
			return w.cases().ListDuplicates(eyes, &wanggev1.ListDuplicatesRequest{Position: at(oldTown), Category: "E01"})
		}},
		{"SummarizeOverdue", func() (proto.Message, error) {
			return wanggev1.NewSupervisionServiceClient(w.conn).SummarizeOverdue(boss, &wanggev1.SummarizeOverdueRequest{Scope: "areas/town"})
		}},
		{"an etag that is stale", func() (proto.Message, error) {
			_, err := w.act(oldo, &wanggev1.Case{Name: cs.GetName(), Etag: "1"}, "stale", caseAct("", &wanggev1.StartAct{}))
			return nil, err
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			say := func() string {
				m, err := tt.ask()
				if err != nil {
					return prototext.Format(status.Convert(err).Proto())
				}
				return prototext.Format(m)
			}
			one := say()
			turn()
			other := say()
			if one == other {
				t.Fatalf("both revisions answer alike:\n%s", one)
			}
			kept := false // the city turned in the middle, and the answer was that of before
			for n := 1; ; n++ {
				before := say()
				turns.arm(n)
				got := say()
				if pending := turns.arm(0); pending {
					break // the call reads the clock less often
				}
				if got != one && got != other {
					t.Fatalf("turned at reading %d, the answer is of neither revision:\n%s\nwant\n%s\nor\n%s", n, got, one, other)
				}
				kept = kept || got == before
			}
			if !kept {
				t.Error("no call kept its revision while the city turned")
			}
		})
	}
}
