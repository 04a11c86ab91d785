package revisions

import (
	"context"
	"errors"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"wangge/cmd/wangge/cli"
	"wangge/cmd/wangge/client/remote"
	"wangge/dispatch/city"
	"wangge/dispatch/i18n"

	"github.com/spf13/cobra"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/types/known/timestamppb"

	wanggev1 "wangge/api/wangge/v1"
)

// proposal are the flags of plan and apply.
type proposal struct {
	against, revision, from, cases, waive, note string
	successors                                  []string // OLD=NEW
}

// choiceFlags are the flags of what becomes of open cases.
func (p *proposal) choiceFlags(cmd *cobra.Command) {
	cli.ChoiceFlag(cmd, &p.cases, "open-cases", "", []string{"keep", "move", "reroute"}, "what becomes of open cases: keep, move or reroute")
	cmd.Flags().StringArrayVar(&p.successors, "successor", nil, "OLD=NEW: what takes the place of a unit (department:CG), a category (category:E03) or a person (person:p-17) that the proposal removes; may be repeated")
}

// successorName is a name of the flag --successor as the wire has it: kind:ID, or the resource name.
func successorName(text string) string {
	if code, ok := strings.CutPrefix(text, "category:"); ok {
		return "categories/" + code
	}
	if id, ok := strings.CutPrefix(text, "person:"); ok {
		return "people/" + id
	}
	return remote.UnitName(text)
}

// files reads the directory that args name; nil when --revision names a kept revision instead.
func (p *proposal) files(args []string) (city.Directory, error) {
	if (len(args) == 1) == (p.revision != "") {
		return nil, i18n.Errorf("name a directory, or --revision to go back to one that is kept", "请给出城市目录；要退回已保存的版本，请用 --revision")
	}
	if p.revision != "" {
		return nil, nil
	}
	fsys, err := cli.CityDirectory(args[0])
	if err != nil {
		return nil, err
	}
	dir, faults := city.Collect(fsys)
	if faults != nil {
		return nil, cli.CityFaults(faults)
	}
	return dir, nil
}

// message is the proposal on the wire; zone is that of the flag --from.
func (p *proposal) message(zone *time.Location) (*wanggev1.Proposal, error) {
	m := &wanggev1.Proposal{BaseRevision: p.against, CityRevision: p.revision, Waiver: p.waive, Note: p.note}
	switch p.cases {
	case "":
	case "keep":
		m.OpenCases = wanggev1.OpenCases_OPEN_CASES_KEEP
	case "reroute":
		m.OpenCases = wanggev1.OpenCases_OPEN_CASES_REROUTE
	case "move":
		m.OpenCases = wanggev1.OpenCases_OPEN_CASES_MOVE
	}
	for _, text := range p.successors {
		former, next, ok := strings.Cut(text, "=")
		if !ok || former == "" || next == "" {
			return nil, i18n.Errorf("--successor %q: write OLD=NEW, such as department:CG=department:HW, category:E03=category:E04 or person:p-1=person:p-2",
				"--successor %q：请写成 旧=新，例如 department:CG=department:HW、category:E03=category:E04 或 person:p-1=person:p-2", text)
		}
		m.Successors = append(m.Successors, &wanggev1.Successor{Former: successorName(former), Successor: successorName(next)})
	}
	if p.from != "" {
		at, err := cli.DayOrTime(p.from, zone)
		if err != nil {
			return nil, err
		}
		m.ScheduleTime = timestamppb.New(at)
	}
	return m, nil
}

// filePartBytes is the most that one message carries of a file.
const filePartBytes = 1 << 20

// propose reads the directory that args name, and calls f with the proposal and the files of the directory.
func propose(c *remote.Server, cmd *cobra.Command, args []string, p *proposal,
	f func(context.Context, wanggev1.CityServiceClient, *wanggev1.Proposal, city.Directory, *time.Location) error,
) error {
	dir, err := p.files(args)
	if err != nil {
		return err
	}
	return c.Call(cmd, func(ctx context.Context, conn *grpc.ClientConn) error {
		zone, err := c.CityZone(ctx, conn)
		if err != nil {
			return err
		}
		head, err := p.message(zone)
		if err != nil {
			return err
		}
		return f(ctx, wanggev1.NewCityServiceClient(conn), head, dir, zone)
	})
}

// upload sends a proposal and then the files of its directory, in parts. When the server ends the stream early, the answer says
// why: upload returns nil then.
func upload(head *wanggev1.Proposal, dir city.Directory, send func(*wanggev1.Proposal, *wanggev1.FilePart) error) error {
	if err := send(head, nil); err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	for _, name := range slices.Sorted(maps.Keys(dir)) {
		data := dir[name]
		for at := 0; at == 0 || at < len(data); at += filePartBytes {
			part := &wanggev1.FilePart{Name: name, Data: data[at:min(len(data), at+filePartBytes)]}
			if err := send(nil, part); err != nil && !errors.Is(err, io.EOF) {
				return err
			}
		}
	}
	return nil
}
