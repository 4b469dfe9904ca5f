// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string_view>
#include <vector>

#include "console/core/store/zone.h"
#include "protocol/wire/event.h"

namespace tapio::console {

/// Which runs of four bytes occur in a chunk's summaries and process names, in lower case: a text that has another run is not
/// in the chunk. One bit per run by its hash; runs share bits, so a hit says nothing. Value type.
class GramIndex {
public:
    static constexpr std::size_t gramBytes = 4;

    /// Empty: excludes nothing.
    GramIndex() = default;
    explicit GramIndex(Blob bits) : m_bits(std::move(bits)) {}
    /// Sized for a chunk of so many events.
    explicit GramIndex(std::size_t events);

    void add(const wire::Event &event);
    bool mayContain(const std::vector<std::uint32_t> &grams) const noexcept;
    const Blob &bits() const noexcept { return m_bits; }

private:
    void add(std::string_view text);

    Blob m_bits;
};

/// The runs of a text that is in lower case already; none for a shorter one.
std::vector<std::uint32_t> gramsOf(std::string_view lowered);

} // namespace tapio::console
