// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

/// When certificates end that are somebody else's: read, never used. Pure; any bytes, any thread.
namespace tapio::transport {

struct CertificateExpiry {
    std::string subject;         ///< its common name as it is in there, at most 256 bytes; empty = none. Bytes of a stranger: not escaped
    std::int64_t notAfterNs = 0; ///< UTC, the last moment at which it is valid; saturates in the year 2262
};

struct PemExpiry {
    std::optional<CertificateExpiry> first; ///< whose end comes first
    std::size_t certificates = 0;           ///< that were understood
    std::size_t unreadable = 0;             ///< blocks that call themselves a certificate and are none
    bool isCut = false;                     ///< there are more than were looked at
};

/// Looks at the first `most` blocks "CERTIFICATE" of a PEM text (RFC 7468). All else, such as private keys, is passed over as text and never decoded.
PemExpiry expiryOfPem(std::string_view text, std::size_t most);

} // namespace tapio::transport
