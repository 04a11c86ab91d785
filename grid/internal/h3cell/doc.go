// Package h3cell is the H3 grid as the index uses it: cells by their bits, the extent of a cell with its descendants, and a tree of
// cells with an answer at each leaf.
package h3cell
