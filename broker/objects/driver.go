package objects

import (
	"context"
	"io"
	"log/slog"

	"naru/broker/kit"
)

// The meters of an instance.
const (
	meterStorage  = "storage_gib_hours"
	meterRequests = "requests"
	meterTransfer = "transfer_gib"
)

// GatewayVersion is the version of versitygw in go.mod; a test keeps them equal.
const GatewayVersion = "1.8.0"

// Run serves the objects broker until ctx ends; it prints one JSON line to out when it is ready.
func Run(ctx context.Context, c kit.Config, out io.Writer) error {
	return kit.Run(ctx, kit.Driver{Name: "objects", Describe: describe, Open: open}, c, out)
}

func open(c kit.Config, l *kit.Ledger, _ *slog.Logger) (kit.Engine, error) {
	return newEngine(c, l), nil
}

func describe(context.Context, kit.Config) (kit.Offering, error) {
	return kit.Offering{
		Name: "objects", Category: "object-storage",
		Display: kit.Text{Ko: "객체 저장소", En: "Object storage"},
		Description: kit.Text{
			Ko: "S3 호환 버킷. 올린 객체는 프로세스가 죽어도 남지만, 정전 때는 방금 올린 것을 잃을 수 있다.",
			En: "An S3-compatible bucket. Stored objects survive a killed process; a power cut may lose the newest ones.",
		},
		Engine: "versitygw", EngineVersion: GatewayVersion, Tags: []string{"s3", "object-storage"},
		Meters: []kit.Meter{
			kit.LevelMeter(meterStorage, "GiB-h", kit.GiB),
			kit.CountMeter(meterRequests, "request", 1),
			kit.CountMeter(meterTransfer, "GiB", kit.GiB),
		},
		Plans: []kit.Plan{
			{
				Name: "basic", Display: kit.Text{Ko: "기본", En: "Basic"}, QuotaBytes: 256 << 20,
				Description: kit.Text{Ko: "256 MiB까지. 바로 만들어진다.", En: "Up to 256 MiB. Made at once."},
			},
			{
				Name: "standard", Display: kit.Text{Ko: "표준", En: "Standard"}, QuotaBytes: 5 << 30, Async: true,
				Description: kit.Text{Ko: "5 GiB까지. 만들어지는 동안 기다린다.", En: "Up to 5 GiB. Made while you wait."},
			},
		},
	}, nil
}
