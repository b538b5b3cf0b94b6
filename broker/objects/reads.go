package objects

import (
	"context"
	"io"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/versity/versitygw/s3response"
)

// look counts a request that changes nothing.
func (g *gate) look(name *string, act func(b *bucket) error) error {
	b, err := g.engine.bucketNamed(name)
	if err != nil {
		return err
	}
	if err := b.enter(); err != nil {
		return err
	}
	defer b.leave()
	return act(b)
}

// served is an answer's body that counts what was read of it.
type served struct {
	io.ReadCloser
	bucket *bucket
}

// Read counts what it reads.
func (r *served) Read(p []byte) (int, error) {
	n, err := r.ReadCloser.Read(p)
	r.bucket.count(meterTransfer, int64(n))
	return n, err
}

// GetObject reads an object.
func (g *gate) GetObject(ctx context.Context, in *s3.GetObjectInput) (out *s3.GetObjectOutput, err error) {
	err = g.look(in.Bucket, func(b *bucket) (err error) {
		out, err = g.Backend.GetObject(ctx, in)
		if err == nil && out.Body != nil {
			out.Body = &served{ReadCloser: out.Body, bucket: b}
		}
		return err
	})
	return out, err
}

// HeadObject describes an object.
func (g *gate) HeadObject(ctx context.Context, in *s3.HeadObjectInput) (out *s3.HeadObjectOutput, err error) {
	err = g.look(in.Bucket, func(*bucket) (err error) {
		out, err = g.Backend.HeadObject(ctx, in)
		return err
	})
	return out, err
}

// ListObjects lists objects the old way.
func (g *gate) ListObjects(ctx context.Context, in *s3.ListObjectsInput) (out s3response.ListObjectsResult, err error) {
	err = g.look(in.Bucket, func(*bucket) (err error) {
		out, err = g.Backend.ListObjects(ctx, in)
		return err
	})
	return out, err
}

// ListObjectsV2 lists objects.
func (g *gate) ListObjectsV2(ctx context.Context, in *s3.ListObjectsV2Input) (out s3response.ListObjectsV2Result, err error) {
	err = g.look(in.Bucket, func(*bucket) (err error) {
		out, err = g.Backend.ListObjectsV2(ctx, in)
		return err
	})
	return out, err
}
