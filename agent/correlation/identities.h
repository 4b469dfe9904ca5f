// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "agent/correlation/generations.h"
#include "protocol/wire/origin.h"

namespace tapio::correlation {

/// What ran where before, so that a container that is back and an image that changed are seen: no event says either. Bounded; what was not
/// seen lately is forgotten first. Of containers, of which there are many, hashes are kept. One thread.
class Identities {
public:
    static constexpr std::size_t shortIdBytes = 12; ///< of a container's id, as container runtimes show it

    struct Change {
        std::string before, now;
    };
    struct Changes {
        std::optional<Change> restart; ///< ids of containers; `before` is short
        std::optional<Change> image;
    };

    /// So many containers, and so many images; `most` is above 2.
    explicit Identities(std::size_t most) : m_containers(most), m_images(most) {}
    /// Of each event's origin. A pod's container without a name is not told from the others of its pod, and gives nothing.
    Changes note(const wire::Origin &origin);
    std::size_t size() const noexcept { return m_containers.size() + m_images.size(); }

private:
    /// Whose it is is told apart by two hashes: another one's of the same key is nobody's change.
    struct Container {
        std::uint64_t check = 0;
        std::uint64_t id = 0, previous = 0; ///< what is told late of `previous` is no change back
        std::array<char, shortIdBytes> shortId{};
    };
    struct Image {
        std::uint64_t check = 0;
        std::string now;
    };
    static std::optional<Change> changeOf(Container &known, const std::string &id);

    Generations<std::uint64_t, Container> m_containers;
    Generations<std::uint64_t, Image> m_images;
    std::string m_lastContainer; ///< runs of events of one container are the rule
    std::string m_lastImage;
};

} // namespace tapio::correlation
