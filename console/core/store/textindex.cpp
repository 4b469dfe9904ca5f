// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/core/store/textindex.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include "console/core/store/eventfilter.h"

namespace tapio::console {

namespace {

constexpr std::size_t largestIndex = 16384;
constexpr std::size_t bytesPerEvent = 2;

std::uint32_t gramAt(std::string_view text, std::size_t at) noexcept
{
    std::uint32_t gram = 0;
    for (std::size_t i = 0; i < GramIndex::gramBytes; ++i)
        gram = gram << 8 | static_cast<unsigned char>(text[at + i]);
    return gram;
}

/// Part of the file format.
std::size_t bitOf(std::uint32_t gram, std::size_t bytes) noexcept
{
    return (gram * 0x9e3779b97f4a7c15ull >> 40) % (bytes * 8); // the upper bits of the product depend on all of the run
}

} // namespace

GramIndex::GramIndex(std::size_t events) : m_bits(std::min(std::bit_ceil(events * bytesPerEvent + 1), largestIndex), 0) {}

void GramIndex::add(const wire::Event &event)
{
    add(loweredAscii(wire::summary(event)));
    add(loweredAscii(event.process.comm));
}

void GramIndex::add(std::string_view text)
{
    for (std::size_t i = 0; i + gramBytes <= text.size(); ++i) {
        const std::size_t bit = bitOf(gramAt(text, i), m_bits.size());
        m_bits[bit / 8] |= static_cast<std::uint8_t>(1u << (bit % 8));
    }
}

bool GramIndex::mayContain(const std::vector<std::uint32_t> &grams) const noexcept
{
    if (m_bits.empty())
        return true;
    return std::all_of(grams.begin(), grams.end(), [this](std::uint32_t gram) {
        const std::size_t bit = bitOf(gram, m_bits.size());
        return (m_bits[bit / 8] >> (bit % 8) & 1) != 0;
    });
}

std::vector<std::uint32_t> gramsOf(std::string_view lowered)
{
    std::vector<std::uint32_t> grams;
    for (std::size_t i = 0; i + GramIndex::gramBytes <= lowered.size(); ++i)
        grams.push_back(gramAt(lowered, i));
    std::sort(grams.begin(), grams.end());
    grams.erase(std::unique(grams.begin(), grams.end()), grams.end());
    return grams;
}

} // namespace tapio::console
