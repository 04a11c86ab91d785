package city

import (
	"slices"

	"wangge/dispatch/city/roster"
)

// Names of the channels.
const (
	ChannelLog     = "log"
	ChannelEmail   = "email"
	ChannelWebhook = "webhook"
	ChannelWeCom   = "wecom"
	ChannelSMS     = "sms"
)

// ChannelNone stands for the channel of a notice to a person of whom no channel has an address. No server has it.
const ChannelNone = "none"

// Channels are the possible channels of a notice.
var Channels = []string{ChannelLog, ChannelEmail, ChannelWebhook, ChannelWeCom, ChannelSMS}

// Reaches reports whether a channel has what it needs to carry a notice for a person: an address, a user id, a phone
// number. The log and a webhook need nothing.
func Reaches(channel string, p roster.Person) bool {
	switch channel {
	case ChannelLog, ChannelWebhook:
		return true
	case ChannelEmail:
		return p.Email != ""
	case ChannelWeCom:
		return p.WeCom != ""
	case ChannelSMS:
		return roster.ValidPhone(p.Phone)
	}
	return false
}

// Ways returns by which channels of a server a notice goes to a person: of the named ones, those that the server has and
// that reach the person; if there is none, every channel of the server that reaches the person.
func Ways(server, named []string, p roster.Person) []string {
	var all, wanted []string
	for _, ch := range server {
		if !Reaches(ch, p) {
			continue
		}
		all = append(all, ch)
		if slices.Contains(named, ch) {
			wanted = append(wanted, ch)
		}
	}
	if len(wanted) == 0 {
		return all
	}
	return wanted
}

// Unreached lists the posts, each after its unit's others, none of whose holders is reached by one of some channels.
func (c *City) Unreached(channels []string) []roster.PostID {
	var out []roster.PostID
	for _, u := range c.Roster.Units() {
		for _, role := range roster.Roles {
			post, ok := c.Roster.Post(u, role)
			if ok && !slices.ContainsFunc(c.Roster.Holdings(post), func(h roster.Holding) bool {
				p, ok := c.Roster.Person(h.Person)
				return ok && len(Ways(channels, nil, p)) > 0
			}) {
				out = append(out, post)
			}
		}
	}
	return out
}

// Untold reports whether a server that tells people by some channels reaches a person by none of them: the log tells nobody. A
// server that has the log alone tells nobody at all, and says so at its start.
func Untold(server []string, p roster.Person) bool {
	telling := Telling(server)
	return len(telling) > 0 && !slices.ContainsFunc(telling, func(ch string) bool { return Reaches(ch, p) })
}

// Telling returns the channels that carry a notice to people, in their order. The log is none of them: an operator
// reads it, not the recipient. A webhook is one: the other system has the ids of all recipients, and tells them.
func Telling(channels []string) []string {
	var out []string
	for _, ch := range channels {
		if ch != ChannelLog {
			out = append(out, ch)
		}
	}
	return out
}
