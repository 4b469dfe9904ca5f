// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "agent/enrich/podfacts.h"
#include "protocol/base/result.h"

/// What the API server and the kubelet send, to values. Pure: any bytes, any thread. Of a pod that has no usable name or uid nothing is
/// taken; texts are cut to what Kubernetes allows and never hold control characters.
namespace tapio::agent {

/// A page of a list of pods.
struct PodPage {
    std::vector<PodFacts> pods;
    std::uint64_t unusable = 0;  ///< pods of which nothing was taken
    std::string resourceVersion; ///< where a watch goes on from; empty from a kubelet
    std::string continueToken;   ///< of the next page; empty = this was the last
};
/// Errors: Malformed: it is not a list of pods.
Result<PodPage> parsePodPage(std::string_view body);

/// One line of a watch.
struct WatchEvent {
    enum class Kind : std::uint8_t { Unknown, Added, Modified, Deleted, Bookmark, Error };
    Kind kind = Kind::Unknown;
    std::optional<PodFacts> pod; ///< none: unusable, or not about a pod
    std::string resourceVersion;
    std::int64_t code = 0; ///< of an Error: as HTTP has it
    std::string message;   ///< of an Error
};
/// Errors: Malformed.
Result<WatchEvent> parseWatchEvent(std::string_view line);

/// What an answer that is a refusal says: the message of its Status, or nothing. At most 300 bytes on one line.
std::string statusMessage(std::string_view body);

/// Containers of one pod that are kept, those that ended before the present ones included.
inline constexpr std::size_t mostContainers = 128;

} // namespace tapio::agent
