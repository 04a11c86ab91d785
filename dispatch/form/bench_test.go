package form

import (
	"testing"

	"wangge/dispatch/city/catalog"
	"wangge/dispatch/city/citytest"
	"wangge/dispatch/city/roster"
)

// What preparing a revision of Harbin costs: 265 categories, 22 departments, 2,036 areas. Once a revision.
func BenchmarkNew(b *testing.B) {
	c := citytest.Harbin(b)
	b.ReportAllocs()
	for b.Loop() {
		New(c)
	}
}

// What one search costs over the categories, and over the areas, of Harbin.
func BenchmarkSearch(b *testing.B) {
	x := New(citytest.Harbin(b))
	for _, search := range []string{"blj", "baolulaji", "暴露", "E01", "zzzz"} {
		b.Run("categories/"+search, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				x.Categories(search, catalog.KindUnknown)
			}
		})
	}
	b.Run("areas/dlq", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			x.Areas("dlq")
		}
	})
	b.Run("units/hjws", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			x.Units("hjws", roster.UnitUnknown, roster.Unit{})
		}
	})
}
