from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, Lock

import pytest

from inpaint.restoring.cores import Cores


@pytest.mark.parametrize(("count", "wanted"), [(1, 1), (2, 1), (4, 1), (4, 2), (4, 3), (2, 9)])
def test_no_more_are_taken_than_there_are_and_as_many_as_can_be(count: int, wanted: int):
    cores, fit = Cores(count), max(1, count // wanted)
    meeting, lock, inside, most = Barrier(fit), Lock(), 0, 0

    def work(_: int) -> None:
        nonlocal inside, most
        with cores.taken(wanted):
            with lock:
                inside += 1
                most = max(most, inside)
            meeting.wait(60)  # which breaks where fewer are let in
            time.sleep(0.002)
            with lock:
                inside -= 1

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(6 * fit)))
    assert (most, inside, cores.free) == (fit, 0, count)


def test_cores_are_given_back_after_an_error():
    cores = Cores(2)
    with pytest.raises(KeyError), cores.taken(2):
        raise KeyError
    assert cores.free == 2
