// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <optional>
#include <tuple>
#include <vector>

#include "console/core/store/chunkcodec.h"
#include "console/core/store/eventfilter.h"

namespace tapio::console {

/// A matching event's place in the order of the page.
struct Hit {
    std::int64_t timeNs = 0;
    std::int64_t number = 0;
    std::int64_t chunk = 0; ///< 0 = not known yet
};

/// Which events a page may have besides what its filter says, and in which order.
struct PageBounds {
    std::int64_t fromNs = 0;
    std::int64_t toNs = 0;
    bool newestFirst = true;
    std::size_t limit = 0;
    std::optional<Hit> after; ///< the page begins behind this one

    /// a comes before b on the page.
    bool before(const Hit &a, const Hit &b) const
    {
        return newestFirst ? std::tie(a.timeNs, a.number) > std::tie(b.timeNs, b.number)
                           : std::tie(a.timeNs, a.number) < std::tie(b.timeNs, b.number);
    }
    bool allow(const Hit &hit) const { return hit.timeNs >= fromNs && hit.timeNs < toNs && (!after || before(*after, hit)); }
};

/// Finds the matching rows of one chunk. Looks at one column after the other and only as long as rows are left. One thread; several
/// may share a filter and bounds, each with its own matcher.
class ChunkMatcher {
public:
    ChunkMatcher(const CompiledFilter &filter, const PageBounds &bounds) : m_filter(filter), m_bounds(bounds), m_text(filter.text) {}

    /// `data` is the chunk's front, or all of it when the filter has a text or needsSeqs(). Of more than `bounds.limit` hits the best are
    /// given; `worst` is the least that is still wanted. Errors: Corrupt.
    Result<std::vector<Hit>> match(const Zone &zone, Blob data, const std::optional<Hit> &worst);

private:
    using Rows = std::vector<std::uint32_t>;
    Status keepByColumns(const Zone &zone, EventChunk &chunk, Rows &rows) const;
    Status keepByOrigins(const Zone &zone, EventChunk &chunk, Rows &rows) const;
    Status keepByText(EventChunk &chunk, const std::vector<Hit> &candidates, std::vector<Hit> &hits);

    const CompiledFilter &m_filter;
    const PageBounds &m_bounds;
    TextSearch m_text;
    Decompressor m_decompressor;
};

} // namespace tapio::console
