package remote_test

import (
	"testing"

	"wangge/cmd/wangge/client/remote"
)

// A filter by the main case of a mass event takes the number that is printed, in quotes or not, and the name of the wire.
func TestFilterOf_NumberOfAMassEvent(t *testing.T) {
	t.Parallel()
	const want = `group = "cases/20260304-000010" AND severity = A`
	for _, text := range []string{`group = 20260304-000010 AND severity = A`, `group = "20260304-000010" AND severity = A`, `group="20260304-000010" AND severity = A`, want} {
		if got := remote.FilterOf(text); got != want {
			t.Errorf("%s is read as %s, want %s", text, got, want)
		}
	}
	for _, text := range []string{`group != "cases/20260304-000010"`, `external_id = 20260304-000010`} {
		if got := remote.FilterOf(text); got != text {
			t.Errorf("%s is read as %s", text, got)
		}
	}
}
