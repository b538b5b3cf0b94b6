package objects_test

import (
	"bytes"
	"errors"
	"io"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/minio/minio-go/v7"
	miniocred "github.com/minio/minio-go/v7/pkg/credentials"

	"naru/broker/kit"
	"naru/broker/objects"
	"naru/internal/testbroker"
	"naru/wire/osb"
)

func TestMain(m *testing.M) {
	testbroker.Main(m, testbroker.Set{"objects": objects.Run})
}

type credentials struct {
	Endpoint  string `json:"endpoint"`
	Region    string `json:"region"`
	Bucket    string `json:"bucket"`
	AccessKey string `json:"access_key_id"`
	SecretKey string `json:"secret_access_key"`
}

func bind(t *testing.T, b *testbroker.Broker, id, binding, plan string) (*minio.Client, credentials) {
	t.Helper()
	var c credentials
	b.Bind(t, id, binding, plan, &c)
	return client(t, c), c
}

func client(t *testing.T, c credentials) *minio.Client {
	t.Helper()
	s3, err := minio.New(strings.TrimPrefix(c.Endpoint, "http://"), &minio.Options{
		Creds: miniocred.NewStaticV4(c.AccessKey, c.SecretKey, ""), Region: c.Region, BucketLookup: minio.BucketLookupPath, MaxRetries: 1,
	})
	if err != nil {
		t.Fatal(err)
	}
	return s3
}

func put(t *testing.T, s3 *minio.Client, bucket, key string, size int) error {
	t.Helper()
	_, err := s3.PutObject(t.Context(), bucket, key, bytes.NewReader(make([]byte, size)), int64(size), minio.PutObjectOptions{})
	return err
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func refused(t *testing.T, what string, err error, code string) {
	t.Helper()
	if got := minio.ToErrorResponse(err).Code; err == nil || got != code {
		t.Errorf("%s: %v (code %q), want %s", what, err, got, code)
	}
}

func TestAKeyOpensItsBucketAndNoOther(t *testing.T) {
	t.Parallel()
	b := testbroker.Start(t, "objects", kit.Config{})
	b.Provision(t, "one", "basic")
	b.Provision(t, "two", "standard")
	one, at1 := bind(t, b, "one", "b", "basic")
	two, at2 := bind(t, b, "two", "b", "standard")
	must(t, put(t, one, at1.Bucket, "a/b/한글 이름.txt", 1000))
	refused(t, "writing a foreign bucket", put(t, two, at1.Bucket, "x", 1), "AccessDenied")
	_, err := two.StatObject(t.Context(), at1.Bucket, "a/b/한글 이름.txt", minio.StatObjectOptions{})
	if err == nil {
		t.Error("a foreign object can be seen")
	}
	_, err = two.CopyObject(t.Context(), minio.CopyDestOptions{Bucket: at2.Bucket, Object: "c"}, minio.CopySrcOptions{Bucket: at1.Bucket, Object: "a/b/한글 이름.txt"})
	refused(t, "copying from a foreign bucket", err, "AccessDenied")
	found, err := two.ListBuckets(t.Context())
	if err != nil || len(found) != 1 || found[0].Name != at2.Bucket {
		t.Errorf("buckets of two: %+v, %v", found, err)
	}
	if wrong := client(t, credentials{Endpoint: at1.Endpoint, Region: at1.Region, AccessKey: at1.AccessKey, SecretKey: "x"}); put(t, wrong, at1.Bucket, "x", 1) == nil {
		t.Error("a wrong secret opens the bucket")
	}
}

func TestAKeyCannotChangeWhoMayEnter(t *testing.T) {
	t.Parallel()
	b := testbroker.Start(t, "objects", kit.Config{})
	b.Provision(t, "i", "basic")
	s3, at := bind(t, b, "i", "b", "basic")
	must(t, put(t, s3, at.Bucket, "a", 10))
	public := `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"arn:aws:s3:::` + at.Bucket + `/*"}]}`
	for what, err := range map[string]error{
		"a public policy":    s3.SetBucketPolicy(t.Context(), at.Bucket, public),
		"another bucket":     s3.MakeBucket(t.Context(), "my-own-bucket", minio.MakeBucketOptions{}),
		"deleting a bucket":  s3.RemoveBucket(t.Context(), at.Bucket),
		"keeping versions":   s3.EnableVersioning(t.Context(), at.Bucket),
		"locking the bucket": s3.SetBucketObjectLockConfig(t.Context(), at.Bucket, nil, nil, nil),
	} {
		if err == nil {
			t.Errorf("%s: allowed", what)
		}
	}
	if err := put(t, s3, at.Bucket, "b", 10); err != nil {
		t.Errorf("the bucket afterwards: %v", err)
	}
}

func TestUploadsStopAtTheQuotaAndGoOnWhenThereIsRoom(t *testing.T) {
	t.Parallel()
	const quota = 20 << 20
	b := testbroker.Start(t, "objects", kit.Config{Quotas: map[string]int64{"basic": quota}})
	b.Provision(t, "i", "basic")
	s3, at := bind(t, b, "i", "b", "basic")
	for _, name := range []string{"a", "b", "c"} {
		must(t, put(t, s3, at.Bucket, name, 5<<20))
	}
	refused(t, "an object that does not fit", put(t, s3, at.Bucket, "d", 6<<20), "QuotaExceeded")
	must(t, put(t, s3, at.Bucket, "d", 5<<20))
	refused(t, "one byte past the quota", put(t, s3, at.Bucket, "e", 1), "QuotaExceeded")
	_, err := s3.CopyObject(t.Context(), minio.CopyDestOptions{Bucket: at.Bucket, Object: "copy"}, minio.CopySrcOptions{Bucket: at.Bucket, Object: "a"})
	refused(t, "a copy past the quota", err, "QuotaExceeded")
	must(t, s3.RemoveObject(t.Context(), at.Bucket, "a", minio.RemoveObjectOptions{}))
	_, err = s3.CopyObject(t.Context(), minio.CopyDestOptions{Bucket: at.Bucket, Object: "copy"}, minio.CopySrcOptions{Bucket: at.Bucket, Object: "b"})
	must(t, err)
	if held := onDisk(t, b, at.Bucket); held != quota {
		t.Errorf("the bucket holds %d bytes, want %d", held, quota)
	}
}

func TestPartsOfAnUploadCountAgainstTheQuota(t *testing.T) {
	t.Parallel()
	b := testbroker.Start(t, "objects", kit.Config{Quotas: map[string]int64{"basic": 12 << 20}})
	b.Provision(t, "i", "basic")
	s3, at := bind(t, b, "i", "b", "basic")
	core := minio.Core{Client: s3}
	upload, err := core.NewMultipartUpload(t.Context(), at.Bucket, "big", minio.PutObjectOptions{})
	must(t, err)
	var parts []minio.CompletePart
	for n := 1; n <= 2; n++ {
		part, err := core.PutObjectPart(t.Context(), at.Bucket, "big", upload, n, bytes.NewReader(make([]byte, 5<<20)), 5<<20, minio.PutObjectPartOptions{})
		must(t, err)
		parts = append(parts, minio.CompletePart{PartNumber: n, ETag: part.ETag})
	}
	_, err = core.PutObjectPart(t.Context(), at.Bucket, "big", upload, 3, bytes.NewReader(make([]byte, 5<<20)), 5<<20, minio.PutObjectPartOptions{})
	refused(t, "a part past the quota", err, "QuotaExceeded")
	_, err = core.CompleteMultipartUpload(t.Context(), at.Bucket, "big", upload, parts, minio.PutObjectOptions{})
	must(t, err)
	info, err := s3.StatObject(t.Context(), at.Bucket, "big", minio.StatObjectOptions{})
	if err != nil || info.Size != 10<<20 {
		t.Errorf("the object: %+v, %v", info, err)
	}
	must(t, put(t, s3, at.Bucket, "small", 2<<20))
	refused(t, "past the quota", put(t, s3, at.Bucket, "more", 1<<10), "QuotaExceeded")
}

func TestConcurrentUploadsCannotPassTheQuotaTogether(t *testing.T) {
	t.Parallel()
	const quota, size, clients = 10 << 20, 1 << 20, 8
	b := testbroker.Start(t, "objects", kit.Config{Quotas: map[string]int64{"basic": quota}})
	b.Provision(t, "i", "basic")
	s3, at := bind(t, b, "i", "b", "basic")
	results := make(chan error)
	for c := range clients {
		go func() {
			for n := range 4 {
				key := string(rune('a'+c)) + string(rune('0'+n))
				_, err := s3.PutObject(t.Context(), at.Bucket, key, bytes.NewReader(make([]byte, size)), size, minio.PutObjectOptions{})
				results <- err
			}
		}()
	}
	stored := 0
	for range clients * 4 {
		if err := <-results; err == nil {
			stored++
		} else {
			refused(t, "an upload", err, "QuotaExceeded")
		}
	}
	if held := onDisk(t, b, at.Bucket); held > quota || held != int64(stored)*size {
		t.Errorf("%d objects, %d bytes, quota %d", stored, held, quota)
	}
	for n := 0; stored < quota/size; n++ {
		must(t, put(t, s3, at.Bucket, "last"+string(rune('a'+n)), size))
		stored++
	}
	refused(t, "one more", put(t, s3, at.Bucket, "more", 1), "QuotaExceeded")
}

func onDisk(t *testing.T, b *testbroker.Broker, bucket string) int64 {
	t.Helper()
	var total int64
	must(t, filepath.Walk(filepath.Join(b.Config.DataDir, "objects", bucket), func(_ string, info os.FileInfo, err error) error {
		if err == nil && info.Mode().IsRegular() {
			total += info.Size()
		}
		return err
	}))
	return total
}

func TestAPlanChangeMovesTheQuota(t *testing.T) {
	t.Parallel()
	b := testbroker.Start(t, "objects", kit.Config{Quotas: map[string]int64{"basic": 1 << 20}})
	b.Provision(t, "i", "basic")
	s3, at := bind(t, b, "i", "b", "basic")
	refused(t, "past the small quota", put(t, s3, at.Bucket, "a", 2<<20), "QuotaExceeded")
	must(t, b.Update(t, "i", "standard"))
	must(t, put(t, s3, at.Bucket, "a", 2<<20))
	if err := b.Update(t, "i", "basic"); !osb.IsCode(err, "QuotaTooSmall") {
		t.Errorf("a plan smaller than what is held: %v", err)
	}
}

func TestUnbindingKillsTheKey(t *testing.T) {
	t.Parallel()
	b := testbroker.Start(t, "objects", kit.Config{})
	b.Provision(t, "i", "basic")
	old, at := bind(t, b, "i", "old", "basic")
	kept, atKept := bind(t, b, "i", "kept", "basic")
	if at.AccessKey == atKept.AccessKey || at.SecretKey == atKept.SecretKey {
		t.Error("two bindings share a key")
	}
	must(t, put(t, old, at.Bucket, "a", 10))
	b.Unbind(t, "i", "old", "basic")
	refused(t, "a revoked key", put(t, old, at.Bucket, "b", 10), "InvalidAccessKeyId")
	must(t, put(t, kept, at.Bucket, "b", 10))
}

func TestKillAndRestartKeepObjectsKeysAndQuota(t *testing.T) {
	t.Parallel()
	b := testbroker.Start(t, "objects", kit.Config{Quotas: map[string]int64{"basic": 1 << 20}})
	b.Provision(t, "i", "basic")
	s3, at := bind(t, b, "i", "b", "basic")
	content := []byte("kept over a kill")
	_, err := s3.PutObject(t.Context(), at.Bucket, "a", bytes.NewReader(content), int64(len(content)), minio.PutObjectOptions{ContentType: "text/plain"})
	must(t, err)
	must(t, put(t, s3, at.Bucket, "b", 600<<10))
	b.Kill(t)
	b.Restart(t)
	object, err := s3.GetObject(t.Context(), at.Bucket, "a", minio.GetObjectOptions{})
	must(t, err)
	got, err := io.ReadAll(object)
	if err != nil || !bytes.Equal(got, content) {
		t.Errorf("object %q, %v", got, err)
	}
	refused(t, "past the quota after a restart", put(t, s3, at.Bucket, "c", 600<<10), "QuotaExceeded")
}

func TestDeletionLeavesNothing(t *testing.T) {
	t.Parallel()
	b := testbroker.Start(t, "objects", kit.Config{})
	for _, plan := range []string{"basic", "standard"} {
		b.Provision(t, "i", plan)
		s3, at := bind(t, b, "i", "b", plan)
		must(t, put(t, s3, at.Bucket, "a/b/c", 1000))
		_, err := (minio.Core{Client: s3}).NewMultipartUpload(t.Context(), at.Bucket, "unfinished", minio.PutObjectOptions{})
		must(t, err)
		b.Deprovision(t, "i", plan)
		refused(t, "the key of a deleted bucket", put(t, s3, at.Bucket, "a", 1), "InvalidAccessKeyId")
		left, err := os.ReadDir(filepath.Join(b.Config.DataDir, "objects"))
		if err != nil || len(left) != 0 {
			t.Errorf("left %v, %v", left, err)
		}
	}
}

func TestUsageIsByteHoursRequestsAndTransfer(t *testing.T) {
	clock := testbroker.NewClock()
	b := testbroker.Serve(t, objects.Run, kit.Config{Now: clock.Now})
	b.Provision(t, "i", "basic")
	s3, at := bind(t, b, "i", "b", "basic")
	const size = 8 << 20
	must(t, put(t, s3, at.Bucket, "a", size))
	object, err := s3.GetObject(t.Context(), at.Bucket, "a", minio.GetObjectOptions{})
	must(t, err)
	_, err = io.Copy(io.Discard, object)
	must(t, err)
	b.Used(t, "i") // takes a sample: from here on the level is known
	clock.Advance(3 * time.Hour)
	must(t, s3.RemoveObject(t.Context(), at.Bucket, "a", minio.RemoveObjectOptions{}))
	b.Used(t, "i")
	clock.Advance(100 * time.Hour)
	used := b.Used(t, "i")
	least, most := big.NewRat(3*size, kit.GiB), big.NewRat(3*size+size/10, kit.GiB)
	if used["storage_gib_hours"].Cmp(least) < 0 || used["storage_gib_hours"].Cmp(most) > 0 {
		t.Errorf("storage %s, want about %s", used["storage_gib_hours"].FloatString(9), least.FloatString(9))
	}
	if moved := used["transfer_gib"]; moved.Cmp(big.NewRat(2*size, kit.GiB)) != 0 {
		t.Errorf("transfer %s, want in and out once each", moved.FloatString(9))
	}
	if requests := used["requests"]; !requests.IsInt() || requests.Num().Int64() < 3 {
		t.Errorf("requests %s", requests.FloatString(3))
	}
}

func TestTheVersionInTheCatalogueIsTheOneBuiltIn(t *testing.T) {
	t.Parallel()
	raw, err := os.ReadFile("../../go.mod")
	if errors.Is(err, os.ErrNotExist) {
		t.Skip("go.mod is not here")
	}
	must(t, err)
	if !strings.Contains(string(raw), "github.com/versity/versitygw v"+objects.GatewayVersion) {
		t.Errorf("go.mod has another version than %s", objects.GatewayVersion)
	}
}
