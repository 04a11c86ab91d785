package request

import (
	"strings"
	"testing"

	"wangge/api/wangge/v1"
)

// A policy for open cases that does not exist is refused, also for a plan, which needs none.
func TestProposal_UnknownPolicyIsRefused(t *testing.T) {
	t.Parallel()
	for policy, wrong := range map[wanggev1.OpenCases]bool{0: false, 1: false, 2: false, 3: false, 4: true, -1: true} {
		f := reader(t)
		f.Proposal(&wanggev1.Proposal{OpenCases: policy}, nil)
		if err := f.Err(); (err != nil) != wrong || wrong && !strings.Contains(err.Error(), "proposal.open_cases: ") {
			t.Errorf("open_cases %d: %v", policy, err)
		}
	}
}
