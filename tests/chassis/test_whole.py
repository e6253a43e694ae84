"""Head and body of an answer go out as one, and nothing waits longer than a turn of the loop."""

import asyncio

from chassis.web.whole import Whole


class Wire:
    """What arrives at the other end, write by write."""

    def __init__(self) -> None:
        self.written: list[bytes] = []
        self.closed = False

    def write(self, data: bytes) -> None:
        assert not self.closed, "the handle is closed"
        self.written.append(data)

    def close(self) -> None:
        self.closed = True

    def get_write_buffer_size(self) -> int:
        return sum(map(len, self.written))

    def is_closing(self) -> bool:
        return self.closed


async def test_a_head_waits_for_its_body() -> None:
    wire = Wire()
    whole = Whole(wire)
    whole.write(b"head ")
    whole.write(b"body")
    assert wire.written == [b"head body"]


async def test_a_head_whose_body_is_long_in_coming_goes_out_alone() -> None:
    wire = Wire()
    whole = Whole(wire)
    whole.write(b"head ")
    await asyncio.sleep(0)
    assert wire.written == [b"head "]
    whole.write(b"body")
    await asyncio.sleep(0)
    assert wire.written == [b"head ", b"body"]


async def test_a_long_answer_is_never_held_as_a_whole() -> None:
    wire = Wire()
    whole = Whole(wire)
    for n in range(9):
        whole.write(b"%d" % n)
    assert wire.written == [b"01", b"23", b"45", b"67"]
    await asyncio.sleep(0)
    assert b"".join(wire.written) == b"012345678"


async def test_what_is_held_is_sent_before_the_end_and_counts_as_waiting() -> None:
    wire = Wire()
    whole = Whole(wire)
    whole.write(b"head")
    assert whole.get_write_buffer_size() == 4
    whole.write(b"tail")
    whole.close()
    assert wire.written == [b"head", b"tail"]
    assert whole.is_closing()
    await asyncio.sleep(0)
    assert wire.written == [b"head", b"tail"]


async def test_what_is_held_for_somebody_who_is_gone_is_let_go() -> None:
    wire = Wire()
    Whole(wire).write(b"head")
    wire.close()
    await asyncio.sleep(0)
    assert wire.written == []
