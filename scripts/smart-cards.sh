# shellcheck shell=bash
# Sourced by environment.sh, whose functions it uses: what smart cards need of this machine, and the wheel of pyscard.
# Nobody publishes pyscard built for Linux, so it is built here, from locked source with locked tools, and kept in
# .wheels for every environment of this checkout (docs/adr/0007-pyscard-is-built-here.md).

# What the wheel depends on, besides the Python it is for.
# shellcheck disable=SC2154  # `root` is set by environment.sh
pyscard_recipe=("$root/requirements/pyscard.txt" "$root/requirements/pyscard-build.txt" "$root/scripts/smart-cards.sh")

# Puts on the list `missing` what a C program that speaks to smart cards is built with.
look_for_compiler() {
  look_for gcc command -v gcc
  look_for libc6-dev gcc -fsyntax-only -include stdio.h -x c /dev/null
  look_for pkg-config command -v pkg-config
  look_for libpcsclite-dev pkg-config --exists libpcsclite
}

# Puts on the list `missing` the headers of this Python ($1).
look_for_headers() {
  local folder package
  folder=$("$1" -c 'import sysconfig; print(sysconfig.get_path("include"))')
  package=$("$1" -c 'import sys; print("python%d.%d-dev" % sys.version_info[:2])')
  look_for "$package" is_there "$folder/Python.h"
}

# Puts on the list `missing` what pyscard for this Python ($1) is built with.
look_for_builders() {
  look_for_compiler
  look_for_headers "$1"
}

# Puts on the list `missing` what finds a YubiKey that is plugged in: the daemon, and the driver it loads.
look_for_card_daemon() {
  look_for pcscd is_there /usr/{sbin,bin}/pcscd /usr/local/{sbin,bin}/pcscd
  look_for libccid is_there /usr/lib{,64}/pcsc/drivers/ifd-ccid.bundle /usr/local/lib/pcsc/drivers/ifd-ccid.bundle
}

# Prints the folder in which the wheel of pyscard for this Python ($1) lies once it is built, with its pin in pin.txt.
pyscard_folder() {
  local kind digest
  kind=$("$1" -c 'import sysconfig; print(sysconfig.get_config_var("SOABI"))')
  digest=$(cat -- "${pyscard_recipe[@]}" | sha256sum)
  printf '%s\n' "$root/.wheels/$kind-${digest:0:16}"
}

# True when the wheel of pyscard for this Python ($1) is built.
has_pyscard() {
  [[ -f $(pyscard_folder "$1")/pin.txt ]]
}

# Builds the wheel of pyscard for a Python ($1) into a new folder ($2), which appears when it is complete. The tools are
# in an environment that is thrown away; pip fetches what the two locks name and nothing else. Dates and flags are
# fixed, so that whoever builds on a system like this one gets the same bytes. Called by one at a time.
build_pyscard() (
  local folder=$2 work again
  local -a pip
  umask 022
  mkdir -p -- "$root/.wheels"
  rm -rf -- "$root"/.wheels/.building.*
  work=$(mktemp -d "$root/.wheels/.building.XXXXXXXX")
  trap 'rm -rf -- "$work"' EXIT
  again="check the network connection (it is needed this once), then start again."
  say "  the smart card library, from its source ..."
  logged "make room on the disk, then start again." "$1" -m venv "$work/tools"
  pip=("$work/tools/bin/python" -m pip --disable-pip-version-check --no-input)
  logged "$again" "${pip[@]}" install --require-hashes --only-binary :all: --requirement "${pyscard_recipe[1]}"
  export PATH=$work/tools/bin:$PATH SOURCE_DATE_EPOCH=1580601600
  export CFLAGS="-O2 -g0 -fstack-protector-strong -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2" LDFLAGS="-Wl,-z,relro,-z,now"
  logged "$again" "${pip[@]}" download --require-hashes --no-deps --no-build-isolation --no-binary pyscard \
    --requirement "${pyscard_recipe[0]}" --dest "$work/source"
  logged "read the log." "${pip[@]}" wheel --require-hashes --no-deps --no-build-isolation --no-binary pyscard \
    --no-index --find-links "$work/source" --no-cache-dir --requirement "${pyscard_recipe[0]}" --wheel-dir "$work/wheel"
  pin_of "$work"/wheel/pyscard-*.whl >"$work/wheel/pin.txt"
  mv --no-target-directory -- "$work/wheel" "$folder"
)

# The wheel of pyscard for this Python ($1) lies in .wheels; what it is built with is here.
need_pyscard() {
  if ! has_pyscard "$1"; then build_pyscard "$1" "$(pyscard_folder "$1")"; fi
}
