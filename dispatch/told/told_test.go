package told

import (
	"testing"

	"wangge/dispatch"
)

// Every kind of event has a row: who is told of it, or, by an empty row, that nobody is.
func TestTellings_EveryKindHasARow(t *testing.T) {
	t.Parallel()
	for k := dispatch.EventUnknown + 1; k < 200; k++ {
		if _, ok := rowsOfTelling[k]; k.Known() != ok {
			t.Errorf("event %d, %s: known %v, in the table of tellings %v", k, k, k.Known(), ok)
		}
	}
}
