#!/bin/sh
# The live channels, one JSON a line, read with kcat alone: of each key the last record counts, and one without value is a tombstone.
#
#   live-channels.sh localhost:9092 [TOPIC]
kcat -b "$1" -C -t "${2:-rollcall.channels}" -o beginning -e -q -f '%k\t%S\t%s\n' |
  awk -F '\t' '$2 < 0 { delete live[$1]; next } { live[$1] = $3 } END { for (key in live) print live[key] }'
