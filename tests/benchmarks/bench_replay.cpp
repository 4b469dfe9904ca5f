// SPDX-License-Identifier: GPL-3.0-or-later
// A recording through the correlation engine with all shipped rules: read from its file, decoded, judged. bench_replay [--json] FILE ...
#include <chrono>
#include <cstdio>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "agent/correlation/ruleloader.h"
#include "agent/replay/replayer.h"
#include "protocol/recording/reader.h"

using namespace tapio;

namespace {

using Steady = std::chrono::steady_clock;

struct Run {
    std::uint64_t events = 0, insights = 0;
    double seconds = 0;
};

/// `replays`: false = only read.
Result<Run> run(const std::string &file, bool replays)
{
    Run run;
    const auto rules = std::make_shared<const correlation::RuleSet>(correlation::shippedRules().rules);
    replay::Replayer replayer(rules, [&](const std::string &, correlation::Finding &&) { ++run.insights; });
    const auto begin = Steady::now();
    auto reader = recording::Reader::open(std::filesystem::path(file));
    if (!reader)
        return fail(reader.error());
    for (;;) {
        const auto next = reader->next();
        if (!next)
            return fail(next.error());
        if (!*next)
            break;
        if (!replays)
            continue;
        if (const Status fed = replayer.onReceived(**next); !fed)
            return fail(fed.error());
    }
    run.events = reader->events();
    run.seconds = std::chrono::duration<double>(Steady::now() - begin).count();
    return run;
}

} // namespace

int main(int argc, char **argv)
{
    bool json = false;
    int times = 20;
    std::vector<std::string> files;
    CLI::App app("Recordings through the correlation engine");
    app.add_flag("--json", json, "Print one JSON object");
    app.add_option("--times", times, "How often each is run")->check(CLI::Range(1, 100'000));
    app.add_option("FILE", files, "Recordings")->required();
    CLI11_PARSE(app, argc, argv);
    Run read, whole;
    for (int i = 0; i < times; ++i) {
        for (const std::string &file : files) {
            for (const bool replays : {false, true}) {
                const auto one = run(file, replays);
                if (!one) {
                    std::fprintf(stderr, "%s: %s\n", file.c_str(), one.error().message().c_str());
                    return 1;
                }
                Run &sum = replays ? whole : read;
                sum.events += one->events;
                sum.insights += one->insights;
                sum.seconds += one->seconds;
            }
        }
    }
    const double readRate = static_cast<double>(read.events) / read.seconds, wholeRate = static_cast<double>(whole.events) / whole.seconds;
    if (json)
        std::printf("%s\n",
                    nlohmann::json{{"events", whole.events}, {"read_events_per_second", readRate}, {"replay_events_per_second", wholeRate}}
                        .dump()
                        .c_str());
    else
        std::printf("%llu events: read %.0f events/s, read and replayed %.0f events/s\n", static_cast<unsigned long long>(whole.events),
                    readRate, wholeRate);
    return 0;
}
