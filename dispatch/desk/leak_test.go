package desk_test

import (
	"testing"

	"go.uber.org/goleak"
)

// Whatever a desk starts ends with Close, or with the context of the call.
func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }
