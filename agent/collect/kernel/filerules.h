// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <array>
#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "bpf/include/tapio_records.h"

/// Which failures of which system calls are told, as the kernel program of the collector "file" reads it. Pure.
namespace tapio::agent {

/// By number of the system call on this machine: TAPIO_FILE_CALL(), or 0.
std::array<std::uint32_t, TAPIO_FILE_CALLS> fileCalls();

/// "open" of what TAPIO_FILE_CALL() names; empty for a number that names nothing. Static lifetime.
std::string_view fileOperationName(std::uint16_t operation) noexcept;

/// For each text its words, each followed by the mask of the bytes that count: the first bytes of a path, or the last ones.
std::vector<std::uint64_t> filePrefixWords(const std::set<std::string> &prefixes);
std::vector<std::uint64_t> fileSuffixWords(const std::set<std::string> &suffixes);

} // namespace tapio::agent
