package request

import (
	"strings"
	"time"

	"google.golang.org/protobuf/types/known/durationpb"

	"wangge/api/auth"
	"wangge/api/resource"
	"wangge/api/rpc/apierr"
	"wangge/api/rpc/lookup"
	wanggev1 "wangge/api/wangge/v1"
	"wangge/dispatch/city/roster"
	"wangge/dispatch/i18n"
)

// Grant reads for whom a token is made. The person must be active.
func (f *Reader) Grant(req *wanggev1.CreateTokenRequest) auth.Grant {
	g := auth.Grant{
		Issuer: f.Person, Device: f.Short("device", req.GetDevice(), auth.MaxDevice),
		Life: f.TokenLife(req.GetLifetime(), auth.DefaultLife),
	}
	if strings.ContainsAny(g.Device, "\t\r\n") {
		f.Add("device", i18n.F("the name is not one line", "名称不止一行，请填写单行名称"))
	}
	if req.GetRequestId() != "" {
		g.Request = f.RequestID(req.GetRequestId())
	}
	switch p, wrong := lookup.Person(f.City, req.GetPerson()); {
	case wrong != (i18n.Text{}):
		f.Add("person", wrong)
	case !f.City.Roster.Active(p, f.Now):
		f.Add("person", i18n.F("%s is not active today", "%s 今日不在任", p))
	default:
		g.Person = p
	}
	return g
}

// TokenLife reads how long a secret lasts.
func (f *Reader) TokenLife(d *durationpb.Duration, unset time.Duration) time.Duration {
	if d == nil {
		return unset
	}
	life := d.AsDuration()
	if d.CheckValid() != nil || life < auth.MinLife || life > auth.MaxLife {
		f.Add("lifetime", i18n.F("%[1]v is not within 1 minute to %.0[2]f days", "%[1]v 不在 1 分钟到 %.0[2]f 天之间", life, auth.MaxLife.Hours()/24))
	}
	return life
}

// TokenID reads the name of a token; "-" is the token that the call carries.
func (f *Reader) TokenID(at, name string) string {
	id, ok := resource.ParseToken(name)
	if !ok {
		f.Add(at, i18n.F("%q: write tokens/tk-3f9a01c2b4d5, or tokens/- for the token of this call", "%q：应写作 tokens/tk-3f9a01c2b4d5，或用 tokens/- 表示本次调用的令牌", apierr.Clip(name)))
	}
	return id
}

// TokenHolder reads whose tokens are listed: the caller's by default, "" = everybody's.
func (f *Reader) TokenHolder(at, name string) roster.PersonID {
	switch name {
	case "":
		return f.Person
	case resource.Person("-"):
		return ""
	}
	p, ok := resource.ParsePerson(name)
	if !ok {
		f.Add(at, lookup.PersonForm(name))
	}
	return p
}
