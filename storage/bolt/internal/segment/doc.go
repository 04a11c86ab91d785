// Package segment is the keys file: the flushed keys in blocks with prefix compression, each block with a checksum, in one
// bbolt file. The file is derived from the WAL and can be rebuilt at any time.
package segment
