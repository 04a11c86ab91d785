package cli

import (
	"testing"

	"github.com/spf13/cobra"
)

// A faulty field is named by the flag or argument of the command that fills the field.
func TestInputFor(t *testing.T) {
	command := func(use string, flags ...string) *cobra.Command {
		cmd := &cobra.Command{Use: use}
		for _, f := range flags {
			cmd.Flags().String(f, "", "")
		}
		return cmd
	}
	for _, tt := range []struct {
		cmd         *cobra.Command
		field, want string
	}{
		{command("act NUMBER ACT", "until", "to"), "act.arbitrate.end_time", "--until"},
		{command("create", "from", "to"), "precedent.end_time", "--to"},
		{command("create", "from", "to"), "precedent.start_time", "--from"},
		{command("apply", "against"), "proposal.base_revision", "--against"},
		{command("withdraw --number N", "number"), "name", "--number"},
		{command("revoke ID", "reason"), "name", "ID"},
		{command("show NUMBER"), "name", "NUMBER"},
		{command("log"), "name", ""},
		{command("start ID", "at", "note"), "start_time", "--at"},
		{command("stop ID", "at", "grade"), "stop_time", "--at"},
		{command("report LAT LNG CATEGORY", "phone", "caller"), "report.caller_phone", "--phone"},
		{command("report LAT LNG CATEGORY", "phone", "caller"), "report.caller_name", "--caller"},
		{command("report LAT LNG CATEGORY", "component"), "report.component_id", "--component"},
		{command("report LAT LNG CATEGORY", "unit"), "report.unit_no", "--unit"},
		{command("apply", "successor"), "proposal.successors[0]", "--successor"},
	} {
		if got := inputFor(tt.cmd, tt.field); got != tt.want {
			t.Errorf("%s of %q is %q, want %q", tt.field, tt.cmd.Use, got, tt.want)
		}
	}
	if got := FlagName("end_time"); got != "until" {
		t.Errorf("an act's end_time is --%s, want --until", got)
	}
}
