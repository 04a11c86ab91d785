package city

import "wangge/dispatch/city/roster"

// Names of the channels.
const (
	ChannelLog     = "log"
	ChannelEmail   = "email"
	ChannelWebhook = "webhook"
	ChannelWeCom   = "wecom"
	ChannelSMS     = "sms"
)

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
