package routing_test

import (
	"testing"

	"wangge/dispatch/casetest"
	"wangge/dispatch/routing"
)

func BenchmarkRoute(b *testing.B) {
	c := casetest.Harbin(b)
	p, err := routing.PlaceOf(c, casetest.Daoli)
	if err != nil {
		b.Fatal(err)
	}
	code, when := casetest.AnyEvent(c), casetest.At(c, "2026-03-04 09:00")
	b.ReportAllocs()
	for b.Loop() {
		if _, err := routing.Route(c, p, code, when); err != nil {
			b.Fatal(err)
		}
	}
}
