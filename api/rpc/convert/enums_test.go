package convert

import (
	"testing"

	"wangge/api/wangge/v1"
	"wangge/dispatch"
)

// The numbers of the wire's enums are those of the domain's.
func TestEnums_Numbers(t *testing.T) {
	t.Parallel()
	for name, pair := range map[string][2]int{
		"extension":   {int(dispatch.RequestExtension), int(wanggev1.ApprovalKind_APPROVAL_KIND_EXTENSION)},
		"suspension":  {int(dispatch.RequestSuspension), int(wanggev1.ApprovalKind_APPROVAL_KIND_SUSPENSION)},
		"force close": {int(dispatch.RequestForceClose), int(wanggev1.ApprovalKind_APPROVAL_KIND_FORCE_CLOSE)},
		"appeal":      {int(dispatch.RequestAppeal), int(wanggev1.ApprovalKind_APPROVAL_KIND_APPEAL)},
		"filed":       {int(dispatch.AppealFiled), int(wanggev1.AppealState_APPEAL_STATE_FILED)},
		"upheld":      {int(dispatch.AppealUpheld), int(wanggev1.AppealState_APPEAL_STATE_UPHELD)},
		"exempted":    {int(dispatch.Exempted), int(wanggev1.AppealState_APPEAL_STATE_EXEMPTED)},
	} {
		if pair[0] != pair[1] {
			t.Errorf("%s is %d in the domain and %d on the wire", name, pair[0], pair[1])
		}
	}
}
