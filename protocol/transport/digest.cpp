// SPDX-License-Identifier: GPL-3.0-or-later
#include "protocol/transport/digest.h"

#include <array>

#include "protocol/transport/openssl.h"

namespace tapio::transport {

Result<std::string> sha256Hex(std::string_view bytes)
{
    constexpr std::string_view digits = "0123456789abcdef";
    std::array<unsigned char, 32> digest{};
    unsigned length = 0;
    if (EVP_Digest(bytes.data(), bytes.size(), digest.data(), &length, EVP_sha256(), nullptr) != 1 || length != digest.size())
        return failOpenssl(Errc::Internal, "computing a SHA-256");
    std::string text;
    for (const unsigned char byte : digest) {
        text += digits[byte >> 4];
        text += digits[byte & 0xf];
    }
    return text;
}

} // namespace tapio::transport
