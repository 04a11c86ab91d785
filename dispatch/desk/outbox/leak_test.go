package outbox_test

import (
	"testing"

	"go.uber.org/goleak"
)

// Deliver and the sends of a round end with their contexts.
func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }
