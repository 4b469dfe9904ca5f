// SPDX-License-Identifier: GPL-3.0-or-later
#include "protocol/base/ipliteral.h"

#include <arpa/inet.h>

namespace tapio {

bool isIpLiteral(const std::string &text)
{
    in6_addr bytes{}; // the larger one
    return inet_pton(AF_INET, text.c_str(), &bytes) == 1 || inet_pton(AF_INET6, text.c_str(), &bytes) == 1;
}

} // namespace tapio
