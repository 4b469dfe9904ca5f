// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <list>
#include <optional>
#include <string>
#include <unordered_map>

#include "protocol/wire/origin.h"

namespace tapio::correlation {

/// What ran where before, so that a container that is back and an image that changed are seen: no event says either. Bounded; what was seen
/// longest ago is forgotten first. One thread.
class Identities {
public:
    struct Change {
        std::string before, now;
    };
    struct Changes {
        std::optional<Change> restart; ///< ids of containers
        std::optional<Change> image;
    };

    /// `most` is above 2.
    explicit Identities(std::size_t most) : m_most(most) {}
    /// Of each event's origin. A pod's container without a name is not told from the others of its pod, and gives nothing.
    Changes note(const wire::Origin &origin);
    std::size_t size() const noexcept { return m_entries.size(); }

private:
    struct Entry {
        std::string key;
        std::string value;
        std::string previous; ///< what is told late of it is no change back
        bool isNew = true;
    };
    Entry &entry(std::string key);
    static std::optional<Change> change(Entry &entry, const std::string &value, bool canGoBack);

    std::size_t m_most;
    std::list<Entry> m_entries; ///< last used first
    std::unordered_map<std::string, std::list<Entry>::iterator> m_byKey;
    std::string m_lastContainer; ///< runs of events of one container are the rule
    std::string m_lastImage;
};

} // namespace tapio::correlation
