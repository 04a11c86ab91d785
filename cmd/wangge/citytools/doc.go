// Package citytools holds the commands on city directories, which need no server: check, prove, exchange, replay, and what a city
// decides for a position, a category and an instant.
package citytools
