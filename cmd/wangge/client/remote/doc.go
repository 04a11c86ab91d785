// Package remote is the connection of a command to a server: the flags that name the server, the call with its token, messages of
// the wire as JSON, and the names that what people write has on the wire.
package remote
