"""A board top under cocotb: the serial line bit by bit, against the Python reading of netlist.txt.

FOLDER is the emitted folder, DIVIDER and TIMEOUT what the top's parameters are set to (small, for speed).
"""

import os
import random

import cocotb
from cocotb.clock import Clock
from cocotb.triggers import ClockCycles, FallingEdge, Timer

from reference import Reference, pack

REFERENCE = Reference(os.environ["FOLDER"])
DIVIDER, TIMEOUT = int(os.environ["DIVIDER"]), int(os.environ["TIMEOUT"])
MANIFEST = REFERENCE.manifest
STREAM = MANIFEST["stream"]
SYNC, ACK, NAK = 0xA5, 0x06, 0x15


class Line:
    """Both directions of the line."""

    def __init__(self, dut):
        self.dut, self.rng = dut, random.Random(1)
        self.period = DIVIDER * 10  # ns of a bit
        self.received = []
        dut.rx.value = 1
        self.press(False)
        cocotb.start_soon(Clock(dut.clk, 10, unit="ns").start())
        cocotb.start_soon(self.listen())

    async def start(self):
        await ClockCycles(self.dut.clk, 40)  # the reset after power-up

    def press(self, down):
        if hasattr(self.dut, "button_n"):
            self.dut.button_n.value = not down
        else:
            self.dut.button.value = down

    async def wait(self, bits):
        await Timer(round(self.period * bits), unit="ns")

    async def byte(self, value, stop=1):
        for bit in [0] + [value >> k & 1 for k in range(8)] + [stop]:
            self.dut.rx.value = bit
            await self.wait(1)
        self.dut.rx.value = 1

    async def bytes(self, values):
        for value in values:
            await self.byte(value)

    async def listen(self):
        """What the board sends, looked at in the middle of each bit."""
        while True:
            await FallingEdge(self.dut.tx)
            await self.wait(1.5)
            value = 0
            for k in range(8):
                value |= int(self.dut.tx.value) << k
                await self.wait(1)
            assert self.dut.tx.value == 1, "no stop bit"
            self.received.append(value)

    def frame(self):
        """A frame and the answer to it."""
        codes = [self.rng.randrange(1 << MANIFEST["code_bits"]) for _ in range(MANIFEST["num_features"])]
        payload = list(pack(codes, STREAM["code_slot"]))
        answer = [ACK] + list(pack(REFERENCE.words(codes), STREAM["result_slot"]))
        return [SYNC] + payload + [-sum(payload) % 256], answer

    async def expect(self, *answers):
        wanted = [value for answer in answers for value in answer]
        await self.wait(10 * (len(wanted) + 3))
        assert self.received == wanted, f"expected {wanted}, got {self.received}"
        self.received = []

    async def good(self):
        frame, answer = self.frame()
        await self.bytes(frame)
        await self.expect(answer)
        leds = int(self.dut.leds.value)
        assert leds & 15 == answer[1], "the LEDs show another class"


@cocotb.test()
async def frames(dut):
    """One after the other, with noise bytes between them."""
    line = Line(dut)
    await line.start()
    for _ in range(10):
        await line.bytes(line.rng.choices([b for b in range(256) if b != SYNC], k=line.rng.randrange(4)))
        await line.good()


@cocotb.test()
async def back_to_back(dut):
    """The host does not wait for answers."""
    line = Line(dut)
    await line.start()
    pairs = [line.frame() for _ in range(8)]
    for frame, _ in pairs:
        await line.bytes(frame)
    await line.wait(10 * len(pairs) * len(pairs[0][1]))
    await line.expect(*[answer for _, answer in pairs])


@cocotb.test()
async def other_clocks(dut):
    """A host whose bits are 2 % longer or shorter."""
    line = Line(dut)
    await line.start()
    for error in (0.02, -0.02):
        line.period = round(DIVIDER * 10 * (1 + error))
        for _ in range(3):
            await line.good()


@cocotb.test()
async def wrong_sum(dut):
    """A check byte that does not fit, and the next frame is right."""
    line = Line(dut)
    await line.start()
    for _ in range(3):
        frame, _ = line.frame()
        frame[-1] ^= 1 << line.rng.randrange(8)
        await line.bytes(frame)
        await line.expect([NAK])
        await line.good()


async def in_every_byte(dut, spoil):
    """A frame that spoil(line, byte) ends early, in each of its bytes in turn, and now and then a right one after it."""
    line = Line(dut)
    await line.start()
    frame, _ = line.frame()
    for at in range(1, len(frame)):
        frame, _ = line.frame()
        await line.bytes(frame[:at])
        await spoil(line, frame[at])
        await line.expect([NAK])
        if at % 4 == 0 or at > len(frame) - 4:
            await line.good()


@cocotb.test()
async def framing_error(dut):
    """A stop bit that is missing."""
    async def spoil(line, byte):
        await line.byte(byte | 1, stop=0)  # not a break
        await line.wait(2)

    await in_every_byte(dut, spoil)


@cocotb.test()
async def time_out(dut):
    """The host goes away."""
    await in_every_byte(dut, lambda line, byte: ClockCycles(dut.clk, TIMEOUT + 20))


@cocotb.test()
async def line_break(dut):
    """A break resets, in each byte of a frame: nothing is answered, the next frame is right."""
    line = Line(dut)
    await line.start()
    frame, _ = line.frame()
    for at in range(0, len(frame), 3):
        frame, _ = line.frame()
        await line.bytes(frame[:at])
        dut.rx.value = 0
        await line.wait(15 + at)
        dut.rx.value = 1
        await line.wait(2)
        await line.expect([])
        assert dut.u_stream.error_count.value == 0
        await line.good()


@cocotb.test()
async def button(dut):
    """The button resets in the middle of a frame."""
    line = Line(dut)
    await line.start()
    frame, _ = line.frame()
    await line.bytes(frame[:4])
    line.press(True)
    await ClockCycles(dut.clk, 10)
    line.press(False)
    await ClockCycles(dut.clk, 40)
    await line.expect([])
    await line.good()


@cocotb.test()
async def spikes(dut):
    """A pulse shorter than half a bit is no start bit."""
    line = Line(dut)
    await line.start()
    frame, answer = line.frame()
    await line.bytes(frame[:3])
    dut.rx.value = 0
    await ClockCycles(dut.clk, DIVIDER // 2 - 4)
    dut.rx.value = 1
    await line.wait(2)
    await line.bytes(frame[3:])
    await line.expect(answer)


@cocotb.test()
async def sync_in_data(dut):
    """The start byte is data inside a frame; a frame cut off inside is found again after its time-out."""
    line = Line(dut)
    await line.start()
    size = MANIFEST["num_features"] * STREAM["code_slot"] // 8
    codes = [SYNC & (1 << MANIFEST["code_bits"]) - 1] * MANIFEST["num_features"]
    payload = list(pack(codes, STREAM["code_slot"]))
    await line.bytes([SYNC] + payload + [-sum(payload) % 256])
    await line.expect([ACK] + list(pack(REFERENCE.words(codes), STREAM["result_slot"])))
    await line.bytes([SYNC] * (size // 2))
    await ClockCycles(dut.clk, TIMEOUT + 20)
    await line.expect([NAK])
    await line.good()
