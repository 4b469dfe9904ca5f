// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <optional>

#include "protocol/transport/cause.h"

/// OpenSSL's verdicts in the words of a Notice. Internal to the transport.
namespace tapio::transport {

/// For an X509_V_ERR code; nothing for X509_V_OK.
std::optional<Cause> causeOfVerification(long verifyResult);

/// For the oldest error of OpenSSL's queue, which it empties; nothing when the queue says nothing useful.
std::optional<Cause> causeOfOpensslQueue();

} // namespace tapio::transport
