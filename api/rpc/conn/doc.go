// Package conn bounds what the peers of a gRPC server may hold of its connections: how many connections,
// how many bytes and frames before a valid token has come, how many resets. A bound is kept by accepting
// or reading later, and only at last by closing a connection.
package conn
