package city_test

import (
	"slices"
	"strings"
	"testing"

	"wangge/dispatch/city"
	"wangge/dispatch/city/roster"
)

// A channel reaches who has what the channel needs; the log tells nobody.
func TestChannels_ReachPeople(t *testing.T) {
	t.Parallel()
	bare := roster.Person{ID: "p"}
	for _, tt := range []struct {
		channel     string
		with        roster.Person
		needs, tell bool
	}{
		{city.ChannelLog, bare, false, false},
		{city.ChannelWebhook, bare, false, true},
		{city.ChannelEmail, roster.Person{ID: "p", Email: "p@city.example"}, true, true},
		{city.ChannelWeCom, roster.Person{ID: "p", WeCom: "p.li"}, true, true},
		{city.ChannelSMS, roster.Person{ID: "p", Phone: "+86 451 5555 0101"}, true, true},
	} {
		if !slices.Contains(city.Channels, tt.channel) || !city.Reaches(tt.channel, tt.with) || city.Reaches(tt.channel, bare) == tt.needs {
			t.Errorf("%s reaches %+v: %v, %+v: %v", tt.channel, tt.with, city.Reaches(tt.channel, tt.with), bare, city.Reaches(tt.channel, bare))
		}
		if tells := len(city.Telling([]string{tt.channel})) == 1; tells != tt.tell {
			t.Errorf("%s tells people: %v, want %v", tt.channel, tells, tt.tell)
		}
	}
	if city.Reaches("pigeon", roster.Person{ID: "p", Email: "p@city.example", WeCom: "p", Phone: "110000"}) {
		t.Error("a channel that is none reaches somebody")
	}
}

// A step that names channels uses those; a person whom none of them reaches is told by what the server has.
func TestChannels_Ways(t *testing.T) {
	t.Parallel()
	mail := roster.Person{ID: "p", Email: "p@city.example", Phone: "110000"}
	phone := roster.Person{ID: "q", Phone: "110000"}
	for _, tt := range []struct {
		server, named string
		p             roster.Person
		want          string
	}{
		{"log email sms", "", mail, "log email sms"},
		{"log email sms", "", phone, "log sms"},
		{"log email sms", "email", mail, "email"},
		{"log email sms", "email", phone, "log sms"},
		{"log webhook", "email wecom", mail, "log webhook"},
		{"log email sms", "log", mail, "log"},
		{"email", "email", phone, ""},
	} {
		if got := strings.Join(city.Ways(strings.Fields(tt.server), strings.Fields(tt.named), tt.p), " "); got != tt.want {
			t.Errorf("a server with %q, a step by %q, to %s: by %q, want %q", tt.server, tt.named, tt.p.ID, got, tt.want)
		}
	}
}
