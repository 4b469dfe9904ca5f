// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/spool/recovery.h"

#include <algorithm>
#include <utility>

namespace tapio::agent {

namespace {

constexpr std::size_t mostNames = 65'536;
constexpr std::size_t mostFindings = 8;
constexpr std::size_t chunkBytes = 256u << 10;
constexpr std::size_t shownName = 80;
constexpr std::uint32_t mostRuns = 0xF000'0000;

/// A name that may hold anything, fit for a log line.
std::string shown(std::string_view name)
{
    std::string text(name.substr(0, shownName));
    std::replace_if(
        text.begin(), text.end(), [](char c) { return c < ' ' || c > '~'; }, '?');
    return "'" + text + "'";
}

/// The sums of a segment that says none, or says them wrongly: its records, read.
Result<SegmentSums> sumUp(SpoolFiles &files, const std::string &name, std::uint64_t at, std::uint64_t size)
{
    SegmentSums sums;
    SpoolBytes buffer;
    std::size_t used = 0;
    std::size_t wanted = 0;
    std::uint64_t end = at; // of what is in the buffer
    for (;;) {
        const auto step = scanRecord(std::span(buffer).subspan(used), end == size);
        if (step.kind == ScanStep::Kind::End || step.kind == ScanStep::Kind::Torn)
            return sums;
        if (step.kind == ScanStep::Kind::More) {
            buffer.erase(buffer.begin(), buffer.begin() + static_cast<std::ptrdiff_t>(std::exchange(used, 0)));
            wanted = std::max(step.bytes, chunkBytes);
            const auto more = files.read(name, end, static_cast<std::size_t>(std::min<std::uint64_t>(wanted, size - end)));
            if (!more)
                return fail(more.error());
            end = more->empty() ? size : end + more->size(); // it became shorter meanwhile
            buffer.insert(buffer.end(), more->begin(), more->end());
            continue;
        }
        if (step.kind == ScanStep::Kind::Record) {
            if (const auto record = decodeFrameRecord(step.payload))
                sums.add(*record);
        }
        used += step.bytes;
    }
}

Result<SegmentSums> sumsOf(SpoolFiles &files, const std::string &name, std::uint64_t firstRecord, std::uint64_t size)
{
    if (size >= firstRecord + segmentSumsBytes) {
        const auto tail = files.read(name, size - segmentSumsBytes, segmentSumsBytes);
        if (!tail)
            return fail(tail.error());
        const auto step = scanRecord(*tail, true);
        const auto sums = step.kind == ScanStep::Kind::Record ? decodeSums(step.payload) : fail(Errc::Malformed, "");
        // More frames than bytes: it lies.
        if (sums && sums->frames <= size / spoolRecordHead && sums->events <= size)
            return *sums;
    }
    return sumUp(files, name, firstRecord, size);
}

Result<FoundSegment> examine(SpoolFiles &files, const SegmentName &name, const std::string &node)
{
    const std::string file = name.text();
    const auto size = files.size(file);
    if (!size)
        return fail(size.error());
    const auto head = files.read(file, 0, maxSegmentHeader);
    if (!head)
        return fail(head.error());
    FoundSegment found;
    found.bytes = *size;
    if (const auto header = decodeHeader(*head)) {
        if (header->header.node != node)
            return fail(Errc::PermissionDenied, "it is of the node " + shown(header->header.node));
        if (header->header.name != name)
            return fail(Errc::Malformed, "it was written under another name");
        found.firstRecord = std::min<std::uint64_t>(header->bytes, *size);
    } else if (header.error().code() == Errc::VersionMismatch) {
        return fail(header.error());
    }
    // Without a header its records are looked for: each of them says by itself what it is.
    const auto sums = sumsOf(files, file, found.firstRecord, *size);
    if (!sums)
        return fail(sums.error());
    found.sums = *sums;
    return found;
}

} // namespace

Result<FoundSpool> recoverSpool(SpoolFiles &files, const std::string &node)
{
    if (const Status opened = files.open(); !opened)
        return fail(opened.error());
    const auto names = files.list(mostNames);
    if (!names)
        return fail(names.error());
    FoundSpool spool;
    const auto leave = [&spool](const std::string &name, const std::string &why) {
        if (spool.notOurs.size() < mostFindings)
            spool.notOurs.push_back(shown(name) + ": " + why);
        else
            ++spool.notOursMore;
    };
    for (const std::string &file : *names) {
        const auto name = SegmentName::parse(file);
        if (!name) {
            leave(file, "not a segment of the spool");
            continue;
        }
        const auto found = name->run < mostRuns ? examine(files, *name, node) : fail(Errc::Malformed, "so many starts there were not");
        if (!found) {
            leave(file, found.error().context());
        } else if (found->sums.frames == 0) {
            ++spool.worthless;
            if (const auto removed = files.remove(file); !removed)
                leave(file, removed.error().message());
        } else {
            spool.segments.emplace(*name, *found);
            spool.nextRun = std::max(spool.nextRun, name->run + 1);
        }
    }
    return spool;
}

} // namespace tapio::agent
