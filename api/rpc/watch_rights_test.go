package rpc

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/test/bufconn"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	wanggev1 "wangge/api/wangge/v1"
	"wangge/dispatch/city"
	"wangge/dispatch/desk"
	"wangge/dispatch/desk/desktest"
	"wangge/dispatch/desk/revision"
	"wangge/dispatch/desk/rollout"
	"wangge/storage/mem"
)

// postsWorld is the town over a clock that a test moves, with a grid office, and ib, who inspects the old town.
type postsWorld struct {
	*world
	clock *desktest.Clock
	files city.Directory
}

// postsTown is the directory of the town with rows of posts beside those of the town.
func postsTown(t *testing.T, posts ...string) city.Directory {
	t.Helper()
	files := townFiles(t)
	files["people.csv"] = append(bytes.Clone(files["people.csv"]), "office,网格办,0451-9990009\nib,采集员乙,0451-1000010\n"...)
	files["posts.csv"] = append(bytes.Clone(files["posts.csv"]), "area:town,grid_office,office,1,,,\n"+strings.Join(posts, "")...)
	return files
}

func newPostsWorld(t *testing.T, posts ...string) *postsWorld {
	t.Helper()
	return newPostsWorldOf(t, postsTown(t, posts...))
}

// newPostsWorldOf is newPostsWorld with another directory.
func newPostsWorldOf(t *testing.T, files city.Directory) *postsWorld {
	t.Helper()
	clock := desktest.NewClock()
	c, store := loaded(t, files), mem.Open()
	d, err := desk.Open(t.Context(), desk.Config{Store: store, City: c, Directory: files, Clock: clock})
	if err != nil {
		t.Fatal(err)
	}
	lis := bufconn.Listen(1 << 20)
	w := newWorldDesk(t, desk.Config{Store: store, City: c}, lis, Config{Desk: d, Clock: clock.Now},
		grpc.WithContextDialer(func(ctx context.Context, _ string) (net.Conn, error) { return lis.DialContext(ctx) }))
	w.setNow(clock.Now())
	return &postsWorld{w, clock, files}
}

// apply puts another directory into force.
func (w *postsWorld) apply(next city.Directory) {
	w.t.Helper()
	if _, err := w.desk.Apply(w.t.Context(), "office", rollout.Proposal{
		Directory: next, Against: w.desk.City().Base(), Policy: revision.Keep, Waive: "test",
	}); err != nil {
		w.t.Fatal(err)
	}
}

// litter files a report in the old town.
func (w *postsWorld) litter(id string) *wanggev1.Case {
	w.t.Helper()
	resp, err := w.reports().CreateReport(w.as("eyes", "en"), &wanggev1.CreateReportRequest{Report: &wanggev1.Report{
		ClientId: id, Category: "E01", Source: wanggev1.Source_SOURCE_INSPECTOR, Text: "x", CaptureTime: timestamppb.New(w.clock.Now()),
		Position: &wanggev1.Position{Latitude: 45.706, Longitude: oldTown, Datum: wanggev1.Datum_DATUM_WGS84, AccuracyM: 5},
	}})
	if err != nil {
		w.t.Fatal(err)
	}
	return resp.GetCase()
}

// forSure bounds a wait for something that has happened already: it ends a test that would hang.
const forSure = 20 * time.Second

// soon is a context of ib with an end in forSure.
func (w *postsWorld) soon() context.Context {
	ctx, cancel := context.WithTimeout(w.as("ib", "en"), forSure)
	w.t.Cleanup(cancel)
	return ctx
}

// follow begins a watch of ib with the longest time between bookmarks, and takes its first bookmark.
func (w *postsWorld) follow(scope string) grpc.ServerStreamingClient[wanggev1.WatchCasesResponse] {
	w.t.Helper()
	stream, err := w.cases().WatchCases(w.soon(), &wanggev1.WatchCasesRequest{Scope: scope, BookmarkInterval: durationpb.New(5 * time.Minute)})
	if err != nil {
		w.t.Fatal(err)
	}
	if m, err := stream.Recv(); err != nil || len(m.GetCases()) > 0 {
		w.t.Fatalf("ib watches %s: begins with %v, %v", scope, m, err)
	}
	return stream
}

// toTheEnd reads a watch to its end, and returns the cases that came before and the error.
func toTheEnd(stream grpc.ServerStreamingClient[wanggev1.WatchCasesResponse]) (seen []string, err error) {
	for {
		m, err := stream.Recv()
		if err != nil {
			return seen, err
		}
		for _, cs := range m.GetCases() {
			seen = append(seen, cs.GetName())
		}
		seen = append(seen, m.GetRemoved()...)
	}
}

// nextChange reads a watch to the next message with a case.
func nextChange(t *testing.T, stream grpc.ServerStreamingClient[wanggev1.WatchCasesResponse]) *wanggev1.WatchCasesResponse {
	t.Helper()
	for {
		m, err := stream.Recv()
		if err != nil {
			t.Fatal(err)
		}
		if len(m.GetCases())+len(m.GetRemoved()) > 0 {
			return m
		}
	}
}

const (
	ibAtOld   = "area:old,inspector,ib,1,,,\n"
	ibAtTown  = "area:town,inspector,ib,2,,,\n"
	ibToMarch = "area:old,inspector,ib,1,,,2026-03-05\n"
)

// A person loses the last post that allows a watch by a revision of the city: the watch ends at once, with no timer, and
// nothing that happens afterwards is delivered. The list answers the same.
func TestWatchRights_EndWithTheRevision(t *testing.T) {
	t.Parallel()
	w := newPostsWorld(t, ibAtOld)
	stream := w.follow("areas/old")
	before := w.litter("before")
	if m := nextChange(t, stream); m.GetCases()[0].GetName() != before.GetName() {
		t.Fatalf("told %v", m)
	}
	idle := w.follow("areas/old") // nothing wakes this watch but the revision
	w.apply(postsTown(t))
	w.want(func() error { _, err := toTheEnd(idle); return err }(), codes.NotFound)
	w.litter("after-1")
	w.litter("after-2")
	seen, err := toTheEnd(stream)
	if w.want(err, codes.NotFound); len(seen) > 0 {
		t.Errorf("after the post has gone the watch tells %v", seen)
	}
	_, err = w.cases().ListCases(w.as("ib", "en"), &wanggev1.ListCasesRequest{Scope: "areas/old"})
	if err == nil {
		t.Error("the list is still answered")
	}
}

// The span of a post ends: the watch ends at that instant, whatever the time between bookmarks, and in the middle of changes.
func TestWatchRights_EndWithTheSpanOfAPost(t *testing.T) {
	t.Parallel()
	w := newPostsWorld(t, ibToMarch)
	w.clock.Add(14*time.Hour + 58*time.Minute) // two minutes before midnight
	w.setNow(w.clock.Now())
	idle, busy := w.follow("areas/old"), w.follow("areas/old")
	w.litter("before")
	nextChange(t, idle)
	nextChange(t, busy)
	w.clock.Add(2 * time.Minute)
	w.want(func() error { _, err := toTheEnd(idle); return err }(), codes.NotFound)
	w.litter("after")
	seen, err := toTheEnd(busy)
	if w.want(err, codes.NotFound); len(seen) > 0 {
		t.Errorf("after the end of the span the watch tells %v", seen)
	}
}

// A person who keeps another post that allows the watch is told on, and sees the revision in a bookmark.
func TestWatchRights_GoOnWithAnotherPost(t *testing.T) {
	t.Parallel()
	w := newPostsWorld(t, ibAtOld, ibAtTown)
	stream := w.follow("areas/old")
	w.apply(postsTown(t, ibAtTown))
	after := w.litter("after")
	if m := nextChange(t, stream); len(m.GetCases()) != 1 || m.GetCases()[0].GetName() != after.GetName() {
		t.Errorf("told %v, want %s", m, after.GetName())
	}
	w.apply(postsTown(t))
	w.litter("gone")
	if seen, err := toTheEnd(stream); len(seen) > 0 {
		t.Errorf("without a post the watch tells %v, %v", seen, err)
	}
}

// What waits for a person is what the posts of the moment allow: of two posts one goes, and the watch goes on with the other.
// A person who leaves the city watches nothing any more.
func TestWatchRights_OfAPerson(t *testing.T) {
	t.Parallel()
	const atOld, atNew = "area:old,owner,ib,2,,,\n", "area:new,owner,ib,2,,,\n"
	w := newPostsWorld(t, atOld, atNew)
	stream := w.follow("people/ib")
	first := w.litter("first")
	if m := nextChange(t, stream); len(m.GetCases()) != 1 || m.GetCases()[0].GetName() != first.GetName() {
		t.Fatalf("told %v, want %s", m, first.GetName())
	}
	w.apply(postsTown(t, atNew))
	w.litter("old")
	there, err := w.reports().CreateReport(w.as("eyes", "en"), &wanggev1.CreateReportRequest{Report: &wanggev1.Report{
		ClientId: "new", Category: "E01", Source: wanggev1.Source_SOURCE_INSPECTOR, Text: "x", CaptureTime: timestamppb.New(w.clock.Now()),
		Position: &wanggev1.Position{Latitude: 45.706, Longitude: newTown, Datum: wanggev1.Datum_DATUM_WGS84, AccuracyM: 5},
	}})
	if err != nil {
		t.Fatal(err)
	}
	if m := nextChange(t, stream); len(m.GetCases()) != 1 || m.GetCases()[0].GetName() != there.GetCase().GetName() {
		t.Errorf("told %v, want %s alone", m, there.GetCase().GetName())
	}
	gone := postsTown(t)
	gone["people.csv"] = bytes.Replace(gone["people.csv"], []byte("ib,采集员乙,0451-1000010\n"), nil, 1)
	w.apply(gone)
	if seen, err := toTheEnd(stream); len(seen) > 0 || strings.Contains(fmt.Sprint(err), "deadline") {
		t.Errorf("a person who left is told %v, and the watch ends with %v", seen, err)
	}
}

// The overview ends with the post, too: no figures come after.
func TestWatchRights_OfAnOverview(t *testing.T) {
	t.Parallel()
	w := newPostsWorld(t, ibAtOld)
	stream, err := wanggev1.NewSupervisionServiceClient(w.conn).WatchOverview(w.soon(), &wanggev1.WatchOverviewRequest{Scope: "areas/old"})
	if err != nil {
		t.Fatal(err)
	}
	if m, err := stream.Recv(); err != nil || len(m.GetRows()) == 0 {
		t.Fatalf("begins with %v, %v", m, err)
	}
	w.apply(postsTown(t))
	m, err := stream.Recv()
	if w.want(err, codes.NotFound); m != nil {
		t.Errorf("told %v", m)
	}
}

// A watch that reads from the store asks, too: a reader who resumes and is slow gets nothing after the revision.
func TestWatchRights_OfAReaderBehind(t *testing.T) {
	t.Parallel()
	w := newPostsWorld(t, ibAtOld)
	var names []string
	for i := range 5 {
		names = append(names, w.litter(fmt.Sprint("r-", i)).GetName())
	}
	stream, err := w.cases().WatchCases(w.soon(), &wanggev1.WatchCasesRequest{Scope: "areas/old", AfterRevision: new(uint64)})
	if err != nil {
		t.Fatal(err)
	}
	if m := nextChange(t, stream); m.GetCases()[0].GetName() != names[0] {
		t.Fatalf("begins with %v", m)
	}
	w.apply(postsTown(t))
	last := w.litter("last").GetName()
	if seen, err := toTheEnd(stream); slices.Contains(seen, last) || strings.Contains(fmt.Sprint(err), "deadline") {
		t.Errorf("told %v to the end %v", seen, err)
	}
}
