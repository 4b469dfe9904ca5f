// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include "protocol/base/clock.h"
#include "protocol/base/result.h"

namespace tapio::console {

enum class VerdictKind : std::uint8_t {
    Unknown = 0,
    Confirmed = 1, ///< the insight is right
    Rejected = 2,  ///< it is not
    Withdrawn = 3, ///< whatever was said before no longer holds
};
std::string_view verdictKindName(VerdictKind kind) noexcept; ///< "confirmed"; "unknown" for a number without a name here
/// The inverse; Unknown for a name that is none.
VerdictKind verdictKindFromName(std::string_view name) noexcept;

/// What an operator said of an insight. Never changed and never removed: the last one stored of an insight holds, so that taking one
/// back is another one. Retention leaves them alone: they are few, and they tell how often a rule is right.
struct Verdict {
    static constexpr std::size_t mostReasonBytes = 2000;

    std::string node;          ///< whose agent found it
    std::uint64_t insight = 0; ///< its id, which is the node's
    std::string rule;          ///< whose it is, for when its events are gone
    VerdictKind kind = VerdictKind::Unknown;
    std::string reason; ///< plain text, UTF-8; data, never translated
    std::string user;
    std::int64_t timeNs = 0; ///< UTC

    bool operator==(const Verdict &) const = default;
};

/// Whether it can be stored. Errors: InvalidArgument (an unknown kind, no reason for confirmed or rejected, too long a reason).
Status checkVerdict(const Verdict &verdict);

/// Stores one from outside a console. Blocks for a sync of the disk; any thread. Nobody needs to hold the store: without a console its lock is taken
/// for the time and an older file is brought up to date; beside a console of this version one row is added in a transaction of its own, which
/// SQLite keeps apart from the console's, and the console reads it when it next looks.
/// Errors: those of checkVerdict; NotFound; ReadOnly and PermissionDenied (a recording, another's file); VersionMismatch (written by a newer
/// Tapio, or held by an older console); Busy (a flush takes more than some seconds); NoSpace, Corrupt, Io.
Status addVerdict(const std::filesystem::path &file, const Verdict &verdict, const Clock &clock);

/// Which insights are wanted, by the verdict that holds.
enum class VerdictFilter : std::uint8_t { Any, None, Confirmed, Rejected };
VerdictFilter verdictFilterFromName(std::string_view name) noexcept; ///< "none", "confirmed", "rejected"; else Any
/// `inForce`: of the insight, or null.
bool isLetThrough(VerdictFilter wanted, const Verdict *inForce) noexcept;

} // namespace tapio::console
