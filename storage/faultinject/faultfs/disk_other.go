//go:build !linux

package faultfs

// Main returns: other systems serve no disk.
func Main() {}
