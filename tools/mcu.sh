#!/usr/bin/env bash
# Models on a microcontroller: bytes of flash and stack for Cortex-M0 and -M4, and the test program run
# under qemu. One CSV line a model and core. Needs gcc-arm-none-eabi, and qemu-user for the run.
#   tools/mcu.sh PROGRAM MODEL...
set -euo pipefail

program=$1
shift
for tool in arm-none-eabi-gcc arm-none-eabi-size qemu-arm; do
    command -v "$tool" >/dev/null || {
        echo "tools/mcu.sh: $tool is missing (apt-get install gcc-arm-none-eabi qemu-user)" >&2
        exit 3
    }
done
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# No libc: a start that calls main() and hands its value to the kernel that qemu plays.
cat >"$work/start.c" <<'START'
__attribute__((naked, noreturn)) void _start(void)
{
    __asm__ volatile("bl main\n mov r7, #1\n svc 0\n");
}
START

echo "model,core,flash_bytes,stack_bytes,wrong_vectors"
for model in "$@"; do
    "$program" export "$model" --format c-mcu -o "$work/model.c" --quiet
    for core in cortex-m0 cortex-m4; do
        flags=(-std=c99 -Wall -Wextra -Werror -Os "-mcpu=$core" -mthumb -ffreestanding)
        arm-none-eabi-gcc "${flags[@]}" -fstack-usage -c -o "$work/model.o" "$work/model.c"
        flash=$(arm-none-eabi-size "$work/model.o" | awk 'NR == 2 { print $1 + $2 }')
        stack=$(awk '{ print $2 }' "$work/model.su")
        arm-none-eabi-gcc "${flags[@]}" -nostdlib -DDIFFLUT_TEST_MAIN -o "$work/model.elf" \
            "$work/start.c" "$work/model.c" -lgcc
        wrong=0
        qemu-arm "$work/model.elf" || wrong=$?
        echo "$(basename "$model"),$core,$flash,$stack,$wrong"
        [ "$wrong" -eq 0 ] || exit 1
    done
done
