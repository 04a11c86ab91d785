package tokens

import (
	"cmp"
	"context"
	"strings"
	"time"

	"wangge/cmd/wangge/cli"
	"wangge/cmd/wangge/client/remote"
	"wangge/dispatch/i18n"

	"github.com/spf13/cobra"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	"wangge/api/resource"
	wanggev1 "wangge/api/wangge/v1"
)

// Commands are the subcommands of token that need a server.
func Commands(o *cli.Options) []*cobra.Command {
	var out []*cobra.Command
	for _, command := range []func(*remote.Server) *cobra.Command{list, create, renew, revoke} {
		c := &remote.Server{Options: o}
		cmd := command(c)
		c.Flags(cmd)
		out = append(out, cmd)
	}
	return out
}

func list(c *remote.Server) *cobra.Command {
	var person string
	var all, ended bool
	cmd := &cobra.Command{
		Use: "list", Short: "List the own tokens, or as the grid office those of others: device, end, last use", Args: cli.Args(),
		Example: "  wangge token list\n  wangge token list --person p-230102-inspector-1 --ended\n  wangge token list --all",
		RunE: func(cmd *cobra.Command, _ []string) error {
			return c.Call(cmd, func(ctx context.Context, conn *grpc.ClientConn) error {
				zone, err := c.CityZone(ctx, conn)
				if err != nil {
					return err
				}
				req := &wanggev1.ListTokensRequest{Person: personName(person), ShowEnded: ended}
				if all {
					req.Person = resource.Person("-")
				}
				n := 0
				if err := each(ctx, conn, req, func(t *wanggev1.Token) error {
					n++
					return printToken(c, cmd, t, zone)
				}); err != nil {
					return err
				}
				return c.NoteEmpty(cmd, n)
			})
		},
	}
	cmd.Flags().StringVar(&person, "person", "", "whose, by the id in people.csv (default: the caller's own)")
	cmd.Flags().BoolVar(&all, "all", false, "everybody's")
	cmd.Flags().BoolVar(&ended, "ended", false, "also those that expired or were revoked within 30 days")
	cmd.MarkFlagsMutuallyExclusive("person", "all")
	return cmd
}

func create(c *remote.Server) *cobra.Command {
	var person, device, id string
	var ttl time.Duration
	cmd := &cobra.Command{
		Use: "create", Short: "Make a token for a person, as the grid office; the secret is printed once and kept nowhere", Args: cli.Args(),
		Example: "  wangge token create --person p-230102-inspector-1 --device '巡查终端 7' --ttl 30d",
		RunE: func(cmd *cobra.Command, _ []string) error {
			return c.Call(cmd, func(ctx context.Context, conn *grpc.ClientConn) error {
				resp, err := wanggev1.NewTokenServiceClient(conn).CreateToken(ctx, &wanggev1.CreateTokenRequest{
					Person: personName(person), Device: device, Lifetime: lifetime(ttl), RequestId: id,
				})
				if err != nil {
					return err
				}
				if c.Options.JSON {
					return c.Print(ctx, conn, cmd.OutOrStdout(), resp)
				}
				return printSecret(ctx, c, conn, cmd, resp.GetToken(), resp.GetSecret())
			})
		},
	}
	cmd.Flags().StringVar(&person, "person", "", "id in people.csv")
	cmd.Flags().StringVar(&device, "device", "", "name of the device that will hold it, at most 64 characters")
	cli.SpanFlag(cmd.Flags(), &ttl, "ttl", 90*24*time.Hour, time.Minute, "how long the token is good, at most 366 days")
	cmd.Flags().StringVar(&id, "request-id", "", "id of the request: given again, it ends the token made before and makes another")
	_ = cmd.MarkFlagRequired("person") // it is defined just above
	return cmd
}

func renew(c *remote.Server) *cobra.Command {
	var ttl time.Duration
	cmd := &cobra.Command{
		Use: "renew [ID]", Short: "Give a token a new secret (default: the token of the call); the old one is good for 10 minutes more", Args: cli.Args("[ID]"),
		Example: "  WANGGE_TOKEN=$(wangge token renew)\n  wangge token renew tk-3f9a01c2b4d5 --ttl 30d",
		RunE: func(cmd *cobra.Command, args []string) error {
			return c.Call(cmd, func(ctx context.Context, conn *grpc.ClientConn) error {
				req := &wanggev1.RenewTokenRequest{Name: tokenName(args), Lifetime: lifetime(ttl)}
				resp, err := wanggev1.NewTokenServiceClient(conn).RenewToken(ctx, req)
				if err != nil {
					return err
				}
				if c.Options.JSON {
					return c.Print(ctx, conn, cmd.OutOrStdout(), resp)
				}
				return printSecret(ctx, c, conn, cmd, resp.GetToken(), resp.GetSecret())
			})
		},
	}
	cli.SpanFlag(cmd.Flags(), &ttl, "ttl", 0, time.Minute, "how long the token is good (default: as long as it was made for)")
	return cmd
}

func revoke(c *remote.Server) *cobra.Command {
	var person string
	cmd := &cobra.Command{
		Use: "revoke [ID]", Short: "End a token now (default: the token of the call), or every token of a person", Args: cli.Args("[ID]"),
		Example: "  wangge token revoke tk-3f9a01c2b4d5\n  wangge token revoke --person p-230102-inspector-1",
		RunE: func(cmd *cobra.Command, args []string) error {
			if person != "" && len(args) > 0 {
				return i18n.Errorf("name a token or --person, not both", "令牌编号与 --person 只能给出其一")
			}
			return c.Call(cmd, func(ctx context.Context, conn *grpc.ClientConn) error {
				zone, err := c.CityZone(ctx, conn)
				if err != nil {
					return err
				}
				names := []string{tokenName(args)}
				if person != "" {
					names = nil
					if err := each(ctx, conn, &wanggev1.ListTokensRequest{Person: personName(person)}, func(t *wanggev1.Token) error {
						names = append(names, t.GetName())
						return nil
					}); err != nil {
						return err
					}
				}
				for _, name := range names {
					t, err := wanggev1.NewTokenServiceClient(conn).RevokeToken(ctx, &wanggev1.RevokeTokenRequest{Name: name})
					if err != nil {
						return err
					}
					if err := printToken(c, cmd, t, zone); err != nil {
						return err
					}
				}
				return c.NoteEmpty(cmd, len(names))
			})
		},
	}
	cmd.Flags().StringVar(&person, "person", "", "every token of this person, by the id in people.csv")
	return cmd
}

// each calls take with every token of a list, page by page.
func each(ctx context.Context, conn *grpc.ClientConn, req *wanggev1.ListTokensRequest, take func(*wanggev1.Token) error) error {
	for {
		page, err := wanggev1.NewTokenServiceClient(conn).ListTokens(ctx, req)
		if err != nil {
			return err
		}
		for _, t := range page.GetTokens() {
			if err := take(t); err != nil {
				return err
			}
		}
		if req.PageToken = page.GetNextPageToken(); req.GetPageToken() == "" {
			return nil
		}
	}
}

// printSecret prints a secret alone on standard output, and beside it what it is.
func printSecret(ctx context.Context, c *remote.Server, conn *grpc.ClientConn, cmd *cobra.Command, t *wanggev1.Token, secret string) error {
	zone, err := c.CityZoneOrUTC(ctx, conn)
	if err != nil {
		return err
	}
	c.Options.Note(cmd, nil, line(t, zone))
	c.Options.Printer(cmd.OutOrStdout(), zone).Line("%s", "%s", secret)
	return nil
}

// printToken prints a token on one line.
func printToken(c *remote.Server, cmd *cobra.Command, t *wanggev1.Token, zone *time.Location) error {
	if c.Options.JSON {
		return remote.PrintMessage(cmd.OutOrStdout(), t, zone)
	}
	l := line(t, zone)
	c.Options.Printer(cmd.OutOrStdout(), zone).Line("%[1]s", "%[2]s", i18n.OneLine(l.En), i18n.OneLine(l.Zh))
	return nil
}

// line is a token in words.
func line(t *wanggev1.Token, zone *time.Location) i18n.Text {
	at := func(ts *timestamppb.Timestamp) string { return ts.AsTime().In(zone).Format("2006-01-02 15:04") }
	id, _ := resource.ParseToken(t.GetName())
	out := i18n.F("%[1]s  %[2]s", "%[1]s  %[2]s", id, cli.Named(t.GetPersonDisplayName(), remote.PersonID(t.GetPerson())))
	add := func(more i18n.Text) { out = i18n.Text{En: out.En + more.En, Zh: out.Zh + more.Zh} }
	if t.GetDevice() != "" {
		add(i18n.F("  %s", "  %s", t.GetDevice()))
	}
	if by := cmp.Or(t.GetCreatorDisplayName(), remote.PersonID(t.GetCreator())); by != "" {
		add(i18n.F("  made %[1]s by %[2]s", "  %[1]s 由 %[2]s 制作", at(t.GetCreateTime()), by))
	} else {
		add(i18n.F("  made %s at the server", "  %s 在服务器上制作", at(t.GetCreateTime())))
	}
	if t.GetRenewTime() != nil {
		add(i18n.F(", renewed %s", "，%s 续期", at(t.GetRenewTime())))
	}
	switch {
	case t.GetRevokeTime() != nil:
		add(i18n.F(", revoked %s", "，%s 撤销", at(t.GetRevokeTime())))
	default:
		add(i18n.F(", until %s", "，有效至 %s", at(t.GetExpireTime())))
	}
	if t.GetLastUseTime() != nil {
		add(i18n.F(", last used %s", "，最近使用 %s", at(t.GetLastUseTime())))
	} else {
		add(i18n.F(", no use known", "，未见使用"))
	}
	if t.GetCurrent() {
		add(i18n.F(" (this one)", "（本次调用）"))
	}
	return out
}

// personName is the resource name of a person of people.csv; "" stays.
func personName(id string) string {
	if id == "" {
		return ""
	}
	return remote.PersonName(id)
}

// tokenName is the resource name of the token that the arguments name: by default the one of the call.
func tokenName(args []string) string {
	if len(args) == 0 {
		return resource.Token("-")
	}
	return resource.Token(strings.TrimPrefix(args[0], "tokens/"))
}

// lifetime is a span of a request; nil for none.
func lifetime(d time.Duration) *durationpb.Duration {
	if d == 0 {
		return nil
	}
	return durationpb.New(d)
}
