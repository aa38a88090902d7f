import time

import oracles
import strategies
from hypothesis import given
from hypothesis import strategies as st

from dedupe_news.article import Relation
from dedupe_news.match.clusters import canonical_order, find_clusters
from dedupe_news.match.fingerprint import fingerprint
from dedupe_news.match.relations import merges, relate
from dedupe_news.options import MatchOptions

NEWS = MatchOptions()


def near(left, right, kind="near"):
    low, high = sorted((left, right))
    return Relation(str(low), str(high), kind, 0.9, 0.95)


def ranks_of(num_articles):
    return [canonical_order(100, None, f"{number:06}") for number in range(num_articles)]


def clusters_of(num_articles, edges, verify=lambda left, right: None):
    relations = [(left, right, near(left, right)) for left, right in edges]
    found = find_clusters(ranks_of(num_articles), relations, verify, NEWS)
    return {cluster.canonical: set(cluster.members) for cluster in found}


def test_two_disjoint_pairs_stay_apart():
    assert clusters_of(4, [(0, 1), (2, 3)]) == {0: {1}, 2: {3}}


def test_a_chain_does_not_merge_its_ends():
    # 0-1-2-3-4: each article resembles its neighbours alone.
    assert clusters_of(5, [(0, 1), (1, 2), (2, 3), (3, 4)]) == {0: {1}, 2: {3}, 4: set()}


def test_a_pair_that_was_no_candidate_is_verified():
    asked = []

    def verify(left, right):
        asked.append((left, right))
        return near(left, right)

    assert clusters_of(3, [(0, 1), (1, 2)], verify) == {0: {1, 2}}
    assert asked == [(0, 2)]


def test_a_template_never_merges():
    relations = [(0, 1, near(0, 1, "template"))]
    found = find_clusters(ranks_of(2), relations, lambda left, right: None, NEWS)
    assert [(cluster.canonical, cluster.members) for cluster in found] == [(0, {}), (1, {})]


def test_the_most_complete_then_the_earliest_then_the_smallest_id_is_canonical():
    order = [
        canonical_order(200, None, "z"),
        canonical_order(100, "2020-11-08", "y"),
        canonical_order(100, "2020-11-09T10:00", "x"),
        canonical_order(100, None, "a"),
        canonical_order(100, "", "b"),
    ]
    shuffled = [order[at] for at in (3, 0, 4, 1, 2)]
    assert sorted(shuffled) == order


edges = st.lists(st.tuples(st.integers(0, 7), st.integers(0, 7)).filter(lambda edge: edge[0] != edge[1]))


@given(edges, st.permutations(range(8)))
def test_clusters_do_not_depend_on_input_order(edges, order):
    place = {number: at for at, number in enumerate(order)}
    ranks = [ranks_of(8)[number] for number in order]
    relations = [(place[left], place[right], near(left, right)) for left, right in reversed(edges)]
    moved = find_clusters(ranks, relations, lambda left, right: None, NEWS)
    as_numbers = {
        order[cluster.canonical]: {order[member] for member in cluster.members} for cluster in moved
    }
    assert as_numbers == clusters_of(8, edges)


@given(edges)
def test_each_article_is_in_one_cluster_with_a_relation_to_its_canonical(edges):
    found = clusters_of(8, edges)
    assert sorted([*found, *(member for members in found.values() for member in members)]) == list(range(8))
    known = {frozenset(edge) for edge in edges}
    assert all({canonical, member} in known for canonical, members in found.items() for member in members)


@given(strategies.piles())
def test_clusters_agree_with_comparing_all_with_all(pile):
    items = [fingerprint(f"{number:02}", text, NEWS) for number, text in enumerate(pile)]
    ranks = [canonical_order(item.num_tokens, None, item.id) for item in items]

    def verify(left, right):
        return relate(items[left], items[right], NEWS)

    pairs = [(i, j) for i in range(len(items)) for j in range(i + 1, len(items))]
    relations = [(i, j, relation) for i, j in pairs if (relation := verify(i, j)) is not None]
    found = find_clusters(ranks, relations, verify, NEWS)
    assert {cluster.canonical: set(cluster.members) for cluster in found} == oracles.clusters(
        items, ranks, NEWS
    )
    assert all(merges(relation, NEWS) for cluster in found for relation in cluster.members.values())


def test_a_star_and_a_chain_of_many_take_linear_time():
    for edges in ([(0, n) for n in range(1, 50_000)], [(n - 1, n) for n in range(1, 50_000)]):
        began = time.perf_counter()
        found = clusters_of(50_000, edges)
        assert sum(1 + len(members) for members in found.values()) == 50_000
        assert time.perf_counter() - began < 5
