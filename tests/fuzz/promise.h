// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdlib>

namespace tapio::test {

/// Stops the fuzzer when a promise of a header is broken. Not an assert(): that is gone from optimised builds.
inline void promise(bool kept)
{
    if (!kept)
        std::abort();
}

} // namespace tapio::test
