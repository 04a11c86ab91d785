package ledger

import (
	"bytes"
	"time"

	"wangge/dispatch"
)

// actHashVersion is the first byte of what ActHash hashes. Version 1 hashed the JSON of the command and has no such
// byte: firstAct keeps that form, because stores hold its hashes.
const actHashVersion = 2

// ActHash is the hash that makes an act idempotent: it covers the case, the actor and every argument of the act.
// The time of the act, the post and what the service looks up are left out, so that a repeated request has the hash of
// the first one. It names each field here, in a fixed order: renaming a Go field does not change it.
// A new argument is appended only when it is given, so that the hashes of acts without it stay as they are.
func ActHash(id dispatch.CaseID, cmd *dispatch.Command) []byte {
	d := newDigest(actHashVersion)
	d.uint(uint64(id))
	d.text(string(cmd.Act))
	d.text(string(cmd.Actor))
	d.text(cmd.Note)
	d.text(cmd.Condition)
	d.flag(cmd.Owner != nil)
	if o := cmd.Owner; o != nil {
		d.uint(uint64(o.Kind))
		d.uint(uint64(o.Unit.Kind))
		d.text(o.Unit.ID)
		d.text(string(o.Post))
		d.text(o.Duty)
	}
	d.uint(uint64(cmd.Reason))
	d.text(string(cmd.Handler))
	d.texts(cmd.Photos)
	d.flag(cmd.Passed)
	d.text(cmd.To)
	d.text(cmd.Closing)
	d.uint(uint64(cmd.Outcome))
	d.text(string(cmd.Category))
	d.time(cmd.Until)
	d.flag(cmd.Position != nil)
	if p := cmd.Position; p != nil {
		d.uint(uint64(p.Datum))
		d.float(p.Lat)
		d.float(p.Lng)
		d.float(p.AccuracyM)
	}
	d.text(cmd.Milestone)
	d.uint(uint64(cmd.Party.Kind))
	d.text(cmd.Party.ID)
	d.uint(uint64(cmd.Target))
	d.uint(uint64(cmd.Satisfied))
	d.float(cmd.RadiusM)
	d.texts(cmd.Patterns)
	if cmd.Severity != 0 {
		d.uint(uint64(cmd.Severity))
	}
	if cmd.Denied {
		d.flag(true)
	}
	return d.sum()
}

// SameAct reports whether a stored hash, of any version, is that of the act.
func SameAct(id dispatch.CaseID, cmd *dispatch.Command, stored []byte) (bool, error) {
	if bytes.Equal(ActHash(id, cmd), stored) {
		return true, nil
	}
	first, err := hashJSON([]any{id, firstAct(cmd)})
	return bytes.Equal(first, stored), err
}

// firstCommand is the command as version 1 hashed it: the names, order and omissions of its JSON are frozen.
type firstCommand struct {
	Act, At, Actor, Post, Note string
	Report, Place              *struct{} // never part of an act on a case
	Condition                  string
	Owner                      *firstOwner
	Reason                     int
	Handler                    string
	Photos                     []string
	Passed                     bool
	To, Closing                string
	Outcome                    int
	Category                   string         `json:",omitzero"`
	Until                      time.Time      `json:",omitzero"`
	Position                   *firstPosition `json:",omitzero"`
	Milestone                  string         `json:",omitzero"`
	Party                      firstUnit      `json:",omitzero"`
	Target                     uint64         `json:",omitzero"`
	Satisfied                  int            `json:",omitzero"`
	RadiusM                    float64        `json:",omitzero"`
	Patterns                   []string       `json:",omitzero"`
}

type firstOwner struct {
	Kind int
	Unit firstUnit
	Post string
	Duty string
}

type firstUnit struct {
	Kind int
	ID   string
}

type firstPosition struct {
	Lat, Lng  float64
	Datum     int
	AccuracyM float64
}

// firstAct is a command in the form of version 1.
func firstAct(cmd *dispatch.Command) firstCommand {
	f := firstCommand{
		Act: string(cmd.Act), At: "0001-01-01T00:00:00Z", Actor: string(cmd.Actor), Note: cmd.Note, Condition: cmd.Condition,
		Reason: int(cmd.Reason), Handler: string(cmd.Handler), Photos: cmd.Photos, Passed: cmd.Passed, To: cmd.To, Closing: cmd.Closing,
		Outcome: int(cmd.Outcome), Category: string(cmd.Category), Until: cmd.Until, Milestone: cmd.Milestone,
		Party: firstUnit{int(cmd.Party.Kind), cmd.Party.ID}, Target: uint64(cmd.Target), Satisfied: int(cmd.Satisfied),
		RadiusM: cmd.RadiusM, Patterns: cmd.Patterns,
	}
	if o := cmd.Owner; o != nil {
		f.Owner = &firstOwner{int(o.Kind), firstUnit{int(o.Unit.Kind), o.Unit.ID}, string(o.Post), o.Duty}
	}
	if p := cmd.Position; p != nil {
		f.Position = &firstPosition{p.Lat, p.Lng, int(p.Datum), p.AccuracyM}
	}
	return f
}
