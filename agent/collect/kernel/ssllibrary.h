// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/base/result.h"

/// Where in a file of OpenSSL's libssl (1.1, 3) the programs of bpf/programs/https.bpf.c belong. The file may be any container's: nothing
/// that it says is trusted, and no more than two MiB of it are read. Pure.
namespace tapio::agent {

enum class SslProbe : std::uint8_t { Write, Read, ReadEx, ReadReturn, Free };
inline constexpr std::size_t sslProbeCount = 5;

struct SslPlace {
    SslProbe probe = SslProbe::Write;
    std::uint64_t offset = 0;  ///< in the file
    bool onReturn = false;     ///< when the function that begins there returns
    bool emulated = false;     ///< the kernel need not step over the instruction
    std::string_view function; ///< of static lifetime
};

/// Reads exactly `to.size()` bytes of the file; false when there are not so many.
using ReadFileAt = std::function<bool(std::uint64_t offset, std::span<std::byte> to)>;

/// All places, each function once. Errors: Malformed (no ELF file, or one that contradicts itself), Unsupported (of another machine than
/// this program's), NotFound (it lacks SSL_read or SSL_write: another library of that name).
Result<std::vector<SslPlace>> findSslPlaces(const ReadFileAt &read);

/// The functions of which a place is not emulated, "SSL_read, SSL_free"; empty = none.
std::string singleStepped(std::span<const SslPlace> places);

} // namespace tapio::agent
