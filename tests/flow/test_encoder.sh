#!/usr/bin/env bash
# The plan of shared comparators against what ABC finds for the same thresholds.
# shellcheck source=tests/cli/tap.sh
. "$(dirname "$0")/../cli/tap.sh"

for tool in yosys awk; do
    command -v $tool >/dev/null || skip_all "$tool is not here"
done

# draw CODE_BITS COUNT SEED: distinct numbers below 2^CODE_BITS - 1, ascending.
draw() {
    awk -v b="$1" -v n="$2" -v seed="$3" 'BEGIN {
        srand(seed)
        while (n > 0) {
            t = int(rand() * (2 ^ b - 1))
            if (!(t in seen)) { seen[t] = 1; n-- }
        }
        for (t = 0; t < 2 ^ b; t++) if (t in seen) printf "%d ", t
    }'
}

# One module for each set of thresholds; all are mapped in one run.
module=0
for bits in 7 8 10 16; do
    for thresholds in 1 4 8 24; do
        [ $thresholds -lt $((1 << (bits - 1))) ] || continue
        list=$(draw $bits $thresholds $((bits * 100 + thresholds)))
        echo "$bits $list" >>"$work/sets"
        echo "module m$module(input [$((bits - 1)):0] code, output [$((thresholds - 1)):0] out);"
        k=0
        for t in $list; do
            echo "    assign out[$k] = code > $bits'd$t;"
            k=$((k + 1))
        done
        echo "endmodule"
        module=$((module + 1))
    done
done >"$work/sets.v"

for inputs in 6 4; do
    yosys -q -p "read_verilog $work/sets.v; proc; opt; techmap; opt; abc -lut $inputs; opt_clean
        tee -q -o $work/stat stat" >"$work/log" 2>&1
    is "yosys, LUT$inputs" 0 $?
    ours=0
    theirs=0
    module=0
    while read -r bits list; do
        # shellcheck disable=SC2086
        plan=$("$DIFFLUT_BUILD/helpers/encoder_plan" $inputs "$bits" $list)
        abc=$(awk -v m="m$module" '$2 == m { on = 1; next } $1 == "===" { on = 0 }
            on && /\$lut/ { n = $1 == "$lut" ? $2 : $1 } END { print n + 0 }' "$work/stat")
        # Where a seventh of all codes are thresholds, ABC may find one or two more with LUT4.
        ok "LUT$inputs with $bits bits, $(wc -w <<<"$list") thresholds: $plan, ABC $abc" \
            test "$plan" -le $((inputs == 6 ? abc : abc + abc / 8))
        ours=$((ours + plan))
        theirs=$((theirs + abc))
        module=$((module + 1))
    done <"$work/sets"
    echo "# LUT$inputs: $ours LUTs in all, ABC $theirs"
    ok "LUT$inputs: a tenth less in all" test $((ours * 10)) -le $((theirs * 9))
done
finish
