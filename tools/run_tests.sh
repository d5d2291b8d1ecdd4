#!/usr/bin/env bash
# Runs every test program (BUILD/tests/test_*) and test script (tests/cli, tests/flow: test_*.sh),
# each of which prints TAP, and closes with one line: N passed, N failed, N skipped.
#   tools/run_tests.sh BUILD [WORD]...             only those whose name contains one of the words
#   tools/run_tests.sh BUILD --exactly NAME...     only those of these names
# What a test says in lines "# golden: ...", "# matrix: ...", "# faults: ..." and "# kills: ..." (cases it
# checked) is shown.
# A program that crashes, runs out of time, breaks its plan or prints no result is a failure. With CI
# set in the environment a skipped test is a failure too.
set -uo pipefail
export LC_ALL=C

build=${1:?usage: tools/run_tests.sh BUILD [WORD]...}
shift
root=$(cd "$(dirname "$0")/.." && pwd)
cd "$root" || exit 2
case $build in /*) ;; *) build=$root/$build ;; esac
logs=$build/test-logs
rm -rf "$logs"
mkdir -p "$logs"

export CMOCKA_MESSAGE_OUTPUT=TAP
export DIFFLUT="$build/bin/difflut-hdl" DIFFLUT_BUILD="$build" DIFFLUT_ROOT="$root"
export ASAN_OPTIONS=${ASAN_OPTIONS:-abort_on_error=1}
export UBSAN_OPTIONS=${UBSAN_OPTIONS:-print_stacktrace=1}
# Spinning threads of one test would only slow the others.
export OMP_WAIT_POLICY=${OMP_WAIT_POLICY:-passive}

wanted() { # name word...
    local name=$1 word
    shift
    [ $# -gt 0 ] || return 0
    if [ "$1" = --exactly ]; then
        case " $* " in *" $name "*) return 0 ;; *) return 1 ;; esac
    fi
    for word in "$@"; do
        case $name in *"$word"*) return 0 ;; esac
    done
    return 1
}

programs=()
# The scripts, and what simulates, first: the long ones must not start last.
for program in tests/flow/test_*.sh tests/cli/test_*.sh "$build"/tests/test_*; do
    if [ ! -x "$program" ]; then
        case $program in
        *\**) continue ;; # no such files
        *.sh) echo "$program is not executable, so nobody runs it" >&2; exit 2 ;;
        esac
        continue
    fi
    case $program in
    *.d) continue ;;
    "$build"/tests/*) [ -f "tests/unit/${program##*/}.c" ] || continue ;; # left from an older build
    esac
    wanted "${program##*/}" "$@" && programs+=("$program")
done
[ ${#programs[@]} -gt 0 ] || { echo "no tests found" >&2; exit 2; }

# Two or more at a time; each writes its own log and status.
# shellcheck disable=SC2016 # expanded by the inner shell
run_one='
log=$0/${1##*/}
begin=$EPOCHREALTIME
timeout -k 10 "${TEST_TIMEOUT:-600}" "$1" >"$log.tap" 2>"$log.err" </dev/null
echo "$? $begin $EPOCHREALTIME" >"$log.status"'
printf '%s\0' "${programs[@]}" | xargs -0 -n 1 -P "$(nproc 2>/dev/null || echo 2)" bash -c "$run_one" "$logs"

# passed failed skipped plan, from a TAP log
# shellcheck disable=SC2016 # an awk program
count_tap='
/^1\.\.[0-9]+/             { plan += substr($1, 4) }
/^(not )?ok( [0-9]+)?.*# *[Ss][Kk][Ii][Pp]/ { skipped++; next }
/^ok( |$)/                 { passed++ }
/^not ok( |$)/             { failed++ }
END { print passed + 0, failed + 0, skipped + 0, plan + 0 }'

passed=0 failed=0 skipped=0
for program in "${programs[@]}"; do
    name=${program##*/}
    log=$logs/$name
    read -r p f s plan <<<"$(awk "$count_tap" "$log.tap")"
    read -r status begin end <<<"$(cat "$log.status" 2>/dev/null || echo '125 0 0')"
    why=
    if [ "$status" -eq 124 ] || [ "$status" -eq 137 ]; then
        why="out of time or killed"
    elif [ "$status" -gt 128 ]; then
        why="died of signal $((status - 128))"
    elif [ "$status" -ne 0 ] && [ "$f" -eq 0 ]; then
        why="ended with status $status"
    elif [ $((p + f + s)) -eq 0 ]; then
        why="printed no result"
    elif [ "$plan" -ne $((p + f + s)) ]; then
        why="planned $plan results and printed $((p + f + s))"
    fi
    [ -z "$why" ] || f=$((f + 1))
    if [ -n "${CI:-}" ] && [ "$s" -gt 0 ]; then
        why="${why:+$why; }$s skipped, which CI does not allow"
        f=$((f + s))
        s=0
    fi
    passed=$((passed + p)) failed=$((failed + f)) skipped=$((skipped + s))
    verdict=ok
    [ "$f" -eq 0 ] || verdict=FAIL
    awk -v v="$verdict" -v n="$name" -v p="$p" -v f="$f" -v s="$s" -v a="$begin" -v b="$end" 'BEGIN {
        printf "%-5s %-34s %4d passed", v, n, p
        if (f) printf ", %d failed", f
        if (s) printf ", %d skipped", s
        printf "  (%.1f s)\n", b - a }'
    grep -hE '^# (golden|matrix|faults|kills): ' "$log.tap" "$log.err" | sed 's/^# /        /'
    [ "$s" -eq 0 ] || grep -iE '# *skip' "$log.tap" | sed 's/^/        /'
    if [ "$f" -gt 0 ]; then
        [ -z "$why" ] || echo "        $why"
        grep -E -A 12 '^not ok' "$log.tap" | grep -vE '^ok ' | head -n 60 | sed 's/^/        /'
        tail -n 30 "$log.err" | sed 's/^/        | /'
    fi
done
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ]
