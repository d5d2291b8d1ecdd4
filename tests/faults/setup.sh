# What the tests of failing operations and of kills begin with, after tap.sh: the library that makes them fail
# ($fault), tools that answer from what they said before (replay.sh), a folder for temporary files, and a
# small trained model in $work/model.
# shellcheck shell=bash disable=SC2154 # work, root and code are tap.sh's
fault=${DIFFLUT_BUILD:-$root/build}/helpers/fault.so
[ -f "$fault" ] || skip_all "no $fault here (make unit)"
export TMPDIR=$work/tmp OMP_WAIT_POLICY=passive REPLAY=$work/replay REAL_PATH=$PATH
# The sanitizers' own library must come first, and says so; here it need not.
export ASAN_OPTIONS=verify_asan_link_order=0:${ASAN_OPTIONS:-}
mkdir "$TMPDIR" "$REPLAY" "$work/bin"
for tool in yosys iverilog vvp; do
    ln -s "$root/tests/faults/replay.sh" "$work/bin/$tool"
done
PATH=$work/bin:$PATH

table_config "$work/table.yaml"
run train "$work/table.yaml" -o "$work/model" --quiet --seed 8
is "the old model" 0 "$code"
