// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/core/promql/value.h"

#include <algorithm>
#include <unordered_map>
#include <unordered_set>

namespace tapio::promql {

namespace {

tl::unexpected<Error> twice(const Labels &labels)
{
    return fail(Errc::InvalidArgument, "two series of the result have the same labels: " + labels.text()
                                           + ". Keep a label that tells them apart, or aggregate them");
}

bool mergeInto(Row &kept, const Row &other)
{
    for (std::size_t i = 0; i < kept.values.size(); ++i) {
        if (isAbsent(other.values[i]))
            continue;
        if (!isAbsent(kept.values[i]))
            return false;
        kept.values[i] = other.values[i];
    }
    return true;
}

} // namespace

void dropEmpty(Rows &rows)
{
    std::erase_if(rows, [](const Row &row) { return std::all_of(row.values.begin(), row.values.end(), isAbsent); });
}

Status mergeSame(Rows &rows)
{
    std::unordered_map<Labels, std::size_t> places;
    places.reserve(rows.size());
    std::size_t kept = 0;
    for (std::size_t i = 0; i < rows.size(); ++i) {
        const auto [place, isNew] = places.emplace(rows[i].labels, kept);
        if (!isNew) {
            if (!mergeInto(rows[place->second], rows[i]))
                return twice(rows[i].labels);
            continue;
        }
        if (kept != i)
            rows[kept] = std::move(rows[i]);
        ++kept;
    }
    rows.resize(kept);
    return {};
}

Status refuseSame(const Rows &rows)
{
    std::unordered_set<Labels> seen;
    seen.reserve(rows.size());
    for (const Row &row : rows) {
        if (!seen.insert(row.labels).second)
            return twice(row.labels);
    }
    return {};
}

} // namespace tapio::promql
