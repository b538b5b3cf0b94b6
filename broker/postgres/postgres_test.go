package postgres_test

import (
	"context"
	"errors"
	"math/big"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"naru/broker/kit"
	"naru/broker/postgres"
	"naru/internal/testbroker"
	"naru/wire/osb"
)

// quota is that of the basic plan in these tests, an empty database's 8 MiB included.
const quota = 24 << 20

func TestMain(m *testing.M) {
	testbroker.Main(m, testbroker.Set{"postgres": postgres.Run})
}

type credentials struct {
	URI      string
	Database string
	Username string
	Password string
}

// installed skips the test when no server is on the machine.
func installed(t *testing.T, b *testbroker.Broker) *testbroker.Broker {
	t.Helper()
	got, err := b.Client.Catalog(t.Context(), osb.CatalogRequest{})
	if err != nil {
		t.Fatal(err)
	}
	var available bool
	var why kit.Text
	got.Services[0].Metadata.Decode("available", &available)
	got.Services[0].Metadata.Decode("message", &why)
	switch {
	case available:
	case strings.Contains(os.Getenv("NARU_REQUIRE"), "postgres"):
		t.Fatal(why.En)
	default:
		t.Skip(why.En)
	}
	return b
}

func bind(t *testing.T, b *testbroker.Broker, id, binding, plan string) credentials {
	t.Helper()
	var c credentials
	b.Bind(t, id, binding, plan, &c)
	return c
}

func connect(t *testing.T, c credentials) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), c.URI)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close(context.WithoutCancel(t.Context())) })
	return conn
}

func exec(t *testing.T, conn *pgx.Conn, statement string) {
	t.Helper()
	if _, err := conn.Exec(t.Context(), statement); err != nil {
		t.Fatalf("%s: %v", statement, err)
	}
}

func refused(t *testing.T, what string, err error, code string) {
	t.Helper()
	var answer *pgconn.PgError
	if !errors.As(err, &answer) || answer.Code != code {
		t.Errorf("%s: %v, want SQLSTATE %s", what, err, code)
	}
}

// TestDatabases shares one server, because making one takes seconds: every case has instances of its own.
func TestDatabases(t *testing.T) {
	t.Parallel()
	b := installed(t, testbroker.Serve(t, postgres.Run, kit.Config{
		Quotas: map[string]int64{"basic": quota}, SampleEvery: time.Hour, // the tests look themselves
	}))
	for name, test := range map[string]func(*testing.T, *testbroker.Broker){
		"a binding opens its database and nothing else":                 aBindingOpensItsDatabaseAndNothingElse,
		"connections end at the plan's limit":                           connectionsEndAtThePlansLimit,
		"a database past its quota takes reads only until it fits":      aDatabasePastItsQuotaTakesReadsOnlyUntilItFits,
		"who writes on past the quota is shut out until the plan grows": whoWritesOnPastTheQuotaIsShutOutUntilThePlanGrows,
		"unbinding ends the password and keeps the data":                unbindingEndsThePasswordAndKeepsTheData,
		"deletion leaves nothing":                                       deletionLeavesNothing,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, b)
		})
	}
}

func aBindingOpensItsDatabaseAndNothingElse(t *testing.T, b *testbroker.Broker) {
	b.Provision(t, "one", "basic")
	b.Provision(t, "two", "standard")
	one, two := bind(t, b, "one", "b", "basic"), bind(t, b, "two", "b", "standard")
	conn := connect(t, one)
	exec(t, conn, "CREATE TABLE t (id int PRIMARY KEY, name text)")
	exec(t, conn, "INSERT INTO t VALUES (1, '나루')")
	exec(t, conn, "CREATE SCHEMA own")
	for _, database := range []string{two.Database, "postgres", "template1"} {
		_, err := pgx.Connect(t.Context(), strings.Replace(one.URI, one.Database, database, 1))
		refused(t, "the database "+database, err, "42501")
	}
	for what, statement := range map[string]string{
		"another database":      "CREATE DATABASE mine",
		"another role":          "RESET ROLE; CREATE ROLE mine",
		"files of the server":   "SELECT pg_read_file('/etc/passwd')",
		"programs":              "COPY t FROM PROGRAM 'id'",
		"lifting the limit":     "ALTER DATABASE " + one.Database + " CONNECTION LIMIT 100",
		"lifting the quota":     "ALTER DATABASE " + one.Database + " SET default_transaction_read_only = off",
		"bigger temp files":     "SET temp_file_limit = -1",
		"settings of everybody": "ALTER SYSTEM SET max_connections = 1000",
	} {
		_, err := conn.Exec(t.Context(), statement)
		refused(t, what, err, "42501")
	}
}

func connectionsEndAtThePlansLimit(t *testing.T, b *testbroker.Broker) {
	b.Provision(t, "limit", "basic")
	c := bind(t, b, "limit", "b", "basic")
	for range 5 {
		connect(t, c)
	}
	_, err := pgx.Connect(t.Context(), c.URI)
	refused(t, "the sixth connection", err, "53300")
}

func aDatabasePastItsQuotaTakesReadsOnlyUntilItFits(t *testing.T, b *testbroker.Broker) {
	b.Provision(t, "past", "basic")
	c := bind(t, b, "past", "b", "basic")
	conn := connect(t, c)
	exec(t, conn, "CREATE TABLE t (data text)")
	exec(t, conn, "ALTER TABLE t ALTER COLUMN data SET STORAGE EXTERNAL")
	exec(t, conn, "INSERT INTO t SELECT repeat('x', 1 << 20) FROM generate_series(1, 19)")
	b.Used(t, "past") // looks, and enforces
	if err := conn.Ping(t.Context()); err == nil {
		t.Error("a session from before the limit goes on")
	}
	conn = connect(t, c)
	_, err := conn.Exec(t.Context(), "INSERT INTO t VALUES ('more')")
	refused(t, "writing past the quota", err, "25006")
	var rows int
	if err := conn.QueryRow(t.Context(), "SELECT count(*) FROM t").Scan(&rows); err != nil || rows != 19 {
		t.Errorf("reading: %d rows, %v", rows, err)
	}
	exec(t, conn, "SET default_transaction_read_only = off")
	exec(t, conn, "TRUNCATE t")
	b.Used(t, "past")
	exec(t, connect(t, c), "INSERT INTO t VALUES ('there is room')")
}

func whoWritesOnPastTheQuotaIsShutOutUntilThePlanGrows(t *testing.T, b *testbroker.Broker) {
	b.Provision(t, "writer", "basic")
	c := bind(t, b, "writer", "b", "basic")
	conn := connect(t, c)
	exec(t, conn, "CREATE TABLE t (data text)")
	exec(t, conn, "ALTER TABLE t ALTER COLUMN data SET STORAGE EXTERNAL")
	exec(t, conn, "INSERT INTO t SELECT repeat('x', 1 << 20) FROM generate_series(1, 30)")
	b.Used(t, "writer")
	_, err := pgx.Connect(t.Context(), c.URI)
	refused(t, "connecting far past the quota", err, "53300")
	if err := b.Update(t, "writer", "standard"); err != nil {
		t.Fatal(err)
	}
	exec(t, connect(t, c), "INSERT INTO t VALUES ('there is room')")
	if err := b.Update(t, "writer", "basic"); !osb.IsCode(err, "QuotaTooSmall") {
		t.Errorf("a plan smaller than what is held: %v", err)
	}
}

func unbindingEndsThePasswordAndKeepsTheData(t *testing.T, b *testbroker.Broker) {
	b.Provision(t, "unbind", "basic")
	old := bind(t, b, "unbind", "old", "basic")
	conn := connect(t, old)
	exec(t, conn, "CREATE TABLE as_owner (id int)")
	exec(t, conn, "RESET ROLE")
	exec(t, conn, "SET ROLE "+old.Username)
	exec(t, conn, "CREATE SCHEMA IF NOT EXISTS s")
	exec(t, conn, "CREATE TABLE s.as_itself (id int)")
	b.Unbind(t, "unbind", "old", "basic")
	if err := conn.Ping(t.Context()); err == nil {
		t.Error("a session of a revoked role goes on")
	}
	_, err := pgx.Connect(t.Context(), old.URI)
	refused(t, "a revoked password", err, "28P01")
	exec(t, connect(t, bind(t, b, "unbind", "new", "basic")), "INSERT INTO as_owner VALUES (1); INSERT INTO s.as_itself VALUES (1)")
}

func TestKillAndRestartKeepDataBindingsAndAddress(t *testing.T) {
	t.Parallel()
	b := installed(t, testbroker.Start(t, "postgres", kit.Config{}))
	b.Provision(t, "i", "basic")
	c := bind(t, b, "i", "b", "basic")
	conn := connect(t, c)
	exec(t, conn, "CREATE TABLE t (id int)")
	exec(t, conn, "INSERT INTO t VALUES (42)")
	b.Kill(t)
	b.Restart(t)
	var id int
	if err := connect(t, c).QueryRow(t.Context(), "SELECT id FROM t").Scan(&id); err != nil || id != 42 {
		t.Errorf("got %d, %v", id, err)
	}
}

func deletionLeavesNothing(t *testing.T, b *testbroker.Broker) {
	b.Provision(t, "witness", "basic")
	witness := connect(t, bind(t, b, "witness", "b", "basic"))
	for _, plan := range []string{"basic", "standard"} {
		b.Provision(t, "gone", plan)
		c := bind(t, b, "gone", "b", plan)
		exec(t, connect(t, c), "CREATE TABLE t (id int)")
		b.Deprovision(t, "gone", plan)
		_, err := pgx.Connect(t.Context(), c.URI)
		refused(t, "a deleted database", err, "28P01")
		var left int
		err = witness.QueryRow(t.Context(), `SELECT (SELECT count(*) FROM pg_database WHERE datname = $1)
			+ (SELECT count(*) FROM pg_roles WHERE rolname = $2 OR rolname = 'o' || $3)`, c.Database, c.Username, kit.Key("gone")).Scan(&left)
		if err != nil || left != 0 {
			t.Errorf("left %d, %v", left, err)
		}
	}
}

func TestUsageIsByteHoursAndActiveTime(t *testing.T) {
	t.Parallel()
	clock := testbroker.NewClock()
	b := installed(t, testbroker.Serve(t, postgres.Run, kit.Config{Now: clock.Now}))
	b.Provision(t, "i", "basic")
	conn := connect(t, bind(t, b, "i", "b", "basic"))
	exec(t, conn, "SELECT count(*) FROM generate_series(1, 2000000)")
	var size int64
	if err := conn.QueryRow(t.Context(), "SELECT pg_database_size(current_database())").Scan(&size); err != nil {
		t.Fatal(err)
	}
	b.Used(t, "i") // takes a sample: from here on the level is known
	clock.Advance(time.Hour)
	if least, got := big.NewRat(size*9/10, kit.GiB), b.Used(t, "i")["storage_gib_hours"]; got.Cmp(least) < 0 {
		t.Errorf("storage %s, want at least %s", got.FloatString(9), least.FloatString(9))
	}
	if err := conn.Close(t.Context()); err != nil { // the server tells activity when a session ends
		t.Fatal(err)
	}
	testbroker.Eventually(t, "active time", func() bool { return b.Used(t, "i")["active_hours"].Sign() > 0 })
}

func TestActiveTimeOfAnInstanceThatIsDeletedAtOnceIsCounted(t *testing.T) {
	t.Parallel()
	// No sample is taken in the background: only the end of the instance can count.
	b := installed(t, testbroker.Serve(t, postgres.Run, kit.Config{SampleEvery: time.Hour}))
	b.Provision(t, "i", "basic")
	conn := connect(t, bind(t, b, "i", "b", "basic"))
	exec(t, conn, "SELECT 1") // the server has just told activity: what follows it keeps for a while
	var hours float64         // as the server itself saw it
	err := conn.QueryRow(t.Context(), `SELECT extract(epoch FROM clock_timestamp() - statement_timestamp())::float8 / 3600
		FROM (SELECT count(*) AS n FROM generate_series(1, 2000000)) AS work WHERE n > 0`).Scan(&hours)
	if err != nil {
		t.Fatal(err)
	}
	b.Deprovision(t, "i", "basic") // the session is open still
	least := new(big.Rat).SetFloat64(hours / 2)
	if active := b.Used(t, "i")["active_hours"]; active == nil || active.Cmp(least) < 0 {
		t.Errorf("active time %v, of a session that worked for %v hours", active, hours)
	}
}

func TestAMachineWithoutPostgresSaysSoAndRefuses(t *testing.T) {
	t.Parallel()
	b := testbroker.Serve(t, postgres.Run, kit.Config{EngineDirs: []string{"only", t.TempDir()}})
	got, err := b.Client.Catalog(t.Context(), osb.CatalogRequest{})
	if err != nil {
		t.Fatal(err)
	}
	available := true
	var why kit.Text
	metadata := got.Services[0].Metadata
	if !metadata.Decode("available", &available) || available || !metadata.Decode("message", &why) || !strings.Contains(why.En, "Install") || why.Ko == "" {
		t.Errorf("metadata %s", metadata)
	}
	_, err = b.Client.Provision(t.Context(), osb.ProvisionRequest{
		InstanceID: "i", ServiceID: got.Services[0].ID, PlanID: got.Services[0].Plans[0].ID, OrganizationGUID: "o", SpaceGUID: "s",
	})
	if !osb.IsCode(err, "EngineNotInstalled") || !strings.Contains(err.Error(), "not installed") {
		t.Errorf("refusal %v", err)
	}
}
