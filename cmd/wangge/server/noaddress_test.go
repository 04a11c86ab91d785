package server

import (
	"io"
	"log/slog"
	"math/rand/v2"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"wangge/dispatch"
	"wangge/dispatch/city/citytest/testdir"
	"wangge/dispatch/city/compile"
	"wangge/dispatch/desk"
	"wangge/dispatch/desk/outbox"
	"wangge/dispatch/notify"
	"wangge/grid"
	"wangge/storage/mem"
)

// While somebody of whom no channel has an address could not be told of work, the metrics count the notice, and the health of
// notices is NOT_SERVING.
func TestReadiness_NoAddress(t *testing.T) {
	t.Parallel()
	c, faults := compile.FS(testdir.Plain(t))
	if len(faults) > 0 {
		t.Fatal(faults[0])
	}
	store := mem.Open()
	defer store.Close()
	clock := &storyClock{now: time.Date(2011, 7, 11, 9, 0, 0, 0, c.Location)}
	d, err := desk.Open(t.Context(), desk.Config{Store: store, City: c, Clock: clock, Channels: []string{"log", "email"}, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	if _, tells := isReady(t.Context(), d); !tells {
		t.Error("a server that has left nobody out is said to tell nobody")
	}
	_, _, err = d.File(t.Context(), "b-leader", dispatch.Report{ClientID: "r-1", Source: dispatch.SourceInspector, Category: "abandoned-bicycle/abandoned-bicycle", Position: grid.Position{Lat: 42.36, Lng: -71.06, Datum: grid.WGS84}})
	if err != nil {
		t.Fatal(err)
	}
	relay := d.Relay(outbox.RelayConfig{Channels: []notify.Channel{notify.Log{Log: slog.New(slog.DiscardHandler)}}, Rand: rand.New(rand.NewPCG(1, 2))})
	if _, next, err := relay.DeliverDue(t.Context(), clock.now); err != nil || !next.IsZero() {
		t.Fatalf("DeliverDue: next %s, %v; want nothing to be tried again", next, err)
	}
	if inTime, tells := isReady(t.Context(), d); !inTime || tells {
		t.Errorf("in time %t, tells %t; want a server in time that has left somebody out", inTime, tells)
	}
	w := httptest.NewRecorder()
	metricsOf(d).ServeHTTP(w, httptest.NewRequest("GET", "/metrics", nil))
	body, err := io.ReadAll(w.Body)
	if want := `wangge_outbox_notices{state="no_address"} 2`; err != nil || !strings.Contains(string(body), "\n"+want+"\n") {
		t.Errorf("no %q in\n%s", want, body)
	}
}
