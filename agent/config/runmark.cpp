// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/config/runmark.h"

#include <algorithm>
#include <limits>

#include <nlohmann/json.hpp>

namespace tapio::agent {

namespace {

using nlohmann::json;

constexpr std::size_t longestBootId = 64;

template <typename Number> bool readNumber(const json &from, const char *key, Number &to)
{
    const auto found = from.find(key);
    if (found == from.end() || !found->is_number_integer())
        return false;
    // Signed numbers that are negative would wrap around, and large ones be cut.
    if (!found->is_number_unsigned() || found->get<std::uint64_t>() > static_cast<std::uint64_t>(std::numeric_limits<Number>::max()))
        return false;
    to = found->get<Number>();
    return true;
}

} // namespace

std::string formatRunMark(const RunMark &mark)
{
    const json line = {{"pid", mark.pid},       {"bootId", mark.bootId},       {"utcNs", mark.utcNs},
                       {"bootNs", mark.bootNs}, {"unsafe", mark.unsafeEvents}, {"over", mark.isOver}};
    return line.dump(-1, ' ', true, json::error_handler_t::replace) + '\n';
}

Result<RunMark> parseRunMark(std::string_view line)
{
    const json read = json::parse(line, nullptr, false);
    constexpr std::size_t fields = 6;
    RunMark mark;
    const bool isRead = read.is_object() && read.size() == fields && readNumber(read, "pid", mark.pid)
                        && readNumber(read, "utcNs", mark.utcNs) && readNumber(read, "bootNs", mark.bootNs)
                        && readNumber(read, "unsafe", mark.unsafeEvents) && read.contains("bootId") && read["bootId"].is_string()
                        && read.contains("over") && read["over"].is_boolean();
    if (!isRead)
        return fail(Errc::Malformed, "the mark of the agent before is none");
    mark.bootId = read["bootId"].get<std::string>();
    mark.isOver = read["over"].get<bool>();
    if (mark.bootId.size() > longestBootId)
        return fail(Errc::Malformed, "the mark of the agent before names a boot that is none");
    return mark;
}

Unwatched unwatched(const RunMark *before, const RunMark &now)
{
    Unwatched gap;
    gap.toNs = now.utcNs;
    if (before == nullptr) {
        gap.durationNs = now.bootNs;
        gap.fromNs = gap.toNs - gap.durationNs;
        return gap;
    }
    gap.why = before->isOver ? Unwatched::Why::Stopped : Unwatched::Why::CutOff;
    gap.pid = before->pid;
    gap.fromNs = before->utcNs;
    gap.unsafeEvents = before->unsafeEvents;
    const bool isSameBoot = !now.bootId.empty() && before->bootId == now.bootId && before->bootNs <= now.bootNs;
    gap.durationNs = isSameBoot ? now.bootNs - before->bootNs : std::max<std::int64_t>(now.utcNs - before->utcNs, 0);
    return gap;
}

} // namespace tapio::agent
