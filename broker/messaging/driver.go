package messaging

import (
	"context"
	"io"
	"log/slog"

	"github.com/nats-io/nats-server/v2/server"

	"naru/broker/kit"
)

// The limits a plan may have beside its storage; the catalogue shows them under these names.
const (
	limitStreams     = "streams"
	limitConsumers   = "consumers"
	limitConnections = "connections"
)

// The meters of an instance.
const (
	meterStorage  = "storage_gib_hours"
	meterMessages = "messages"
	meterTransfer = "transfer_gib"
)

// Run serves the messaging broker until ctx ends; it prints one JSON line to out when it is ready.
func Run(ctx context.Context, c kit.Config, out io.Writer) error {
	return kit.Run(ctx, kit.Driver{Name: "messaging", Describe: describe, Open: open}, c, out)
}

func open(c kit.Config, l *kit.Ledger, _ *slog.Logger) (kit.Engine, error) {
	return &engine{config: c, ledger: l, users: map[string]user{}, seen: map[string]traffic{}}, nil
}

func describe(context.Context, kit.Config) (kit.Offering, error) {
	return kit.Offering{
		Name: "messaging", Category: "messaging",
		Display: kit.Text{Ko: "메시지 스트림", En: "Message streams"},
		Description: kit.Text{
			Ko: "NATS JetStream 계정. 저장된 메시지는 프로세스가 죽어도 남지만, 정전 때는 마지막 2분의 메시지를 잃을 수 있다.",
			En: "A NATS JetStream account. Stored messages survive a killed process; a power cut may lose those of the last two minutes.",
		},
		Engine: "nats-server", EngineVersion: server.VERSION, Tags: []string{"nats", "jetstream", "messaging"},
		Meters: []kit.Meter{
			kit.LevelMeter(meterStorage, "GiB-h", kit.GiB),
			kit.CountMeter(meterMessages, "message", 1),
			kit.CountMeter(meterTransfer, "GiB", kit.GiB),
		},
		Plans: []kit.Plan{
			{
				Name: "basic", Display: kit.Text{Ko: "기본", En: "Basic"}, QuotaBytes: 64 << 20,
				Description: kit.Text{Ko: "스트림 4개, 64 MiB, 동시 연결 10개. 바로 만들어진다.", En: "4 streams, 64 MiB, 10 connections at a time. Made at once."},
				Limits:      map[string]int64{limitStreams: 4, limitConsumers: 20, limitConnections: 10},
			},
			{
				Name: "standard", Display: kit.Text{Ko: "표준", En: "Standard"}, QuotaBytes: 1 << 30, Async: true,
				Description: kit.Text{Ko: "스트림 20개, 1 GiB, 동시 연결 100개. 만들어지는 동안 기다린다.", En: "20 streams, 1 GiB, 100 connections at a time. Made while you wait."},
				Limits:      map[string]int64{limitStreams: 20, limitConsumers: 200, limitConnections: 100},
			},
		},
	}, nil
}
