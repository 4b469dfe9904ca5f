// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <span>

#include "agent/collect/kernelcollectors.h"
#include "protocol/base/result.h"

/// Records of what was said on sockets: questions to name servers, HTTP, handshakes of TLS. The part of decodeRecord that parses what strangers
/// wrote. Pure; trusts nothing. Errors: Malformed.
namespace tapio::agent {

Status decodeDns(std::span<const std::byte> bytes, KernelRecord &to);
/// The route is the template alone: how many different ones there may be is decided later.
Status decodeHttp(std::span<const std::byte> bytes, KernelRecord &to);
/// The same, seen before encryption. Both ends are 0 where nothing was received that told them.
Status decodeHttps(std::span<const std::byte> bytes, KernelRecord &to);
/// A handshake that failed. Nothing of it is text.
Status decodeTls(std::span<const std::byte> bytes, KernelRecord &to);

} // namespace tapio::agent
