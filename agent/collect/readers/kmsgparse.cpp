// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/collect/readers/kmsgparse.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

#include "protocol/base/clock.h"
#include "protocol/wire/text.h"

namespace tapio::agent {

namespace {

/// The number at the front of a comma-separated list, which is taken off. Nothing for what is no number.
std::optional<std::uint64_t> takeNumber(std::string_view &fields)
{
    const std::string_view field = fields.substr(0, fields.find(','));
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(field.data(), field.data() + field.size(), value);
    if (error != std::errc() || end != field.data() + field.size() || field.empty())
        return std::nullopt;
    fields.remove_prefix(std::min(field.size() + 1, fields.size()));
    return value;
}

/// Bytes that do not print, and the backslash, come as \xNN.
std::string unescaped(std::string_view text)
{
    std::string plain;
    plain.reserve(text.size());
    for (std::size_t i = 0; i < text.size();) {
        unsigned value = 0;
        const char *digits = text.data() + i + 2;
        const bool isEscape =
            text.substr(i).starts_with("\\x") && text.size() - i >= 4 && std::from_chars(digits, digits + 2, value, 16).ptr == digits + 2;
        plain.push_back(isEscape ? static_cast<char>(value) : text[i]);
        i += isEscape ? 4 : 1;
    }
    return plain;
}

} // namespace

Result<KmsgRecord> parseKmsg(std::string_view bytes)
{
    const std::size_t semicolon = bytes.find(';');
    if (semicolon == std::string_view::npos)
        return fail(Errc::Malformed, "a record of the kernel's log without ';' after its prefix");
    std::string_view fields = bytes.substr(0, semicolon);
    const auto priority = takeNumber(fields);
    const auto sequence = takeNumber(fields);
    const auto timeUs = takeNumber(fields);
    constexpr std::uint64_t mostFacility = 255, mostUs = UINT64_MAX / nsPerUs;
    if (!priority || !sequence || !timeUs || *priority >> 3 > mostFacility || *timeUs > mostUs)
        return fail(Errc::Malformed, "a record of the kernel's log without priority, sequence number and time");

    KmsgRecord record;
    record.priority = *priority & 7;
    record.facility = static_cast<std::uint8_t>(*priority >> 3);
    record.sequence = *sequence;
    record.timeNs = *timeUs * nsPerUs;
    record.isContinuation = fields.starts_with('c');
    // The lines after the first, each begun by a space, are tags (SUBSYSTEM=, DEVICE=) for programs.
    const std::string_view rest = bytes.substr(semicolon + 1);
    const std::string text = wire::toValidUtf8(unescaped(rest.substr(0, rest.find('\n'))));
    record.text = wire::truncateUtf8(text, kmsgTextBytes);
    return record;
}

bool beginsOomReport(const KmsgRecord &record)
{
    return record.facility == 0 && record.text.find(" invoked oom-killer: ") != std::string::npos;
}

bool endsOomDump(const KmsgRecord &record)
{
    constexpr std::uint8_t err = 3;
    constexpr std::array<std::string_view, 9> beginnings{"Mem-Info:", "memory: usage", "Tasks state", "oom-kill:", "------------[ cut here",
                                                         "WARNING:",  "BUG:",          "INFO:",       "watchdog:"};
    return record.priority <= err || record.text == " </TASK>"
           || std::any_of(beginnings.begin(), beginnings.end(),
                          [&](std::string_view begin) { return std::string_view(record.text).starts_with(begin); });
}

bool isDumpLine(const KmsgRecord &record)
{
    constexpr std::array<std::string_view, 18> beginnings{
        " ",     "CPU: ", "Hardware name: ", "Call Trace:", "Call trace:", "RIP: ", "Code: ", "RSP: ", "RAX: ",
        "RBX: ", "RDX: ", "RBP: ",           "R10: ",       "R13: ",       "FS: ",  "pc : ",  "lr : ", "sp : "};
    return record.facility == 0 && std::any_of(beginnings.begin(), beginnings.end(), [&](std::string_view begin) {
               return std::string_view(record.text).starts_with(begin);
           });
}

} // namespace tapio::agent
