// Package dispatch is the case: its types, events and commands, and the fold of events into a case. No city decides
// here: that is the business of the packages above, which find who must act on a report, by when, and what happens if
// nobody does.
//
// It is pure: it reads no clock, no disk and no global. The same events give the same case, today and in a replay ten
// years on.
package dispatch
