package desk_test

import (
	"runtime/debug"
	"testing"

	"go.uber.org/goleak"
)

// Tests collect garbage as often as a server does. Whatever a desk starts ends with Close, or with the context of the call.
func TestMain(m *testing.M) {
	debug.SetGCPercent(400)
	goleak.VerifyTestMain(m)
}
