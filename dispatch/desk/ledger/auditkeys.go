package ledger

var (
	AuditKey   = []byte("m/audit")
	TreePrefix = []byte("y/")
	LeafPrefix = []byte("k/")
	EndPrefix  = []byte("h/")
)
