#!/usr/bin/env bash
# Trains the shipped models from their configurations and puts them into pretrained/feedforward.
#   tools/train_pretrained.sh PROGRAM [NAME...]
# Needs the data sets ($DIFFLUT_DATA). The same configuration and seed give the same bytes for any
# number of threads on the same kind of processor.
set -euo pipefail

program=$1
shift
[ $# -gt 0 ] || set -- digits_small mnist_small mnist_large
for name in "$@"; do
    "$program" train "configs/$name.yaml" -o "build/train/$name"
    cp "build/train/$name/$name.yaml" "build/train/$name/$name.safetensors" pretrained/feedforward/
done
