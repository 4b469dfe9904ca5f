// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/cli/localagent.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <fstream>
#include <iterator>
#include <sstream>
#include <utility>
#include <vector>

#include <unistd.h>

#define TOML_EXCEPTIONS 0
#include <toml++/toml.h>

#include "protocol/transport/pki.h"

namespace tapio::console {

namespace {

namespace fs = std::filesystem;

std::string contentOf(const fs::path &file)
{
    std::ifstream stream(file, std::ios::binary);
    std::ostringstream text;
    text << stream.rdbuf(); // nothing is thrown where the process ends meanwhile, as an iterator of the buffer would
    return std::move(text).str();
}

/// Root's or one's own. Any user can name a process as he likes, and start a setuid program of root's under that name: so both the real and
/// the effective user count (proc_pid_status(5): "Uid:" real, effective, saved, file system).
bool isTrusted(const fs::path &process)
{
    std::istringstream lines(contentOf(process / "status"));
    for (std::string line; std::getline(lines, line);) {
        std::istringstream words(line);
        std::string key;
        std::uint32_t real = 0;
        std::uint32_t effective = 0;
        if (words >> key && key == "Uid:")
            return (words >> real >> effective) && (real == 0 || real == ::geteuid()) && (effective == 0 || effective == ::geteuid());
    }
    return false;
}

/// Of the running agents, oldest number first.
std::vector<std::uint32_t> agentPids(const CheckRoots &roots)
{
    std::vector<std::uint32_t> pids;
    std::error_code error;
    for (fs::directory_iterator entry(roots.proc, error), end; !error && entry != end; entry.increment(error)) {
        const std::string name = entry->path().filename().string();
        std::uint32_t pid = 0;
        const auto [stopped, bad] = std::from_chars(name.data(), name.data() + name.size(), pid);
        if (bad == std::errc() && stopped == name.data() + name.size() && contentOf(entry->path() / "comm") == "tapio-agent\n"
            && isTrusted(entry->path()))
            pids.push_back(pid);
    }
    std::sort(pids.begin(), pids.end());
    return pids;
}

std::vector<std::string> wordsOf(const std::string &commandLine)
{
    std::vector<std::string> words;
    std::string word;
    for (const char c : commandLine) {
        if (c == '\0')
            words.push_back(std::exchange(word, {}));
        else
            word += c;
    }
    return words;
}

/// Value of "--NAME VALUE" or "--NAME=VALUE".
std::string valueOf(const std::vector<std::string> &words, const std::string &option)
{
    for (std::size_t i = 0; i < words.size(); ++i) {
        if (words[i] == option && i + 1 < words.size())
            return words[i + 1];
        if (words[i].starts_with(option + '='))
            return words[i].substr(option.size() + 1);
    }
    return {};
}

std::string placeOf(const fs::path &config, const toml::source_region &where)
{
    return config.native() + ", line " + std::to_string(where.begin.line);
}

/// An agent would refuse to start with it; here it would be taken for a setting that is not made.
std::string strangerBelowDrill(const fs::path &config, const toml::table &all)
{
    const toml::table *drill = all["drill"].as_table();
    if (drill == nullptr)
        return {};
    for (const auto &[key, value] : *drill) {
        if (key.str() != "allowed")
            return placeOf(config, value.source()) + ": unknown key 'drill." + std::string(key.str()) + "'; there is drill.allowed";
        if (!value.is_boolean())
            return placeOf(config, value.source()) + ": drill.allowed is true or false";
    }
    return {};
}

LocalAgent configured(const fs::path &config)
{
    LocalAgent agent;
    agent.config = config;
    const std::string text = contentOf(config);
    const toml::parse_result parsed = toml::parse(text, config.string());
    if (!parsed) {
        agent.problem = placeOf(config, parsed.error().source()) + ": " + std::string(parsed.error().description());
        return agent;
    }
    agent.problem = strangerBelowDrill(config, parsed.table());
    agent.node = parsed["node"].value_or(std::string());
    agent.server = parsed["server"]["address"].value_or(std::string());
    agent.certificate = parsed["server"]["certificate"].value_or(std::string());
    agent.runtimeFolder = parsed["runtime_folder"].value_or(agent.runtimeFolder.native());
    agent.drillAllowed = parsed["drill"]["allowed"].value_or(false);
    return agent;
}

LocalAgent running(const CheckRoots &roots, std::uint32_t pid)
{
    const fs::path process = roots.proc / std::to_string(pid);
    const std::vector<std::string> words = wordsOf(contentOf(process / "cmdline"));
    // Its paths may begin where it runs. Who may not see that place gets them as they are.
    std::error_code error;
    const fs::path place = fs::read_symlink(process / "cwd", error);
    const std::string config = valueOf(words, "--config");
    LocalAgent agent = configured(config.empty() ? roots.etc / "tapio/agent.toml" : place / config);
    agent.pid = pid;
    if (const std::string node = valueOf(words, "--node"); !node.empty())
        agent.node = node;
    if (const std::string server = valueOf(words, "--server"); !server.empty())
        agent.server = server;
    if (const std::string certificate = valueOf(words, "--cert"); !certificate.empty())
        agent.certificate = certificate;
    if (const std::string folder = valueOf(words, "--runtime-folder"); !folder.empty())
        agent.runtimeFolder = folder;
    agent.runtimeFolder = place / agent.runtimeFolder;
    if (config.empty()) { // an agent reads no file that it is not told of
        agent.drillAllowed = false;
        agent.config.clear();
        agent.problem.clear();
    }
    if (!agent.certificate.empty())
        agent.certificate = place / agent.certificate;
    return agent;
}

/// By its name or by the loop.
bool isThisMachine(const std::string &host)
{
    std::array<char, 256> name{};
    return host == "localhost" || host == "::1" || host.starts_with("127.")
           || (gethostname(name.data(), name.size() - 1) == 0 && host == name.data());
}

bool sendsTo(const LocalAgent &agent, const std::optional<HostPort> &server)
{
    if (!server)
        return true;
    const auto its = parseHostPort(agent.server.empty() ? "127.0.0.1" : agent.server);
    return its && its->port == server->port && (its->host == server->host || (isThisMachine(its->host) && isThisMachine(server->host)));
}

} // namespace

std::vector<LocalAgent> localAgents(const CheckRoots &roots)
{
    std::vector<LocalAgent> agents;
    for (const std::uint32_t pid : agentPids(roots))
        agents.push_back(running(roots, pid));
    if (!agents.empty())
        return agents;
    LocalAgent agent = configured(roots.etc / "tapio/agent.toml");
    if (!agent.certificate.empty() || !agent.problem.empty())
        agents.push_back(std::move(agent));
    return agents;
}

std::optional<LocalAgent> findLocalAgent(const CheckRoots &roots, const std::optional<HostPort> &server)
{
    for (const std::uint32_t pid : agentPids(roots)) {
        LocalAgent agent = running(roots, pid);
        if (sendsTo(agent, server))
            return agent;
    }
    LocalAgent agent = configured(roots.etc / "tapio/agent.toml");
    if (agent.certificate.empty() || !sendsTo(agent, server))
        return std::nullopt;
    return agent;
}

LocalAgent configuredAgent(const fs::path &config) { return configured(config); }

std::string nodeNameOf(const LocalAgent &agent, const Clock &clock)
{
    if (!agent.node.empty() || agent.certificate.empty())
        return agent.node;
    transport::TlsFiles files;
    files.certificate = agent.certificate;
    const auto certificate = transport::inspectCertificate(files, clock);
    return certificate ? certificate->identity.name : std::string();
}

} // namespace tapio::console
