// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/collect/readers/loginsources.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <string_view>
#include <utility>

#include <unistd.h>

#include "agent/collect/filehooks.h"

namespace tapio::agent {

namespace {

constexpr std::size_t bytesPerRead = 1u << 20;
constexpr std::size_t entriesPerRead = 2000;
/// Where there is neither: a journal comes when journald begins to store, or changes where.
constexpr std::int64_t retryAfterNs = 10 * nsPerSecond;

/// Whether a message names one of the programs that log people in, but was written by another: any user can put any tag on a message. What runs
/// as root is believed. sshd's processes without privileges have the one with them log, so that only root speaks of logins for it and for login.
/// sudo and su log as who called them: then their program must be known, and what was gone before journald looked is not.
bool isForged(const JournalEntry &entry)
{
    constexpr std::array<std::string_view, 4> roots{"sshd", "sshd-session", "sshd-auth", "login"};
    constexpr std::array<std::string_view, 2> users{"sudo", "su"};
    if (entry.uid.value_or(0) == 0)
        return false;
    if (std::find(roots.begin(), roots.end(), entry.program) != roots.end())
        return true;
    if (std::find(users.begin(), users.end(), entry.program) == users.end())
        return false;
    const std::filesystem::path program(entry.executable);
    // Folders in which only root writes: a user may call a program of its own "sudo".
    constexpr std::array<std::string_view, 4> folders{"/usr/", "/bin/", "/sbin/", "/opt/"};
    const bool isRoots =
        std::any_of(folders.begin(), folders.end(), [&](std::string_view folder) { return entry.executable.starts_with(folder); });
    return !isRoots || program.filename() != entry.program;
}

wire::HookState stateOf(Errc code)
{
    switch (code) {
    case Errc::PermissionDenied: return wire::HookState::Denied;
    case Errc::NotFound: return wire::HookState::Unsupported;
    default: return wire::HookState::Failed;
    }
}

} // namespace

LoginSources::LoginSources(const std::vector<std::filesystem::path> &files, OpenJournal openJournal, const Clock &clock)
    : m_openJournal(std::move(openJournal)), m_clock(clock)
{
    for (const auto &path : files)
        m_files.push_back({path, nullptr, 0});
    choose();
}

void LoginSources::choose()
{
    if (m_openJournal && m_clock.bootNs() >= m_retryBootNs) {
        m_retryBootNs = m_clock.bootNs() + retryAfterNs;
        const bool anyFile =
            std::any_of(m_files.begin(), m_files.end(), [](const File &file) { return ::access(file.path.c_str(), R_OK) == 0; });
        auto journal = m_openJournal(m_cursor);
        if (journal && ((*journal)->holdsAuth() || !anyFile)) {
            m_journal = std::move(*journal);
            m_openedAt = m_cursor;
            m_whyNoJournal.reset();
            closeFiles();
            return;
        }
        m_whyNoJournal = journal ? Error(Errc::NotFound, "the journal in " + (*journal)->folder().native()
                                                             + " holds no message of facility auth of this start of the machine")
                                 : journal.error();
    }
    for (File &file : m_files) {
        if (!file.log)
            file.log = std::make_unique<LogFollower>(file.path);
    }
}

void LoginSources::closeFiles()
{
    m_counters = counters(); // with what they counted
    for (File &file : m_files)
        file.log.reset();
}

void LoginSources::read(const std::function<void(std::optional<LoginLine> &&)> &message)
{
    if (!m_journal && !readFiles(message))
        choose();
    if (m_journal)
        readJournal(message);
}

/// False: there is none.
bool LoginSources::readFiles(const std::function<void(std::optional<LoginLine> &&)> &message)
{
    bool any = false;
    for (File &file : m_files) {
        file.errnum = file.log->read(bytesPerRead, [&](std::string_view line) { message(parseLogin(line)); });
        any = any || file.errnum == 0;
    }
    return any;
}

void LoginSources::readJournal(const std::function<void(std::optional<LoginLine> &&)> &message)
{
    const Status status = m_journal->read(entriesPerRead, [&](JournalEntry &&entry) {
        if (entry.dropped > 0) {
            m_counters[Counter::Seen] += entry.dropped;
            m_counters[Counter::Lost] += entry.dropped;
        } else if (entry.isMalformed) {
            ++m_counters[Counter::Seen];
            ++m_counters[Counter::Drained];
            ++m_counters[Counter::Malformed];
        } else {
            message(parse(entry));
        }
    });
    m_cursor = m_journal->cursor();
    if (status)
        return;
    if (m_cursor == m_openedAt)
        m_cursor.clear(); // nothing can be read there
    m_journal.reset();
    choose(); // of the files from their ends: what is in them until here was in the journal
    if (!m_journal)
        m_whyNoJournal = status.error();
}

std::optional<LoginLine> LoginSources::parse(const JournalEntry &entry)
{
    auto login = parseLoginMessage(entry.program, entry.pid, entry.message);
    if (!login || !isForged(entry))
        return login;
    ++m_forged;
    return std::nullopt;
}

CounterSet LoginSources::counters() const
{
    CounterSet counters = m_counters;
    for (const File &file : m_files) {
        const std::uint64_t overlong = file.log ? file.log->overlongLines() : 0;
        counters[Counter::Seen] += overlong;
        counters[Counter::Drained] += overlong;
        counters[Counter::Malformed] += overlong;
    }
    return counters;
}

wire::Hook LoginSources::journalHook() const
{
    wire::Hook hook;
    hook.collector = "login";
    hook.name = m_journal ? m_journal->folder().native() : "journal";
    hook.attachKind = "file";
    hook.state = m_journal ? wire::HookState::Active : stateOf(m_whyNoJournal ? m_whyNoJournal->code() : Errc::Internal);
    if (!m_journal && m_whyNoJournal)
        hook.reason = m_whyNoJournal->message();
    else if (m_forged > 0)
        hook.reason = std::to_string(m_forged) + " messages named a program that did not write them, and were left out";
    return hook;
}

std::vector<wire::Hook> LoginSources::hooks() const
{
    FileHooks files;
    for (const File &file : m_files)
        files.note(files.add("login", file.path.native()), file.errnum);
    std::vector<wire::Hook> hooks = files.hooks();
    for (std::size_t i = 0; i < hooks.size(); ++i) {
        if (m_journal) {
            hooks[i].state = wire::HookState::Disabled;
            hooks[i].reason = "not read: the journal in " + m_journal->folder().native() + " is, and what it has would count twice";
        } else if (m_files[i].errnum == ENOENT) {
            hooks[i].reason = "there is no such file: this system logs elsewhere, or to the journal only";
        }
    }
    if (m_openJournal)
        hooks.insert(m_journal ? hooks.begin() : hooks.end(), journalHook());
    return hooks;
}

} // namespace tapio::agent
