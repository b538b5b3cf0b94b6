package objects

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/versity/versitygw/backend/meta"
	"github.com/versity/versitygw/backend/posix"
	"github.com/versity/versitygw/embedgw"
	"github.com/versity/versitygw/s3api"
	"github.com/versity/versitygw/s3err"

	"naru/broker/kit"
	"naru/wire/osb"
)

const (
	region         = "us-east-1" // what S3 clients sign for when nobody tells them
	maxConnections = 4096
	maxRequests    = 1024
	maxParts       = 10000
	maxCopy        = 5 << 30
	startPatience  = 30 * time.Second
)

// engine is one gateway over one folder; buckets and keys are the broker's, not the gateway's.
type engine struct {
	config kit.Config
	ledger *kit.Ledger
	root   string // an access key that is known to nobody
	dir    string
	url    string
	stop   context.CancelFunc
	ended  chan struct{}
	failed error

	mu      sync.RWMutex
	buckets map[string]*bucket // by name
	keys    map[string]key     // by access key
}

// key is one binding.
type key struct {
	secret string
	bucket *bucket
}

// credentials are what a binding tells an application.
type credentials struct {
	URI       string `json:"uri"`
	Endpoint  string `json:"endpoint"`
	Region    string `json:"region"`
	Bucket    string `json:"bucket"`
	AccessKey string `json:"access_key_id"`
	SecretKey string `json:"secret_access_key"`
	PathStyle bool   `json:"path_style"`
}

func newEngine(c kit.Config, l *kit.Ledger) *engine {
	return &engine{
		config: c, ledger: l, root: "root" + kit.NewPassword(), dir: filepath.Join(c.DataDir, "objects"),
		ended: make(chan struct{}), buckets: map[string]*bucket{}, keys: map[string]key{},
	}
}

// Restore opens the buckets it had, then starts the gateway.
func (e *engine) Restore(ctx context.Context, held []kit.Held) error {
	for _, h := range held {
		b := e.put(h.Instance)
		for _, g := range h.Grants {
			var c credentials
			if err := json.Unmarshal(g.Binding.Credentials, &c); err != nil {
				return fmt.Errorf("binding: %w", err)
			}
			e.keys[c.AccessKey] = key{secret: c.SecretKey, bucket: b}
		}
	}
	return e.start(ctx)
}

// start runs the gateway and waits until it listens.
func (e *engine) start(ctx context.Context) error {
	if err := os.MkdirAll(e.dir, 0o700); err != nil {
		return fmt.Errorf("objects: %w", err)
	}
	port, err := kit.KeptPort(ctx, e.config, "s3")
	if err != nil {
		return err
	}
	address := net.JoinHostPort(e.config.Host(), strconv.Itoa(port))
	e.url = "http://" + address
	folder, err := e.folder()
	if err != nil {
		return err
	}
	running, stop := context.WithCancel(context.WithoutCancel(ctx))
	e.stop = stop
	listening := make(chan struct{})
	go func() {
		defer close(e.ended)
		e.failed = embedgw.RunVersityGW(running, &gate{Backend: folder, engine: e}, &embedgw.Config{
			RootUserAccess: e.root, RootUserSecret: kit.NewPassword(), Region: region, Ports: []string{address},
			MaxConnections: maxConnections, MaxRequests: maxRequests, MultipartMaxParts: maxParts, Quiet: true, KeepAlive: true,
			IAMService: keys{e}, S3Options: []s3api.Option{s3api.WithOnListen(sync.OnceFunc(func() { close(listening) }))},
		})
	}()
	late := time.NewTimer(startPatience)
	defer late.Stop()
	select {
	case <-listening:
		return nil
	case <-e.ended:
		return fmt.Errorf("objects: the gateway did not start at %s: %w", address, cmp.Or(e.failed, errors.New("it ended")))
	case <-late.C:
		return errors.Join(fmt.Errorf("objects: the gateway did not start at %s in %s", address, startPatience), e.Close())
	}
}

// folder is the gateway's backend; object metadata lies in extended attributes where the file system has
// them, else in a folder beside.
func (e *engine) folder() (*posix.Posix, error) {
	var store meta.MetadataStorer = meta.XattrMeta{}
	opts := posix.PosixOpts{
		NewDirPerm: 0o700, NewFilePerm: 0o600, ValidateBucketNames: true, ForceNoObjLockFile: true,
		CopyObjectThreshold: maxCopy,
	}
	if (meta.XattrMeta{}).Test(e.dir) != nil {
		beside := filepath.Join(e.config.DataDir, "metadata")
		if err := os.MkdirAll(beside, 0o700); err != nil {
			return nil, fmt.Errorf("objects: %w", err)
		}
		sidecar, err := meta.NewSideCar(beside)
		if err != nil {
			return nil, fmt.Errorf("objects: %w", err)
		}
		store, opts.SideCarDir = sidecar, beside
	}
	folder, err := posix.New(e.dir, store, opts)
	if err != nil {
		return nil, fmt.Errorf("objects: %w", err)
	}
	return folder, nil
}

func bucketName(i kit.Instance) string { return "naru-" + i.Key }

// put makes the account of the instance's bucket.
func (e *engine) put(i kit.Instance) *bucket {
	name := bucketName(i)
	b := newBucket(&bucket{
		name: name, dir: filepath.Join(e.dir, name), quota: i.Plan.QuotaBytes,
		count: func(meter string, amount int64) { e.ledger.Add(i.ID, meter, amount) },
	})
	e.mu.Lock()
	defer e.mu.Unlock()
	e.buckets[name] = b
	return b
}

// Create makes the bucket.
func (e *engine) Create(_ context.Context, i kit.Instance) error {
	if err := os.MkdirAll(filepath.Join(e.dir, bucketName(i)), 0o700); err != nil {
		return fmt.Errorf("bucket: %w", err)
	}
	e.put(i)
	return nil
}

// Resize changes the quota; what the bucket holds must fit.
func (e *engine) Resize(_ context.Context, i kit.Instance) error {
	b, err := e.bucket(i)
	if err != nil {
		return err
	}
	held, fits, err := b.resize(i.Plan.QuotaBytes)
	if err == nil && !fits {
		return osb.Unprocessable("QuotaTooSmall", fmt.Sprintf(
			"the bucket holds %d bytes, the plan allows %d: delete objects first", held, i.Plan.QuotaBytes))
	}
	return err
}

// Destroy ends the keys, waits for requests inside, and removes the bucket with everything in it.
func (e *engine) Destroy(ctx context.Context, i kit.Instance) error {
	name := bucketName(i)
	e.mu.Lock()
	b := e.buckets[name]
	for access, k := range e.keys {
		if k.bucket == b {
			delete(e.keys, access)
		}
	}
	e.mu.Unlock()
	if b != nil {
		if err := b.shut(ctx); err != nil {
			return err
		}
	}
	err := errors.Join(os.RemoveAll(filepath.Join(e.dir, name)), os.RemoveAll(filepath.Join(e.config.DataDir, "metadata", name)))
	if err != nil {
		return fmt.Errorf("bucket: %w", err)
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	delete(e.buckets, name)
	return nil
}

// Grant makes a key that opens the bucket.
func (e *engine) Grant(_ context.Context, i kit.Instance, g kit.Grant) (osb.Binding, error) {
	b, err := e.bucket(i)
	if err != nil {
		return osb.Binding{}, err
	}
	c := credentials{
		Endpoint: e.url, Region: region, Bucket: b.name, AccessKey: g.Key, SecretKey: kit.NewPassword(), PathStyle: true,
		URI: e.url + "/" + b.name,
	}
	raw, err := json.Marshal(c)
	if err != nil {
		return osb.Binding{}, fmt.Errorf("binding: %w", err)
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.keys[c.AccessKey] = key{secret: c.SecretKey, bucket: b}
	return osb.Binding{Credentials: raw}, nil
}

// Revoke ends a key; requests that it signed before may still end.
func (e *engine) Revoke(_ context.Context, _ kit.Instance, g kit.Grant) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	delete(e.keys, g.Key)
	return nil
}

// Sample tells the ledger what the bucket holds.
func (e *engine) Sample(_ context.Context, i kit.Instance) error {
	b, err := e.bucket(i)
	if err != nil {
		return err
	}
	held, err := b.walk()
	if err != nil {
		return err
	}
	e.ledger.SetLevel(i.ID, meterStorage, held)
	return nil
}

// Done is closed when the gateway ended by itself.
func (e *engine) Done() <-chan struct{} { return e.ended }

// Close stops the gateway.
func (e *engine) Close() error {
	if e.stop == nil {
		return nil
	}
	e.stop()
	<-e.ended
	return e.failed
}

func (e *engine) bucket(i kit.Instance) (*bucket, error) {
	name := bucketName(i)
	return e.bucketNamed(&name)
}

// bucketNamed finds a bucket as requests name it.
func (e *engine) bucketNamed(name *string) (*bucket, error) {
	if name == nil {
		return nil, s3err.GetAPIError(s3err.ErrInvalidBucketName)
	}
	e.mu.RLock()
	defer e.mu.RUnlock()
	b := e.buckets[*name]
	if b == nil {
		return nil, s3err.GetBucketErr(s3err.ErrNoSuchBucket, *name)
	}
	return b, nil
}

// bucketOf finds the bucket that a key opens, or nil.
func (e *engine) bucketOf(access string) *bucket {
	e.mu.RLock()
	defer e.mu.RUnlock()
	return e.keys[access].bucket
}

// keysOf lists the keys of a bucket.
func (e *engine) keysOf(b *bucket) []string {
	e.mu.RLock()
	defer e.mu.RUnlock()
	var list []string
	for access, k := range e.keys {
		if k.bucket == b {
			list = append(list, access)
		}
	}
	slices.Sort(list)
	return list
}

func (e *engine) secretOf(access string) (string, bool) {
	e.mu.RLock()
	defer e.mu.RUnlock()
	k, ok := e.keys[access]
	return k.secret, ok
}
