// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/benchmarks/support/process.h"

#include <filesystem>
#include <fstream>
#include <stdexcept>

#include <spawn.h>

extern char **environ;

namespace tapio::bench {

pid_t spawn(const std::vector<std::string> &arguments)
{
    std::vector<char *> argv;
    for (const std::string &argument : arguments)
        argv.push_back(const_cast<char *>(argument.c_str()));
    argv.push_back(nullptr);
    pid_t pid = 0;
    if (posix_spawn(&pid, argv[0], nullptr, nullptr, argv.data(), environ) != 0)
        throw std::runtime_error("cannot start " + arguments[0]);
    return pid;
}

std::uint64_t cpuNs(pid_t pid)
{
    std::uint64_t sum = 0;
    std::error_code gone;
    for (const auto &task : std::filesystem::directory_iterator("/proc/" + std::to_string(pid) + "/task", gone)) {
        std::uint64_t ns = 0;
        std::ifstream(task.path() / "schedstat") >> ns;
        sum += ns;
    }
    return sum;
}

std::uint64_t statusKib(pid_t pid, const std::string &key)
{
    std::ifstream file("/proc/" + std::to_string(pid) + "/status");
    for (std::string line; std::getline(file, line);) {
        if (line.starts_with(key + ":"))
            return std::stoull(line.substr(key.size() + 1));
    }
    return 0;
}

std::vector<std::string> agentCommand(const std::string &program, std::uint16_t port, const transport::TlsFiles &tls,
                                      const std::string &runtimeFolder, const std::string &node, AgentTells tells)
{
    constexpr std::string_view everything =
        "[correlation]\ndetail = \"all\"\n[budget]\ncpu_percent = 0\nrss_bytes = 0\n"
        "[filter.process]\nrate = 0\n[filter.tcp]\nrate = 0\ndetail = 0\n[filter.dns]\nrate = 0\n[filter.http]\nrate = 0\ndetail = 0\n";
    const std::string config = runtimeFolder + "/benchmark.toml";
    std::ofstream(config) << "[observe]\naddress = \"\"\n" << (tells == AgentTells::Everything ? everything : std::string_view());
    return {program,
            "--config",
            config,
            "--node",
            node,
            "--server",
            "127.0.0.1:" + std::to_string(port),
            "--ca",
            tls.ca.native(),
            "--cert",
            tls.certificate.native(),
            "--key",
            tls.key.native(),
            "--runtime-folder",
            runtimeFolder,
            "--spool-folder",
            runtimeFolder + "/spool",
            "--log-level",
            "warn"};
}

} // namespace tapio::bench
