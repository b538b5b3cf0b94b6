package law

import (
	"context"

	"naru"
	"naru/base/op"
	"naru/base/policy"
)

// Store is what this step needs of a transaction.
type Store interface {
	Reader
	Draft(ctx context.Context, id DraftID) (Draft, error)
	// Drafts lists drafts without their texts, the latest first.
	Drafts(ctx context.Context, s State, p naru.Page) (naru.List[Draft], error)
	PutDraft(ctx context.Context, d Draft) error
	// Mark moves the mark of what is published on, and makes the draft the latest.
	Mark(ctx context.Context, id DraftID) error
}

// Ops are the operations of this step on one book.
type Ops struct {
	Draft    op.Op[Store, DraftIn, DraftOut]
	Check    op.Op[Store, CheckIn, CheckOut]
	Text     op.Op[Store, TextIn, TextOut]
	Get      op.Op[Store, GetIn, Draft]
	List     op.Op[Store, ListIn, naru.List[Draft]]
	Propose  op.Op[Store, DecideIn, Draft]
	Publish  op.Op[Store, DecideIn, Draft]
	Reject   op.Op[Store, RefuseIn, Draft]
	Withdraw op.Op[Store, RefuseIn, Draft]
}

// desk is the operations' common ground.
type desk struct{ book *Book }

// New returns the operations on a book.
func New(b *Book) Ops {
	d := desk{b}
	return Ops{
		Draft: op.Write("law.draft", "policy.edit",
			naru.Text{Ko: "법령·고시의 제정·개정안을 저장하고 사례를 시험한다", En: "Save the draft of an instrument and try its cases"}, d.draft),
		Check: op.Read("law.check", "policy.draft",
			naru.Text{Ko: "제정·개정안의 글을 저장하지 않고 검사한다", En: "Check the text of an instrument without saving it"}, d.check),
		Text: op.Read("law.text", "policy.read",
			naru.Text{Ko: "어느 날의 법령·고시의 규칙 원문", En: "Read the text of an instrument as of a date, to draft its next version"}, d.text),
		Get: op.Read("law.get", "policy.draft",
			naru.Text{Ko: "제정·개정안 한 건", En: "Show a draft with its text"}, d.get),
		List: op.Read("law.list", "policy.draft",
			naru.Text{Ko: "제정·개정안 목록", En: "List drafts"}, list),
		Propose: op.Write("law.propose", "policy.edit",
			naru.Text{Ko: "제정·개정안의 공포를 요청한다", En: "Ask a second person to publish a draft"}, d.propose),
		Publish: op.Write("law.publish", "policy.edit",
			naru.Text{Ko: "다른 사람이 요청한 제정·개정안을 공포한다", En: "Publish a draft that somebody else proposed"}, d.publish),
		Reject: op.Write("law.reject", "policy.edit",
			naru.Text{Ko: "공포 요청을 돌려보낸다", En: "Send a proposed draft back with a reason"}, reject),
		Withdraw: op.Write("law.withdraw", "policy.edit",
			naru.Text{Ko: "시행 전인 공포를 거둔다", En: "Take back what was published before it binds"}, d.withdraw),
	}
}

// All lists the operations.
func (o Ops) All() []op.Any {
	return []op.Any{o.Draft, o.Check, o.Text, o.Get, o.List, o.Propose, o.Publish, o.Reject, o.Withdraw}
}

// maxText bounds the text of a draft.
const maxText = 1 << 20

// DraftIn is the text of an instrument.
type DraftIn struct {
	ID      DraftID `json:"id,omitempty" doc:"draft id to replace; empty for a new one"`
	Version int64   `json:"version,omitempty" doc:"version that was looked at; 0 skips the comparison"`
	Text    string  `json:"text" file:"yes" doc:"pack.yaml, @FILE reads it"`
	Cases   string  `json:"cases,omitempty" file:"yes" doc:"cases.yaml, @FILE reads it"`
	Note    string  `json:"note,omitempty" doc:"why, for the second person to read"`
}

// DraftOut is a draft and how its cases came out.
type DraftOut struct {
	Draft  Draft         `json:"draft"`
	Report policy.Report `json:"report"`
}

// draft saves a text that reads without a fault; its cases may still fail.
func (d desk) draft(ctx context.Context, c *op.Call, s Store, in DraftIn) (DraftOut, error) {
	p, report, err := d.read(ctx, s, in.Text, in.Cases)
	if err != nil {
		return DraftOut{}, err
	}
	if p.From == "" {
		return DraftOut{}, naru.NewError(naru.Invalid, "law.no_date", "key", p.Key)
	}
	v := Draft{ID: in.ID, State: Drafted, Author: c.Actor.User}
	if in.ID != "" {
		if v, err = s.Draft(ctx, in.ID); err != nil {
			return DraftOut{}, err
		}
		if err := v.ready(in.Version, Drafted, Rejected); err != nil {
			return DraftOut{}, err
		}
	} else {
		v.ID = DraftID(c.NewID("law"))
	}
	v.fill(p)
	v.State, v.Text, v.Cases, v.Note, v.Author, v.ChangedAt = Drafted, in.Text, in.Cases, in.Note, c.Actor.User, c.Now
	v.ProposedBy, v.DecidedBy, v.Reason = "", "", ""
	v.Version++
	c.Record(v.subjects(), "key", v.Key, "from", string(v.From), "digest", v.Digest)
	return DraftOut{v, report}, s.PutDraft(ctx, v)
}

// CheckIn is a text to check.
type CheckIn struct {
	Text  string `json:"text" file:"yes" doc:"pack.yaml, @FILE reads it"`
	Cases string `json:"cases,omitempty" file:"yes" doc:"cases.yaml, @FILE reads it"`
}

// CheckOut is what the text says and how its cases came out.
type CheckOut struct {
	Key    string        `json:"key"`
	Title  naru.Text     `json:"title"`
	From   naru.Date     `json:"from"`
	Digest string        `json:"digest"`
	Report policy.Report `json:"report"`
}

func (d desk) check(ctx context.Context, _ *op.Call, s Store, in CheckIn) (CheckOut, error) {
	p, report, err := d.read(ctx, s, in.Text, in.Cases)
	if err != nil {
		return CheckOut{}, err
	}
	return CheckOut{p.Key, p.Title, p.From, p.Digest, report}, nil
}

// read reads a text on top of what is law, and tries its cases.
func (d desk) read(ctx context.Context, s Reader, text, cases string) (*policy.Pack, policy.Report, error) {
	if len(text) > maxText || len(cases) > maxText {
		return nil, policy.Report{}, naru.NewError(naru.Invalid, "law.too_long")
	}
	set, err := d.book.Instruments(ctx, s)
	if err != nil {
		return nil, policy.Report{}, err
	}
	p, err := set.Draft([]byte(text), []byte(cases))
	if err != nil {
		return nil, policy.Report{}, err
	}
	next, err := set.With(p)
	if err != nil {
		return nil, policy.Report{}, err
	}
	return p, next.Try(p), nil
}

// TextIn names an instrument and a date.
type TextIn struct {
	Key  string    `json:"key" doc:"key of the instrument, USE2025"`
	AsOf naru.Date `json:"as_of,omitempty" doc:"date YYYY-MM-DD; empty for today"`
}

// TextOut is the text of an instrument and of its cases.
type TextOut struct {
	Key    string `json:"key"`
	Digest string `json:"digest"`
	Text   string `json:"text"`
	Cases  string `json:"cases"`
}

// text gives the text of an instrument: of the version in force on the date, else of
// the latest.
func (d desk) text(ctx context.Context, c *op.Call, s Store, in TextIn) (TextOut, error) {
	set, err := d.book.Instruments(ctx, s)
	if err != nil {
		return TextOut{}, err
	}
	date := in.AsOf
	if date == "" {
		date = c.Today()
	}
	p, err := set.PackOn(in.Key, date)
	if err != nil {
		return TextOut{}, err
	}
	pack, cases := p.Text()
	return TextOut{p.Key, p.Digest, string(pack), string(cases)}, nil
}

// GetIn names a draft.
type GetIn struct {
	ID DraftID `json:"id" doc:"draft id"`
}

func (d desk) get(ctx context.Context, _ *op.Call, s Store, in GetIn) (Draft, error) {
	return s.Draft(ctx, in.ID)
}

// ListIn narrows the list of drafts.
type ListIn struct {
	State State `json:"state,omitempty" doc:"draft, proposed, published, rejected or withdrawn; empty for all"`
	naru.Page
}

func list(ctx context.Context, _ *op.Call, s Store, in ListIn) (naru.List[Draft], error) {
	return s.Drafts(ctx, in.State, in.Page)
}
