package server

import (
	"context"
	"crypto/tls"
	"errors"
	"log/slog"
	"net"
	"os"
	"runtime/debug"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"
	"google.golang.org/grpc"
	"google.golang.org/grpc/health"

	"wangge/api/auth"
	"wangge/api/rpc"
	"wangge/cmd/wangge/cli"
	"wangge/dispatch/city"
	"wangge/dispatch/desk"
	"wangge/dispatch/desk/revision"
	"wangge/dispatch/i18n"
	"wangge/storage"
	"wangge/storage/bolt"
)

// ServeCommand runs the service.
func ServeCommand(o *cli.Options) *cobra.Command {
	var dir, data, listen, cert, key string
	var fresh bool
	var out outputs
	cmd := &cobra.Command{
		Use:     "serve",
		Short:   "Run the service: gRPC over one embedded store, and the scheduler that fires due escalation steps",
		Example: "  wangge serve --city harbin --data ./data\n  wangge serve --city ./our-city --data ./data --listen :7443 --tls-cert c.pem --tls-key k.pem",
		Args:    cli.Args(),
		RunE: func(cmd *cobra.Command, _ []string) (err error) {
			if (cert == "") != (key == "") {
				return i18n.Errorf("--tls-cert and --tls-key go together", "--tls-cert 与 --tls-key 须同时给出")
			}
			if err := auth.CheckListen(listen, cert != ""); err != nil {
				return err
			}
			if _, err := out.channels(); err != nil {
				return err
			}
			var secure *tls.Config
			if cert != "" {
				pair, err := tls.LoadX509KeyPair(cert, key)
				if err != nil {
					return cli.Failure(err)
				}
				secure = &tls.Config{Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS13}
			}
			if err := checkStart(dir, data, fresh); err != nil {
				return err
			}
			lis, err := (&net.ListenConfig{}).Listen(cmd.Context(), "tcp", listen)
			if err != nil {
				return cli.Failure(err)
			}
			defer lis.Close() //nolint:errcheck // the server has closed it when it ran
			d, err := OpenData(data, fresh)
			if err != nil {
				return cli.Failure(err)
			}
			defer func() { err = errors.Join(err, d.Store.Close()) }()
			logRebuilt(d.Store)
			d.Store.SetLog(slog.Default())
			c, files, err := startingCity(cmd, o, dir, d.Store)
			if err != nil {
				return err
			}
			cfg := desk.Config{Store: d.Store, City: c, Directory: files}
			err = serve(cmd.Context(), cfg, lis, d.Tokens, secure, &out, func(addr net.Addr, c *city.City, channels []string) {
				for _, warning := range untold(c, channels) {
					slog.Warn(warning.En)
					o.Note(cmd, nil, warning)
				}
				if o.JSON {
					// An error means that the reader of the line has gone.
					_ = cli.Encode(cmd.OutOrStdout(), map[string]any{
						"city": c.Code, "revision": c.Revision, "listen": addr.String(),
					})
					return
				}
				o.Printer(cmd.OutOrStdout(), c.Location).Line("%[1]s (%[2]s) %[3]s serves on %[4]s", "%[1]s（版本 %[3]s）服务已启动，监听 %[4]s", c.Name, c.NameEn, c.Revision, addr)
			})
			if err != nil {
				return cli.Failure(storeError(err))
			}
			return nil
		},
	}
	cmd.Flags().BoolVar(&fresh, "new", false, "make a new store in a data directory that holds something, but no store")
	cmd.Flags().StringVar(&dir, "city", "", "a built-in city (harbin, boston) or a directory: what a new data directory starts with; later ones are applied (wangge city apply)")
	cmd.Flags().StringVar(&data, "data", "", "data directory; it is made if it is not there")
	cmd.Flags().StringVar(&listen, "listen", cli.DefaultListen, "address; beyond this machine only with TLS")
	cmd.Flags().StringVar(&cert, "tls-cert", "", "certificate file (PEM)")
	cmd.Flags().StringVar(&key, "tls-key", "", "key file (PEM)")
	_ = cmd.MarkFlagRequired("data") // it is defined just above
	out.flags(cmd.Flags())
	return cmd
}

// checkStart returns why a server can't start in a data directory without a store, before anything is made there.
func checkStart(dir, data string, fresh bool) error {
	there, err := storeExists(data)
	if err == nil && !there && !fresh {
		err = refuseOrphans(data)
	}
	if err != nil {
		return cli.Failure(err)
	}
	if there {
		return nil
	}
	if dir == "" {
		return noCity()
	}
	_, err = cli.LoadCity(dir)
	return err
}

// noCity asks for the flag --city.
func noCity() error {
	return i18n.Errorf("this data directory has no city yet: give --city", "该数据目录尚无城市，请给出 --city")
}

// logRebuilt logs that damaged keys were rebuilt.
func logRebuilt(store *bolt.Engine) {
	if err := store.Remade(); err != nil {
		slog.Warn("the derived keys were damaged and have been made anew from the feed; look at the disk", "damage", err)
	}
}

// startingCity is the city that a new store begins with. It is nil for a store that has an active revision: that one decides. A directory
// that differs from the active revision is noted, never applied silently.
func startingCity(cmd *cobra.Command, o *cli.Options, dir string, store storage.Engine) (*city.City, city.Directory, error) {
	kept, err := revision.Kept(cmd.Context(), store)
	if err != nil {
		return nil, nil, cli.Failure(err)
	}
	if kept != "" && dir == "" {
		return nil, nil, nil
	}
	if dir == "" {
		return nil, nil, noCity()
	}
	fsys, err := cli.CityDirectory(dir)
	if err != nil {
		return nil, nil, err
	}
	files, faults := city.Collect(fsys)
	if kept != "" && (len(faults) > 0 || files.Revision() != kept) {
		o.Note(cmd, nil, i18n.F("--city %[1]s is %[2]s and is not used: the store has %[3]s, which decides. To change it: wangge city plan %[1]s, then wangge city apply %[1]s --against %[3]s",
			"--city %[1]s 为 %[2]s，未被采用：数据目录中生效的是 %[3]s。如需变更：wangge city plan %[1]s，再 wangge city apply %[1]s --against %[3]s", dir, files.Revision(), kept))
		return nil, nil, nil
	}
	c, err := cli.LoadCity(dir)
	return c, files, err
}

// stopGrace is how long running calls may take to end once the server stops.
const stopGrace = 10 * time.Second

// checkEvery is how often a running server checks its store, besides at start, and verifies its audit log. The first verification, which
// reads every event, is verifyAfter the start.
const (
	checkEvery  = 24 * time.Hour
	verifyAfter = time.Hour
)

// GCPercent is the setting of the garbage collector for a server, unless GOGC is set. It trades memory for time: a report leaves some
// 40 KB of garbage, none of which lasts. GOMEMLIMIT is honoured.
const GCPercent = 400

// serve answers on a listener until ctx ends, and then lets running calls finish. The caller closes the store.
func serve(
	ctx context.Context, cfg desk.Config, lis net.Listener, tokens *auth.Tokens, secure *tls.Config, out *outputs,
	ready func(addr net.Addr, c *city.City, channels []string),
) error {
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
		debug.SetGCPercent(GCPercent)
	}
	health := health.NewServer()
	srv := rpc.New(rpc.Config{Desk: d, Tokens: tokens, Clock: time.Now, TLS: secure, Health: health})
	g, running := errgroup.WithContext(ctx)
	g.Go(func() error {
		if err := d.RunTimers(running); !errors.Is(err, context.Canceled) {
			return err
		}
		return nil
	})
	g.Go(func() error {
		if err := d.RunChecks(running, checkEvery); !errors.Is(err, context.Canceled) {
			return err
		}
		return nil
	})
	g.Go(func() error { return ignoreCancel(d.RunAudit(running)) })
	g.Go(func() error { return ignoreCancel(d.RunAccess(running)) })
	g.Go(func() error { return ignoreCancel(d.RunVerification(running, verifyAfter, checkEvery)) })
	if err := out.run(running, g, d, channels, health); err != nil {
		g.Go(func() error { return err }) // stops the others
	}
	g.Go(func() error {
		err := srv.Serve(lis)
		if errors.Is(err, grpc.ErrServerStopped) && running.Err() != nil {
			return nil //nolint:nilerr // the stop came before it began
		}
		return err
	})
	g.Go(func() error {
		<-running.Done()
		d.Close()                                   // ends who watches: a stream would hold the stop up for ever
		hard := time.AfterFunc(stopGrace, srv.Stop) //nolint:forbidigo // the process ends by the time of the machine
		defer hard.Stop()
		srv.GracefulStop()
		return nil
	})
	ready(lis.Addr(), d.City(), d.Channels())
	return g.Wait()
}
