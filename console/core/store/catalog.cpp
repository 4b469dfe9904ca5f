// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/core/store/catalog.h"

#include "protocol/base/clock.h"

namespace tapio::console {

namespace {

constexpr std::size_t cachedOrigins = 100'000;
/// `seen` serves retention only; writing it each time an origin appears would cost more than the events.
constexpr std::int64_t seenGranularityNs = 3600 * nsPerSecond;

void append(std::string &key, std::string_view part)
{
    key.append(part);
    key.push_back('\0');
}

std::string placeKey(const wire::Origin &origin)
{
    std::string key;
    append(key, origin.cgroupPath);
    append(key, origin.containerId);
    append(key, origin.podUid);
    if (origin.cgroupPath.empty())
        append(key, std::to_string(origin.cgroupId));
    return key;
}

std::string originKey(const wire::Origin &origin)
{
    std::string key;
    append(key, origin.cgroupPath);
    append(key, origin.containerId);
    append(key, origin.podUid);
    append(key, origin.containerName);
    append(key, origin.podName);
    append(key, origin.namespaceName);
    append(key, origin.workloadKind);
    append(key, origin.workloadName);
    append(key, origin.image);
    append(key, origin.imageId);
    key.append(reinterpret_cast<const char *>(&origin.cgroupId), sizeof origin.cgroupId);
    key.push_back(static_cast<char>(origin.attribution));
    return key;
}

std::string streamKey(std::string_view node, std::uint64_t streamId)
{
    std::string key(node);
    key.push_back('\0');
    key.append(reinterpret_cast<const char *>(&streamId), sizeof streamId);
    return key;
}

} // namespace

Status Catalog::load()
{
    Statement nodes = m_database.statement("SELECT id, name FROM node");
    Result<bool> row = nodes.step();
    for (; row && *row; row = nodes.step()) {
        m_nodes[nodes.text(1)] = nodes.integer(0);
        m_nextNode = std::max(m_nextNode, nodes.integer(0) + 1);
    }
    if (!row)
        return fail(row.error());
    Statement streams = m_database.statement(
        "SELECT s.id, s.node, n.name, s.stream, s.frame_seq, s.whole, s.seen FROM stream s JOIN node n ON n.id = s.node");
    for (row = streams.step(); row && *row; row = streams.step()) {
        Stream stream;
        stream.id = streams.integer(0);
        stream.node = streams.integer(1);
        stream.nodeName = streams.text(2);
        stream.streamId = static_cast<std::uint64_t>(streams.integer(3));
        stream.taken = stream.stored = static_cast<std::uint64_t>(streams.integer(4));
        stream.whole = streams.integer(5) != 0;
        stream.seenNs = streams.integer(6);
        m_nextStream = std::max(m_nextStream, stream.id + 1);
        m_streams[streamKey(stream.nodeName, stream.streamId)] = stream;
    }
    if (!row)
        return fail(row.error());
    const Result<std::int64_t> lastOrigin = m_database.integer("SELECT max(id) FROM origin");
    if (!lastOrigin)
        return fail(lastOrigin.error());
    m_nextOrigin = *lastOrigin + 1;
    return {};
}

std::int64_t Catalog::node(const std::string &name)
{
    const auto [it, added] = m_nodes.try_emplace(name, m_nextNode);
    if (added)
        m_newNodes.emplace_back(m_nextNode++, name);
    return it->second;
}

Catalog::Stream &Catalog::stream(const std::string &nodeName, std::uint64_t streamId)
{
    const auto [it, added] = m_streams.try_emplace(streamKey(nodeName, streamId));
    if (added) {
        Stream &stream = it->second;
        stream.id = m_nextStream++;
        stream.node = node(nodeName);
        stream.nodeName = nodeName;
        stream.streamId = streamId;
        stream.dirty = true;
    }
    return it->second;
}

Result<Catalog::Origin> Catalog::findOrigin(const wire::Origin &origin)
{
    Statement query = m_database.statement(
        "SELECT id, place, seen FROM origin WHERE path=?1 AND container_id=?2 AND pod_uid=?3 AND container=?4 AND pod=?5"
        " AND namespace=?6 AND cgroup=?7 AND attribution=?8 AND workload_kind=?9 AND workload=?10 AND image=?11 AND image_id=?12");
    query.bind(origin.cgroupPath, origin.containerId, origin.podUid, origin.containerName, origin.podName, origin.namespaceName,
               origin.cgroupId, static_cast<int>(origin.attribution), origin.workloadKind, origin.workloadName, origin.image,
               origin.imageId);
    const Result<bool> row = query.step();
    if (!row)
        return fail(row.error());
    return *row ? Origin{query.integer(0), query.integer(1), query.integer(2)} : Origin{};
}

Result<std::int64_t> Catalog::findPlace(const wire::Origin &origin)
{
    if (const auto found = m_newPlaces.find(placeKey(origin)); found != m_newPlaces.end())
        return found->second;
    Statement query = m_database.statement(
        origin.cgroupPath.empty() ? "SELECT min(place) FROM origin WHERE path=?1 AND container_id=?2 AND pod_uid=?3 AND cgroup=?4"
                                  : "SELECT min(place) FROM origin WHERE path=?1 AND container_id=?2 AND pod_uid=?3");
    query.bind(origin.cgroupPath, origin.containerId, origin.podUid);
    if (origin.cgroupPath.empty())
        query.bind(origin.cgroupPath, origin.containerId, origin.podUid, origin.cgroupId);
    const Result<bool> row = query.step();
    if (!row)
        return fail(row.error());
    return *row ? query.integer(0) : 0;
}

Result<Catalog::Origin> Catalog::origin(const wire::Origin &origin, std::int64_t nowNs)
{
    std::string key = originKey(origin);
    auto known = m_origins.find(key);
    if (known == m_origins.end()) {
        Result<Origin> ids = findOrigin(origin);
        if (!ids)
            return fail(ids.error());
        if (ids->id == 0) {
            const Result<std::int64_t> place = findPlace(origin);
            if (!place)
                return fail(place.error());
            ids->id = m_nextOrigin++;
            ids->place = *place != 0 ? *place : ids->id;
            ids->seenNs = nowNs;
            m_newPlaces.emplace(placeKey(origin), ids->place);
            m_newOrigins.push_back({*ids, origin});
        }
        if (m_origins.size() >= cachedOrigins && m_newOrigins.empty())
            m_origins.clear();
        known = m_origins.emplace(std::move(key), *ids).first;
    }
    Origin &ids = known->second;
    if (nowNs - ids.seenNs > seenGranularityNs) {
        ids.seenNs = nowNs;
        m_seenOrigins.push_back(ids);
    }
    return ids;
}

Status Catalog::write()
{
    Statement newNode = m_database.statement("INSERT INTO node(id, name) VALUES(?1, ?2)");
    for (const auto &[id, name] : m_newNodes) {
        if (Status status = newNode.bind(id, name).run(); !status)
            return status;
    }
    Statement stream =
        m_database.statement("INSERT INTO stream(id, node, stream, frame_seq, whole, seen) VALUES(?1, ?2, ?3, ?4, ?5, ?6)"
                             " ON CONFLICT(id) DO UPDATE SET frame_seq=excluded.frame_seq, whole=excluded.whole, seen=excluded.seen");
    for (const auto &[key, s] : m_streams) {
        if (!s.dirty)
            continue;
        if (Status status = stream.bind(s.id, s.node, s.streamId, s.taken, int(s.whole), s.seenNs).run(); !status)
            return status;
    }
    Statement origin = m_database.statement(
        "INSERT INTO origin(id, place, cgroup, path, container_id, container, pod_uid, pod, namespace, attribution, seen,"
        " workload_kind, workload, image, image_id) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15)");
    for (const NewOrigin &added : m_newOrigins) {
        const wire::Origin &o = added.origin;
        origin.bind(added.ids.id, added.ids.place, o.cgroupId, o.cgroupPath, o.containerId, o.containerName, o.podUid, o.podName,
                    o.namespaceName, static_cast<int>(o.attribution), added.ids.seenNs, o.workloadKind, o.workloadName, o.image, o.imageId);
        if (Status status = origin.run(); !status)
            return status;
    }
    Statement seen = m_database.statement("UPDATE origin SET seen=?2 WHERE id IN (?1, ?3)");
    for (const Origin &o : m_seenOrigins) {
        if (Status status = seen.bind(o.id, o.seenNs, o.place).run(); !status)
            return status;
    }
    return {};
}

void Catalog::committed()
{
    for (auto &[key, stream] : m_streams) {
        stream.stored = stream.taken;
        stream.dirty = false;
    }
    m_newNodes.clear();
    m_newOrigins.clear();
    m_newPlaces.clear();
    m_seenOrigins.clear();
}

std::vector<wire::ResumePoint> Catalog::resumePoints() const
{
    std::vector<const Stream *> stored;
    for (const auto &[key, stream] : m_streams) {
        if (stream.stored != 0)
            stored.push_back(&stream);
    }
    std::sort(stored.begin(), stored.end(),
              [](const Stream *a, const Stream *b) { return std::tie(a->seenNs, a->id) < std::tie(b->seenNs, b->id); });
    std::vector<wire::ResumePoint> points;
    points.reserve(stored.size());
    for (const Stream *stream : stored)
        points.push_back({stream->nodeName, stream->streamId, stream->stored});
    return points;
}

std::vector<wire::ResumePoint> Catalog::movedPoints() const
{
    std::vector<wire::ResumePoint> points;
    for (const auto &[key, stream] : m_streams) {
        if (stream.dirty && stream.taken != 0)
            points.push_back({stream.nodeName, stream.streamId, stream.taken});
    }
    return points;
}

void Catalog::forgetBefore(std::int64_t seenNs)
{
    m_origins.clear();
    std::erase_if(m_streams, [&](const auto &entry) { return entry.second.seenNs < seenNs && entry.second.id + 1 < m_nextStream; });
}

} // namespace tapio::console
