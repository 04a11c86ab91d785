package server

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/pflag"
	"golang.org/x/sync/errgroup"
	"google.golang.org/grpc/health"

	"wangge/api/auth"
	"wangge/cmd/wangge/cli"
	"wangge/dispatch/city"
	"wangge/dispatch/desk"
	"wangge/dispatch/desk/outbox"
	"wangge/dispatch/diag"
	"wangge/dispatch/i18n"
	"wangge/dispatch/notify"
)

// outputs are the flags for what a server sends besides answers: notices and metrics.
type outputs struct {
	log           bool
	webhook       string
	smtp, from    string
	smtpTLS       string
	wecom, sms    string
	link, metrics string
	gap           time.Duration
}

func (o *outputs) flags(f *pflag.FlagSet) {
	f.BoolVar(&o.log, "notify-log", true, "notices to the log")
	f.StringVar(&o.webhook, "notify-webhook", "", "URL for notices, as CloudEvents signed by Standard Webhooks; the secret (whsec_…) is WANGGE_WEBHOOK_SECRET")
	f.StringVar(&o.smtp, "notify-smtp", "", "mail server host:port for notices to people with an email in people.csv; WANGGE_SMTP_USER and WANGGE_SMTP_PASSWORD sign in")
	f.StringVar(&o.smtpTLS, "notify-smtp-tls", string(notify.TLSRequired), "encryption on the way to the mail server: required (port 465 from the first byte, any other by STARTTLS; a server without TLS is refused), implicit (from the first byte on any port) or optional (clear text to a server without TLS)")
	f.StringVar(&o.from, "notify-from", "", "sender of mail")
	f.StringVar(&o.wecom, "notify-wecom", "", "YAML file of a WeCom application, for notices to people with a wecom in people.csv: see dispatch/notify/README.md")
	f.StringVar(&o.sms, "notify-sms", "", "YAML file that describes the gateway of the city for short messages to the phones in people.csv: see dispatch/notify/README.md")
	f.StringVar(&o.link, "notify-link", "", "where the pages of this service are, for links in messages")
	cli.SpanFlag(f, &o.gap, "notify-gap", time.Minute, 0, "time between two messages to one person by one channel; severity A does not wait")
	f.StringVar(&o.metrics, "metrics", "", "address for Prometheus, on this machine: GET /metrics (default none)")
}

// channels returns the channels that the flags ask for.
func (o *outputs) channels() ([]notify.Channel, error) {
	var out []notify.Channel
	if o.log {
		out = append(out, notify.Log{Log: slog.Default()})
	}
	if o.webhook != "" {
		w, err := notify.NewWebhook(o.webhook, os.Getenv("WANGGE_WEBHOOK_SECRET"))
		if err != nil {
			return nil, fmt.Errorf("--notify-webhook: %w", err)
		}
		out = append(out, w)
	}
	if o.smtp != "" {
		e, err := notify.NewEmail(notify.EmailConfig{
			Server: o.smtp, From: o.from, User: os.Getenv("WANGGE_SMTP_USER"), Password: os.Getenv("WANGGE_SMTP_PASSWORD"),
			TLS: notify.TLSPolicy(o.smtpTLS),
		})
		if err != nil {
			return nil, fmt.Errorf("--notify-smtp, --notify-smtp-tls, --notify-from: %w", err)
		}
		out = append(out, e)
	}
	var faults []diag.Diagnostic
	if o.wecom != "" {
		ch, wrong := notify.LoadWeCom(o.wecom)
		out, faults = append(out, ch), append(faults, wrong...)
	}
	if o.sms != "" {
		ch, wrong := notify.LoadSMS(o.sms)
		out, faults = append(out, ch), append(faults, wrong...)
	}
	if len(faults) > 0 {
		return nil, cli.SettingsFaults(faults)
	}
	if o.metrics != "" {
		if err := auth.CheckListen(o.metrics, false); err != nil {
			return nil, fmt.Errorf("--metrics: %w", err)
		}
	}
	return out, nil
}

// names are the names of channels.
func names(channels []notify.Channel) []string {
	var out []string
	for _, ch := range channels {
		out = append(out, ch.Name())
	}
	return out
}

// noticeHealth is the service name under which grpc.health says whether notices can be sent to people: by every channel that city.yaml
// names, and to everybody who was to be told so far.
const noticeHealth = "notices"

// nobodyTold is the warning of a server without a channel to people, at its start.
func nobodyTold() i18n.Text {
	return i18n.F("nobody is told: this server has no channel to people, whatever a case needs; add --notify-smtp, --notify-webhook, --notify-wecom or --notify-sms",
		"无人会收到通知：本服务没有任何可发给人员的渠道，案件再急也无人知晓；请加上 --notify-smtp、--notify-webhook、--notify-wecom 或 --notify-sms")
}

// lacking are the channels of a city's service, by its city.yaml, that a server has not.
func lacking(c *city.City, server []string) []string {
	return slices.DeleteFunc(slices.Clone(c.Channels), func(ch string) bool { return slices.Contains(server, ch) })
}

// untold are the warnings of a server at its start: nobody is told, or a channel of city.yaml is not there, or reaches no
// holder of some posts.
func untold(c *city.City, server []string) []i18n.Text {
	var out []i18n.Text
	telling := city.Telling(server)
	if len(telling) == 0 {
		out = append(out, nobodyTold())
	}
	if lack := lacking(c, server); len(lack) > 0 {
		out = append(out, i18n.F("city.yaml names channels that this server has not: %s", "city.yaml 写明的渠道本服务未配置：%s", strings.Join(lack, ", ")))
	}
	if posts := c.Unreached(telling); len(telling) > 0 && len(posts) > 0 {
		out = append(out, i18n.F("%[1]d {post has|posts have} no holder whom %[2]s reaches, %[3]s among them: see wangge city prove --channels %[4]s", "有 %[1]d 个岗位的人员均无法通过 %[2]s 通知，如 %[3]s：请运行 wangge city prove --channels %[4]s",
			len(posts), strings.Join(telling, ", "), posts[0], strings.Join(telling, ",")))
	}
	return out
}

// run starts, in g, what delivers notices, answers scrapes and updates readiness, until ctx ends.
func (o *outputs) run(ctx context.Context, g *errgroup.Group, d *desk.Desk, channels []notify.Channel, ready *health.Server) error {
	if len(channels) > 0 {
		post := d.Relay(outbox.RelayConfig{
			Channels: channels, Rand: rand.New(rand.NewPCG(rand.Uint64(), rand.Uint64())), Gap: o.gap, Link: o.link,
		})
		g.Go(func() error { return ignoreCancel(post.Deliver(ctx)) })
	}
	set(ready, noticeHealth, hasChannels(d))
	g.Go(func() error { return ignoreCancel(updateReadiness(ctx, d, ready)) })
	if o.metrics == "" {
		return nil
	}
	lis, err := (&net.ListenConfig{}).Listen(ctx, "tcp", o.metrics)
	if err != nil {
		return err
	}
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", metricsOf(d))
	srv := &http.Server{Handler: mux, ReadHeaderTimeout: 5 * time.Second}
	g.Go(func() error {
		if err := srv.Serve(lis); !errors.Is(err, http.ErrServerClosed) {
			return err
		}
		return nil
	})
	g.Go(func() error {
		<-ctx.Done()
		return srv.Close()
	})
	slog.InfoContext(ctx, "metrics", "at", "http://"+lis.Addr().String()+"/metrics")
	return nil
}

// ignoreCancel is err, or nil for the end of a context.
func ignoreCancel(err error) error {
	if errors.Is(err, context.Canceled) {
		return nil
	}
	return err
}
