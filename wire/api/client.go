package api

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
)

// Client calls a naru server. The zero HTTP client is http.DefaultClient.
type Client struct {
	URL   string // "http://127.0.0.1:8080"
	Token string
	Lang  string // "ko" or "en": the language of errors
	HTTP  *http.Client
}

// maxAnswer bounds what is read of an answer that is no download.
const maxAnswer = 256 << 20

// Do runs an operation by name: in is sent by the route's method, the answer is
// decoded into out, which may be nil. A refusal comes back as *Problem.
func (c *Client) Do(ctx context.Context, op string, in, out any) error {
	route, ok := Find(op)
	if !ok {
		return fmt.Errorf("%s has no route", op)
	}
	return c.do(ctx, route, in, out)
}

// SignIn exchanges a name and a password for a token.
func (c *Client) SignIn(ctx context.Context, in SignIn) (SignedIn, error) {
	var out SignedIn
	err := c.do(ctx, Route{Op: "access.sign_in", Method: http.MethodPost, Path: SignInPath}, in, &out)
	return out, err
}

func (c *Client) do(ctx context.Context, route Route, in, out any) error {
	req, err := c.request(ctx, route, in)
	if err != nil {
		return fmt.Errorf("%s: %w", route.Op, err)
	}
	body, err := c.send(req)
	if err != nil {
		return err
	}
	defer body.Close()
	if out == nil {
		return nil
	}
	if err := json.NewDecoder(io.LimitReader(body, maxAnswer)).Decode(out); err != nil {
		return fmt.Errorf("answer of %s: %w", route.Op, err)
	}
	return nil
}

// FileImport says how a file is to be imported.
type FileImport struct {
	Name        string // the file's name, for messages and to tell CSV from TSV
	Mapping     string // name of a mapping that ships, "" = systems
	MappingFile []byte // or a mapping file of one's own
	DryRun      bool
	SkipRefused bool
	Synthetic   bool
}

// MappingHeader carries a mapping file of the caller's own, as base64.
const MappingHeader = "Naru-Mapping"

// Query returns the parameters of the import route.
func (f FileImport) Query() url.Values {
	q := url.Values{}
	q.Set("name", f.Name)
	if f.Mapping != "" {
		q.Set("mapping", f.Mapping)
	}
	for name, on := range map[string]bool{"dry_run": f.DryRun, "skip_refused": f.SkipRefused, "synthetic": f.Synthetic} {
		if on {
			q.Set(name, "true")
		}
	}
	return q
}

// Import sends a file of size bytes and decodes the report into out.
func (c *Client) Import(ctx context.Context, f FileImport, body io.Reader, size int64, out any) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.URL+ImportPath+"?"+f.Query().Encode(), body)
	if err != nil {
		return err
	}
	req.ContentLength = size
	req.Header.Set("Content-Type", "application/octet-stream")
	if len(f.MappingFile) > 0 {
		req.Header.Set(MappingHeader, encodeMapping(f.MappingFile))
	}
	answer, err := c.send(req)
	if err != nil {
		return err
	}
	defer answer.Close()
	return json.NewDecoder(io.LimitReader(answer, maxAnswer)).Decode(out)
}

// Download copies what a path of the server gives to w.
func (c *Client) Download(ctx context.Context, path string, w io.Writer) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, c.URL+path, nil)
	if err != nil {
		return err
	}
	body, err := c.send(req)
	if err != nil {
		return err
	}
	defer body.Close()
	_, err = io.Copy(w, body)
	return err
}

// request puts the input where the route wants it: path, then query or body.
func (c *Client) request(ctx context.Context, route Route, in any) (*http.Request, error) {
	fields, err := toFields(in)
	if err != nil {
		return nil, err
	}
	path := route.Path
	for _, name := range route.Params() {
		var value string
		if value, err = scalar(fields[name]); err != nil || value == "" {
			return nil, fmt.Errorf("%s is needed", name)
		}
		path = strings.Replace(path, "{"+name+"}", url.PathEscape(value), 1)
		delete(fields, name)
	}
	if route.Method == http.MethodGet {
		query, err := toQuery(fields)
		if err != nil {
			return nil, err
		}
		if query != "" {
			path += "?" + query
		}
		return http.NewRequestWithContext(ctx, route.Method, c.URL+path, nil)
	}
	body, err := json.Marshal(fields)
	if err != nil {
		return nil, err
	}
	req, err := http.NewRequestWithContext(ctx, route.Method, c.URL+path, bytes.NewReader(body))
	if err == nil {
		req.Header.Set("Content-Type", "application/json")
	}
	return req, err
}

func toFields(in any) (map[string]json.RawMessage, error) {
	fields := map[string]json.RawMessage{}
	if in == nil {
		return fields, nil
	}
	data, err := json.Marshal(in)
	if err != nil {
		return nil, err
	}
	return fields, json.Unmarshal(data, &fields)
}

func toQuery(fields map[string]json.RawMessage) (string, error) {
	q := url.Values{}
	for name, raw := range fields {
		value, err := scalar(raw)
		if err != nil {
			return "", fmt.Errorf("field %s: %w", name, err)
		}
		if value != "" {
			q.Set(name, value)
		}
	}
	return q.Encode(), nil
}

// scalar turns a JSON text, number or truth value into its plain form; what is empty,
// null, zero or false is left out of a query.
func scalar(raw json.RawMessage) (string, error) {
	var v any
	if len(raw) == 0 {
		return "", nil
	}
	if err := json.Unmarshal(raw, &v); err != nil {
		return "", err
	}
	switch v := v.(type) {
	case nil:
		return "", nil
	case string:
		return v, nil
	case bool:
		if v {
			return "true", nil
		}
		return "", nil
	case float64:
		if v == 0 {
			return "", nil
		}
		return strconv.FormatFloat(v, 'f', -1, 64), nil
	}
	return "", fmt.Errorf("%s cannot stand in a query", raw)
}

// send adds who asks and in which language, and turns a refusal into *Problem.
func (c *Client) send(req *http.Request) (io.ReadCloser, error) {
	if c.Token != "" {
		req.Header.Set("Authorization", "Bearer "+c.Token)
	}
	if c.Lang != "" {
		req.Header.Set("Accept-Language", c.Lang)
	}
	client := c.HTTP
	if client == nil {
		client = http.DefaultClient
	}
	resp, err := client.Do(req)
	if err != nil {
		return nil, err
	}
	if resp.StatusCode < 300 {
		return resp.Body, nil
	}
	defer resp.Body.Close()
	p := &Problem{Status: resp.StatusCode, Title: resp.Status}
	if strings.HasPrefix(resp.Header.Get("Content-Type"), ProblemType) {
		if err := json.NewDecoder(io.LimitReader(resp.Body, maxAnswer)).Decode(p); err != nil {
			return nil, fmt.Errorf("answer %s: %w", resp.Status, err)
		}
	}
	return nil, p
}
