package objects

import (
	"context"
	"encoding/json"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/versity/versitygw/auth"
	"github.com/versity/versitygw/s3err"
	"github.com/versity/versitygw/s3response"
)

// Who may enter a bucket follows from its bindings, and buckets come and go with instances: what an S3
// client could change about that is refused here, whatever the gateway in front would allow.

func fixed() error { return s3err.GetAPIError(s3err.ErrAccessDenied) }

// GetBucketAcl gives every key of the bucket full control, and nobody else anything.
func (g *gate) GetBucketAcl(_ context.Context, in *s3.GetBucketAclInput) ([]byte, error) {
	b, err := g.engine.bucketNamed(in.Bucket)
	if err != nil {
		return nil, err
	}
	acl := auth.ACL{Owner: g.engine.root}
	for _, access := range g.engine.keysOf(b) {
		acl.Grantees = append(acl.Grantees, auth.Grantee{Access: access, Permission: auth.PermissionFullControl, Type: types.TypeCanonicalUser})
	}
	return json.Marshal(acl)
}

// ListBuckets lists the one bucket that the key opens.
func (g *gate) ListBuckets(ctx context.Context, in s3response.ListBucketsInput) (s3response.ListAllMyBucketsResult, error) {
	out := s3response.ListAllMyBucketsResult{Owner: s3response.CanonicalUser{ID: in.Owner}, Prefix: in.Prefix}
	b := g.engine.bucketOf(in.Owner)
	if b == nil {
		return out, nil
	}
	in.IsAdmin, in.Prefix = true, b.name
	found, err := g.Backend.ListBuckets(ctx, in)
	if err != nil {
		return out, err
	}
	for _, entry := range found.Buckets.Bucket {
		if entry.Name == b.name {
			out.Buckets.Bucket = append(out.Buckets.Bucket, entry)
		}
	}
	return out, nil
}

// GetBucketPolicy says that there is none: the keys alone decide.
func (g *gate) GetBucketPolicy(context.Context, string) ([]byte, error) {
	return nil, s3err.GetAPIError(s3err.ErrNoSuchBucketPolicy)
}

// CreateBucket refuses: buckets are made by provisioning.
func (g *gate) CreateBucket(context.Context, *s3.CreateBucketInput, []byte) error { return fixed() }

// DeleteBucket refuses: buckets end with their instance.
func (g *gate) DeleteBucket(context.Context, string) error { return fixed() }

// ChangeBucketOwner refuses.
func (g *gate) ChangeBucketOwner(context.Context, string, string) error { return fixed() }

// PutBucketAcl refuses: nobody is let in but by a binding.
func (g *gate) PutBucketAcl(context.Context, string, []byte) error { return fixed() }

// PutObjectAcl refuses likewise.
func (g *gate) PutObjectAcl(context.Context, *s3.PutObjectAclInput) error { return fixed() }

// PutBucketPolicy refuses likewise.
func (g *gate) PutBucketPolicy(context.Context, string, []byte) error { return fixed() }

// DeleteBucketPolicy refuses: there is none.
func (g *gate) DeleteBucketPolicy(context.Context, string) error { return fixed() }

// PutBucketOwnershipControls refuses.
func (g *gate) PutBucketOwnershipControls(context.Context, string, types.ObjectOwnership) error {
	return fixed()
}

// DeleteBucketOwnershipControls refuses.
func (g *gate) DeleteBucketOwnershipControls(context.Context, string) error { return fixed() }

// PutBucketVersioning refuses: old versions would lie outside the quota.
func (g *gate) PutBucketVersioning(context.Context, string, types.BucketVersioningStatus) error {
	return fixed()
}

// PutBucketWebsite refuses: a bucket is never public.
func (g *gate) PutBucketWebsite(context.Context, string, []byte) error { return fixed() }

// PutBucketCors refuses likewise.
func (g *gate) PutBucketCors(context.Context, string, []byte) error { return fixed() }

// PutObjectLockConfiguration refuses: a locked object could not be destroyed with its instance.
func (g *gate) PutObjectLockConfiguration(context.Context, string, []byte) error { return fixed() }

// PutObjectRetention refuses likewise.
func (g *gate) PutObjectRetention(context.Context, string, string, string, []byte) error {
	return fixed()
}

// PutObjectLegalHold refuses likewise.
func (g *gate) PutObjectLegalHold(context.Context, string, string, string, bool) error {
	return fixed()
}
