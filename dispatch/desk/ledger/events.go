package ledger

import (
	"errors"
	"fmt"
	"slices"

	"wangge/dispatch"
	"wangge/dispatch/desk/record"
	"wangge/storage"
)

// IsDamage reports whether an error means that a stored value is damaged, rather than that the store failed.
func IsDamage(err error) bool { return errors.Is(err, record.ErrCorrupt) }

// FoldWhole folds all events of a case; nil if there are none.
func FoldWhole(id dispatch.CaseID, events []dispatch.Event) *dispatch.Case {
	if len(events) == 0 {
		return nil
	}
	return dispatch.FoldNew(id, events)
}

// EventsFrom yields the events of a case act by act, beginning with the act that holds a number.
func EventsFrom(snap storage.Snapshot, l Loaded, seq uint64) func(func([]dispatch.Event, error) bool) {
	return func(yield func([]dispatch.Event, error) bool) {
		if l.Filing != nil {
			yield(l.Filing, nil)
			return
		}
		id := l.Cs.ID
		from := EventKey(id, seq)
		for it, err := range snap.Scan(storage.Range{Start: EventKey(id, 0), End: append(slices.Clone(from), 0), Reverse: true}) {
			if err != nil {
				yield(nil, err)
				return
			}
			from = it.Key
			break
		}
		for it, err := range snap.Scan(storage.Range{Start: from, End: EventKey(id+1, 0)}) {
			var group []dispatch.Event
			if err == nil {
				group, err = record.DecodeEvents(it.Value)
			}
			if err != nil {
				yield(nil, fmt.Errorf("events of case %s: %w", id, err))
				return
			}
			if !yield(group, nil) {
				return
			}
		}
	}
}
