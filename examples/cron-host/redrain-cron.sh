#!/bin/sh
# What cron calls: one pass and the end of it. Silent while all is well, as
# cron mails whatever is printed.
set -u
umask 077

redrain=${REDRAIN:-node_modules/.bin/redrain}

case ${1:-} in
  send)
    # A pass that still runs is not news (6), and what failed is due again later
    # (7): the check below speaks up.
    "$redrain" now --no-wait --quiet
    code=$?
    case $code in 0 | 6 | 7) exit 0 ;; *) exit "$code" ;; esac
    ;;
  clean)
    # Says which payloads it would delete; `clean --yes` deletes them.
    shift
    "$redrain" gc --keep-days 30 "$@"
    ;;
  check)
    # Events that the target does not take: somebody has to look.
    for state in terminal rejected; do
      "$redrain" events --state "$state" | grep -v '^No event matches'
    done
    # Everything a pass rests on, the target's answer included.
    "$redrain" doctor --quiet && exit 0
    "$redrain" doctor
    ;;
  *)
    echo 'usage: redrain-cron.sh send | clean [--yes] | check' >&2
    exit 64
    ;;
esac
