// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace tapio::promql {

struct StringRead {
    std::size_t length = 0; ///< bytes with the quotes, or up to the mistake
    std::string_view error; ///< empty: it was read
};

/// Reads the string that `text` begins with: in double or single quotes with Go's escapes (util/strutil/quote.go of Prometheus), or in
/// back quotes, where nothing is an escape. text.front() is the quote.
StringRead readString(std::string_view text, std::string &contents);

} // namespace tapio::promql
