package notify_test

import (
	"testing"

	"go.uber.org/goleak"
)

// A channel keeps nothing: no goroutine of a try outlives the tests.
func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }
