package store

import (
	"context"

	"naru"
	"naru/base/identity"
	"naru/flow/access"
)

const platformColumns = `a.id, a.name, a.institution, COALESCE(i.name, ''), a.disabled, a.created_at`

const platformRows = ` FROM account a LEFT JOIN institution i ON i.id = a.institution WHERE a.role = '` + string(identity.Platform) + `'`

func scanPlatform(s scanner) (p access.Platform, err error) {
	var created int64
	err = s.Scan(&p.User, &p.Name, &p.Institution, &p.InstitutionName, &p.Disabled, &created)
	p.CreatedAt = instant(created)
	return p, err
}

// Platforms implements access.PlatformStore.
func (tx *Tx) Platforms(ctx context.Context, institution string, p naru.Page) (naru.List[access.Platform], error) {
	const q = `SELECT ` + platformColumns + platformRows + ` AND ($1 = '' OR a.institution = $1) AND a.id > $2 ORDER BY a.id LIMIT $3`
	rows, err := collect(ctx, tx, scanPlatform, q, institution, p.After, p.Size()+1)
	return page(rows, p, func(v access.Platform) string { return v.User }), err
}

// Platform implements access.PlatformStore.
func (tx *Tx) Platform(ctx context.Context, user string) (access.Platform, error) {
	p, err := one(ctx, tx, scanPlatform, `SELECT `+platformColumns+platformRows+` AND a.id = $1`, user)
	return p, missing(err, "platform", user)
}

const credentialColumns = `c.id, c.account, c.digest, c.created_at, c.created_by, c.expires_at, c.revoked_at, c.revoked_by, COALESCE(u.day, '')`

const credentialRows = ` FROM platform_credential c LEFT JOIN platform_use u ON u.account = c.account AND u.credential = c.id`

func scanCredential(s scanner) (c access.Credential, err error) {
	var created, expires, revoked int64
	err = s.Scan(&c.ID, &c.Account, &c.Digest, &created, &c.CreatedBy, &expires, &revoked, &c.RevokedBy, &c.LastUsed)
	c.CreatedAt, c.ExpiresAt, c.RevokedAt = instant(created), instant(expires), instant(revoked)
	return c, err
}

// CredentialsOf implements access.PlatformStore.
func (tx *Tx) CredentialsOf(ctx context.Context, user string) (list []access.Credential, chosenUsed naru.Date, err error) {
	const made = `SELECT ` + credentialColumns + credentialRows + ` WHERE c.account = $1 ORDER BY c.created_at, c.id`
	if list, err = collect(ctx, tx, scanCredential, made, user); err != nil {
		return nil, "", err
	}
	const chosen = `SELECT day FROM platform_use u WHERE u.account = $1
		AND NOT EXISTS (SELECT 1 FROM platform_credential c WHERE c.id = u.credential) ORDER BY day DESC LIMIT 1`
	days, err := collect(ctx, tx, scanText, chosen, user)
	if err != nil || len(days) == 0 {
		return list, "", err
	}
	return list, naru.Date(days[0]), nil
}

// CredentialByDigest implements access.PlatformStore.
func (tx *Tx) CredentialByDigest(ctx context.Context, digest string) (access.Credential, error) {
	c, err := one(ctx, tx, scanCredential, `SELECT `+credentialColumns+credentialRows+` WHERE c.digest = $1`, digest)
	return c, missing(err, "credential", "")
}

// PutCredential implements access.PlatformStore.
func (tx *Tx) PutCredential(ctx context.Context, c access.Credential) error {
	const q = `INSERT INTO platform_credential (id, account, digest, created_at, created_by, expires_at, revoked_at, revoked_by)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
		ON CONFLICT (id) DO UPDATE SET expires_at = excluded.expires_at, revoked_at = excluded.revoked_at, revoked_by = excluded.revoked_by`
	return tx.exec(ctx, q, c.ID, c.Account, c.Digest, micros(c.CreatedAt), c.CreatedBy, micros(c.ExpiresAt), micros(c.RevokedAt), c.RevokedBy)
}

// UseCredential implements access.PlatformStore.
func (tx *Tx) UseCredential(ctx context.Context, user, credential string, day naru.Date) error {
	const q = `INSERT INTO platform_use (account, credential, day) VALUES ($1, $2, $3)
		ON CONFLICT (account, credential) DO UPDATE SET day = excluded.day`
	return tx.exec(ctx, q, user, credential, day)
}
