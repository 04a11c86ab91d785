package rpc

import (
	"context"
	"crypto/rand"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/protobuf/types/known/durationpb"

	"wangge/api/auth"
	wanggev1 "wangge/api/wangge/v1"
	"wangge/dispatch/city/roster"
)

const gridOffice = "p-grid-office"

func (w *world) tokenService() wanggev1.TokenServiceClient {
	return wanggev1.NewTokenServiceClient(w.conn)
}

// with is a context that carries a secret.
func with(secret string) context.Context {
	return metadata.AppendToOutgoingContext(context.Background(), "authorization", "Bearer "+secret, "accept-language", "en")
}

// works reports whether a secret is good for a call.
func (w *world) works(secret string) error {
	_, err := w.city().GetCity(with(secret), &wanggev1.GetCityRequest{})
	return err
}

// issued makes a token by the grid office over the wire.
func (w *world) issued(person, device string, life time.Duration) *wanggev1.CreateTokenResponse {
	w.t.Helper()
	resp, err := w.tokenService().CreateToken(w.as(gridOffice, "en"), &wanggev1.CreateTokenRequest{
		Person: "people/" + person, Device: device, Lifetime: durationpb.New(life),
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return resp
}

// An inspector gets a phone: the grid office makes the token, the phone renews it in its last days without anybody, sees
// when it was used, loses it, and the office ends it. Nothing but the response ever shows a secret.
func TestToken_LifeOfAPhone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	phone := w.issued(inspector, "巡查终端 7", 30*24*time.Hour)
	one := phone.GetToken()
	if one.GetPerson() != "people/"+inspector || one.GetDevice() != "巡查终端 7" || one.GetCreator() != "people/"+gridOffice || one.GetCurrent() ||
		one.GetPersonDisplayName() == "" || !one.GetExpireTime().AsTime().Equal(w.Now().AddDate(0, 0, 30)) || one.GetLastUseTime() != nil {
		t.Errorf("made %v", one)
	}
	if err := w.works(phone.GetSecret()); err != nil {
		t.Fatal(err)
	}
	w.setNow(w.Now().AddDate(0, 0, 29))
	mine := with(phone.GetSecret())
	renewed, err := w.tokenService().RenewToken(mine, &wanggev1.RenewTokenRequest{Name: "tokens/-"})
	if err != nil {
		t.Fatal(err)
	}
	if is := renewed.GetToken(); is.GetName() != one.GetName() || !is.GetCurrent() || !is.GetExpireTime().AsTime().Equal(w.Now().AddDate(0, 0, 30)) ||
		!is.GetRenewTime().AsTime().Equal(w.Now()) || !renewed.GetGraceEndTime().AsTime().Equal(w.Now().Add(10*time.Minute)) {
		t.Errorf("renewed %v", renewed)
	}
	if err := w.works(phone.GetSecret()); err != nil {
		t.Errorf("the phone that missed the answer: %v", err)
	}
	w.setNow(w.Now().Add(auth.Grace))
	w.want(w.works(phone.GetSecret()), codes.Unauthenticated)
	mine = with(renewed.GetSecret())
	list, err := w.tokenService().ListTokens(mine, &wanggev1.ListTokensRequest{})
	if err != nil || len(list.GetTokens()) != 1 || !list.GetTokens()[0].GetCurrent() || !list.GetTokens()[0].GetLastUseTime().AsTime().Equal(w.Now()) {
		t.Errorf("own tokens %v, %v", list, err)
	}
	over, err := w.tokenService().RevokeToken(w.as(gridOffice, "en"), &wanggev1.RevokeTokenRequest{Name: one.GetName()})
	if err != nil || !over.GetRevokeTime().AsTime().Equal(w.Now()) {
		t.Errorf("revoked %v, %v", over, err)
	}
	w.want(w.works(renewed.GetSecret()), codes.Unauthenticated)
	again, err := w.tokenService().RevokeToken(w.as(gridOffice, "en"), &wanggev1.RevokeTokenRequest{Name: one.GetName()})
	if err != nil || !again.GetRevokeTime().AsTime().Equal(w.Now()) {
		t.Errorf("revoked twice %v, %v", again, err)
	}
	_, err = w.tokenService().RenewToken(w.as(gridOffice, "zh"), &wanggev1.RenewTokenRequest{Name: one.GetName()})
	w.want(err, codes.FailedPrecondition, "已过期或被撤销")
	ended, err := w.tokenService().ListTokens(w.as(gridOffice, "en"), &wanggev1.ListTokensRequest{Person: "people/" + inspector, ShowEnded: true})
	if err != nil || len(ended.GetTokens()) != 1 || ended.GetTokens()[0].GetRevokeTime() == nil {
		t.Errorf("with those that are over: %v, %v", ended, err)
	}
	file, err := os.ReadFile(w.tokens.Path)
	if err != nil {
		t.Fatal(err)
	}
	for _, secret := range []string{phone.GetSecret(), renewed.GetSecret()} {
		for where, text := range map[string]string{"the log": w.log.String(), "the file": string(file), "lists": fmt.Sprint(list, ended, over, again)} {
			if strings.Contains(text, secret) {
				t.Errorf("%s shows a secret", where)
			}
		}
	}
	for _, line := range []string{"token created", "token renewed", "token revoked"} {
		if !strings.Contains(w.log.String(), line) || !strings.Contains(w.log.String(), "by="+gridOffice) {
			t.Errorf("the log lacks %q: %s", line, w.log)
		}
	}
}

// Who may do what with whose tokens. Another person's token is not there for anybody but the grid office.
func TestToken_WhoseTokens(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	theirs := w.issued(otherInspector, "", time.Hour).GetToken().GetName()
	for _, person := range []roster.PersonID{inspector, "p-leader", "p-230102-leader"} {
		ctx := w.as(person, "en")
		_, err := w.tokenService().CreateToken(ctx, &wanggev1.CreateTokenRequest{Person: "people/" + string(person)})
		w.want(err, codes.PermissionDenied, "grid office")
		for _, whose := range []string{"people/-", "people/" + otherInspector} {
			_, err = w.tokenService().ListTokens(ctx, &wanggev1.ListTokensRequest{Person: whose})
			w.want(err, codes.PermissionDenied, "grid office")
		}
		_, err = w.tokenService().RenewToken(ctx, &wanggev1.RenewTokenRequest{Name: theirs})
		w.want(err, codes.NotFound, "there is no token")
		_, err = w.tokenService().RevokeToken(ctx, &wanggev1.RevokeTokenRequest{Name: theirs})
		w.want(err, codes.NotFound, "there is no token")
		own, err := w.tokenService().ListTokens(ctx, &wanggev1.ListTokensRequest{Person: "people/" + string(person)})
		if err != nil || len(own.GetTokens()) == 0 {
			t.Errorf("own tokens of %s: %v, %v", person, own, err)
		}
		if _, err := w.tokenService().RevokeToken(ctx, &wanggev1.RevokeTokenRequest{Name: "tokens/-"}); err != nil {
			t.Errorf("%s ends the own token: %v", person, err)
		}
		_, err = w.tokenService().ListTokens(ctx, &wanggev1.ListTokensRequest{})
		w.want(err, codes.Unauthenticated)
	}
	office := w.as(gridOffice, "en")
	renewed, err := w.tokenService().RenewToken(office, &wanggev1.RenewTokenRequest{Name: theirs, Lifetime: durationpb.New(48 * time.Hour)})
	if err != nil || renewed.GetToken().GetCurrent() || w.works(renewed.GetSecret()) != nil {
		t.Errorf("the office renews: %v, %v", renewed, err)
	}
	own := with(renewed.GetSecret())
	_, err = w.tokenService().RenewToken(own, &wanggev1.RenewTokenRequest{Name: theirs, Lifetime: durationpb.New(49 * time.Hour)})
	w.want(err, codes.InvalidArgument, "lifetime", "48h")
	if _, err = w.tokenService().RenewToken(own, &wanggev1.RenewTokenRequest{Name: theirs, Lifetime: durationpb.New(time.Hour)}); err != nil {
		t.Errorf("an own token for a shorter time: %v", err)
	}
	// A token of an hour does not give its holder the secret of the same person's token of two days.
	short := with(w.issued(otherInspector, "", time.Hour).GetSecret())
	_, err = w.tokenService().RenewToken(short, &wanggev1.RenewTokenRequest{Name: theirs})
	w.want(err, codes.PermissionDenied, "a token renews itself alone")
	seen, req := 0, &wanggev1.ListTokensRequest{Person: "people/-", PageSize: 2}
	for {
		page, err := w.tokenService().ListTokens(office, req)
		if err != nil || len(page.GetTokens()) > 2 {
			t.Fatalf("%v, %v", page, err)
		}
		seen += len(page.GetTokens())
		if req.PageToken = page.GetNextPageToken(); req.GetPageToken() == "" {
			break
		}
	}
	if all, _ := w.tokens.List(auth.Listing{Most: 1000}, w.Now()); seen != len(all) || seen < 3 {
		t.Errorf("pages of everybody's tokens hold %d, want %d", seen, len(all))
	}
}

// Every bound is refused in words, with the field.
func TestToken_Bounds(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	office := w.as(gridOffice, "en")
	create := func(r *wanggev1.CreateTokenRequest) error {
		_, err := w.tokenService().CreateToken(office, r)
		return err
	}
	for _, tt := range []struct {
		req  *wanggev1.CreateTokenRequest
		says []string
	}{
		{&wanggev1.CreateTokenRequest{}, []string{"person", "people/p-17"}},
		{&wanggev1.CreateTokenRequest{Person: "people/nobody"}, []string{"person", "not a person of this city"}},
		{&wanggev1.CreateTokenRequest{Person: "people/" + inspector, Lifetime: durationpb.New(367 * 24 * time.Hour)}, []string{"lifetime", "366 days"}},
		{&wanggev1.CreateTokenRequest{Person: "people/" + inspector, Lifetime: durationpb.New(time.Second)}, []string{"lifetime", "1 minute"}},
		{&wanggev1.CreateTokenRequest{Person: "people/" + inspector, Device: strings.Repeat("机", 65)}, []string{"device", "64"}},
		{&wanggev1.CreateTokenRequest{Person: "people/" + inspector, Device: "a\nb"}, []string{"device", "not one line"}},
		{&wanggev1.CreateTokenRequest{Person: "people/" + inspector, Device: "a\ab"}, []string{"device", "control character"}},
		{&wanggev1.CreateTokenRequest{Person: "people/" + inspector, RequestId: "a b"}, []string{"request_id"}},
		{&wanggev1.CreateTokenRequest{Device: strings.Repeat("机", 65), RequestId: "a b", Lifetime: durationpb.New(-1)}, []string{"person", "device", "request_id", "lifetime"}},
	} {
		w.want(create(tt.req), codes.InvalidArgument, tt.says...)
	}
	for i := range auth.MaxTokens {
		if err := create(&wanggev1.CreateTokenRequest{Person: "people/" + inspector, Device: fmt.Sprint(i), RequestId: fmt.Sprint("r-", i)}); err != nil {
			t.Fatal(err)
		}
	}
	err := create(&wanggev1.CreateTokenRequest{Person: "people/" + inspector})
	w.want(err, codes.FailedPrecondition, "20 tokens", "revoke one")
	if reason, _ := advice(err); reason != "TOO_MANY_TOKENS" {
		t.Errorf("it says %q", reason)
	}
	if err := create(&wanggev1.CreateTokenRequest{Person: "people/" + inspector, RequestId: "r-3"}); err != nil {
		t.Errorf("a repeated request with all tokens in use: %v", err)
	}
	for name, says := range map[string]string{"": "tokens/-", "tk-1": "tokens/-", "tokens/a/b": "tokens/-"} {
		_, err = w.tokenService().RevokeToken(office, &wanggev1.RevokeTokenRequest{Name: name})
		w.want(err, codes.InvalidArgument, "name", says)
	}
	_, err = w.tokenService().RevokeToken(office, &wanggev1.RevokeTokenRequest{Name: "tokens/tk-000000000000"})
	w.want(err, codes.NotFound, "tk-000000000000")
}

// A watch ends within a second when its token is revoked over the wire, and when the grace of its secret is over; it goes
// on while the secret is in its grace.
func TestToken_WatchEndsWithTheSecret(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, how := range []string{"revoked", "renewed"} {
		phone := w.issued(inspector, how, time.Hour)
		ctx, cancel := context.WithTimeout(with(phone.GetSecret()), 20*time.Second)
		defer cancel()
		stream, err := w.cases().WatchCases(ctx, &wanggev1.WatchCasesRequest{Scope: "areas/230102"})
		if err == nil {
			_, err = stream.Recv()
		}
		if err != nil {
			t.Fatal(err)
		}
		office := w.as(gridOffice, "en")
		if how == "revoked" {
			_, err = w.tokenService().RevokeToken(office, &wanggev1.RevokeTokenRequest{Name: phone.GetToken().GetName()})
		} else {
			id := strings.TrimPrefix(phone.GetToken().GetName(), "tokens/")
			_, _, err = w.tokens.Renew(id, "", 500*time.Millisecond, w.Now(), rand.Reader) // a grace of half a second
		}
		if err != nil {
			t.Fatal(err)
		}
		began := time.Now()
		w.want(untilEnd(stream, &wanggev1.WatchCasesResponse{}), codes.Unauthenticated, "revoked", "wangge token")
		if took := time.Since(began); took > 3*time.Second {
			t.Errorf("%s: the watch ended after %v", how, took)
		}
	}
}
