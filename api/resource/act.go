package resource

import "wangge/dispatch"

// Act returns the name of an act on the wire: for an act on a case, the name of the member of CaseAct. It is the word of
// the act, with one exception, whose stored word is an older one.
func Act(act dispatch.Act) string {
	if act == dispatch.ActCompleteMilestone {
		return "complete_milestone"
	}
	return string(act)
}
