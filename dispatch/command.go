package dispatch

import (
	"fmt"
	"time"
	"wangge/dispatch/roster"
	"wangge/dispatch/say"
)

// Act is what a person asks of a case. Text form is the glossary's word.
type Act string

// Acts of the straight road, and the return.
const (
	ActFile     Act = "file"     // a report arrives (inspector: filed and dispatched at once)
	ActAccept   Act = "accept"   // 受理并立案
	ActDispatch Act = "dispatch" // 派遣
	ActReturn   Act = "return"   // 回退
	ActStart    Act = "start"    // 开始处置
	ActResolve  Act = "resolve"  // 处置反馈
	ActCheck    Act = "check"    // 核查
	ActClose    Act = "close"    // 结案
	ActEscalate Act = "escalate" // 手动升级
	ActTick     Act = "tick"     // the keeper's: fire the due ladder step
	ActImport   Act = "import"   // take over a past record's end
)

// Command is one request against one case. Only the fields of its act are read.
type Command struct {
	Act    Act
	At     time.Time // the service's clock when the command was taken
	Actor  roster.PersonID
	Post   roster.PostID
	Note   string
	Report *Report // File
	Place  *Place  // File

	Condition string          // Accept
	Owner     *Owner          // Dispatch: by hand; nil = by rule
	Reason    ReturnReason    // Return
	Handler   roster.PersonID // Start; "" = the actor
	Photos    []string        // Resolve, Check
	Passed    bool            // Check
	To        string          // Escalate: whom, as a step of a ladder says it
	Closing   string          // Close
	Outcome   Outcome         // Close, Import
}

// RefusedError says why an act is not possible now and what to do instead. Nothing was changed.
type RefusedError struct {
	Case    CaseID
	Act     Act
	Stage   Stage
	Why     say.Text
	Instead []Act // acts that this stage allows
}

// Error implements error.
func (e *RefusedError) Error() string {
	return fmt.Sprintf("case %s: %s: %s", e.Case, e.Act, e.Why.En)
}
