package osb

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// exchange sends and decodes: the answer must have one of the statuses and be a JSON object.
func (c *Client) exchange(ctx context.Context, k call, v any, statuses ...int) (reply, error) {
	r, err := c.send(ctx, k)
	if err != nil {
		return reply{}, err
	}
	if !slices.Contains(statuses, r.status) {
		return reply{}, refusal(k.op, r)
	}
	if !isObject(r.body) {
		return reply{}, malformed(k.op, r.status, "body is not a JSON object")
	}
	if !utf8.Valid(r.body) {
		return reply{}, malformed(k.op, r.status, "body is not UTF-8")
	}
	if name := repeatedField(r.body); name != "" {
		return reply{}, malformed(k.op, r.status, fmt.Sprintf("field %q stands twice", name))
	}
	if err := json.Unmarshal(r.body, v); err != nil {
		return reply{}, malformed(k.op, r.status, "a field has the wrong type")
	}
	return r, nil
}

// checkAsync refuses a 202 nobody asked for and an operation that is too long.
func checkAsync(op Operation, status int, accepted bool, operation string) error {
	if status == 202 && !accepted {
		return malformed(op, status, "202 without accepts_incomplete=true")
	}
	if tooLong(operation) {
		return malformed(op, status, "operation is longer than 10,000 characters")
	}
	if strings.ContainsRune(operation, 0) { // nothing that keeps text keeps it
		return malformed(op, status, "operation holds a NUL")
	}
	return nil
}

// tooLong reports an operation of more than 10,000 characters.
func tooLong(operation string) bool {
	return len(operation) > maxOperation && utf8.RuneCountInString(operation) > maxOperation
}

// checkBinding holds an answer that carries a binding to section "Binding".
func checkBinding(op Operation, status int, b *Binding) error {
	if isAbsent(b.Credentials) {
		b.Credentials = nil
	}
	if status == 202 && b.Credentials != nil {
		return malformed(op, status, "a 202 must not carry credentials")
	}
	if err := b.Check(); err != nil {
		return malformed(op, status, err.Error())
	}
	return nil
}

// pollAnswer decodes both last_operation answers.
func (c *Client) pollAnswer(ctx context.Context, k call) (LastOperationResponse, error) {
	var response LastOperationResponse
	r, err := c.exchange(ctx, k, &response, 200)
	if err != nil {
		return LastOperationResponse{}, err
	}
	switch response.State {
	case InProgress, Succeeded, Failed:
	default:
		return LastOperationResponse{}, malformed(k.op, r.status, "state is not one of the specification")
	}
	if response.State != Failed {
		response.InstanceUsable, response.UpdateRepeatable = nil, nil
	}
	response.RetryAfter = retryAfter(r.header)
	return response, nil
}
