package dispatch_test

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"wangge/dispatch"
)

// anything fills a value, in part: what is not filled stays zero.
func anything(r *rand.Rand, v reflect.Value) {
	switch {
	case r.IntN(3) == 0:
	case v.Type() == reflect.TypeFor[time.Time]():
		v.Set(reflect.ValueOf(time.Unix(r.Int64N(1<<31), 0).UTC()))
	case v.Kind() == reflect.Struct:
		for _, field := range v.Fields() {
			anything(r, field)
		}
	case v.Kind() == reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), r.IntN(3), 4)) // with room: an append in place would show
		for i := range v.Len() {
			anything(r, v.Index(i))
		}
	case v.Kind() == reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		anything(r, v.Elem())
	case v.Kind() == reflect.String:
		v.SetString(fmt.Sprint(r.IntN(3)))
	case v.Kind() == reflect.Bool:
		v.SetBool(true)
	case v.CanInt():
		v.SetInt(r.Int64N(5))
	case v.CanUint():
		v.SetUint(r.Uint64N(5))
	case v.CanFloat():
		v.SetFloat(r.Float64())
	}
}

// anyLife is a report and some events after it, of every kind and in any order.
func anyLife(r *rand.Rand) []dispatch.Event {
	events := make([]dispatch.Event, 1+r.IntN(8))
	for i := range events {
		e := &events[i]
		anything(r, reflect.ValueOf(e).Elem())
		e.Seq, e.Kind = uint64(i)+1, dispatch.EventKind(1+r.IntN(int(dispatch.EventReprojected)))
		if r.IntN(8) == 0 {
			e.Kind = dispatch.EventAcknowledged + dispatch.EventKind(r.IntN(3))
		}
		if i == 0 {
			e.Kind = dispatch.EventReported
		}
		if e.Kind == dispatch.EventReported && (e.Report == nil || e.Place == nil) {
			e.Report, e.Place = &dispatch.Report{Category: "c"}, &dispatch.Place{}
		}
	}
	return events
}

// A case is the same whether its events are folded at once or each into a copy of the case, and no fold changes an event
// or the case that it began with.
func TestFold_AtOnceIsOneByOne(t *testing.T) {
	t.Parallel()
	for seed := range uint64(200) {
		events, again := anyLife(rand.New(rand.NewPCG(seed, 1))), anyLife(rand.New(rand.NewPCG(seed, 1)))
		steps := []*dispatch.Case{{ID: 7}}
		var values []dispatch.Case
		for _, e := range again {
			last := steps[len(steps)-1]
			values = append(values, *last)
			steps = append(steps, dispatch.Fold(last, e))
		}
		want := steps[len(steps)-1]
		if diff := cmp.Diff(want, dispatch.FoldNew(7, events)); diff != "" {
			t.Fatalf("seed %d: FoldNew differs from Fold (-want +got)\n%s", seed, diff)
		}
		if diff := cmp.Diff(want, dispatch.FoldAll(&dispatch.Case{ID: 7}, events)); diff != "" {
			t.Fatalf("seed %d: FoldAll differs from Fold (-want +got)\n%s", seed, diff)
		}
		untouched := anyLife(rand.New(rand.NewPCG(seed, 1)))
		if diff := cmp.Diff(untouched, events); diff != "" {
			t.Fatalf("seed %d: FoldNew changed its events\n%s", seed, diff)
		}
		for i := range values {
			if diff := cmp.Diff(values[i], *steps[i]); diff != "" {
				t.Fatalf("seed %d: event %d changed the case before it\n%s", seed, i+1, diff)
			}
		}
	}
}
