package cli

import (
	"fmt"
	"io"
)

// progress shows on a terminal how much of a file has been sent.
func (a *App) progress(r io.Reader, size int64) io.Reader {
	if !a.Terminal || size < 1<<16 {
		return r
	}
	return &meter{app: a, r: r, size: size}
}

type meter struct {
	app         *App
	r           io.Reader
	done, size  int64
	lastPercent int64
}

// Read passes bytes on and redraws the line once per percent.
func (m *meter) Read(b []byte) (int, error) {
	n, err := m.r.Read(b)
	m.done += int64(n)
	if percent := m.done * 100 / max(m.size, 1); percent != m.lastPercent {
		m.lastPercent = percent
		fmt.Fprintf(m.app.Err, "\r%s %3d%%", m.app.T("sending"), percent)
		if percent >= 100 {
			fmt.Fprintln(m.app.Err, " "+m.app.T("reading"))
		}
	}
	return n, err
}
