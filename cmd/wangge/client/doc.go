// Package client holds the commands that speak to a server: reports, cases, rulings, supervision, notices, and revisions of the
// city.
package client
