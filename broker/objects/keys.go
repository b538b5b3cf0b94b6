package objects

import (
	"github.com/versity/versitygw/auth"
	"github.com/versity/versitygw/s3err"
)

// keys are the accounts of the gateway: one per binding, known to this process only. It is the gateway's
// auth.IAMService; accounts change through OSB and in no other way.
type keys struct{ engine *engine }

var _ auth.IAMService = keys{}

// GetUserAccount finds the key that signed a request.
func (k keys) GetUserAccount(access string) (auth.Account, error) {
	secret, ok := k.engine.secretOf(access)
	if !ok {
		return auth.Account{}, auth.ErrNoSuchUser
	}
	return auth.Account{Access: access, Secret: secret, Role: auth.RoleUser}, nil
}

// ResolveAccounts returns the keys that do not exist.
func (k keys) ResolveAccounts(access []string) ([]string, error) {
	missing := []string{}
	for _, a := range access {
		if _, ok := k.engine.secretOf(a); !ok {
			missing = append(missing, a)
		}
	}
	return missing, nil
}

func notHere() error { return s3err.GetAPIError(s3err.ErrAdminMethodNotSupported) }

// CreateAccount refuses: keys are made by binding.
func (k keys) CreateAccount(auth.Account) error { return notHere() }

// UpdateUserAccount refuses: keys are replaced by a second binding.
func (k keys) UpdateUserAccount(string, auth.MutableProps) error { return notHere() }

// DeleteUserAccount refuses: keys end by unbinding.
func (k keys) DeleteUserAccount(string) error { return notHere() }

// ListUserAccounts refuses: nobody may list keys.
func (k keys) ListUserAccounts() ([]auth.Account, error) { return nil, notHere() }

// Shutdown has nothing to do.
func (k keys) Shutdown() error { return nil }
