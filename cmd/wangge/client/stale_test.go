package client

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"wangge/cmd/wangge/client/caseview"

	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	wanggev1 "wangge/api/wangge/v1"
)

// A report that was captured long before it was received says so beside its case, in both languages; a fresh one does
// not.
func TestReport_StaleIsMarked(t *testing.T) {
	t.Parallel()
	at := timestamppb.New(time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC))
	for lang, want := range map[string]string{"en": "captured 3 d 2 h before it was received", "zh": "采集于收到前 3 天 2 小时"} {
		for _, age := range []time.Duration{0, 74 * time.Hour} {
			var out bytes.Buffer
			words := caseview.Words{Lang: lang, Zone: time.UTC}
			caseview.Printer{W: &out, Words: words}.Account(words.Account(caseview.Record{Case: &wanggev1.Case{CaptureAge: durationpb.New(age), CaptureTime: at}}))
			if strings.Contains(out.String(), want) != (age > 0) {
				t.Errorf("%s, %s old: %q", lang, age, out.String())
			}
		}
	}
}
