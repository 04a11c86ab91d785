package client_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"flag"
	"io/fs"
	"log/slog"
	randv2 "math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/spf13/cobra"
	"google.golang.org/protobuf/types/known/timestamppb"

	"wangge/api/auth"
	"wangge/api/rpc"
	wanggev1 "wangge/api/wangge/v1"
	"wangge/cmd/wangge/cli"
	"wangge/cmd/wangge/client"
	"wangge/dispatch/city/compile"
	"wangge/dispatch/city/roster"
	"wangge/dispatch/desk"
	"wangge/dispatch/desk/outbox"
	"wangge/dispatch/notify"
	"wangge/storage/mem"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
)

// rewrite writes the transcripts of testdata anew; review the difference.
var rewrite = flag.Bool("rewrite", false, "write the transcripts anew; review the difference")

// office is a server of the small town in this process, whose clock stands still until a test moves it.
type office struct {
	t      testing.TB
	now    time.Time
	desk   *desk.Desk
	relay  *outbox.Relay
	tokens *auth.Tokens
	conn   *grpc.ClientConn
	addr   string
}

func (o *office) Now() time.Time { return o.now }

// NewTimer never fires: tests fire what is due themselves.
func (o *office) NewTimer(time.Duration) (<-chan time.Time, func() bool) {
	return make(chan time.Time), func() bool { return true }
}

// townFiles is the small town with the published holidays of 2026 with names of people as a desk meets them, and with
// receipts for cases of severity A and B.
func townFiles(t testing.TB) fs.FS {
	t.Helper()
	files := fstest.MapFS{}
	read := func(from string) []byte {
		data, err := os.ReadFile(filepath.FromSlash(from))
		if err != nil {
			t.Fatal(err)
		}
		return data
	}
	const town = "../../../api/rpc/testdata/town"
	entries, err := os.ReadDir(filepath.FromSlash(town))
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		files[e.Name()] = &fstest.MapFile{Data: read(town + "/" + e.Name())}
	}
	files["holidays/2026.json"] = &fstest.MapFile{Data: read("../../../dispatch/city/calendar/testdata/2026.json")}
	people := strings.NewReplacer("城市领导", "王建国", "值班长", "赵敏", "受理员", "孙丽", "派遣员", "周涛", "核查员", "吴芳", "采集员", "李强", "供水负责人", "刘洋", "老城负责人", "陈静", "新城负责人", "杨帆")
	files["city.yaml"].Data = bytes.Replace(files["city.yaml"].Data, []byte("near_border_m: 30}"), []byte("near_border_m: 30, receipt_minutes: {A: 10, B: 60}}"), 1)
	files["people.csv"].Data = []byte(people.Replace(string(files["people.csv"].Data)))
	return files
}

func newOffice(t testing.TB) *office {
	t.Helper()
	c, faults := compile.FS(townFiles(t))
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	o := &office{t: t, now: time.Date(2026, 3, 4, 9, 0, 0, 0, c.Location)}
	store := mem.Open()
	var err error
	if o.desk, err = desk.Open(t.Context(), desk.Config{Store: store, City: c, Clock: o, Channels: []string{"log"}}); err != nil {
		t.Fatal(err)
	}
	silent := slog.New(slog.DiscardHandler)
	o.relay = o.desk.Relay(outbox.RelayConfig{Channels: []notify.Channel{notify.Log{Log: silent}}, Rand: randv2.New(randv2.NewPCG(1, 2))})
	if o.tokens, err = auth.OpenTokens(filepath.Join(t.TempDir(), "tokens")); err != nil {
		t.Fatal(err)
	}
	lis, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	o.addr = lis.Addr().String()
	srv := rpc.New(rpc.Config{Desk: o.desk, Tokens: o.tokens, Clock: o.Now, Log: silent})
	done := make(chan error, 1)
	go func() { done <- srv.Serve(lis) }()
	if o.conn, err = grpc.NewClient(o.addr, grpc.WithTransportCredentials(insecure.NewCredentials())); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = o.conn.Close()
		srv.Stop()
		<-done
		o.desk.Close()
		_ = store.Close()
	})
	return o
}

// at moves the clock to a time of 2026 in the town.
func (o *office) at(text string) {
	o.t.Helper()
	at, err := time.ParseInLocation("2006-01-02 15:04", "2026-"+text, o.now.Location())
	if err != nil {
		o.t.Fatal(err)
	}
	o.now = at
	for {
		if _, more, err := o.desk.FireDue(o.t.Context(), at); err != nil {
			o.t.Fatal(err)
		} else if !more {
			break
		}
	}
	if _, _, err := o.relay.DeliverDue(o.t.Context(), at); err != nil {
		o.t.Fatal(err)
	}
}

func (o *office) token(who roster.PersonID) string {
	o.t.Helper()
	secret, err := o.tokens.Issue(who, 100*24*time.Hour, o.now, rand.Reader)
	if err != nil {
		o.t.Fatal(err)
	}
	return secret
}

// file reports a matter as a person and returns the number of the case.
func (o *office) file(who roster.PersonID, id string, r *wanggev1.Report) string {
	o.t.Helper()
	r.ClientId, r.CaptureTime = id, timestamppb.New(o.now.Add(-2*time.Minute))
	ctx := metadata.AppendToOutgoingContext(o.t.Context(), "authorization", "Bearer "+o.token(who))
	resp, err := wanggev1.NewReportServiceClient(o.conn).CreateReport(ctx, &wanggev1.CreateReportRequest{Report: r})
	if err != nil {
		o.t.Fatal(err)
	}
	return strings.TrimPrefix(resp.GetCase().GetName(), "cases/")
}

// run runs a command as a person and returns its output, its error output and its exit code.
func (o *office) run(who roster.PersonID, args ...string) (out, errs string, code int) {
	o.t.Helper()
	var stdout, stderr bytes.Buffer
	code = cli.Run(context.WithoutCancel(o.t.Context()), append(args, "--server", o.addr, "--token", o.token(who)), &stdout, &stderr,
		func(opt *cli.Options) []*cobra.Command {
			return []*cobra.Command{client.CaseCommand(opt), client.OverdueCommand(opt), client.ReportCommand(opt), client.OutboxCommand(opt)}
		})
	return stdout.String(), stderr.String(), code
}

// says runs a command that must succeed and returns its output.
func (o *office) says(who roster.PersonID, args ...string) string {
	o.t.Helper()
	out, errs, code := o.run(who, args...)
	if code != 0 {
		o.t.Fatalf("wangge %v: exit %d: %s%s", args, code, out, errs)
	}
	return out
}

// golden compares a text with a file of testdata.
func golden(t *testing.T, name, got string) {
	t.Helper()
	file := filepath.Join("testdata", name)
	if *rewrite {
		if err := os.WriteFile(file, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s differs; run the test with -rewrite and review the difference. Got:\n%s", file, got)
	}
}
