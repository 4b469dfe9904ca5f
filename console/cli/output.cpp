// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/cli/output.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <ctime>

#include <nlohmann/json.hpp>

#include "protocol/base/clock.h"

namespace tapio::console {

namespace {

/// Length of the valid UTF-8 sequence that begins at `at`, 0 when it is none (RFC 3629, table 3-7 of Unicode).
std::size_t sequenceLength(std::string_view text, std::size_t at)
{
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    const unsigned char lead = byte(at);
    if (lead < 0x80)
        return 1;
    const std::size_t length = lead >= 0xF0 && lead <= 0xF4 ? 4 : lead >= 0xE0 && lead < 0xF0 ? 3 : lead >= 0xC2 && lead < 0xE0 ? 2 : 0;
    if (length == 0 || at + length > text.size())
        return 0;
    for (std::size_t i = 1; i < length; ++i) {
        if ((byte(at + i) & 0xC0) != 0x80)
            return 0;
    }
    const unsigned char second = byte(at + 1);
    const bool overlongOrSurrogate = (lead == 0xE0 && second < 0xA0) || (lead == 0xED && second > 0x9F) || (lead == 0xF0 && second < 0x90)
                                     || (lead == 0xF4 && second > 0x8F);
    return overlongOrSurrogate ? 0 : length;
}

/// Terminal cells, taking each code point as one: good enough to align what we print.
std::size_t width(std::string_view text)
{
    return static_cast<std::size_t>(
        std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

std::string fixed(double value, int decimals)
{
    std::array<char, 64> buffer{};
    const int n = std::snprintf(buffer.data(), buffer.size(), "%.*f", decimals, value);
    return std::string(buffer.data(), static_cast<std::size_t>(std::max(n, 0)));
}

/// What mostly helps, where whoever reports an error knows nothing better.
std::string_view usualHint(Errc code)
{
    switch (code) {
    case Errc::InvalidArgument: return "'tapio --help' and 'tapio COMMAND --help' say what is taken";
    case Errc::PermissionDenied: return "use the account that the file belongs to, or change its mode";
    case Errc::NoSpace: return "free some space there";
    case Errc::ReadOnly: return "choose a folder that can be written";
    case Errc::Malformed:
    case Errc::Corrupt: return "repair or replace the file that is named";
    case Errc::NotFound: return "check the name, or make what is missing";
    case Errc::AlreadyExists: return "choose another name, or remove what is there";
    case Errc::VersionMismatch: return "install the same version of Tapio everywhere";
    case Errc::Busy:
    case Errc::TimedOut:
    case Errc::Refused:
    case Errc::Disconnected:
    case Errc::Cancelled: return "try again";
    case Errc::Unsupported:
    case Errc::Io:
    case Errc::Internal: break;
    }
    return "'tapio check' looks for the usual causes";
}

} // namespace

ExitCode exitCodeFor(Errc code) noexcept
{
    switch (code) {
    case Errc::InvalidArgument: return ExitUsage;
    case Errc::PermissionDenied: return ExitPermission;
    case Errc::NoSpace:
    case Errc::ReadOnly: return ExitCannotCreate;
    case Errc::Malformed:
    case Errc::Corrupt: return ExitDataError;
    case Errc::Io: return ExitIo;
    case Errc::Internal: return ExitInternal;
    default: return ExitUnavailable;
    }
}

void Table::add(std::vector<std::string> row)
{
    row.resize(m_columns.size());
    for (std::string &cell : row)
        cell = printable(cell);
    m_rows.push_back(std::move(row));
}

void Table::print(std::ostream &out) const
{
    std::vector<std::size_t> widths;
    for (std::size_t i = 0; i < m_columns.size(); ++i) {
        std::size_t widest = width(m_columns[i].title);
        for (const auto &row : m_rows)
            widest = std::max(widest, width(row[i]));
        widths.push_back(widest);
    }
    const auto line = [&](const auto &cellOf) {
        std::string text;
        for (std::size_t i = 0; i < m_columns.size(); ++i) {
            const std::string &cell = cellOf(i);
            const std::string padding(widths[i] - width(cell), ' ');
            text += m_columns[i].align == Align::Right ? padding + cell : cell + padding;
            text += "  ";
        }
        text.erase(text.find_last_not_of(' ') + 1);
        out << text << '\n';
    };
    line([this](std::size_t i) -> const std::string & { return m_columns[i].title; });
    for (const auto &row : m_rows)
        line([&row](std::size_t i) -> const std::string & { return row[i]; });
}

void LineTable::printTitles(std::ostream &out) const
{
    std::vector<std::string> titles;
    for (const Column &column : m_columns)
        titles.push_back(column.title);
    print(out, titles);
}

void LineTable::print(std::ostream &out, const std::vector<std::string> &cells) const
{
    std::string text;
    std::size_t printed = 0; // cells of the terminal, as are those below
    std::size_t begin = 0;   // of the column, where all before fit into theirs
    for (std::size_t i = 0; i < std::min(cells.size(), m_columns.size()); ++i) {
        const Column &column = m_columns[i];
        const std::string cell = printable(cells[i]);
        const std::size_t room = std::max(column.width, width(cell));
        const std::size_t wanted = column.align == Table::Align::Right ? begin + room - width(cell) : begin;
        const std::size_t at = std::max(wanted, i == 0 ? 0 : printed + 2);
        text.append(at - printed, ' ') += cell;
        printed = at + width(cell);
        begin += column.width + 2;
    }
    text.erase(text.find_last_not_of(' ') + 1);
    out << text << '\n';
}

std::string printable(std::string_view text)
{
    std::string result;
    for (std::size_t i = 0; i < text.size();) {
        const std::size_t length = sequenceLength(text, i);
        const auto byte = static_cast<unsigned char>(text[i]);
        const bool control = byte < 0x20 || byte == 0x7F;
        const bool c1 = length == 2 && byte == 0xC2 && static_cast<unsigned char>(text[i + 1]) < 0xA0;
        if (length == 0) {
            result += "\xEF\xBF\xBD";
            ++i;
        } else if (control || c1) {
            std::array<char, 8> escaped{};
            std::snprintf(escaped.data(), escaped.size(), "\\x%02x", c1 ? static_cast<unsigned char>(text[i + 1]) : byte);
            result += escaped.data();
            i += length;
        } else {
            result.append(text.substr(i, length));
            i += length;
        }
    }
    return result;
}

std::string utcText(std::int64_t ns)
{
    if (ns == 0)
        return "-";
    std::int64_t seconds = ns / nsPerSecond;
    std::int64_t rest = ns % nsPerSecond;
    if (rest < 0) {
        rest += nsPerSecond;
        --seconds;
    }
    const std::time_t time = static_cast<std::time_t>(seconds);
    std::tm parts{};
    gmtime_r(&time, &parts);
    std::array<char, 48> buffer{};
    const std::size_t n = std::strftime(buffer.data(), buffer.size(), "%Y-%m-%dT%H:%M:%S", &parts);
    std::array<char, 8> millis{};
    std::snprintf(millis.data(), millis.size(), ".%03dZ", static_cast<int>(rest / nsPerMs));
    return std::string(buffer.data(), n) + millis.data();
}

std::string bytesText(std::int64_t bytes)
{
    static constexpr std::array<const char *, 5> units{"B", "KiB", "MiB", "GiB", "TiB"};
    double value = static_cast<double>(bytes);
    std::size_t unit = 0;
    while (value >= 1024.0 && unit + 1 < units.size()) {
        value /= 1024.0;
        ++unit;
    }
    return fixed(value, unit == 0 || value >= 100 ? 0 : 1) + ' ' + units[unit];
}

std::string durationText(std::int64_t ns)
{
    if (ns < 0)
        return "-" + durationText(-ns);
    if (ns < nsPerMs)
        return fixed(static_cast<double>(ns) / static_cast<double>(nsPerUs), 0) + " us";
    if (ns < nsPerSecond)
        return fixed(static_cast<double>(ns) / static_cast<double>(nsPerMs), ns < 10 * nsPerMs ? 1 : 0) + " ms";
    struct Part {
        std::int64_t seconds;
        const char *unit;
    };
    static constexpr std::array<Part, 4> parts{{{86400, "d"}, {3600, "h"}, {60, "min"}, {1, "s"}}};
    std::int64_t rest = ns / nsPerSecond;
    std::string text;
    int shown = 0;
    for (const Part &part : parts) {
        if (shown == 2)
            break;
        const std::int64_t count = rest / part.seconds;
        if (count == 0) {
            shown += shown > 0 ? 1 : 0;
            continue;
        }
        text += (text.empty() ? "" : " ") + std::to_string(count) + ' ' + part.unit;
        rest %= part.seconds;
        ++shown;
    }
    return text;
}

void printJson(std::ostream &out, const nlohmann::json &value)
{
    out << value.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) << '\n';
}

ExitCode report(std::ostream &err, const Error &error, std::string_view hint)
{
    err << "tapio: " << printable(error.message()) << '\n' << "hint: " << (hint.empty() ? usualHint(error.code()) : hint) << '\n';
    return exitCodeFor(error.code());
}

} // namespace tapio::console
