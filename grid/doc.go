// Package grid answers where a position is and whose ground it is: datum, H3 cell, chain of areas, nearest border. H3 finds, the
// polygon decides: a cell that no border crosses answers at once, other cells hold candidates for an exact polygon test.
//
// The package is pure. Positions are converted to WGS-84 once, at the boundary; everything else is in WGS-84 degrees and metres.
package grid
