package fault

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"

	"naru/wire/osb"
)

// Admin serves the switch:
//
//	GET    /modes      every mode with what it does
//	GET    /faults     what is on
//	PUT    /faults     puts one fault on: {"operation":"provision","mode":"drop_after","times":1}
//	DELETE /faults     takes all off
//	GET    /instances  what the broker holds
//	GET    /requests   how many requests came, by operation
//
// It asks for no password and must listen on loopback only. A request of a web page is refused.
func (s *Server) Admin() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /modes", func(w http.ResponseWriter, _ *http.Request) { tell(w, http.StatusOK, Modes()) })
	mux.HandleFunc("GET /faults", func(w http.ResponseWriter, _ *http.Request) { tell(w, http.StatusOK, s.board.list()) })
	mux.HandleFunc("PUT /faults", s.putFault)
	mux.HandleFunc("DELETE /faults", func(w http.ResponseWriter, _ *http.Request) {
		s.board.clear()
		tell(w, http.StatusOK, s.board.list())
	})
	mux.HandleFunc("GET /requests", func(w http.ResponseWriter, _ *http.Request) { tell(w, http.StatusOK, s.board.counted()) })
	mux.HandleFunc("GET /instances", func(w http.ResponseWriter, r *http.Request) {
		list, err := s.Broker.ListInstances(r.Context(), osb.ListRequest{})
		if err != nil {
			complain(w, http.StatusInternalServerError, "the broker cannot be read")
			return
		}
		tell(w, http.StatusOK, list)
	})
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Origin") != "" || strings.HasPrefix(r.Header.Get("Sec-Fetch-Site"), "cross") {
			complain(w, http.StatusForbidden, "not for web pages")
			return
		}
		mux.ServeHTTP(w, r)
	})
}

func (s *Server) putFault(w http.ResponseWriter, r *http.Request) {
	raw, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 1<<16))
	var f Fault
	if err == nil {
		err = json.Unmarshal(raw, &f)
	}
	if err == nil {
		err = s.board.set(f)
	}
	if err != nil {
		complain(w, http.StatusBadRequest, err.Error())
		return
	}
	tell(w, http.StatusOK, s.board.list())
}

func complain(w http.ResponseWriter, status int, text string) {
	tell(w, status, map[string]string{"description": text})
}

func tell(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", jsonType)
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v) // the caller went away: nothing is left to tell it
}
