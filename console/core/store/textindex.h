// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string_view>
#include <vector>

#include "console/core/store/zone.h"
#include "protocol/wire/event.h"

namespace tapio::console {

/// Which runs of three bytes occur in a chunk's summaries and process names, in lower case: a text of three letters or more
/// that has another run is not in the chunk. One thread.
class GramCollector {
public:
    GramCollector();
    void add(const wire::Event &event);
    Bloom bloom() const;

private:
    void add(std::string_view text);

    std::vector<std::uint64_t> m_seen; ///< one bit per run
    std::vector<std::uint32_t> m_grams;
};

/// The runs of a text that is in lower case already; none for fewer than three bytes.
std::vector<std::uint32_t> gramsOf(std::string_view lowered);

} // namespace tapio::console
