package intercept

import (
	"context"

	"wangge/dispatch/city"
)

// City returns the revision of the city that a call sees: the one that decided when the call first asked. Every
// later question of the same call is answered with the same revision, whatever comes into force meanwhile. Only
// the goroutine of the handler may ask.
func (s *Calls) City(ctx context.Context) *city.City {
	c := callOf(ctx)
	if c == nil {
		return s.cfg.City()
	}
	if c.city == nil {
		c.city = s.cfg.City()
	}
	return c.city
}

// Renew lets a call see the revision that decides now. A call that has written renews once before it renders the
// outcome, so that the outcome is named by a revision that knows what was decided; a stream renews before each message.
func (s *Calls) Renew(ctx context.Context) *city.City {
	if c := callOf(ctx); c != nil {
		c.city = nil
	}
	return s.City(ctx)
}
