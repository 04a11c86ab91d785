package auth

import (
	"context"
	"strings"

	"google.golang.org/grpc/metadata"

	"wangge/dispatch/city/roster"
)

// Caller is the person who makes a call and the language that the person reads.
type Caller struct {
	Person   roster.PersonID // "" = the call carries no valid token
	Token    string          // hash of the secret that the call carries; "" = none that is valid
	Language string          // "zh" or "en"
}

// Key is the context key whose value is the *Caller of a call. The context of a call answers Key itself,
// so that a caller costs no allocation.
type Key struct{}

// PersonOf returns the person who makes a call, or "" for a call without a valid token.
func PersonOf(ctx context.Context) roster.PersonID {
	if c, ok := ctx.Value(Key{}).(*Caller); ok {
		return c.Person
	}
	return ""
}

// TokenOf returns the hash of the secret of a call, or "" for a call without a valid token.
func TokenOf(ctx context.Context) string {
	if c, ok := ctx.Value(Key{}).(*Caller); ok {
		return c.Token
	}
	return ""
}

// LanguageOf returns the language that the caller reads: "zh" or "en".
func LanguageOf(ctx context.Context) string {
	if c, ok := ctx.Value(Key{}).(*Caller); ok {
		return c.Language
	}
	return Language(metadata.ValueFromIncomingContext(ctx, "accept-language"))
}

// Language returns the language that the values of accept-language ask for: "zh" if any value begins with
// zh, otherwise "en".
func Language(values []string) string {
	for _, v := range values {
		if strings.HasPrefix(v, "zh") {
			return "zh"
		}
	}
	return "en"
}
