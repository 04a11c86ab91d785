// Package wal is the write-ahead log of a store, which is kept in full: each committed batch as a record under its revision,
// in time order, in one bbolt file. Error messages and the operator's documents call it the feed.
package wal
