package server

import (
	"crypto/rand"
	"encoding/json"
	"fmt"
	"time"
	"unicode/utf8"

	"wangge/api/auth"
	"wangge/cmd/wangge/cli"
	"wangge/dispatch/city/roster"
	"wangge/dispatch/i18n"

	"github.com/spf13/cobra"
)

// TokenCommand issues and revokes bearer tokens.
func TokenCommand(o *cli.Options) *cobra.Command {
	var dir, data, person, device string
	var ttl time.Duration
	var revoke bool
	cmd := &cobra.Command{
		Use:     "token",
		Short:   "Make a bearer token for a person; only its hash is kept, and a running server knows it at once",
		Example: "  wangge token --city harbin --data ./data --person p-230102-inspector-1 --device '巡查终端 7'",
		Args:    cli.Args(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if _, stray := i18n.Stray(device); stray > 0 || utf8.RuneCountInString(device) > auth.MaxDevice {
				return i18n.Errorf("--device: at most %d characters, and no control characters", "--device：最多 %d 个字符，且不含控制字符", auth.MaxDevice)
			}
			c, err := cli.LoadCity(dir)
			if err != nil {
				return err
			}
			if !revoke && !c.Roster.Active(roster.PersonID(person), time.Now()) { // before a store is made for the token
				return cli.Failure(i18n.Errorf("person %[1]q is not in people.csv of %[2]s, or not active today", "%[3]s的 people.csv 中没有人员 %[1]q，或其今日不在任", person, c.NameEn, c.Name))
			}
			if err := prepareTokens(data, revoke); err != nil {
				return cli.Failure(err)
			}
			tokens, err := openTokens(data)
			if err != nil {
				return cli.Failure(err)
			}
			for _, fault := range tokens.Faults() {
				o.Note(cmd, nil, i18n.Of(fault))
			}
			if revoke {
				ended := tokens.Good(roster.PersonID(person), time.Now())
				if err := tokens.Revoke(roster.PersonID(person), time.Now()); err != nil {
					return cli.Failure(err)
				}
				if o.JSON {
					return cli.Encode(cmd.OutOrStdout(), map[string]any{"person": person, "revoked": true, "ended": ended})
				}
				p := o.Printer(cmd.OutOrStdout(), c.Location)
				if ended == 0 {
					p.Line("%s had no token that was good: check the id", "%s 没有有效令牌，请核对人员编号", person)
				} else {
					p.Line("every token of %[1]s is revoked: %[2]d", "%[1]s 的令牌已全部吊销，共 %[2]d 个", person, ended)
				}
				return nil
			}
			secret, err := tokens.IssueFor(roster.PersonID(person), device, ttl, time.Now(), rand.Reader)
			if err != nil {
				return cli.Failure(err)
			}
			if o.JSON {
				err = json.NewEncoder(cmd.OutOrStdout()).Encode(map[string]string{"person": person, "token": secret})
			} else {
				_, err = fmt.Fprintln(cmd.OutOrStdout(), secret)
			}
			return err
		},
	}
	cmd.Flags().StringVar(&dir, "city", "", "a built-in city (harbin, boston) or a directory")
	cmd.Flags().StringVar(&data, "data", "", "data directory of the server")
	cmd.Flags().StringVar(&person, "person", "", "id in people.csv")
	cmd.Flags().StringVar(&device, "device", "", "name of the device that will hold it, at most 64 characters")
	cli.SpanFlag(cmd.Flags(), &ttl, "ttl", 90*24*time.Hour, time.Second, "how long the token is good")
	cmd.Flags().BoolVar(&revoke, "revoke", false, "end every token of the person instead, within a second also in a running server")
	cmd.MarkFlagsMutuallyExclusive("device", "revoke")
	for _, f := range []string{"city", "data", "person"} {
		_ = cmd.MarkFlagRequired(f) // the flags are defined just above
	}
	return cmd
}
