// Package cli is what all commands share: the run of a tree of commands, its flags, help and failures, and output in two
// languages or as JSON.
package cli
