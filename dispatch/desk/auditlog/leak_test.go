package auditlog_test

import (
	"testing"

	"go.uber.org/goleak"
)

// Run ends with its context.
func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }
