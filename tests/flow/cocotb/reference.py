"""What an emitted folder should answer, computed in Python from its netlist.txt and manifest.json.

It shares nothing with the program but the file formats (docs/file_formats.md), so the stream tests
compare the hardware with a second opinion.
"""

import json
import pathlib


class Reference:
    def __init__(self, folder):
        folder = pathlib.Path(folder)
        self.manifest = json.loads((folder / "manifest.json").read_text())
        self.steps, self.luts, self.classes = [], [], []
        for line in (folder / "netlist.txt").read_text().splitlines():
            self._read(line.split(" "))

    def _read(self, words):
        if words[0] == "step":  # step S feature F initial I toggles T...
            self.steps.append((int(words[3]), int(words[5]), [int(t) for t in words[7:]]))
        elif words[0] == "lut":  # lut N ... in A B C table HEX
            fan_in = words[words.index("in") + 1 : words.index("table")]
            self.luts.append(([int(i) for i in fan_in], int(words[-1], 16)))
        elif words[0] == "class":  # class C bias B sum A B C
            self.classes.append((int(words[3]), [int(i) for i in words[5:]]))
        elif words[0] not in (
            "difflut-netlist", "name", "hash", "config", "features", "pipeline", "counts",
            "encoder_bits", "sums", "register", "end"
        ):
            raise ValueError(f"netlist.txt: unknown line '{words[0]}'")

    def scores(self, codes):
        signals = []
        for feature, initial, toggles in self.steps:
            signals.append((initial + sum(codes[feature] >= t for t in toggles)) % 2)
        for fan_in, table in self.luts:
            address = sum(signals[s] << k for k, s in enumerate(fan_in))
            signals.append(table >> address & 1)
        return [bias + sum(signals[s] for s in group) for bias, group in self.classes]

    def words(self, codes):
        """The words of a result: the class, then the scores where there are any."""
        scores = self.scores(codes)
        return [scores.index(max(scores))] + (scores if self.manifest["scores"] else [])


def pack(words, slot):
    """Words of `slot` bits as the bytes of a frame."""
    return b"".join(w.to_bytes(slot // 8, "little") for w in words)
