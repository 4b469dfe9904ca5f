// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "console/core/store/amendments.h"
#include "console/core/store/namelookup.h"
#include "console/core/store/store.h"
#include "console/core/store/textindex.h"
#include "console/core/store/zone.h"

namespace tapio::console {

/// Case-insensitive search for a text; case is folded for ASCII letters only. One thread.
class TextSearch {
public:
    explicit TextSearch(std::string_view wanted);
    bool in(std::string_view text);
    const std::string &lowered() const noexcept { return m_wanted; }
    bool empty() const noexcept { return m_wanted.empty(); }

private:
    std::string m_wanted;
    std::string m_scratch;
};
std::string loweredAscii(std::string_view text);

/// A query's filter in the file's own numbers. Lists are sorted; an absent one means all.
struct CompiledFilter {
    static Result<CompiledFilter> of(const EventQuery &query, NameLookup &names);

    bool mayMatch(const Zone &zone) const;
    // What the chunk's indexes say: only asked when there is a pid, or there are grams.
    bool mayMatchPids(const Bloom &pids) const { return !pid || pids.mayContain(static_cast<std::uint64_t>(*pid)); }
    bool mayMatchText(const Zone &zone, const GramIndex &index) const;
    bool typeMatches(std::int64_t type) const;
    bool needsTypes(const Zone &zone) const; ///< not decided by the zone row
    bool needsSeverities(const Zone &zone) const;
    bool needsSeqs(const Zone &zone) const; ///< not all of its origins are what they were

    bool nothing = false; ///< a name that the file does not have: no event can match
    std::vector<std::int64_t> types;
    std::uint64_t typeMask = ~0ull;
    std::int64_t minSeverity = 0;
    std::optional<std::vector<std::int64_t>> streams;
    std::optional<std::vector<std::int64_t>> origins;
    std::vector<std::int64_t> storedOrigins; ///< what events that are of these by now may be stored with
    std::optional<std::int64_t> pid;
    TextSearch text{{}};
    std::vector<std::int64_t> textOrigins;       ///< whose pod or container has the text
    std::vector<std::int64_t> storedTextOrigins; ///< as storedOrigins
    Amendments amendments;                       ///< when there are origins to look at: those about them
    std::vector<std::int64_t> amendedOrigins;    ///< those of storedOrigins that they concern
    std::vector<std::uint32_t> grams;            ///< of the text

private:
    Status takeAmendments(NameLookup &names, std::int64_t fromNs);
};

} // namespace tapio::console
