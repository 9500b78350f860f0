import time
from concurrent.futures import ThreadPoolExecutor

from app.core.ids import new_id


def test_ids_made_one_after_another_only_grow():
    made = [new_id() for _ in range(20_000)]
    assert made == sorted(made)
    assert len(set(made)) == len(made)


def test_ids_made_by_several_threads_are_all_different_and_grow_within_each():
    with ThreadPoolExecutor(4) as pool:
        batches = list(pool.map(lambda _: [new_id() for _ in range(5_000)], range(4)))
    assert all(batch == sorted(batch) for batch in batches)
    assert len({made for batch in batches for made in batch}) == 20_000


def test_ids_go_on_growing_when_the_clock_is_set_back(monkeypatch):
    before = new_id()
    monkeypatch.setattr(time, "time_ns", lambda: 0)
    assert before < new_id() < new_id()


def test_an_id_is_of_version_seven_and_tells_the_millisecond_in_which_it_was_made():
    start = time.time_ns() // 1_000_000
    made = new_id()
    assert (made.version, made.variant) == (7, "specified in RFC 4122")
    assert start <= made.int >> 80 <= time.time_ns() // 1_000_000 + 1
