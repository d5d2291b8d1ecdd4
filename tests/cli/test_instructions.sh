#!/usr/bin/env bash
# Small fixed cases take the instructions they took (tools/instructions.sh), and a count that is off is found.
# shellcheck source=tests/cli/tap.sh
. "$(dirname "$0")/tap.sh"
need valgrind
build=${DIFFLUT_BUILD:-$root/build}
committed=$root/tests/bench/instructions.csv
grep -q '|-O3 -g|' "$build/flags" || skip_all "the counts are those of the default CFLAGS"
grep -qw avx2 /proc/cpuinfo || skip_all "the counts are those of a processor with AVX2"
grep -qxF "# $(gcc --version | head -n 1 | tr -d ,)" "$committed" || [ -n "${CI:-}" ] ||
    skip_all "the counts are those of another compiler: make instructions"

compare() { # factor for the count of one case, in a copy of the committed file
    awk -F, -v OFS=, -v factor="$1" '$1 == "train/dwn/random" { $2 = int($2 * factor) } { print }' "$committed" >"$work/expected.csv"
    INSTRUCTIONS_CSV=$work/expected.csv "$root/tools/instructions.sh" --compare "$work/counts" >"$work/out" 2>&1
    code=$?
    cp "$work/out" "$work/err"
}
ok "the cases can be counted" "$root/tools/instructions.sh" "$build"
cp "$work/ok.log" "$work/counts"
compare 1
is "they take what they took, within 5 %" 0 "$code"
sed 's/^/# /' "$work/out"

# Each from the counts as they are now, so that only the planted fault is found.
sed -n '1p' "$committed" | cat - <(tail -n +2 "$work/counts") >"$work/now.csv"
committed=$work/now.csv
compare 1.04
is "4 % more is not complained about" 0 "$code"
compare 0.94
fails "6 % more is" 1 "train/dwn/random: .* +6"
ok "and it is said what to do" grep -q "make instructions" "$work/out"
compare 1.07
fails "and 7 % less" 1 "train/dwn/random: .* -6"
sed -i /emit/d "$work/counts"
compare 1
fails "and a case that is not measured" 1 "emit: in "
finish
