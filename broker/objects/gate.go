package objects

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/versity/versitygw/backend"
	"github.com/versity/versitygw/s3api/middlewares"
	"github.com/versity/versitygw/s3err"
	"github.com/versity/versitygw/s3response"
)

// gate stands between the gateway and the folder: it counts what passes, keeps uploads under the quota and
// refuses what would change who may enter (fixed.go). Requests that it does not name pass as they are.
type gate struct {
	backend.Backend
	engine *engine
}

// through lets a request into its bucket, and says afterwards that the bucket may have changed.
func (g *gate) through(name *string, act func() error) error {
	b, err := g.engine.bucketNamed(name)
	if err != nil {
		return err
	}
	if err := b.enter(); err != nil {
		return err
	}
	defer b.leave()
	defer b.touch()
	return act()
}

// bring is through for what brings at most size bytes.
func (g *gate) bring(name *string, size int64, act func(b *bucket) error) error {
	b, err := g.engine.bucketNamed(name)
	if err != nil {
		return err
	}
	if err := b.enter(); err != nil {
		return err
	}
	defer b.leave()
	done, err := b.reserve(size)
	if err != nil {
		return err
	}
	err = act(b)
	done(err)
	return err
}

// body is a request's body that ends at what was declared and reserved, and when the bucket is closed.
type body struct {
	io.Reader
	bucket *bucket
	left   int64
}

var errLonger = errors.New("the body is longer than declared")

// Read reads on while the bucket is open and the body keeps to its declared length.
func (r *body) Read(p []byte) (int, error) {
	if r.bucket.isClosed() {
		return 0, s3err.GetBucketErr(s3err.ErrNoSuchBucket, r.bucket.name)
	}
	n, err := r.Reader.Read(p)
	if r.left -= int64(n); r.left < 0 {
		return 0, errLonger
	}
	return n, err
}

// drained reads a refused body to its end: a client that is still sending would not hear the refusal.
func drained(r io.Reader, err error) error {
	if quota := s3err.GetAPIError(s3err.ErrQuotaExceeded); r != nil && errors.Is(err, quota) {
		_, _ = io.Copy(io.Discard, r)
	}
	return err
}

// guarded puts the guard around a body, which keeps the checksums that it came with.
func guarded(r io.Reader, b *bucket, size int64) io.Reader {
	if r == nil {
		return nil
	}
	guard := body{Reader: r, bucket: b, left: size}
	if sums, ok := r.(middlewares.ChecksumReader); ok {
		return &summedBody{body: guard, sums: sums}
	}
	return &guard
}

// summedBody is a body with checksums in its trailer, which the folder checks and keeps.
type summedBody struct {
	body
	sums middlewares.ChecksumReader
}

// Algorithm names the checksum.
func (r *summedBody) Algorithm() string { return r.sums.Algorithm() }

// Checksum is its value, once the body was read.
func (r *summedBody) Checksum() string { return r.sums.Checksum() }

func lengthOf(declared *int64) int64 {
	if declared == nil {
		return 0
	}
	return *declared
}

// PutObject stores an object under the quota.
func (g *gate) PutObject(ctx context.Context, in s3response.PutObjectInput) (out s3response.PutObjectOutput, err error) {
	size := lengthOf(in.ContentLength)
	err = g.bring(in.Bucket, size, func(b *bucket) (err error) {
		in.Body = guarded(in.Body, b, size)
		out, err = g.Backend.PutObject(ctx, in)
		return err
	})
	return out, drained(in.Body, err)
}

// UploadPart stores a part under the quota.
func (g *gate) UploadPart(ctx context.Context, in *s3.UploadPartInput) (out *s3.UploadPartOutput, err error) {
	size := lengthOf(in.ContentLength)
	err = g.bring(in.Bucket, size, func(b *bucket) (err error) {
		in.Body = guarded(in.Body, b, size)
		out, err = g.Backend.UploadPart(ctx, in)
		return err
	})
	return out, drained(in.Body, err)
}

// CopyObject stores a copy under the quota.
func (g *gate) CopyObject(ctx context.Context, in s3response.CopyObjectInput) (out s3response.CopyObjectOutput, err error) {
	size, err := g.sourceSize(ctx, in.CopySource, nil)
	if err != nil {
		return out, err
	}
	err = g.bring(in.Bucket, size, func(*bucket) (err error) {
		out, err = g.Backend.CopyObject(ctx, in)
		return err
	})
	return out, err
}

// UploadPartCopy stores a copied part under the quota.
func (g *gate) UploadPartCopy(ctx context.Context, in *s3.UploadPartCopyInput) (out s3response.CopyPartResult, err error) {
	size, err := g.sourceSize(ctx, in.CopySource, in.CopySourceRange)
	if err != nil {
		return out, err
	}
	err = g.bring(in.Bucket, size, func(*bucket) (err error) {
		out, err = g.Backend.UploadPartCopy(ctx, in)
		return err
	})
	return out, err
}

// sourceSize is how much a copy brings: a range of the source, or all of it.
func (g *gate) sourceSize(ctx context.Context, source, span *string) (int64, error) {
	if source == nil {
		return 0, s3err.GetAPIError(s3err.ErrInvalidRequest)
	}
	if span != nil {
		var from, to int64
		if n, err := fmt.Sscanf(*span, "bytes=%d-%d", &from, &to); n == 2 && err == nil && to >= from {
			return to - from + 1, nil
		}
	}
	plain, err := url.QueryUnescape(strings.TrimPrefix(*source, "/"))
	if err != nil {
		return 0, s3err.GetAPIError(s3err.ErrInvalidRequest)
	}
	plain, _, _ = strings.Cut(plain, "?versionId=")
	name, key, _ := strings.Cut(plain, "/")
	head, err := g.Backend.HeadObject(ctx, &s3.HeadObjectInput{Bucket: &name, Key: &key})
	if err != nil {
		return 0, err
	}
	return lengthOf(head.ContentLength), nil
}

// CreateMultipartUpload begins an upload in parts.
func (g *gate) CreateMultipartUpload(ctx context.Context, in s3response.CreateMultipartUploadInput) (out s3response.InitiateMultipartUploadResult, err error) {
	err = g.through(in.Bucket, func() (err error) {
		out, err = g.Backend.CreateMultipartUpload(ctx, in)
		return err
	})
	return out, err
}

// CompleteMultipartUpload puts parts together; they are counted already.
func (g *gate) CompleteMultipartUpload(ctx context.Context, in *s3.CompleteMultipartUploadInput) (out s3response.CompleteMultipartUploadResult, version string, err error) {
	err = g.through(in.Bucket, func() (err error) {
		out, version, err = g.Backend.CompleteMultipartUpload(ctx, in)
		return err
	})
	return out, version, err
}

// AbortMultipartUpload gives the room of the parts back.
func (g *gate) AbortMultipartUpload(ctx context.Context, in *s3.AbortMultipartUploadInput) error {
	return g.through(in.Bucket, func() error { return g.Backend.AbortMultipartUpload(ctx, in) })
}

// DeleteObject gives the room of an object back.
func (g *gate) DeleteObject(ctx context.Context, in *s3.DeleteObjectInput) (out *s3.DeleteObjectOutput, err error) {
	err = g.through(in.Bucket, func() (err error) {
		out, err = g.Backend.DeleteObject(ctx, in)
		return err
	})
	return out, err
}

// DeleteObjects gives the room of many objects back.
func (g *gate) DeleteObjects(ctx context.Context, in *s3.DeleteObjectsInput) (out s3response.DeleteResult, err error) {
	err = g.through(in.Bucket, func() (err error) {
		out, err = g.Backend.DeleteObjects(ctx, in)
		return err
	})
	return out, err
}
