// SPDX-License-Identifier: GPL-3.0-or-later
#include <chrono>
#include <cstdint>
#include <map>

#include "agent/config/agentconfig.h"
#include "agent/config/filterconfig.h"
#include "agent/daemon/configsection.h"
#include "agent/kube/kubesettings.h"

namespace tapio::agent {

using daemon::ConfigSection;

namespace {

void readTop(ConfigSection &top, AgentConfig &config)
{
    top.text("node", config.node);
    top.text("log_level", config.logLevel);
    top.path("runtime_folder", config.runtimeFolder);
    top.path("pid_file", config.pidFile);
}

void readServer(ConfigSection &server, AgentConfig &config)
{
    server.text("address", config.server);
    server.text("name", config.serverName);
    server.path("ca", config.tls.ca);
    server.path("certificate", config.tls.certificate);
    server.path("key", config.tls.key);
    server.path("crl", config.tls.crl);
    server.number("queue_bytes", config.queueBytes, 1 << 20, std::int64_t{1} << 30);
}

void readSpool(ConfigSection &spool, AgentConfig &config)
{
    spool.path("folder", config.spool.folder);
    constexpr std::int64_t leastBytes = 1 << 20;
    constexpr std::int64_t mostBytes = std::int64_t{1} << 40;
    spool.number("bytes", config.spool.bytes, leastBytes, mostBytes);
    constexpr std::int64_t mostSeconds = 30 * 86'400;
    std::int64_t seconds = std::chrono::duration_cast<std::chrono::seconds>(config.spool.maxAge).count();
    spool.number("max_age", seconds, 60, mostSeconds);
    config.spool.maxAge = std::chrono::seconds(seconds);
    constexpr std::int64_t leastRate = 64 << 10;
    constexpr std::int64_t mostRate = 1 << 30;
    spool.number("replay_rate", config.spool.replayRate, leastRate, mostRate);
    const std::map<std::string, SpoolFsync> choices{
        {"never", SpoolFsync::Never}, {"interval", SpoolFsync::Interval}, {"always", SpoolFsync::Always}};
    spool.choice("fsync", choices, config.spool.fsync);
}

void readCollect(ConfigSection &collect, AgentConfig &config)
{
    collect.texts("disabled", config.collect.disabled);
    collect.texts("enabled", config.enabled);
    collect.path("proc", config.collect.resolver.procRoot);
    collect.path("cgroup", config.collect.cgroupRoot);
    collect.path("pod_logs", config.collect.resolver.podLogs);
    collect.path("container_logs", config.collect.resolver.containerLogs);
    collect.path("containerd", config.collect.resolver.runtime.containerd);
    collect.path("crio", config.collect.resolver.runtime.crio);
    collect.path("docker", config.collect.resolver.runtime.docker);
    collect.path("logs", config.collect.logs);
    collect.path("journal", config.collect.journal);
    collect.path("kmsg", config.collect.kmsg);
    collect.path("kubelet", config.collect.kubernetes.kubelet);
    collect.flag("certificates", config.collect.kubernetes.certificates);
    collect.number("max_cgroups", config.collect.maxCgroups, 1, 65'536);
    collect.milliseconds("host_interval_ms", config.collect.hostInterval, 1000, 60'000);
    collect.milliseconds("cgroup_interval_ms", config.collect.cgroupInterval, 1000, 60'000);
}

void readFiles(ConfigSection &files, AgentConfig &config)
{
    FilePatterns &patterns = config.kernel.configurationFiles;
    files.texts("prefixes", patterns.prefixes);
    files.texts("suffixes", patterns.suffixes);
    files.milliseconds("fold_ms", config.kernel.fileFold, 1000, 600'000);
    if (const Status status = check(FilePatterns{patterns.prefixes, {}}); !status)
        files.refuse("prefixes", status.error().context());
    if (const Status status = check(FilePatterns{{}, patterns.suffixes}); !status)
        files.refuse("suffixes", status.error().context());
}

void readPressure(ConfigSection &pressure, AgentConfig &config)
{
    PressureOptions &options = config.collect.pressure;
    const auto trigger = [&](const char *key, std::string PressureOptions::*rule) {
        pressure.text(key, options.*rule);
        if ((options.*rule).empty())
            return;
        if (const auto parsed = parsePressureRule(options.*rule); !parsed)
            pressure.refuse(key, parsed.error().within(std::string("pressure.") + key).context());
    };
    trigger("cpu", &PressureOptions::cpu);
    trigger("memory", &PressureOptions::memory);
    trigger("io", &PressureOptions::io);
    constexpr std::int64_t mostCgroups = 1024;
    pressure.number("max_cgroups", options.mostCgroups, 0, mostCgroups);
}

void readObserve(ConfigSection &observe, AgentConfig &config) { observe.text("address", config.observeAddress); }

void readBudget(ConfigSection &budget, BudgetLimits &limits)
{
    constexpr double mostPercent = 100'000; // a thousand cores
    constexpr std::int64_t mostBytes = std::int64_t{1} << 40;
    budget.real("cpu_percent", limits.cpuPercent, 0, mostPercent);
    budget.number("rss_bytes", limits.rssBytes, 0, mostBytes);
    budget.number("bandwidth_bytes_per_second", limits.bytesPerSecond, 0, mostBytes);
}

void readKernel(ConfigSection &kernel, AgentConfig &config)
{
    kernel.text("btf", config.kernel.btfPath);
    kernel.flag("run_time_statistics", config.kernel.runTimeStatistics);
    kernel.milliseconds("dns_wait_ms", config.kernel.dnsWait, 100, 60'000);
    constexpr std::int64_t leastRing = 64 << 10;
    constexpr std::int64_t mostRing = 256 << 20;
    const auto ring = [&](const char *key, auto &bytes) {
        kernel.number(key, bytes, leastRing, mostRing);
        if ((bytes & (bytes - 1)) != 0)
            kernel.refuse(key, "the size of a ring must be a power of two, not " + std::to_string(bytes));
    };
    ring("event_ring_bytes", config.kernel.eventRingBytes);
    ring("critical_ring_bytes", config.kernel.criticalRingBytes);
}

/// A null file names nothing.
Status readAll(const toml::table *file, const std::filesystem::path &path, AgentConfig &config, std::vector<daemon::ConfigValue> *values)
{
    ConfigSection top(file, path.native(), "", values);
    readTop(top, config);
    ConfigSection server(top.table("server"), path.native(), "server.", values);
    readServer(server, config);
    ConfigSection spool(top.table("spool"), path.native(), "spool.", values);
    readSpool(spool, config);
    ConfigSection collect(top.table("collect"), path.native(), "collect.", values);
    readCollect(collect, config);
    ConfigSection kernel(top.table("kernel"), path.native(), "kernel.", values);
    readKernel(kernel, config);
    ConfigSection files(top.table("file"), path.native(), "file.", values);
    readFiles(files, config);
    ConfigSection pressure(top.table("pressure"), path.native(), "pressure.", values);
    readPressure(pressure, config);
    ConfigSection kubernetes(top.table("kubernetes"), path.native(), "kubernetes.", values);
    readKubeSettings(kubernetes, config.kubernetes);
    ConfigSection drill(top.table("drill"), path.native(), "drill.", values);
    drill.flag("allowed", config.drillAllowed);
    if (file != nullptr)
        config.file = path;
    ConfigSection observe(top.table("observe"), path.native(), "observe.", values);
    readObserve(observe, config);
    ConfigSection budget(top.table("budget"), path.native(), "budget.", values);
    readBudget(budget, config.collect.budget);
    ConfigSection correlation(top.table("correlation"), path.native(), "correlation.", values);
    correlation.flag("enabled", config.correlation.isOn);
    correlation.path("rules", config.correlation.rules);
    correlation.choice<bool>("detail", {{"around-insights", true}, {"all", false}}, config.correlation.isDetailHeld);
    ConfigSection filter(top.table("filter"), path.native(), "filter.", values);
    if (Status status = readFilter(filter, path.native(), config.collect.filter, values); !status)
        return status;
    for (const ConfigSection *section :
         {&top, &server, &spool, &collect, &kernel, &files, &pressure, &kubernetes, &drill, &observe, &budget, &correlation, &filter}) {
        if (Status status = section->end(); !status)
            return status;
    }
    return {};
}

} // namespace

Status readConfig(const std::filesystem::path &path, AgentConfig &config, std::vector<daemon::ConfigValue> *values)
{
    const auto file = daemon::readToml(path);
    if (!file)
        return fail(file.error());
    return readAll(&*file, path, config, values);
}

std::vector<daemon::ConfigValue> valuesOf(const AgentConfig &config)
{
    std::vector<daemon::ConfigValue> values;
    AgentConfig copy = config;
    // Without a file there is nothing that could be wrong with it.
    static_cast<void>(readAll(nullptr, {}, copy, &values));
    return values;
}

} // namespace tapio::agent
