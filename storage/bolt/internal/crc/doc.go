// Package crc computes the checksums of records, values and blocks: CRC-32C.
package crc
