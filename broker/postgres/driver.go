package postgres

import (
	"context"
	"fmt"
	"io"
	"log/slog"

	"naru/broker/kit"
)

// limitConnections is the limit a plan has beside its size, as the catalogue shows it.
const limitConnections = "connections"

// The meters of an instance.
const (
	meterStorage = "storage_gib_hours"
	meterActive  = "active_hours"
)

// millisecondsPerHour is the base unit of active time in its meter's unit.
const millisecondsPerHour = 3600 * 1000

// Run serves the postgres broker until ctx ends; it prints one JSON line to out when it is ready, also when
// no PostgreSQL is installed: then the catalogue tells why nothing can be provisioned.
func Run(ctx context.Context, c kit.Config, out io.Writer) error {
	return kit.Run(ctx, kit.Driver{Name: "postgres", Describe: describe, Open: open}, c, out)
}

func open(c kit.Config, l *kit.Ledger, log *slog.Logger) (kit.Engine, error) {
	found, why := find(c)
	if why != nil {
		return nil, fmt.Errorf("postgres: %s", why.En)
	}
	return newEngine(c, l, log, found), nil
}

func describe(_ context.Context, c kit.Config) (kit.Offering, error) {
	found, why := find(c)
	return kit.Offering{
		Name: "postgres", Category: "database", Unavailable: why,
		Display: kit.Text{Ko: "공유 데이터베이스", En: "Shared database"},
		Description: kit.Text{
			Ko: "공유 PostgreSQL 서버의 데이터베이스 하나. 용량을 넘으면 읽기만 되고, 지우면 다시 쓸 수 있다. 용량에는 빈 데이터베이스 약 8 MiB가 들어간다.",
			En: "A database on a shared PostgreSQL server. Past its size it takes reads only, until data is deleted. The size includes the 8 MiB or so of an empty database.",
		},
		Engine: "postgresql", EngineVersion: found.version, Tags: []string{"postgresql", "sql", "database"},
		Meters: []kit.Meter{
			kit.LevelMeter(meterStorage, "GiB-h", kit.GiB),
			kit.CountMeter(meterActive, "h", millisecondsPerHour),
		},
		Plans: []kit.Plan{
			{
				Name: "basic", Display: kit.Text{Ko: "기본", En: "Basic"}, QuotaBytes: 128 << 20,
				Description: kit.Text{Ko: "128 MiB, 동시 연결 5개. 바로 만들어진다.", En: "128 MiB, 5 connections at a time. Made at once."},
				Limits:      map[string]int64{limitConnections: 5},
			},
			{
				Name: "standard", Display: kit.Text{Ko: "표준", En: "Standard"}, QuotaBytes: 2 << 30, Async: true,
				Description: kit.Text{Ko: "2 GiB, 동시 연결 20개. 만들어지는 동안 기다린다.", En: "2 GiB, 20 connections at a time. Made while you wait."},
				Limits:      map[string]int64{limitConnections: 20},
			},
		},
	}, nil
}
