package convert

import (
	"wangge/api/auth"
	"wangge/api/resource"
	wanggev1 "wangge/api/wangge/v1"
	"wangge/dispatch/desk/fsck"
)

// CheckReport renders the report of a check of the store with at most so many findings.
func (v Viewer) CheckReport(r fsck.CheckReport, most int) *wanggev1.CheckStoreResponse {
	out := &wanggev1.CheckStoreResponse{
		Ok: r.Whole(), Revision: uint64(r.Revision), CheckTime: Stamp(r.At), Keys: int64(r.Keys), Cases: int64(r.Cases), Open: int64(r.Open),
		Timers: int64(r.Timers), Events: int64(r.Events), Found: int64(r.Found), Repaired: int64(r.Repaired),
		Pages: int64(r.Files.Pages), Records: int64(r.Files.Records), Sealed: int64(r.Files.Sealed), Blocks: int64(r.Files.Blocks),
		Damaged: int64(r.Files.Damaged),
	}
	out.Findings = All(r.Findings[:min(most, len(r.Findings))], v.finding)
	out.Remarks, out.Remarked = All(r.Remarks[:min(most, len(r.Remarks))], v.finding), int64(r.Remarked)
	return out
}

func (v Viewer) finding(f fsck.Finding) *wanggev1.CheckStoreResponse_Finding {
	return &wanggev1.CheckStoreResponse_Finding{
		Kind: Enum[wanggev1.FindingKind](wanggev1.FindingKind_value, "FINDING_KIND_", string(f.Kind)), Key: f.Key,
		Case: resource.Case(f.Case), What: f.What.In(v.Language), Fix: f.Mend.In(v.Language), Derived: f.Derived, Repaired: f.Repaired,
	}
}

// Token renders a token. current is the id of the token that the call carries.
func (v Viewer) Token(t auth.Token, current string) *wanggev1.Token {
	person, _ := v.City.Roster.Person(t.Person)
	maker, _ := v.City.Roster.Person(t.Issuer)
	return &wanggev1.Token{
		Name: resource.Token(t.ID), Person: resource.Person(t.Person), PersonDisplayName: person.Name, Device: t.Device,
		CreateTime: Stamp(t.Created), Creator: resource.Person(t.Issuer), CreatorDisplayName: maker.Name,
		RenewTime: Stamp(t.Renewed), ExpireTime: Stamp(t.Expires), LastUseTime: Stamp(t.Used),
		RevokeTime: Stamp(t.Revoked), Current: current != "" && t.ID == current,
	}
}
