// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "console/core/store/sqlite.h"
#include "protocol/wire/message.h"

namespace tapio::console {

/// The writer's numbers for nodes, streams and origins: given in memory at once, written with the next transaction.
/// Store thread only; `database` outlives it.
class Catalog {
public:
    explicit Catalog(Database &database) : m_database(database) {}
    /// Reads nodes and streams; origins are looked up as they come.
    Status load();

    struct Stream {
        std::int64_t id = 0;
        std::int64_t node = 0;
        std::string nodeName;
        std::uint64_t streamId = 0;
        std::uint64_t taken = 0;  ///< last frame taken into the buffer
        std::uint64_t stored = 0; ///< last frame that is safe
        bool whole = false;       ///< its very first frame came to this store
        std::int64_t seenNs = 0;
        bool dirty = false;
        std::optional<std::uint64_t> sinceSeq; ///< number of its first event since the store was opened
    };
    struct Origin {
        std::int64_t id = 0;
        std::int64_t place = 0; ///< the first origin with the same cgroup path, container and pod: what stays when names become known
        std::int64_t seenNs = 0;
    };

    std::int64_t node(const std::string &name);
    Stream &stream(const std::string &node, std::uint64_t streamId);
    Result<Origin> origin(const wire::Origin &origin, std::int64_t nowNs);

    /// Writes what is new, inside the caller's transaction; committed() or nothing afterwards, as it went.
    Status write();
    void committed();
    /// The one that was seen last comes last.
    std::vector<wire::ResumePoint> resumePoints() const;
    /// Resume points that moved since the last committed().
    std::vector<wire::ResumePoint> movedPoints() const;
    /// Retention deleted what was last seen before this. Only when everything is written.
    void forgetBefore(std::int64_t seenNs);

private:
    Result<Origin> findOrigin(const wire::Origin &origin);
    Result<std::int64_t> findPlace(const wire::Origin &origin);

    struct NewOrigin {
        Origin ids;
        wire::Origin origin;
    };

    Database &m_database;
    std::unordered_map<std::string, std::int64_t> m_nodes;
    std::vector<std::pair<std::int64_t, std::string>> m_newNodes;
    std::unordered_map<std::string, Stream> m_streams; ///< by node and stream number
    std::unordered_map<std::string, Origin> m_origins; ///< by all their fields
    std::unordered_map<std::string, std::int64_t> m_newPlaces;
    std::vector<NewOrigin> m_newOrigins;
    std::vector<Origin> m_seenOrigins;
    std::int64_t m_nextNode = 1;
    std::int64_t m_nextStream = 1;
    std::int64_t m_nextOrigin = 1;
};

} // namespace tapio::console
