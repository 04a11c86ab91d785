// Package memtable holds what was committed and is not flushed yet, in memory: a hash table for look-ups, sorted runs for
// scans.
package memtable
