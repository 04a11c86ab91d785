package server

import (
	"os"
	"path/filepath"

	"wangge/api/auth"
	"wangge/storage/bolt"
)

// tokenName is the name of the token file in a data directory.
const tokenName = "tokens"

// Data is an open data directory: the store and the tokens of one server.
type Data struct {
	Store  *bolt.Engine
	Tokens *auth.Tokens
}

// OpenData opens a data directory for a server. An empty store is made where the directory is missing or empty, or where fresh is
// set and it holds no store; a directory that holds other files and no store is refused otherwise. The caller closes Store.
func OpenData(data string, fresh bool) (Data, error) {
	if err := prepareStore(data, fresh); err != nil {
		return Data{}, err
	}
	tokens, err := openTokens(data)
	if err != nil {
		return Data{}, err
	}
	store, err := openStore(data)
	return Data{store, tokens}, err
}

// openTokens opens the token file of a data directory, and makes the directory if it is missing.
func openTokens(data string) (*auth.Tokens, error) {
	if err := os.MkdirAll(data, 0o700); err != nil {
		return nil, err
	}
	return auth.OpenTokens(filepath.Join(data, tokenName))
}
