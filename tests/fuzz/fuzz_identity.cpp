// SPDX-License-Identifier: GPL-3.0-or-later
// A SAN URI from a certificate: what is accepted is written back as it was, and its name is safe in a path.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "protocol/transport/identity.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
    const std::string_view uri(reinterpret_cast<const char *>(data), size);
    const auto identity = tapio::transport::parseIdentity(uri);
    if (identity && (identity->uri() != uri || identity->name.find('/') != std::string::npos || identity->name.front() == '.'))
        std::abort();
    return 0;
}
