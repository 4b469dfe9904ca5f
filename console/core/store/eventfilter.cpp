// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/core/store/eventfilter.h"

#include <algorithm>
#include <iterator>

namespace tapio::console {

namespace {

char loweredAscii(char c) noexcept { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; }

std::vector<std::int64_t> inBoth(const std::vector<std::int64_t> &a, const std::vector<std::int64_t> &b)
{
    std::vector<std::int64_t> both;
    std::set_intersection(a.begin(), a.end(), b.begin(), b.end(), std::back_inserter(both));
    return both;
}

} // namespace

std::string loweredAscii(std::string_view text)
{
    std::string lowered(text);
    std::transform(lowered.begin(), lowered.end(), lowered.begin(), [](char c) { return loweredAscii(c); });
    return lowered;
}

TextSearch::TextSearch(std::string_view wanted) : m_wanted(loweredAscii(wanted)) {}

bool TextSearch::in(std::string_view text)
{
    if (text.size() < m_wanted.size())
        return false;
    m_scratch.resize(text.size());
    std::transform(text.begin(), text.end(), m_scratch.begin(), [](char c) { return loweredAscii(c); });
    return m_scratch.find(m_wanted) != std::string::npos;
}

Result<CompiledFilter> CompiledFilter::of(const EventQuery &query, NameLookup &names)
{
    CompiledFilter filter;
    const wire::EventFilter &wanted = query.filter;
    if (!wanted.types.empty()) {
        filter.typeMask = 0;
        for (const wire::EventType type : wanted.types) {
            filter.types.push_back(static_cast<std::int64_t>(type));
            filter.typeMask |= typeBit(filter.types.back());
        }
    }
    filter.minSeverity = static_cast<std::int64_t>(wanted.minSeverity);
    if (query.pid)
        filter.pid = *query.pid;
    filter.text = TextSearch(query.text);
    filter.grams = gramsOf(filter.text.lowered());
    Status status;
    const auto keep = [&status](std::optional<std::vector<std::int64_t>> &to, Result<std::vector<std::int64_t>> ids) {
        if (!ids)
            status = fail(ids.error());
        else
            to = to ? inBoth(*to, *ids) : std::move(*ids);
    };
    if (!wanted.nodes.empty())
        keep(filter.streams, names.streamsOfNodes(wanted.nodes));
    if (status && !wanted.namespaces.empty())
        keep(filter.origins, names.originsOfNamespaces(wanted.namespaces));
    if (status && !wanted.pods.empty())
        keep(filter.origins, names.originsOfPods(wanted.pods));
    std::optional<std::vector<std::int64_t>> textOrigins;
    if (status && !filter.text.empty())
        keep(textOrigins, names.originsWithText(filter.text.lowered()));
    if (!status)
        return fail(status.error());
    filter.textOrigins = std::move(textOrigins).value_or(std::vector<std::int64_t>());
    if (status = filter.takeAmendments(names, query.fromNs); !status)
        return fail(status.error());
    filter.nothing = (filter.streams && filter.streams->empty()) || (filter.origins && filter.origins->empty());
    return filter;
}

Status CompiledFilter::takeAmendments(NameLookup &names, std::int64_t fromNs)
{
    if (!origins && textOrigins.empty())
        return {};
    std::vector<std::int64_t> wanted = origins.value_or(std::vector<std::int64_t>());
    wanted.insert(wanted.end(), textOrigins.begin(), textOrigins.end());
    Result<Amendments> known = names.amendments(fromNs, wanted);
    if (!known)
        return fail(known.error());
    amendments = std::move(*known);
    storedOrigins = amendments.storedAs(origins.value_or(std::vector<std::int64_t>()));
    amendedOrigins = amendments.concerned(storedOrigins);
    storedTextOrigins = amendments.storedAs(textOrigins);
    return {};
}

bool CompiledFilter::mayMatch(const Zone &zone) const
{
    const std::uint64_t severe = ~0ull << std::min<std::int64_t>(minSeverity, 6);
    return (zone.types & typeMask) != 0 && (zone.severities & severe) != 0 && (!streams || zone.streams.mayContainAny(*streams))
           && (!origins || zone.origins.mayContainAny(storedOrigins));
}

bool CompiledFilter::mayMatchText(const Zone &zone, const GramIndex &index) const
{
    return index.mayContain(grams) || zone.origins.mayContainAny(storedTextOrigins);
}

bool CompiledFilter::needsSeqs(const Zone &zone) const { return origins && zone.origins.mayContainAny(amendedOrigins); }

bool CompiledFilter::typeMatches(std::int64_t type) const
{
    return types.empty() || std::find(types.begin(), types.end(), type) != types.end();
}

bool CompiledFilter::needsTypes(const Zone &zone) const
{
    return !types.empty() && ((zone.types & ~typeMask) != 0 || (zone.types & typeBit(-1)) != 0);
}

bool CompiledFilter::needsSeverities(const Zone &zone) const
{
    const std::uint64_t severe = ~0ull << std::min<std::int64_t>(minSeverity, 6);
    return minSeverity > 5 || (zone.severities & ~severe) != 0;
}

} // namespace tapio::console
