"""Signatures cut into bands: two that agree in a whole band are worth a look (Leskovec et al., ch. 3)."""

from __future__ import annotations

import functools

import numpy as np

from dedupe_news.match.tokens import UInt32


@functools.cache
def banding(threshold: float, num_perm: int) -> tuple[int, int]:
    """Return (bands, rows) that err least around `threshold`, as datasketch chooses them.

    False alarms and misses weigh the same. datasketch integrates numerically, for which it needs
    SciPy; what is integrated are polynomials, and for these a Gauss-Legendre sum of enough
    points is the integral itself. See test_banding_is_datasketchs.
    """
    points, weights = np.polynomial.legendre.leggauss(num_perm // 2 + 1)
    points, weights = (points + 1) / 2, weights / 2  # from -1 ... 1 to 0 ... 1
    below, above = points * threshold, threshold + points * (1 - threshold)
    best, least = (1, 1), np.inf
    for num_bands in range(1, num_perm + 1):
        rows = np.arange(1, num_perm // num_bands + 1)[:, np.newaxis]
        false_alarms = threshold * (weights * (1 - (1 - below**rows) ** num_bands)).sum(axis=1)
        misses = (1 - threshold) * (weights * (1 - above**rows) ** num_bands).sum(axis=1)
        errors = false_alarms + misses
        row = int(errors.argmin())
        if errors[row] < least:
            best, least = (num_bands, row + 1), float(errors[row])
    return best


def band_keys(signatures: UInt32, num_bands: int, num_rows: int) -> UInt32:
    """Return a key for each band of each signature: equal bands have equal keys.

    Parameters
    ----------
    signatures : uint32, shape (n, num_perm)
    num_bands, num_rows : int
        See `banding`.

    Returns
    -------
    uint32, shape (num_bands, n)
    """
    keys = np.zeros((num_bands, len(signatures)), dtype=np.uint64)
    for row in range(num_rows):
        keys = (
            keys ^ signatures[:, row : num_bands * num_rows : num_rows].T
        ) * _MULTIPLIER  # wraps on purpose
        keys ^= keys >> np.uint64(29)
    return (keys >> np.uint64(32)).astype(np.uint32)


_MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)
