# shellcheck shell=bash
# Sourced by the scripts beside it: finds Python, makes the locked environments, installs Debian packages where it may.
# Sets `root`, the folder of the checkout; the caller's own folder stays what it was.

root=$(CDPATH='' cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd -P)
# shellcheck source=scripts/smart-cards.sh
source "$root/scripts/smart-cards.sh"

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

# Puts a Debian package ($1) on the caller's list `missing` unless the command that looks for it ($2 ...) succeeds.
look_for() {
  local package=$1
  shift
  if ! "$@" >/dev/null 2>&1; then missing+=("$package"); fi
}

# True when one of these paths is there.
is_there() {
  local path
  for path in "$@"; do
    if [[ -e $path ]]; then return 0; fi
  done
  return 1
}

# True when Debian packages can be installed without asking anybody for a password.
may_install() {
  command -v apt-get >/dev/null && { ((EUID == 0)) || sudo -n true 2>/dev/null; }
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
  may_install || fail "Missing on this machine: $purpose." \
    "What to do now: sudo apt-get update && sudo apt-get install $*" "then start again."
  if ((EUID != 0)); then become=(sudo -n); fi
  say "Installing $* ($purpose) ..."
  logged "check the network connection, then start again." "${become[@]}" apt-get -o DPkg::Lock::Timeout=120 update
  logged "install $* by hand, then start again." "${become[@]}" env DEBIAN_FRONTEND=noninteractive \
    apt-get -o DPkg::Lock::Timeout=120 install --yes --no-install-recommends "$@"
}

# True when this Python can make environments; Debian keeps that half of it in a package of its own.
makes_environments() {
  "$1" -c 'import venv; from ensurepip import bootstrap' 2>/dev/null
}

# Puts on the list `missing` what lets this Python ($1) make environments.
look_for_venv() {
  look_for "$("$1" -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])')" makes_environments "$1"
}

# Puts on the list `missing` what an environment of this Python ($1) is made with from this lock ($2).
look_for_makers() {
  look_for_venv "$1"
  if has_smart_cards "$2" && ! has_pyscard "$1"; then look_for_builders "$1"; fi
}

# What this Python ($1) needs to make an environment from this lock ($2) is here, and where it can be installed also what
# finds YubiKeys; where it cannot, the person is told, and everything but YubiKeys works.
need_packages() {
  local needed
  local -a missing=()
  look_for_makers "$@"
  needed=${#missing[@]}
  if has_smart_cards "$2"; then look_for_card_daemon; fi
  if ((${#missing[@]} == 0)); then return; fi
  if ((needed == 0)) && ! may_install; then
    say "No YubiKey will be seen here before somebody installs what Debian calls ${missing[*]}; all else works."
    return
  fi
  install_packages "what the program is made with, or reads devices through" "${missing[@]}"
  missing=()
  look_for_makers "$@"
  ((${#missing[@]} == 0)) || fail "$1 still lacks what Debian calls ${missing[*]}." \
    "What to do now: put a Python that has it first on PATH, then start again."
}

# SoftHSM is on this machine.
need_softhsm() {
  if ! command -v softhsm2-util >/dev/null; then install_packages "SoftHSM, the devices in software" softhsm2; fi
}

# Prints the line by which pip takes this wheel ($1) and no other: name, version and hash.
pin_of() {
  local name release digest
  IFS=- read -r name release _ <<<"${1##*/}"
  digest=$(sha256sum <"$1")
  printf '%s==%s --hash=sha256:%s\n' "$name" "$release" "${digest%% *}"
}

# True when this lock ($1) speaks to smart cards: what it names is complete only together with pyscard.
has_smart_cards() {
  grep -q '^yubikey-manager==' -- "$1"
}

# Prints what an environment ($1) made from a lock ($2) depends on, as one digest: where it stands, the Python behind
# it, the lock, how pyscard is built, and what pyproject.toml says before the settings of the tools.
stamp_of() {
  {
    printf '%s\n' "$1" "$(readlink -f -- "$1/bin/python")"
    cat -- "$2"
    if has_smart_cards "$2"; then cat -- "${pyscard_recipe[@]}"; fi
    sed '/^\[tool\.ruff\]/,$d' -- "$root/pyproject.toml"
  } | sha256sum
}

# True when the environment ($1) was made to its end from this lock ($2) and nothing it depends on has changed since.
is_current() {
  [[ -x $1/bin/python && -f $1/.complete && $(<"$1/.complete") == "$(stamp_of "$1" "$2")" ]]
}

# Makes the environment ($1) from its lock ($2), anew; the stamp is written last, so that half of one never counts.
build_environment() {
  local folder=$1 lock=$2 python wheels started=$SECONDS
  local again="check the network connection (it is needed this once), then start again."
  local -a own_wheels=()
  python=$(find_python)
  need_packages "$python" "$lock"
  say "Making ${folder##*/} with $("$python" --version), this once:"
  if has_smart_cards "$lock"; then
    need_pyscard "$python"
    wheels=$(pyscard_folder "$python")
    own_wheels=(--find-links "$wheels" --requirement "$wheels/pin.txt")
  fi
  rm -f -- "$folder/.complete"
  rm -rf -- "$folder"
  logged "make room on the disk, then start again." "$python" -m venv "$folder"
  say "  $(grep -c '^[a-z].*==' "$lock") packages, each checked against its hash ..."
  logged "$again" "$folder/bin/python" -m pip install --disable-pip-version-check --no-input \
    --require-hashes --only-binary :all: --requirement "$lock" "${own_wheels[@]}"
  say "  ceremony itself ..."
  logged "read the log; the checkout may be incomplete." "$folder/bin/python" -m pip install \
    --disable-pip-version-check --no-input --no-index --no-deps --no-build-isolation --editable "$root"
  stamp_of "$folder" "$lock" >"$folder/.complete"
  say "  done in $((SECONDS - started)) s."
}

# Runs a command while nobody else makes anything in this checkout: those who start at once take turns.
in_turn() {
  (
    flock 9
    "$@"
  ) 9<"$root"
}

# The environment ($1) is as its lock ($2) says, which another may have seen to meanwhile.
renew_environment() {
  if ! is_current "$1" "$2"; then build_environment "$1" "$2"; fi
}

# The environment of this name ($1, a folder of the checkout) is as requirements/$2.txt says.
need_environment() {
  local folder=$root/$1 lock=$root/requirements/$2.txt
  if ! is_current "$folder" "$lock"; then in_turn renew_environment "$folder" "$lock"; fi
}
