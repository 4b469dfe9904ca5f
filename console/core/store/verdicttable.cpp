// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/core/store/verdicttable.h"

#include <algorithm>

#include "console/core/store/schema.h"

namespace tapio::console {

namespace {
constexpr std::int64_t firstVersion = 5;
} // namespace

Status insertVerdict(Database &database, const Verdict &verdict)
{
    return database.statement("INSERT INTO verdict(t, node, insight, rule, kind, reason, user) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7)")
        .bind(verdict.timeNs, verdict.node, verdict.insight, verdict.rule, static_cast<int>(verdict.kind), verdict.reason, verdict.user)
        .run();
}

Result<std::vector<Verdict>> readVerdicts(Database &database, std::size_t atMost)
{
    const Result<std::int64_t> version = schemaVersion(database);
    if (!version)
        return fail(version.error());
    std::vector<Verdict> all;
    if (*version < firstVersion)
        return all;
    Statement query = database.statement("SELECT t, node, insight, rule, kind, reason, user FROM verdict ORDER BY id DESC LIMIT ?1");
    query.bind(static_cast<std::int64_t>(std::min<std::size_t>(atMost, INT64_MAX)));
    Result<bool> row = query.step();
    for (; row && *row; row = query.step())
        all.push_back({query.text(1), static_cast<std::uint64_t>(query.integer(2)), query.text(3),
                       static_cast<VerdictKind>(query.integer(4)), query.text(5), query.text(6), query.integer(0)});
    if (!row)
        return fail(row.error());
    std::reverse(all.begin(), all.end());
    return all;
}

} // namespace tapio::console
