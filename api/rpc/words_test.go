package rpc

import (
	"context"
	"strings"
	"testing"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"wangge/api/rpc/request"
	wanggev1 "wangge/api/wangge/v1"
)

// Words that are stored are refused with a control character or an override of the direction of
// writing in them; the fault names the field and the character. Line ends and tabs are words.
func TestValues_ControlCharactersAreRefused(t *testing.T) {
	t.Parallel()
	w := newTownWorld(t)
	ctx, clerk := w.as("boss", "en"), w.as("desk", "en")
	filed := w.report("seen", "C01", "1", oldTown).GetName()
	precedents := wanggev1.NewPrecedentServiceClient(w.conn)
	calls := map[string]func(text string) error{
		"report.text": func(text string) error {
			_, err := w.reports().CreateReport(ctx, &wanggev1.CreateReportRequest{Report: &wanggev1.Report{Text: text}})
			return err
		},
		"report.condition": func(text string) error {
			_, err := w.reports().CreateReport(ctx, &wanggev1.CreateReportRequest{Report: &wanggev1.Report{Condition: text}})
			return err
		},
		"act.note": func(text string) error {
			_, err := w.actOn(clerk, filed, "r", caseAct(text, &wanggev1.CommentAct{}))
			return err
		},
		"act.reclassify.condition": func(text string) error {
			_, err := w.cases().BatchActOnCases(ctx, &wanggev1.BatchActOnCasesRequest{RequestId: "r", Act: caseAct("", &wanggev1.ReclassifyAct{Condition: text})})
			return err
		},
		"act.close.closing": func(text string) error {
			_, err := w.actOn(clerk, filed, "r", caseAct("", &wanggev1.CloseAct{Closing: text}))
			return err
		},
		"precedent.text": func(text string) error {
			_, err := precedents.CreatePrecedent(ctx, &wanggev1.CreatePrecedentRequest{Precedent: &wanggev1.Precedent{Text: text}})
			return err
		},
		"precedent.categories[0]": func(text string) error {
			_, err := precedents.CreatePrecedent(ctx, &wanggev1.CreatePrecedentRequest{Precedent: &wanggev1.Precedent{Categories: []string{text}}})
			return err
		},
		"reason": func(text string) error {
			_, err := precedents.RevokePrecedent(ctx, &wanggev1.RevokePrecedentRequest{Name: "precedents/pr-1", Reason: text})
			return err
		},
		"proposal.note": func(text string) error {
			f := request.New(context.Background(), nil, time.Time{})
			f.Proposal(&wanggev1.Proposal{Note: text}, nil)
			return f.Err()
		},
		"proposal.waiver": func(text string) error {
			f := request.New(context.Background(), nil, time.Time{})
			f.Proposal(&wanggev1.Proposal{Waiver: text}, nil)
			return f.Err()
		},
	}
	named := func(err error, field string) string {
		for _, d := range status.Convert(err).Details() {
			if bad, ok := d.(*errdetails.BadRequest); ok {
				for _, v := range bad.GetFieldViolations() {
					if v.GetField() == field && strings.Contains(v.GetDescription(), "control character") {
						return v.GetDescription()
					}
				}
			}
		}
		return ""
	}
	for field, call := range calls {
		for text, want := range map[string]string{
			"ok \x1b[2J": "character 4 is U+001B", "a\x00": "character 2 is U+0000", "垃\u202e圾": "character 2 is U+202E", "\u2066": "character 1 is U+2066", "a\u009bb": "character 2 is U+009B", "a\x7f": "character 2 is U+007F", "a\rb": "character 2 is U+000D",
		} {
			err := call(text)
			if said := named(err, field); status.Code(err) != codes.InvalidArgument || !strings.Contains(said, want) {
				t.Errorf("%s with %q: %v, %q, want %q", field, text, err, said, want)
			}
		}
		if said := named(call("两行\r\n\t文字\n👩‍🚒"), field); said != "" {
			t.Errorf("%s with line ends: %s", field, said)
		}
	}
}
