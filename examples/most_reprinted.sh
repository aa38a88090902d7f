#!/bin/sh
# The stories that were printed again most often, from files of JSON lines, packed or not:
#
#     sh examples/most_reprinted.sh news-*.jsonl.gz
#
# Data goes from pipe to pipe; what dedupe has to say of bad records goes to standard error.
set -eu
for file in "$@"; do
    case "$file" in
        *.gz) gzip -dc "$file" ;;
        *) cat "$file" ;;
    esac
done |
    dedupe --annotate --quiet - |
    sed -n 's/.*"duplicate_of":"\([^"]*\)".*/\1/p' |
    sort | uniq -c | sort -k1,1nr -k2
