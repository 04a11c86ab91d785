package view

import (
	"cmp"
	"context"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"slices"
	"strings"
	"time"

	"wangge/dispatch"
	"wangge/dispatch/city/roster"
	"wangge/dispatch/desk/ledger"
	"wangge/dispatch/desk/view/queue"
	"wangge/dispatch/rights"
)

// OverdueByPost holds the overdue cases of one post. A case belongs to the post that was notified last, or, before
// any superior was notified, to the accountable post. A case whose escalation has ended stays with its last post
// until it is closed.
type OverdueByPost struct {
	Post      roster.PostID
	Unit      roster.Unit
	Person    roster.PersonID // on call for the post now; "" = nobody
	Overdue   int
	WorstLate time.Duration
	Cases     []dispatch.CaseID // the longest overdue first, at most MaxCasesByPost
}

// MaxCasesByPost bounds the cases listed for one post; all are counted.
const MaxCasesByPost = 20

// OverduePage is one page of posts. Cut reports that the scope had more overdue cases than the 200,000 that one page
// examines; the longest overdue are included.
type OverduePage struct {
	Rows []OverdueByPost
	Next string
	Cut  bool
}

// Escalations lists the overdue cases of a scope by post (see OverdueByPost), the post with the longest overdue case
// first. A token continues after the last post of a page, as of the instant of the first page. Errors: ErrNoCase for
// a scope that the person may not read, ErrBadToken for a token of another query.
func (d *View) Escalations(ctx context.Context, person roster.PersonID, scope roster.Unit, size int, token string) (OverduePage, error) {
	a := d.revisions.Active()
	c, now := a.City, a.Now()
	if !rights.MayReadScope(c, person, scope, now) {
		return OverduePage{}, fmt.Errorf("scope %s: %w", scope, ledger.ErrNoScope)
	}
	if size <= 0 {
		size = defaultPage
	}
	size = min(size, maxPage)
	at, after, err := parseByPostToken(token, scope)
	if err != nil {
		return OverduePage{}, err
	}
	if token == "" {
		at = ledger.SortTime(now)
	}
	if err := d.CaughtUp(ctx); err != nil {
		return OverduePage{}, err
	}
	rows, page := map[roster.PostID]*postRow{}, OverduePage{}
	d.board.mu.RLock()
	since, seen := d.board.rev, 0
	d.board.mu.RUnlock()
	for s := range d.board.sliced([]queue.Key{{Unit: scope}}, false, nil, since) {
		if s.Due >= at {
			break
		}
		if seen++; seen > maxBoard {
			page.Cut = true
			break
		}
		for _, post := range d.board.rows[s.ID].overdueBy {
			r := rows[post]
			if r == nil {
				r = &postRow{due: s.Due}
				rows[post] = r
			}
			if r.n++; len(r.cases) < MaxCasesByPost {
				r.cases = append(r.cases, s.ID)
			}
		}
	}
	order := make([]postPosition, 0, len(rows))
	for post, r := range rows {
		order = append(order, postPosition{r.due, post})
	}
	slices.SortFunc(order, postPosition.compare)
	for i, p := range order {
		if p.compare(after) <= 0 {
			continue
		}
		if len(page.Rows) == size {
			page.Next = order[i-1].token(at, scope)
			break
		}
		r := rows[p.post]
		row := OverdueByPost{Post: p.post, Overdue: r.n, WorstLate: time.Duration(at - r.due), Cases: r.cases}
		row.Person, _ = c.Roster.OnDuty(p.post, now)
		if _, unit, ok := strings.Cut(string(p.post), "@"); ok {
			row.Unit, _ = roster.ParseUnit(unit)
		}
		page.Rows = append(page.Rows, row)
	}
	return page, nil
}

type postRow struct {
	due   uint64 // of the longest overdue case
	n     int
	cases []dispatch.CaseID
}

// postPosition is the position of a post in the list.
type postPosition struct {
	due  uint64
	post roster.PostID
}

func (p postPosition) compare(q postPosition) int {
	return cmp.Or(cmp.Compare(p.due, q.due), cmp.Compare(p.post, q.post))
}

func (p postPosition) token(at uint64, scope roster.Unit) string {
	return base64.RawURLEncoding.EncodeToString(append(ledger.U64(ledger.U64(nil, at), p.due), string(p.post)+"\x00"+scope.String()...))
}

// CheckByPostToken returns ErrBadToken if a text cannot be a page token of Escalations.
func CheckByPostToken(text string) error {
	_, _, _, err := decodeByPostToken(text)
	return err
}

func parseByPostToken(text string, scope roster.Unit) (at uint64, p postPosition, err error) {
	at, p, of, err := decodeByPostToken(text)
	if err != nil || text != "" && of != scope.String() {
		return 0, postPosition{}, ledger.ErrBadToken
	}
	return at, p, nil
}

func decodeByPostToken(text string) (at uint64, p postPosition, scope string, err error) {
	if text == "" {
		return 0, p, "", nil
	}
	b, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil || len(b) < 16 {
		return 0, p, "", ledger.ErrBadToken
	}
	post, scope, ok := strings.Cut(string(b[16:]), "\x00")
	if !ok {
		return 0, p, "", ledger.ErrBadToken
	}
	return binary.BigEndian.Uint64(b), postPosition{binary.BigEndian.Uint64(b[8:]), roster.PostID(post)}, scope, nil
}
