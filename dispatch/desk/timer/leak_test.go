package timer_test

import (
	"testing"

	"go.uber.org/goleak"
)

// Keep and the view that wakes it end with their contexts.
func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }
