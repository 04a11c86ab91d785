// Package forms holds the commands that show what a form needs: categories, units, areas, the caller, and the public part of the
// city.
package forms

import (
	"context"
	"io"
	"time"

	"wangge/cmd/wangge/cli"
	"wangge/cmd/wangge/client/remote"
	"wangge/dispatch/i18n"

	"github.com/spf13/cobra"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"

	wanggev1 "wangge/api/wangge/v1"
)

// lister prints lists of a server, up to a limit.
type lister struct {
	*remote.Server
	limit int
}

const defaultLimit = 50

func newLister(o *cli.Options) *lister { return &lister{Server: &remote.Server{Options: o}} }

// flags adds the flags of a list.
func (l *lister) flags(cmd *cobra.Command) {
	l.Flags(cmd)
	cli.CountFlag(cmd.Flags(), &l.limit, "limit", defaultLimit, 1, "at most so many")
}

// pageSize is how many rows the next page is asked for, with n printed.
func (l *lister) pageSize(n int) int32 { return int32(min(l.limit-n, 500)) }

// listed is one page of a list.
type listed struct {
	rows  []proto.Message
	next  string
	total int32
}

// list prints the rows of a list up to the limit, page by page. With --json each is an object on a line.
func (l *lister) list(
	cmd *cobra.Command, page func(ctx context.Context, conn *grpc.ClientConn, size int32, token string) (listed, error),
	show func(cli.Printer, proto.Message),
) error {
	return l.Call(cmd, func(ctx context.Context, conn *grpc.ClientConn) error {
		zone, err := l.CityZone(ctx, conn)
		if err != nil {
			return err
		}
		for n, token := 0, ""; ; {
			got, err := page(ctx, conn, l.pageSize(n), token)
			if err != nil {
				return err
			}
			for _, row := range got.rows {
				n++
				if err := l.printOne(cmd.OutOrStdout(), zone, row, show); err != nil {
					return err
				}
			}
			switch token = got.next; {
			case token == "":
				return l.NoteEmpty(cmd, n)
			case n >= l.limit:
				l.Options.Note(cmd, map[string]any{"total_size": got.total},
					i18n.F("%[1]d of %[2]d; --limit gives more", "已列出 %[1]d 项，共 %[2]d 项；可用 --limit 增加", n, got.total))
				return nil
			}
		}
	})
}

func (l *lister) printOne(w io.Writer, zone *time.Location, row proto.Message, show func(cli.Printer, proto.Message)) error {
	if l.Options.JSON {
		return remote.PrintMessage(w, row, zone)
	}
	show(l.Options.Printer(w, zone), row)
	return nil
}

// rowsOf are messages as rows of a page.
func rowsOf[M proto.Message](list []M) []proto.Message {
	out := make([]proto.Message, len(list))
	for i, m := range list {
		out[i] = m
	}
	return out
}

// first is the first argument, or "".
func first(args []string) string {
	if len(args) == 0 {
		return ""
	}
	return args[0]
}

var (
	severities = map[wanggev1.Severity]i18n.Text{
		wanggev1.Severity_SEVERITY_A: i18n.F("severity A", "A 级"), wanggev1.Severity_SEVERITY_B: i18n.F("severity B", "B 级"),
		wanggev1.Severity_SEVERITY_C: i18n.F("severity C", "C 级"),
	}
	categoryKinds = map[wanggev1.CategoryKind]i18n.Text{
		wanggev1.CategoryKind_CATEGORY_KIND_COMPONENT: i18n.F("component", "部件"), wanggev1.CategoryKind_CATEGORY_KIND_EVENT: i18n.F("event", "事件"),
	}
)

// bracketed is a text in brackets behind a space, or "" without a text.
func bracketed(p cli.Printer, text string) string {
	if text == "" {
		return ""
	}
	return p.In(" (%s)", "（%s）", text)
}
