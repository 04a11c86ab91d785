package client_test

import (
	"strings"
	"testing"

	"google.golang.org/protobuf/types/known/timestamppb"

	wanggev1 "wangge/api/wangge/v1"
)

// A report that names the case of its matter ends in that case; one that names another matter is a case of its own, and says which
// case it was said to repeat.
func TestReport_Joins(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	at := func(lng float64) *wanggev1.Position {
		return &wanggev1.Position{Latitude: 45.706, Longitude: lng, Datum: wanggev1.Datum_DATUM_WGS84, AccuracyM: 5}
	}
	first := o.file("eyes", "r-1", &wanggev1.Report{Category: "E01", Text: "路边垃圾", Source: wanggev1.Source_SOURCE_INSPECTOR, Position: at(126.502), CaptureTime: timestamppb.New(o.now)})
	joined := o.says("eyes", "report", "45.706", "126.502", "E01", "--text", "还是那堆垃圾", "--joins", first, "--lang", "zh")
	if !strings.Contains(joined, "已并入案件 "+first) {
		t.Errorf("the same matter, by its number:\n%s", joined)
	}
	apart := o.says("eyes", "report", "45.706", "126.506", "E01", "--text", "另一处", "--joins", "cases/"+first)
	if !strings.Contains(apart, "the acceptor decides whether it repeats case "+first) {
		t.Errorf("far away, which is another matter:\n%s", apart)
	}
}
