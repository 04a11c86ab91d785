// Package loadtest measures a server in this process under load, each figure beside its ceiling in the same run.
package loadtest
