package main

import (
	"io"
	"net/http"
	"strconv"
)

// inProcess sends requests to a handler of this process, so that the command line works
// on a data folder through the same door as on a server.
type inProcess struct{ handler http.Handler }

// RoundTrip implements http.RoundTripper. The answer is streamed.
func (t inProcess) RoundTrip(req *http.Request) (*http.Response, error) {
	read, write := io.Pipe()
	w := &pipeWriter{header: http.Header{}, pipe: write, ready: make(chan int, 1)}
	in := req.Clone(req.Context())
	in.RequestURI = req.URL.RequestURI()
	if in.Body == nil {
		in.Body = http.NoBody
	}
	go func() {
		defer func() {
			if p := recover(); p != nil {
				w.WriteHeader(http.StatusInternalServerError)
				_ = write.CloseWithError(io.ErrUnexpectedEOF) // never fails
			}
		}()
		t.handler.ServeHTTP(w, in)
		w.WriteHeader(http.StatusOK)
		_ = write.Close() // never fails
	}()
	status := <-w.ready
	return &http.Response{
		Status: strconv.Itoa(status) + " " + http.StatusText(status), StatusCode: status, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: w.sent, Body: read, ContentLength: -1, Request: req,
	}, nil
}

// pipeWriter is the response of an in-process request.
type pipeWriter struct {
	header, sent http.Header
	pipe         *io.PipeWriter
	ready        chan int
}

func (w *pipeWriter) Header() http.Header { return w.header }

func (w *pipeWriter) WriteHeader(status int) {
	if w.sent == nil {
		w.sent = w.header.Clone()
		w.ready <- status
	}
}

func (w *pipeWriter) Write(b []byte) (int, error) {
	w.WriteHeader(http.StatusOK)
	return w.pipe.Write(b)
}
