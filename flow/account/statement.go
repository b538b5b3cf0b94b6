package account

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"time"

	"naru"
	"naru/flow/catalog"
	"naru/flow/contract"
	"naru/flow/inventory"
	"naru/flow/provision"
)

// StatementID identifies a statement: "stm_" with its month and institution.
type StatementID string

// Statement is what an institution owes for a month (명세서).
type Statement struct {
	ID          StatementID             `json:"id"`
	Month       naru.Month              `json:"month"`
	Institution inventory.InstitutionID `json:"institution"`
	Name        string                  `json:"institution_name"`
	Amount      naru.Money              `json:"amount"` // the exact sum of the lines
	Early       bool                    `json:"early"`  // the month was sealed before it ended
	Synthetic   bool                    `json:"synthetic"`
	Approved    bool                    `json:"approved"`
	Digest      string                  `json:"digest,omitempty"` // over all lines; not shown with a part of them
	Lines       []Line                  `json:"lines"`
}

// Line is what an order costs in a month: the sum of its charges, rounded to the won
// half to even, once.
type Line struct {
	Order    contract.OrderID   `json:"order"`
	System   inventory.SystemID `json:"system"`
	Provider catalog.ProviderID `json:"provider"`
	Service  catalog.ServiceID  `json:"service"`
	Plan     catalog.PlanID     `json:"plan"`
	Charges  []Charge           `json:"charges"`
	Cost     naru.Cost          `json:"cost_micro_won"` // exact
	Amount   naru.Money         `json:"amount"`
	Payment  contract.Payment   `json:"payment,omitzero"` // where the money came from, once approved
}

// Charge is usage of a meter times its price, or an adjustment.
type Charge struct {
	Instance   provision.InstanceID `json:"instance,omitempty"`
	Meter      string               `json:"meter,omitempty"`
	Unit       string               `json:"unit,omitempty"`
	Rate       naru.Decimal         `json:"rate"` // won per unit
	Quantity   naru.Decimal         `json:"quantity"`
	Lines      int                  `json:"lines"` // of usage
	Cost       naru.Cost            `json:"cost_micro_won"`
	For        naru.Month           `json:"for"`                // month it lies in
	Late       bool                 `json:"late,omitempty"`     // told after that month was sealed
	Unpriced   bool                 `json:"unpriced,omitempty"` // the order has no price for the meter: shown, not charged
	From       time.Time            `json:"from,omitzero"`
	To         time.Time            `json:"to,omitzero"`
	Adjustment string               `json:"adjustment,omitempty"` // its id, when it is one
	Reason     string               `json:"reason,omitempty"`     // of an adjustment
}

// total sums the charges and rounds once.
func (l *Line) total() error {
	l.Cost = 0
	for _, c := range l.Charges {
		sum, err := l.Cost.Add(c.Cost)
		if err != nil {
			return fmt.Errorf("order %s: %w", l.Order, err)
		}
		l.Cost = sum
	}
	l.Amount = l.Cost.Won()
	return nil
}

// total sums the lines, which are whole won already.
func (s *Statement) total() error {
	s.Amount = 0
	for _, l := range s.Lines {
		sum, err := s.Amount.Add(l.Amount)
		if err != nil {
			return fmt.Errorf("statement %s: %w", s.ID, err)
		}
		s.Amount = sum
	}
	return nil
}

// digest names the content of a statement: all but where the money came from and whether
// it was approved, which come later.
func (s Statement) digest() (string, error) {
	s.Digest, s.Approved = "", false
	lines := make([]Line, len(s.Lines))
	for i, l := range s.Lines {
		l.Payment = contract.Payment{}
		lines[i] = l
	}
	s.Lines = lines
	text, err := json.Marshal(s)
	if err != nil {
		return "", fmt.Errorf("statement %s: %w", s.ID, err)
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:]), nil
}

// statementID is the same however often a month is proposed.
func statementID(m naru.Month, of inventory.InstitutionID) StatementID {
	return StatementID("stm_" + string(m) + "_" + string(of))
}
