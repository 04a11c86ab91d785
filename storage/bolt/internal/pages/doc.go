// Package pages reads and checks the pages of a bbolt file without bbolt.
//
// bbolt trusts its file: a damaged page ends in a panic, sometimes in a goroutine of bbolt's own, or is read as something
// else. This package checks that a page holds its own number, that its elements are adjacent as bbolt writes them, and that
// its keys are in order and within the bounds that the page above gives. See bbolt's internal/common for the layout.
package pages
