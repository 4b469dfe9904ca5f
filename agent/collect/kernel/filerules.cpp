// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/collect/kernel/filerules.h"

#include <algorithm>
#include <cstring>
#include <iterator>

#include <sys/syscall.h>

#include "agent/collect/filepatterns.h"

namespace tapio::agent {

namespace {

constexpr unsigned changeErrors = TAPIO_FILE_SPACE | TAPIO_FILE_READ_ONLY | TAPIO_FILE_IO;
constexpr unsigned writeErrors = TAPIO_FILE_SPACE | TAPIO_FILE_IO;
constexpr unsigned readErrors = TAPIO_FILE_IO;
constexpr unsigned descriptorErrors = TAPIO_FILE_DESCRIPTORS;
constexpr unsigned openErrors = TAPIO_FILE_MISSING | TAPIO_FILE_DENIED | TAPIO_FILE_DESCRIPTORS | changeErrors;

/// The argument that is an open file.
constexpr unsigned file(unsigned argument) { return TAPIO_FILE_OPEN + argument; }

struct Call {
    long number;
    std::string_view operation;
    unsigned path; ///< number of the argument, from 1; 0 = none
    unsigned errors;
    unsigned flags = 0; ///< number of the argument
};

// Numbers of this machine: a call that younger machines lack, or older headers do not name, is left out.
constexpr Call calls[] = {
#ifdef SYS_open
    {SYS_open, "open", 1, openErrors, 2},
    {SYS_creat, "open", 1, openErrors},
    {SYS_mkdir, "mkdir", 1, changeErrors},
    {SYS_rename, "rename", 1, changeErrors},
    {SYS_link, "link", 2, changeErrors},
    {SYS_symlink, "symlink", 2, changeErrors},
    {SYS_unlink, "unlink", 1, changeErrors},
    {SYS_mknod, "mknod", 1, changeErrors},
    {SYS_pipe, "pipe", 0, descriptorErrors},
    {SYS_epoll_create, "epoll_create", 0, descriptorErrors},
    {SYS_eventfd, "eventfd", 0, descriptorErrors},
    {SYS_signalfd, "signalfd", 0, descriptorErrors},
    {SYS_inotify_init, "inotify_init", 0, descriptorErrors},
#endif
#ifdef SYS_renameat
    {SYS_renameat, "rename", 2, changeErrors},
#endif
    {SYS_openat, "open", 2, openErrors, 3},
#ifdef SYS_openat2
    {SYS_openat2, "open", 2, openErrors},
#endif
    {SYS_open_by_handle_at, "open", 0, TAPIO_FILE_DENIED | TAPIO_FILE_DESCRIPTORS | TAPIO_FILE_IO, 3},
    {SYS_mkdirat, "mkdir", 2, changeErrors},
    {SYS_renameat2, "rename", 2, changeErrors},
    {SYS_linkat, "link", 4, changeErrors},
    {SYS_symlinkat, "symlink", 3, changeErrors},
    {SYS_unlinkat, "unlink", 2, changeErrors},
    {SYS_mknodat, "mknod", 2, changeErrors},
    {SYS_truncate, "truncate", 1, changeErrors},
    {SYS_ftruncate, "truncate", file(1), writeErrors},
    {SYS_fallocate, "fallocate", file(1), writeErrors},
    {SYS_write, "write", file(1), writeErrors},
    {SYS_pwrite64, "write", file(1), writeErrors},
    {SYS_writev, "write", file(1), writeErrors},
    {SYS_pwritev, "write", file(1), writeErrors},
    {SYS_pwritev2, "write", file(1), writeErrors},
    {SYS_sendfile, "write", file(1), writeErrors},
    {SYS_copy_file_range, "write", file(3), writeErrors},
    {SYS_fsync, "fsync", file(1), writeErrors},
    {SYS_fdatasync, "fsync", file(1), writeErrors},
    {SYS_close, "close", 0, writeErrors}, // where a quota or a network's disk says so at last; the file is gone by then
    {SYS_read, "read", file(1), readErrors},
    {SYS_pread64, "read", file(1), readErrors},
    {SYS_readv, "read", file(1), readErrors},
    {SYS_preadv, "read", file(1), readErrors},
    {SYS_preadv2, "read", file(1), readErrors},
    {SYS_getdents64, "read", file(1), readErrors},
    {SYS_socket, "socket", 0, descriptorErrors},
    {SYS_socketpair, "socket", 0, descriptorErrors},
    {SYS_accept, "accept", 0, descriptorErrors},
    {SYS_accept4, "accept", 0, descriptorErrors},
    {SYS_pipe2, "pipe", 0, descriptorErrors},
    {SYS_dup, "dup", 0, descriptorErrors},
    {SYS_fcntl, "dup", 0, descriptorErrors},
    {SYS_epoll_create1, "epoll_create", 0, descriptorErrors},
    {SYS_eventfd2, "eventfd", 0, descriptorErrors},
    {SYS_signalfd4, "signalfd", 0, descriptorErrors},
    {SYS_timerfd_create, "timerfd_create", 0, descriptorErrors},
    {SYS_inotify_init1, "inotify_init", 0, descriptorErrors},
    {SYS_memfd_create, "memfd_create", 0, descriptorErrors},
};

constexpr bool allFit()
{
    for (const Call &call : calls) {
        if (call.number < 0 || call.number >= TAPIO_FILE_CALLS || call.operation.size() > 16)
            return false;
    }
    return true;
}
static_assert(allFit());

/// The first call of this name stands for all of them, and 0 for none.
std::uint32_t operationOf(const Call &call)
{
    const auto *first = std::find_if(std::begin(calls), std::end(calls), [&](const Call &one) { return one.operation == call.operation; });
    return static_cast<std::uint32_t>(first - std::begin(calls)) + 1;
}
static_assert(std::size(calls) < 256);
static_assert(mostFilePrefixes == TAPIO_FILE_PREFIXES && filePrefixBytes == 8 * TAPIO_FILE_PREFIX_WORDS);
static_assert(mostFileSuffixes == TAPIO_FILE_SUFFIXES && fileSuffixBytes == 8 * TAPIO_FILE_SUFFIX_WORDS);

std::uint64_t wordAt(const std::array<char, filePrefixBytes> &bytes, std::size_t word)
{
    std::uint64_t value = 0;
    std::memcpy(&value, bytes.data() + 8 * word, sizeof(value));
    return value;
}

/// `text` from `at` on in `count` words of bytes; what it does not cover is masked.
void append(std::vector<std::uint64_t> &words, const std::string &text, std::size_t at, std::size_t count)
{
    std::array<char, filePrefixBytes> bytes{};
    std::array<char, filePrefixBytes> mask{};
    std::copy(text.begin(), text.end(), bytes.begin() + static_cast<std::ptrdiff_t>(at));
    std::fill_n(mask.begin() + static_cast<std::ptrdiff_t>(at), text.size(), '\xff');
    for (std::size_t word = 0; word < count; ++word) {
        words.push_back(wordAt(bytes, word));
        words.push_back(wordAt(mask, word));
    }
}

} // namespace

std::array<std::uint32_t, TAPIO_FILE_CALLS> fileCalls()
{
    std::array<std::uint32_t, TAPIO_FILE_CALLS> all{};
    for (const Call &call : calls)
        all[static_cast<std::size_t>(call.number)] = TAPIO_FILE_CALL(operationOf(call), call.path, call.errors, call.flags);
    return all;
}

std::string_view fileOperationName(std::uint16_t operation) noexcept
{
    return operation >= 1 && operation <= std::size(calls) ? calls[operation - 1].operation : std::string_view();
}

std::vector<std::uint64_t> filePrefixWords(const std::set<std::string> &prefixes)
{
    std::vector<std::uint64_t> words;
    for (const std::string &prefix : prefixes)
        append(words, prefix, 0, TAPIO_FILE_PREFIX_WORDS);
    return words;
}

std::vector<std::uint64_t> fileSuffixWords(const std::set<std::string> &suffixes)
{
    std::vector<std::uint64_t> words;
    for (const std::string &suffix : suffixes)
        append(words, suffix, fileSuffixBytes - suffix.size(), TAPIO_FILE_SUFFIX_WORDS);
    return words;
}

} // namespace tapio::agent
