// Package rulings holds the commands on rulings, which say who is accountable: create, list, revoke and export.
package rulings
