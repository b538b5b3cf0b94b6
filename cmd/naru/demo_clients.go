package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/url"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// useService works with a service through the client that its users would choose.
func useService(ctx context.Context, category string, creds []byte) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	switch category {
	case "object-storage":
		return useObjects(ctx, creds)
	case "messaging":
		return useMessages(ctx, creds)
	case "database":
		return useDatabase(ctx, creds)
	}
	return "", fmt.Errorf("the demo has no client for %q", category)
}

const objectCount = 40

// useObjects puts and gets objects with an S3 client.
func useObjects(ctx context.Context, creds []byte) (string, error) {
	var c struct {
		Endpoint, Region, Bucket string
		AccessKey                string `json:"access_key_id"`
		SecretKey                string `json:"secret_access_key"`
	}
	if err := json.Unmarshal(creds, &c); err != nil {
		return "", err
	}
	u, err := url.Parse(c.Endpoint)
	if err != nil {
		return "", err
	}
	client, err := minio.New(u.Host, &minio.Options{
		Creds: credentials.NewStaticV4(c.AccessKey, c.SecretKey, ""), Secure: u.Scheme == "https", Region: c.Region,
		BucketLookup: minio.BucketLookupPath, MaxRetries: 1,
	})
	if err != nil {
		return "", err
	}
	want := bytes.Repeat([]byte("나루 "), 1500)
	for i := range objectCount {
		name := fmt.Sprintf("hello-%d.txt", i)
		if _, err := client.PutObject(ctx, c.Bucket, name, bytes.NewReader(want), int64(len(want)), minio.PutObjectOptions{}); err != nil {
			return "", err
		}
		obj, err := client.GetObject(ctx, c.Bucket, name, minio.GetObjectOptions{})
		if err != nil {
			return "", err
		}
		got, err := io.ReadAll(obj)
		if err != nil || !bytes.Equal(got, want) {
			return "", fmt.Errorf("object came back with %d of %d bytes: %w", len(got), len(want), err)
		}
	}
	return fmt.Sprintf("S3 PUT+GET ×%d  %s", objectCount, c.Bucket), nil
}

const messageCount = 400

// useMessages publishes to a stream and reads it back with a NATS client.
func useMessages(ctx context.Context, creds []byte) (string, error) {
	var c struct{ URI string }
	if err := json.Unmarshal(creds, &c); err != nil {
		return "", err
	}
	conn, err := nats.Connect(c.URI, nats.MaxReconnects(0), nats.Timeout(5*time.Second))
	if err != nil {
		return "", err
	}
	defer conn.Close()
	js, err := jetstream.New(conn)
	if err != nil {
		return "", err
	}
	stream, err := js.CreateOrUpdateStream(ctx, jetstream.StreamConfig{Name: "DEMO", Subjects: []string{"demo.>"}, MaxBytes: 1 << 20})
	if err != nil {
		return "", err
	}
	for i := range messageCount {
		if _, err := js.Publish(ctx, "demo.hello", fmt.Appendf(nil, "나루 %d", i)); err != nil {
			return "", err
		}
	}
	info, err := stream.Info(ctx)
	if err != nil {
		return "", err
	}
	last, err := stream.GetMsg(ctx, info.State.LastSeq)
	if err != nil || info.State.Msgs < messageCount {
		return "", fmt.Errorf("stream holds %d messages: %w", info.State.Msgs, err)
	}
	return fmt.Sprintf("NATS publish ×%d, last %q", messageCount, last.Data), nil
}

// useDatabase makes a table and reads it back over SQL.
func useDatabase(ctx context.Context, creds []byte) (string, error) {
	var c struct{ URI string }
	if err := json.Unmarshal(creds, &c); err != nil {
		return "", err
	}
	conn, err := pgx.Connect(ctx, c.URI)
	if err != nil {
		return "", err
	}
	defer conn.Close(context.WithoutCancel(ctx))
	for _, q := range []string{`CREATE TABLE demo (n BIGINT, word TEXT)`, `INSERT INTO demo SELECT n, '나루' FROM generate_series(1, 5000) n`} {
		if _, err := conn.Exec(ctx, q); err != nil {
			return "", err
		}
	}
	var n, sum int64
	if err := conn.QueryRow(ctx, `SELECT COUNT(*), SUM(n)::bigint FROM demo`).Scan(&n, &sum); err != nil {
		return "", err
	}
	if n != 5000 || sum != 12502500 {
		return "", fmt.Errorf("table holds %d rows with sum %d", n, sum)
	}
	return fmt.Sprintf("SQL CREATE, INSERT, SELECT: %d rows", n), nil
}
