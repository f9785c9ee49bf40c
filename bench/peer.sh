# The real `mlflow server` beside ours: sourced by the benches that measure it.

mlflow=$deps/env/mlflow/bin
[ -x "$mlflow/mlflow" ] || die "the MLflow environment is not installed" "run script/bootstrap test"

# Processor time that a process group has used, in ticks.
ticks_of() { awk -v group="$1" '{ sub(/.*\) /, "") } $3 == group { sum += $12 + $13 } END { print sum + 0 }' /proc/[0-9]*/stat 2>/dev/null; }

# Starts it on SQLite with its defaults in folder $1 and returns when it answers and its workers have stopped loading, which
# takes longer and would slow whatever is measured meanwhile. Sets peer (its process group) and theirs (its address).
start_mlflow() {
  local port=$((12000 + RANDOM % 10000)) before now quiet=0
  (cd "$1" && exec setsid env MLFLOW_DISABLE_TELEMETRY=true PATH="$mlflow:$PATH" "$mlflow/mlflow" server --port $port \
    --backend-store-uri "sqlite:///$1/mlflow.db" --artifacts-destination "$1/mlartifacts" >"$1/mlflow.log" 2>&1) &
  peer=$!
  theirs=http://127.0.0.1:$port
  for _ in $(seq 120); do
    kill -0 "$peer" 2>/dev/null || break
    curl -sf "$theirs/health" >/dev/null && break
    sleep 1
  done
  curl -sf "$theirs/health" >/dev/null || die "the real mlflow server did not start" "read $(mkdir -p build/bench && cp "$1/mlflow.log" build/bench/mlflow.log && echo build/bench/mlflow.log)"
  before=$(ticks_of "$peer")
  for _ in $(seq 60); do
    sleep 1
    now=$(ticks_of "$peer")
    # Less than a tenth of a core, three seconds on end.
    quiet=$((now - before < 10 ? quiet + 1 : 0)) before=$now
    [ "$quiet" -lt 3 ] || return 0
  done
}
stop_mlflow() { [ -z "${peer:-}" ] || kill -- "-$peer" 2>/dev/null || true; }
