package plan

import (
	"fmt"
	"math/big"
	"slices"
	"strconv"
	"strings"

	"naru"
)

// Config is what an installation decides about planning. The zero value takes what is
// derived from published figures, and naru's own mapping of grades, which has no source.
type Config struct {
	CostPerSystem naru.Money // 0 = DerivedCost
	Targets       []Target   // nil = Targets()
}

// The figures of the conversion plan of 2021 (정보자원 클라우드 전환·통합 추진계획,
// 2021-07-26; policy.md 1.4, sources N21 and N29), from which costs and budgets are
// derived: no source gives a cost per system.
const (
	PlanBudget   naru.Money = 868_089_000_000 // 8,680.89억 won, 2021 to 2025
	PlanSystems             = 10_009          // to convert by 2025
	PlanBaseline            = 15_369          // systems of the survey of 2020-10
	PlanYears               = 5
)

// PlanSource names where the figures of the plan were published.
const PlanSource = "https://www.fnnews.com/news/202107261200373673 · https://m.etnews.com/20230109000179"

// DerivedCost is the budget of the plan of 2021 over the systems it was to convert, in
// whole won: an average of very different systems, and no price.
func DerivedCost() naru.Money { return over(PlanBudget, 1, PlanSystems) }

// DerivedBudget is what the plan of 2021 had on average for a year and for as many
// systems, of the systems counted then; at least the cost of one.
func DerivedBudget(systems int, cost naru.Money) naru.Money {
	return max(over(PlanBudget, int64(systems), PlanYears*PlanBaseline), cost)
}

// over returns m*n/d rounded half up to whole won, without overflow on the way.
func over(m naru.Money, n, d int64) naru.Money {
	x := new(big.Int).Mul(big.NewInt(int64(m)), big.NewInt(2*n))
	x.Add(x, big.NewInt(d))
	return naru.Money(x.Quo(x, big.NewInt(2*d)).Int64())
}

// Class is a class of services in the plan of 2026-02-25 for grade-based recovery, with
// the range of its recovery time in minutes.
type Class struct {
	Key  string `json:"key"` // core, essential, major
	From int64  `json:"from_minutes"`
	To   int64  `json:"to_minutes"`
}

// Classes lists the announced classes: real-time to an hour, 3 to 12 hours, 1 to 5 days
// (policy.md 1.8, source N45). Nothing of it is in force.
func Classes() []Class {
	return []Class{{"core", 0, 60}, {"essential", 180, 720}, {"major", 1440, 7200}}
}

// ClassesSource names where the classes were announced, and when.
const (
	ClassesSource = "https://zdnet.co.kr/view/?no=20260225160002"
	ClassesDate   = naru.Date("2026-02-25")
)

// Target is the recovery target of a system grade: the class it is held against. No
// source read maps grades to classes, so every mapping is configuration.
type Target struct {
	Grade int64  `json:"grade"`
	Class string `json:"class"`         // "" = none
	RTO   int64  `json:"rto_minutes"`   // the class's upper bound; 0 = no target
	RPO   int64  `json:"rpo_minutes"`   // no source gives any; 0 = no target
	Basis string `json:"basis"`         // "configuration": nobody published the mapping
	State string `json:"target_status"` // "announced": not in force
}

// Targets is naru's mapping where the installation sets none: grade 1 is held against
// the first class, 2 against the second, 3 against the third, 4 against none.
func Targets() []Target {
	list := make([]Target, 4)
	for i := range list {
		list[i] = Target{Grade: int64(i + 1), Basis: "configuration", State: "announced"}
		if classes := Classes(); i < len(classes) {
			list[i].Class, list[i].RTO = classes[i].Key, classes[i].To
		}
	}
	return list
}

func (c Config) cost() naru.Money {
	if c.CostPerSystem > 0 {
		return c.CostPerSystem
	}
	return DerivedCost()
}

func (c Config) targets() []Target {
	if c.Targets != nil {
		return c.Targets
	}
	return Targets()
}

// ParseConfig reads what an installation sets as text: a cost per system in whole won,
// and a mapping of grades such as "1=core,2=essential,3=major", each with a recovery
// point in minutes behind a slash if there is one: "1=core/60". Empty texts set nothing.
func ParseConfig(cost, classes string) (c Config, err error) {
	if cost != "" {
		n, err := strconv.ParseInt(cost, 10, 64)
		if err != nil || n < 1 || naru.Money(n) > maxCost {
			return c, fmt.Errorf("cost per system %q is no whole number of won from 1 to %d", cost, int64(maxCost))
		}
		c.CostPerSystem = naru.Money(n)
	}
	if strings.TrimSpace(classes) == "" {
		return c, nil
	}
	c.Targets = make([]Target, 4)
	for i := range c.Targets {
		c.Targets[i] = Target{Grade: int64(i + 1), Basis: "configuration", State: "announced"}
	}
	for _, one := range strings.Split(classes, ",") {
		if err := c.target(strings.TrimSpace(one)); err != nil {
			return Config{}, err
		}
	}
	return c, nil
}

// target reads one grade of a mapping.
func (c *Config) target(text string) error {
	grade, class, ok := strings.Cut(text, "=")
	class, point, pointed := strings.Cut(class, "/")
	n, err := strconv.Atoi(grade)
	at := slices.IndexFunc(Classes(), func(x Class) bool { return x.Key == class })
	if !ok || err != nil || n < 1 || n > len(c.Targets) || at < 0 {
		return fmt.Errorf("recovery class %q is not GRADE=CLASS with a grade from 1 to 4 and core, essential or major", text)
	}
	t := &c.Targets[n-1]
	t.Class, t.RTO = class, Classes()[at].To
	if pointed {
		if t.RPO, err = strconv.ParseInt(point, 10, 64); err != nil || t.RPO < 1 {
			return fmt.Errorf("recovery point %q of grade %d is no number of minutes", point, n)
		}
	}
	return nil
}
