// SPDX-License-Identifier: GPL-3.0-or-later
#define TOML_EXCEPTIONS 0
#define TOML_HEADER_ONLY 1
#include <toml++/toml.h>

#include <chrono>
#include <cstdint>
#include <set>
#include <string>

#include "agent/collect/smallfile.h"
#include "agent/config/agentconfig.h"

namespace tapio::agent {

namespace {

constexpr std::size_t maxConfigBytes = 256u << 10;

/// One table of the file: each key is taken by name, and what was not taken in the end is unknown.
class Section {
public:
    Section(const toml::table *table, std::string file, std::string name)
        : m_table(table), m_file(std::move(file)), m_name(std::move(name))
    {
    }

    void text(const char *key, std::string &target)
    {
        take(key, "a text", [&](const toml::node &node) {
            const auto value = node.value_exact<std::string>();
            if (value)
                target = *value;
            return value.has_value();
        });
    }
    void path(const char *key, std::filesystem::path &target)
    {
        std::string value = target.native();
        text(key, value);
        target = value;
    }
    void flag(const char *key, bool &target)
    {
        take(key, "true or false", [&](const toml::node &node) {
            const auto value = node.value_exact<bool>();
            if (value)
                target = *value;
            return value.has_value();
        });
    }
    template <typename T>
    void number(const char *key, T &target, std::int64_t least, std::int64_t most)
    {
        const std::string range = "a number from " + std::to_string(least) + " to " + std::to_string(most);
        take(key, range.c_str(), [&](const toml::node &node) {
            const auto value = node.value_exact<std::int64_t>();
            if (!value || *value < least || *value > most)
                return false;
            target = static_cast<T>(*value);
            return true;
        });
    }
    void milliseconds(const char *key, std::chrono::milliseconds &target, std::int64_t least, std::int64_t most)
    {
        std::int64_t value = target.count();
        number(key, value, least, most);
        target = std::chrono::milliseconds(value);
    }
    void texts(const char *key, std::set<std::string> &target)
    {
        take(key, "a list of texts", [&](const toml::node &node) {
            const toml::array *list = node.as_array();
            if (list == nullptr)
                return false;
            target.clear();
            for (const toml::node &item : *list) {
                const auto value = item.value_exact<std::string>();
                if (!value)
                    return false;
                target.insert(*value);
            }
            return true;
        });
    }
    const toml::table *table(const char *key)
    {
        const toml::table *found = nullptr;
        take(key, "a table", [&](const toml::node &node) {
            found = node.as_table();
            return found != nullptr;
        });
        return found;
    }

    /// The first thing that is wrong, unknown keys included.
    Status end() const
    {
        if (!m_problem.empty())
            return fail(Errc::Malformed, m_problem);
        if (m_table == nullptr)
            return {};
        for (const auto &[key, node] : *m_table) {
            if (m_known.count(std::string(key.str())) == 0)
                return fail(Errc::Malformed, where(node) + "there is no setting \"" + m_name + std::string(key.str()) + "\"");
        }
        return {};
    }

private:
    template <typename Use>
    void take(const char *key, const char *wanted, Use use)
    {
        m_known.insert(key);
        const toml::node *node = m_table == nullptr ? nullptr : m_table->get(key);
        if (node != nullptr && !use(*node) && m_problem.empty())
            m_problem = where(*node) + "\"" + m_name + key + "\" must be " + wanted;
    }
    std::string where(const toml::node &node) const
    {
        return m_file + ", line " + std::to_string(node.source().begin.line) + ": ";
    }

    const toml::table *m_table;
    std::string m_file;
    std::string m_name;
    std::set<std::string> m_known;
    std::string m_problem;
};

void readTop(Section &top, AgentConfig &config)
{
    top.text("node", config.node);
    top.text("log_level", config.logLevel);
    top.path("runtime_folder", config.runtimeFolder);
}

void readServer(Section &server, AgentConfig &config)
{
    server.text("address", config.server);
    server.text("name", config.serverName);
    server.path("ca", config.tls.ca);
    server.path("certificate", config.tls.certificate);
    server.path("key", config.tls.key);
    server.path("crl", config.tls.crl);
    server.number("queue_bytes", config.queueBytes, 1 << 20, std::int64_t{1} << 30);
}

void readCollect(Section &collect, AgentConfig &config)
{
    collect.texts("disabled", config.collect.disabled);
    collect.path("proc", config.collect.resolver.procRoot);
    collect.path("cgroup", config.collect.cgroupRoot);
    collect.path("pod_logs", config.collect.resolver.podLogs);
    collect.path("container_logs", config.collect.resolver.containerLogs);
    collect.number("max_cgroups", config.collect.maxCgroups, 1, 65'536);
    collect.milliseconds("host_interval_ms", config.collect.hostInterval, 1000, 60'000);
    collect.milliseconds("cgroup_interval_ms", config.collect.cgroupInterval, 1000, 60'000);
}

Status readKernel(Section &kernel, AgentConfig &config, const std::string &file)
{
    kernel.text("btf", config.kernel.btfPath);
    kernel.flag("run_time_statistics", config.kernel.runTimeStatistics);
    constexpr std::int64_t leastRing = 64 << 10;
    constexpr std::int64_t mostRing = 256 << 20;
    kernel.number("event_ring_bytes", config.kernel.eventRingBytes, leastRing, mostRing);
    kernel.number("critical_ring_bytes", config.kernel.criticalRingBytes, leastRing, mostRing);
    for (const std::uint32_t bytes : {config.kernel.eventRingBytes, config.kernel.criticalRingBytes}) {
        if ((bytes & (bytes - 1)) != 0)
            return fail(Errc::Malformed, file + ": the size of a ring must be a power of two, not " + std::to_string(bytes));
    }
    return {};
}

} // namespace

Status readConfig(const std::filesystem::path &path, AgentConfig &config)
{
    SmallFileReader reader(maxConfigBytes);
    const FileText file = reader.read(path);
    if (!file)
        return failErrno("configuration " + path.native(), file.errnum);
    const toml::parse_result parsed = toml::parse(file.text);
    if (!parsed) {
        return fail(Errc::Malformed, path.native() + ", line " + std::to_string(parsed.error().source().begin.line) + ": "
                                         + std::string(parsed.error().description()));
    }
    Section top(&parsed.table(), path.native(), "");
    readTop(top, config);
    Section server(top.table("server"), path.native(), "server.");
    readServer(server, config);
    Section collect(top.table("collect"), path.native(), "collect.");
    readCollect(collect, config);
    Section kernel(top.table("kernel"), path.native(), "kernel.");
    if (const Status status = readKernel(kernel, config, path.native()); !status)
        return status;
    for (const Section *section : {&top, &server, &collect, &kernel}) {
        if (const Status status = section->end(); !status)
            return status;
    }
    return {};
}

} // namespace tapio::agent
