// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "protocol/base/result.h"

namespace tapio::agent {

/// A message of facility auth or authpriv. What begins with an underscore in the journal (systemd.journal-fields(7)) is from the kernel and
/// not from whoever wrote the message: pid, uid, executable, and that journald dropped messages.
struct JournalEntry {
    std::string program;              ///< the tag, as its writer gives it
    std::uint32_t pid = 0;            ///< 0 = not known
    std::optional<std::uint32_t> uid; ///< real user id of the writer; none = not known
    std::string executable;           ///< path of its program; empty = it was gone before journald looked
    std::string message;              ///< any bytes
    bool isMalformed = false;         ///< the message is damaged, or longer than a line may be
    std::uint64_t dropped = 0;        ///< no message, but journald's word that it dropped so many of a login service
};

/// The systemd journal, followed from a place in it. Not thread-safe.
class Journal {
public:
    virtual ~Journal() = default;
    /// Gives what was added, at most `most` entries; the rest comes with the next call. Never blocks, and where nothing was written, costs one
    /// read(2). Errors end it: open another, from cursor(). NotFound: its files are gone, as after a change of its storage.
    virtual Status read(std::size_t most, const std::function<void(JournalEntry &&)> &entry) = 0;
    /// Held a message about authorisation, of this start of the machine, when it was opened.
    virtual bool holdsAuth() const = 0;
    /// Of the entry that was given last; empty = none was.
    virtual std::string cursor() const = 0;
    virtual std::filesystem::path folder() const = 0;
};

struct JournalPlace {
    /// The first that holds a file is taken: journald writes to one of them. With its subfolders, one for each machine.
    std::vector<std::filesystem::path> folders{"/var/log/journal", "/run/log/journal"};
    /// This start of the kernel. Entries of others are left out: of other machines, and of containers that have a journal of their own.
    std::filesystem::path bootId = "/proc/sys/kernel/random/boot_id";
};

/// Opens it behind its last entry, or behind `cursor` if that is still there. Errors: NotFound (no journal, or nothing in it of this start of
/// the machine), PermissionDenied, and of open(2) by errno.
Result<std::unique_ptr<Journal>> openJournal(const JournalPlace &place, const std::string &cursor = {});

} // namespace tapio::agent
