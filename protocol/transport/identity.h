// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "protocol/base/result.h"
#include "protocol/base/role.h"

namespace tapio::transport {

/// Who a peer is, read from its verified certificate and from nowhere else:
/// the single SAN URI spiffe://TRUST-DOMAIN/tapio/ROLE/NAME (SPIFFE ID, section 2; RFC 3986).
struct Identity {
    std::string trustDomain;
    Role role = Role::Unknown;
    std::string name;            ///< [a-z0-9.-], 1 to 253 characters, as a Kubernetes node name
    std::string serial;          ///< hex
    std::int64_t notAfterNs = 0; ///< UTC

    std::string uri() const;
    bool operator==(const Identity &) const = default;
};

/// What a NAME and a trust domain may be: a-z 0-9 . -, 1 to 253 characters, beginning and ending with a letter or digit.
bool isValidName(std::string_view name) noexcept;

/// Parses a SAN URI; serial and notAfterNs stay empty. Errors: Errc::Malformed.
Result<Identity> parseIdentity(std::string_view uri);

} // namespace tapio::transport
