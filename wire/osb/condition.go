package osb

import (
	"net/http"
	"strconv"
	"strings"
	"time"
)

// ETagMatches reports whether an If-None-Match header names the entity tag: one tag or a list of
// them, weak or strong, or "*" for any (RFC 9110, section 13.1.2: weak comparison).
func ETagMatches(header, etag string) bool {
	if etag == "" {
		return false
	}
	if strings.TrimSpace(header) == "*" {
		return true
	}
	for rest := header; rest != ""; {
		rest = strings.TrimLeft(rest, " \t,")
		tag := strings.TrimPrefix(rest, "W/")
		if !strings.HasPrefix(tag, `"`) {
			return false
		}
		end := strings.IndexByte(tag[1:], '"')
		if end < 0 {
			return false
		}
		if tag[:end+2] == strings.TrimPrefix(etag, "W/") {
			return true
		}
		rest = tag[end+2:]
	}
	return false
}

// notModified decides a conditional request: If-None-Match counts before If-Modified-Since.
func notModified(r *http.Request, etag string, changed time.Time) bool {
	if header := r.Header.Get("If-None-Match"); header != "" {
		return ETagMatches(header, etag)
	}
	since, err := http.ParseTime(r.Header.Get("If-Modified-Since"))
	return err == nil && !changed.IsZero() && !changed.Truncate(time.Second).After(since)
}

// maxRetryAfter bounds what a broker can make a platform wait: a month is an error.
const maxRetryAfter = 31 * 24 * time.Hour

// retryAfter reads Retry-After: seconds, or a date, which counts from the answer's own Date so that
// the two clocks need not agree. 0 means that there is none.
func retryAfter(h http.Header) time.Duration {
	text := strings.TrimSpace(h.Get("Retry-After"))
	if seconds, err := strconv.ParseInt(text, 10, 64); err == nil {
		return bounded(seconds)
	}
	at, err := http.ParseTime(text)
	if err != nil {
		return 0
	}
	now, err := http.ParseTime(h.Get("Date"))
	if err != nil {
		return 0
	}
	return bounded(int64(at.Sub(now) / time.Second))
}

func bounded(seconds int64) time.Duration {
	if seconds <= 0 {
		return 0
	}
	return time.Duration(min(seconds, int64(maxRetryAfter/time.Second))) * time.Second
}
