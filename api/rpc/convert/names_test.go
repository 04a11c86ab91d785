package convert

import "testing"

// A ruling changes no rule of the table: a case that was dispatched before the ruling still names its rule by number.
func TestSameRules(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		a, b string
		same bool
	}{{"abc", "abc", true}, {"abc", "abc+p1", true}, {"abc+p1", "abc+p2", true}, {"abc", "abd", false}, {"abc+p1", "abd+p1", false}} {
		if got := sameRules(tc.a, tc.b); got != tc.same {
			t.Errorf("sameRules(%q, %q) = %v", tc.a, tc.b, got)
		}
	}
}
