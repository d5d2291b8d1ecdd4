"""Sums gcov's counts of a build with --coverage (tools/coverage.sh).

A header's line that several files compile counts once; it is run when any of them runs it."""
import json
import pathlib
import subprocess
import sys

LIMIT = 90.0
build, status = pathlib.Path(sys.argv[1]), int(sys.argv[2])
runs = {}  # file -> {line: times}

for notes in sorted((build / "obj").rglob("*.gcno")):
    if "tests" in notes.relative_to(build / "obj").parts:
        continue
    out = subprocess.run(["gcov", "--json-format", "--stdout", str(notes)], capture_output=True, check=True).stdout
    for text in out.splitlines():
        for file in json.loads(text)["files"]:
            if not file["file"].startswith("src/"):
                continue
            lines = runs.setdefault(file["file"], {})
            for line in file["lines"]:
                lines[line["line_number"]] = lines.get(line["line_number"], 0) + line["count"]

rooms = {}
for file, lines in runs.items():
    room = rooms.setdefault(file.split("/")[1], [0, 0])
    room[0] += len(lines)
    room[1] += sum(times > 0 for times in lines.values())
total = [sum(room[k] for room in rooms.values()) for k in (0, 1)]

print("| room | lines | run by tests | % |\n| --- | --- | --- | --- |")
for name, (count, run) in sorted(rooms.items()) + [("all", total)]:
    print(f"| {name} | {count} | {run} | {100 * run / count:.1f} |")
worst = sorted(runs, key=lambda file: -sum(times == 0 for times in runs[file].values()))
for file in worst[:12]:
    missed = sorted(line for line, times in runs[file].items() if times == 0)
    print(f"{file}: {len(missed)} of {len(runs[file])} lines not run: {', '.join(map(str, missed[:20]))}", file=sys.stderr)
percent = 100 * total[1] / max(total[0], 1)
if percent < LIMIT:
    print(f"coverage: {percent:.1f} %, below {LIMIT} %", file=sys.stderr)
sys.exit(1 if percent < LIMIT or status != 0 else 0)
