// Package auth authenticates callers: it maps bearer tokens to people, keeps the token file, and carries the caller of a
// call in the context.
package auth
