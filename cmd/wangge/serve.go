package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"runtime/debug"
	"time"
	"wangge/api/rpc"
	"wangge/dispatch/city"
	"wangge/dispatch/desk"
	"wangge/storage/bolt"

	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"
)

// tokenFile is the token file's name inside a data directory.
const tokenFile = "tokens"

// defaultListen is where serve listens and clients call.
const defaultListen = "127.0.0.1:7443"

func serveCommand(o *options) *cobra.Command {
	var dir, data, listen, cert, key string
	cmd := &cobra.Command{
		Use:     "serve",
		Short:   "Run the service: gRPC over one embedded store, and the keeper that fires due ladder steps",
		Example: "  wangge serve --city harbin --data ./data\n  wangge serve --city ./our-city --data ./data --listen :7443 --tls-cert c.pem --tls-key k.pem",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if (cert == "") != (key == "") {
				return errors.New("--tls-cert and --tls-key go together")
			}
			if err := rpc.CheckListen(listen, cert != ""); err != nil {
				return err
			}
			c, err := loadCity(cmd, o, dir)
			if err != nil {
				return err
			}
			var secure *tls.Config
			if cert != "" {
				pair, err := tls.LoadX509KeyPair(cert, key)
				if err != nil {
					return wrongError{err}
				}
				secure = &tls.Config{Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS13}
			}
			tokens, err := openTokens(data)
			if err != nil {
				return wrongError{err}
			}
			err = serve(cmd.Context(), c, data, listen, tokens, secure, func(addr net.Addr) {
				fmt.Fprintf(cmd.OutOrStdout(), "%s (%s) %s serves on %s\n", c.Name, c.NameEn, c.Revision, addr)
			})
			if err != nil {
				return wrongError{err}
			}
			return nil
		},
	}
	cmd.Flags().StringVar(&dir, "city", "", "a built-in city (harbin, boston) or a directory")
	cmd.Flags().StringVar(&data, "data", "", "data directory; it is made if it is not there")
	cmd.Flags().StringVar(&listen, "listen", defaultListen, "address; beyond this machine only with TLS")
	cmd.Flags().StringVar(&cert, "tls-cert", "", "certificate file (PEM)")
	cmd.Flags().StringVar(&key, "tls-key", "", "key file (PEM)")
	for _, f := range []string{"city", "data"} {
		_ = cmd.MarkFlagRequired(f) // the flags are defined just above
	}
	return cmd
}

func openTokens(data string) (*rpc.Tokens, error) {
	if err := os.MkdirAll(data, 0o700); err != nil {
		return nil, err
	}
	return rpc.OpenTokens(filepath.Join(data, tokenFile))
}

// grace is how long running calls may take to end after a stop was asked for.
const grace = 10 * time.Second

// checkEvery is how often a running server checks its store, besides at start.
const checkEvery = 24 * time.Hour

// gcPercent trades memory for time: a report leaves some 40 KB of garbage behind and nothing that
// lasts. GOGC and GOMEMLIMIT are honoured.
const gcPercent = 400

// serve runs until ctx ends, then lets running calls finish and closes the store.
func serve(ctx context.Context, c *city.City, data, listen string, tokens *rpc.Tokens, secure *tls.Config, ready func(net.Addr)) (err error) {
	store, err := bolt.Open(filepath.Join(data, storeFile))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	d, err := desk.Open(ctx, desk.Config{Store: store, City: c})
	if err != nil {
		return err
	}
	defer d.Close()
	lis, err := (&net.ListenConfig{}).Listen(ctx, "tcp", listen)
	if err != nil {
		return err
	}
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(gcPercent)
	}
	srv := rpc.New(rpc.Config{Desk: d, Tokens: tokens, Clock: time.Now, TLS: secure})
	g, running := errgroup.WithContext(ctx)
	g.Go(func() error {
		if err := d.Keep(running); !errors.Is(err, context.Canceled) {
			return err
		}
		return nil
	})
	g.Go(func() error {
		if err := d.KeepChecked(running, checkEvery); !errors.Is(err, context.Canceled) {
			return err
		}
		return nil
	})
	g.Go(func() error { return srv.Serve(lis) })
	g.Go(func() error {
		<-running.Done()
		d.Close() // ends who watches: a stream would hold the stop up for ever
		hard := time.AfterFunc(grace, srv.Stop)
		defer hard.Stop()
		srv.GracefulStop()
		return nil
	})
	ready(lis.Addr())
	return g.Wait()
}
