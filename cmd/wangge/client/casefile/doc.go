// Package casefile writes papers about a case for print: the file of the case, the rectification notice, the supervision slip. Each is one
// page of HTML without scripts, which needs no other file.
package casefile
