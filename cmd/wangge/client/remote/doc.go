// Package remote is the connection of a command to a server: the flags that name the server, the call with its token, and messages of
// the wire as JSON.
package remote
