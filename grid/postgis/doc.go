// Package postgis compares the index of package grid with PostGIS, a second independent library. It is a module of its own, so that
// the product needs no driver of PostgreSQL. In this directory:
//
//	WANGGE_POSTGIS=postgres://user@host/database go test .
//
// Without the variable the tests are skipped; with it the server must be there.
package postgis
