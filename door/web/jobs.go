package web

import (
	"context"
	"sync"
	"time"

	"naru"
	"naru/flow/inventory"
)

// The bounds of readings kept for people: enough to come back from lunch, few enough
// that files cannot fill the memory.
const (
	jobsPerUser = 2
	jobsInAll   = 16
	jobLife     = 2 * time.Hour
)

// stage is how far an import has come.
type stage string

const (
	reading   stage = "reading"
	comparing stage = "comparing"
	ready     stage = "ready" // the preview waits for a yes
	writing   stage = "writing"
	written   stage = "written"
	failed    stage = "failed"
)

// job is one import on its way: the rows of one file between upload and confirmation.
// Nothing of it is stored until it is confirmed; after a restart the file is sent again.
type job struct {
	ID, User, File string
	Size           int64
	Begun          time.Time

	mu     sync.Mutex
	stage  stage
	rows   int // read so far
	input  inventory.ImportIn
	report inventory.Report
	err    error
	done   chan struct{} // closed when the present stage ends
}

// state is a copy of a job that a page can show.
type state struct {
	ID, File string
	Size     int64
	Stage    stage
	Rows     int
	Report   inventory.Report
	Err      error
}

func (j *job) state() state {
	j.mu.Lock()
	defer j.mu.Unlock()
	return state{ID: j.ID, File: j.File, Size: j.Size, Stage: j.stage, Rows: j.rows, Report: j.report, Err: j.err}
}

// busy reports whether work goes on in the background.
func (s state) Busy() bool { return s.Stage == reading || s.Stage == comparing || s.Stage == writing }

func (j *job) progress(rows int) {
	j.mu.Lock()
	j.rows = rows
	j.mu.Unlock()
}

func (j *job) enter(s stage) {
	j.mu.Lock()
	j.stage = s
	j.mu.Unlock()
}

// previewed ends the reading with what an import would do.
func (j *job) previewed(rows []inventory.Row, r inventory.Report, err error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.input = inventory.ImportIn{Rows: rows, Source: j.File}
	j.report, j.err, j.stage = r, err, ready
	if err != nil {
		j.stage = failed
	}
	close(j.done)
}

// begin starts the writing; false when it is already under way or done, so that two
// clicks import once.
func (j *job) begin(skip bool) (inventory.ImportIn, bool) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.stage != ready {
		return inventory.ImportIn{}, false
	}
	j.stage, j.done = writing, make(chan struct{})
	in := j.input
	in.SkipRefused = skip
	return in, true
}

// finish ends the writing; after a refusal the preview stands as it was.
func (j *job) finish(r inventory.Report, err error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.err = err
	if err == nil {
		j.report, j.stage, j.input.Rows = r, written, nil
	} else {
		j.stage = ready
	}
	close(j.done)
}

func (j *job) faults() []naru.Problem {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.report.Problems
}

// wait returns when the present stage ends or after a moment, so that small files need
// no page in between.
func (j *job) wait(ctx context.Context, moment time.Duration) {
	j.mu.Lock()
	done := j.done
	j.mu.Unlock()
	timer := time.NewTimer(moment)
	defer timer.Stop()
	select {
	case <-done:
	case <-timer.C:
	case <-ctx.Done():
	}
}

// jobs keeps the imports under way, each for the person who began it.
type jobs struct {
	mu   sync.Mutex
	all  map[string]*job
	work sync.WaitGroup
	ctx  context.Context // ends with the door; work in the background hangs on it
	stop context.CancelFunc
}

func newJobs() *jobs {
	ctx, stop := context.WithCancel(context.Background())
	return &jobs{all: make(map[string]*job), ctx: ctx, stop: stop}
}

func (js *jobs) close() {
	js.stop()
	js.work.Wait()
}

// add keeps a new job and lets go of the oldest of the same person; it refuses when
// too many people import at once.
func (js *jobs) add(j *job) error {
	js.mu.Lock()
	defer js.mu.Unlock()
	var own []*job
	for id, other := range js.all {
		busy := other.state().Busy()
		switch {
		case !busy && j.Begun.Sub(other.Begun) > jobLife:
			delete(js.all, id)
		case other.User == j.User && !busy:
			own = append(own, other)
		}
	}
	for len(own) >= jobsPerUser {
		oldest := 0
		for i := range own {
			if own[i].Begun.Before(own[oldest].Begun) {
				oldest = i
			}
		}
		delete(js.all, own[oldest].ID)
		own = append(own[:oldest], own[oldest+1:]...)
	}
	if len(js.all) >= jobsInAll {
		return naru.NewError(naru.Unavailable, "web.import.crowded")
	}
	js.all[j.ID] = j
	return nil
}

// find returns a job of a person; another's is as unknown as one that does not exist.
func (js *jobs) find(id, user string) (*job, error) {
	js.mu.Lock()
	defer js.mu.Unlock()
	j := js.all[id]
	if j == nil || j.User != user {
		return nil, naru.NewError(naru.NotFound, "web.import.gone")
	}
	return j, nil
}

func (js *jobs) drop(id string) {
	js.mu.Lock()
	delete(js.all, id)
	js.mu.Unlock()
}

// run does work in the background that ends with the door.
func (js *jobs) run(work func(ctx context.Context)) {
	js.work.Go(func() { work(js.ctx) })
}
