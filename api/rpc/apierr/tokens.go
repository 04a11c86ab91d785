package apierr

import (
	"google.golang.org/grpc/codes"

	"wangge/api/auth"
)

// tokenErrors are about bearer tokens.
var tokenErrors = []mapping{
	as(func(t *telling, e *auth.TooManyTokensError) error {
		return Fail(t.ctx, codes.FailedPrecondition, "TOO_MANY_TOKENS", e.Text(), nil)
	}),
	as(func(t *telling, e *auth.NoTokenError) error {
		if e.Over {
			return Fail(t.ctx, codes.FailedPrecondition, "TOKEN_IS_OVER", e.Text(), nil)
		}
		return Fail(t.ctx, codes.NotFound, "NO_TOKEN", e.Text(), nil)
	}),
}
