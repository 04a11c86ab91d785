// Package convert renders what the domain knows as messages of the wire, for one caller: in the caller's language, as
// one revision of the city names it, and no more than the caller may read.
package convert
