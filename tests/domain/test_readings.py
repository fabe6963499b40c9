"""Which texts stay at hand once they are understood: those asked for last, however many came before."""

from __future__ import annotations

from model_registry.domain.source import Reading, Readings, understand
from texts import coin, source

READING = understand(source(coin()))


def reading(name: str) -> Reading:
    return Reading(name, READING.model)


def kept(readings: Readings, names: str) -> str:
    return "".join(name for name in names if readings.find(name))


def test_what_came_last_is_at_hand_however_much_came_before() -> None:
    readings = Readings(room=10)
    for name in "abcdefgh":
        readings.keep(reading(name), size=3)
        assert readings.find(name)
    assert kept(readings, "abcdefgh") == "fgh"


def test_what_is_asked_for_stays_longest() -> None:
    readings = Readings(room=10)
    for name in "abcd":
        readings.keep(reading(name), size=3)
        readings.find("a")
    assert kept(readings, "abcd") == "acd"


def test_what_has_no_room_at_all_drives_nothing_out() -> None:
    readings = Readings(room=10)
    readings.keep(reading("a"), size=9)
    readings.keep(reading("b"), size=11)
    assert kept(readings, "ab") == "a"


def test_what_is_kept_twice_takes_room_once() -> None:
    readings = Readings(room=10)
    for _ in range(3):
        readings.keep(reading("a"), size=5)
    readings.keep(reading("b"), size=5)
    assert kept(readings, "ab") == "ab"
