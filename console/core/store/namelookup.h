// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <unordered_map>
#include <vector>

#include "console/core/store/amendments.h"
#include "console/core/store/sqlite.h"
#include "protocol/wire/origin.h"

namespace tapio::console {

/// The reader's way from numbers back to names, and from names to numbers. One thread; `database` outlives it.
class NameLookup {
public:
    explicit NameLookup(Database &database) : m_database(database) {}

    struct Stream {
        std::string node;
        std::uint64_t streamId = 0;
    };
    /// Unknown numbers (a damaged file) give empty names. The reference holds until the next call.
    Result<const Stream *> stream(std::int64_t id);
    Result<const wire::Origin *> origin(std::int64_t id);
    Result<std::string> node(std::int64_t id);

    /// What is known since of events that may be at `fromNs` or later and were or are of one of `origins`; nothing in a file from before that was noted.
    Result<Amendments> amendments(std::int64_t fromNs, const std::vector<std::int64_t> &origins);
    /// There is something to ask amended() for.
    Result<bool> anyAmended();
    /// The same of one event: the number of the origin that it has by now.
    Result<std::int64_t> amended(std::int64_t stream, std::uint64_t seq, std::int64_t origin);

    // Sorted numbers of all that match.
    Result<std::vector<std::int64_t>> streamsOfNodes(const std::vector<std::string> &nodes);
    Result<std::vector<std::int64_t>> originsOfNamespaces(const std::vector<std::string> &namespaces);
    Result<std::vector<std::int64_t>> originsOfPods(const std::vector<std::string> &pods);
    /// `lowered` is a substring of the pod or container name, in lower case.
    Result<std::vector<std::int64_t>> originsWithText(const std::string &lowered);

private:
    Result<bool> hasVersion(std::int64_t version);
    Result<std::vector<std::int64_t>> collect(std::string_view sql, const std::vector<std::string> &names);

    Database &m_database;
    std::int64_t m_version = 0; ///< of the file as read last
    std::unordered_map<std::int64_t, Stream> m_streams;
    std::unordered_map<std::int64_t, wire::Origin> m_origins;
};

} // namespace tapio::console
