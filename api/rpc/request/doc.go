// Package request reads requests: it converts the fields of the wire into the terms of the domain and collects
// everything that is wrong with them.
package request
