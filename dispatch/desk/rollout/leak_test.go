package rollout_test

import (
	"testing"

	"go.uber.org/goleak"
)

// A rollout starts nothing that outlives its call.
func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }
