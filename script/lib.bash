# Sourced by the other scripts: where fetched things live and how scripts speak.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
fetched=$root/build/fetched # Debian packages unpacked without root

# say tells what is being done, on stderr since stdout is for answers.
say() { printf 'naru: %s\n' "$*" >&2; }

# give_up says what is missing and what to do next.
give_up() {
	printf 'naru: %s\n' "$@" >&2
	exit 1
}

# on_path prints the first of the named programs that is installed.
on_path() {
	local name
	for name in "$@"; do
		command -v "$name" && return 0
	done
	return 1
}

is_root() { [[ $(id -u) == 0 ]]; }

# apt_install installs Debian packages as root.
apt_install() {
	on_path apt-get >/dev/null || return 1
	say "installing with apt-get: $*"
	{
		apt-get -qq update &&
			DEBIAN_FRONTEND=noninteractive apt-get -qq -y --no-install-recommends install "$@"
	} </dev/null >/dev/null
}

# apt_unpack unpacks Debian packages, and those that they need and this machine lacks, under $fetched/debian. It
# needs no right beyond the project's folder: apt keeps its lists and its lock there too.
apt_unpack() {
	on_path apt-get >/dev/null && on_path dpkg-deb >/dev/null || return 1
	local apt=$fetched/apt deb
	say "fetching Debian packages without root: $*"
	mkdir -p "$apt/lists/partial" "$apt/archives/partial" "$fetched/debian"
	local options=(-qq -o "Dir::State=$apt" -o "Dir::State::lists=$apt/lists" -o Dir::State::status=/var/lib/dpkg/status
		-o "Dir::Cache=$apt" -o "Dir::Cache::archives=$apt/archives" -o Debug::NoLocking=1 -o APT::Sandbox::User=
		-o "Dir::Etc::apt.conf.d=/dev/null" -o APT::Update::Post-Invoke-Success=)
	apt-get "${options[@]}" update </dev/null >/dev/null || return 1
	apt-get "${options[@]}" -y --no-install-recommends --download-only install "$@" </dev/null >/dev/null || return 1
	for deb in "$apt"/archives/*.deb; do
		dpkg-deb -x "$deb" "$fetched/debian"
	done
	rm -rf "$apt"
}

# own_folder makes a folder named after the first argument the TMPDIR of this script. It goes when the script ends. Those of
# scripts that were killed go now: whoever lives, or has a child that does, holds the lock of its folder.
own_folder() {
	local old lock temporary=${TMPDIR:-/tmp}
	for old in "$temporary/$1".*; do
		[[ -e $old/lock ]] || continue
		exec {lock}<"$old/lock"
		if flock -n "$lock"; then rm -rf "$old"; fi
		exec {lock}<&-
	done
	TMPDIR=$(mktemp -d "$temporary/$1.XXXXXX")
	export TMPDIR
	chmod 755 "$TMPDIR" # as root, PostgreSQL's user goes through
	exec {lock}>"$TMPDIR/lock"
	flock "$lock"
	trap 'rm -rf "$TMPDIR"' EXIT
}
