// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "protocol/base/result.h"
#include "protocol/base/role.h"

/// index.json of a certificate authority: what was issued and what was revoked. Internal to the transport.
namespace tapio::transport {

struct IndexEntry {
    std::string serial; ///< hex
    Role role = Role::Unknown;
    std::string name;
    std::int64_t notBeforeNs = 0;
    std::int64_t notAfterNs = 0;
    std::int64_t revokedNs = 0; ///< 0 = not revoked
};

struct CertificateIndex {
    std::string trustDomain;
    std::uint64_t crlNumber = 0;
    std::vector<IndexEntry> entries; ///< oldest first
};

/// Errors: NotFound, Corrupt, PermissionDenied.
Result<CertificateIndex> readIndex(const std::filesystem::path &file);
Status writeIndex(const std::filesystem::path &file, const CertificateIndex &index);

} // namespace tapio::transport
