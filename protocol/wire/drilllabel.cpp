// SPDX-License-Identifier: GPL-3.0-or-later
#include "protocol/wire/drilllabel.h"

#include <cstdint>
#include <string_view>

namespace tapio::wire {

namespace {

void append(std::vector<std::byte> &bytes, std::uint64_t number)
{
    for (int shift = 0; shift < 64; shift += 8)
        bytes.push_back(static_cast<std::byte>(number >> shift & 0xff));
}

void append(std::vector<std::byte> &bytes, std::string_view text)
{
    append(bytes, std::uint64_t{text.size()});
    for (const char c : text)
        bytes.push_back(static_cast<std::byte>(c));
}

} // namespace

std::vector<std::byte> signedBytes(const DrillLabel &label)
{
    std::vector<std::byte> bytes;
    append(bytes, std::string_view("tapio drill label 1\n"));
    for (const std::string_view text : {std::string_view(label.drill), std::string_view(label.target), std::string_view(label.phase)})
        append(bytes, text);
    append(bytes, static_cast<std::uint64_t>(label.fromNs));
    append(bytes, static_cast<std::uint64_t>(label.toNs));
    append(bytes, label.runId);
    return bytes;
}

} // namespace tapio::wire
