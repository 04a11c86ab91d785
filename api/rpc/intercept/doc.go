// Package intercept stands between the transport and the services: it admits or refuses each call before a message
// is received, ends calls whose token or time is over, recovers from panics, maps errors to statuses, and gives each
// call one revision of the city.
package intercept
