package rpc

import (
	"context"
	"errors"
	"io"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/grpc/test/bufconn"
	"google.golang.org/protobuf/types/known/timestamppb"

	wanggev1 "wangge/api/wangge/v1"
	"wangge/dispatch/city/citytest/testdir"
	"wangge/dispatch/city/compile"
	"wangge/dispatch/desk"
	"wangge/storage/mem"
)

// A proof over the wire takes the channels of the server, or those that the request names: whom none of them reaches is a
// gap. A server without a channel says in the language of the caller that nobody would be told.
func TestProveCoverage_Channels(t *testing.T) {
	t.Parallel()
	c, faults := compile.FS(testdir.Toy())
	if len(faults) > 0 {
		t.Fatal(faults[0])
	}
	serving := func(channels ...string) *world {
		store, clock := mem.Open(), &world{t: t, now: time.Date(2026, 3, 4, 9, 0, 0, 0, c.Location)}
		d, err := desk.Open(t.Context(), desk.Config{Store: store, City: c, Clock: clock, Channels: channels})
		if err != nil {
			t.Fatal(err)
		}
		lis := bufconn.Listen(1 << 20)
		return newWorldWith(t, c, store, lis, Config{Desk: d},
			grpc.WithContextDialer(func(ctx context.Context, _ string) (net.Conn, error) { return lis.DialContext(ctx) }))
	}
	proof := func(w *world, lang string, channels ...wanggev1.NoticeChannel) (*wanggev1.CoverageSummary, []string, error) {
		stream, err := w.city().ProveCoverage(w.as("office", lang), &wanggev1.ProveCoverageRequest{
			StartTime: timestamppb.New(w.Now()), EndTime: timestamppb.New(w.Now().AddDate(0, 0, 2)), Channels: channels,
		})
		if err != nil {
			return nil, nil, err
		}
		first, err := stream.Recv()
		if err != nil {
			return nil, nil, err
		}
		var silent []string
		for {
			next, err := stream.Recv()
			if errors.Is(err, io.EOF) {
				slices.Sort(silent)
				return first.GetSummary(), slices.Compact(silent), nil
			}
			if err != nil {
				return nil, nil, err
			}
			if g := next.GetGap(); g.GetReason() == wanggev1.GapReason_GAP_REASON_NO_CHANNEL {
				silent = append(silent, g.GetPerson())
			} else {
				t.Errorf("gap %v", g)
			}
		}
	}
	const email, sms, log = wanggev1.NoticeChannel_NOTICE_CHANNEL_EMAIL, wanggev1.NoticeChannel_NOTICE_CHANNEL_SMS, wanggev1.NoticeChannel_NOTICE_CHANNEL_LOG
	bare := serving("log")
	for lang, want := range map[string]string{"en": "nobody would be told", "zh": "不会通知任何人"} {
		s, silent, err := proof(bare, lang)
		if err != nil || len(silent) > 0 || len(s.GetChannels()) > 0 || !strings.Contains(s.GetNote(), want) || s.GetOpen() != 0 {
			t.Errorf("a server with the log alone: %v, %v, %v; want %q", s, silent, err, want)
		}
	}
	mailing := serving("log", "email")
	s, silent, err := proof(mailing, "en")
	if err != nil || !slices.Equal(s.GetChannels(), []wanggev1.NoticeChannel{email}) || s.GetNote() != "" || s.GetOpen() == 0 {
		t.Fatalf("a server with mail: %v, %v", s, err)
	}
	if len(silent) < 10 || slices.Contains(silent, "people/mayor") || !slices.Contains(silent, "people/grid-e1a") {
		t.Errorf("a server with mail reaches all but %v; want the mayor, who has an address, reached, and nobody else", silent)
	}
	if s, silent, err := proof(mailing, "en", log, email, sms); err != nil || len(silent) > 0 || !slices.Equal(s.GetChannels(), []wanggev1.NoticeChannel{email, sms}) {
		t.Errorf("with short messages: %v, %v, %v; want everybody reached", s, silent, err)
	}
	for _, bad := range []wanggev1.NoticeChannel{0, 99} {
		if _, _, err := proof(mailing, "en", email, bad); status.Code(err) != codes.InvalidArgument || !strings.Contains(err.Error(), "channels") {
			t.Errorf("channel %d: %v, want INVALID_ARGUMENT", bad, err)
		}
	}
}
