# Sourced by script/run and script/test: the virtual environment, and packages of the system.
# Expects $root, the folder of the checkout. Every failure is one sentence on stderr.

fail() {
    printf '%s\n' "$1" >&2
    exit "${2:-1}"
}

# python_for_venv: prints the first Python that is new enough.
python_for_venv() {
    local name
    for name in python3 python3.13 python3.12 python3.11; do
        if "$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            printf '%s\n' "$name"
            return
        fi
    done
    fail 'Python 3.11 or newer is needed: install it as python3 and start again.' 2
}

# install_locked run|test: makes .venv and installs that lock in it, once per lock, place and Python.
install_locked() {
    local lock="$root/requirements/$1.txt" stamp="$root/.venv/.installed-$1" venv="$root/.venv" python state
    # A checkout that was moved, or a new lock, or a new pyproject: install again.
    state="$(cat "$lock" "$root/pyproject.toml" | sha256sum | cut -d ' ' -f 1) $root"
    [[ -f $stamp && $(<"$stamp") == "$state" && -x $venv/bin/portal ]] && return
    python="$(python_for_venv)" || exit
    echo "Installing what requirements/$1.txt locks (once; this takes a minute)." >&2
    if ! "$venv/bin/python" -c 'import pip' 2>/dev/null; then
        "$python" -m venv --clear "$venv" ||
            fail 'The virtual environment could not be made: install the package python3-venv and start again.' 2
    fi
    local pip=("$venv/bin/python" -m pip --disable-pip-version-check --quiet --quiet --no-input install --root-user-action ignore)
    "${pip[@]}" --require-hashes --no-deps --requirement "$lock" ||
        fail "The packages of requirements/$1.txt could not be installed (see above): check the network and start again."
    "${pip[@]}" --no-deps --no-build-isolation --editable "$root" || fail 'The portal itself could not be installed (see above).'
    printf '%s' "$state" >"$stamp"
}

# missing_fonts: prints Debian's font packages that are not installed; nothing where there is no dpkg to ask.
missing_fonts() {
    local package
    command -v dpkg-query >/dev/null || return 0
    for package in fonts-noto-core fonts-wqy-zenhei fonts-dejavu-core; do
        [[ $(dpkg-query --show --showformat '${db:Status-Status}' "$package" 2>/dev/null) == installed ]] || echo "$package"
    done
}

may_install() {
    ((EUID == 0)) && command -v apt-get >/dev/null
}

# install_packages NAME...: with apt; the lists are fetched first when they are not there.
install_packages() {
    local apt=(env DEBIAN_FRONTEND=noninteractive apt-get --yes --quiet)
    "${apt[@]}" install --no-install-recommends "$@" >/dev/null 2>&1 ||
        { "${apt[@]}" update >/dev/null 2>&1 && "${apt[@]}" install --no-install-recommends "$@" >/dev/null 2>&1; }
}
