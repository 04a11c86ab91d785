// Package caseview puts a case of the wire into the words of a desk, in either language: a line of a list, the account of one case as text,
// the columns of a table.
package caseview
