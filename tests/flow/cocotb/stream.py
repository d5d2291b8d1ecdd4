"""<name>_stream under cocotb, with cocotbext-axi as the client (tests/flow/test_stream.sh).

FOLDER is the emitted folder, WIDTH what the top's parameter is set to, FRAMES how many frames the long
test sends, SEED the seed.
"""

import itertools
import logging
import os
import random
import warnings

import cocotb
from cocotb.clock import Clock
from cocotb.triggers import ClockCycles, ReadOnly, RisingEdge, with_timeout
from cocotbext.axi import AxiStreamBus, AxiStreamSink, AxiStreamSource

from reference import Reference, pack

warnings.filterwarnings("ignore", category=DeprecationWarning)

REFERENCE = Reference(os.environ["FOLDER"])
WIDTH = int(os.environ["WIDTH"])
FRAMES = int(os.environ["FRAMES"])
SEED = int(os.environ["SEED"])
STREAM = REFERENCE.manifest["stream"]
BYTES = WIDTH // 8  # of a beat
FEATURES, CODE_BITS = REFERENCE.manifest["num_features"], REFERENCE.manifest["code_bits"]
FRAME_BYTES = FEATURES * STREAM["code_slot"] // 8
RESULT_BYTES = STREAM["result_words"] * STREAM["result_slot"] // 8
BEATS_IN, BEATS_OUT = -(-FRAME_BYTES // BYTES), -(-RESULT_BYTES // BYTES)


class Bench:
    """The clock, source and sink, a monitor of the protocol, and what is expected."""

    def __init__(self, dut, seed):
        self.dut, self.rng = dut, random.Random(SEED * 1000 + seed)
        self.expected, self.errors = [], 0
        self.taken = []  # cycles in which the sink took a beat with TLAST
        self.waited = 0  # cycles in which the source had to wait
        self.cycle = 0
        cocotb.start_soon(Clock(dut.clk, 10, unit="ns").start())
        self.source = AxiStreamSource(AxiStreamBus.from_prefix(dut, "s_axis"), dut.clk, dut.rst)
        self.sink = AxiStreamSink(AxiStreamBus.from_prefix(dut, "m_axis"), dut.clk, dut.rst)
        for end in (self.source, self.sink):
            end.log.setLevel(logging.WARNING)
        cocotb.start_soon(self.watch())

    async def reset(self, cycles=2):
        self.dut.rst.value = 1
        await ClockCycles(self.dut.clk, cycles)
        self.dut.rst.value = 0
        self.expected, self.errors = [], 0

    async def watch(self):
        """The rules of AXI4-Stream for a master: what is offered stays as it is until it is taken."""
        dut, offered = self.dut, None
        while True:
            await RisingEdge(dut.clk)
            await ReadOnly()  # after the edge: what this cycle shows
            self.cycle += 1
            if dut.rst.value == 1:
                offered = None
                continue
            valid = dut.m_axis_tvalid.value == 1
            beat = (dut.m_axis_tdata.value, dut.m_axis_tlast.value) if valid else None
            assert offered is None or beat == offered, f"offered {offered}, then {beat}"
            # The edge that ends this cycle takes the beat if TREADY is up then: it changes only at edges.
            ready = dut.m_axis_tready.value == 1
            offered = beat if valid and not ready else None
            if valid and ready and dut.m_axis_tlast.value == 1:
                self.taken.append(self.cycle)
            if dut.s_axis_tvalid.value == 1 and dut.s_axis_tready.value == 0:
                self.waited += 1

    def stall(self, source, sink):
        """Pauses each side in that part of the cycles."""
        for end, part in ((self.source, source), (self.sink, sink)):
            end.clear_pause_generator()
            end.pause = False
            if part > 0:
                end.set_pause_generator(self.rng.random() < part for _ in itertools.count())

    def noise(self, size):
        return self.rng.randbytes(size)

    def codes(self):
        return [self.rng.randrange(1 << CODE_BITS) for _ in range(FEATURES)]

    async def send(self, codes=None):
        """A right frame. The bits of a slot above its code, and the rest of the last beat, are noise."""
        codes = codes or self.codes()
        slot = STREAM["code_slot"]
        dirty = [c | self.rng.randrange(1 << (slot - CODE_BITS)) << CODE_BITS for c in codes]
        frame = pack(dirty, slot) + self.noise(BEATS_IN * BYTES - FRAME_BYTES)
        self.expected.append(pack(REFERENCE.words(codes), STREAM["result_slot"]))
        await self.source.send(frame)

    async def send_beats(self, beats):
        await self.source.send(self.noise(beats * BYTES))
        self.errors += 1

    async def send_wrong(self):
        """A frame too short or too long."""
        lengths = [n for n in range(1, 2 * BEATS_IN + 3) if n != BEATS_IN]
        await self.send_beats(self.rng.choice(lengths))

    async def check(self):
        """Everything expected comes, in order, and then nothing more."""
        for number, expected in enumerate(self.expected):
            frame = await with_timeout(self.sink.recv(), 30, "us")
            wanted = expected + bytes(BEATS_OUT * BYTES - RESULT_BYTES)
            got = bytes(frame.tdata)
            assert got == wanted, f"result {number}: expected {wanted.hex()}, got {got.hex()}"
        self.expected = []
        await self.source.wait()
        await ClockCycles(self.dut.clk, REFERENCE.manifest["latency_cycles"] + 2 * BEATS_OUT + 10)
        assert self.sink.empty(), f"a result too many: {await self.sink.recv()}"
        assert self.dut.error_count.value == self.errors, (
            f"error_count {int(self.dut.error_count.value)}, {self.errors} frames were wrong"
        )


@cocotb.test()
async def random_stalls(dut):
    """Right, short and long frames, stalls of every share on both sides."""
    bench = Bench(dut, 1)
    await bench.reset()
    shares = [(0, 0), (0.5, 0), (0, 0.5), (0.5, 0.5), (0, 0.9), (0.9, 0.3)]
    for part in range(len(shares)):
        bench.stall(*shares[part])
        for _ in range(max(1, FRAMES // len(shares))):
            if bench.rng.random() < 0.1:
                await bench.send_wrong()
            await bench.send()
        await bench.check()


@cocotb.test()
async def full_throughput(dut):
    """Frames back to back take as many cycles as the wider side has beats."""
    bench = Bench(dut, 2)
    await bench.reset()
    count, pace = 60, max(BEATS_IN, BEATS_OUT)
    for _ in range(count):
        await bench.send()
    await bench.check()
    assert len(bench.taken) == count
    took = bench.taken[-1] - bench.taken[9]  # the first ones fill the pipeline
    assert took == pace * (count - 10), f"{took} cycles for {count - 10} frames, not {pace} each"
    if BEATS_IN >= BEATS_OUT:
        assert bench.waited == 0, f"the source waited {bench.waited} cycles"


@cocotb.test()
async def reader_asleep(dut):
    """Nobody reads: TVALID comes all the same, the source is held, and nothing is lost."""
    bench = Bench(dut, 3)
    await bench.reset()
    bench.sink.pause = True
    for _ in range(80):
        await bench.send()
    await ClockCycles(dut.clk, 80 * BEATS_IN + 50)
    assert dut.m_axis_tvalid.value == 1, "TVALID waits for TREADY"
    assert dut.s_axis_tready.value == 0, "more frames than places were taken"
    bench.sink.pause = False
    await bench.check()


@cocotb.test()
async def wrong_frames(dut):
    """Every length but the right one is dropped, and the frame after it is not."""
    bench = Bench(dut, 4)
    await bench.reset()
    for beats in range(1, 3 * BEATS_IN + 2):
        if beats != BEATS_IN:
            await bench.send_beats(beats)
        await bench.send()
    await bench.check()


@cocotb.test()
async def reset_in_a_frame(dut):
    """A reset with a frame half in, results on their way, one half out: all of it is gone."""
    bench = Bench(dut, 5)
    await bench.reset()
    for trial in range(20):
        bench.stall(0, 0.5 * (trial % 3))
        for _ in range(6):
            await bench.send()
        # A frame that the reset meets in each of its beats in turn, or in what follows it.
        await ClockCycles(dut.clk, bench.rng.randrange(1, 6 * BEATS_IN + 12))
        bench.source.clear()
        await bench.reset(cycles=1 + trial % 2)
        bench.sink.clear()
        bench.stall(0, 0)
        for _ in range(5):
            await bench.send()
        await bench.check()


@cocotb.test()
async def counter_stays(dut):
    """error_count stops at its highest value, and a reset clears it."""
    bench = Bench(dut, 6)
    await bench.reset()
    dut.u_in.errors_q.value = 65533
    for _ in range(5):
        await bench.send_beats(BEATS_IN + 1)
    await bench.send()
    bench.errors = 65535
    await bench.check()
    await bench.reset()
    await RisingEdge(dut.clk)
    assert dut.error_count.value == 0
