package osb

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"net/http"
)

// BasicAuth authenticates one user and password by HTTP basic authentication, in constant time.
func BasicAuth(user string, password Secret) func(*http.Request) (context.Context, error) {
	wantUser, wantPassword := sha256.Sum256([]byte(user)), sha256.Sum256([]byte(password.Reveal()))
	return func(r *http.Request) (context.Context, error) {
		givenUser, givenPassword, ok := r.BasicAuth()
		u, p := sha256.Sum256([]byte(givenUser)), sha256.Sum256([]byte(givenPassword))
		if subtle.ConstantTimeCompare(u[:], wantUser[:])&subtle.ConstantTimeCompare(p[:], wantPassword[:]) != 1 || !ok {
			return nil, errors.New("wrong user or password")
		}
		return r.Context(), nil
	}
}
