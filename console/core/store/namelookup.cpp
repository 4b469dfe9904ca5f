// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/core/store/namelookup.h"

#include <algorithm>
#include <utility>

#include "console/core/store/schema.h"

namespace tapio::console {

namespace {
constexpr std::size_t cachedOrigins = 20'000;
}

Result<bool> NameLookup::hasVersion(std::int64_t version)
{
    // A writer may bring the file up to date while it is read: then the caches are of what it was.
    const Result<std::int64_t> now = schemaVersion(m_database);
    if (!now)
        return fail(now.error());
    if (std::exchange(m_version, *now) != *now)
        m_origins.clear();
    return m_version >= version;
}

Result<const NameLookup::Stream *> NameLookup::stream(std::int64_t id)
{
    auto known = m_streams.find(id);
    if (known == m_streams.end()) {
        Statement query = m_database.statement("SELECT n.name, s.stream FROM stream s JOIN node n ON n.id = s.node WHERE s.id=?1");
        const Result<bool> row = query.bind(id).step();
        if (!row)
            return fail(row.error());
        Stream stream;
        if (*row)
            stream = {query.text(0), static_cast<std::uint64_t>(query.integer(1))};
        known = m_streams.emplace(id, std::move(stream)).first;
    }
    return &known->second;
}

Result<const wire::Origin *> NameLookup::origin(std::int64_t id)
{
    auto known = m_origins.find(id);
    if (known == m_origins.end()) {
        const Result<bool> current = hasVersion(2);
        if (!current)
            return fail(current.error());
        Statement query = m_database.statement(
            std::string("SELECT cgroup, path, container_id, container, pod_uid, pod, namespace, attribution")
            + (*current ? ", workload_kind, workload, image, image_id" : ", '', '', '', ''") + " FROM origin WHERE id=?1");
        const Result<bool> row = query.bind(id).step();
        if (!row)
            return fail(row.error());
        wire::Origin origin;
        if (*row) {
            origin = {static_cast<std::uint64_t>(query.integer(0)),
                      query.text(1),
                      query.text(2),
                      query.text(3),
                      query.text(4),
                      query.text(5),
                      query.text(6),
                      static_cast<wire::Attribution>(query.integer(7)),
                      query.text(8),
                      query.text(9),
                      query.text(10),
                      query.text(11)};
        }
        if (m_origins.size() >= cachedOrigins)
            m_origins.clear();
        known = m_origins.emplace(id, std::move(origin)).first;
    }
    return &known->second;
}

Result<Amendments> NameLookup::amendments(std::int64_t fromNs, const std::vector<std::int64_t> &origins)
{
    const Result<bool> has = hasVersion(3);
    if (!has)
        return fail(has.error());
    return *has ? Amendments::read(m_database, fromNs, origins) : Amendments();
}

Result<bool> NameLookup::anyAmended()
{
    Result<bool> has = hasVersion(3);
    if (!has || !*has)
        return has;
    const Result<std::int64_t> any = m_database.integer("SELECT EXISTS(SELECT 1 FROM amendment)");
    return any ? Result<bool>(*any != 0) : fail(any.error());
}

Result<std::int64_t> NameLookup::amended(std::int64_t stream, std::uint64_t seq, std::int64_t origin)
{
    Statement query =
        m_database.statement("SELECT now, last FROM amendment WHERE stream=?1 AND was=?2 AND first <= ?3 ORDER BY first DESC LIMIT 1");
    const Result<bool> row = query.bind(stream, origin, seq).step();
    if (!row)
        return fail(row.error());
    return *row && static_cast<std::uint64_t>(query.integer(1)) >= seq ? query.integer(0) : origin;
}

Result<std::string> NameLookup::node(std::int64_t id)
{
    Statement query = m_database.statement("SELECT name FROM node WHERE id=?1");
    const Result<bool> row = query.bind(id).step();
    if (!row)
        return fail(row.error());
    return *row ? query.text(0) : std::string();
}

Result<std::vector<std::int64_t>> NameLookup::collect(std::string_view sql, const std::vector<std::string> &names)
{
    std::vector<std::int64_t> ids;
    for (const std::string &name : names) {
        Statement query = m_database.statement(sql);
        query.bind(name);
        Result<bool> row = query.step();
        for (; row && *row; row = query.step())
            ids.push_back(query.integer(0));
        if (!row)
            return fail(row.error());
    }
    std::sort(ids.begin(), ids.end());
    ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
    return ids;
}

Result<std::vector<std::int64_t>> NameLookup::streamsOfNodes(const std::vector<std::string> &nodes)
{
    return collect("SELECT s.id FROM stream s JOIN node n ON n.id = s.node WHERE n.name=?1", nodes);
}

Result<std::vector<std::int64_t>> NameLookup::originsOfNamespaces(const std::vector<std::string> &namespaces)
{
    return collect("SELECT id FROM origin WHERE namespace=?1", namespaces);
}

Result<std::vector<std::int64_t>> NameLookup::originsOfPods(const std::vector<std::string> &pods)
{
    return collect("SELECT id FROM origin WHERE pod=?1", pods);
}

Result<std::vector<std::int64_t>> NameLookup::originsWithText(const std::string &lowered)
{
    return collect("SELECT id FROM origin WHERE instr(lower(pod), ?1) > 0 OR instr(lower(container), ?1) > 0", {lowered});
}

} // namespace tapio::console
