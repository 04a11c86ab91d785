package rpc

import (
	"context"
	"strings"
	"wangge/dispatch/roster"
	"wangge/dispatch/say"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
)

type whoKey struct{}

// who is the caller of a call: identify has put it there.
type who struct {
	person roster.PersonID
	lang   string
}

// caller is the person of the call's token.
func caller(ctx context.Context) roster.PersonID {
	w, _ := ctx.Value(whoKey{}).(who)
	return w.person
}

// language is what the caller reads: zh or en, from the metadata accept-language.
func language(ctx context.Context) string {
	if w, ok := ctx.Value(whoKey{}).(who); ok {
		return w.lang
	}
	for _, v := range metadata.ValueFromIncomingContext(ctx, "accept-language") {
		if strings.HasPrefix(v, "zh") {
			return "zh"
		}
	}
	return "en"
}

// public reports whether a method needs no token: health and reflection.
func public(method string) bool {
	return strings.HasPrefix(method, "/grpc.health.") || strings.HasPrefix(method, "/grpc.reflection.")
}

// identify finds the person of the bearer token.
func (s *server) identify(ctx context.Context) (context.Context, error) {
	for _, v := range metadata.ValueFromIncomingContext(ctx, "authorization") {
		if secret, ok := strings.CutPrefix(v, "Bearer "); ok {
			if p, ok := s.tokens.Person(secret, s.now()); ok && s.desk.City().Roster.Active(p, s.now()) {
				return context.WithValue(ctx, whoKey{}, who{p, language(ctx)}), nil
			}
			return nil, fail(ctx, codes.Unauthenticated, "TOKEN_UNKNOWN",
				say.F("the token is unknown or has expired; ask the grid office for a new one (wangge token)", "令牌无效或已过期，请向网格办申请新令牌（wangge token）"), nil)
		}
	}
	return nil, fail(ctx, codes.Unauthenticated, "TOKEN_MISSING",
		say.F("send the metadata 'authorization: Bearer TOKEN'; wangge token makes one", "请在元数据中携带 authorization: Bearer 令牌；可用 wangge token 生成"), nil)
}

func (s *server) unary(ctx context.Context, req any, info *grpc.UnaryServerInfo, next grpc.UnaryHandler) (resp any, err error) {
	defer s.recovered(ctx, info.FullMethod, &err)
	if !public(info.FullMethod) {
		if ctx, err = s.identify(ctx); err != nil {
			return nil, err
		}
	}
	resp, err = next(ctx, req)
	return resp, s.outward(ctx, info.FullMethod, err)
}

type identified struct {
	grpc.ServerStream
	ctx context.Context
}

func (i identified) Context() context.Context { return i.ctx }

func (s *server) stream(srv any, ss grpc.ServerStream, info *grpc.StreamServerInfo, next grpc.StreamHandler) (err error) {
	ctx := ss.Context()
	defer s.recovered(ctx, info.FullMethod, &err)
	if !public(info.FullMethod) {
		if ctx, err = s.identify(ctx); err != nil {
			return err
		}
	}
	return s.outward(ctx, info.FullMethod, next(srv, identified{ss, ctx}))
}
