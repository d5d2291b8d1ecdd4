#!/usr/bin/env bash
# No room includes past its row of rooms.txt. Prints FILE:LINE for each that does; status 1 if any.
#   tools/lint/includes.sh [ROOT]
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
cd "${1:-$here/../..}"
rules=$here/rooms.txt

allowed() { # room or exact file: the list in its row
    sed -n "s|^$1: *||p" "$rules"
}

excepted() { # file room: does a "src/...: room" row allow it?
    local pattern rooms
    while IFS=: read -r pattern rooms; do
        # shellcheck disable=SC2254 # the row holds a pattern
        case $1 in $pattern) case " $rooms " in *" $2 "*) return 0 ;; esac ;; esac
    done < <(grep '^src/' "$rules")
    return 1
}

bad=0
for room in src/*/; do
    room=${room#src/}
    room=${room%/}
    if ! grep -q "^$room:" "$rules"; then
        echo "src/$room: not in tools/lint/rooms.txt"
        bad=1
        continue
    fi
    list=" base $room $(allowed "$room") "
    [ "$room" != base ] || list=" base "
    case $list in *" * "*) continue ;; esac
    while IFS=: read -r file line text; do
        target=$(expr "$text" : '[^"]*"\([a-z_]*\)/') || true
        grep -q "^$target:" "$rules" || continue # not a room
        case $list in *" $target "*) continue ;; esac
        ! excepted "$file" "$target" || continue
        echo "$file:$line: room $room may not include room $target"
        bad=1
    done < <(grep -rn --include='*.[ch]' '^ *# *\(include\|define SIMD_FILE\) *"' "src/$room" || true)
done
exit $bad
