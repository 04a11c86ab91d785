package revision_test

import (
	"testing"

	"go.uber.org/goleak"
)

// A compilation that several calls share ends although the first of them gave up.
func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }
