// Package records takes over past records from a CSV file: it reads each by a format of the city's imports.yaml, hands it to the
// desk, and counts what became of it.
package records
