// Command naru (나루) is the hybrid-cloud broker for the public sector: one binary that
// serves the doors, runs the reference brokers and is its own command line.
//
// Here everything is put together by hand: configuration, database, operations,
// followers, tasks, doors. Nothing below knows how it is wired.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:])
	stop()
	os.Exit(code)
}
