#!/usr/bin/env bash
# Missing and broken files, data and tools: the exit status and the line say what is wrong.
. "$(dirname "$0")/tap.sh"
unset DIFFLUT_DATA
export HOME=$work/home
mkdir -p "$HOME"

tiny_config "$work/tiny.yaml"
run train "$work/tiny.yaml" -o "$work/tiny" --quiet
is "train ends well" 0 "$code"

# files
run train "$work/none.yaml"
fails "a missing configuration" 4 "none.yaml"
run train "$work"
fails "a folder as configuration" 4 "$work"
sed 's/^node_type:.*/node_typ: probabilistic/' "$work/tiny.yaml" >"$work/bad.yaml"
run train "$work/bad.yaml"
fails "an unknown key" 2 "bad.yaml:4: .*node_typ.*node_type"
sed '/^num_classes/d' "$work/tiny.yaml" >"$work/bad.yaml"
run train "$work/bad.yaml"
fails "a missing key" 2 "num_classes"
sed 's/^dataset:.*/dataset: mnist/; s/thermometer/thermomter/' "$work/tiny.yaml" >"$work/bad.yaml"
run train "$work/bad.yaml" --data "$work/nowhere"
fails "an unknown encoder, before the data are looked for" 2 "thermomter"
sed 's/^dataset:.*/dataset: mnist/; s/^layer_widths:.*/layer_widths: [7]/' "$work/tiny.yaml" >"$work/bad.yaml"
run train "$work/bad.yaml" --data "$work/nowhere"
fails "a width that the classes do not divide, likewise" 2 "layer_widths"
sed 's/probabilistic/probabilitsic/' "$work/tiny.yaml" >"$work/bad.yaml"
run train "$work/bad.yaml"
fails "an unknown node type" 2 "probabilistic"
run train "$work/tiny.yaml" --set training.epochs=many
fails "a bad override" 2 "training.epochs"
run train "$work/tiny.yaml" --set num_classes=4
fails "a structural override is refused" 2 "num_classes"
run eval "$work/tiny" --set node_input_dim=3
fails "a structural override of a model is refused" 2 "node_input_dim"
run emit "$work/tiny" --pipeline layers=99
fails "a pipeline out of range" 2 "hardware.pipeline.layers"
run emit "$work/tiny" --pipeline popcuont=1
fails "an unknown pipeline part" 2 "popcount"
run emit "$work/tiny" --passes constants,wire
fails "emit: a pass that there is not" 2 "no pass is called 'wire'; there are all, none, unused-inputs"
run emit "$work/tiny" --no-pass ""
fails "emit: an empty name of a pass" 2 "no pass is called ''"
run emit "$work/tiny" --pipeline auto=0
fails "a depth of nothing" 2 "at least 1 LUT a stage"
run emit "$work/tiny" --pipeline auto=x
fails "a depth that is no number" 2 "hardware.pipeline.depth"
run emit "$work/tiny" --pipeline ""
fails "an empty pipeline" 2 "--pipeline: the value is empty"
echo keep >"$work/file"
run train "$work/tiny.yaml" -o "$work/file"
fails "a file in the place of the output folder" 4 "$work/file"
mkdir "$work/other" && echo mine >"$work/other/thesis.txt"
run emit "$work/tiny" -o "$work/other"
ok "a folder that is not ours is refused" test "$code" -ne 0
ok "and left alone" grep -q mine "$work/other/thesis.txt"
cp -r "$work/tiny" "$work/cut"
head -c 300 "$work/tiny/tiny.safetensors" >"$work/cut/tiny.safetensors"
run eval "$work/cut"
fails "cut weights" 4 "tiny.safetensors"
cp -r "$work/tiny" "$work/other_structure"
sed -i 's/num_bits: 2/num_bits: 3/' "$work/other_structure/tiny.yaml"
run info "$work/other_structure"
fails "weights of another structure name the key" 2 "num_bits"
sh -c '"$1" models --json >/dev/full 2>"$2"' sh "$DIFFLUT" "$work/err"
code=$?
fails "standard output that cannot be written" 4 "standard output"

# data
sed 's/synthetic_digits/mnist/' "$work/tiny.yaml" >"$work/mnist.yaml"
run train "$work/mnist.yaml"
fails "a missing data set says where it looked" 4 "mnist"
run train "$work/mnist.yaml" --data "$work/nowhere"
fails "and in which folder" 4 "$work/nowhere"
mkdir -p "$work/data/mnist"
for file in train-images-idx3 train-labels-idx1 t10k-images-idx3 t10k-labels-idx1; do
    echo "not an IDX file" >"$work/data/mnist/$file-ubyte"
done
run train "$work/mnist.yaml" --data "$work/data"
fails "a data set of the wrong format" 4 "mnist"
sed 's/synthetic_digits/mnits/' "$work/tiny.yaml" >"$work/bad.yaml"
run train "$work/bad.yaml"
fails "an unknown data set" 2 "mnist"
sed 's/input_size: 784/input_size: 700/' "$work/tiny.yaml" >"$work/bad.yaml"
run train "$work/bad.yaml"
fails "a data set of another size" 2 "bad.yaml:9: input_size: expected 784"

table_config "$work/folds.yaml"
sed -i 's/^training: {/training: {folds: 900, /' "$work/folds.yaml"
run train "$work/folds.yaml"
fails "more folds than samples" 2 "folds.yaml:12: training.folds: expected at most 200"

# tools
empty=$work/empty
mkdir "$empty"
PATH=$empty run cosim "$work/tiny"
fails "a missing Verilator is no pass" 3 "verilator"
PATH=$empty run cosim "$work/tiny" --simulator icarus
fails "a missing Icarus is no pass" 3 "iverilog"
PATH=$empty run synth "$work/tiny"
fails "a missing Yosys is no pass" 3 "yosys"
ok "and the line says how to get it" grep -q "apt" "$work/err"
PATH=$empty run emit "$work/tiny" -o "$work/rtl"
is "emit needs no tool" 0 "$code"
finish
