// SPDX-License-Identifier: GPL-3.0-or-later
// What the kernel programs cost: the same work with nothing watching, with ours, and with peers that watch the same,
// in turn and many times over, so that whatever else the machine does hits all alike. Figures go to README.md.
#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <fstream>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <sys/utsname.h>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "tests/benchmarks/bpf/observers.h"
#include "tests/benchmarks/bpf/workloads.h"

using namespace tapio;
using namespace tapio::bench;

namespace {

struct Rounds {
    std::vector<double> ns;         ///< CPU time per operation, of the workload
    std::vector<double> ratios;     ///< to "none" of the same round
    std::vector<double> observerNs; ///< CPU time per operation, of the observer
    double outputsPerOperation = 0;
};

double median(std::vector<double> values)
{
    if (values.empty())
        return 0;
    std::sort(values.begin(), values.end());
    return values[values.size() / 2];
}

/// Between which the median lies at 95 %, by its order statistics (normal approximation of the sign test); nothing is assumed of how rounds spread.
std::pair<double, double> boundsOfMedian(std::vector<double> values)
{
    constexpr double z = 1.96;
    std::sort(values.begin(), values.end());
    const double count = static_cast<double>(values.size()), half = z * std::sqrt(count) / 2;
    const double low = std::floor(count / 2 - half), high = std::ceil(count / 2 + half);
    return {values[static_cast<std::size_t>(std::max(low, 0.0))], values[static_cast<std::size_t>(std::min(high, count - 1))]};
}

std::string cpuModel()
{
    std::ifstream info("/proc/cpuinfo");
    for (std::string line; std::getline(info, line);) {
        if (line.starts_with("model name"))
            return line.substr(line.find(':') + 2);
    }
    return "unknown";
}

bool concerns(const Condition &condition, const Workload &workload)
{
    return condition.workloads.empty()
           || std::find(condition.workloads.begin(), condition.workloads.end(), workload.name) != condition.workloads.end();
}

bool isWanted(const std::string &name, const std::vector<std::string> &only)
{
    return only.empty() || name == "none" || std::find(only.begin(), only.end(), name) != only.end();
}

/// CPU time per operation, ns; nothing when the condition cannot run here.
std::optional<double> measureUnder(const Condition &condition, const Workload &workload, Rounds &rounds)
{
    const auto observer = condition.start();
    if (!observer)
        return std::nullopt;
    const double cpuBefore = observer->cpuNs();
    const std::uint64_t outputsBefore = observer->outputs();
    const double ns = measure(workload);
    if (ns < 0)
        return std::nullopt;
    rounds.ns.push_back(ns);
    rounds.observerNs.push_back((observer->cpuNs() - cpuBefore) / workload.operations);
    rounds.outputsPerOperation = static_cast<double>(observer->outputs() - outputsBefore) / workload.operations;
    return ns;
}

/// Each round begins elsewhere in the list, so that no condition always follows the same other.
std::map<std::string, Rounds> compare(const Workload &workload, int rounds, const std::vector<std::string> &only)
{
    std::vector<Condition> wanted;
    for (Condition &condition : conditions()) {
        if (concerns(condition, workload) && isWanted(condition.name, only))
            wanted.push_back(std::move(condition));
    }
    std::map<std::string, Rounds> results;
    for (int round = 0; round < rounds; ++round) {
        std::map<std::string, double> thisRound;
        for (std::size_t i = 0; i < wanted.size(); ++i) {
            const Condition &condition = wanted[(i + static_cast<std::size_t>(round)) % wanted.size()];
            if (const auto ns = measureUnder(condition, workload, results[condition.name]))
                thisRound[condition.name] = *ns;
        }
        const auto none = thisRound.find("none");
        if (none == thisRound.end() || none->second <= 0)
            continue;
        for (const auto &[name, ns] : thisRound)
            results[name].ratios.push_back(ns / none->second);
    }
    return results;
}

nlohmann::json describe(const std::string &name, const Rounds &rounds)
{
    if (rounds.ns.empty() || rounds.ratios.empty())
        return {{"condition", name}, {"measured", false}};
    const auto [least, most] = std::minmax_element(rounds.ratios.begin(), rounds.ratios.end());
    const auto [low, high] = boundsOfMedian(rounds.ratios);
    return {{"condition", name},
            {"measured", true},
            {"rounds", rounds.ns.size()},
            {"ns_per_operation", median(rounds.ns)},
            {"ratio", median(rounds.ratios)},
            {"ratio_min", *least},
            {"ratio_max", *most},
            {"ratio_low", low},
            {"ratio_high", high},
            {"observer_ns_per_operation", median(rounds.observerNs)},
            {"outputs_per_operation", rounds.outputsPerOperation}};
}

/// How long all collectors take to be there and to be gone, ms.
nlohmann::json startAndStop(int rounds)
{
    struct Sink final : agent::KernelRecordSink {
        void onRecord(agent::KernelRecord &&) override {}
    } sink;
    using Clock = std::chrono::steady_clock;
    const auto ms = [](Clock::duration time) { return std::chrono::duration<double, std::milli>(time).count(); };
    std::vector<double> opening, closing;
    for (int i = 0; i < rounds; ++i) {
        const auto begin = Clock::now();
        agent::KernelOptions options;
        options.disabledCollectors = {"file", "https"}; // as by default
        auto collectors = agent::KernelCollectors::open(std::move(options), sink);
        const auto open = Clock::now();
        if (!collectors)
            return nullptr;
        collectors->reset();
        opening.push_back(ms(open - begin));
        closing.push_back(ms(Clock::now() - open));
    }
    return {{"open_ms", median(opening)}, {"close_ms", median(closing)}};
}

/// What the kernel itself measures of each program while all workloads run; includes the measuring.
nlohmann::json runTimes()
{
    struct Sink final : agent::KernelRecordSink {
        void onRecord(agent::KernelRecord &&) override {}
    } sink;
    nlohmann::json all = nlohmann::json::array();
    agent::KernelOptions options;
    options.measureAllRuns = true;
    auto collectors = agent::KernelCollectors::open(std::move(options), sink);
    if (!collectors)
        return all;
    for (const Workload &workload : workloads()) {
        measure(workload);
        while ((*collectors)->poll(std::chrono::milliseconds(0)).value_or(0) > 0) {}
    }
    for (const wire::Hook &hook : (*collectors)->hooks()) {
        if (hook.runCount > 0)
            all.push_back({{"collector", hook.collector},
                           {"hook", hook.name},
                           {"runs", hook.runCount},
                           {"ns_per_run", static_cast<double>(hook.runTimeNs) / static_cast<double>(hook.runCount)}});
    }
    return all;
}

void print(const nlohmann::json &report)
{
    for (const auto &workload : report["workloads"]) {
        std::printf("\n%s: %s\n%-48s %10s %8s %17s %17s %12s %8s\n", workload["name"].get<std::string>().c_str(),
                    workload["operation"].get<std::string>().c_str(), "condition", "ns/op", "ratio", "95 % of median", "min..max",
                    "own ns/op", "out/op");
        for (const auto &one : workload["conditions"]) {
            if (!one["measured"]) {
                std::printf("%-48s %10s\n", one["condition"].get<std::string>().c_str(), "cannot run");
                continue;
            }
            std::printf("%-48s %10.0f %8.3f %8.3f..%7.3f %8.3f..%7.3f %12.0f %8.2f\n", one["condition"].get<std::string>().c_str(),
                        one["ns_per_operation"].get<double>(), one["ratio"].get<double>(), one["ratio_low"].get<double>(),
                        one["ratio_high"].get<double>(), one["ratio_min"].get<double>(), one["ratio_max"].get<double>(),
                        one["observer_ns_per_operation"].get<double>(), one["outputs_per_operation"].get<double>());
        }
    }
    std::printf("\n%-12s %-24s %12s %10s\n", "collector", "hook", "runs", "ns/run");
    for (const auto &one : report["programs"])
        std::printf("%-12s %-24s %12llu %10.0f\n", one["collector"].get<std::string>().c_str(), one["hook"].get<std::string>().c_str(),
                    one["runs"].get<unsigned long long>(), one["ns_per_run"].get<double>());
    const auto &start = report["start_and_stop"];
    if (!start.is_null())
        std::printf("\nall collectors: open %.0f ms, close %.0f ms\n", start["open_ms"].get<double>(), start["close_ms"].get<double>());
}

} // namespace

int main(int argc, char **argv)
{
    CLI::App app("Measures what the kernel programs cost, beside peers that watch the same.");
    int rounds = 9;
    bool json = false;
    std::vector<std::string> only, onlyConditions;
    int operations = 0;
    app.add_option("--rounds", rounds, "Measurements of each condition")->check(CLI::Range(1, 10000));
    app.add_option(
           "--operations", operations,
           "Operations of each measurement, 0 = as many as the workload has by itself. Many short rounds in turn see the same neighbours, "
           "which few long ones do not")
        ->check(CLI::Range(0, 100'000'000));
    app.add_option("--workload", only, "Only these workloads: exec, tcp, requests, http, web, dns, switches, open, missing, calls");
    app.add_option("--condition", onlyConditions, "Only these conditions, by name, and \"none\"; then without what each program costs");
    app.add_flag("--json", json, "Print one JSON object");
    CLI11_PARSE(app, argc, argv);

    provideTracefs();
    utsname kernel{};
    ::uname(&kernel);
    nlohmann::json report{
        {"benchmark", "bpf"}, {"kernel", kernel.release}, {"cpu", cpuModel()}, {"rounds", rounds}, {"operations", operations}};
    report["workloads"] = nlohmann::json::array();
    for (Workload workload : workloads()) {
        if (!only.empty() && std::find(only.begin(), only.end(), workload.name) == only.end())
            continue;
        workload.operations = operations > 0 ? operations : workload.operations;
        const auto results = compare(workload, rounds, onlyConditions);
        nlohmann::json one{{"name", workload.name}, {"operation", workload.operation}, {"conditions", nlohmann::json::array()}};
        for (const Condition &condition : conditions()) {
            if (concerns(condition, workload) && isWanted(condition.name, onlyConditions))
                one["conditions"].push_back(describe(condition.name, results.at(condition.name)));
        }
        report["workloads"].push_back(std::move(one));
    }
    report["programs"] = onlyConditions.empty() ? runTimes() : nlohmann::json::array();
    report["start_and_stop"] = onlyConditions.empty() ? startAndStop(rounds) : nlohmann::json();
    if (json)
        std::printf("%s\n", report.dump(2).c_str());
    else
        print(report);
    return 0;
}
