// Package rulings holds the commands on rulings, which name the accountable unit: create, list, revoke and export.
package rulings
