// Package revise says what another revision of the city changes about an open case: its owner, its deadline, the steps to come, and what
// the case would lose; and makes the event that carries the change out.
package revise
