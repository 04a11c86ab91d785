// Package client holds the commands on cases, which speak to a server: reports, acts, lists, supervision and notices.
package client
