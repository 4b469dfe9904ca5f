// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstring>
#include <span>
#include <string>

#include "protocol/base/result.h"

namespace tapio::agent {

/// A copy of a record, since its bytes need not be aligned. Errors: Malformed when it has another size.
template <typename Record> Result<Record> recordView(std::span<const std::byte> bytes)
{
    Record record;
    if (bytes.size() != sizeof(record))
        return fail(Errc::Malformed, "a record of " + std::to_string(bytes.size()) + " bytes where its kind has "
                                         + std::to_string(sizeof(record)));
    std::memcpy(&record, bytes.data(), sizeof(record));
    return record;
}

} // namespace tapio::agent
