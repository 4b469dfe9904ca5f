// SPDX-License-Identifier: GPL-3.0-or-later
// The one place that knows libsystemd.
#include "agent/collect/readers/journal.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <string_view>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <systemd/sd-journal.h>
#include <unistd.h>

#include "agent/collect/readers/logfollower.h"
#include "agent/collect/smallfile.h"

namespace tapio::agent {

namespace {

/// Names and values of fields are bounded as lines of a log are; libsystemd unpacks no more of a compressed one.
constexpr std::size_t fieldBytes = LogFollower::lineBytes;
constexpr std::size_t pathBytes = 4096;
constexpr std::uint64_t mostDropped = 100'000'000; ///< a number from outside, and sums are made of it
/// Of a folder, looked at to see whether anything may be read: as many as journald keeps by itself (SystemMaxFiles=100), for some machines.
constexpr int mostFiles = 1000;
constexpr std::size_t bootIdBytes = 64;

struct Closer {
    void operator()(sd_journal *journal) const noexcept { ::sd_journal_close(journal); }
};
using Handle = std::unique_ptr<sd_journal, Closer>;

std::uint64_t numberOr(std::string_view text, std::uint64_t other)
{
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    return !text.empty() && error == std::errc() && end == text.data() + text.size() ? value : other;
}

bool mayRead(const std::filesystem::path &path, int how) { return ::faccessat(AT_FDCWD, path.c_str(), how, AT_EACCESS) == 0; }

/// Whether a folder has files of a journal, and any of them may be read: libsystemd itself takes both for an empty journal.
Status look(const std::filesystem::path &folder)
{
    using Folder = std::filesystem::recursive_directory_iterator;
    std::error_code error;
    bool denied = false;
    Folder at(folder, std::filesystem::directory_options::skip_permission_denied, error);
    for (int seen = 0; !error && at != Folder() && seen < mostFiles; ++seen, at.increment(error)) {
        const bool isFolder = at->is_directory(error);
        if (at.depth() >= 1)
            at.disable_recursion_pending();
        else if (isFolder)
            denied = denied || !mayRead(at->path(), R_OK | X_OK);
        if (isFolder || at->path().extension() != ".journal")
            continue;
        if (mayRead(at->path(), R_OK))
            return {};
        denied = true;
    }
    if (error)
        return failErrno("looking into " + folder.native(), error.value());
    if (denied)
        return fail(Errc::PermissionDenied,
                    "the journal in " + folder.native() + " may not be read: that takes CAP_DAC_READ_SEARCH or the group systemd-journal",
                    EACCES);
    return fail(Errc::NotFound, "there is no journal in " + folder.native(), ENOENT);
}

/// Empty: no such field. An error: it is there, and cannot be read.
Result<std::optional<std::string>> field(sd_journal *journal, const char *name, std::size_t most)
{
    const void *data = nullptr;
    std::size_t size = 0;
    const int status = ::sd_journal_get_data(journal, name, &data, &size);
    if (status == -ENOENT)
        return std::optional<std::string>();
    const std::size_t prefix = std::string_view(name).size() + 1;
    if (status < 0 || size < prefix || size - prefix > most)
        return fail(Errc::Malformed, std::string("a field ") + name + " cannot be read");
    return std::optional(std::string(static_cast<const char *>(data) + prefix, size - prefix));
}

std::string textOr(sd_journal *journal, const char *name, std::size_t most, std::string other = {})
{
    auto text = field(journal, name, most);
    return text && *text ? std::move(**text) : std::move(other);
}

/// journald limits how much a unit may log (10,000 messages in 30 s), and says how much more there was: in a flood of attempts, of sshd.
bool isLoginUnit(std::string_view unit) { return unit.starts_with("ssh"); }

std::optional<JournalEntry> entryOf(sd_journal *journal)
{
    JournalEntry entry;
    if (textOr(journal, "_TRANSPORT", fieldBytes) == "driver") {
        if (!isLoginUnit(textOr(journal, "OBJECT_SYSTEMD_UNIT", fieldBytes)))
            return std::nullopt;
        entry.dropped = std::min(numberOr(textOr(journal, "N_DROPPED", fieldBytes), 0), mostDropped);
        return entry.dropped == 0 ? std::nullopt : std::optional(std::move(entry));
    }
    auto message = field(journal, "MESSAGE", fieldBytes);
    entry.isMalformed = !message;
    if (message && *message)
        entry.message = std::move(**message);
    entry.program = textOr(journal, "SYSLOG_IDENTIFIER", fieldBytes, textOr(journal, "_COMM", fieldBytes));
    const std::string pid = textOr(journal, "_PID", fieldBytes, textOr(journal, "SYSLOG_PID", fieldBytes));
    entry.pid = static_cast<std::uint32_t>(std::min<std::uint64_t>(numberOr(pid, 0), UINT32_MAX));
    if (const std::uint64_t uid = numberOr(textOr(journal, "_UID", fieldBytes), UINT64_MAX); uid <= UINT32_MAX)
        entry.uid = static_cast<std::uint32_t>(uid);
    entry.executable = textOr(journal, "_EXE", pathBytes);
    return entry;
}

class SystemdJournal final : public Journal {
public:
    SystemdJournal(Handle journal, std::filesystem::path folder) : m_journal(std::move(journal)), m_folder(std::move(folder)) {}

    Status begin(const std::string &bootId, const std::string &cursor);
    Status read(std::size_t most, const std::function<void(JournalEntry &&)> &entry) override;
    bool holdsAuth() const override { return m_holdsAuth; }
    std::string cursor() const override { return m_cursor; }
    std::filesystem::path folder() const override { return m_folder; }

private:
    Status failed(const char *what, int status) const
    {
        return failErrno(std::string(what) + " the journal in " + m_folder.native(), -status);
    }
    Status match(const std::string &bootId);
    Status seek(const std::string &cursor);
    void noteCursor();

    Handle m_journal;
    std::filesystem::path m_folder;
    std::string m_cursor;
    bool m_holdsAuth = false;
    bool m_more = true; ///< the last call left something, or there was none
};

/// Facilities auth and authpriv: what rsyslog writes to auth.log. Each file has an index of them, so the rest of the journal is not looked at.
Status SystemdJournal::match(const std::string &bootId)
{
    const std::string boot = "_BOOT_ID=" + bootId;
    const auto add = [this](const std::string &text) { return ::sd_journal_add_match(m_journal.get(), text.data(), text.size()); };
    const std::array<int, 7> statuses{add(boot),
                                      add("SYSLOG_FACILITY=4"),
                                      add("SYSLOG_FACILITY=10"),
                                      ::sd_journal_add_disjunction(m_journal.get()),
                                      add(boot),
                                      add("_TRANSPORT=driver"),
                                      add("MESSAGE_ID=a596d6fe7bfa4994828e72309e95d61e")};
    const auto bad = std::find_if(statuses.begin(), statuses.end(), [](int status) { return status < 0; });
    return bad == statuses.end() ? Status() : failed("filtering", *bad);
}

Status SystemdJournal::seek(const std::string &cursor)
{
    sd_journal *journal = m_journal.get();
    if (!cursor.empty() && ::sd_journal_seek_cursor(journal, cursor.c_str()) >= 0) {
        if (::sd_journal_next(journal) > 0 && ::sd_journal_test_cursor(journal, cursor.c_str()) > 0)
            return {};
        // That one was deleted, or nothing came behind it: the next one is the first to be given.
        if (::sd_journal_seek_cursor(journal, cursor.c_str()) >= 0)
            return {};
    }
    int status = ::sd_journal_seek_tail(journal);
    status = status < 0 ? status : ::sd_journal_previous(journal);
    // Where nothing fits yet, all that will comes behind the head too; behind a tail without an entry libsystemd would begin at the last one.
    if (status == 0)
        status = ::sd_journal_seek_head(journal);
    return status < 0 ? failed("going to the end of", status) : Status();
}

Status SystemdJournal::begin(const std::string &bootId, const std::string &cursor)
{
    sd_journal *journal = m_journal.get();
    if (const int status = ::sd_journal_set_data_threshold(journal, fieldBytes + 64); status < 0)
        return failed("opening", status);
    // Also what makes sd_journal_process() look for files that come and go.
    if (const int status = ::sd_journal_get_fd(journal); status < 0)
        return failed("watching", status);
    const auto holds = [&] { return ::sd_journal_seek_tail(journal) >= 0 && ::sd_journal_previous(journal) > 0; };
    const std::string boot = "_BOOT_ID=" + bootId;
    if (const int status = ::sd_journal_add_match(journal, boot.data(), boot.size()); status < 0)
        return failed("filtering", status);
    if (!holds())
        return fail(Errc::NotFound, "the journal in " + m_folder.native() + " holds nothing of this start of the machine", ENOENT);
    ::sd_journal_flush_matches(journal);
    if (Status matched = match(bootId); !matched)
        return matched;
    m_holdsAuth = holds();
    m_cursor = cursor;
    return seek(cursor);
}

Status SystemdJournal::read(std::size_t most, const std::function<void(JournalEntry &&)> &entry)
{
    const int change = ::sd_journal_process(m_journal.get());
    if (change < 0)
        return failed("watching", change);
    if (change == SD_JOURNAL_NOP && !m_more)
        return {};
    std::size_t given = 0;
    for (m_more = true; given < most; ++given) {
        const int status = ::sd_journal_next(m_journal.get());
        if (status < 0) {
            if (given > 0)
                noteCursor(); // what was given is not given again
            return failed("reading", status);
        }
        if (status == 0) {
            m_more = false;
            break;
        }
        if (auto one = entryOf(m_journal.get()))
            entry(std::move(*one));
    }
    if (given > 0)
        noteCursor();
    // Of a folder that went as a whole, libsystemd keeps the files open and says nothing. Looking stops at the first file.
    return given == 0 && change != SD_JOURNAL_NOP ? look(m_folder) : Status();
}

void SystemdJournal::noteCursor()
{
    char *text = nullptr;
    if (::sd_journal_get_cursor(m_journal.get(), &text) >= 0)
        m_cursor = text;
    std::free(text);
}

} // namespace

Result<std::unique_ptr<Journal>> openJournal(const JournalPlace &place, const std::string &cursor)
{
    SmallFileReader reader(bootIdBytes);
    const FileText text = reader.read(place.bootId);
    if (!text)
        return failErrno("reading " + place.bootId.native(), text.errnum);
    std::string bootId(text.text);
    std::erase_if(bootId, [](char c) { return c == '-' || c == '\n'; });
    Error error(Errc::NotFound, "no folder of a journal is configured");
    for (const auto &folder : place.folders) {
        Status status = look(folder);
        if (status) {
            sd_journal *opened = nullptr;
            const int result = ::sd_journal_open_directory(&opened, folder.c_str(), 0);
            auto journal = std::make_unique<SystemdJournal>(Handle(opened), folder);
            status = result < 0 ? Status(failErrno("opening the journal in " + folder.native(), -result)) : journal->begin(bootId, cursor);
            if (status)
                return std::unique_ptr<Journal>(std::move(journal));
        }
        // What stands in the way of one that is there says more than that there is no other.
        if (error.code() == Errc::NotFound && (status.error().code() != Errc::NotFound || &folder == &place.folders.front()))
            error = status.error();
    }
    return fail(error);
}

} // namespace tapio::agent
