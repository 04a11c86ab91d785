package forms

import (
	"context"
	"slices"
	"strings"

	"wangge/cmd/wangge/cli"
	"wangge/cmd/wangge/client/remote"

	"github.com/spf13/cobra"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"

	wanggev1 "wangge/api/wangge/v1"
)

// CategoriesCommand finds categories by what a person types.
func CategoriesCommand(o *cli.Options) *cobra.Command {
	l := newLister(o)
	var kind string
	cmd := &cobra.Command{
		Use: "categories [SEARCH]", Short: "Find categories by characters, pinyin initials or code; with conditions and limits", Args: cli.Args("[SEARCH]"),
		Example: "  wangge categories blj\n  wangge categories 井盖 --kind component\n  wangge categories E01",
		RunE: func(cmd *cobra.Command, args []string) error {
			req := &wanggev1.ListCategoriesRequest{Search: first(args)}
			if kind != "" {
				req.Kind = wanggev1.CategoryKind(wanggev1.CategoryKind_value["CATEGORY_KIND_"+strings.ToUpper(kind)])
			}
			return l.list(cmd, func(ctx context.Context, conn *grpc.ClientConn, size int32, token string) (listed, error) {
				req.PageSize, req.PageToken = size, token
				r, err := wanggev1.NewFormServiceClient(conn).ListCategories(ctx, req)
				return listed{rowsOf(r.GetCategories()), r.GetNextPageToken(), r.GetTotalSize()}, err
			}, func(p cli.Printer, row proto.Message) { printCategory(p, row.(*wanggev1.Category)) })
		},
	}
	l.flags(cmd)
	cli.ChoiceFlag(cmd, &kind, "kind", "", remote.EnumNames(wanggev1.CategoryKind_name, "CATEGORY_KIND_"), "component or event (default both)")
	return cmd
}

// printCategory prints a category, its conditions, its other limits and its owners.
func printCategory(p cli.Printer, c *wanggev1.Category) {
	p.Line("%s  %s  %s, %s", "%s  %s  %s，%s", c.GetCode(), c.GetDisplayName(), categoryKinds[c.GetKind()], c.GetClassDisplayName())
	for _, k := range c.GetConditions() {
		more := ""
		if k.GetSelfResolvable() {
			more += p.In(", may be put right on the spot", "，可自行处置")
		}
		if closing := k.GetClosingConditions(); len(closing) > 0 {
			more += p.In(", closed when %s", "，结案条件：%s", strings.Join(closing, p.In("; or ", "；或")))
		}
		p.Line("  %[1]s  %[2]s%[3]s, %[4]s%[5]s", "  %[1]s  %[2]s%[3]s，%[4]s%[5]s",
			k.GetId(), spaced(k.GetText()), severities[k.GetSeverity()], k.GetLimitText(), more)
		for _, m := range k.GetMilestones() {
			p.Line("       milestone %[2]s (%[1]s): %[3]s%[4]s", "       节点 %[2]s（%[1]s）：%[3]s%[5]s", m.GetId(), m.GetDisplayName(), m.GetLimitText(),
				partiesOf(m, false), partiesOf(m, true))
		}
	}
	for _, r := range c.GetLimitRules() {
		p.Line("  other limit: %s", "  另有时限：%s", r.GetText())
	}
	for _, o := range c.GetOwners() {
		p.Line("  accountable: %s%s", "  责任单位：%s%s", o.GetDisplayName(), bracketed(p, o.GetText()))
	}
}

// partyWords are the parties of milestones in Chinese, by their words.
var partyWords = map[string]string{"owner": "主办", "co_owners": "协办", "inspector": "监督员"}

// partiesOf lists the parties of a milestone, after a comma; empty if the milestone is the owner's alone.
func partiesOf(m *wanggev1.FormMilestone, zh bool) string {
	list := slices.Clone(m.GetParties())
	if len(list) == 0 || len(list) == 1 && list[0] == "owner" {
		return ""
	}
	if !zh {
		return ", each of " + strings.ReplaceAll(strings.Join(list, ", "), "_", "-")
	}
	for i, word := range list {
		list[i] = partyWords[word]
	}
	return "，" + strings.Join(list, "、") + "各自计时"
}

// spaced is a text with two spaces behind it, or "" without a text.
func spaced(text string) string {
	if text == "" {
		return ""
	}
	return text + "  "
}
