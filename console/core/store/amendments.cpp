// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/core/store/amendments.h"

#include <algorithm>
#include <string>
#include <tuple>
#include <utility>

namespace tapio::console {

namespace {

auto keyOf(const AmendmentRow &row) { return std::tie(row.was, row.stream, row.first); }

std::string jsonOf(const std::vector<std::int64_t> &numbers)
{
    std::string list = "[";
    for (const std::int64_t number : numbers)
        list += (list.size() > 1 ? "," : "") + std::to_string(number);
    return list + "]";
}

} // namespace

Amendments::Amendments(std::vector<AmendmentRow> rows) : m_rows(std::move(rows))
{
    std::sort(m_rows.begin(), m_rows.end(), [](const AmendmentRow &a, const AmendmentRow &b) { return keyOf(a) < keyOf(b); });
}

Result<Amendments> Amendments::read(Database &database, std::int64_t fromNs, const std::vector<std::int64_t> &origins)
{
    std::vector<AmendmentRow> rows;
    // One statement, so that it is of one state of the file. A file that no writer opened since it has the indexes is read through.
    Statement query = database.statement(
        "SELECT stream, was, first, last, now FROM amendment"
        " WHERE was IN (SELECT value FROM json_each(?2) UNION SELECT was FROM amendment WHERE now IN (SELECT value FROM json_each(?2)))"
        " AND +before > coalesce((SELECT min(id) FROM event_zone WHERE t1 >= ?1), 9223372036854775807)");
    const std::string wanted = jsonOf(origins);
    Result<bool> row = query.bind(fromNs, wanted).step();
    for (; row && *row; row = query.step())
        rows.push_back({query.integer(0), query.integer(1), query.integer(2), query.integer(3), query.integer(4)});
    if (!row)
        return fail(row.error());
    return Amendments(std::move(rows));
}

std::int64_t Amendments::originOf(std::int64_t stream, std::int64_t seq, std::int64_t origin) const
{
    const auto after = std::upper_bound(m_rows.begin(), m_rows.end(), std::tie(origin, stream, seq),
                                        [](const auto &key, const AmendmentRow &row) { return key < keyOf(row); });
    if (after == m_rows.begin())
        return origin;
    const AmendmentRow &row = *std::prev(after);
    return row.was == origin && row.stream == stream && row.last >= seq ? row.now : origin;
}

bool Amendments::concerns(std::int64_t origin) const
{
    const auto first =
        std::lower_bound(m_rows.begin(), m_rows.end(), origin, [](const AmendmentRow &row, std::int64_t was) { return row.was < was; });
    return first != m_rows.end() && first->was == origin;
}

std::vector<std::int64_t> Amendments::storedAs(const std::vector<std::int64_t> &origins) const
{
    std::vector<std::int64_t> all = origins;
    for (const AmendmentRow &row : m_rows) {
        if (std::binary_search(origins.begin(), origins.end(), row.now))
            all.push_back(row.was);
    }
    std::sort(all.begin(), all.end());
    all.erase(std::unique(all.begin(), all.end()), all.end());
    return all;
}

std::vector<std::int64_t> Amendments::concerned(const std::vector<std::int64_t> &origins) const
{
    std::vector<std::int64_t> some;
    std::copy_if(origins.begin(), origins.end(), std::back_inserter(some), [this](std::int64_t origin) { return concerns(origin); });
    return some;
}

} // namespace tapio::console
