package rest

import (
	"encoding/json"
	"net/http"

	"naru"
	"naru/wire/api"
)

// maxSignIn bounds the body of a sign-in.
const maxSignIn = 4 << 10

// signIn exchanges a name and a password for a token, which is shown once.
func (s *server) signIn(w http.ResponseWriter, r *http.Request) {
	c := s.Runner.CallFor(naru.Actor{})
	var in api.SignIn
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxSignIn)).Decode(&in); err != nil {
		s.refuse(w, r, c, unreadable(err))
		return
	}
	token, ends, err := s.Issue(r.Context(), in.User, naru.NewSecret(in.Password))
	if err != nil {
		s.refuse(w, r, c, err)
		return
	}
	s.answer(w, c, api.SignedIn{Token: token, Ends: ends})
}
