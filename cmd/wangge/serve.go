package main

import (
	"context"
	"crypto/tls"
	"errors"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"runtime/debug"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"
	"google.golang.org/grpc"
	"google.golang.org/grpc/health"

	"wangge/api/auth"
	"wangge/api/rpc"
	"wangge/dispatch/city"
	"wangge/dispatch/desk"
	"wangge/dispatch/desk/revision"
	"wangge/dispatch/i18n"
	"wangge/storage"
	"wangge/storage/bolt"
)

// tokenFile is the token file's name inside a data directory.
const tokenFile = "tokens"

// defaultListen is where serve listens and clients call.
const defaultListen = "127.0.0.1:7443"

func serveCommand(o *options) *cobra.Command {
	var dir, data, listen, cert, key string
	var fresh bool
	var out outlets
	cmd := &cobra.Command{
		Use:     "serve",
		Short:   "Run the service: gRPC over one embedded store, and the keeper that fires due ladder steps",
		Example: "  wangge serve --city harbin --data ./data\n  wangge serve --city ./our-city --data ./data --listen :7443 --tls-cert c.pem --tls-key k.pem",
		Args:    takes(),
		RunE: func(cmd *cobra.Command, _ []string) (err error) {
			if (cert == "") != (key == "") {
				return i18n.Errorf("--tls-cert and --tls-key go together", "--tls-cert 与 --tls-key 须同时给出")
			}
			if err := rpc.CheckListen(listen, cert != ""); err != nil {
				return err
			}
			if _, err := out.channels(); err != nil {
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
			if err := refusedStart(dir, data, fresh); err != nil {
				return err
			}
			lis, err := (&net.ListenConfig{}).Listen(cmd.Context(), "tcp", listen)
			if err != nil {
				return wrongError{err}
			}
			defer lis.Close() //nolint:errcheck // the server has closed it when it ran
			if err := prepareStore(data, fresh); err != nil {
				return wrongError{err}
			}
			tokens, err := openTokens(data)
			if err != nil {
				return wrongError{err}
			}
			store, err := openStore(data)
			if err != nil {
				return wrongError{err}
			}
			defer func() { err = errors.Join(err, store.Close()) }()
			tellRemade(store)
			store.SetLog(slog.Default())
			c, files, err := startingCity(cmd, o, dir, store)
			if err != nil {
				return err
			}
			err = serve(cmd.Context(), desk.Config{Store: store, City: c, Directory: files}, lis, tokens, secure, &out, func(addr net.Addr, c *city.City) {
				if o.json {
					_ = encode(cmd.OutOrStdout(), map[string]any{"city": c.Code, "revision": c.Revision, "listen": addr.String()}) // who reads the line has gone
					return
				}
				o.printer(cmd.OutOrStdout(), c.Location).line("%[1]s (%[2]s) %[3]s serves on %[4]s", "%[1]s（版本 %[3]s）服务已启动，监听 %[4]s", c.Name, c.NameEn, c.Revision, addr)
			})
			if err != nil {
				return wrongError{storeError(err)}
			}
			return nil
		},
	}
	cmd.Flags().BoolVar(&fresh, "new", false, "make a new store in a data directory that holds something, but no store")
	cmd.Flags().StringVar(&dir, "city", "", "a built-in city (harbin, boston) or a directory: what a new data directory starts with; later ones are applied (wangge city apply)")
	cmd.Flags().StringVar(&data, "data", "", "data directory; it is made if it is not there")
	cmd.Flags().StringVar(&listen, "listen", defaultListen, "address; beyond this machine only with TLS")
	cmd.Flags().StringVar(&cert, "tls-cert", "", "certificate file (PEM)")
	cmd.Flags().StringVar(&key, "tls-key", "", "key file (PEM)")
	_ = cmd.MarkFlagRequired("data") // it is defined just above
	out.flags(cmd.Flags())
	return cmd
}

// refusedStart says why a server would not start in a data directory without a store, before one is made there.
func refusedStart(dir, data string, fresh bool) error {
	there, err := storeThere(data)
	if err == nil && !there && !fresh {
		err = orphans(data)
	}
	if err != nil {
		return wrongError{err}
	}
	if there {
		return nil
	}
	if dir == "" {
		return noCity()
	}
	_, err = loadCity(dir)
	return err
}

func noCity() error {
	return i18n.Errorf("this data directory has no city yet: give --city", "该数据目录尚无城市，请给出 --city")
}

// tellRemade logs that keys were damaged and what became of them.
func tellRemade(store *bolt.Engine) {
	if err := store.Remade(); err != nil {
		slog.Warn("the derived keys were damaged and have been made anew from the feed; look at the disk", "damage", err)
	}
}

// startingCity is the city that a server starts with: the directory of a store that has kept none, or
// else nothing, for then the store's own decides. A directory that differs is never applied silently.
func startingCity(cmd *cobra.Command, o *options, dir string, store storage.Engine) (*city.City, city.Directory, error) {
	kept, err := revision.Kept(cmd.Context(), store)
	if err != nil {
		return nil, nil, wrongError{err}
	}
	if kept != "" && dir == "" {
		return nil, nil, nil
	}
	if dir == "" {
		return nil, nil, noCity()
	}
	fsys, err := directory(dir)
	if err != nil {
		return nil, nil, err
	}
	files, faults := city.Collect(fsys)
	if kept != "" && (len(faults) > 0 || files.Revision() != kept) {
		o.note(cmd, nil, i18n.F("--city %[1]s is %[2]s and is not used: the store has %[3]s, which decides. To change it: wangge city plan %[1]s, then wangge city apply %[1]s --against %[3]s",
			"--city %[1]s 为 %[2]s，未被采用：数据目录中生效的是 %[3]s。如需变更：wangge city plan %[1]s，再 wangge city apply %[1]s --against %[3]s", dir, files.Revision(), kept))
		return nil, nil, nil
	}
	c, err := loadCity(dir)
	return c, files, err
}

func openTokens(data string) (*auth.Tokens, error) {
	if err := os.MkdirAll(data, 0o700); err != nil {
		return nil, err
	}
	return auth.OpenTokens(filepath.Join(data, tokenFile))
}

// grace is how long running calls may take to end after a stop was asked for.
const grace = 10 * time.Second

// checkEvery is how often a running server checks its store, besides at start, and verifies its audit
// log, for the first time verifyAfter the start: that reads every event.
const (
	checkEvery  = 24 * time.Hour
	verifyAfter = time.Hour
)

// gcPercent trades memory for time: a report leaves some 40 KB of garbage behind and nothing that
// lasts. GOGC and GOMEMLIMIT are honoured.
const gcPercent = 400

// serve runs on a listener until ctx ends, then lets running calls finish. The caller closes the store.
func serve(ctx context.Context, cfg desk.Config, lis net.Listener, tokens *auth.Tokens, secure *tls.Config, out *outlets, ready func(net.Addr, *city.City)) error {
	channels, err := out.channels()
	if err != nil {
		return err
	}
	cfg.Channels = names(channels)
	d, err := desk.Open(ctx, cfg)
	if err != nil {
		return err
	}
	defer d.Close()
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(gcPercent)
	}
	health := health.NewServer()
	srv := rpc.New(rpc.Config{Desk: d, Tokens: tokens, Clock: time.Now, TLS: secure, Health: health})
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
	g.Go(func() error { return untilCancelled(d.KeepAudited(running)) })
	g.Go(func() error { return untilCancelled(d.KeepVerified(running, verifyAfter, checkEvery)) })
	if err := out.run(running, g, d, channels, health); err != nil {
		g.Go(func() error { return err }) // stops the others
	}
	g.Go(func() error {
		err := srv.Serve(lis)
		if errors.Is(err, grpc.ErrServerStopped) && running.Err() != nil { // the stop came before it began
			return nil
		}
		return err
	})
	g.Go(func() error {
		<-running.Done()
		d.Close() // ends who watches: a stream would hold the stop up for ever
		hard := time.AfterFunc(grace, srv.Stop)
		defer hard.Stop()
		srv.GracefulStop()
		return nil
	})
	ready(lis.Addr(), d.City())
	return g.Wait()
}
