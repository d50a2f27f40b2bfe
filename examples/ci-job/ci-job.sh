#!/bin/sh
# Proves that the events of a job arrive, with no server but one of its own.
# Arguments go to `redrain serve`: --fail-rate 0.3, --reject-type BuildFinished, …
set -eu
umask 077

# A directory worth keeping when the job fails: the journal, and what arrived. Each run has a new one.
if [ -z "${REDRAIN_HOME:-}" ]; then
  REDRAIN_HOME=$PWD/redrain-ci
  rm -rf "$REDRAIN_HOME"
fi
export REDRAIN_HOME
redrain=${REDRAIN:-node_modules/.bin/redrain}
mkdir -p "$REDRAIN_HOME"

# A pipe, so that the address is read as soon as there is one, and no sooner.
said="$REDRAIN_HOME/said"
rm -f "$said"
mkfifo "$said"
"$redrain" serve --db "$REDRAIN_HOME/arrived.db" "$@" >"$said" &
server=$!
trap 'kill "$server" 2>/dev/null && wait "$server" || true; rm -f "$said"' EXIT
read -r _ _ url <"$said"

# What the job has to tell.
"$redrain" capture <<'EVENTS'
{"event_id":"build-42-started","event_type":"BuildStarted"}
{"event_id":"build-42-finished","event_type":"BuildFinished","ok":true}
EVENTS

"$redrain" init --url "$url/events" --name receiver

# Each of these ends the job when its check does not hold:
"$redrain" now --wait=5m          # 6: nothing could be sent, 7: something was refused or failed
"$redrain" status --check --quiet # 2: something is not in order
"$redrain" verify --quiet         # 2: journal and ledger do not agree
echo 'everything arrived'
