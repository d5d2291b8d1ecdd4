#!/usr/bin/env bash
# Every kept fuzzing input, through the parser it was made for. A crash ends the replay.
# shellcheck source=tests/cli/tap.sh
. "$(dirname "${BASH_SOURCE[0]}")/tap.sh"

build=${DIFFLUT_BUILD:-$root/build}
for folder in "$root"/tests/fuzz/corpus/*/; do
    name=$(basename "$folder")
    ok "$name: $(find "$folder" -type f | wc -l) inputs" "$build/replay/$name" "$folder"/*
done
finish
