// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/collect/procparse.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>

namespace tapio::agent {

namespace {

constexpr std::string_view blanks = " \t\r";
constexpr std::uint64_t sectorBytes = 512; // always, whatever the device's own sector (Documentation/admin-guide/iostats.rst)
constexpr std::size_t maxPathBytes = 4096;

std::string_view trimmed(std::string_view text)
{
    constexpr std::string_view ends = " \t\r\n";
    const auto begin = text.find_first_not_of(ends);
    if (begin == std::string_view::npos)
        return {};
    return text.substr(begin, text.find_last_not_of(ends) - begin + 1);
}

/// The next `count` numbers of the line; false when there are fewer.
template <std::size_t count> bool numbers(std::string_view &line, std::array<std::uint64_t, count> &values)
{
    for (auto &value : values) {
        const auto parsed = parseUnsigned(nextWord(line));
        if (!parsed)
            return false;
        value = *parsed;
    }
    return true;
}

std::optional<std::uint64_t> scaled(std::uint64_t value, std::uint64_t factor)
{
    if (value > std::numeric_limits<std::uint64_t>::max() / factor)
        return std::nullopt;
    return value * factor;
}

/// "sda1" of "sda", "nvme0n1p2" of "nvme0n1": its traffic is counted in its disk already.
bool isPartitionOf(std::string_view name, std::string_view disk)
{
    if (disk.empty() || !name.starts_with(disk))
        return false;
    std::string_view rest = name.substr(disk.size());
    const auto isDigit = [](char c) { return c >= '0' && c <= '9'; };
    if (isDigit(disk.back())) {
        if (!rest.starts_with('p'))
            return false;
        rest.remove_prefix(1);
    }
    return !rest.empty() && std::all_of(rest.begin(), rest.end(), isDigit);
}

bool isDeviceNumber(std::string_view text)
{
    const auto colon = text.find(':');
    return colon != std::string_view::npos && parseUnsigned(text.substr(0, colon)) && parseUnsigned(text.substr(colon + 1));
}

DiskCounters &entryFor(std::vector<DiskCounters> &disks, std::string_view device)
{
    const auto found = std::find_if(disks.begin(), disks.end(), [&](const auto &d) { return d.device == device; });
    if (found != disks.end())
        return *found;
    return disks.emplace_back(DiskCounters{std::string(device), 0, 0, 0, 0, std::nullopt});
}

/// "12.34" in hundredths, as the averages of pressure files are: a percentage.
std::optional<std::uint32_t> parseHundredths(std::string_view text)
{
    constexpr std::uint64_t most = 100;
    const auto point = text.find('.');
    if (point == std::string_view::npos || text.size() != point + 3)
        return std::nullopt;
    const auto whole = parseUnsigned(text.substr(0, point));
    const auto part = parseUnsigned(text.substr(point + 1));
    if (!whole || !part || *whole > most)
        return std::nullopt;
    return static_cast<std::uint32_t>(*whole * 100 + *part);
}

std::string withoutOctalEscapes(std::string_view text)
{
    std::string plain;
    plain.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i) {
        const auto digit = [&](std::size_t at) { return text[at] >= '0' && text[at] <= '7'; };
        if (text[i] == '\\' && i + 3 < text.size() && digit(i + 1) && digit(i + 2) && digit(i + 3)) {
            const int code = (text[i + 1] - '0') * 64 + (text[i + 2] - '0') * 8 + (text[i + 3] - '0');
            plain.push_back(static_cast<char>(code));
            i += 3;
        } else {
            plain.push_back(text[i]);
        }
    }
    return plain;
}

} // namespace

std::optional<std::uint64_t> parseUnsigned(std::string_view text)
{
    text = trimmed(text);
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (text.empty() || error != std::errc() || end != text.data() + text.size())
        return std::nullopt;
    return value;
}

bool nextLine(std::string_view &text, std::string_view &line)
{
    if (text.empty())
        return false;
    const auto end = text.find('\n');
    line = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    return true;
}

std::string_view nextWord(std::string_view &line)
{
    const auto begin = line.find_first_not_of(blanks);
    if (begin == std::string_view::npos) {
        line = {};
        return {};
    }
    const auto end = std::min(line.find_first_of(blanks, begin), line.size());
    const std::string_view word = line.substr(begin, end - begin);
    line.remove_prefix(end);
    return word;
}

std::optional<std::uint64_t> keyedValue(std::string_view text, std::string_view key)
{
    for (std::string_view line; nextLine(text, line);) {
        if (line.size() > key.size() && line.starts_with(key) && blanks.find(line[key.size()]) != std::string_view::npos)
            return parseUnsigned(line.substr(key.size()));
    }
    return std::nullopt;
}

PressureTotals parsePressure(std::string_view text)
{
    constexpr std::string_view total = "total=";
    constexpr std::string_view avg10 = "avg10=";
    PressureTotals totals;
    for (std::string_view line; nextLine(text, line);) {
        const std::string_view kind = nextWord(line);
        if (kind != "some" && kind != "full")
            continue;
        const bool isFull = kind == "full";
        for (std::string_view word = nextWord(line); !word.empty(); word = nextWord(line)) {
            if (word.starts_with(total))
                (isFull ? totals.fullUs : totals.someUs) = parseUnsigned(word.substr(total.size()));
            else if (word.starts_with(avg10))
                (isFull ? totals.fullAvg10 : totals.someAvg10) = parseHundredths(word.substr(avg10.size()));
        }
    }
    return totals;
}

MemoryCounts parseMemoryEvents(std::string_view text)
{
    const auto of = [text](std::string_view key) { return keyedValue(text, key); };
    return {of("low"), of("high"), of("max"), of("oom"), of("oom_kill"), of("oom_group_kill")};
}

MemoryCounts parseMemoryV1(std::string_view failcnt, std::string_view oomControl)
{
    MemoryCounts counts;
    counts.max = parseUnsigned(failcnt);
    counts.oomKill = keyedValue(oomControl, "oom_kill");
    return counts;
}

std::vector<InterfaceCounters> parseNetDev(std::string_view text)
{
    std::vector<InterfaceCounters> interfaces;
    for (std::string_view line; nextLine(text, line) && interfaces.size() < maxParsedEntries;) {
        const auto colon = line.rfind(':');
        if (colon == std::string_view::npos)
            continue;
        const std::string_view name = trimmed(line.substr(0, colon));
        std::string_view rest = line.substr(colon + 1);
        std::array<std::uint64_t, 16> v{};
        if (name.empty() || name.size() > 64 || !numbers(rest, v))
            continue;
        interfaces.push_back({std::string(name), v[0], v[1], v[3], v[8], v[9], v[11]});
    }
    return interfaces;
}

std::vector<DiskCounters> parseDiskStats(std::string_view text)
{
    std::vector<DiskCounters> disks;
    std::string_view disk;
    for (std::string_view line; nextLine(text, line) && disks.size() < maxParsedEntries;) {
        const std::string_view major = nextWord(line);
        const std::string_view minor = nextWord(line);
        const std::string_view name = nextWord(line);
        std::array<std::uint64_t, 10> v{};
        if (name.empty() || name.size() > 64 || !parseUnsigned(major) || !parseUnsigned(minor) || !numbers(line, v))
            continue;
        if (isPartitionOf(name, disk))
            continue;
        disk = name;
        const auto readBytes = scaled(v[2], sectorBytes);
        const auto writeBytes = scaled(v[6], sectorBytes);
        if ((v[0] == 0 && v[4] == 0) || !readBytes || !writeBytes)
            continue;
        disks.push_back({std::string(name), *readBytes, *writeBytes, v[0], v[4], v[9]});
    }
    return disks;
}

std::map<std::string, std::string, std::less<>> parseDeviceNames(std::string_view text)
{
    std::map<std::string, std::string, std::less<>> names;
    for (std::string_view line; nextLine(text, line) && names.size() < maxParsedEntries;) {
        const std::string_view major = nextWord(line);
        const std::string_view minor = nextWord(line);
        const std::string_view name = nextWord(line);
        if (parseUnsigned(major) && parseUnsigned(minor) && !name.empty() && name.size() <= 64)
            names.emplace(std::string(major).append(":").append(minor), name);
    }
    return names;
}

std::vector<DiskCounters> parseIoStat(std::string_view text)
{
    std::vector<DiskCounters> disks;
    for (std::string_view line; nextLine(text, line) && disks.size() < maxParsedEntries;) {
        const std::string_view device = nextWord(line);
        if (!isDeviceNumber(device))
            continue;
        DiskCounters counters{std::string(device), 0, 0, 0, 0, std::nullopt};
        bool any = false;
        for (std::string_view word = nextWord(line); !word.empty(); word = nextWord(line)) {
            const auto equals = word.find('=');
            if (equals == std::string_view::npos)
                continue;
            const std::string_view key = word.substr(0, equals);
            const auto value = parseUnsigned(word.substr(equals + 1));
            std::uint64_t *const target = key == "rbytes"   ? &counters.readBytes
                                          : key == "wbytes" ? &counters.writeBytes
                                          : key == "rios"   ? &counters.readOps
                                          : key == "wios"   ? &counters.writeOps
                                                            : nullptr;
            if (target != nullptr && value) {
                *target = *value;
                any = true;
            }
        }
        if (any)
            disks.push_back(std::move(counters));
    }
    return disks;
}

std::vector<DiskCounters> parseBlkio(std::string_view bytes, std::string_view operations)
{
    std::vector<DiskCounters> disks;
    const auto take = [&disks](std::string_view text, std::uint64_t DiskCounters::*read, std::uint64_t DiskCounters::*write) {
        for (std::string_view line; nextLine(text, line);) {
            const std::string_view device = nextWord(line);
            const std::string_view kind = nextWord(line);
            const auto value = parseUnsigned(nextWord(line));
            if (!isDeviceNumber(device) || !value || (kind != "Read" && kind != "Write"))
                continue;
            if (disks.size() >= maxParsedEntries)
                return;
            entryFor(disks, device).*(kind == "Read" ? read : write) = *value;
        }
    };
    take(bytes, &DiskCounters::readBytes, &DiskCounters::writeBytes);
    take(operations, &DiskCounters::readOps, &DiskCounters::writeOps);
    return disks;
}

std::optional<CpuLimit> parseCpuMax(std::string_view text)
{
    const auto quota = parseUnsigned(nextWord(text));
    const auto period = parseUnsigned(trimmed(text));
    if (!quota || !period || *period == 0 || !scaled(*quota, 1000))
        return std::nullopt;
    return CpuLimit{*quota, *period};
}

std::optional<CpuLimit> parseCfsQuota(std::string_view quotaText, std::string_view periodText)
{
    const auto quota = parseUnsigned(quotaText);
    const auto period = parseUnsigned(periodText);
    if (!quota || !period || *period == 0 || !scaled(*quota, 1000))
        return std::nullopt;
    return CpuLimit{*quota, *period};
}

std::optional<std::uint64_t> parseMemoryLimit(std::string_view text)
{
    // PAGE_COUNTER_MAX pages of 4 to 64 KiB: LONG_MAX rounded down to a page (include/linux/page_counter.h).
    constexpr std::uint64_t noLimitFrom = std::numeric_limits<std::int64_t>::max() - (64u << 10);
    const auto limit = parseUnsigned(text);
    if (!limit || *limit >= noLimitFrom)
        return std::nullopt;
    return limit;
}

MemInfo parseMemInfo(std::string_view text)
{
    MemInfo info;
    for (std::string_view line; nextLine(text, line);) {
        const std::string_view key = nextWord(line);
        std::optional<std::uint64_t> *const target = key == "MemTotal:"         ? &info.totalBytes
                                                     : key == "MemFree:"        ? &info.freeBytes
                                                     : key == "MemAvailable:"   ? &info.availableBytes
                                                     : key == "Inactive(file):" ? &info.inactiveFileBytes
                                                                                : nullptr;
        if (target == nullptr)
            continue;
        if (const auto kib = parseUnsigned(nextWord(line)))
            *target = scaled(*kib, 1024);
    }
    return info;
}

std::optional<CpuTimes> parseProcStat(std::string_view text)
{
    std::optional<CpuTimes> times;
    for (std::string_view line; nextLine(text, line);) {
        const std::string_view name = nextWord(line);
        if (name == "cpu") {
            std::array<std::uint64_t, 7> v{}; // user nice system idle iowait irq softirq
            if (!numbers(line, v))
                return std::nullopt;
            times = CpuTimes{v[0] + v[1] + v[2] + v[5] + v[6], 0};
        } else if (times && name.starts_with("cpu") && parseUnsigned(name.substr(3))) {
            ++times->onlineCpus;
        }
    }
    return times;
}

std::optional<std::uint64_t> parseStartTicks(std::string_view text)
{
    const auto bracket = text.rfind(')');
    if (bracket == std::string_view::npos)
        return std::nullopt;
    std::string_view rest = text.substr(bracket + 1);
    constexpr int fieldsBefore = 19; // fields 3 to 21
    for (int i = 0; i < fieldsBefore; ++i) {
        if (nextWord(rest).empty())
            return std::nullopt;
    }
    return parseUnsigned(nextWord(rest));
}

ProcCgroups parseProcCgroup(std::string_view text)
{
    ProcCgroups cgroups;
    for (std::string_view line; nextLine(text, line);) {
        const auto first = line.find(':');
        const auto second = first == std::string_view::npos ? first : line.find(':', first + 1);
        if (second == std::string_view::npos)
            continue;
        const std::string_view path = line.substr(second + 1);
        if (!path.starts_with('/') || path.size() > maxPathBytes)
            continue;
        std::string_view controllers = line.substr(first + 1, second - first - 1);
        if (controllers.empty()) {
            cgroups.v2 = std::string(path);
            continue;
        }
        while (!controllers.empty()) {
            const auto comma = std::min(controllers.find(','), controllers.size());
            if (controllers.substr(0, comma) == "memory")
                cgroups.memory = std::string(path);
            controllers.remove_prefix(std::min(comma + 1, controllers.size()));
        }
    }
    return cgroups;
}

std::vector<MountEntry> parseMountInfo(std::string_view text)
{
    std::vector<MountEntry> mounts;
    for (std::string_view line; nextLine(text, line) && mounts.size() < maxParsedEntries;) {
        const auto id = parseUnsigned(nextWord(line));
        const auto parentId = parseUnsigned(nextWord(line));
        const std::string_view device = nextWord(line);
        const std::string_view root = nextWord(line);
        const std::string_view mountPoint = nextWord(line);
        const auto separator = line.find(" - ");
        if (!id || !isDeviceNumber(device) || separator == std::string_view::npos || mountPoint.size() > maxPathBytes)
            continue;
        std::string_view before = line.substr(0, separator);
        const std::string_view options = nextWord(before);
        line.remove_prefix(separator + 3);
        const std::string_view fileSystem = nextWord(line);
        const std::string_view source = nextWord(line);
        mounts.push_back({std::string(device), withoutOctalEscapes(root), withoutOctalEscapes(mountPoint), std::string(fileSystem),
                          withoutOctalEscapes(source), *id, std::string(options), parentId.value_or(0)});
    }
    return mounts;
}

std::optional<std::uint32_t> firstPid(std::string_view text)
{
    std::string_view line;
    if (!nextLine(text, line))
        return std::nullopt;
    const auto pid = parseUnsigned(line);
    if (!pid || *pid == 0 || *pid > std::numeric_limits<std::int32_t>::max())
        return std::nullopt;
    return static_cast<std::uint32_t>(*pid);
}

} // namespace tapio::agent
