# shellcheck shell=bash
# Sourced by the scripts beside it: finds Python, makes the locked environments, installs Debian packages where it may.
# Sets `root`, the folder of the checkout; the caller's own folder stays what it was.

root=$(CDPATH='' cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd -P)

# Tells the person what is going on; standard output stays the program's own.
say() {
  printf '%s\n' "$*" >&2
}

# Says what is wrong and what to do now, one line for each argument, and ends.
fail() {
  printf '%s\n' "$@" >&2
  exit 1
}

# Runs a command with its output in a log; when it fails, shows the end of the log, names it, and says what to do ($1).
logged() {
  local advice=$1 log
  shift
  log=$(mktemp "${TMPDIR:-/tmp}/ceremony-install.XXXXXXXX.log")
  if "$@" </dev/null >"$log" 2>&1; then
    rm -f -- "$log"
    return
  fi
  tail -n 5 -- "$log" | sed 's/^/  | /' >&2
  fail "This did not work: $*" "All it said is in $log" "What to do now: $advice"
}

# Prints a Python of 3.11 or later, or says how to get one.
find_python() {
  local candidate
  for candidate in python3.13 python3.12 python3.11 python3; do
    if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
      command -v "$candidate"
      return
    fi
  done
  fail "There is no Python 3.11 or later on this machine." \
    "What to do now: sudo apt-get update && sudo apt-get install python3 python3-venv" \
    "(on Ubuntu 22.04: sudo apt-get install python3.11 python3.11-venv), then start again."
}

# Installs Debian packages ($2 ...) that are there for a purpose ($1), or says how to.
install_packages() {
  local purpose=$1
  local -a become=()
  shift
  if ! command -v apt-get >/dev/null; then
    fail "Missing on this machine, which has no apt-get: $purpose." \
      "What to do now: install what Debian calls $* with this system's own package manager, then start again."
  fi
  if ((EUID != 0)); then
    sudo -n true 2>/dev/null || fail "Missing on this machine: $purpose." \
      "What to do now: sudo apt-get update && sudo apt-get install $*" "then start again."
    become=(sudo -n)
  fi
  say "Installing $* ($purpose) ..."
  logged "check the network connection, then start again." "${become[@]}" apt-get -o DPkg::Lock::Timeout=120 update
  logged "install $* by hand, then start again." "${become[@]}" env DEBIAN_FRONTEND=noninteractive \
    apt-get -o DPkg::Lock::Timeout=120 install --yes --no-install-recommends "$@"
}

# True when this Python can make environments; Debian keeps that half of it in a package of its own.
makes_environments() {
  "$1" -c 'import venv; from ensurepip import bootstrap' 2>/dev/null
}

# This Python can make environments.
need_venv() {
  local python=$1 package
  if makes_environments "$python"; then return; fi
  package=$("$python" -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])')
  install_packages "the part of Python that makes environments" "$package"
  makes_environments "$python" || fail "$python still cannot make environments: it has no ensurepip." \
    "What to do now: put a Python that has it first on PATH, then start again."
}

# SoftHSM is on this machine.
need_softhsm() {
  if ! command -v softhsm2-util >/dev/null; then install_packages "SoftHSM, the devices in software" softhsm2; fi
}

# Prints what an environment ($1) made from a lock ($2) depends on, as one digest: where it stands, the Python behind
# it, the lock, and what pyproject.toml says before the settings of the tools.
stamp_of() {
  {
    printf '%s\n' "$1" "$(readlink -f -- "$1/bin/python")"
    cat -- "$2"
    sed '/^\[tool\.ruff\]/,$d' -- "$root/pyproject.toml"
  } | sha256sum
}

# True when the environment ($1) was made to its end from this lock ($2) and nothing it depends on has changed since.
is_current() {
  [[ -x $1/bin/python && -f $1/.complete && $(<"$1/.complete") == "$(stamp_of "$1" "$2")" ]]
}

# Makes the environment ($1) from its lock ($2), anew; the stamp is written last, so that half of one never counts.
build_environment() {
  local folder=$1 lock=$2 python started=$SECONDS
  local again="check the network connection (it is needed this once), then start again."
  python=$(find_python)
  need_venv "$python"
  say "Making ${folder##*/} with $("$python" --version), this once:"
  rm -f -- "$folder/.complete"
  rm -rf -- "$folder"
  logged "make room on the disk, then start again." "$python" -m venv "$folder"
  say "  $(grep -c '^[a-z].*==' "$lock") packages, each checked against its hash ..."
  logged "$again" "$folder/bin/python" -m pip install --disable-pip-version-check --no-input \
    --require-hashes --only-binary :all: --requirement "$lock"
  say "  ceremony itself ..."
  logged "read the log; the checkout may be incomplete." "$folder/bin/python" -m pip install \
    --disable-pip-version-check --no-input --no-index --no-deps --no-build-isolation --editable "$root"
  stamp_of "$folder" "$lock" >"$folder/.complete"
  say "  done in $((SECONDS - started)) s."
}

# The environment of this name ($1, a folder of the checkout) is as requirements/$2.txt says. Two who start at once take turns.
need_environment() {
  local folder=$root/$1 lock=$root/requirements/$2.txt
  if is_current "$folder" "$lock"; then return; fi
  (
    flock 9
    if ! is_current "$folder" "$lock"; then build_environment "$folder" "$lock"; fi
  ) 9<"$root"
}
