package dispatch_test

import (
	"testing"

	"wangge/dispatch"
	"wangge/dispatch/lifecycle"
	"wangge/dispatch/routing"
)

func BenchmarkRoute(b *testing.B) {
	c := harbin(b)
	p, err := routing.PlaceOf(c, daoli)
	if err != nil {
		b.Fatal(err)
	}
	code, when := anyEvent(c), at(c, "2026-03-04 09:00")
	b.ReportAllocs()
	for b.Loop() {
		if _, err := routing.Route(c, p, code, when); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkDecideFile(b *testing.B) {
	c := harbin(b)
	p, err := routing.PlaceOf(c, daoli)
	if err != nil {
		b.Fatal(err)
	}
	when := at(c, "2026-03-04 09:00")
	r := &dispatch.Report{ClientID: "r", Source: dispatch.SourceInspector, Category: anyEvent(c), Position: daoli, CapturedAt: when, ReceivedAt: when}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := lifecycle.Decide(nil, dispatch.Command{Act: dispatch.ActFile, At: when, Report: r, Place: &p}, c); err != nil {
			b.Fatal(err)
		}
	}
}
