// Package dispatch decides: who must act on a report, by when, and what happens if nobody does.
//
// It is pure. Route, Decide and Fold read no clock, no disk and no global: the same input gives
// the same output, today and in a replay ten years on. Commands come in, events go out, and a
// case is the fold of its events.
package dispatch
