// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "protocol/base/result.h"
#include "protocol/wire/text.h"

/// What the decoders of records share. Pure.
namespace tapio::agent {

/// A copy of a record, since its bytes need not be aligned. Errors: Malformed when it has another size.
template <typename Record> Result<Record> recordView(std::span<const std::byte> bytes)
{
    Record record;
    if (bytes.size() != sizeof(record))
        return fail(Errc::Malformed,
                    "a record of " + std::to_string(bytes.size()) + " bytes where its kind has " + std::to_string(sizeof(record)));
    std::memcpy(&record, bytes.data(), sizeof(record));
    return record;
}

/// Text up to the NUL that must be there.
template <std::size_t size> std::optional<std::string> terminated(const char (&text)[size])
{
    const char *end = std::find(text, text + size, '\0');
    if (end == text + size)
        return std::nullopt;
    return wire::toValidUtf8(std::string_view(text, static_cast<std::size_t>(end - text)));
}

inline tl::unexpected<Error> unterminated(const char *what)
{
    return fail(Errc::Malformed, std::string("a record whose ") + what + " does not end");
}

} // namespace tapio::agent
