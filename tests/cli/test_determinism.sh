#!/usr/bin/env bash
# The same input gives the same bytes, whatever the threads, the folder and the day.
. "$(dirname "$0")/tap.sh"

tiny_config "$work/tiny.yaml"
for threads in 1 2; do
    run train "$work/tiny.yaml" -o "$work/train$threads" --threads $threads --quiet
    is "train with $threads threads" 0 "$code"
done
for file in tiny.yaml tiny.safetensors train.log; do
    ok "1 and 2 threads write the same $file" cmp "$work/train1/$file" "$work/train2/$file"
done
run train "$work/tiny.yaml" -o "$work/train3" --seed 4 --quiet
ok "another seed writes other weights" test "$(sha256sum <"$work/train1/tiny.safetensors")" != "$(sha256sum <"$work/train3/tiny.safetensors")"

run emit "$work/train1" -o "$work/rtl1" --quiet
is "emit" 0 "$code"
mkdir -p "$work/far/away"
(cd "$work/far" && TZ=Asia/Tokyo "$DIFFLUT" emit ../train2/tiny.yaml -o away/rtl2 --quiet)
ok "another place, zone and copy emit the same bytes" diff -r "$work/rtl1" "$work/far/away/rtl2"
run emit "$work/train1" -o "$work/rtl1" --quiet
ok "emitting again changes nothing" diff -r "$work/rtl1" "$work/far/away/rtl2"
ok "no date and no path is in the files" sh -c '! grep -rEq "$1|20[0-9][0-9]-[0-9][0-9]-[0-9][0-9]" "$2"' sh "$work" "$work/rtl1/rtl"
finish
