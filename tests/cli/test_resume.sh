#!/usr/bin/env bash
# train --resume: however often the run is killed, it ends with the files of an unbroken one.
. "$(dirname "$0")/tap.sh"

tiny_config "$work/tiny.yaml"
sed -i 's/epochs: 2/epochs: 12, checkpoint_seconds: 0/' "$work/tiny.yaml"
start=$(date +%s%N)
run train "$work/tiny.yaml" -o "$work/whole" --quiet
is "the unbroken run ends well" 0 "$code"
took=$((($(date +%s%N) - start) / 1000000))

seed=${DIFFLUT_SEED:-$$}
RANDOM=$seed
killed=0 tries=0
# Ten kills at random moments, start-up and the last writes among them, with one and two threads in
# turn. A run that is done before its kill begins anew.
while [ $killed -lt 10 ] && [ $tries -lt 100 ]; do
    tries=$((tries + 1))
    "$DIFFLUT" train "$work/tiny.yaml" -o "$work/broken" --resume --quiet \
        --threads $((1 + killed % 2)) 2>/dev/null &
    pid=$!
    delay=$((RANDOM % (took / 3 + 1)))
    sleep "$(printf '%d.%03d' $((delay / 1000)) $((delay % 1000)))"
    kill -KILL $pid 2>/dev/null
    wait $pid 2>/dev/null
    case $? in
    0) rm -rf "$work/broken" ;;
    137) killed=$((killed + 1)) ;;
    esac
done
is "ten runs were killed (seed $seed)" 10 "$killed"
run train "$work/tiny.yaml" -o "$work/broken" --resume
is "the last run ends well" 0 "$code"
for file in tiny.yaml tiny.safetensors train.log train.json train.checkpoint; do
    ok "the same $file" cmp "$work/whole/$file" "$work/broken/$file"
done
run train "$work/tiny.yaml" -o "$work/one" --quiet --threads 1
ok "one thread, unbroken: the same weights" \
    cmp "$work/whole/tiny.safetensors" "$work/one/tiny.safetensors"
is "and no other file" "" "$(find "$work/broken" -name '.difflut-*')"

run train "$work/tiny.yaml" -o "$work/broken" --resume
is "a finished run is resumed to the same end" 0 "$code"
ok "it says so" grep -q "resumed after 12 epochs" "$work/err"
ok "the same weights" cmp "$work/whole/tiny.safetensors" "$work/broken/tiny.safetensors"

run train "$work/tiny.yaml" -o "$work/broken" --resume --set training.learning_rate=0.02
fails "another configuration is refused by its key" 2 "training.learning_rate is 0.01, but 0.02"
run train "$work/tiny.yaml" -o "$work/broken" --set training.learning_rate=0.02 --quiet
is "without --resume it starts anew" 0 "$code"
printf 'x' | dd of="$work/broken/train.checkpoint" bs=1 seek=5000 conv=notrunc 2>/dev/null
run train "$work/tiny.yaml" -o "$work/broken" --resume --set training.learning_rate=0.02
fails "a damaged checkpoint is refused" 4 "changed or damaged"
finish
