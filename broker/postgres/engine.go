package postgres

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"strconv"
	"sync"

	"naru/broker/kit"
	"naru/wire/osb"
)

// tempFileLimit bounds what one session may put into temporary files, in kB.
const tempFileLimit = 256 << 10

// engine is one server with a database for each instance.
type engine struct {
	config kit.Config
	ledger *kit.Ledger
	log    *slog.Logger
	found  binaries
	server *server

	// looking is held from a reading of the active time to its entry in the ledger: two readings at a time
	// would count the same time twice.
	looking sync.Mutex

	mu   sync.Mutex
	seen map[string]tenant // by instance key
}

// tenant is what was last seen of a database.
type tenant struct {
	active int64 // milliseconds
	stage  stage
	known  bool
}

// credentials are what a binding tells an application.
type credentials struct {
	URI      string `json:"uri"`
	Host     string `json:"host"`
	Port     int    `json:"port"`
	Database string `json:"database"`
	Username string `json:"username"`
	Password string `json:"password"`
}

func newEngine(c kit.Config, l *kit.Ledger, log *slog.Logger, found binaries) *engine {
	return &engine{config: c, ledger: l, log: log, found: found, seen: map[string]tenant{}}
}

// Names follow from keys, which are hexadecimal: they need no quoting.
func databaseOf(i kit.Instance) string { return "d" + i.Key }
func ownerOf(i kit.Instance) string    { return "o" + i.Key }
func roleOf(g kit.Grant) string        { return "b" + g.Key }

// Restore starts the server; databases and roles lie in it. What it counted before is taken as seen.
func (e *engine) Restore(ctx context.Context, held []kit.Held) error {
	s, err := boot(ctx, e.config, e.found)
	if err != nil {
		return err
	}
	e.server = s
	if err := run(ctx, s.db, "REVOKE CONNECT ON DATABASE postgres FROM PUBLIC", "REVOKE CONNECT ON DATABASE template1 FROM PUBLIC"); err != nil {
		return err
	}
	for _, h := range held {
		if err := e.look(ctx, h.Instance); err != nil {
			return err
		}
	}
	return nil
}

func (e *engine) exists(ctx context.Context, catalog, column, name string) (found bool, err error) {
	err = e.server.db.QueryRowContext(ctx, "SELECT EXISTS (SELECT 1 FROM "+catalog+" WHERE "+column+" = $1)", name).Scan(&found)
	if err != nil {
		return false, fmt.Errorf("postgres: %w", err)
	}
	return found, nil
}

// Create makes the owner role and the database. The database itself stays the administrator's: its owner
// could lift its limits.
func (e *engine) Create(ctx context.Context, i kit.Instance) error {
	database, owner := databaseOf(i), ownerOf(i)
	if err := e.missing(ctx, "pg_roles", "rolname", owner, "CREATE ROLE "+owner+" NOLOGIN"); err != nil {
		return err
	}
	if err := e.missing(ctx, "pg_database", "datname", database, "CREATE DATABASE "+database); err != nil {
		return err
	}
	err := run(
		ctx, e.server.db, "REVOKE ALL ON DATABASE "+database+" FROM PUBLIC", connections(i),
		"GRANT CONNECT, CREATE, TEMPORARY ON DATABASE "+database+" TO "+owner,
	)
	if err == nil {
		err = e.server.within(ctx, database, "ALTER SCHEMA public OWNER TO "+owner, "REVOKE ALL ON SCHEMA public FROM PUBLIC")
	}
	if err != nil {
		return err
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.seen[i.Key] = tenant{known: true}
	return nil
}

// missing runs the statement unless the name is there.
func (e *engine) missing(ctx context.Context, catalog, column, name, statement string) error {
	found, err := e.exists(ctx, catalog, column, name)
	if err != nil || found {
		return err
	}
	return run(ctx, e.server.db, statement)
}

func connections(i kit.Instance) string {
	return fmt.Sprintf("ALTER DATABASE %s CONNECTION LIMIT %d", databaseOf(i), i.Plan.Limits[limitConnections])
}

// Resize gives the database the limits of its plan; what it holds must fit.
func (e *engine) Resize(ctx context.Context, i kit.Instance) error {
	size, err := e.size(ctx, i)
	if err != nil {
		return err
	}
	if size > i.Plan.QuotaBytes {
		return osb.Unprocessable("QuotaTooSmall", fmt.Sprintf(
			"the database holds %d bytes, the plan allows %d: delete data and VACUUM FULL first", size, i.Plan.QuotaBytes))
	}
	return errors.Join(run(ctx, e.server.db, connections(i)), e.enforce(ctx, i, size))
}

// Destroy removes the database, and the roles with it.
func (e *engine) Destroy(ctx context.Context, i kit.Instance) error {
	if err := e.lastLook(ctx, i); err != nil {
		return err
	}
	if err := run(ctx, e.server.db, "DROP DATABASE IF EXISTS "+databaseOf(i)+" WITH (FORCE)"); err != nil {
		return err
	}
	members, err := e.members(ctx, ownerOf(i))
	if err != nil {
		return err
	}
	for _, role := range append(members, ownerOf(i)) {
		if err := run(ctx, e.server.db, "DROP ROLE IF EXISTS "+role); err != nil {
			return err
		}
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	delete(e.seen, i.Key)
	return nil
}

// members lists the roles of an owner's bindings.
func (e *engine) members(ctx context.Context, owner string) ([]string, error) {
	rows, err := e.server.db.QueryContext(ctx, `SELECT m.rolname FROM pg_auth_members a
		JOIN pg_roles m ON m.oid = a.member JOIN pg_roles o ON o.oid = a.roleid
		WHERE o.rolname = $1 AND m.rolname <> current_user`, owner)
	if err != nil {
		return nil, fmt.Errorf("postgres: %w", err)
	}
	defer func() { _ = rows.Close() }()
	var names []string
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			return nil, fmt.Errorf("postgres: %w", err)
		}
		names = append(names, name)
	}
	return names, rows.Err()
}

// Grant makes a role that acts as the owner.
func (e *engine) Grant(ctx context.Context, i kit.Instance, g kit.Grant) (osb.Binding, error) {
	role, owner, password := roleOf(g), ownerOf(i), kit.NewPassword()
	err := e.missing(ctx, "pg_roles", "rolname", role, "CREATE ROLE "+role+" NOLOGIN")
	if err == nil {
		err = run(
			ctx, e.server.db, "GRANT "+owner+" TO "+role, "ALTER ROLE "+role+" SET role = "+owner,
			fmt.Sprintf("ALTER ROLE %s SET temp_file_limit = %d", role, tempFileLimit),
			"ALTER ROLE "+role+" LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE PASSWORD '"+password+"'",
		)
	}
	if err != nil {
		return osb.Binding{}, err
	}
	return e.binding(credentials{Database: databaseOf(i), Username: role, Password: password})
}

func (e *engine) binding(c credentials) (osb.Binding, error) {
	host, port, err := net.SplitHostPort(e.server.address)
	if err != nil {
		return osb.Binding{}, fmt.Errorf("binding: %w", err)
	}
	if c.Port, err = strconv.Atoi(port); err != nil {
		return osb.Binding{}, fmt.Errorf("binding: %w", err)
	}
	c.Host, c.URI = host, e.server.uri(c.Username, c.Password, c.Database)
	raw, err := json.Marshal(c)
	if err != nil {
		return osb.Binding{}, fmt.Errorf("binding: %w", err)
	}
	return osb.Binding{Credentials: raw}, nil
}

// Revoke ends the role and its sessions; what it made stays with the owner.
func (e *engine) Revoke(ctx context.Context, i kit.Instance, g kit.Grant) error {
	role := roleOf(g)
	found, err := e.exists(ctx, "pg_roles", "rolname", role)
	if err != nil || !found {
		return err
	}
	if err := run(ctx, e.server.db, "ALTER ROLE "+role+" NOLOGIN",
		"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = '"+role+"'"); err != nil {
		return err
	}
	there, err := e.exists(ctx, "pg_database", "datname", databaseOf(i))
	if err == nil && there {
		err = e.server.within(ctx, databaseOf(i), "REASSIGN OWNED BY "+role+" TO "+ownerOf(i), "DROP OWNED BY "+role)
	}
	if err != nil {
		return err
	}
	return run(ctx, e.server.db, "DROP ROLE IF EXISTS "+role)
}

// Done is closed when the server ended by itself.
func (e *engine) Done() <-chan struct{} { return e.server.ended }

// Close stops the server.
func (e *engine) Close() error {
	if e.server == nil {
		return nil
	}
	return e.server.stop()
}
