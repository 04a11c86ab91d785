package formlist

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"

	"google.golang.org/protobuf/proto"

	"wangge/api/auth"
	"wangge/api/rpc/apierr"
	"wangge/api/rpc/request"
	"wangge/dispatch/city"
	"wangge/dispatch/i18n"
)

const (
	// defaultRows and maxRows are the default and the most rows of a page.
	defaultRows, maxRows = 100, 500
	// answerVersion is part of every etag. A change of what the service answers for the same revision and request raises it.
	answerVersion = 1
)

// Request is a request for a list with an etag.
type Request interface {
	request.Paged
	GetPageSize() int32
	GetIfNoneMatch() string
}

// Page is the page that a request asks for.
type Page struct {
	Base     string        // revision of the directory
	Etag     string        // of the answer
	req      request.Paged // without if_none_match, to which no page token is bound
	at, size int
}

// place is where a page ended. A token holds for one revision: another one has other rows.
type place struct {
	Base string
	At   int
}

// Read reads the page of a request and works out the etag of its answer. An answer depends on the directory, the language
// and the request alone. Faults that f has found are among those returned.
func Read(ctx context.Context, f *request.Reader, c *city.City, req Request) (Page, error) {
	rest := proto.Clone(req).(request.Paged)
	m := rest.ProtoReflect()
	m.Clear(m.Descriptor().Fields().ByName("if_none_match"))
	data, err := proto.MarshalOptions{Deterministic: true}.Marshal(rest)
	if err != nil {
		return Page{}, err
	}
	p := Page{Base: c.Base(), req: rest}
	sum := sha256.Sum256(fmt.Appendf(data, "\x00%s\x00%s\x00%s\x00%d", m.Descriptor().FullName(), p.Base, auth.LanguageOf(ctx), answerVersion))
	p.Etag = hex.EncodeToString(sum[:12])
	p.size = cmp.Or(f.PageSize(req.GetPageSize(), maxRows), defaultRows)
	after := request.After[place](f, rest)
	switch {
	case after == place{}:
	case after.Base != p.Base:
		f.Add("page_token", i18n.F("the city has another revision since that page; start again without a token", "该页之后城市版本已变更；请不带令牌重新查询"))
	case after.At <= 0:
		f.Add("page_token", apierr.OtherToken)
	default:
		p.at = after.At
	}
	return p, f.Err()
}

// Span returns the rows [from, to) of the page out of total, and the token of the page that follows.
func (p Page) Span(total int) (from, to int, token string, err error) {
	from, to = min(p.at, total), min(p.at+p.size, total)
	if to < total {
		token, err = request.Next(p.req, place{p.Base, to})
	}
	return from, to, token, err
}
