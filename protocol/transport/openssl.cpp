// SPDX-License-Identifier: GPL-3.0-or-later
#include "protocol/transport/openssl.h"

#include <openssl/err.h>

namespace tapio::transport {

std::string takeOpensslReason()
{
    const unsigned long code = ERR_get_error();
    ERR_clear_error();
    if (code == 0)
        return "no reason given";
    if (const char *reason = ERR_reason_error_string(code))
        return reason;
    return "OpenSSL error " + std::to_string(code);
}

tl::unexpected<Error> failOpenssl(Errc code, std::string context) { return fail(code, std::move(context) + ": " + takeOpensslReason()); }

} // namespace tapio::transport
