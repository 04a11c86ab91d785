package request

import (
	"cmp"
	"hash/crc32"

	"go.einride.tech/aip/pagination"
	"google.golang.org/protobuf/proto"

	"wangge/api/rpc/apierr"
	"wangge/dispatch/desk/ledger"
	"wangge/dispatch/desk/outbox"
	"wangge/dispatch/i18n"
)

// maxToken bounds the bytes of a page token: more than any token that Next makes. The longest holds the id of a notice,
// which is a key of the store of at most 4 KiB, encoded twice.
const maxToken = 8 << 10

var notAToken = i18n.F("it is not a page token; send back next_page_token as it was, or nothing to start again",
	"不是分页令牌；请原样传回 next_page_token，或留空从头开始")

// Paged is a request for one page of a list.
type Paged interface {
	proto.Message
	GetPageToken() string
}

// pageToken is where a page ended and which request the page answered. It is opaque to clients.
type pageToken[T any] struct {
	After    T
	Checksum uint32 // of the request without its page token and page size
}

// After reads the page token of a request: the place where the page before ended, or zero for the first page. A token
// that Next did not make, or made for another request, is a violation of page_token.
func After[T any](f *Reader, req Paged) T {
	var token pageToken[T]
	text := req.GetPageToken()
	if text == "" {
		return token.After
	}
	if len(text) > maxToken || pagination.DecodePageTokenStruct(text, &token) != nil {
		f.Add("page_token", notAToken)
		return *new(T)
	}
	if sum, err := checksum(req); err != nil || sum != token.Checksum {
		f.Add("page_token", apierr.OtherToken)
		return *new(T)
	}
	return token.After
}

// Next returns the token of the page that follows a page which ended at after. The token is bound to every field of the
// request but its page token and page size.
func Next[T any](req Paged, after T) (string, error) {
	sum, err := checksum(req)
	if err != nil {
		return "", err
	}
	return pagination.EncodePageTokenStruct(&pageToken[T]{after, sum}), nil
}

// NoticePage reads the page token and the page size of a list of notices: the notice that ended the page before, zero
// for the first page, and how many notices the page holds.
func (f *Reader) NoticePage(req interface {
	Paged
	GetPageSize() int32
},
) (after ledger.NoticeID, n int) {
	if last := After[string](f, req); last != "" {
		var err error
		if after, err = ledger.ParseNoticeID(last); err != nil {
			f.Add("page_token", notAToken)
		}
	}
	return after, cmp.Or(f.PageSize(req.GetPageSize(), outbox.MaxDeliveries), outbox.MaxDeliveries)
}

// checksum binds a token to a request. The library's checksum is for requests with a page size only.
func checksum(req Paged) (uint32, error) {
	if sized, ok := req.(pagination.Request); ok {
		return pagination.CalculateRequestChecksum(sized)
	}
	rest := proto.Clone(req)
	m := rest.ProtoReflect()
	m.Clear(m.Descriptor().Fields().ByName("page_token"))
	data, err := proto.Marshal(rest)
	return crc32.ChecksumIEEE(data), err
}
