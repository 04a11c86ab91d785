package rpc

import (
	"strings"
	"sync"
	"testing"
	"time"

	"google.golang.org/grpc/codes"

	wanggev1 "wangge/api/wangge/v1"
)

// A new connection on which hundreds of calls begin at once, and one that brings a batch near the bound
// of a message, are served: the token comes with the first of them.
func TestGuard_CallersWithATokenAreNotHeldUp(t *testing.T) {
	w := newWorld(t)
	ctx := w.as(inspector, "en")
	began := time.Now()
	var wg sync.WaitGroup
	for range 400 {
		wg.Go(func() {
			if _, err := w.city().GetCity(ctx, &wanggev1.GetCityRequest{}); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	large := w.light("large")
	large.Text = strings.Repeat("x", MaxMessageBytes-1<<10)
	_, err := w.reports().CreateReport(ctx, &wanggev1.CreateReportRequest{Report: large})
	w.want(err, codes.InvalidArgument, "text") // received whole, and then refused for its length
	if took := time.Since(began); took > time.Minute {
		t.Errorf("it took %v", took)
	}
}
