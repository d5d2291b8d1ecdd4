#!/usr/bin/env bash
# What `emit --dont-care data` saves and costs, as CSV: LUTs as emit estimates them, accuracies in per cent
# on the validation part and the test split. A MODEL that is a configuration (*.yaml) is trained first.
#   tools/dont_care_table.sh PROGRAM MODEL...
set -euo pipefail

program=${1:?usage: tools/dont_care_table.sh PROGRAM MODEL...}
shift
work=$(mktemp -d "${TMPDIR:-/tmp}/difflut-dont-care-XXXXXX")
trap 'rm -rf "$work"' EXIT

echo "model,luts_before,luts_after,tables_changed,validation_before,validation_after,test_before,test_after"
for model in "$@"; do
    case $model in
    *.yaml)
        "$program" train "$model" -o "$work/model" --quiet
        model=$work/model
        ;;
    esac
    "$program" emit "$model" --dont-care data -o "$work/rtl" --json --quiet | jq -r '.dont_care as $d
        | def percent: . * 10000 | round / 100;
        [.model, $d.luts_before, $d.luts_after, $d.tables_changed,
         ($d.accuracy_before.validation, $d.accuracy_after.validation | percent),
         ($d.accuracy_before.test, $d.accuracy_after.test | percent)] | join(",")'
    rm -rf "$work/model" "$work/rtl"
done
