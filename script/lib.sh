# shellcheck shell=bash
# What the scripts beside this file share: where things are, numbered steps with timings, locks, plain failures.
# A fresh machine has bash, coreutils, awk and sed but no Python, no compiler and no make, so this uses only the former.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root"
: "${HOME:=$(getent passwd "$(id -u)" | cut -d: -f6)}"
export HOME
cache=${XDG_CACHE_HOME:-$HOME/.cache}/treadle # outlives the checkout; safe to delete at any time
deps=$root/.deps                              # this checkout's unpacked dependencies
# shellcheck disable=SC2034  # used by the scripts that source this
python=/usr/bin/python3 # Debian's own, whatever else is first on PATH
me=$(basename "$0")
# Files this run is still writing. They are made beside their destination and renamed when complete.
scratch=$deps/tmp.$$
ticker=
lock_fds=()

finish() {
  local status=$?
  [ -z "$ticker" ] || kill "$ticker" 2>/dev/null || true
  rm -rf "$scratch" "$cache/tmp.$$"
  return "$status"
}
trap finish EXIT
trap 'printf "\n%s: interrupted; run it again and it goes on where it stopped\n" "$me" >&2; exit 130' INT TERM

# die WHAT-FAILED HOW-TO-FIX: inside a step both lines are kept for after the step's log.
die() {
  if [ -n "${step_error:-}" ]; then
    printf '%s\n  to fix: %s\n' "$1" "$2" >"$step_error"
  else
    printf '%s: %s\n  to fix: %s\n' "$me" "$1" "$2" >&2
  fi
  exit 1
}

seconds_since() { printf '%d s' $((SECONDS - $1)); }

# lock FILE: one run at a time; a second one waits and says so. Held until the shell ends.
lock() {
  mkdir -p "$(dirname "$1")" 2>/dev/null || die "cannot create $(dirname "$1")" "make it writable, or set XDG_CACHE_HOME"
  local fd
  exec {fd}>>"$1"
  lock_fds+=("$fd")
  flock -n "$fd" || { echo "$me: another run holds $1; waiting for it"; flock "$fd"; }
}

# While a step runs: on a terminal its line shows the seconds and the last line of its log, elsewhere a line a minute.
tick() {
  local prefix=$1 log=$2 start=$SECONDS last fd
  for fd in "${lock_fds[@]}"; do exec {fd}>&-; done # its last sleep outlives the script
  trap - EXIT
  while sleep 1; do
    last=$(tail -n 1 "$log" 2>/dev/null | tr -d '\r' | cut -c1-60) || true
    if [ -t 1 ]; then
      printf '\r\033[K%s %s  %s' "$prefix" "$(seconds_since "$start")" "$last"
    elif (((SECONDS - start) % 60 == 0)); then
      printf '\n    %s  %s' "$(seconds_since "$start")" "$last"
    fi
  done
}

# steps N: how many follow. step TITLE COMMAND...: run one with its output in .deps/log, print "[2/6] title … 12 s".
# A command that writes to "$step_note" adds lines under that one. A failing step ends the script, unless keep_going=1:
# then step_status says how it went.
step_status=0
steps() { step_total=$1 step_number=0; }
step() {
  local title=$1 start=$SECONDS status prefix log
  shift
  step_number=$((step_number + 1))
  prefix="[$step_number/$step_total] $title …"
  log=$deps/log/$me-$step_number.log
  mkdir -p "$deps/log" "$scratch"
  step_error=$scratch/error step_note=$scratch/note
  : >"$log"
  rm -f "$step_error" "$step_note"
  printf '%s' "$prefix"
  tick "$prefix" "$log" &
  ticker=$!
  # Not `|| status=$?`: that would switch off errexit inside the command.
  set +e
  (
    trap - EXIT
    set -e
    "$@"
  ) >"$log" 2>&1 </dev/null
  status=$?
  set -e
  { kill "$ticker" && wait "$ticker"; } 2>/dev/null || true
  ticker=
  if [ -t 1 ]; then printf '\r\033[K%s' "$prefix"; fi
  if [ "$status" = 0 ]; then
    printf ' %s\n' "$(seconds_since "$start")"
    if [ -s "$step_note" ]; then sed 's/^/      /' "$step_note"; fi
  else
    printf ' failed after %s\n' "$(seconds_since "$start")"
    {
      tail -n "${step_log_lines:-20}" "$log" | sed 's/^/      /'
      if [ -s "$step_error" ]; then
        printf '%s: %s\n' "$me" "$(cat "$step_error")"
      else
        printf '%s: "%s" failed (exit %d)\n' "$me" "$title" "$status"
      fi
      printf '  the whole log: %s\n' "$log"
    } >&2
    [ "${keep_going:-}" = 1 ] || exit 1
  fi
  step_status=$status
  step_error='' step_note=''
}

sha256() { sha256sum "$1" | cut -d' ' -f1; }

# The hash of a set of files: names and contents, in a fixed order. Reads names from standard input.
hash_of_files() { LC_ALL=C sort | xargs -r -d '\n' sha256sum | sha256sum | cut -d' ' -f1; }
