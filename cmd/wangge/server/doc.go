// Package server holds the commands that open a data directory: serve, token, demo, import, check and audit; and sim, which
// runs the same service in made-up worlds.
package server
