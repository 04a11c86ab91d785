package sim

import (
	"runtime/debug"
	"testing"

	"go.uber.org/goleak"
)

// Worlds are small and short: collecting garbage less often is a third faster, as in the command. A world that has ended
// leaves no goroutine behind.
func TestMain(m *testing.M) {
	debug.SetGCPercent(400)
	goleak.VerifyTestMain(m)
}
