package rpc

import (
	"crypto/rand"
	"os"
	"path/filepath"
	"testing"
	"time"

	"google.golang.org/grpc/codes"

	"wangge/api/auth"
	wanggev1 "wangge/api/wangge/v1"
)

func TestToken_Expired(t *testing.T) {
	w := newWorld(t)
	ctx := w.as(inspector, "en")
	w.setNow(w.Now().Add(2 * time.Hour))
	_, err := wanggev1.NewCityServiceClient(w.conn).GetCity(ctx, &wanggev1.GetCityRequest{})
	w.want(err, codes.Unauthenticated, "expired")
}

func TestToken_OfAnotherProcessIsSeen(t *testing.T) {
	path := filepath.Join(t.TempDir(), "tokens")
	serving, err := auth.OpenTokens(path)
	if err != nil {
		t.Fatal(err)
	}
	clerk, err := auth.OpenTokens(path)
	if err != nil {
		t.Fatal(err)
	}
	now := time.Date(2026, 3, 4, 9, 0, 0, 0, time.UTC)
	secret, err := clerk.Issue("someone", time.Hour, now, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	if p, ok := serving.Person(secret, now); !ok || p != "someone" {
		t.Errorf("Person = %s, %v; want someone", p, ok)
	}
	if _, ok := serving.Person(secret+"x", now); ok {
		t.Error("a wrong token is taken")
	}
}

// A write that was cut leaves no trace, and a revoked token is refused at once.
func TestToken_SurvivesACutWriteAndRevocation(t *testing.T) {
	path := filepath.Join(t.TempDir(), "tokens")
	tokens, err := auth.OpenTokens(path)
	if err != nil {
		t.Fatal(err)
	}
	now := time.Date(2026, 3, 4, 9, 0, 0, 0, time.UTC)
	first, err := tokens.Issue("p-1", time.Hour, now, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	f, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.WriteString(`{"sha256":"12`); err != nil {
		t.Fatal(err)
	}
	f.Close()
	other, err := auth.OpenTokens(path)
	if err != nil {
		t.Fatalf("a cut line: %v, want it left out", err)
	}
	second, err := other.Issue("p-1", time.Hour, now, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	for _, secret := range []string{first, second} {
		if p, ok := tokens.Person(secret, now.Add(time.Minute)); !ok || p != "p-1" {
			t.Errorf("Person = %q, %v; want p-1", p, ok)
		}
	}
	if err := other.Revoke("p-1", now); err != nil {
		t.Fatal(err)
	}
	if p, ok := tokens.Person(first, now.Add(2*time.Minute)); ok {
		t.Errorf("a revoked token is still %s's", p)
	}
}
