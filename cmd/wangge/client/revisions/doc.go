// Package revisions holds the commands that change the city of a server: they plan, apply and withdraw revisions, list them, and
// download their files.
package revisions
