#!/usr/bin/env bash
# report.json and report.html of an emitted folder: complete, well-formed, and no text in it is markup.
# shellcheck source=tests/cli/tap.sh
. "$(dirname "$0")/../cli/tap.sh"
need yosys iverilog jq python3

table_config "$work/table.yaml"
run train "$work/table.yaml" -o "$work/table" --quiet
run synth "$work/table" --target xcup -o "$work/rtl" --quiet
run cosim "$work/rtl" --simulator icarus --vectors 20 --quiet
is "a folder with results" 0 "$code"
run report "$work/rtl" --json
is "report" 0 "$code"
json_is "what it has" '.model == "table" and (.build_id | length == 16) and .folder.latency_cycles == 5
    and (.folder.passes | length > 3) and (.folder.accuracy_hard > 0) and .folder.luts_estimated.layers > 0
    and .synth.xcup.luts > 0 and .cosim.icarus.mismatches == 0 and (.cosim.icarus.tool_version | length > 3)'
ok "report.json is the same" diff <(jq -S 'del(.. | .seconds?, .build_seconds?, .run_seconds?)' "$work/out") \
    <(jq -S 'del(.. | .seconds?, .build_seconds?, .run_seconds?)' "$work/rtl/report.json")
# check_page: tags are closed in order, nothing is loaded from elsewhere, no script.
check_page() {
    python3 - "$work/rtl/report.html" <<'PY'
import html.parser, sys
class Check(html.parser.HTMLParser):
    def __init__(self): super().__init__(); self.open = []; self.bars = 0
    def handle_starttag(self, tag, attrs):
        assert tag not in ("script", "link", "img", "iframe"), tag
        assert not any(k in ("src", "href") or k.startswith("on") for k, _ in attrs), attrs
        self.bars += tag == "rect"
        if tag != "meta": self.open.append(tag)
    def handle_endtag(self, tag): assert self.open.pop() == tag, tag
check = Check()
check.feed(open(sys.argv[1], encoding="utf-8").read())
assert check.open == [] and check.bars >= 3, (check.open, check.bars)
PY
}
ok "report.html is well-formed and stands alone" check_page
ok "it has the counts" grep -q ">$(jq .synth.xcup.luts "$work/rtl/report.json")<" "$work/rtl/report.html"
run info "$work/rtl" --quiet
is "the folder verifies" 0 "$code"

# A report that someone else wrote.
jq '.synth.xcup.tool_version = "<script>alert(1)</script>" | .pnr = {"x\"><img src=y>": {"critical_path": [3, {}]}}
    | .cosim = {"a": 4}' "$work/rtl/report.json" >"$work/report.json"
cp "$work/report.json" "$work/rtl/report.json"
hash=$(sha256sum <"$work/report.json" | cut -d' ' -f1)
jq --arg hash "$hash" '(.files[] | select(.path == "report.json")).sha256 = $hash' "$work/rtl/manifest.json" >"$work/m"
mv "$work/m" "$work/rtl/manifest.json"
run report "$work/rtl" --quiet
is "a strange report.json" 0 "$code"
ok "no text of it is markup" check_page
run report "$work/table"
fails "a model is no emitted folder" 2 "difflut-hdl emit"
finish
