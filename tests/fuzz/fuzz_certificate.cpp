// SPDX-License-Identifier: GPL-3.0-or-later
// Files of somebody else that call themselves certificates.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "protocol/transport/certificateexpiry.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
    constexpr std::size_t most = 2;
    const std::string_view text(reinterpret_cast<const char *>(data), size);
    const auto read = tapio::transport::expiryOfPem(text, most);
    const bool isBounded = read.certificates + read.unreadable <= most && read.first.has_value() == (read.certificates != 0);
    if (!isBounded || (read.first && (read.first->notAfterNs == 0 || read.first->subject.size() > 256)))
        std::abort();
    return 0;
}
