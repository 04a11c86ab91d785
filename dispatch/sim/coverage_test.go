package sim

import (
	"testing"

	"wangge/dispatch"
)

// leastOften is how often each act, each kind of event and each turn occurs at least in the worlds of
// TestRun_NothingIsWrong.
const leastOften = 3

// elsewhere are the acts that no world does, each with the tests that do it.
var elsewhere = map[dispatch.Act]string{
	dispatch.ActImport:    "past records of another system: package records, TestImport_*",
	dispatch.ActDirectory: "reads files of the city and no case: TestMatrix",
	dispatch.ActTokens:    "concerns no case: TestMatrix",
	dispatch.ActReview:    "reads the city and no case: TestMatrix",
}

// kindsElsewhere are the kinds of events that no world makes, each with the reason.
var kindsElsewhere = map[dispatch.EventKind]string{
	dispatch.EventImported: "of ActImport",
	dispatch.EventPassedUp: "no report arrives at the platform of a district: lifecycle, platform_test.go",
}

// checkEverythingHappens fails unless every act and every kind of event that the program knows occurs often enough. An act
// or a kind that is added later fails until a world does it.
func checkEverythingHappens(t *testing.T, all Result) {
	t.Helper()
	for _, act := range dispatch.Acts() {
		_, not := elsewhere[act]
		if n := all.Did[act]; not != (n == 0) || !not && n < leastOften {
			t.Errorf("act %s is done %d times, want at least %d; listed as done elsewhere: %v", act, n, leastOften, not)
		}
	}
	for k := dispatch.EventUnknown + 1; k < 256; k++ {
		_, not := kindsElsewhere[k]
		if n := all.Kinds[k]; k.Known() && (not != (n == 0) || !not && n < leastOften) {
			t.Errorf("event %d, %s, occurs %d times, want at least %d; listed as done elsewhere: %v", k, k, n, leastOften, not)
		}
	}
	turns := map[string]int{ // at least
		"a case is voided after dispatch": leastOften, "a co-owner is overdue": leastOften, "a co-owner is late again": leastOften,
		"a milestone is overdue": leastOften, "a milestone is late again": leastOften, "a first extension": leastOften,
		"a handler leaves": leastOften, "a handler is gone when the work goes on": 1, "an overtime is exempted": leastOften,
		"an overtime is upheld": leastOften,
		"a second dispatch":     leastOften, "a second dispatch is late": leastOften,
		"a second extension": 1, // none is granted while a campaign pauses the work
		"a part is given on": leastOften, "a part is given on late": leastOften, "an alarm waits for the morning": leastOften,
		"an alarm of severity A is sent at night": leastOften, "news of severity A is sent at night": leastOften,
		"news waits for the morning":   leastOften,
		"a revision brings a co-owner": 1, // there is a revision in each second world
	}
	for turn, least := range turns {
		if n := all.Marks[turn]; n < least {
			t.Errorf("%s: %d times, want at least %d", turn, n, least)
		}
	}
	for turn := range all.Marks {
		if turns[turn] == 0 {
			t.Errorf("%q occurs and is not listed", turn)
		}
	}
}
