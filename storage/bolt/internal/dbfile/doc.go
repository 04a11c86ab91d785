// Package dbfile opens, creates and writes the two bbolt files of a store so that damage and failed writes come back as
// errors: it catches bbolt's panics, checks pages before bbolt reads them, and notices a file that was replaced or cut.
package dbfile
