package view_test

import (
	"testing"

	"go.uber.org/goleak"
)

// What a view starts ends with Close.
func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }
