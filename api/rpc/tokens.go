package rpc

import (
	"context"
	"crypto/rand"
	"log/slog"
	"time"

	"google.golang.org/grpc/codes"

	"wangge/api/auth"
	"wangge/api/resource"
	"wangge/api/rpc/apierr"
	"wangge/api/rpc/convert"
	"wangge/api/rpc/request"
	wanggev1 "wangge/api/wangge/v1"
	"wangge/dispatch"
	"wangge/dispatch/i18n"
)

// tokenService implements TokenService.
type tokenService struct {
	wanggev1.UnimplementedTokenServiceServer
	*server
	tokens *auth.Tokens
}

// CreateToken implements TokenService.
func (s tokenService) CreateToken(ctx context.Context, req *wanggev1.CreateTokenRequest) (*wanggev1.CreateTokenResponse, error) {
	if err := s.govern(ctx, dispatch.ActTokens); err != nil {
		return nil, err
	}
	f := s.read(ctx)
	g := f.Grant(req)
	if err := f.Err(); err != nil {
		return nil, err
	}
	one, secret, err := s.tokens.Create(g, s.now(), rand.Reader)
	if err != nil {
		return nil, err
	}
	s.logChange(ctx, "token created", one)
	return &wanggev1.CreateTokenResponse{Token: s.token(ctx, one), Secret: secret}, nil
}

// RenewToken implements TokenService. A person renews the token of the call alone, for what it was made to last, at most: a
// token of a day must not give its holder the secret of one of a year.
func (s tokenService) RenewToken(ctx context.Context, req *wanggev1.RenewTokenRequest) (*wanggev1.RenewTokenResponse, error) {
	if err := s.govern(ctx, dispatch.ActReview); err != nil {
		return nil, err
	}
	f := s.read(ctx)
	id, life := f.TokenID("name", req.GetName()), f.TokenLife(req.GetLifetime(), 0)
	if err := f.Err(); err != nil {
		return nil, err
	}
	one, err := s.find(ctx, id)
	if err != nil {
		return nil, err
	}
	most, keeps := auth.MaxLife, s.govern(ctx, dispatch.ActTokens) == nil
	if !keeps {
		most = min(most, one.Life())
	}
	switch {
	case !keeps && one.ID != s.tokens.IDOf(auth.TokenOf(ctx)):
		return nil, apierr.Fail(ctx, codes.PermissionDenied, "NOT_ALLOWED", i18n.F("a token renews itself alone; renew %[1]s with %[1]s itself, or ask the grid office",
			"令牌只能续期其自身；请用令牌 %[1]s 本身续期，或请网格办办理", one.ID), nil)
	case life > most:
		return nil, apierr.Field(ctx, "lifetime", i18n.F("%[1]v: the token was made to last %[2]v; the grid office can make it last longer",
			"%[1]v：该令牌的有效期为 %[2]v；如需更长，请由网格办续期", life, most))
	case life == 0:
		life = min(one.Life(), auth.MaxLife)
	}
	now := s.now()
	renewed, secret, err := s.tokens.Renew(one.ID, auth.TokenOf(ctx), life, now, rand.Reader)
	if err != nil {
		return nil, err
	}
	s.logChange(ctx, "token renewed", renewed)
	return &wanggev1.RenewTokenResponse{
		Token: s.token(ctx, renewed), Secret: secret, GraceEndTime: convert.Stamp(now.Add(min(auth.Grace, life))),
	}, nil
}

// ListTokens implements TokenService.
func (s tokenService) ListTokens(ctx context.Context, req *wanggev1.ListTokensRequest) (*wanggev1.ListTokensResponse, error) {
	act := dispatch.ActReview
	if p := req.GetPerson(); p != "" && p != resource.Person(auth.PersonOf(ctx)) {
		act = dispatch.ActTokens
	}
	if err := s.govern(ctx, act); err != nil {
		return nil, err
	}
	f := s.read(ctx)
	l := auth.Listing{
		Person: f.TokenHolder("person", req.GetPerson()), After: request.After[auth.Cursor](f, req),
		Over: req.GetShowEnded(), Most: rowsAPage(f, req.GetPageSize()),
	}
	if err := f.Err(); err != nil {
		return nil, err
	}
	page, more := s.tokens.List(l, s.now())
	out := &wanggev1.ListTokensResponse{}
	for _, one := range page {
		out.Tokens = append(out.Tokens, s.token(ctx, one))
	}
	var err error
	if more {
		out.NextPageToken, err = request.Next(req, page[len(page)-1].Cursor())
	}
	return out, err
}

// RevokeToken implements TokenService.
func (s tokenService) RevokeToken(ctx context.Context, req *wanggev1.RevokeTokenRequest) (*wanggev1.Token, error) {
	if err := s.govern(ctx, dispatch.ActReview); err != nil {
		return nil, err
	}
	f := s.read(ctx)
	id := f.TokenID("name", req.GetName())
	if err := f.Err(); err != nil {
		return nil, err
	}
	one, err := s.find(ctx, id)
	if err != nil {
		return nil, err
	}
	if one.Over(s.now()) {
		return s.token(ctx, one), nil
	}
	over, err := s.tokens.RevokeOne(one.ID, s.now())
	if err != nil {
		return nil, err
	}
	s.logChange(ctx, "token revoked", over)
	return s.token(ctx, over), nil
}

// find returns a token that the caller may read: an own one, or any for those who keep tokens. "-" is the token of the
// call.
func (s tokenService) find(ctx context.Context, id string) (auth.Token, error) {
	if id == "-" {
		id = s.tokens.IDOf(auth.TokenOf(ctx))
	}
	one, ok := s.tokens.Get(id, s.now())
	if !ok || one.Person != auth.PersonOf(ctx) && s.govern(ctx, dispatch.ActTokens) != nil {
		return auth.Token{}, &auth.NoTokenError{ID: apierr.Clip(id)}
	}
	return one, nil
}

// token renders a token for the caller.
func (s tokenService) token(ctx context.Context, one auth.Token) *wanggev1.Token {
	return s.full(ctx).Token(one, s.tokens.IDOf(auth.TokenOf(ctx)))
}

// logChange logs who changed a token.
func (s tokenService) logChange(ctx context.Context, what string, one auth.Token) {
	s.log.LogAttrs(ctx, slog.LevelInfo, what, slog.String("token", one.ID), slog.String("person", string(one.Person)),
		slog.String("by", string(auth.PersonOf(ctx))), slog.String("device", one.Device),
		slog.String("expires", one.Expires.UTC().Format(time.RFC3339)))
}
