"""log1p of single-precision numbers as most C libraries compute it, because tables of the
microfrontend come from it, and another rounding gives other weights.

After FreeBSD's fdlibm (s_log1pf.c), which glibc had until 2.40. Not correctly rounded.
"""

from __future__ import annotations

import math

import numpy as np

_F = np.float32
_LN2_HIGH, _LN2_LOW = _F(6.9313812256e-01), _F(9.0580006145e-06)
_SERIES = (
    6.6666668653e-01,
    4.0000000596e-01,
    2.8571429849e-01,
    2.2222198546e-01,
    1.8183572590e-01,
    1.5313838422e-01,
    1.4798198640e-01,
)
_SMALL = _F(0.41421356)  # up to here without another exponent
_ROOT_HALVED = 0x3504F7  # the fraction of the square root of 2


def log1p(x: np.float32) -> np.float32:
    """ln(1 + x) for x of 0 and more."""
    if x < 2.0**-15:
        return _F(x - _F(_F(x * x) * _F(0.5))) if x >= 2.0**-29 else x
    exponent, correction, f = 0, _F(0), x
    if x >= _SMALL:
        u = _F(_F(1) + x)
        exponent = math.frexp(u)[1] - 1
        lost = _F(_F(1) - _F(u - x)) if exponent > 0 else _F(x - _F(u - _F(1)))
        correction = _F(lost / u)
        bits = int(u.view(np.int32)) & 0x7FFFFF
        if bits < _ROOT_HALVED:
            f = _F(np.int32(bits | 0x3F800000).view(_F) - _F(1))
        else:
            exponent += 1
            f = _F(np.int32(bits | 0x3F000000).view(_F) - _F(1))
    k = _F(exponent)
    if f == 0:
        return _F(_F(k * _LN2_HIGH) + _F(correction + _F(k * _LN2_LOW)))
    half_square = _F(_F(_F(0.5) * f) * f)
    s = _F(f / _F(_F(2) + f))
    z = _F(s * s)
    rest = _F(0)
    for part in reversed(_SERIES):
        rest = _F(z * _F(_F(part) + rest))
    inner = _F(s * _F(half_square + rest))
    if exponent == 0:
        return _F(f - _F(half_square - inner))
    low = _F(inner + _F(_F(k * _LN2_LOW) + correction))
    return _F(_F(k * _LN2_HIGH) - _F(_F(half_square - low) - f))
