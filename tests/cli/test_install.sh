#!/usr/bin/env bash
# make install into an empty prefix: what is there, what can be seen, and that the examples build against
# it through pkg-config and run. Works on a copy of the build, so that nothing else is disturbed.
. "$(dirname "$0")/tap.sh"
need pkg-config nm ld objcopy make

build=${DIFFLUT_BUILD:-$root/build}
IFS='|' read -r cc cflags _ <"$build/flags"
prefix=$work/prefix
mkdir "$work/build" "$work/run"
cp -a "$build/obj" "$build/gen" "$build/flags" "$work/build"
rm -f "$work/build/obj/model/model_find.o" # holds the prefix
make_it() {
    make --no-print-directory -s -C "$root" BUILD="$work/build" PREFIX="$prefix" CC="$cc" CFLAGS="$cflags" "$@"
}

ok "make install" make_it install
for file in bin/difflut-hdl include/difflut.h lib/libdifflut.a lib/libdifflut.so lib/pkgconfig/difflut.pc \
    share/difflut/pretrained/README.md; do
    ok "installed: $file" test -s "$prefix/$file"
done
soname=$(readelf -d "$prefix/lib/libdifflut.so" | sed -n 's/.*soname: \[\(.*\)\]/\1/p')
ok "the soname is there" test -s "$prefix/lib/$soname"
is "the soname has a number" yes "$(expr "$soname" : 'libdifflut\.so\.[0-9]*$' >/dev/null && echo yes)"
case $cflags in
*sanitize*) ;; # the sanitizers' own names are there too
*)
    is "the shared library shows only its interface" "" \
        "$(nm -D --defined-only "$prefix/lib/libdifflut.so" | awk '{ print $3 }' | grep -v '^difflut_')"
    is "so does the static one" "" \
        "$(nm -g --defined-only "$prefix/lib/libdifflut.a" | awk 'NF > 2 { print $3 }' | grep -v '^difflut_')"
    ;;
esac
declared=$(grep -oE '\bdifflut_[a-z_]+\(' "$root/src/difflut.h" | tr -d '(' | sort -u)
shown=$(nm -D --defined-only "$prefix/lib/libdifflut.so" | awk '{ print $3 }' | grep '^difflut_' | sort -u)
# difflut_model_save() and the like in comments are functions too; whatever is shown must be declared.
is "everything shown is declared" "" "$(comm -13 <(echo "$declared") <(echo "$shown"))"
is "everything declared is shown" "" \
    "$(comm -23 <(grep -A 2 DIFFLUT_API "$root/src/difflut.h" | grep -oE '\bdifflut_[a-z_]+\(' | tr -d '(' | sort -u) <(echo "$shown"))"

DIFFLUT=$prefix/bin/difflut-hdl
cd "$work/run" || exit 1
run models --json
is "the installed program runs" 0 "$code"
for yaml in "$root"/pretrained/feedforward/*.yaml; do
    [ -f "$yaml" ] || continue
    name=$(basename "$yaml" .yaml)
    json_is "the installed program finds $name" "any(.[]; .name == \"$name\")"
done

# --- examples ---

export PKG_CONFIG_PATH=$prefix/lib/pkgconfig
is "pkg-config knows the version" "$("$DIFFLUT" --version | grep -oE '[0-9.]+')" "$(pkg-config --modversion difflut)"
printf '#include <difflut.h>\nint main() { return difflut_version() == nullptr; }\n' >"$work/run/header.cpp"
if command -v g++ >/dev/null 2>&1; then
    # shellcheck disable=SC2046 # flags
    ok "the header is C++ too" g++ -std=c++17 -fsyntax-only -Wall -Wextra -Wpedantic -Werror \
        $(pkg-config --cflags difflut) "$work/run/header.cpp"
fi
# shellcheck disable=SC2046,SC2086 # flags
compile() { # example library-flags...
    local example=$1
    shift
    "$cc" -std=c11 -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Werror $cflags "$root/examples/$example.c" \
        $(pkg-config --cflags difflut) "$@" -lm "-Wl,-rpath,$prefix/lib" -o "$work/run/$example"
}
example() { # name argument...: output in $work/out
    "$work/run/$1" "${@:2}" >"$work/out" 2>"$work/err" </dev/null
    code=$?
}
is "every example is tried here" "model_system_example own_node temperature_sweep transfer" \
    "$(cd "$root/examples" && echo *.c | sed 's/\.c//g')"

# shellcheck disable=SC2046 # flags
ok "model_system_example builds" compile model_system_example $(pkg-config --libs difflut)
example model_system_example "$root/configs/quickstart.yaml" "$work/run/saved"
is "model_system_example runs" 0 "$code"
ok "a structural override is refused there" grep -q "refused: num_classes is structural" "$work/out"
ok "a saved model is the same when loaded" grep -q "samples are the same: yes" "$work/out"
run eval "$work/run/saved" --samples 50 --json
json_is "the program takes the folder that the library wrote" '.samples == 50'

# shellcheck disable=SC2046 # flags
ok "temperature_sweep builds against the static library" compile temperature_sweep \
    $(pkg-config --static --libs difflut | sed 's/-ldifflut/-l:libdifflut.a/')
example temperature_sweep
is "temperature_sweep runs" 0 "$code"
is "temperature_sweep: a line for each temperature" 8 "$(wc -l <"$work/out")"
is "temperature_sweep: the hardware never changes" 1 "$(tail -n +2 "$work/out" | cut -d, -f2 | sort -u | wc -l)"
is "temperature_sweep: the soft pass does" yes \
    "$(test "$(tail -n +2 "$work/out" | cut -d, -f3 | sort -u | wc -l)" -gt 3 && echo yes)"

# shellcheck disable=SC2046 # flags
ok "transfer builds" compile transfer $(pkg-config --libs difflut)
example transfer
is "transfer runs" 0 "$code"
ok "transfer: the first layer is copied" grep -q "layer 0: copied and frozen" "$work/out"
ok "transfer: the head is new" grep -q "layer 1: new" "$work/out"

simulator=icarus
command -v iverilog >/dev/null 2>&1 || simulator=verilator
# shellcheck disable=SC2046 # flags
ok "own_node builds" compile own_node $(pkg-config --libs difflut)
if command -v verilator >/dev/null 2>&1 || [ "$simulator" = icarus ]; then
    example own_node "$work/run/own_rtl" "$simulator"
    is "own_node trains, emits and co-simulates" 0 "$code"
    ok "own_node: no mismatch" grep -q "200 vectors, 0 mismatches" "$work/out"
    run cosim "$work/run/own_rtl"
    fails "the program does not know another's node type" 2 "pair_threshold"
else
    echo "ok $((count += 1)) - own_node # SKIP no simulator is here"
fi

# --- and away ---

ok "make uninstall" make_it uninstall
is "nothing is left" "" "$(find "$prefix" ! -type d)"
finish
