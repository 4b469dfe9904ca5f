// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// What lists and watches of the API have around their objects (kubernetes.io/docs, "Kubernetes API Concepts"). Values; any thread.
namespace tapio::agent {

struct ListPage {
    std::uint64_t unusable = 0;  ///< objects of which nothing was taken
    std::string resourceVersion; ///< where a watch goes on from; empty from a kubelet
    std::string continueToken;   ///< of the next page; empty = this was the last
};
template <typename Facts> struct PageOf : ListPage {
    std::vector<Facts> objects;
};

/// One line of a watch.
struct WatchEvent {
    enum class Kind : std::uint8_t { Unknown, Added, Modified, Deleted, Bookmark, Error };
    Kind kind = Kind::Unknown;
    std::string resourceVersion;
    std::int64_t code = 0; ///< of an Error: as HTTP has it
    std::string message;   ///< of an Error
};
template <typename Facts> struct EventOf : WatchEvent {
    std::optional<Facts> object; ///< none: unusable, or not about an object
};

/// "ADDED".
WatchEvent::Kind watchEventKind(std::string_view type) noexcept;

/// What an answer that is a refusal says: the message of its Status, or nothing. At most 300 bytes on one line.
std::string statusMessage(std::string_view body);

inline constexpr std::size_t mostTokenBytes = 4096; ///< of a continue token; a resource version is far shorter
inline constexpr std::size_t mostKindBytes = 63;
inline constexpr std::size_t mostMessageBytes = 300;

} // namespace tapio::agent
