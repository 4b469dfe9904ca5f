// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/collect/readers/loginparse.h"

#include <algorithm>
#include <charconv>

#include "protocol/wire/text.h"

namespace tapio::agent {

namespace {

using Text = std::string_view;

constexpr std::size_t userBytes = 64, methodBytes = 32, serviceBytes = 32, remoteBytes = 64;
constexpr std::uint32_t mostRepeats = 1'000'000; ///< a number from outside, and sums are made of it

bool take(Text &text, Text prefix)
{
    if (!text.starts_with(prefix))
        return false;
    text.remove_prefix(prefix.size());
    return true;
}

/// Up to `separator`, which is taken off too. Nothing where there is none.
std::optional<Text> takeUntil(Text &text, Text separator)
{
    const std::size_t at = text.find(separator);
    if (at == Text::npos)
        return std::nullopt;
    const Text before = text.substr(0, at);
    text.remove_prefix(at + separator.size());
    return before;
}

std::optional<std::uint32_t> number(Text text)
{
    std::uint32_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (text.empty() || error != std::errc() || end != text.data() + text.size())
        return std::nullopt;
    return value;
}

LoginLine make(bool success, Text user, Text method = {}, Text remote = {})
{
    LoginLine login;
    login.success = success;
    login.user = wire::toLine(user, userBytes);
    login.method = wire::toLine(method, methodBytes);
    login.remote = wire::toLine(remote, remoteBytes);
    return login;
}

/// "USER from ADDRESS port NUMBER[ ...]". Where the name is the only part that a stranger chooses, the last "from" is sshd's own.
std::optional<LoginLine> userFrom(Text rest, bool success, Text method)
{
    const std::size_t from = rest.rfind(" from ");
    if (from == Text::npos)
        return std::nullopt;
    const Text user = rest.substr(0, from);
    const Text remote = rest.substr(from + 6);
    return make(success, user, method, remote.substr(0, remote.find(' ')));
}

/// auth.c and auth2.c of OpenSSH: auth_log(), getpwnamallow().
std::optional<LoginLine> sshd(Text message)
{
    const bool success = message.starts_with("Accepted ");
    if (take(message, "Accepted ") || take(message, "Failed ")) {
        const auto method = takeUntil(message, " for ");
        if (!method || method->find(' ') != Text::npos)
            return std::nullopt;
        const bool isUnknown = !success && take(message, "invalid user ");
        // What follows "ssh2:" is the key where one was offered; a certificate's own words (format_method_key() of auth2.c) could hold another
        // "from". The name of a success is an account's; of a failure it is the stranger's, too, and then neither can be told from the other.
        const bool tellsKey = *method == "publickey" || *method == "hostbased";
        if (!success && tellsKey && message.find(" from ") != message.rfind(" from "))
            return make(false, {}, *method);
        auto login = userFrom(success ? message.substr(0, message.find(" ssh2: ")) : message, success, *method);
        if (login)
            login->isUnknownUser = isUnknown;
        return login;
    }
    if (!take(message, "Invalid user "))
        return std::nullopt;
    auto login = userFrom(message, false, {});
    if (login)
        login->isUnknownUser = true;
    return login;
}

/// logging.c and verify code of sudo: "USER : WHAT ; TTY=... ; COMMAND=...". What succeeds is told as a gain of privilege.
std::optional<LoginLine> sudo(Text message)
{
    while (take(message, " ")) {}
    const auto user = takeUntil(message, " : ");
    const auto what = user ? takeUntil(message, " ; ") : std::nullopt;
    if (!what)
        return std::nullopt;
    if (*what == "user NOT in sudoers" || *what == "command not allowed" || *what == "user NOT authorized on host"
        || *what == "a password is required")
        return make(false, *user, *what == "a password is required" ? Text("password") : Text());
    Text rest = *what;
    const auto attempts = takeUntil(rest, " incorrect password attempt");
    const auto count = attempts ? number(*attempts) : std::nullopt;
    if (!count || *count == 0)
        return std::nullopt;
    LoginLine login = make(false, *user, "password");
    login.repeats = std::min(*count, mostRepeats);
    return login;
}

/// su.c of shadow ("FAILED su for B by A") and of util-linux ("FAILED SU (to B) A on TTY").
std::optional<LoginLine> su(Text message)
{
    const bool failed = take(message, "FAILED SU ");
    if (take(message, "(to ")) {
        const auto user = takeUntil(message, ") ");
        return user ? std::optional(make(!failed, *user)) : std::nullopt;
    }
    const bool success = message.starts_with("Successful su for ");
    if (!take(message, "Successful su for ") && !take(message, "FAILED su for "))
        return std::nullopt;
    const std::size_t by = message.rfind(" by ");
    return by == Text::npos ? std::nullopt : std::optional(make(success, message.substr(0, by)));
}

/// login.c of util-linux and of shadow: "FAILED LOGIN (N) on 'TTY' [from 'HOST' ]FOR 'USER', WHY", "LOGIN ON TTY BY USER [FROM HOST]",
/// "ROOT LOGIN [ ]ON TTY [FROM HOST]".
std::optional<LoginLine> login(Text message)
{
    if (take(message, "FAILED LOGIN ")) {
        const std::size_t forUser = std::min(message.find(" FOR '"), message.find(" for '"));
        const std::size_t end = message.rfind('\'');
        if (forUser == Text::npos || end < forUser + 6)
            return std::nullopt;
        Text where = message.substr(0, forUser);
        Text remote;
        if (takeUntil(where, " from '"))
            remote = where.substr(0, where.find('\''));
        return make(false, message.substr(forUser + 6, end - forUser - 6), "password", remote);
    }
    const bool isRoot = take(message, "ROOT ");
    if (!take(message, "LOGIN "))
        return std::nullopt;
    Text remote;
    if (const std::size_t from = message.rfind(" FROM "); from != Text::npos) {
        remote = message.substr(from + 6);
        message = message.substr(0, from);
    }
    if (isRoot)
        return make(true, "root", {}, remote);
    const auto tty = takeUntil(message, " BY ");
    return tty ? std::optional(make(true, message, {}, remote)) : std::nullopt;
}

/// pam_unix, pam_sss and kin: "pam_unix(SERVICE:auth): authentication failure; logname= uid=0 ... rhost=HOST  user=USER".
/// The services above write lines of their own.
std::optional<LoginLine> pam(Text message, std::string &service)
{
    if (!message.starts_with("pam_") || !takeUntil(message, "("))
        return std::nullopt;
    const auto name = takeUntil(message, ":auth): authentication failure;");
    if (!name || name->find_first_of(" :()") != Text::npos)
        return std::nullopt;
    for (const Text known : {Text("sshd"), Text("sudo"), Text("su"), Text("su-l"), Text("login")}) {
        if (*name == known)
            return std::nullopt;
    }
    service = wire::toLine(*name, serviceBytes);
    if (service.empty()) // no name, or bytes of which none is left
        return std::nullopt;
    Text remote, user;
    if (const std::size_t at = message.find(" rhost="); at != Text::npos)
        remote = message.substr(at + 7, message.find(' ', at + 7) - (at + 7));
    if (const std::size_t at = message.find(" user="); at != Text::npos)
        user = message.substr(at + 6);
    while (user.ends_with(' '))
        user.remove_suffix(1);
    return make(false, user, "password", remote);
}

/// rsyslog: "message repeated N times: [ MESSAGE]".
std::uint32_t takeRepeats(Text &message)
{
    Text rest = message;
    if (!take(rest, "message repeated "))
        return 1;
    const auto count = takeUntil(rest, " times: [ ");
    const auto value = count ? number(*count) : std::nullopt;
    if (!value || *value == 0 || !rest.ends_with(']'))
        return 1;
    message = rest.substr(0, rest.size() - 1);
    return std::min(*value, mostRepeats);
}

/// After time and host. The traditional time has three words ("Mar  3 10:11:12"), that of RFC 3339 is one.
std::optional<Text> withoutTimeAndHost(Text line)
{
    const bool isIso = !line.empty() && line.front() >= '0' && line.front() <= '9';
    for (int word = 0; word < (isIso ? 2 : 4); ++word) {
        const std::size_t end = line.find(' ');
        if (end == Text::npos || end == 0)
            return std::nullopt;
        line.remove_prefix(std::min(line.find_first_not_of(' ', end), line.size()));
    }
    return line;
}

} // namespace

std::optional<LoginLine> parseLoginMessage(std::string_view program, std::uint32_t pid, std::string_view message)
{
    std::string service(program);
    const std::uint32_t repeats = takeRepeats(message);
    std::optional<LoginLine> found;
    // From OpenSSH 9.8 on a session has a program of its own, from 10.0 on its authentication too.
    if (program == "sshd" || program == "sshd-session" || program == "sshd-auth") {
        service = "sshd";
        found = sshd(message);
    } else if (program == "sudo") {
        found = sudo(message);
    } else if (program == "su") {
        found = su(message);
    } else if (program == "login") {
        found = login(message);
    }
    if (!found)
        found = pam(message, service);
    if (!found)
        return std::nullopt;
    found->service = std::move(service);
    found->pid = pid;
    found->repeats = static_cast<std::uint32_t>(std::min<std::uint64_t>(std::uint64_t(found->repeats) * repeats, mostRepeats));
    return found;
}

std::optional<LoginLine> parseLogin(std::string_view line)
{
    const auto rest = withoutTimeAndHost(line);
    if (!rest)
        return std::nullopt;
    Text message = *rest;
    const auto tag = takeUntil(message, ": ");
    if (!tag)
        return std::nullopt;
    Text program = *tag;
    std::uint32_t pid = 0;
    if (program.ends_with(']')) {
        Text digits = program.substr(0, program.size() - 1);
        const auto name = takeUntil(digits, "[");
        if (!name)
            return std::nullopt;
        pid = number(digits).value_or(0);
        program = *name;
    }
    if (program.empty() || program.size() > serviceBytes || program.find_first_of(" ()") != Text::npos)
        return std::nullopt;
    return parseLoginMessage(wire::toLine(program, serviceBytes), pid, message);
}

} // namespace tapio::agent
