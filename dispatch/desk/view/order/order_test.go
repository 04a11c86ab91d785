package order_test

import (
	"slices"
	"testing"

	"pgregory.net/rapid"

	"wangge/dispatch"
	"wangge/dispatch/desk/view/order"
	"wangge/dispatch/desk/view/queue"
)

// An index lists and counts what a sorted list of its cases does, in each queue, both ways, from anywhere, after any insertions
// and deletions.
func TestIndex(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var x order.Index
		model := map[order.Cursor]queue.Set{}
		add := func(dues []uint64) {
			for _, due := range dues {
				at := order.Cursor{Due: due, ID: dispatch.CaseID(len(model) + 1)}
				if _, has := model[at]; has {
					continue
				}
				in := queue.Set(rapid.Uint32Range(1, 7).Draw(t, "in") | rapid.Uint32Range(0, 1).Draw(t, "last")<<(queue.Count-1))
				model[at] = in
				x.Set(at, in)
			}
		}
		dues := rapid.SliceOfN(rapid.Uint64Range(0, 50), 0, 1500)
		add(dues.Draw(t, "dues"))
		keep := rapid.Uint64Range(0, 50).Draw(t, "kept from")
		for at := range model {
			if at.Due < keep && at.ID%16 != 0 {
				x.Delete(at)
				x.Delete(at) // what is not there stays so
				delete(model, at)
			}
		}
		add(dues.Draw(t, "more dues"))
		if x.Empty() != (len(model) == 0) {
			t.Fatalf("empty: %v, of %d", x.Empty(), len(model))
		}
		from := order.Cursor{Due: rapid.Uint64Range(0, 51).Draw(t, "due"), ID: dispatch.CaseID(rapid.Uint64Range(0, 3000).Draw(t, "id"))}
		for q := queue.None; q <= queue.ToDecide; q++ {
			var all []order.Cursor
			for at, in := range model {
				if in.Has(q) {
					all = append(all, at)
				}
			}
			slices.SortFunc(all, order.Cursor.Compare)
			due, _ := slices.BinarySearchFunc(all, order.Cursor{Due: from.Due}, order.Cursor.Compare)
			if x.Len(q) != len(all) || x.Has(q) != (len(all) > 0) || x.Before(q, from.Due) != due {
				t.Fatalf("queue %d: %d cases, %v, %d before; want %d, %d", q, x.Len(q), x.Has(q), x.Before(q, from.Due), len(all), due)
			}
			after, found := slices.BinarySearchFunc(all, from, order.Cursor.Compare)
			before := slices.Clone(all[:after])
			slices.Reverse(before)
			if found {
				after++
			}
			back := slices.Clone(all)
			slices.Reverse(back)
			for _, walk := range []struct {
				it   order.Iter
				want []order.Cursor
			}{
				{x.Iter(q, false, nil), all},
				{x.Iter(q, true, nil), back},
				{x.Iter(q, false, &from), all[after:]},
				{x.Iter(q, true, &from), before},
			} {
				var got []order.Cursor
				for at, ok := walk.it.Next(); ok; at, ok = walk.it.Next() {
					got = append(got, at)
				}
				if !slices.Equal(got, walk.want) {
					t.Fatalf("queue %d from %v: %v, want %v", q, from, got, walk.want)
				}
			}
		}
	})
}
