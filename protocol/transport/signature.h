// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "protocol/base/result.h"
#include "protocol/transport/endpoint.h"
#include "protocol/transport/identity.h"

/// Statements signed with the key that a peer also connects with, for readers who get them later and by way of others. Any thread.
namespace tapio::transport {

/// With files.key: ECDSA with SHA-256 (DER, RFC 3279) for P-256, Ed25519 for such a key. Errors: NotFound, PermissionDenied (others may
/// read the key), Malformed, Unsupported (another kind of key).
Result<Bytes> signBytes(const TlsFiles &files, std::span<const std::byte> bytes);

/// Whose signature it is: files.certificate was issued by files.ca, valid at `atNs` (UTC) and not on files.crl, and its key made
/// the signature over just these bytes. What the role may say is the caller's to decide. Errors: Refused (names what does not
/// hold), NotFound, Malformed.
Result<Identity> verifySignature(const TlsFiles &files, std::span<const std::byte> bytes, std::span<const std::byte> signature,
                                 std::int64_t atNs);

} // namespace tapio::transport
