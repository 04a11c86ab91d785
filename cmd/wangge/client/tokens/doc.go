// Package tokens holds the commands on bearer tokens that call a server: list, create, renew and revoke.
package tokens
