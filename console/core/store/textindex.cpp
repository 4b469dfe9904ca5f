// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/core/store/textindex.h"

#include <algorithm>

#include "console/core/store/eventfilter.h"

namespace tapio::console {

namespace {

constexpr std::size_t gramCount = 1u << 24;
constexpr std::size_t gramBloomBytes = 16384;

std::uint32_t gramAt(std::string_view text, std::size_t at) noexcept
{
    const auto byte = [&](std::size_t i) { return static_cast<std::uint32_t>(static_cast<unsigned char>(text[at + i])); };
    return byte(0) << 16 | byte(1) << 8 | byte(2);
}

} // namespace

GramCollector::GramCollector() : m_seen(gramCount / 64, 0) {}

void GramCollector::add(const wire::Event &event)
{
    add(loweredAscii(wire::summary(event)));
    add(loweredAscii(event.process.comm));
}

void GramCollector::add(std::string_view text)
{
    for (std::size_t i = 0; i + 3 <= text.size(); ++i) {
        const std::uint32_t gram = gramAt(text, i);
        std::uint64_t &word = m_seen[gram / 64];
        const std::uint64_t bit = 1ull << (gram % 64);
        if ((word & bit) == 0) {
            word |= bit;
            m_grams.push_back(gram);
        }
    }
}

Bloom GramCollector::bloom() const
{
    Bloom bloom(m_grams.size(), gramBloomBytes);
    for (const std::uint32_t gram : m_grams)
        bloom.add(gram);
    return bloom;
}

std::vector<std::uint32_t> gramsOf(std::string_view lowered)
{
    std::vector<std::uint32_t> grams;
    for (std::size_t i = 0; i + 3 <= lowered.size(); ++i)
        grams.push_back(gramAt(lowered, i));
    std::sort(grams.begin(), grams.end());
    grams.erase(std::unique(grams.begin(), grams.end()), grams.end());
    return grams;
}

} // namespace tapio::console
