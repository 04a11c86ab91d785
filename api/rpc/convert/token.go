package convert

import (
	"wangge/api/auth"
	"wangge/api/resource"
	wanggev1 "wangge/api/wangge/v1"
)

// Token renders a token. current is the id of the token that the call carries.
func (v Viewer) Token(t auth.Token, current string) *wanggev1.Token {
	person, _ := v.City.Roster.Person(t.Person)
	return &wanggev1.Token{
		Name: resource.Token(t.ID), Person: resource.Person(t.Person), PersonDisplayName: person.Name, Device: t.Device,
		CreateTime: Stamp(t.Created), Creator: resource.Person(t.Issuer), RenewTime: Stamp(t.Renewed), ExpireTime: Stamp(t.Expires),
		LastUseTime: Stamp(t.Used), RevokeTime: Stamp(t.Revoked), Current: current != "" && t.ID == current,
	}
}
