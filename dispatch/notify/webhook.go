package notify

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"

	"github.com/standard-webhooks/standard-webhooks/libraries/go"
)

// Webhook is the channel that posts each item as one CloudEvent (structured JSON), signed by Standard Webhooks. The
// header webhook-id is the id of the item, the same in each delivery.
type Webhook struct {
	url    string
	sign   *standardwebhooks.Webhook
	client *http.Client
}

// NewWebhook returns a channel to a URL. The secret is "whsec_" and base64, as the receiver has it.
func NewWebhook(target, secret string) (*Webhook, error) {
	u, err := url.Parse(target)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" {
		return nil, fmt.Errorf("webhook %q: write https://host/path", target)
	}
	if secret == "" {
		return nil, fmt.Errorf("webhook %s: a secret is required, so that its receiver can tell who calls", target)
	}
	sign, err := standardwebhooks.NewWebhook(secret)
	if err != nil {
		return nil, fmt.Errorf("webhook %s: the secret is not whsec_ and base64: %w", target, err)
	}
	return &Webhook{target, sign, &http.Client{
		Timeout:       sendTimeout,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }, // a signed body goes nowhere else
	}}, nil
}

// sendTimeout bounds one try: a receiver that hangs costs no more.
const sendTimeout = 10 * time.Second

// Name implements Channel.
func (w *Webhook) Name() string { return "webhook" }

// Digests implements Channel.
func (w *Webhook) Digests() bool { return false }

// CloudEvent is the body that a webhook sends (CloudEvents 1.0).
type CloudEvent struct {
	SpecVersion     string         `json:"specversion"`
	ID              string         `json:"id"`
	Source          string         `json:"source"`
	Type            string         `json:"type"`
	Subject         string         `json:"subject"`
	Time            string         `json:"time"`
	DataContentType string         `json:"datacontenttype"`
	Data            CloudEventData `json:"data"`
}

// CloudEventData is what happened. Fields that are empty are left out.
type CloudEventData struct {
	Case        string   `json:"case"`
	Step        int      `json:"step,omitempty"`
	Light       string   `json:"light,omitempty"`
	Severity    string   `json:"severity,omitempty"`
	Category    string   `json:"category,omitempty"`
	Place       string   `json:"place,omitempty"`
	Owner       string   `json:"owner,omitempty"`
	Stage       string   `json:"stage,omitempty"`
	Due         string   `json:"due,omitempty"`
	LateSeconds int64    `json:"late_seconds,omitempty"`
	Told        []string `json:"told,omitempty"`
	Posts       []string `json:"posts,omitempty"`
	Reason      string   `json:"reason,omitempty"`
	Link        string   `json:"link,omitempty"` // page of the case

	ToldAs       []string      `json:"told_as,omitempty"`
	Matter       string        `json:"matter"`
	Request      string        `json:"request,omitempty"`
	Condition    string        `json:"condition,omitempty"`
	Point        string        `json:"point,omitempty"`
	Address      string        `json:"address,omitempty"`
	Report       string        `json:"report,omitempty"`
	CoOwners     []WebhookDuty `json:"co_owners,omitempty"`
	Milestones   []WebhookDuty `json:"milestones,omitempty"`
	Unsigned     []string      `json:"unsigned,omitempty"`
	Until        string        `json:"until,omitempty"`
	ReturnReason string        `json:"return_reason,omitempty"`
	Other        string        `json:"other,omitempty"`
	Reopens      string        `json:"reopens,omitempty"`
	Outcome      string        `json:"outcome,omitempty"`
	Closing      string        `json:"closing,omitempty"`
	Actor        string        `json:"actor,omitempty"`
	ActorPost    string        `json:"actor_post,omitempty"`
	Zh           WebhookZh     `json:"zh"`
}

// WebhookDuty is the part of a unit: of a co-owner, or a milestone.
type WebhookDuty struct {
	Unit string `json:"unit"`
	Duty string `json:"duty,omitempty"`
	Due  string `json:"due,omitempty"`
}

// WebhookZh is the words of CloudEventData in Chinese.
type WebhookZh struct {
	Matter   string `json:"matter,omitempty"`
	Category string `json:"category,omitempty"`
	Place    string `json:"place,omitempty"`
	Owner    string `json:"owner,omitempty"`
	Stage    string `json:"stage,omitempty"`
}

// add fills in what the notices of every act need beside those of the ladder.
func (d *CloudEventData) add(i *Item) {
	m := matterOf(i)
	d.ToldAs, d.Matter, d.Request, d.Condition = i.ToldAs, m.label.En, i.Request, i.Condition.En
	d.Point, d.Address, d.Report = i.Point, i.Address, i.Report
	d.Due, d.Until = stamp(i.Due), stamp(i.Until)
	d.ReturnReason, d.Other, d.Reopens = i.Cause.En, i.Other, i.Reopens
	d.Outcome, d.Closing, d.Actor, d.ActorPost = i.Outcome.En, i.Closing, i.Actor, i.ActorPost.En
	for _, o := range i.Duties {
		d.CoOwners = append(d.CoOwners, WebhookDuty{o.Unit.En, o.Text, stamp(o.Due)})
	}
	for _, unit := range i.Unsigned {
		d.Unsigned = append(d.Unsigned, unit.En)
	}
	for _, o := range i.Steps {
		d.Milestones = append(d.Milestones, WebhookDuty{o.Unit.En, o.Text, stamp(o.Due)})
	}
	d.Zh = WebhookZh{m.label.Zh, i.Category.Zh, i.Place.Zh, i.Owner.Zh, i.Stage.Zh}
}

// stamp is an instant in RFC 3339; "" for none.
func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.Format(time.RFC3339)
}

// Send implements Channel.
func (w *Webhook) Send(ctx context.Context, m Message) error {
	i := m.Items[0]
	e := CloudEvent{
		SpecVersion: "1.0", ID: i.ID, Source: "/cities/" + m.City, Type: "wangge.case." + i.Kind, Subject: "cases/" + i.Case,
		Time: i.At.Format(time.RFC3339Nano), DataContentType: "application/json",
		Data: CloudEventData{
			Case:        i.Case,
			Step:        i.Step,
			Light:       i.Light,
			Severity:    i.Severity,
			Category:    i.Category.En,
			Place:       i.Place.En,
			Owner:       i.Owner.En,
			Stage:       i.Stage.En,
			LateSeconds: int64(i.Late / time.Second),
			Told:        i.Told,
			Posts:       i.Posts,
			Reason:      i.Reason,
			Link:        m.Link,
		},
	}
	e.Data.add(&i)
	body, err := json.Marshal(e)
	if err != nil {
		return Permanent(err)
	}
	signature, err := w.sign.Sign(i.ID, m.At, body)
	if err != nil {
		return Permanent(err)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, w.url, bytes.NewReader(body))
	if err != nil {
		return Permanent(err)
	}
	req.Header.Set("Content-Type", "application/cloudevents+json; charset=utf-8")
	req.Header.Set(standardwebhooks.HeaderWebhookID, i.ID)
	req.Header.Set(standardwebhooks.HeaderWebhookTimestamp, fmt.Sprint(m.At.Unix()))
	req.Header.Set(standardwebhooks.HeaderWebhookSignature, signature)
	resp, err := w.client.Do(req)
	if err != nil {
		return fmt.Errorf("webhook: %w", err)
	}
	_, _ = io.Copy(io.Discard, io.LimitReader(resp.Body, 64<<10)) // so that the connection is used again
	_ = resp.Body.Close()
	switch {
	case resp.StatusCode >= 200 && resp.StatusCode < 300:
		return nil
	case resp.StatusCode == http.StatusGone: // the receiver wants no more of them
		return Permanent(fmt.Errorf("webhook: answered %s", resp.Status))
	default:
		return fmt.Errorf("webhook: answered %s", resp.Status)
	}
}
