// SPDX-License-Identifier: GPL-3.0-or-later
// How much of what the kernel programs see is left out or added up there, under a mixed load and with the configuration that an
// agent has by itself, and whether the faults of the drills are told all the same. The real program, real events, real drills.
#include <algorithm>
#include <array>
#include <atomic>
#include <csignal>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <iterator>
#include <map>
#include <memory>
#include <mutex>
#include <thread>

#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "agent/server/fanin.h"
#include "tests/benchmarks/bpf/workloads.h"
#include "tests/benchmarks/support/process.h"
#include "tests/integration/podcgroup.h"
#include "tests/support/testpki.h"

using namespace tapio;
using namespace tapio::bench;
using namespace std::chrono_literals;

namespace {

const SystemClock systemClock;

void pauseFor(std::chrono::nanoseconds duration) { std::this_thread::sleep_until(std::chrono::steady_clock::now() + duration); }

using SourceTotals = std::map<std::string, wire::SourceCounters>;
/// Events of one cgroup by what happened.
using Told = std::map<std::string, std::uint64_t>;

std::string whatHappened(const wire::Event &event)
{
    std::string what = wire::eventTypeName(event.type);
    if (const auto *tcp = std::get_if<wire::TcpConnection>(&event.detail))
        what += ' ' + std::string(wire::tcpOutcomeName(tcp->outcome));
    else if (const auto *dns = std::get_if<wire::DnsQuery>(&event.detail))
        what += ' ' + (dns->outcome == wire::DnsOutcome::Answered ? wire::dnsResponseName(dns->responseCode) : "unanswered");
    else if (const auto *exit = std::get_if<wire::ProcessExit>(&event.detail))
        what += exit->signal != 0 ? " by a signal" : exit->exitCode != 0 ? " with a code" : "";
    return what;
}

/// Keeps the newest counters, and what is told of the drills' cgroups. Safe from any thread.
class Ledger final : public server::FanInSink {
public:
    bool onDelivery(std::shared_ptr<const wire::Delivery> delivery) override
    {
        const std::lock_guard lock(m_mutex);
        if (const auto *report = std::get_if<wire::CounterReport>(&delivery->frame.body)) {
            for (const wire::SourceCounters &source : report->sources)
                m_sources[source.source] = source;
            ++m_reports;
        } else if (const auto *events = std::get_if<wire::EventBatch>(&delivery->frame.body)) {
            for (const wire::Event &event : events->events)
                note(event, events->origins.at(event.origin));
        } else if (const auto *samples = std::get_if<wire::SampleBatch>(&delivery->frame.body)) {
            for (const wire::Sample &sample : samples->samples)
                note("sample " + std::string(wire::metricName(sample.metric)), samples->origins.at(sample.origin), sample.value);
        }
        return true;
    }
    void onAgentState(const wire::AgentState &) override {}
    void onLinkNotice(const wire::LinkNotice &) override {}

    SourceTotals sources() const
    {
        const std::lock_guard lock(m_mutex);
        return m_sources;
    }
    std::uint64_t reports() const
    {
        const std::lock_guard lock(m_mutex);
        return m_reports;
    }
    Told toldOf(const std::string &cgroup) const
    {
        const std::lock_guard lock(m_mutex);
        const auto found = m_told.find(cgroup);
        return found == m_told.end() ? Told() : found->second;
    }
    std::vector<std::string> notices() const
    {
        const std::lock_guard lock(m_mutex);
        return m_notices;
    }

private:
    void note(const wire::Event &event, const wire::Origin &origin)
    {
        if (const auto *notice = std::get_if<wire::AgentNotice>(&event.detail))
            m_notices.push_back(notice->what + ": " + notice->text);
        note(whatHappened(event), origin, 1);
    }
    void note(const std::string &what, const wire::Origin &origin, double value)
    {
        if (origin.cgroupPath.starts_with("/tapio-drill") && value > 0)
            m_told[origin.cgroupPath][what] += 1;
    }

    mutable std::mutex m_mutex;
    SourceTotals m_sources;
    std::uint64_t m_reports = 0;
    std::map<std::string, Told> m_told;
    std::vector<std::string> m_notices;
};

/// So many operations per second of a workload, ten times per second, in a process of its own.
struct Share {
    std::string workload;
    double perSecond = 0;
};
/// What a node of two CPUs does that is neither idle nor at its end: requests above all, some new connections and names, a few programs.
const std::vector<Share> mixedLoad{{"http", 1000}, {"tcp", 100}, {"dns", 100}, {"exec", 20}, {"switches", 2000}};

Share shareOf(const std::string &text)
{
    const std::size_t sign = text.find('=');
    const auto all = workloads();
    const std::string name = text.substr(0, sign);
    if (sign == std::string::npos || std::none_of(all.begin(), all.end(), [&](const Workload &one) { return one.name == name; }))
        throw std::runtime_error("\"" + text + "\" is not WORKLOAD=PER_SECOND");
    return {name, std::stod(text.substr(sign + 1))};
}

/// Where the load runs: this process's own cgroup, a number of pods' containers in turn, or one of its own for each turn, gone after it.
struct Containers {
    int number = 0;
    bool shortLived = false;
};

std::unique_ptr<test::PodCgroup> makeContainer(unsigned long long number)
{
    std::array<char, 80> uid{}, id{};
    std::snprintf(uid.data(), uid.size(), "%08llx-1111-4111-8111-%012llx", number & 0xffffffff, number);
    std::snprintf(id.data(), id.size(), "%064llx", number + 1);
    auto made = std::make_unique<test::PodCgroup>(uid.data(), id.data());
    if (!made->error().isEmpty())
        throw std::runtime_error(made->error().toStdString());
    return made;
}

/// Processes that do the shares, and how many operations of each were done: what the agent's own counters are held against.
class Load {
public:
    Load(const std::vector<Share> &shares, double scale, const Containers &containers)
        : m_shares(shares), m_shortLived(containers.shortLived)
    {
        // With short-lived ones at least one that stays, and keeps the folders above all of them.
        const int number = containers.shortLived ? std::max(containers.number, 1) : containers.number;
        for (int i = 0; i < number && scale > 0; ++i)
            m_containers.push_back(makeContainer(static_cast<unsigned long long>(i)));
        void *memory = ::mmap(nullptr, sizeof(Done), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
        if (memory == MAP_FAILED || m_shares.size() > mostShares)
            throw std::runtime_error("no memory for counts, or too many kinds of load");
        m_done = new (memory) Done{};
        for (std::size_t i = 0; i < m_shares.size() && scale > 0; ++i)
            start(i, scale);
    }
    ~Load()
    {
        stop();
        ::munmap(m_done, sizeof(Done));
        while (!m_containers.empty())
            m_containers.pop_back(); // the first one made the folders above
    }
    Load(const Load &) = delete;
    Load &operator=(const Load &) = delete;

    /// When what is under way is done, so that no operation is half counted.
    void stop()
    {
        m_done->isOver = true;
        for (const pid_t pid : std::exchange(m_pids, {}))
            ::waitpid(pid, nullptr, 0);
    }
    std::map<std::string, std::uint64_t> done() const
    {
        std::map<std::string, std::uint64_t> all;
        for (std::size_t i = 0; i < m_shares.size(); ++i)
            all[m_shares[i].workload] += m_done->operations[i];
        return all;
    }

private:
    static constexpr std::size_t mostShares = 16;
    struct Done {
        std::atomic<bool> isOver = false;
        std::array<std::atomic<std::uint64_t>, mostShares> operations{};
        std::atomic<unsigned long long> made = 1'000'000; // short-lived containers, from a number on that no other has
    };

    void start(std::size_t share, double scale)
    {
        const auto all = workloads();
        const auto found = std::find_if(all.begin(), all.end(), [&](const Workload &one) { return one.name == m_shares[share].workload; });
        const int each = std::max(static_cast<int>(m_shares[share].perSecond * scale / 10), 1);
        const pid_t pid = ::fork();
        if (pid != 0) {
            m_pids.push_back(pid);
            return;
        }
        std::size_t number = share * 7; // not all of them in the same one
        for (auto next = std::chrono::steady_clock::now(); !m_done->isOver;
             next = std::max(next + 100ms, std::chrono::steady_clock::now() - 100ms)) {
            std::this_thread::sleep_until(next);
            const auto own = m_shortLived ? makeContainer(++m_done->made) : nullptr;
            const test::PodCgroup *container = own                    ? own.get()
                                               : m_containers.empty() ? nullptr
                                                                      : m_containers[number++ % m_containers.size()].get();
            // A process for each turn: a workload leaves its sockets to the end of its process.
            const pid_t turn = ::fork();
            if (turn == 0)
                ::_exit((container == nullptr || container->add(0)) && found->run(each) ? 0 : 1);
            int status = 1;
            if (::waitpid(turn, &status, 0) == turn && status == 0)
                m_done->operations[share] += static_cast<std::uint64_t>(each);
        }
        ::_exit(0);
    }

    std::vector<Share> m_shares;
    std::vector<std::unique_ptr<test::PodCgroup>> m_containers;
    bool m_shortLived;
    Done *m_done = nullptr;
    std::vector<pid_t> m_pids;
};

struct Node {
    Node(const std::string &program, const std::string &extraConfig)
    {
        server::FanInOptions options;
        options.endpoint.tls = pki.server();
        auto started = server::FanIn::start(options, &ledger, systemClock);
        if (!started)
            throw std::runtime_error(started.error().message());
        fanIn = std::move(*started);
        const std::string folder = pki.path().toStdString();
        config = folder + "/agent.toml";
        // Its own configuration but for where it lives and who may make drills.
        std::ofstream(config) << "runtime_folder = \"" << folder << "\"\n[observe]\naddress = \"\"\n[drill]\nallowed = true\n"
                              << extraConfig;
        const auto tls = pki.node();
        agent = spawn({program, "--config", config, "--node", "node-1", "--server", "127.0.0.1:" + std::to_string(fanIn->port()), "--ca",
                       tls.ca.native(), "--cert", tls.certificate.native(), "--key", tls.key.native(), "--runtime-folder", folder,
                       "--spool-folder", folder + "/spool", "--log-level", "warn"});
        awaitReport();
    }
    ~Node()
    {
        ::kill(agent, SIGTERM);
        ::waitpid(agent, nullptr, 0);
    }
    Node(const Node &) = delete;
    Node &operator=(const Node &) = delete;

    /// Counters as they are now, or a little later.
    SourceTotals awaitReport() const
    {
        constexpr auto patience = 20s;
        const auto begin = std::chrono::steady_clock::now();
        for (const std::uint64_t before = ledger.reports(); ledger.reports() < before + 2;) {
            pauseFor(50ms);
            if (std::chrono::steady_clock::now() - begin > patience)
                throw std::runtime_error("the agent tells nothing");
        }
        return ledger.sources();
    }

    test::TestPki pki;
    Ledger ledger;
    std::unique_ptr<server::FanIn> fanIn;
    std::string config;
    pid_t agent = -1;
};

double percent(double part, double whole) { return whole > 0 ? 100 * part / whole : 0; }

nlohmann::json accountOf(const wire::SourceCounters &later, const wire::SourceCounters &earlier)
{
    const CounterSet d = difference(later.counters, earlier.counters).delta;
    nlohmann::json leftOut;
    for (std::size_t cause = 0; cause < filterCauseCount; ++cause) {
        if (const std::uint64_t count = later.leftOut[cause] - earlier.leftOut[cause]; count > 0)
            leftOut[std::string(filterCauseName(static_cast<FilterCause>(cause)))] = count;
    }
    const double kept = static_cast<double>(d[Counter::KFiltered] + d[Counter::Folded] + d[Counter::UFiltered]);
    return {{"seen", d[Counter::Seen]},     {"kfiltered", d[Counter::KFiltered]},
            {"folded", d[Counter::Folded]}, {"ufiltered", d[Counter::UFiltered]},
            {"lost", d[Counter::Lost]},     {"shed", d[Counter::Shed]},
            {"qdrop", d[Counter::QDrop]},   {"sent", d[Counter::Sent]},
            {"leftOut", leftOut},           {"efficiencyPercent", percent(kept, static_cast<double>(d[Counter::Seen]))}};
}

nlohmann::json accounts(const SourceTotals &later, const SourceTotals &earlier)
{
    nlohmann::json rows;
    wire::SourceCounters lastAll, firstAll;
    for (const auto &[name, counters] : later) {
        if (!counters.countsEvents())
            continue;
        const auto before = earlier.find(name);
        const wire::SourceCounters first = before == earlier.end() ? wire::SourceCounters{} : before->second;
        lastAll.counters += counters.counters;
        firstAll.counters += first.counters;
        for (std::size_t i = 0; i < filterCauseCount; ++i) {
            lastAll.leftOut[i] += counters.leftOut[i];
            firstAll.leftOut[i] += first.leftOut[i];
        }
        rows["bySource"][name] = accountOf(counters, first);
    }
    rows["all"] = accountOf(lastAll, firstAll);
    return rows;
}

/// Output of a command; its exit code does not matter, as what it says does.
std::string outputOf(const std::string &command)
{
    std::string output;
    FILE *pipe = ::popen(command.c_str(), "r");
    if (pipe == nullptr)
        throw std::runtime_error("cannot run " + command);
    std::array<char, 4096> room;
    for (std::size_t got = 0; (got = std::fread(room.data(), 1, room.size(), pipe)) > 0;)
        output.append(room.data(), got);
    ::pclose(pipe);
    return output;
}

nlohmann::json runDrills(const Node &node, const std::string &tapio, unsigned seconds)
{
    const std::string command = tapio + " -o json drill --agent-config " + node.config;
    nlohmann::json rows = nlohmann::json::array();
    for (const auto &drill : nlohmann::json::parse(outputOf(command + " list 2>/dev/null"))) {
        const std::string name = drill["name"];
        if (!drill["available"]) {
            rows.push_back({{"drill", name}, {"notRun", drill["reason"]}});
            continue;
        }
        const auto report = nlohmann::json::parse(
            outputOf(command + " run " + name + " --seconds " + std::to_string(seconds) + " 2>/dev/null"), nullptr, false);
        if (!report.is_object()) {
            rows.push_back({{"drill", name}, {"notRun", "no report"}});
            continue;
        }
        pauseFor(2s); // questions without an answer and folded work come late
        rows.push_back({{"drill", name},
                        {"happened", report["happened"]},
                        {"effects", report["effects"]},
                        {"oomKills", report["oomKills"]},
                        {"told", node.ledger.toldOf(report["target"].get<std::string>())}});
    }
    return rows;
}

void print(const nlohmann::json &account)
{
    const auto row = [](const std::string &name, const nlohmann::json &one) {
        std::cout << "  " << name << ": seen " << one["seen"] << ", kfiltered " << one["kfiltered"] << ", folded " << one["folded"]
                  << ", sent " << one["sent"] << ", lost " << one["lost"] << ", shed " << one["shed"] << ", left out "
                  << one["leftOut"].dump() << ", efficiency " << one["efficiencyPercent"] << " %\n";
    };
    for (const auto &[name, one] : account["bySource"].items())
        row(name, one);
    row("all", account["all"]);
}

struct Options {
    std::string program = TAPIO_AGENT_PROGRAM;
    std::string tapio = TAPIO_PROGRAM;
    std::vector<double> scales{1};
    std::vector<std::string> load;
    unsigned seconds = 20, drillSeconds = 4;
    std::string config;
    Containers containers;
    bool json = false;
};

/// Resident memory while it works, each second; and what it had at the end of each tenth of the time.
nlohmann::json watchMemory(pid_t pid, unsigned seconds)
{
    nlohmann::json tenths = nlohmann::json::array();
    for (unsigned i = 1; i <= seconds; ++i) {
        pauseFor(1s);
        if (i * 10 / seconds > (i - 1) * 10 / seconds)
            tenths.push_back(statusKib(pid, "VmRSS"));
    }
    return tenths;
}

nlohmann::json measureAt(const Options &options, const std::vector<Share> &shares, double scale)
{
    Node node(options.program, options.config);
    const SourceTotals first = node.awaitReport();
    Load load(shares, scale, options.containers);
    pauseFor(2s);
    const SourceTotals before = node.awaitReport();
    const std::uint64_t cpuBefore = cpuNs(node.agent);
    const nlohmann::json memory = watchMemory(node.agent, options.seconds);
    const double cpu = static_cast<double>(cpuNs(node.agent) - cpuBefore) / 1e9 / options.seconds * 100;
    nlohmann::json row{
        {"scale", scale}, {"seconds", options.seconds}, {"agentCorePercent", cpu}, {"account", accounts(node.awaitReport(), before)}};
    if (options.drillSeconds > 0)
        row["drills"] = runDrills(node, options.tapio, options.drillSeconds);
    load.stop();
    pauseFor(7s); // questions without an answer are told after five
    row["done"] = load.done();
    row["whole"] = accounts(node.awaitReport(), first);
    row["rssKibByTenth"] = memory;
    row["agentRssKib"] = statusKib(node.agent, "VmRSS");
    row["agentPeakKib"] = statusKib(node.agent, "VmHWM");
    row["notices"] = node.ledger.notices();
    return row;
}

int run(const Options &options)
{
    std::vector<Share> shares;
    std::transform(options.load.begin(), options.load.end(), std::back_inserter(shares), shareOf);
    nlohmann::json result;
    for (const double scale : options.scales) {
        const nlohmann::json row = measureAt(options, shares.empty() ? mixedLoad : shares, scale);
        result.push_back(row);
        if (options.json)
            continue;
        std::cout << "load x " << scale << ", agent " << row["agentCorePercent"] << " % of a core, " << row["agentRssKib"]
                  << " KiB (at most " << row["agentPeakKib"] << ")\n";
        std::cout << "  RSS after each tenth of the time, KiB: " << row["rssKibByTenth"].dump() << '\n';
        print(row["account"]);
        std::cout << "  from begin to end, operations done: " << row["done"].dump() << '\n';
        print(row["whole"]);
        if (options.drillSeconds > 0)
            std::cout << row["drills"].dump(1) << '\n';
        std::cout << row["notices"].dump(1) << '\n';
    }
    if (options.json)
        std::cout << result.dump(2) << '\n';
    return 0;
}

} // namespace

int main(int argc, char **argv)
{
    CLI::App app{"What the kernel programs leave out of a mixed load, and whether drills are told all the same."};
    Options options;
    app.add_option("--program", options.program, "tapio-agent")->option_text("FILE");
    app.add_option("--tapio", options.tapio, "tapio")->option_text("FILE");
    app.add_option("--load", options.load,
                   "WORKLOAD=PER_SECOND, as bench_bpf names them (default: http=1000 tcp=100 dns=100 exec=20 switches=2000)");
    app.add_option("--scale", options.scales, "times the load, each for itself; 0 = none");
    app.add_option("--seconds", options.seconds, "of each account");
    app.add_option("--drill-seconds", options.drillSeconds, "of each drill; 0 = none");
    app.add_option("--containers", options.containers.number,
                   "pods' containers that the load runs in, in turn; 0 = the cgroup that this runs in");
    app.add_flag("--short-lived", options.containers.shortLived,
                 "a container for each turn, gone after it: ten per second and kind of load");
    app.add_option("--config", options.config, "lines for the agent's configuration");
    app.add_flag("--json", options.json, "one JSON value");
    CLI11_PARSE(app, argc, argv);
    try {
        return run(options);
    } catch (const std::exception &error) {
        std::cerr << "bench_filter: " << error.what() << '\n';
        return 1;
    }
}
